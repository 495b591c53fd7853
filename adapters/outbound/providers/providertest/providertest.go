// Package providertest helps to test providers: a DNS zone in memory, and what every provider must fulfil.
package providertest

import (
	"context"
	"encoding/csv"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/domain/enrichment"
)

// Zone is a lookup.Resolver over fixed records and lookup's canaries; with Err every look-up fails.
type Zone struct {
	MX  map[string][]*net.MX
	TXT map[string][]string
	NS  map[string][]*net.NS
	A   map[string]string
	Err error
	// Denies makes it answer that there is no such name to everything, the canaries too.
	Denies bool
}

func find[T any](z Zone, records map[string]T, name string) (T, error) {
	v, ok := records[name]
	switch {
	case z.Err != nil:
		return v, z.Err
	case !ok || z.Denies:
		return v, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	default:
		return v, nil
	}
}

// LookupMX implements lookup.Resolver.
func (z Zone) LookupMX(_ context.Context, name string) ([]*net.MX, error) { return find(z, z.MX, name) }

// LookupTXT implements lookup.Resolver.
func (z Zone) LookupTXT(_ context.Context, name string) ([]string, error) {
	return find(z, z.TXT, name)
}

// LookupNS implements lookup.Resolver.
func (z Zone) LookupNS(_ context.Context, name string) ([]*net.NS, error) { return find(z, z.NS, name) }

// LookupNetIP implements lookup.Resolver.
func (z Zone) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	a, err := find(z, z.A, host)
	if slices.Contains(lookup.Canaries(), host) && z.Err == nil && !z.Denies {
		a, err = "192.0.2.53", nil
	}
	if err != nil {
		return nil, err
	}
	ip, err := netip.ParseAddr(a)
	return []netip.Addr{ip}, err
}

// Ask asks and requires an answer of the promised shape.
func Ask(t testing.TB, p enrichment.Caller, inputs map[string]string) enrichment.Reply {
	t.Helper()
	reply, err := p.Call(t.Context(), enrichment.Request{Inputs: inputs})
	require.NoError(t, err, "%v", inputs)
	require.NoError(t, enrichment.CheckReply(p.Describe().Outputs, reply.Outputs), "%v", inputs)
	if c := reply.Confidence; c != nil {
		require.GreaterOrEqual(t, *c, 0.0)
		require.LessOrEqual(t, *c, 1.0)
	}
	return reply
}

// Conforms requires what every provider must fulfil for any input: a sound description, and for hostile inputs an answer of the
// promised shape or a *enrichment.CallError, never a panic.
func Conforms(t testing.TB, p enrichment.Caller) {
	t.Helper()
	d := p.Describe()
	require.NoError(t, d.Validate())
	for _, text := range hostileTexts() {
		inputs := map[string]string{}
		for _, f := range d.Inputs {
			inputs[f.Name] = text
		}
		reply, err := p.Call(t.Context(), enrichment.Request{Inputs: inputs})
		if err != nil {
			var ce *enrichment.CallError
			require.ErrorAs(t, err, &ce, "%q", text)
			continue
		}
		require.NoError(t, enrichment.CheckReply(d.Outputs, reply.Outputs), "%q", text)
	}
}

// hostileTexts are inputs that break what is not made for them.
func hostileTexts() []string {
	return []string{
		"", " ", "\x00", "\xff\xfe", "💥", strings.Repeat("a", 100_000), "<script>alert(1)</script>", "'; DROP TABLE x;--", "=cmd|' /C calc'!A0",
		"..", "@", "%s%n", "{{x}}",
		"http://169.254.169.254/", "a\r\nX-Evil: 1",
	}
}

// Reported returns the records of a CSV file in the caller's testdata, without its header. Such files are what people have reported of
// other programs; a test has an outcome for each record.
func Reported(t testing.TB, name string) [][]string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	records, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
	require.NoError(t, err)
	require.Greater(t, len(records), 1)
	return records[1:]
}
