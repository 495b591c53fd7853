package operation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
)

func TestOneJobAtATime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	j := operation.NewJobs()
	require.NoError(t, j.Request("job_1", operation.Rebuild, "grid", now))
	require.ErrorContains(t, j.Request("job_2", operation.Verify, "credit", now), "the rebuild of grid is under way")
	require.Equal(t, kernel.KindConflict, kernel.KindOf(j.Finish("job_2", operation.Outcome{}, now)))
	require.NoError(t, j.Finish("job_1", operation.Outcome{Position: 7}, now))
	require.Error(t, j.Finish("job_1", operation.Outcome{}, now), "a job ends once")
	require.NoError(t, j.Request("job_2", operation.Verify, "credit", now))
	require.Error(t, j.Request("job_3", "erase", "credit", now))
	open, ok := j.Open()
	require.True(t, ok)
	require.Equal(t, "job_2", open.ID)
	require.Equal(t, int64(7), j.List()[1].Outcome.Position)
	require.NoError(t, j.Finish("job_2", operation.Outcome{}, now))
	require.NoError(t, j.Request("job_3", operation.Drill, "morket_1", now))
	require.ErrorContains(t, j.Request("job_4", operation.Backup, "", now), "the drill of morket_1 is under way")
	require.NoError(t, j.Finish("job_3", operation.Outcome{}, now))
	require.NoError(t, j.Request("job_4", operation.Backup, "", now))
	require.ErrorContains(t, j.Request("job_5", operation.Verify, "grid", now), "the backup is under way")
	require.Equal(t, "morket_1", j.List()[1].Backup)
}

func TestOldJobsAreForgotten(t *testing.T) {
	t.Parallel()
	j := operation.NewJobs()
	for i := range 100 {
		id := fmt.Sprint("job_", i)
		require.NoError(t, j.Request(id, operation.Verify, "grid", time.Unix(1, 0)))
		require.NoError(t, j.Finish(id, operation.Outcome{}, time.Unix(2, 0)))
	}
	require.LessOrEqual(t, len(j.List()), 21)
	require.Equal(t, "job_99", j.List()[0].ID)
}
