package table

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Period is a stretch of time relative to now: the last or next N units, or the calendar unit that now is in.
type Period struct {
	Last int    `json:"last,omitempty"`
	Next int    `json:"next,omitempty"`
	This string `json:"this,omitempty"`
	Unit string `json:"unit,omitempty"`
}

func (c *Condition) period(raw json.RawMessage, field string) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	p := &c.Period
	if err := dec.Decode(p); err != nil {
		return kernel.Invalid(field, `write {"last":30,"unit":"day"}, {"next":2,"unit":"week"} or {"this":"month"}`)
	}
	units := []string{"hour", "day", "week", "month", "quarter", "year"}
	unit := p.Unit
	if p.This != "" {
		unit = p.This
	}
	set := 0
	for _, b := range []bool{p.Last != 0, p.Next != 0, p.This != ""} {
		if b {
			set++
		}
	}
	if set != 1 || p.Last < 0 || p.Next < 0 || p.Last > 10_000 || p.Next > 10_000 || !slices.Contains(units, unit) ||
		(p.This != "" && p.Unit != "") {
		return kernel.Invalid(field,
			`write {"last":30,"unit":"day"}, {"next":2,"unit":"week"} or {"this":"month"}; units are %s, counts 1 to 10000`,
			strings.Join(units, ", "))
	}
	if unit == "hour" && c.Column.Type == Date {
		return kernel.Invalid(field, "a date has no hours; use day, week, month, quarter or year")
	}
	return nil
}

// Bounds returns the period's ends: from is in it, to is not. Days, weeks, months, quarters and years are those of now's location, which is
// the workspace's time zone. For whole days (a date column) the last N days end with today and the next N days begin with it.
func (p Period) Bounds(now time.Time, wholeDays bool) (from, to time.Time) {
	day := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	if p.This != "" {
		return p.calendar(now, day)
	}
	if wholeDays {
		if p.Last > 0 {
			return shift(day, -p.Last, p.Unit), day.AddDate(0, 0, 1)
		}
		return day, shift(day, p.Next, p.Unit).AddDate(0, 0, 1)
	}
	if p.Last > 0 {
		return shift(now, -p.Last, p.Unit), now.Add(time.Microsecond)
	}
	return now, shift(now, p.Next, p.Unit).Add(time.Microsecond)
}

func (p Period) calendar(now, day time.Time) (from, to time.Time) {
	switch p.This {
	case "hour":
		from = now.Add(-time.Duration(now.Minute())*time.Minute - time.Duration(now.Second())*time.Second - time.Duration(now.Nanosecond()))
	case "week": // begins on Monday (ISO 8601)
		from = day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case "month":
		from = time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, day.Location())
	case "quarter":
		from = time.Date(day.Year(), day.Month()-(day.Month()-1)%3, 1, 0, 0, 0, 0, day.Location())
	case "year":
		from = time.Date(day.Year(), 1, 1, 0, 0, 0, 0, day.Location())
	default:
		from = day
	}
	return from, shift(from, 1, p.This)
}

func shift(t time.Time, n int, unit string) time.Time {
	switch unit {
	case "hour":
		return t.Add(time.Duration(n) * time.Hour)
	case "week":
		return t.AddDate(0, 0, 7*n)
	case "month":
		return t.AddDate(0, n, 0)
	case "quarter":
		return t.AddDate(0, 3*n, 0)
	case "year":
		return t.AddDate(n, 0, 0)
	default:
		return t.AddDate(0, 0, n)
	}
}
