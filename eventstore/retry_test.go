package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func TestRetryStartsOverOnConflictsOnly(t *testing.T) {
	t.Parallel()
	conflict := fmt.Errorf("append: %w", &eventstore.ConflictError{Stream: "table-1", Expected: 1, Actual: 2})
	broken := errors.New("the log is away")
	for name, c := range map[string]struct {
		answers []error // the last one again and again
		tries   int
		want    error
	}{
		"at once":             {[]error{nil}, 1, nil},
		"after a conflict":    {[]error{conflict, nil}, 2, nil},
		"after a stale read":  {[]error{eventstore.ErrStale, conflict, nil}, 3, nil},
		"another error":       {[]error{conflict, broken}, 2, broken},
		"conflicts for ever":  {[]error{conflict}, eventstore.MaxConflicts, conflict},
		"stale reads forever": {[]error{eventstore.ErrStale}, eventstore.MaxConflicts, eventstore.ErrStale},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tries := 0
			res, err := eventstore.Retry(t.Context(), func(try int) (string, error) {
				require.Equal(t, tries, try)
				tries++
				return "done", c.answers[min(try, len(c.answers)-1)]
			})
			require.Equal(t, c.tries, tries)
			require.ErrorIs(t, err, c.want)
			if c.want == nil {
				require.Equal(t, "done", res)
			}
			if c.tries == eventstore.MaxConflicts {
				require.Equal(t, kernel.KindConflict, kernel.KindOf(err), "the caller may repeat it")
			}
		})
	}
}

func TestRetryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	tries := 0
	_, err := eventstore.Retry(ctx, func(int) (struct{}, error) {
		if tries++; tries == 3 {
			cancel()
		}
		return struct{}{}, eventstore.ErrStale
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, tries)
}
