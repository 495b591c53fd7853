package analyticsview_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/projections/analyticsview"
)

func rangeIn(t *testing.T, zone, from, to string) analyticsview.Range {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	require.NoError(t, err)
	a, err := time.ParseInLocation("2006-01-02 15:04", from, loc)
	require.NoError(t, err)
	b, err := time.ParseInLocation("2006-01-02 15:04", to, loc)
	require.NoError(t, err)
	r, err := analyticsview.NewRange(a, b, loc)
	require.NoError(t, err)
	return r
}

// lengths returns how long each unit of the range is.
func lengths(r analyticsview.Range, g analyticsview.Granularity) []time.Duration {
	edges := r.Buckets(g)
	var out []time.Duration
	for i := range edges[1:] {
		out = append(out, edges[i+1].Sub(edges[i]))
	}
	return out
}

func TestUnitsOfTime(t *testing.T) {
	t.Parallel()
	const h = time.Hour
	for title, c := range map[string]struct {
		zone, from, to string
		unit           analyticsview.Granularity
		want           []time.Duration
	}{
		"plain days":                          {"UTC", "2026-01-01 00:00", "2026-01-04 00:00", analyticsview.Day, []time.Duration{24 * h, 24 * h, 24 * h}},
		"clocks put forward":                  {"Europe/Berlin", "2026-03-28 00:00", "2026-03-31 00:00", analyticsview.Day, []time.Duration{24 * h, 23 * h, 24 * h}},
		"clocks put back":                     {"Europe/Berlin", "2026-10-24 00:00", "2026-10-27 00:00", analyticsview.Day, []time.Duration{24 * h, 25 * h, 24 * h}},
		"the hour that comes twice":           {"Europe/Berlin", "2026-10-25 00:00", "2026-10-25 04:00", analyticsview.Hour, []time.Duration{h, h, h, h, h}},
		"the hour that is missing":            {"Europe/Berlin", "2026-03-29 01:00", "2026-03-29 04:00", analyticsview.Hour, []time.Duration{h, h}},
		"a zone of half an hour's change":     {"Australia/Lord_Howe", "2026-04-05 00:00", "2026-04-05 04:00", analyticsview.Hour, []time.Duration{h, h + h/2, h, h}},
		"a zone of a quarter of an hour":      {"Asia/Kathmandu", "2026-01-01 00:00", "2026-01-01 02:00", analyticsview.Hour, []time.Duration{h, h}},
		"a day without a midnight":            {"Africa/Cairo", "2026-04-23 00:00", "2026-04-25 00:00", analyticsview.Day, []time.Duration{24 * h, 23 * h}},
		"a day that misses from the calendar": {"Pacific/Apia", "2011-12-29 00:00", "2012-01-01 00:00", analyticsview.Day, []time.Duration{24 * h, 24 * h}},
		"weeks begin on Monday":               {"America/New_York", "2026-03-05 12:00", "2026-03-17 00:00", analyticsview.Week, []time.Duration{83 * h, 7 * 24 * h, 24 * h}},
		"parts of units at both ends":         {"UTC", "2026-01-01 22:30", "2026-01-02 01:15", analyticsview.Day, []time.Duration{3 * h / 2, 5 * h / 4}},
		"a range within one unit":             {"UTC", "2026-01-01 10:00", "2026-01-01 10:15", analyticsview.Week, []time.Duration{h / 4}},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, lengths(rangeIn(t, c.zone, c.from, c.to), c.unit))
		})
	}
}

func TestRangesAreRoundedOutwards(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 10, 7, 3, 4, time.UTC)
	r, err := analyticsview.NewRange(at, at.Add(time.Second), time.UTC)
	require.NoError(t, err)
	require.Equal(t, []time.Time{at.Truncate(time.Hour), at.Truncate(time.Hour).Add(15 * time.Minute)}, r.Whole())
	_, err = analyticsview.NewRange(at, at.Add(-time.Hour), time.UTC)
	require.Error(t, err)
	_, err = analyticsview.NewRange(at, at.AddDate(1, 0, 2), time.UTC)
	require.ErrorContains(t, err, "365 days")
	_, err = analyticsview.NewRange(at, at.AddDate(1, 0, 0), time.UTC)
	require.NoError(t, err)
}

func TestPercentiles(t *testing.T) {
	t.Parallel()
	var m analyticsview.Measures
	require.Zero(t, m.Percentile(0.5))
	m.Times[6] = 100 // 50 to 100 ms
	require.InDelta(t, 75, m.Percentile(0.5), 0.01)
	m.Times[14] = 100 // beyond 30 s
	require.InDelta(t, 30_000, m.Percentile(0.95), 0.01)
}
