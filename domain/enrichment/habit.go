package enrichment

import (
	"maps"
	"slices"
)

// A habit is taken for one after habitLearnt sights. What was seen in at least a twentieth of them is usual, and habitBroken sights in a
// row of nothing usual break it: by chance that happens once in 20^20 times.
const (
	habitLearnt = 50
	habitBroken = 20
	usualShare  = 20 // one in so many
	// maxHabitKinds is how many kinds of sights a habit tells apart.
	maxHabitKinds = 12
)

// Habit is what is usually seen of one thing, as the type of a field or the meaning of a code. It is bounded, and the same sights in the
// same order always make the same habit.
type Habit struct {
	Seen map[string]int64 `json:"seen"`
	Odd  map[string]int64 `json:"odd,omitempty"` // unusual sights since the last usual one
}

// Change is a habit that was broken.
type Change struct {
	Was string
	Now string
}

// See takes a group of sights, by kind. It answers the change where the habit is broken by them, and then takes the new one for usual.
func (h *Habit) See(sights map[string]int64) (Change, bool) {
	if h.Seen == nil {
		h.Seen = map[string]int64{}
	}
	total := sum(h.Seen)
	if total < habitLearnt {
		h.add(h.Seen, sights)
		return Change{}, false
	}
	for kind, n := range sights {
		if n > 0 && h.Seen[kind]*usualShare >= total {
			h.add(h.Seen, h.Odd)
			h.add(h.Seen, sights)
			h.Odd = nil
			return Change{}, false
		}
	}
	if h.Odd == nil {
		h.Odd = map[string]int64{}
	}
	h.add(h.Odd, sights)
	if sum(h.Odd) < habitBroken {
		return Change{}, false
	}
	c := Change{Was: most(h.Seen), Now: most(h.Odd)}
	h.Seen, h.Odd = h.Odd, nil
	return c, true
}

// add adds sights, and leaves out kinds beyond the bound.
func (*Habit) add(to, sights map[string]int64) {
	for _, kind := range slices.Sorted(maps.Keys(sights)) {
		if _, known := to[kind]; known || len(to) < maxHabitKinds {
			to[kind] += sights[kind]
		}
	}
}

func sum(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// most is the most frequent kind, the first by name among equals.
func most(m map[string]int64) (kind string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if kind == "" || m[k] > m[kind] {
			kind = k
		}
	}
	return kind
}
