package politeness_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/scrape/politeness"
	"github.com/morket/morket/adapters/scrape/politeness/politenesstest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	politenesstest.Run(t, func(t *testing.T) politenesstest.Fixture {
		t.Helper()
		clock := kernel.NewManualClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
		m, err := politeness.NewMemory(clock)
		require.NoError(t, err)
		return politenesstest.Fixture{Counter: m, Now: clock.Now}
	})
}

func TestRulesOfDomains(t *testing.T) {
	t.Parallel()
	rules, err := politeness.Parse([]byte(`{"default":{"requests":1,"per":"5s"},"domains":{"example.com":{"requests":3,"per":"1m"},"slow.example.com":{"per":"1h"},"example.co.uk":{"never":true},"owned.test":{"ignore_robots":true}}}`))
	require.NoError(t, err)
	for host, want := range map[string]struct {
		domain   string
		requests int
		per      time.Duration
	}{
		"www.example.com": {"example.com", 3, time.Minute}, "EXAMPLE.com.": {"example.com", 3, time.Minute}, "a.slow.example.com": {"slow.example.com", 1, time.Hour}, "other.org": {"other.org", 1, 5 * time.Second},
		"a.b.other.co.uk": {"other.co.uk", 1, 5 * time.Second}, "notexample.com": {"notexample.com", 1, 5 * time.Second}, "192.0.2.1": {"192.0.2.1", 1, 5 * time.Second}, "localhost": {"localhost", 1, 5 * time.Second},
	} {
		domain, rule := rules.For(host)
		require.Equal(t, want.domain, domain, host)
		require.Equal(t, want.requests, rule.Requests, host)
		require.Equal(t, want.per, rule.Per, host)
	}
	for name, text := range map[string]string{
		"no JSON": `{`, "an unknown member": `{"domain":{}}`, "a rate of none": `{"default":{"requests":-1}}`, "a time that is none": `{"default":{"per":"soon"}}`, "a negative time": `{"default":{"per":"-1s"}}`,
		"hours that are none": `{"domains":{"a.com":{"hours":"late"}}}`, "a zone that is none": `{"domains":{"a.com":{"zone":"Mars/Base"}}}`, "an address for a domain": `{"domains":{"https://a.com":{}}}`, "capitals": `{"domains":{"A.com":{}}}`,
	} {
		_, err := politeness.Parse([]byte(text))
		require.Error(t, err, name)
	}
}

// gate is one over rules, at a time.
func gate(t *testing.T, rules string, at time.Time) (*politeness.Gate, *kernel.ManualClock) {
	t.Helper()
	parsed, err := politeness.Parse([]byte(rules))
	require.NoError(t, err)
	clock := kernel.NewManualClock(at)
	m, err := politeness.NewMemory(clock)
	require.NoError(t, err)
	g, err := politeness.New(politeness.Config{Rules: parsed, Counter: m, Clock: clock})
	require.NoError(t, err)
	return g, clock
}

func address(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	require.NoError(t, err)
	return u
}

func TestHours(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hours, zone string
		at          string // UTC
		closed      time.Duration
	}{
		"within":                        {"09:00-17:00", "UTC", "2026-03-02T12:00:00Z", 0},
		"before":                        {"09:00-17:00", "UTC", "2026-03-02T08:30:00Z", 30 * time.Minute},
		"after":                         {"09:00-17:00", "UTC", "2026-03-02T17:00:00Z", 16 * time.Hour},
		"over midnight, within, late":   {"22:00-06:00", "UTC", "2026-03-02T23:00:00Z", 0},
		"over midnight, within, early":  {"22:00-06:00", "UTC", "2026-03-02T05:59:00Z", 0},
		"over midnight, outside":        {"22:00-06:00", "UTC", "2026-03-02T06:00:00Z", 16 * time.Hour},
		"in the site's own zone":        {"09:00-17:00", "Asia/Tokyo", "2026-03-02T00:30:00Z", 0},
		"a night that has an hour less": {"09:00-17:00", "Europe/Berlin", "2026-03-28T16:00:00Z", 15 * time.Hour}, // clocks go forward on the 29th
		"always when both are equal":    {"00:00-00:00", "UTC", "2026-03-02T06:00:00Z", 0},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		require.NoError(t, err)
		g, _ := gate(t, `{"domains":{"a.com":{"hours":"`+c.hours+`","zone":"`+c.zone+`"}}}`, at)
		_, err = g.Wait(t.Context(), "ws_1", address(t, "https://www.a.com/"), 0, 0)
		if c.closed == 0 {
			require.NoError(t, err, name)
			continue
		}
		f := scrape.AsFault(err)
		require.Equal(t, scrape.ReasonResting, f.Reason, name)
		require.Equal(t, c.closed, f.Retry, name)
	}
}

func TestTheGate(t *testing.T) {
	t.Parallel()
	g, clock := gate(t, `{"domains":{"no.com":{"never":true},"owned.com":{"ignore_robots":true}}}`, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	_, err := g.Wait(t.Context(), "ws_1", address(t, "https://no.com/"), 0, time.Hour)
	require.Equal(t, scrape.ReasonRobots, scrape.AsFault(err).Reason)
	require.True(t, g.IgnoresRobots(address(t, "https://www.owned.com/x")))
	require.False(t, g.IgnoresRobots(address(t, "https://no.com/")))

	u := address(t, "https://www.site.com/")
	for range 2 { // a burst of two, then one in five seconds, whoever asks
		_, err := g.Wait(t.Context(), "ws_1", u, 0, 0)
		require.NoError(t, err)
	}
	_, err = g.Wait(t.Context(), "ws_2", address(t, "https://other.site.com/"), 0, time.Second)
	require.Equal(t, scrape.ReasonResting, scrape.AsFault(err).Reason, "the rate is of the domain, whoever asks")
	require.Equal(t, 5*time.Second, scrape.AsFault(err).Retry)

	slow := address(t, "https://slow.com/")
	_, err = g.Wait(t.Context(), "ws_1", slow, 30*time.Second, 0)
	require.NoError(t, err)
	_, err = g.Wait(t.Context(), "ws_1", slow, 30*time.Second, 0)
	require.Equal(t, 30*time.Second, scrape.AsFault(err).Retry, "a pause that robots.txt asks for is kept")

	busy := address(t, "https://busy.com/")
	pass, err := g.Wait(t.Context(), "ws_1", busy, 0, 0)
	require.NoError(t, err)
	pass.Done(t.Context(), 429, 90*time.Second)
	_, err = g.Wait(t.Context(), "ws_1", busy, 0, 0)
	require.Equal(t, 90*time.Second, scrape.AsFault(err).Retry, "Retry-After is obeyed")
	clock.Advance(90 * time.Second)
	_, err = g.Wait(t.Context(), "ws_1", busy, 0, 0)
	require.NoError(t, err)
}

// Five failures among ten open the breaker of a workspace's way to the domain for two minutes; then one request decides.
func TestTheBreaker(t *testing.T) {
	t.Parallel()
	g, clock := gate(t, `{"default":{"requests":100,"per":"1s"}}`, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	u := address(t, "https://ill.com/")
	ask := func(ws kernel.WorkspaceID, status int) *scrape.Fault {
		pass, err := g.Wait(t.Context(), ws, u, 0, 0)
		if err != nil {
			return scrape.AsFault(err)
		}
		pass.Done(t.Context(), status, 0)
		return nil
	}
	for _, status := range []int{200, 500, 200, 0, 404, 502, 500, 200, 500} {
		require.Nil(t, ask("ws_1", status))
	}
	f := ask("ws_1", 200)
	require.NotNil(t, f, "five of ten have failed; a page that is not there is no failure")
	require.Equal(t, 2*time.Minute, f.Retry)
	require.Nil(t, ask("ws_2", 200), "another's failures are its own")
	clock.Advance(2 * time.Minute)
	probe, err := g.Wait(t.Context(), "ws_1", u, 0, 0)
	require.NoError(t, err)
	require.NotNil(t, ask("ws_1", 200), "one probe at a time")
	probe.Done(t.Context(), 500, 0)
	require.NotNil(t, ask("ws_1", 200), "a probe that fails opens it again")
	clock.Advance(2 * time.Minute)
	dropped, err := g.Wait(t.Context(), "ws_1", u, 0, 0)
	require.NoError(t, err)
	dropped.Drop()
	require.Nil(t, ask("ws_1", 200), "a probe that was not made decides nothing")
	require.Nil(t, ask("ws_1", 500))
}
