package table

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Rules are the rules by which a change of type converts values. The log keeps them with the change, since a replay must
// convert as the change did; none are those of the time before columns had forms.
type Rules struct {
	Version int    `json:"version" doc:"Of the rules of reading text."`
	Zone    string `json:"time_zone,omitempty" doc:"IANA name of the zone of times without one."`
}

// RulesNow are the rules by which Reader reads, with the workspace's zone.
func RulesNow(zone *time.Location) Rules {
	r := Rules{Version: 2}
	if zone != nil {
		r.Zone = zone.String()
	}
	return r
}

func (r *Rules) zone() *time.Location {
	if r == nil || r.Zone == "" {
		return time.UTC
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Convert makes a value of one column into one of another; false says that it has no counterpart there. Text is read in the
// form of the column that it comes to. The result depends on nothing but the arguments, since a change of type is replayed.
func Convert(from, to Column, v json.RawMessage, by *Rules) (json.RawMessage, bool) {
	if kernel.IsNull(v) {
		return kernel.Null(), true
	}
	if from.Type == to.Type && from.Type != Select && from.Type != MultiSelect {
		return v, true
	}
	if to.Type == JSON {
		return v, true
	}
	if from.Type == Date && to.Type == DateTime && by == nil {
		s, _ := str(v)
		return Quote(s + "T00:00:00Z"), true
	}
	out, _, err := read(from, to, v, by, false)
	if err != nil || kernel.IsNull(out) {
		return kernel.Null(), false
	}
	return out, true
}

// read reads what a value of one column is written as into another.
func read(from, to Column, v json.RawMessage, by *Rules, create bool) (json.RawMessage, []string, error) {
	s := Format(from, v)
	switch {
	case by == nil:
		return parseText1(to, s, create)
	case from.Type.Numeric() && to.Type.Numeric():
		return v, nil, nil
	case from.Type.Numeric() || from.Type == JSON: // written with a decimal point always
		to.Form = nil
	}
	return Reader{Zone: by.zone()}.Text(to, s, create)
}

// OptionNames returns the names that a value would need as options, if the column became a select.
func OptionNames(from, to Column, v json.RawMessage, by *Rules) []string {
	if kernel.IsNull(v) || (to.Type != Select && to.Type != MultiSelect) {
		return nil
	}
	_, names, err := read(from, to, v, by, true)
	if err != nil {
		return nil
	}
	return names
}
