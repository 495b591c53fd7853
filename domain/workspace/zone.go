package workspace

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// DefaultTimeZone is the time zone of a workspace that has chosen none.
const DefaultTimeZone = "UTC"

// CheckTimeZone returns the time zone of an IANA name. Local is none: it would mean another zone on every machine.
func CheckTimeZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, kernel.Invalid("time_zone", "is not an IANA time zone; name one such as Europe/Berlin or %s", DefaultTimeZone)
	}
	return zone, nil
}

// ChangeTimeZone changes where the workspace's days and weeks begin; the same zone changes nothing.
func (w *Workspace) ChangeTimeZone(name string) error {
	if name == w.TimeZone() {
		return nil
	}
	return w.Record(w, TimeZoneChanged{Workspace: w.state.ID, TimeZone: name})
}

// TimeZone returns the IANA name of the zone in which the workspace's days and weeks begin.
func (w *Workspace) TimeZone() string {
	if w.state.TimeZone == "" {
		return DefaultTimeZone
	}
	return w.state.TimeZone
}
