package kernel_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

// What a clock said while it was wrong must not hold anything up when it is right again.
func TestTimesOfAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		at     time.Duration // from now
		due    bool          // where an hour is the most
		passed bool          // of a minute since
	}{
		"a day ago":             {-24 * time.Hour, true, true},
		"a minute ago":          {-time.Minute, true, true},
		"a moment ago":          {-time.Second, true, false},
		"now":                   {0, true, false},
		"in a moment":           {time.Second, false, true},
		"as late as it may be":  {time.Hour, false, true},
		"later than it may be":  {time.Hour + 1, true, true},
		"a day ahead of itself": {24 * time.Hour, true, true},
	} {
		require.Equal(t, c.due, kernel.Due(now, now.Add(c.at), time.Hour), name)
		require.Equal(t, c.passed, kernel.Passed(now, now.Add(c.at), time.Minute), name)
	}
}
