package table

import (
	"strings"
	"time"
)

const (
	dateForm   = "2006-01-02"
	momentForm = "2006-01-02T15:04:05.999999Z07:00" // microseconds, like Postgres
)

// canonicalDate takes a calendar date of the years 1 to 9999.
func canonicalDate(s string) (string, error) {
	t, err := time.Parse(dateForm, s)
	if err != nil || t.Year() < 1 {
		if m, err := ParseMoment(s); err == nil {
			return m.Format(dateForm), nil
		}
		return "", bad("%q is not a date; write it like 2026-03-31", clip(s))
	}
	return s, nil
}

// canonicalDateTime takes an RFC 3339 time and keeps its zone.
func canonicalDateTime(s string) (string, error) {
	t, err := ParseMoment(s)
	if err != nil {
		return "", bad("%q is not a time; write it like 2026-03-31T14:05:00+02:00", clip(s))
	}
	return FormatMoment(t), nil
}

// ParseMoment reads a time in RFC 3339 (also with a space instead of the T) with its zone, cut to microseconds.
func ParseMoment(s string) (time.Time, error) {
	if len(s) > len(dateForm) && s[len(dateForm)] == ' ' {
		s = s[:len(dateForm)] + "T" + s[len(dateForm)+1:]
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}, err
	}
	if y := t.UTC().Year(); y < 1 || y > 9999 {
		return time.Time{}, bad("the year %d can't be stored", y)
	}
	return t.Truncate(time.Microsecond), nil
}

// FormatMoment writes a time in its zone.
func FormatMoment(t time.Time) string { return t.Format(momentForm) }

// textDate reads the date forms that spreadsheets write and that can't be misread. 03/04/2026 could be two dates, so it is
// taken only where one of the numbers is above 12.
func textDate(s string) (string, error) {
	s = strings.TrimSpace(s)
	if d, err := canonicalDate(s); err == nil {
		return d, nil
	}
	for _, form := range []string{"2006/01/02", "2006.01.02", "20060102", "2 Jan 2006", "2 January 2006", "Jan 2, 2006", "January 2, 2006", "02-Jan-2006", "2.1.2006", "02.01.2006", "Mon, 2 Jan 2006"} {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1 {
			return t.Format(dateForm), nil
		}
	}
	us, monthFirst := parseDate("1/2/2006", s)
	eu, dayFirst := parseDate("2/1/2006", s)
	switch {
	case monthFirst && (!dayFirst || us == eu):
		return us, nil
	case dayFirst && !monthFirst:
		return eu, nil
	case monthFirst:
		return "", bad("%q could be two dates; write it like 2026-03-31", clip(s))
	}
	return "", bad("%q is not a date; write it like 2026-03-31", clip(s))
}

func parseDate(form, s string) (string, bool) {
	t, err := time.Parse(form, s)
	return t.Format(dateForm), err == nil
}

// textMoment reads the time forms that spreadsheets write; a time without a zone is in UTC.
func textMoment(s string) (string, error) {
	s = strings.TrimSpace(s)
	if t, err := ParseMoment(s); err == nil {
		return FormatMoment(t), nil
	}
	for _, form := range []string{"2006-01-02T15:04:05.999999", "2006-01-02 15:04:05.999999", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 MST", "2006-01-02T15:04", "2006-01-02 15:04", time.RFC1123Z, time.RFC1123, "2006/01/02 15:04:05", "2006/01/02 15:04"} {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1 {
			if t.Location() != time.UTC && t.Location().String() != "" && strings.Contains(form, "MST") {
				continue // an abbreviation that Go doesn't know would get the offset 0
			}
			return FormatMoment(t.Truncate(time.Microsecond)), nil
		}
	}
	if d, err := textDate(s); err == nil {
		return d + "T00:00:00Z", nil
	}
	return "", bad("%q is not a time; write it like 2026-03-31T14:05:00+02:00", clip(s))
}
