package tableapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// later makes handlers for which it is later than for the others.
func (w *world) later(by time.Duration) *tablecmd.Handlers {
	w.t.Helper()
	cfg := w.config
	cfg.Clock = kernel.NewManualClock(time.Now().Add(by))
	h, err := tablecmd.New(cfg)
	require.NoError(w.t, err)
	return h
}

func (w *world) count(sql string, args ...any) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), sql, args...).Scan(&n))
	return n
}

const columnsCount = `SELECT count(*) FROM information_schema.columns WHERE table_schema = 'rm_grid' AND column_name LIKE 'c\_%'`

func TestTheTrashIsEmptiedAfterItsTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleOwner)
	meta := kernel.Meta{Actor: kernel.System(), Workspace: ann.ws}
	tbl, cols := ann.table(m{"name": "Name", "type": "text"}, m{"name": "Note", "type": "text"})
	path := "/tables/" + string(tbl.ID)
	ids := ann.insert(tbl, m{"Name": "a", "Note": "x"}, m{"Name": "b"}, m{"Name": "c"})
	ann.call(http.MethodPost, path+"/rows:batch", m{"operations": []m{{"op": "delete", "row_id": ids[2]}}}).ok(nil)
	ann.call(http.MethodDelete, path+"/columns/"+string(cols["Note"].ID), nil).ok(nil)

	purge := func(h *tablecmd.Handlers) int {
		n, err := h.Purge(t.Context(), meta, tbl.ID)
		require.NoError(t, err)
		head, err := w.log.Head(t.Context())
		require.NoError(t, err)
		_, ok := w.registry.Wait(t.Context(), "grid", head)
		require.True(t, ok)
		return n
	}
	require.Zero(t, purge(w.later(table.TrashTime-time.Hour)), "not before its time")
	list, err := w.grid.InTrash(t.Context(), time.Now().Add(time.Hour), "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, 2, purge(w.later(table.TrashTime+time.Hour)), "a row and a column")
	require.Zero(t, purge(w.later(table.TrashTime+time.Hour)), "once")

	var trash []m
	ann.call(http.MethodGet, path+"/trash", nil).ok(&trash)
	require.Empty(t, trash)
	require.Equal(t, 2, w.count(columnsCount), "the live column, in the rows and in the trash")
	ann.call(http.MethodPost, path+"/rows:restore", m{"row_ids": []kernel.RowID{ids[2]}}).fails(422, "VALIDATION_FAILED")
	ann.call(http.MethodPost, path+"/columns/"+string(cols["Note"].ID)+"/restore", nil).fails(404, "NOT_FOUND")
	for _, what := range []string{"a column was removed from the trash for good", "1 rows were removed from the trash for good"} {
		var out tablecmd.Undone
		ann.call(http.MethodPost, path+"/undo", nil).ok(&out)
		require.Len(t, out.NotUndoable, 1)
		require.Contains(t, out.NotUndoable[0], what)
	}
	require.Len(t, ann.rows(tbl, ""), 2)

	ann.call(http.MethodDelete, path, nil).ok(nil)
	require.Zero(t, purge(w.later(table.TrashTime-time.Hour)))
	require.Equal(t, 1, purge(w.later(table.TrashTime+time.Hour)))
	ann.call(http.MethodPost, path+"/restore", nil).fails(404, "NOT_FOUND")
	require.Zero(t, w.count(columnsCount))
	require.Zero(t, w.count(`SELECT (SELECT count(*) FROM rm_history.lines) + (SELECT count(*) FROM rm_history.touches) + (SELECT count(*) FROM rm_history.turns)
+ (SELECT count(*) FROM rm_history.begun) + (SELECT count(*) FROM rm_history.tables)`))
	left, err := w.grid.List(t.Context(), ann.ws, true, "", 10)
	require.NoError(t, err)
	require.Empty(t, left)

	// What a run writes that ended late is passed over, and keeps nobody else waiting.
	late, err := w.codec.Append(meta, nil, eventstore.At(eventstore.Stream(table.CellStream, string(tbl.ID)), eventstore.Any, table.RowsDeleted{TableID: tbl.ID, Rows: ids}))
	require.NoError(t, err)
	_, err = w.log.Append(t.Context(), late)
	require.NoError(t, err)
	other, _ := ann.table(m{"name": "Name", "type": "text"})
	require.Empty(t, ann.rows(other, ""))
	require.Zero(t, w.count(`SELECT count(*) FROM projection.parked`))
}

func TestWhatIsRestoredInTimeStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleOwner)
	tbl, cols := ann.table(m{"name": "Name", "type": "text"}, m{"name": "Note", "type": "text"})
	path := "/tables/" + string(tbl.ID)
	ids := ann.insert(tbl, m{"Name": "a", "Note": "x"})
	ann.call(http.MethodPost, path+"/rows:batch", m{"operations": []m{{"op": "delete", "row_id": ids[0]}}}).ok(nil)
	ann.call(http.MethodPost, path+"/rows:restore", m{"row_ids": ids}).ok(nil)
	ann.call(http.MethodDelete, path+"/columns/"+string(cols["Note"].ID), nil).ok(nil)
	ann.call(http.MethodPost, path+"/columns/"+string(cols["Note"].ID)+"/restore", nil).ok(nil)
	ann.call(http.MethodDelete, path, nil).ok(nil)
	ann.call(http.MethodPost, path+"/restore", nil).ok(nil)
	n, err := w.later(2*table.TrashTime).Purge(t.Context(), kernel.Meta{Actor: kernel.System(), Workspace: ann.ws}, tbl.ID)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, `"x"`, ann.rows(tbl, "")[0].text(cols["Note"]))
}
