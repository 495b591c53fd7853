package gridread_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/gridview"
)

// texts is a table with a column of each text, and the names of the rows that queries find.
type texts struct {
	*fixture
	t    *testing.T
	col  kernel.ColumnID
	rows []kernel.RowID
	says map[kernel.RowID]string
}

func newTexts(t *testing.T, values ...string) *texts {
	t.Helper()
	x := &texts{fixture: newFixture(t, table.Text, table.LongText), t: t, says: map[kernel.RowID]string{}}
	x.col = x.tbl.Schema().Columns[0].ID
	var fresh []table.NewRow
	for _, v := range values {
		row := kernel.RowID(x.ids.New(kernel.PrefixRow))
		x.rows, x.says[row] = append(x.rows, row), v
		fresh = append(fresh, table.NewRow{ID: row, Cells: map[kernel.ColumnID]json.RawMessage{x.col: table.Quote(v)}})
	}
	for _, c := range table.RowChunks(fresh) {
		x.cells(table.RowsInserted{TableID: x.tbl.ID(), Chunk: c})
	}
	return x
}

func (x *texts) find(q gridview.Query) []string {
	x.t.Helper()
	p, err := x.grid.Page(x.t.Context(), x.info(x.t), q, "", 0, 100)
	require.NoError(x.t, err)
	out := []string{}
	for _, id := range idsOf(x.t, p) {
		out = append(out, x.says[id])
	}
	return out
}

func (x *texts) where(op table.Op, value string) []string {
	x.t.Helper()
	raw, err := json.Marshal(map[string]any{"column": x.col, "op": op, "value": value})
	require.NoError(x.t, err)
	f, err := table.ParseFilter(raw, x.info(x.t).Schema)
	require.NoError(x.t, err)
	return x.find(gridview.Query{Filter: f})
}

func TestTextsAreTheSameAndInOrderByTheirFoldedForm(t *testing.T) {
	t.Parallel()
	values := []string{"zebra", "étoile", "Ahh", "Straße", "かき", "Ähhhh", "STRASSE", "ahhi", "がき", "край", "краи", "ETOILE du Nord"}
	x := newTexts(t, values...)
	require.Equal(t, []string{"étoile"}, x.where(table.Is, "ÉTOILE"))
	require.Equal(t, []string{"étoile", "ETOILE du Nord"}, x.where(table.Contains, "Étoilé"))
	require.Equal(t, []string{"étoile", "ETOILE du Nord"}, x.where(table.StartsWith, "ＥＴＯＩＬＥ"))
	require.Equal(t, []string{"Straße", "STRASSE"}, x.where(table.Is, "strasse"))
	require.Equal(t, []string{"Straße", "STRASSE"}, x.where(table.EndsWith, "ßE"))
	require.Equal(t, []string{"がき"}, x.where(table.Is, "か\u3099き"))
	require.Equal(t, []string{"край"}, x.where(table.Is, "КРАЙ"))
	require.Equal(t, []string{"Ahh", "Ähhhh"}, x.where(table.Contains, "AHH")[:2])
	require.Len(t, x.where(table.IsNot, "ÉTOILE"), len(values)-1)
	require.Equal(t, []string{"étoile", "ETOILE du Nord"}, x.find(gridview.Query{Search: "éToile"}))
	sorted := x.find(gridview.Query{Sort: []table.Sort{{Column: x.col, Dir: table.Ascending}}})
	require.Equal(t, []string{"Ahh", "Ähhhh", "ahhi", "étoile", "ETOILE du Nord", "Straße", "STRASSE", "zebra", "край", "краи", "かき", "がき"}[:8], sorted[:8])
	slices.Reverse(sorted)
	require.Equal(t, sorted, x.find(gridview.Query{Sort: []table.Sort{{Column: x.col, Dir: table.Descending}}}), "ties turn with the order")
	found, err := x.grid.MatchKeys(t.Context(), x.info(t).Schema, []kernel.ColumnID{x.col}, [][]json.RawMessage{{table.Quote("étoile")}, {table.Quote("ÉTOILE")}})
	require.NoError(t, err)
	require.Equal(t, [][]kernel.RowID{{x.rows[1]}, nil}, found, "a key is matched exactly: what it matches is written over")
}

// The folded form goes with its text through edits, a change of the column's type and back, the trash, and a rebuild.
func TestTheFoldedFormGoesWithItsText(t *testing.T) {
	t.Parallel()
	x := newTexts(t, "été", "plain", "12")
	id := x.tbl.ID()
	edit := func(row int, v string) {
		x.cells(table.CellsEdited{TableID: id, Chunk: kernel.Chunk{Rows: x.rows[row : row+1], Cols: map[kernel.ColumnID][]json.RawMessage{x.col: {json.RawMessage(v)}}}})
	}
	edit(0, `"hiver"`)
	require.Empty(t, x.where(table.Contains, "ete"))
	require.Equal(t, []string{"été"}, x.where(table.Is, "HIVER"))
	edit(1, `"Été indien"`)
	require.Equal(t, []string{"plain"}, x.where(table.Contains, "ete"))
	x.cells(table.RowsDeleted{TableID: id, Rows: x.rows[1:2]})
	require.Empty(t, x.where(table.Contains, "ete"))
	edit(1, `"L’Été"`) // in the trash
	x.cells(table.RowsRestored{TableID: id, Rows: x.rows[1:2]})
	require.Equal(t, []string{"plain"}, x.where(table.EndsWith, "ETE"))
	edit(1, `null`)
	require.Empty(t, x.where(table.Contains, "ete"))
	edit(1, `"Noël"`)
	old := x.info(t).Schema.Columns[0]
	changed := old
	changed.Type = table.JSON
	stream := eventstore.Stream(table.StructureStream, string(id))
	x.Append(stream, table.ColumnTypeChanged{TableID: id, Column: changed, Old: old})
	x.Append(stream, table.ColumnTypeChanged{TableID: id, Column: old, Old: changed})
	require.Equal(t, []string{"plain"}, x.where(table.Contains, "noel"))
	x.RequireRebuildable()
}
