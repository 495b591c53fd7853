package table_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func TestEventsReadThemselvesAsEncodingJSONWould(t *testing.T) {
	t.Parallel()
	chunk := kernel.Chunk{Rows: []kernel.RowID{"row_1", "row_2"}, Cols: map[kernel.ColumnID][]json.RawMessage{
		"col_a": {json.RawMessage(`"x\"y"`), json.RawMessage(`null`)}, "col_b": {json.RawMessage(`1.5`), json.RawMessage(`["a","b"]`)},
	}}
	step := table.Step{Step: "12", Undoes: "11", Label: "Paste \"Ü\"\n"}
	inserted := table.RowsInserted{TableID: "tbl_1", Chunk: chunk, Source: table.FromInsert, Step: step}
	edited := table.CellsEdited{TableID: "tbl_1", Chunk: chunk, Old: chunk.Cols, Seen: 7, From: map[kernel.ColumnID][]kernel.RowID{"col_a": {"", "row_3"}}, Source: table.FromInsert, Step: step}
	var slow1, fast1 table.RowsInserted
	both(t, inserted, &slow1, fast1.DecodeFast)
	require.Equal(t, slow1, fast1)
	var slow2, fast2 table.CellsEdited
	both(t, edited, &slow2, fast2.DecodeFast)
	require.Equal(t, slow2, fast2)
	edited.Old, edited.Step = nil, table.Step{}
	slow2, fast2 = table.CellsEdited{}, table.CellsEdited{}
	both(t, edited, &slow2, fast2.DecodeFast)
	require.Equal(t, slow2, fast2)
	require.False(t, fast2.DecodeFast([]byte(`{"table_id":"t\u0062l"}`)), "left to encoding/json")
}

func both(t *testing.T, event any, slow any, fast func([]byte) bool) {
	t.Helper()
	b, err := json.Marshal(event)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(b, slow))
	require.True(t, fast(b))
}
