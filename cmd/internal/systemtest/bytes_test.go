package systemtest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/bench"
	"github.com/morket/morket/cmd/internal/boot"
)

// mostKept is how many bytes an edit of a cell may add to the tables and indexes that grow with each edit. Files grow by pages, which is
// up to 7 bytes an edit for each of 20 files.
const mostKept = 1_600

// bounded are tables that don't grow with the edits: what an edit leaves dead there is used again, and idempotency keys go after two days.
func bounded(file string) bool {
	return strings.HasPrefix(file, "log.commands ") || strings.HasPrefix(file, "rm_search.")
}

// An edit of 15 characters in a table of many columns keeps little, all read models together. morket bench bytes measures the same more exactly.
func TestAnEditKeepsLittle(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := demo(t, s)
	table := c.sample()
	rows := c.rows(table.ID, "limit=400")
	require.Len(t, rows, 400)
	running, ok := boot.Running(s.dir)
	require.True(t, ok)
	pool, err := pgxpool.New(t.Context(), running.DatabaseURL)
	require.NoError(t, err)
	defer pool.Close()
	kept, err := bench.MeasureKept(t.Context(), pool, 400, 1_200, func(i int) error {
		c.edit(table.ID, rows[i%400].ID, table.column("Company"), fmt.Sprintf("Suite %d Gate %d", 10+i%90, i/90%10), "Idempotency-Key", fmt.Sprintf("00000000-0000-4000-8000-%012d", i),
			"User-Agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36")
		return nil
	}, func() error { return bench.AwaitProjections(t.Context(), pool, c.at) })
	require.NoError(t, err)
	var files strings.Builder
	require.NoError(t, kept.Table(&files))
	grown := 0.0
	for file, bytes := range kept.Relations {
		if !bounded(file) {
			grown += bytes
		}
	}
	require.Positive(t, grown)
	require.Less(t, grown, float64(mostKept), files.String())
}
