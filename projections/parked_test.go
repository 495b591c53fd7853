package projections_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/projections"
)

// An error may repeat what came from outside. Its text must not keep the letter from being stored, which would end the consumer.
func TestAnEventIsParkedWhateverItsErrorSays(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"NUL":           func() error { return errors.New("a\x00b") },
		"no UTF-8":      func() error { return errors.New("a\xff\xfeb") },
		"a megabyte":    func() error { return errors.New("a" + strings.Repeat("ä", 1<<19) + "b") },
		"an address":    func() error { return errors.New("dial a postgres://morket:CANARY@db/x?password=CANARY b") },
		"a panic":       func() error { panic("a index out of range") },
		"a nil pointer": func() error { var s *strings.Builder; s.WriteString("a"); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture()
			f.say(t, "a:one")
			r, _ := f.start(t, &said{fail: fail}, nil)
			wait(t, r, 1)
			parked, err := f.store.Parked(t.Context(), projections.LiveOf("said"))
			require.NoError(t, err)
			require.Len(t, parked, 1)
			text := parked[0].Error
			require.Contains(t, text, "a")
			require.True(t, utf8.ValidString(text))
			require.NotContains(t, text, "\x00")
			require.NotContains(t, text, "CANARY")
			require.LessOrEqual(t, len(text), 2100)
		})
	}
}
