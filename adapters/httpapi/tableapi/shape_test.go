package tableapi_test

import (
	_ "embed"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/historyread"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/historyview"
)

//go:embed testdata/history-version1.sql
var historyVersion1 string

// fillVersion1 makes the tables of version 1 say what those of version 2 do. Their $1 are the columns that there may be, of the last
// statement the person.
func fillVersion1() []string {
	return []string{
		`INSERT INTO changes SELECT l.position, t.table_id, coalesce(l.step, f.step), ARRAY(SELECT c FROM unnest($1::text[]) c WHERE hashtextextended(c, 0) = l.col OR hashtextextended(c, 0) = ANY (l.cols) ORDER BY c COLLATE "C"), b.lo, b.hi
FROM lines l JOIN tables t ON t.key = l.table_key LEFT JOIN lines f ON f.position = l.first LEFT JOIN begun b ON b.position = l.position WHERE cardinality($1::text[]) > 0`,
		`INSERT INTO touches SELECT row_id, position, true FROM lines WHERE row_id IS NOT NULL AND cardinality($1::text[]) > 0`,
		`INSERT INTO steps SELECT t.table_id, l.step, coalesce(r.step, l.step), ($1::text[])[1], '', coalesce(l.kind, 'edit'), coalesce(l.label, 'Edit cells'), l.position, now(),
coalesce(l.cells, 0), coalesce(l.row_count, 0), coalesce(l.money, 0), coalesce(u.undone, false), coalesce(e.step, l.step), coalesce(u.changed, l.position)
FROM lines l JOIN tables t ON t.key = l.table_key LEFT JOIN turns u ON u.step = l.position LEFT JOIN lines r ON r.position = u.root LEFT JOIN lines e ON e.position = u.effective
WHERE l.step IS NOT NULL AND l.by_user = hashtextextended(($1::text[])[1], 0)`,
	}
}

// answers are what is asked of the history of a table.
type answers struct {
	Undo, Redo []tablecmd.StepRecord
	Steps      map[string]tablecmd.StepRecord
	Entries    map[kernel.RowID]map[kernel.ColumnID][]historyview.Entry
	Changed    map[string]map[kernel.RowID]bool
	Previous   map[int64]map[kernel.RowID]map[kernel.ColumnID]tablecmd.Past
}

func (u *user) answers(q *historyread.Queries, id kernel.TableID, rows []kernel.RowID, cols []kernel.ColumnID) answers {
	t, user := u.w.t, u.w.people["Ann"].User
	out := answers{
		Steps: map[string]tablecmd.StepRecord{}, Entries: map[kernel.RowID]map[kernel.ColumnID][]historyview.Entry{}, Changed: map[string]map[kernel.RowID]bool{},
		Previous: map[int64]map[kernel.RowID]map[kernel.ColumnID]tablecmd.Past{},
	}
	var err error
	out.Undo, out.Redo, err = q.Stack(t.Context(), id, user)
	require.NoError(t, err)
	for _, s := range append(append([]tablecmd.StepRecord{}, out.Undo...), out.Redo...) {
		out.Steps[s.ID], err = q.Step(t.Context(), id, s.ID, user, false)
		require.NoError(t, err)
		for _, col := range append([]kernel.ColumnID{""}, cols...) {
			out.Changed[s.ID+string(col)], err = q.Changed(t.Context(), id, rows, col, s.Position, s.ID)
			require.NoError(t, err)
		}
		out.Previous[s.Position], err = q.Previous(t.Context(), id, s.Position, rows, cols)
		require.NoError(t, err)
	}
	for _, row := range rows {
		out.Entries[row] = map[kernel.ColumnID][]historyview.Entry{}
		for _, col := range append([]kernel.ColumnID{""}, cols...) {
			before := int64(math.MaxInt64)
			for before > 0 {
				var page []historyview.Entry
				page, before, err = q.Entries(t.Context(), id, row, col, before, 2)
				require.NoError(t, err)
				out.Entries[row][col] = append(out.Entries[row][col], page...)
			}
		}
	}
	return out
}

// A copy of the version before answers as the new one does, which is being made meanwhile.
func TestAnEarlierHistoryAnswersTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "A", "type": "text"}, m{"name": "B", "type": "text"})
	path := "/tables/" + string(tbl.ID)
	a, b := cols["A"].ID, cols["B"].ID
	ids := ann.insert(tbl, m{"A": "1", "B": "2"}, m{"A": "3"}, m{"B": "4"})
	cell := func(row kernel.RowID, col kernel.ColumnID, v string) m {
		return m{"row_id": row, "column_id": col, "value": v}
	}
	ann.edit(tbl, ids[0], cols["A"], "one").ok(nil)
	ann.edit(tbl, ids[0], cols["B"], "two").ok(nil)
	ann.edit(tbl, ids[0], cols["A"], "three").ok(nil)
	ann.call("PATCH", path+"/cells", m{"edits": []m{cell(ids[0], a, "p"), cell(ids[1], a, "q"), cell(ids[1], b, "r"), cell(ids[2], b, "s")}}).ok(nil)
	ann.call("PATCH", path+"/cells", m{"edits": []m{cell(ids[2], a, "x"), cell(ids[2], b, "y")}}).ok(nil)
	ann.call("POST", path+"/undo", nil).ok(nil)
	ann.call("POST", path+"/undo", nil).ok(nil)
	ann.call("POST", path+"/redo", nil).ok(nil)
	ann.call("POST", path+"/columns", m{"name": "C", "type": "number"}).ok(nil)
	ann.call("DELETE", path+"/rows/"+string(ids[1]), nil)
	ann.edit(tbl, ids[0], cols["A"], "four").ok(nil)
	ann.call("POST", path+"/undo", nil).ok(nil)
	ann.call("GET", path+"/undo-stack", nil).ok(nil) // waits for the history

	present := ann.answers(historyread.NewQueries(w.pool, w.log, w.codec), tbl.ID, ids, []kernel.ColumnID{a, b})
	require.Greater(t, len(present.Undo), 5)
	require.NotEmpty(t, present.Redo)
	require.Len(t, present.Entries[ids[0]][a], 8)

	conn, err := w.pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `SET search_path = rm_history, public; ALTER TABLE touches RENAME TO touches2; ALTER INDEX touches_pkey RENAME TO touches2_pkey; `+historyVersion1)
	require.NoError(t, err)
	for i, sql := range fillVersion1() {
		arg := []string{string(a), string(b)}
		if i == 2 { //nolint:mnd // the steps are those of a person
			arg = []string{string(w.people["Ann"].User)}
		}
		_, err = conn.Exec(t.Context(), sql, arg)
		require.NoError(t, err, sql)
	}
	_, err = conn.Exec(t.Context(), `INSERT INTO touches SELECT * FROM touches2; DROP TABLE lines, begun, touches2, turns, tables CASCADE; RESET search_path`)
	require.NoError(t, err)
	require.Equal(t, present, ann.answers(historyread.NewQueries(w.pool, w.log, w.codec), tbl.ID, ids, []kernel.ColumnID{a, b}))
}
