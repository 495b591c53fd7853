package pgstore_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

// TestAWorkspaceIsReadByItsIndexAtAnyDepth fills some partitions with a big, a small and a rare workspace, and looks at how Postgres
// reads each at the beginning, in the middle and near the end: other workspaces' events are hardly touched.
func TestAWorkspaceIsReadByItsIndexAtAnyDepth(t *testing.T) {
	t.Parallel()
	const size, appends, each, page = 5_000, 20, 1_000, 500
	s, pool := openBoth(t, pgstore.Config{PartitionSize: size})
	for i := range appends {
		ws := kernel.WorkspaceID("ws_big")
		if i%5 == 4 {
			ws = "ws_small"
		}
		a := eventstore.Append{Meta: kernel.Meta{Actor: kernel.System(), Workspace: ws}, Streams: []eventstore.StreamAppend{{Stream: eventstore.StreamID(fmt.Sprintf("a-%d", i)), Expected: eventstore.Any}}}
		for range each {
			a.Streams[0].Events = append(a.Streams[0].Events, eventstore.EventData{Type: "t.v1", Data: []byte(`{"text":"some text that an event may hold, so that rows have an ordinary width"}`)})
		}
		_, err := s.Append(t.Context(), a)
		require.NoError(t, err)
	}
	rare, err := s.Append(t.Context(), eventstore.Append{Meta: kernel.Meta{Actor: kernel.System(), Workspace: "ws_rare"}, Streams: []eventstore.StreamAppend{
		{Stream: "a-rare", Expected: eventstore.Any, Events: []eventstore.EventData{{Type: "t.v1", Data: []byte(`{}`)}}},
	}})
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), `ANALYZE log.events`)
	require.NoError(t, err)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `PREPARE feed AS `+pgstore.ReadWorkspaceSQL)
	require.NoError(t, err)
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		_, err = conn.Exec(t.Context(), `SET plan_cache_mode = `+mode)
		require.NoError(t, err)
		for _, ws := range []string{"ws_big", "ws_small", "ws_rare", "ws_none"} {
			for _, after := range []int64{0, appends * each / 2, appends*each - 100} {
				rows, err := conn.Query(t.Context(), fmt.Sprintf(`EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE feed('%s', %d, %d, 4000000)`, ws, after, page))
				require.NoError(t, err)
				var plan strings.Builder
				for rows.Next() {
					var line string
					require.NoError(t, rows.Scan(&line))
					plan.WriteString(line + "\n")
				}
				require.NoError(t, rows.Err())
				require.LessOrEqual(t, removed(t, plan.String()), page, "%s after %d (%s):\n%s", ws, after, mode, plan.String())
			}
		}
	}
	got, err := s.ReadWorkspace(t.Context(), "ws_rare", 0, 10)
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, rare.Last, got[0].Position)
}

var removedRows = regexp.MustCompile(`Rows Removed by Filter: (\d+)`)

// removed adds up the rows that were read for nothing.
func removed(t *testing.T, plan string) int {
	t.Helper()
	sum := 0
	for _, m := range removedRows.FindAllStringSubmatch(plan, -1) {
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		sum += n
	}
	return sum
}
