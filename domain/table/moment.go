package table

import "time"

const (
	dateForm   = "2006-01-02"
	momentForm = "2006-01-02T15:04:05.999999Z07:00" // microseconds, like Postgres
)

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
