package hostile_test

import (
	"maps"
	"regexp"
	"runtime"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// internals are what a program says to its author.
var internals = regexp.MustCompile(`json: |strconv\.|runtime error|reflect\.|goroutine|invalid character '|unexpected end of JSON|SQLSTATE|\*[a-z]+\.[A-Z]|\.go:\d`)

// Whatever comes from outside is read within bounds: what a parser makes of an input is in proportion to it, and what it says is short
// and for people.
func TestEveryParserBoundsEveryInput(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	given := inputs(t)
	for _, p := range parsers(t) {
		t.Run(p.name, func(t *testing.T) {
			for _, name := range slices.Sorted(maps.Keys(given)) {
				input := given[name]
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := p.parse(input)
				runtime.ReadMemStats(&after)
				most := p.most + p.each*uint64(len(input))
				require.LessOrEqual(t, after.TotalAlloc-before.TotalAlloc, most, "%s of %d bytes", name, len(input))
				if err == nil {
					continue
				}
				said := err.Error()
				require.Less(t, len(said), 2000, name)
				require.True(t, utf8.ValidString(said), name)
				require.NotRegexp(t, internals, said, name)
			}
		})
	}
}
