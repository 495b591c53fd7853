package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/workflow"
)

func says(s, part string) bool { return strings.Contains(s, part) }

func TestSchedulesThatAreRefused(t *testing.T) {
	t.Parallel()
	for rule, zone := range map[string]string{
		"": "UTC", "x": "UTC", "* * * * *": "UTC", "*/4 * * * *": "UTC", "0,2 9 * * *": "UTC", "0 0 31 2 *": "UTC", "@daily": "UTC",
		"TZ=UTC 0 9 * * *": "UTC", "0 9 * * *": "Mars/Base", "0 8 * * *": "Local", "0 0 9 * * *": "UTC",
	} {
		_, err := workflow.NewSchedule(rule, zone)
		require.Error(t, err, "%q in %s", rule, zone)
	}
}

// TestSummerTime holds the rules of the Timetable's comment at both changes of Berlin's clock in 2026.
func TestSummerTime(t *testing.T) {
	t.Parallel()
	day := func(month time.Month, d, hour, minute int) time.Time {
		return time.Date(2026, month, d, hour, minute, 0, 0, time.UTC)
	}
	for name, c := range map[string]struct {
		rule  string
		after time.Time
		next  []time.Time
	}{
		"before and after":  {"0 9 * * *", day(3, 28, 0, 0), []time.Time{day(3, 28, 8, 0), day(3, 29, 7, 0), day(3, 30, 7, 0)}},
		"jumped over":       {"30 2 * * *", day(3, 28, 0, 0), []time.Time{day(3, 28, 1, 30), day(3, 30, 0, 30)}},
		"comes twice":       {"30 2 * * *", day(10, 24, 0, 0), []time.Time{day(10, 24, 0, 30), day(10, 25, 0, 30), day(10, 26, 1, 30)}},
		"each hour, spring": {"30 * * * *", day(3, 29, 0, 0), []time.Time{day(3, 29, 0, 30), day(3, 29, 1, 30), day(3, 29, 2, 30)}},
		"each hour, autumn": {"30 * * * *", day(10, 25, 0, 0), []time.Time{day(10, 25, 0, 30), day(10, 25, 1, 30), day(10, 25, 2, 30)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := workflow.NewSchedule(c.rule, "Europe/Berlin")
			require.NoError(t, err)
			at := c.after
			for _, want := range c.next {
				at = s.Next(at)
				require.Equal(t, want, at)
			}
		})
	}
}

func TestMissedTimesAreCountedNotStacked(t *testing.T) {
	t.Parallel()
	s, err := workflow.NewSchedule("0 9 * * *", "UTC")
	require.NoError(t, err)
	from := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	due, missed := s.Due(from, from.Add(3*24*time.Hour+time.Minute))
	require.Equal(t, from.Add(3*24*time.Hour), due)
	require.Equal(t, 2, missed)
	due, _ = s.Due(from, from.Add(time.Hour))
	require.True(t, due.IsZero())
}
