package workflow

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Timetable says when a schedule is due.
//
// Times are those of the zone's clock on the wall. When the clock is set forward, a time that is jumped over is not due that day; a rule
// for every hour or every few minutes goes on with the next time that there is. When it is set back, a time that comes twice is due the
// first time only, but a rule for every hour is due in both hours: it is due once in each hour that passes.
type Timetable struct {
	spec cron.Schedule
	zone *time.Location
}

// LeastPause is the least time between two due times.
const LeastPause = 5 * time.Minute

// NewSchedule reads a rule of five fields. It refuses one that is due more often than each five minutes, or never.
func NewSchedule(rule, zone string) (Timetable, error) {
	var none Timetable
	if strings.TrimSpace(rule) == "" {
		return none, errors.New("say when, for example 0 9 * * 1-5 for nine o'clock on workdays")
	}
	if zone == "" {
		zone = "UTC"
	}
	if zone == "Local" {
		return none, errors.New("name a time zone, for example Europe/Berlin")
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return none, fmt.Errorf("there is no time zone %q; use a name such as Europe/Berlin", zone)
	}
	if strings.ContainsAny(rule, "=@") {
		return none, errors.New("write five fields: minute, hour, day of month, month, day of week")
	}
	spec, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(rule)
	if err != nil {
		return none, fmt.Errorf("write five fields: minute, hour, day of month, month, day of week (%s)", strings.TrimSpace(err.Error()))
	}
	t := Timetable{spec, loc}
	at := time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC) // a leap year
	if t.Next(at).IsZero() {
		return none, errors.New("this is never due")
	}
	for range 300 { // more than a day of the closest times that are allowed
		next := t.Next(at)
		if !next.IsZero() && t.Next(next).Sub(next) < LeastPause && !t.Next(next).IsZero() {
			return none, fmt.Errorf("a schedule is due each %d minutes at most", int(LeastPause.Minutes()))
		}
		at = next
	}
	return t, nil
}

// Next is the first due time after the moment; zero if there is none within five years.
func (t Timetable) Next(after time.Time) time.Time {
	next := t.spec.Next(after.In(t.zone))
	if !next.IsZero() && !t.hourly() && again(next) {
		next = t.spec.Next(next)
	}
	if next.IsZero() {
		return next
	}
	return next.UTC()
}

// hourly reports whether the rule is for every hour.
func (t Timetable) hourly() bool {
	const star = 1 << 63 // cron's mark of a field that is *
	s, ok := t.spec.(*cron.SpecSchedule)
	return ok && s.Hour&star != 0
}

// again reports whether the clock on the wall has shown the same time before, because it was set back; by an hour, or by half of one.
func again(t time.Time) bool {
	for _, back := range []time.Duration{time.Hour, time.Hour / 2} {
		before := t.Add(-back)
		if before.Hour() == t.Hour() && before.Minute() == t.Minute() && before.Day() == t.Day() {
			return true
		}
	}
	return false
}

// longestMissed is how far back missed times are counted.
const longestMissed = 31 * 24 * time.Hour

// Due is the last time that is due between two moments, and how many there were before it, of those of the last 31 days: what was missed
// is told and not made up for. It is zero if none is due.
func (t Timetable) Due(after, now time.Time) (due time.Time, missed int) {
	if oldest := now.Add(-longestMissed); after.Before(oldest) {
		after = oldest
	}
	n := 0
	for next := t.Next(after); !next.IsZero() && !next.After(now); next = t.Next(next) {
		due = next
		n++
	}
	return due, max(0, n-1)
}
