package searchtest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/searchview"
)

// Harness is a store under test.
type Harness interface {
	// Append records events at the clock's time and applies them; what is found afterwards reflects them.
	Append(stream eventstore.StreamID, events ...kernel.Event) []eventstore.Recorded
	// Searcher finds what was applied.
	Searcher() searchview.Searcher
	// RequireRebuildable requires that a copy rebuilt from everything that was appended equals the live one.
	RequireRebuildable()
	// Clock is the clock that events are stamped by.
	Clock() *kernel.ManualClock
}

// world makes events as the commands do.
type world struct {
	Harness
	t   testing.TB
	ids *kernel.IDs
	ws  kernel.WorkspaceID
}

func newWorld(t testing.TB, h Harness) *world {
	t.Helper()
	ids := kernel.NewIDs(h.Clock())
	return &world{Harness: h, t: t, ids: ids, ws: kernel.WorkspaceID(ids.New(kernel.PrefixWorkspace))}
}

// tbl is a table of a world.
type tbl struct {
	w    *world
	id   kernel.TableID
	cols map[string]table.Column
	// version is that of the table's stream.
	version int64
}

// table makes a table; columns are name and type in pairs.
func (w *world) table(name string, columns ...string) *tbl {
	t, created := w.draft(name, columns...)
	t.structure(created)
	return t
}

func (w *world) draft(name string, columns ...string) (*tbl, table.Created) {
	t := &tbl{w: w, id: kernel.TableID(w.ids.New(kernel.PrefixTable)), cols: map[string]table.Column{}}
	created := table.Created{TableID: t.id, WorkspaceID: w.ws, Name: name, Views: []table.View{}}
	for i := 0; i+1 < len(columns); i += 2 {
		c := table.Column{ID: kernel.ColumnID(w.ids.New(kernel.PrefixColumn)), Name: columns[i], Type: table.Type(columns[i+1]), Kind: table.Data}
		t.cols[c.Name] = c
		created.Columns = append(created.Columns, c)
	}
	return t, created
}

func (t *tbl) structure(e kernel.Event) {
	t.version++
	t.w.Append(eventstore.Stream(table.StructureStream, string(t.id)), e)
}

func (t *tbl) cells(events ...kernel.Event) {
	t.w.Append(eventstore.Stream(table.CellStream, string(t.id)), events...)
}

// chunk makes a block of cells of rows that have the same columns; values are JSON or plain text.
func (t *tbl) chunk(rows []kernel.RowID, values ...map[string]string) kernel.Chunk {
	c := kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for name := range values[0] {
		col := t.cols[name]
		for _, row := range values {
			v, _, err := table.ParseText(col, row[name], true)
			require.NoError(t.w.t, err)
			c.Cols[col.ID] = append(c.Cols[col.ID], v)
		}
	}
	return c
}

// insert adds rows with the same columns and returns their ids.
func (t *tbl) insert(rows ...map[string]string) []kernel.RowID {
	ids := t.rowIDs(len(rows))
	t.cells(table.RowsInserted{TableID: t.id, Chunk: t.chunk(ids, rows...), Source: table.FromInsert})
	return ids
}

func (t *tbl) rowIDs(n int) []kernel.RowID {
	ids := make([]kernel.RowID, n)
	for i := range ids {
		ids[i] = kernel.RowID(t.w.ids.New(kernel.PrefixRow))
	}
	return ids
}

// imported adds rows as an import does.
func (t *tbl) imported(rows ...map[string]string) []kernel.RowID {
	ids := t.rowIDs(len(rows))
	imp := kernel.ImportID(t.w.ids.New(kernel.PrefixImport))
	t.w.Append(eventstore.Stream("import", string(imp)), dataops.RowsAdded{ImportID: imp, TableID: t.id, Chunk: t.chunk(ids, rows...)})
	return ids
}

func (t *tbl) edit(row kernel.RowID, values map[string]string) {
	t.cells(table.CellsEdited{TableID: t.id, Chunk: t.chunk([]kernel.RowID{row}, values), Source: table.FromEdit})
}

// answered records what a run left in the cell of the column Domain.
func (t *tbl) answered(row kernel.RowID, value string, state enrichment.MarkState, provider string) {
	const column = "Domain"
	run := kernel.RunID(t.w.ids.New(kernel.PrefixRun))
	e := enrichment.RunAnswersRecorded{
		RunID: run, TableID: t.id, Chunk: kernel.Chunk{Rows: []kernel.RowID{}, Cols: map[kernel.ColumnID][]json.RawMessage{}},
		Marks:      []enrichment.Mark{{RowID: row, ColumnID: t.cols[column].ID, State: state}},
		Provenance: []enrichment.Provenance{{RowID: row, ColumnID: t.cols[column].ID, Provider: provider}},
	}
	if value != "" {
		e.Chunk = t.chunk([]kernel.RowID{row}, map[string]string{column: value})
	}
	t.w.Append(eventstore.Stream("run", string(run)), e)
}

func everything(kernel.TableID) bool { return true }

// search finds rows and returns the answer.
func (w *world) search(q searchview.Query) searchview.Result {
	w.t.Helper()
	res, err := searchview.Search(w.t.Context(), w.Searcher(), w.ws, everything, q)
	require.NoError(w.t, err)
	return res
}

// rows finds rows by a text alone, best first.
func (w *world) rows(text string) []kernel.RowID {
	w.t.Helper()
	return rowsOf(w.search(searchview.Query{Text: text, Limit: searchview.MaxLimit}))
}

func rowsOf(r searchview.Result) []kernel.RowID {
	out := []kernel.RowID{}
	for _, h := range r.Hits {
		out = append(out, h.RowID)
	}
	return out
}

// finds requires that a text finds exactly these rows.
func (w *world) finds(text string, rows ...kernel.RowID) {
	w.t.Helper()
	require.ElementsMatch(w.t, rows, w.rows(text), "search for %q", text)
}

func (w *world) suggests(typed string) []searchview.Suggestion {
	w.t.Helper()
	out, err := searchview.Suggest(w.t.Context(), w.Searcher(), w.ws, everything, typed)
	require.NoError(w.t, err)
	return out
}

func at(day string) time.Time {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err) // a fault of the test
	}
	return t
}

// on turns the clock to the beginning of a day.
func (w *world) on(day string) { w.Clock().Advance(at(day).Sub(w.Clock().Now())) }
