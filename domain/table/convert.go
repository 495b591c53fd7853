package table

import (
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
)

// Convert makes a value of one column into one of another; false says that it has no counterpart there. The result depends
// on nothing but the arguments, since a change of type is replayed.
func Convert(from, to Column, v json.RawMessage) (json.RawMessage, bool) {
	if kernel.IsNull(v) {
		return kernel.Null(), true
	}
	if from.Type == to.Type && from.Type != Select && from.Type != MultiSelect {
		return v, true
	}
	if to.Type == JSON {
		return v, true
	}
	if from.Type == Date && to.Type == DateTime {
		s, _ := str(v)
		return Quote(s + "T00:00:00Z"), true
	}
	out, _, err := ParseText(to, Format(from, v), false)
	if err != nil || kernel.IsNull(out) {
		return kernel.Null(), false
	}
	return out, true
}

// OptionNames returns the names that a value would need as options, if the column became a select.
func OptionNames(from, to Column, v json.RawMessage) []string {
	if kernel.IsNull(v) || (to.Type != Select && to.Type != MultiSelect) {
		return nil
	}
	_, names, err := ParseText(to, Format(from, v), true)
	if err != nil {
		return nil
	}
	return names
}
