package analyticsview

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Granularity is a unit of time of a series.
type Granularity string

// The units. A week begins on Monday.
const (
	Hour Granularity = "hour"
	Day  Granularity = "day"
	Week Granularity = "week"
)

// MaxRange is the longest range, in days.
const MaxRange = 365

// Range is a span of time to ask for, in a time zone.
type Range struct {
	From, To time.Time // To is not part of it
	Zone     *time.Location
}

// NewRange makes a range of whole quarters of an hour around the two moments.
func NewRange(from, to time.Time, zone *time.Location) (Range, error) {
	r := Range{From: from.UTC().Truncate(Quarter), To: to.UTC().Add(Quarter - 1).Truncate(Quarter), Zone: zone}
	switch {
	case !r.From.Before(r.To):
		return r, kernel.Invalid("to", "must be after from")
	case r.To.Sub(r.From) > MaxRange*24*time.Hour+2*Quarter:
		return r, kernel.Invalid("from", "is more than %d days before to", MaxRange)
	}
	return r, nil
}

// Whole returns the range as the one bucket.
func (r Range) Whole() []time.Time { return []time.Time{r.From, r.To} }

// Buckets returns the beginnings of the units in the range and its end. The first unit begins with the range and the last
// ends with it, so the sums of a series are those of the range. Where clocks are put back an hour comes twice, and a day has
// 25 hours; where they are put forward a day has 23.
func (r Range) Buckets(g Granularity) []time.Time {
	out := []time.Time{r.From}
	for at := next(r.From, g, r.Zone); at.Before(r.To); at = next(at, g, r.Zone) {
		out = append(out, at)
	}
	return append(out, r.To)
}

// next returns when the unit after the one that holds the moment begins.
func next(at time.Time, g Granularity, zone *time.Location) time.Time {
	local := at.In(zone)
	if g == Hour {
		// In steps of a quarter, since an offset may be no whole number of hours and may change in between.
		for n := at.Truncate(Quarter).Add(Quarter); ; n = n.Add(Quarter) {
			if n.In(zone).Minute() == 0 {
				return n.UTC()
			}
		}
	}
	days := 1
	if g == Week {
		days = 7 - (int(local.Weekday())+6)%7
	}
	return midnight(local.Year(), local.Month(), local.Day()+days, zone)
}

// midnight returns the first moment of the day; where clocks skip it, that is when they are put forward.
func midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	noon := time.Date(year, month, day, 12, 0, 0, 0, zone)
	at := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if at.Day() != noon.Day() { // the gap was resolved to the day before
		for at.Day() != noon.Day() {
			at = at.Add(Quarter)
		}
		return at.UTC()
	}
	for earlier := at.Add(-Quarter); earlier.In(zone).Day() == noon.Day(); earlier = earlier.Add(-Quarter) {
		at = earlier // midnight comes twice
	}
	return at.UTC()
}
