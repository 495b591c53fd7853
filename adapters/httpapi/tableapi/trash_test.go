package tableapi_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
)

// asking counts the queries that are put to the grid's read model.
type asking struct{ n atomic.Int64 }

func (a *asking) TraceQueryStart(ctx context.Context, _ *pgx.Conn, q pgx.TraceQueryStartData) context.Context {
	if strings.Contains(q.SQL, "rm_grid.") {
		a.n.Add(1)
	}
	return ctx
}

func (*asking) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestTheTrashIsListedWithAsManyQueriesHoweverFullItIs(t *testing.T) {
	t.Parallel()
	log, pool := pgtest.Log(t)
	var asked asking
	cfg := pool.Config()
	cfg.ConnConfig.Tracer = &asked
	traced, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(traced.Close)
	w := worldOn(t, log, traced)
	ann := w.join("Ann", kernel.RoleOwner)
	fill := func(n int) {
		for i := range n {
			gone, _ := ann.table(m{"name": "Name", "type": "text"})
			ann.call(http.MethodDelete, "/tables/"+string(gone.ID), nil).ok(nil)
			kept, cols := ann.table(m{"name": "Name", "type": "text"}, m{"name": fmt.Sprint("Note ", i), "type": "text"})
			ann.call(http.MethodDelete, "/tables/"+string(kept.ID)+"/columns/"+string(cols[fmt.Sprint("Note ", i)].ID), nil).ok(nil)
		}
	}
	list := func(want int) int64 {
		before := asked.n.Load()
		var out struct{ Tables, Columns []m }
		ann.call(http.MethodGet, "/trash", nil).ok(&out)
		require.Len(t, out.Tables, want)
		require.Len(t, out.Columns, want)
		return asked.n.Load() - before
	}
	fill(1)
	few := list(1)
	fill(6)
	require.Equal(t, few, list(7))
	require.LessOrEqual(t, few, int64(4))
}
