package emailcheck_test

import (
	"errors"
	"fmt"
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

func TestTypingErrors(t *testing.T) {
	t.Parallel()
	p := emailcheck.New(lookup.New(providertest.Zone{}, kernel.NewManualClock(time.Unix(0, 0))))
	for domain, want := range map[string]string{
		"gmial.com": "gmail.com", "gamil.com": "gmail.com", "gmail.con": "gmail.com", "gmail.co": "gmail.com", "gmal.com": "gmail.com", "gmaill.com": "gmail.com",
		"yaho.com": "yahoo.com", "yahooo.com": "yahoo.com", "yahoo.cmo": "yahoo.com", "hotmial.com": "hotmail.com", "homtail.com": "hotmail.com",
		"outlok.com": "outlook.com", "iclod.com": "icloud.com", "protonmial.com": "protonmail.com", "t-onlin.de": "t-online.de",
		// Right as they are: services of their own, and companies.
		"gmail.com": "", "ymail.com": "", "email.com": "", "mail.com": "", "gmx.de": "", "web.de": "", "live.com": "", "line.com": "", "acme.com": "", "orange.fr": "", "hotmail.be": "", "yahoo.ie": "", "yahoo.com.ar": "",
	} {
		got := providertest.Ask(t, p, map[string]string{"email": "bob@" + domain})
		if want == "" {
			require.NotContains(t, got.Outputs, "suggestion", domain)
			continue
		}
		require.Equal(t, "bob@"+want, got.Outputs["suggestion"], domain)
	}
}

func TestAResolverThatDeniesEverythingMakesNoAddressInvalid(t *testing.T) {
	t.Parallel()
	p := emailcheck.New(lookup.New(providertest.Zone{Denies: true}, kernel.NewManualClock(time.Unix(0, 0))))
	got := providertest.Ask(t, p, map[string]string{"email": "ann@acme.com"})
	require.Equal(t, "unknown", got.Outputs["status"])
	require.Equal(t, "unknown", got.Outputs["mx"])
}

// BenchmarkCheck checks addresses of one domain each.
func BenchmarkCheck(b *testing.B) {
	p := emailcheck.New(lookup.New(providertest.Zone{}, kernel.NewManualClock(time.Unix(0, 0))))
	i := 0
	for b.Loop() {
		i++
		providertest.Ask(b, p, map[string]string{"email": fmt.Sprintf("ann@company%d.example", i)})
	}
}
