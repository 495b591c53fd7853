package table

import (
	"regexp"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// clock is a time of day as it is written, with its zone if it names one.
type clock struct {
	h, m, s int
	frac    string // digits of the second's fraction, six at most
	zone    *time.Location
}

const (
	clockForm = `(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?(?: ?([ap])\.? ?m\b\.?)?(?: ?(?:uhr|h))?`
	zoneForm  = `(?: ?(z|[a-z]{2,4})\b)?(?: ?([+−-])(\d{1,2}):?(\d{2})?)?(?: ?\[?([a-z_]+(?:/[a-z_+-]+)+)\]?)?(?: \([^()]*\))?`
	joinForm  = `(?: ?t ?|,? (?:(?:at|um|à|às|kl\.?|@) )?|, ?)`
)

// The written forms of times. The interface has the same expressions (ui/src/grid/typed/times.ts).
var (
	basicISO   = regexp.MustCompile(`(?i)^(\d{8})t(\d{2})(\d{2})(\d{2})?(z|[+-]\d{2}:?\d{2})?$`)
	dateClock  = regexp.MustCompile(`(?i)^(.+?)` + joinForm + clockForm + zoneForm + `$`)
	dateHour   = regexp.MustCompile(`(?i)^(.+?)` + joinForm + `(\d{1,2}) ?([ap])\.? ?m\b\.?$`)
	dateHours  = regexp.MustCompile(`(?i)^(.+?)` + joinForm + `(\d{1,2})(?:h(\d{2})?|\.(\d{2}) ?uhr| uhr)$`)
	clockFirst = regexp.MustCompile(`(?i)^` + clockForm + `,? (?:on )?(.+)$`)
)

// parts reads a date with or without a time: the dates that it can be, and the time of day.
func (r Reader) parts(col Column, s string) (dates, *clock, bool) {
	if len(s) > maxDate {
		return dates{}, nil, false
	}
	s = strings.Join(strings.Fields(bare(s)), " ")
	if m := basicISO.FindStringSubmatch(s); m != nil {
		s = m[1] + "T" + m[2] + ":" + m[3]
		if m[4] != "" {
			s += ":" + m[4]
		}
		s += m[5]
	}
	if d := r.someDate(col, s); d.any() {
		return d, nil, true
	}
	if !strings.ContainsAny(s, "0123456789") {
		return dates{}, nil, false
	}
	rest, c, ok := scanClock(s)
	if !ok {
		return dates{}, nil, false
	}
	d := r.someDate(col, rest)
	return d, c, d.any()
}

// someDate reads a date, or one of the words today, tomorrow and yesterday.
func (r Reader) someDate(col Column, s string) dates {
	if !r.Now.IsZero() {
		if n, ok := theWords().days[strings.ToLower(s)]; ok {
			t := r.Now.In(r.zone(col.Form)).AddDate(0, 0, n)
			d := day{t.Year(), int(t.Month()), t.Day()}
			return dates{dmy: d, mdy: d, ymd: d, fixed: true}
		}
	}
	return scanDate(s)
}

// scanClock takes the time of day off a text.
func scanClock(s string) (rest string, c *clock, ok bool) {
	if m := dateClock.FindStringSubmatch(s); m != nil {
		c, ok = newClock(m[2], m[3], m[4], m[5], m[6])
		if ok {
			ok = c.in(m[7], m[8], m[9], m[10], m[11])
		}
		return m[1], c, ok
	}
	if m := dateHour.FindStringSubmatch(s); m != nil {
		c, ok = newClock(m[2], "", "", "", m[3])
		return m[1], c, ok
	}
	if m := dateHours.FindStringSubmatch(s); m != nil {
		c, ok = newClock(m[2], m[3]+m[4], "", "", "")
		return m[1], c, ok
	}
	if m := clockFirst.FindStringSubmatch(s); m != nil {
		c, ok = newClock(m[1], m[2], m[3], m[4], m[5])
		return m[6], c, ok
	}
	return "", nil, false
}

func newClock(h, m, s, frac, half string) (*clock, bool) {
	c := &clock{h: number(h), m: number(m), s: number(s), frac: strings.TrimRight(frac[:min(len(frac), 6)], "0")}
	if half != "" {
		if c.h < 1 || c.h > 12 {
			return nil, false
		}
		c.h %= 12
		if strings.EqualFold(half, "p") {
			c.h += 12
		}
	}
	return c, c.h < 24 && c.m < 60 && c.s < 60
}

// maxOffset is the largest distance of a zone from UTC, in minutes.
const maxOffset = 16 * 60

// in sets the zone: by its abbreviation, its offset, or its IANA name.
func (c *clock) in(abbreviation, sign, hours, minutes, name string) bool {
	offset := 0
	if abbreviation != "" {
		known, ok := theWords().zones[strings.ToLower(abbreviation)]
		if !ok || sign != "" && known != "+00:00" {
			return false
		}
		offset = number(known[1:3])*60 + number(known[4:])
		if known[0] == '-' {
			offset = -offset
		}
	}
	if sign != "" {
		if offset = number(hours)*60 + number(minutes); number(minutes) > 59 || offset >= maxOffset {
			return false
		}
		if sign != "+" {
			offset = -offset
		}
	}
	switch {
	case abbreviation != "" || sign != "":
		c.zone = fixedZone(offset)
	case name != "":
		zone, err := time.LoadLocation(name)
		c.zone = zone
		return err == nil
	}
	return true
}

func fixedZone(minutes int) *time.Location {
	if minutes == 0 {
		return time.UTC
	}
	return time.FixedZone("", minutes*60)
}

// moment reads a date and time of a column. A time without a zone is in the column's or the workspace's, a date without a time
// begins its day there.
func (r Reader) moment(col Column, s string) (string, error) {
	if !r.Now.IsZero() && strings.EqualFold(bare(s), "now") {
		return FormatMoment(r.Now.In(r.zone(col.Form)).Truncate(time.Second)), nil
	}
	d, c, ok := r.parts(col, s)
	if !ok {
		return "", bad("%q is not a time; write it like 2026-03-31T14:05:00+02:00", kernel.Shorten(s))
	}
	one, err := chooseDate(col, d, s)
	if err != nil {
		return "", err
	}
	if c == nil {
		c = &clock{}
	}
	zone := c.zone
	if zone == nil {
		zone = r.zone(col.Form)
	}
	t, ok := at(one, *c, zone)
	switch y := t.UTC().Year(); {
	case !ok:
		return "", bad("%q does not exist in %s, where clocks were put forward then; correct it, or name its zone like 2026-03-31T14:05:00+02:00",
			kernel.Shorten(s), zone)
	case y < 1 || y > 9999:
		return "", bad("the year %d can't be stored", y)
	}
	return FormatMoment(t), nil
}

// at is the moment of a day's time in a zone, false for a time that clocks passed over. Of a time that clocks showed twice it
// is the first. The zone's offset is cut to whole minutes, as a time is written.
func at(d day, c clock, zone *time.Location) (time.Time, bool) {
	micros := number((c.frac + "000000")[:6])
	wall := time.Date(d.y, time.Month(d.m), d.d, c.h, c.m, c.s, micros*1000, time.UTC)
	before, after := offsetAt(wall.AddDate(0, 0, -1), zone), offsetAt(wall.AddDate(0, 0, 1), zone)
	for _, minutes := range []int{max(before, after), min(before, after)} {
		t := wall.Add(-time.Duration(minutes) * time.Minute)
		if offsetAt(t, zone) == minutes {
			return t.In(fixedZone(minutes)), true
		}
	}
	return wall, false
}

func offsetAt(t time.Time, zone *time.Location) int {
	_, seconds := t.In(zone).Zone()
	return seconds / 60
}
