package webhook

import (
	"regexp"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Limits of a filter.
const (
	MaxPatterns = 50
	MaxPattern  = 100 // bytes of one pattern
)

// Filter chooses events by patterns of their types; none chooses all. In a pattern * stands for any characters, and the version at the
// end of a type may be left out: "table.*", "run.finished", "*.completed", "table.cells_edited.v1".
type Filter []string

var patternShape = regexp.MustCompile(`^[a-z0-9_.*]+$`)

func at(f Filter, i int) string {
	if i < 0 {
		return ""
	}
	return f[i]
}

// Validate says what is wrong with a pattern.
func (f Filter) Validate() error {
	wrong := slices.IndexFunc(f, func(p string) bool { return len(p) > MaxPattern || !patternShape.MatchString(p) })
	return kernel.Check(kernel.Field("types", []string(f), kernel.Sized(0, MaxPatterns, "at most %d patterns", MaxPatterns),
		kernel.Holds(wrong < 0, "%.100q is not a pattern of event types, such as table.*, run.finished or table.cells_edited.v1", at(f, wrong))))
}

// Chooses reports whether the filter chooses events of the type.
func (f Filter) Chooses(eventType string) bool {
	if len(f) == 0 {
		return true
	}
	base := eventType
	if i := strings.LastIndex(eventType, ".v"); i > 0 {
		base = eventType[:i]
	}
	for _, p := range f {
		if match(p, eventType) || match(p, base) {
			return true
		}
	}
	return false
}

// match reports whether s is the pattern with something for each *. It takes time in proportion to the product of the lengths at
// most, for every pattern.
func match(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	first, last := parts[0], parts[len(parts)-1]
	if len(s) < len(first)+len(last) || !strings.HasPrefix(s, first) || !strings.HasSuffix(s, last) {
		return false
	}
	s = s[len(first) : len(s)-len(last)]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}
