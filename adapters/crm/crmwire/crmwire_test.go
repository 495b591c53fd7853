package crmwire_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

func TestJSONIsBoundedBeforeItIsDecoded(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		good bool
	}{
		"nothing":       {"", true},
		"blanks":        {" \n", true},
		"an object":     {`{"a":[1,{"b":null}]}`, true},
		"deep":          {strings.Repeat("[", 32) + strings.Repeat("]", 32), true},
		"too deep":      {strings.Repeat("[", 33) + strings.Repeat("]", 33), false},
		"many":          {"[" + strings.Repeat("1,", 500_000) + "1]", true},
		"too many":      {"[" + strings.Repeat("1,", 700_000) + "1]", false},
		"long":          {`"` + strings.Repeat("x", 8<<20-2) + `"`, true},
		"too long":      {`"` + strings.Repeat("x", 8<<20) + `"`, false},
		"two":           {`{} {}`, false},
		"no UTF-8":      {"\"\xff\"", false},
		"HTML":          {"<html>", false},
		"hidden depth":  {`{"a":"` + strings.Repeat("[", 1000) + `"}`, true},
		"an open quote": {`{"a":"` + strings.Repeat("[", 1000), false},
	} {
		require.Equal(t, c.good, crmwire.Check([]byte(c.body)) == nil, name)
	}
}

func TestTextsAreReadWhateverTheyAreWrittenAs(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`"a\u00e9"`: "aé", `12`: "12", `-1.50`: "-1.50", `1.0E7`: "10000000", `1e-3`: "0.001", `true`: "true", `null`: "", `{"a":1}`: "", `[1]`: "",
		`1e999`: "", `9007199254740993`: "9007199254740993", `1.5e3`: "1500",
	} {
		var got crmwire.Text
		require.NoError(t, json.Unmarshal([]byte(raw), &got), raw)
		require.Equal(t, want, string(got), raw)
	}
	for raw, want := range map[string]crmwire.Texts{`["a",1,null]`: {"a", "1", ""}, `"a"`: {"a"}, `null`: nil, `[]`: nil, `{}`: nil} {
		var got crmwire.Texts
		require.NoError(t, json.Unmarshal([]byte(raw), &got), raw)
		require.Equal(t, want, got, raw)
	}
	require.Empty(t, crmwire.Texts(nil).First())
	require.Equal(t, "a", crmwire.Texts{"a", "b"}.First())
}

func TestTimesAreOfOneForm(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"2026-11-30T12:00:00.000+0000": "2026-11-30T12:00:00Z", "2026-11-30T12:00:00.250Z": "2026-11-30T12:00:00.25Z",
		"2026-11-30T13:00:00+01:00": "2026-11-30T12:00:00Z", "2026-11-30": "2026-11-30", "2026-11-30Tomorrow it will be": "2026-11-30Tomorrow it will be",
		"": "", "é": "é", "1764504000000": "1764504000000",
	} {
		require.Equal(t, want, crmwire.Moment(from), from)
	}
	require.Equal(t, time.Date(2025, 11, 30, 12, 0, 0, 0, time.UTC), crmwire.Time("1764504000000"))
	for _, none := range []string{"", "soon", "99999999999999999999", "2026-13-01T00:00:00Z"} {
		require.True(t, crmwire.Time(none).IsZero(), none)
	}
}

func TestWhatCanBeLookedFor(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]bool{
		"a@example.com": true, "O'Neil": true, "💥": true, "": false, " \t": false, "a\x00": false, "a\nb": false, "\xff": false,
		strings.Repeat("a", 500): true, strings.Repeat("a", 501): false,
	} {
		require.Equal(t, want, crmwire.Findable(v), "%.20q", v)
	}
}

// asked asks a server that answers by the handler.
func asked(t *testing.T, r crmwire.Request, answer http.HandlerFunc) *crmwire.Answer {
	t.Helper()
	srv := httptest.NewServer(answer)
	t.Cleanup(srv.Close)
	r.URL, r.Method = srv.URL, http.MethodPost
	a, err := crmwire.New(srv.Client(), "Vendor", kernel.NewManualClock(at())).Do(t.Context(), r)
	require.NoError(t, err)
	return a
}

func at() time.Time { return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC) }

func TestWaitsAndTheVendorsTime(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after, date string
		wait        time.Duration
		now         time.Time
	}{
		"seconds":         {"7", at().Add(-time.Minute).Format(http.TimeFormat), 7 * time.Second, at().Add(-time.Minute)},
		"a date":          {at().Add(time.Minute).Format(http.TimeFormat), at().Format(http.TimeFormat), time.Minute, at()},
		"a date past":     {at().Add(-time.Hour).Format(http.TimeFormat), at().Format(http.TimeFormat), 0, at()},
		"none":            {"", at().Format(http.TimeFormat), 0, at()},
		"nonsense":        {"soon", "never", 0, at()},
		"far":             {"9999999", at().Format(http.TimeFormat), 24 * time.Hour, at()},
		"overflow":        {"99999999999999999999999", at().Format(http.TimeFormat), 24 * time.Hour, at()},
		"a clock ahead":   {"", at().Add(time.Hour).Format(http.TimeFormat), 0, at()},
		"a clock that is": {"", at().Add(-48 * time.Hour).Format(http.TimeFormat), 0, at()},
	} {
		a := asked(t, crmwire.Request{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", c.date)
			w.Header().Set("Retry-After", c.after)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		require.Equal(t, c.wait, a.RetryAfter(), name)
		require.Equal(t, c.now, a.At, name)
		require.Equal(t, crm.CallLimited, a.Trouble("").Kind)
	}
}

// What a vendor says is shown, but never a secret, however it is written, and never much.
func TestAVendorsWordsHoldNoSecret(t *testing.T) {
	t.Parallel()
	secret := "canary +/= of a secret"
	a := asked(t, crmwire.Request{Bearer: "bearer-canary", Secrets: []string{"other-canary", ""}, Body: url.Values{"client_secret": {secret}}},
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) })
	said := a.Say("a\x00b\r\nc " + secret + " " + url.QueryEscape(secret) + " bearer-canary other-canary é\u0085" + strings.Repeat("x", 10_000))
	require.NotContains(t, said, "canary")
	require.True(t, strings.HasPrefix(said, "a b c … … … … é "), said)
	require.LessOrEqual(t, len([]rune(said)), 301)
	require.Equal(t, "Vendor answers 400: a … b", a.Trouble("a bearer-canary b").Message)
}

func TestStandInsAreOnThisMachine(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"http://127.0.0.1:8610/hubspot": true, "http://[::1]:80": true, "http://127.0.0.1": false, "https://127.0.0.1:1": false,
		"http://localhost:80": false, "http://10.0.0.1:80": false, "http://u:p@127.0.0.1:80": false, "http://127.0.0.1:80?x": false, "": false, "%zz": false,
	} {
		require.Equal(t, good, crmwire.Loopback(address) == nil, address)
	}
}

func FuzzTexts(f *testing.F) {
	for _, seed := range []string{`"a"`, `1e400`, `-0.0e-10`, `[[1]]`, `{"a":[]}`, `null`, `1E+5`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if crmwire.Check(raw) != nil || strings.TrimSpace(string(raw)) == "" {
			return
		}
		var one crmwire.Text
		require.NoError(t, json.Unmarshal(raw, &one))
		var many crmwire.Texts
		require.NoError(t, json.Unmarshal(raw, &many))
		require.LessOrEqual(t, len(one), 2_000+len(raw))
	})
}
