package gridview

import (
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Moment is a moment in a table's life: its last event up to what was asked for.
type Moment struct {
	Position int64     `json:"position" doc:"Of the table's last event up to the moment that was asked for."`
	At       time.Time `json:"at" doc:"When that event was."`
}

// AsOf is a moment as it is asked for: a position of the log, or a time.
type AsOf struct {
	Position int64
	At       time.Time
}

// ReadAsOf reads a position or a time (RFC 3339), which was sent under a name.
func ReadAsOf(name, s string) (AsOf, error) {
	if p, err := strconv.ParseInt(s, 10, 64); err == nil {
		if p <= 0 {
			return AsOf{}, malformedAsOf(name, s)
		}
		return AsOf{Position: p}, nil
	}
	// A plus sign that was not escaped in an address is read as a space.
	at, err := time.Parse(time.RFC3339Nano, strings.Replace(s, " ", "+", 1))
	if err != nil || at.Year() < 1970 || at.Year() > 9999 {
		return AsOf{}, malformedAsOf(name, s)
	}
	return AsOf{At: at}, nil
}

func malformedAsOf(name, s string) error {
	return kernel.Invalid(name, "it is a log position or a time like 2026-05-03T14:05:00Z, not %q", kernel.Shorten(s))
}

// String is the moment as it can be asked for again.
func (a AsOf) String() string {
	if a.Position > 0 {
		return strconv.FormatInt(a.Position, 10)
	}
	return a.At.UTC().Format(time.RFC3339Nano)
}
