package enrichment

import (
	"encoding/json"
	"reflect"

	"github.com/morket/morket/domain/kernel"
)

// Effect is what a waterfall over recorded replies does to a cell.
type Effect string

// The effects.
const (
	EffectSame    Effect = "same"    // the cell is as it would be
	EffectChanged Effect = "changed" // another answer takes the place of the one that is there
	EffectGained  Effect = "gained"  // an empty cell gets an answer
	EffectLost    Effect = "lost"    // no answer is accepted any more
	EffectEdited  Effect = "edited"  // the cell is not as an enrichment left it: what people write stays
	EffectUnknown Effect = "unknown" // a reply that decides it is not recorded
)

// Writes reports whether the effect changes the cell.
func (e Effect) Writes() bool { return e == EffectChanged || e == EffectGained || e == EffectLost }

// EffectOn says what giving next does to a cell that has now, where the last run gave it given. Null is an empty cell, and of given also
// one that no run gave anything.
func EffectOn(now, given, next json.RawMessage) Effect {
	switch {
	case SameValue(now, next):
		return EffectSame
	case !SameValue(now, given):
		return EffectEdited
	case kernel.IsNull(now):
		return EffectGained
	case kernel.IsNull(next):
		return EffectLost
	default:
		return EffectChanged
	}
}

// SameValue reports whether two cells hold the same value, however it is written as JSON.
func SameValue(a, b json.RawMessage) bool {
	if kernel.IsNull(a) || kernel.IsNull(b) {
		return kernel.IsNull(a) && kernel.IsNull(b)
	}
	if string(a) == string(b) {
		return true
	}
	var x, y any
	return decode(a, &x) == nil && decode(b, &y) == nil && reflect.DeepEqual(x, y)
}
