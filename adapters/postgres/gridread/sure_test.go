package gridread_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/gridview"
)

// A value that a provider guessed says so in its row, is found by the filter, and says so until another value takes its place.
func TestAGuessLooksLikeOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.URL)
	col, further := f.tbl.Schema().Columns[0].ID, f.tbl.Schema().Columns[1].ID
	rows := make([]kernel.RowID, 4)
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for i := range rows {
		rows[i] = kernel.RowID(f.ids.New(kernel.PrefixRow))
	}
	f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{}}})
	stream := eventstore.StreamID("run-run_1")
	answer := enrichment.RunAnswersRecorded{RunID: "run_1", TableID: f.tbl.ID()}
	sure := 0.625
	for i, by := range [][]enrichment.Evidence{{}, {enrichment.ByDNS, enrichment.ByProvider("other")}, nil} {
		chunk.Rows = append(chunk.Rows, rows[i])
		chunk.Cols[col] = append(chunk.Cols[col], json.RawMessage(`"x.com"`))
		chunk.Cols[further] = append(chunk.Cols[further], json.RawMessage(`"X"`))
		answer.Marks = append(answer.Marks, enrichment.Mark{RowID: rows[i], ColumnID: col, State: enrichment.MarkValue})
		answer.Provenance = append(answer.Provenance, enrichment.Provenance{RowID: rows[i], ColumnID: col, Provider: "guess", Confidence: &sure, VerifiedBy: by})
	}
	answer.Chunk = chunk
	f.Append(stream, answer)

	require.JSONEq(t, `{"state":"unverified","confidence":0.625}`, f.stateOf(t, rows[0], col))
	require.JSONEq(t, `{"state":"unverified","confidence":0.625}`, f.stateOf(t, rows[0], further), "a further field of the answer is as sure as the answer")
	require.Empty(t, f.stateOf(t, rows[1], col), "what is verified is simply a value")
	require.Empty(t, f.stateOf(t, rows[2], col), "an answer from before evidence was kept is simply a value")
	found := func(state string) []kernel.RowID {
		filter, err := table.ParseFilter([]byte(`{"column":"`+string(col)+`","op":"state","value":"`+state+`"}`), f.info(t).Schema)
		require.NoError(t, err)
		p, err := f.grid.Page(t.Context(), f.info(t), gridview.Query{Filter: filter}, "", 0, 100)
		require.NoError(t, err)
		return idsOf(t, p)
	}
	require.Equal(t, rows[:1], found("unverified"))
	require.Equal(t, rows[1:2], found("verified"))
	require.Equal(t, rows[:3], found("value"), "a guess is a value")
	require.Equal(t, rows[3:], found("empty"))

	f.Append(stream, enrichment.RunPageStarted{RunID: "run_1", TableID: f.tbl.ID(), Rows: rows[:1], Columns: []kernel.ColumnID{col}})
	require.JSONEq(t, `{"state":"running","run_id":"run_1"}`, f.stateOf(t, rows[0], col))
	f.Append(stream, enrichment.RunAnswersRecorded{RunID: "run_1", TableID: f.tbl.ID(), Marks: []enrichment.Mark{{RowID: rows[0], ColumnID: col, State: enrichment.MarkEmpty}}})
	require.Equal(t, rows[:1], found("unverified"), "the guess is still there, and still a guess")
	f.cells(table.CellsEdited{TableID: f.tbl.ID(), Chunk: kernel.Chunk{Rows: rows[:1], Cols: map[kernel.ColumnID][]json.RawMessage{col: {json.RawMessage(`"x.org"`)}}}})
	require.Empty(t, f.stateOf(t, rows[0], col), "what a person writes is not a provider's guess")
	require.Empty(t, found("unverified"))
	f.RequireRebuildable()
}

// stateOf is the cell's state as readers get it, empty for none.
func (f *fixture) stateOf(t *testing.T, row kernel.RowID, col kernel.ColumnID) string {
	t.Helper()
	p, err := f.grid.Page(t.Context(), f.info(t), gridview.Query{}, "", 0, 100)
	require.NoError(t, err)
	var rows []struct {
		ID     kernel.RowID                        `json:"id"`
		States map[kernel.ColumnID]json.RawMessage `json:"states"`
	}
	require.NoError(t, json.Unmarshal(p.Rows, &rows))
	for _, r := range rows {
		if r.ID == row {
			return string(r.States[col])
		}
	}
	t.Fatalf("no row %s", row)
	return ""
}
