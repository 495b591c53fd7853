package emailcheck_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/emailcheck"
	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/kernel"
)

func TestEmailCheck(t *testing.T) {
	t.Parallel()
	zone := providertest.Zone{MX: map[string][]*net.MX{"acme.com": {{Host: "mx.acme.com.", Pref: 1}}, "gmail.com": {{Host: "g.", Pref: 1}}, "mailinator.com": {{Host: "m.", Pref: 1}}}, A: map[string]string{"only-a.com": "93.184.216.34", "mx.acme.com": "93.184.216.34", "g": "93.184.216.34", "m": "93.184.216.34"}}
	p := emailcheck.New(lookup.New(zone, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	providertest.Conforms(t, p)
	for email, want := range map[string]map[string]any{
		"ann@acme.com":          {"status": "valid", "mx": "yes", "mx_host": "mx.acme.com", "free": false, "role": false, "disposable": false},
		" Ann.B@ACME.com ":      {"status": "valid", "email": "Ann.B@acme.com", "domain": "acme.com"},
		"info@acme.com":         {"status": "risky", "role": true},
		"bob@gmail.com":         {"status": "valid", "free": true},
		"x@mailinator.com":      {"status": "risky", "disposable": true},
		"x@only-a.com":          {"status": "valid", "mx": "implicit", "mx_host": "only-a.com"},
		"x@nowhere-at-all.com":  {"status": "invalid", "mx": "no"},
		"bob@gmial.com":         {"suggestion": "bob@gmail.com"},
		"no-at.example":         {"status": "invalid", "syntax_ok": false},
		"Bob <bob@acme.com>":    {"status": "invalid"},
		"a@b@acme.com":          {"status": "invalid"},
		"a..b@acme.com":         {"status": "invalid"},
		"x@[127.0.0.1]":         {"status": "invalid"},
		"x@localhost":           {"status": "invalid"},
		"a\r\nBcc: x@acme.com":  {"status": "invalid"},
		"\"very odd\"@acme.com": {"status": "risky", "syntax_ok": true, "email": "\"very odd\"@acme.com"},
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
	p := emailcheck.New(lookup.New(providertest.Zone{Err: errors.New("network is unreachable")}, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	got := providertest.Ask(t, p, map[string]string{"email": "ann@acme.com"})
	require.Equal(t, "unknown", got.Outputs["status"])
	require.Equal(t, "unknown", got.Outputs["mx"])
	require.Equal(t, "risky", providertest.Ask(t, p, map[string]string{"email": "x@mailinator.com"}).Outputs["status"])
	require.Equal(t, "invalid", providertest.Ask(t, p, map[string]string{"email": "nonsense"}).Outputs["status"])
}

func TestTypingErrors(t *testing.T) {
	t.Parallel()
	p := emailcheck.New(lookup.New(providertest.Zone{}, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
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
	p := emailcheck.New(lookup.New(providertest.Zone{Denies: true}, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	got := providertest.Ask(t, p, map[string]string{"email": "ann@acme.com"})
	require.Equal(t, "unknown", got.Outputs["status"])
	require.Equal(t, "unknown", got.Outputs["mx"])
}

// BenchmarkCheck checks addresses of one domain each.
func BenchmarkCheck(b *testing.B) {
	p := emailcheck.New(lookup.New(providertest.Zone{}, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	i := 0
	for b.Loop() {
		i++
		providertest.Ask(b, p, map[string]string{"email": fmt.Sprintf("ann@company%d.example", i)})
	}
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	zone := providertest.Zone{A: map[string]string{}}
	right := map[string]string{ // to the clean address
		"test-@acme.com": "test-@acme.com", "o'hara@acme.com": "o'hara@acme.com", "a@xn--bcher-kva.example": "a@xn--bcher-kva.example",
		"a@bücher.example": "a@xn--bcher-kva.example", "a@straße.de": "a@xn--strae-oqa.de", "ana@acme.com.": "ana@acme.com", "\t Ana@ACME.com\u00a0": "Ana@acme.com",
		"ana\uff20acme.com": "ana@acme.com", "ana\u200b@acme.com": "ana@acme.com", "\u202eana@acme.com": "ana@acme.com", "ana@acme\u3002com": "ana@acme.com",
		"ünï@acme.com": "ünï@acme.com", "u\u0308n@acme.com": "ün@acme.com", strings.Repeat("a", 64) + "@acme.com": strings.Repeat("a", 64) + "@acme.com",
		"a@" + strings.Repeat("d", 63) + ".com": "a@" + strings.Repeat("d", 63) + ".com", `"a b"@acme.com`: `"a b"@acme.com`, `"a\"b"@acme.com`: `"a\"b"@acme.com`,
		"!#$%&'*+-/=?^_`{|}~@acme.com": "!#$%&'*+-/=?^_`{|}~@acme.com", "用户@例え.jp": "用户@xn--r8jz45g.jp", "अजय@डाटा.भारत": "अजय@xn--c2bd1gb.xn--h2brj9c",
	}
	wrong := map[string]string{ // to a part of the reason
		"ana.name.@acme.com": "ends with a dot", "ana+tag.@acme.com": "ends with a dot", "a..b@acme.com": "two dots", ".a@acme.com": "begins with a dot", "": "empty", " ": "empty",
		"mailto:ana@acme.com?subject=x": "can't be before", "mailto:ana@acme.com": "can't be before", "Ana <ana@acme.com>": "address alone", "<ana@acme.com>": "address alone", "ana@acme": "ending", "ana@[192.0.2.1]": "IP address",
		"ana@192.0.2.1": "DNS", strings.Repeat("a", 65) + "@acme.com": "65 bytes", "a@" + strings.Repeat("d", 64) + ".com": "63", "ana": "no @", "@acme.com": "before the @", "ana@": "after the @",
		"a@b@acme.com": "more than one @", "a b@acme.com": "space", "a@ac me.com": "space", "a,b@acme.com": "can't be before", "a@acme..com": "empty part", "a@.acme.com": "empty part", "a@-acme.com": "DNS",
		`"ab@acme.com`: "not closed", `"a"b"@acme.com`: "quote", "a\x00b@acme.com": "can't be before", "\xff@acme.com": "not text", "a@acme_x.com": "DNS", "a;b@acme.com": "can't be before",
		strings.Repeat("a", 60) + "@" + strings.Repeat("d.", 120) + "com": "254", strings.Repeat("x", 100_000): "at most", "a🙂@acme.com": "can't be before",
	}
	p := emailcheck.New(lookup.New(zone, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	for in, want := range right {
		got := providertest.Ask(t, p, map[string]string{"email": in})
		require.Equal(t, true, got.Outputs["syntax_ok"], "%q: %v", in, got.Outputs["reason"])
		require.Equal(t, want, got.Outputs["email"], in)
	}
	for in, want := range wrong {
		got := providertest.Ask(t, p, map[string]string{"email": in})
		require.Equal(t, "invalid", got.Outputs["status"], in)
		require.Equal(t, false, got.Outputs["syntax_ok"], in)
		require.Contains(t, got.Outputs["reason"], want, in)
	}
}

func TestWhereADomainsMailGoes(t *testing.T) {
	t.Parallel()
	zone := providertest.Zone{
		MX: map[string][]*net.MX{
			"nullmx.test": {{Host: "."}}, "deadmx.test": {{Host: "gone.deadmx.test.", Pref: 10}}, "home.test": {{Host: "mx.home.test."}}, "mixed.test": {{Host: "gone.test.", Pref: 1}, {Host: "mx.good.test.", Pref: 2}},
			"good.test": {{Host: "mx.good.test."}}, "cgn.test": {{Host: "mx.cgn.test."}}, "local.test": {{Host: "localhost."}}, "nat64.test": {{Host: "mx.nat64.test."}}, "bench.test": {{Host: "mx.bench.test."}},
		},
		A: map[string]string{
			"nullmx.test": "192.0.2.10", "onlya.test": "192.0.2.11", "onlyaaaa.test": "2001:db8::11", "privatea.test": "10.0.0.1", "mx.home.test": "192.168.1.5", "mx.good.test": "192.0.2.1", "gmail.con": "192.0.2.12",
			"mx.cgn.test": "100.64.3.4", "mx.nat64.test": "64:ff9b::a00:1", "mx.bench.test": "198.18.0.1", "localhost": "127.0.0.1",
		},
	}
	p := emailcheck.New(lookup.New(zone, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	for domain, want := range map[string][3]string{
		"nullmx.test": {"invalid", "no", "null MX"}, "onlya.test": {"valid", "implicit", "own address"}, "onlyaaaa.test": {"valid", "implicit", "own address"},
		"privatea.test": {"invalid", "no", "not a public one"}, "deadmx.test": {"invalid", "no", "does not exist"}, "home.test": {"invalid", "no", "no public address"},
		"cgn.test": {"invalid", "no", "no public address"}, "local.test": {"invalid", "no", "no public address"}, "nat64.test": {"invalid", "no", "no public address"}, "bench.test": {"invalid", "no", "no public address"}, "mixed.test": {"valid", "yes", "takes mail"}, "good.test": {"valid", "yes", "takes mail"},
		"none.test": {"invalid", "no", "neither a mail server nor an address"}, "gmail.con": {"risky", "implicit", "mistyped"},
	} {
		got := providertest.Ask(t, p, map[string]string{"email": "ana@" + domain}).Outputs
		require.Equal(t, want[0], got["status"], domain)
		require.Equal(t, want[1], got["mx"], domain)
		require.Contains(t, got["reason"], want[2], domain)
	}
}

func TestListsAreLookedUpAboveTheDomainAndWithoutTags(t *testing.T) {
	t.Parallel()
	p := emailcheck.New(lookup.New(providertest.Zone{Err: errors.New("no network")}, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	for email, want := range map[string]map[string]any{
		"a@mailinator.com": {"disposable": true}, "a@x.mailinator.com": {"disposable": true}, "a@y.x.mailinator.com": {"disposable": true}, "a@mailinator.acme.com": {"disposable": false},
		"sales@acme.com": {"role": true}, "Sales+de@acme.com": {"role": true}, "no-reply@acme.com": {"role": true}, "sal@acme.com": {"role": false}, "ann+sales@acme.com": {"role": false},
		"pаypal@acme.com": {"reason": "it mixes the letters of several scripts, as imitations of an address do"},
	} {
		got := providertest.Ask(t, p, map[string]string{"email": email}).Outputs
		for k, v := range want {
			require.Equal(t, v, got[k], "%s: %s", email, k)
		}
	}
}

func TestReportedAddresses(t *testing.T) {
	t.Parallel()
	p := emailcheck.New(lookup.New(providertest.Zone{Err: errors.New("no network")}, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
	long, label := strings.Repeat("a", 64), strings.Repeat("d", 63)
	for address, clean := range map[string]string{ // "" is not valid
		"ana.name.@example.org": "", "ana+tag.@example.org": "", "ana..b@example.org": "", ".ana@example.org": "", "test-@example.org": "test-@example.org", "o'hara@example.org": "o'hara@example.org",
		`"ana b"@example.org`: `"ana b"@example.org`, "ana@bücher.example": "ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example": "ana@xn--bcher-kva.example", "ana@straße.de": "ana@xn--strae-oqa.de",
		"ünï@example.org": "ünï@example.org", "ana@example.org.": "ana@example.org", "  Ana@Example.ORG ": "Ana@example.org", "mailto:ana@example.org?subject=x": "", "Ana Muster <ana@example.org>": "",
		"ana＠example.org": "ana@example.org", "ana\u200b@example.org": "ana@example.org", "ana@example": "", "ana@[192.0.2.1]": "", long + "@example.org": long + "@example.org", long + "a@example.org": "",
		"ana@" + label + ".example": "ana@" + label + ".example", "ana@" + label + "d.example": "",
	} {
		require.Contains(t, firsts(providertest.Reported(t, "b38-email-syntax.csv")), address)
		out := providertest.Ask(t, p, map[string]string{"email": address}).Outputs
		require.Equal(t, clean != "", out["syntax_ok"], "%q: %v", address, out["reason"])
		if clean == "" {
			require.Equal(t, "invalid", out["status"], address)
		} else {
			require.Equal(t, clean, out["email"], address)
		}
	}
	require.Len(t, providertest.Reported(t, "b38-email-syntax.csv"), 23, "each address has an outcome")
}

func firsts(records [][]string) (out []string) {
	for _, r := range records {
		out = append(out, r[0])
	}
	return out
}

func TestReportedHosts(t *testing.T) {
	t.Parallel()
	zone := providertest.Zone{
		MX: map[string][]*net.MX{"nullmx.test": {{Host: "."}}, "deadmx.test": {{Host: "gone.deadmx.test.", Pref: 10}}},
		A:  map[string]string{"nullmx.test": "192.0.2.10", "onlya.test": "192.0.2.11", "onlyaaaa.test": "2001:db8::11", "gmail.con": "192.0.2.12"},
	}
	want := map[string][2]string{
		"ana@nullmx.test": {"invalid", "no"}, "ana@onlya.test": {"valid", "implicit"}, "ana@onlyaaaa.test": {"valid", "implicit"}, "ana@deadmx.test": {"invalid", "no"}, "ana@none.test": {"invalid", "no"},
		"ana@slow.test": {"unknown", "unknown"}, "ana@gmail.con": {"risky", "implicit"},
	}
	for _, address := range firsts(providertest.Reported(t, "b37-mail-hosts.csv")) {
		z := zone
		if strings.HasSuffix(address, "@slow.test") {
			z.Err = context.DeadlineExceeded
		}
		p := emailcheck.New(lookup.New(z, kernel.NewManualClock(time.Unix(0, 0))), safedial.Inside)
		out := providertest.Ask(t, p, map[string]string{"email": address}).Outputs
		require.Equal(t, want[address][0], out["status"], address)
		require.Equal(t, want[address][1], out["mx"], address)
		if strings.HasSuffix(address, ".con") {
			require.Equal(t, "ana@gmail.com", out["suggestion"])
		}
	}
}
