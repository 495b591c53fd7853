package lookup_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/domain/kernel"
)

type resolver struct {
	calls  int
	mx     []*net.MX
	err    error
	denies bool // the canaries, too
	judged int  // how often a canary was looked up
}

func (r *resolver) LookupMX(context.Context, string) ([]*net.MX, error) {
	r.calls++
	return r.mx, r.err
}

func (r *resolver) LookupTXT(context.Context, string) ([]string, error) { r.calls++; return nil, r.err }

func (r *resolver) LookupNS(context.Context, string) ([]*net.NS, error) { r.calls++; return nil, r.err }

func (r *resolver) LookupNetIP(_ context.Context, _, name string) ([]netip.Addr, error) {
	if slices.Contains(lookup.Canaries(), name) {
		r.judged++
		if r.denies {
			return nil, &net.DNSError{IsNotFound: true}
		}
		return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
	}
	r.calls++
	return nil, r.err
}

func TestAnswersAreSortedAndRemembered(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Unix(0, 0))
	r := &resolver{mx: []*net.MX{{Host: "B.example.com.", Pref: 20}, {Host: "a.example.com.", Pref: 10}}}
	d := lookup.New(r, clock)
	for range 3 {
		got, err := d.MX(t.Context(), "example.com")
		require.NoError(t, err)
		require.Equal(t, []string{"a.example.com", "b.example.com"}, got)
	}
	require.Equal(t, 1, r.calls)
	clock.Advance(6 * time.Minute)
	_, err := d.MX(t.Context(), "example.com")
	require.NoError(t, err)
	require.Equal(t, 2, r.calls)
}

func TestNothingThereIsNotTheSameAsNobodyThere(t *testing.T) {
	t.Parallel()
	d := lookup.New(&resolver{err: &net.DNSError{IsNotFound: true}}, kernel.NewManualClock(time.Unix(0, 0)))
	_, err := d.TXT(t.Context(), "example.com")
	require.ErrorIs(t, err, lookup.ErrNone)
	d = lookup.New(&resolver{mx: []*net.MX{{Host: "."}}}, kernel.NewManualClock(time.Unix(0, 0)))
	_, err = d.MX(t.Context(), "example.com")
	require.ErrorIs(t, err, lookup.ErrNullMX)
	require.ErrorIs(t, err, lookup.ErrNone, "there is no server, but the domain is there")
}

func TestAResolverThatDeniesEverythingIsNotBelieved(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Unix(0, 0))
	r := &resolver{err: &net.DNSError{IsNotFound: true}, denies: true}
	d := lookup.New(r, clock)
	for range 50 {
		_, err := d.MX(t.Context(), "example.com")
		require.ErrorIs(t, err, lookup.ErrUnreachable)
	}
	require.Equal(t, len(lookup.Canaries()), r.judged, "its judgement is remembered")
	clock.Advance(11 * time.Second)
	r.denies = false
	for i := range 50 {
		_, err := d.MX(t.Context(), fmt.Sprintf("d%d.example", i))
		require.ErrorIs(t, err, lookup.ErrNone, "it is believed when it is mended")
	}
	require.Equal(t, len(lookup.Canaries())+1, r.judged)
}

func TestADeadDNSIsNotAskedForEveryRecord(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Unix(0, 0))
	r := &resolver{err: errors.New("connect: network is unreachable")}
	d := lookup.New(r, clock)
	for range 50 {
		_, err := d.MX(t.Context(), "example.com")
		require.ErrorIs(t, err, lookup.ErrUnreachable)
	}
	require.Equal(t, 3, r.calls)
	clock.Advance(11 * time.Second)
	r.err, r.mx = nil, []*net.MX{{Host: "mx.example.com."}}
	_, err := d.MX(t.Context(), "example.com")
	require.NoError(t, err, "it is found when it is back")
}

func TestASCII(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Example.COM.": "example.com", "münchen.de": "xn--mnchen-3ya.de", "localhost": "", "1.2.3.4": "", "a..b": "", "": "", "x.y z": "",
	} {
		got, ok := lookup.ASCII(in)
		require.Equal(t, want, got, in)
		require.Equal(t, want != "", ok, in)
	}
}
