package webhooksend

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetryAfterIsReadInBothForms(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for in, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-1": 0, "1.5": 0, "0": 0, "120": 2 * time.Minute, " 120 ": 2 * time.Minute,
		"86401": 24 * time.Hour, "99999999999999999999999": 24 * time.Hour,
		"Fri, 02 Jan 2026 03:14:05 GMT":    10 * time.Minute,
		"Friday, 02-Jan-26 03:14:05 GMT":   10 * time.Minute,
		"Fri Jan  2 03:14:05 2026":         10 * time.Minute,
		"Fri, 02 Jan 2026 03:00:00 GMT":    0,
		"Sat, 02 Jan 2056 03:00:00 GMT":    24 * time.Hour,
		"Fri, 02 Jan 2026 03:14:05 +0100x": 0,
	} {
		require.Equal(t, want, retryAfter(in, now), in)
	}
}
