package emailcheck_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/providers/emailcheck"
	"github.com/morket/morket/adapters/providers/lookup"
	"github.com/morket/morket/adapters/providers/providertest"
	"github.com/morket/morket/domain/kernel"
)

func TestEmailCheck(t *testing.T) {
	t.Parallel()
	zone := providertest.Zone{MX: map[string][]*net.MX{"acme.com": {{Host: "mx.acme.com.", Pref: 1}}, "gmail.com": {{Host: "g.", Pref: 1}}, "mailinator.com": {{Host: "m.", Pref: 1}}}, A: map[string]string{"only-a.com": "93.184.216.34"}}
	p := emailcheck.New(lookup.New(zone, kernel.NewManualClock(time.Unix(0, 0))))
	providertest.Conforms(t, p)
	for email, want := range map[string]map[string]any{
		"ann@acme.com":          {"status": "valid", "mx": "yes", "mx_host": "mx.acme.com", "free": false, "role": false, "disposable": false},
		" Ann.B@ACME.com ":      {"status": "valid", "email": "Ann.B@acme.com", "domain": "acme.com"},
		"info@acme.com":         {"status": "risky", "role": true},
		"bob@gmail.com":         {"status": "valid", "free": true},
		"x@mailinator.com":      {"status": "risky", "disposable": true},
		"x@only-a.com":          {"status": "valid", "mx_host": "only-a.com"},
		"x@nowhere-at-all.com":  {"status": "invalid", "mx": "no"},
		"bob@gmial.com":         {"suggestion": "bob@gmail.com"},
		"no-at.example":         {"status": "invalid", "syntax_ok": false},
		"Bob <bob@acme.com>":    {"status": "invalid"},
		"a@b@acme.com":          {"status": "invalid"},
		"a..b@acme.com":         {"status": "invalid"},
		"x@[127.0.0.1]":         {"status": "invalid"},
		"x@localhost":           {"status": "invalid"},
		"a\r\nBcc: x@acme.com":  {"status": "invalid"},
		"\"very odd\"@acme.com": {"status": "invalid"},
		"x@-acme-.com":          {"status": "invalid"},
	} {
		got := providertest.Ask(t, p, map[string]string{"email": email})
		for k, v := range want {
			require.Equal(t, v, got.Outputs[k], "%s: %s", email, k)
		}
	}
}

func TestWithoutANetworkTheRestIsStillSaid(t *testing.T) {
	t.Parallel()
	p := emailcheck.New(lookup.New(providertest.Zone{Err: errors.New("network is unreachable")}, kernel.NewManualClock(time.Unix(0, 0))))
	got := providertest.Ask(t, p, map[string]string{"email": "ann@acme.com"})
	require.Equal(t, "unknown", got.Outputs["status"])
	require.Equal(t, "unknown", got.Outputs["mx"])
	require.Equal(t, "risky", providertest.Ask(t, p, map[string]string{"email": "x@mailinator.com"}).Outputs["status"])
	require.Equal(t, "invalid", providertest.Ask(t, p, map[string]string{"email": "nonsense"}).Outputs["status"])
}
