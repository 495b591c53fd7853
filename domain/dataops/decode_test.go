package dataops_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func TestAddedRowsReadAndWriteThemselvesAsEncodingJSONWould(t *testing.T) {
	t.Parallel()
	e := dataops.RowsAdded{ImportID: "imp_1", TableID: "tbl_1", ChunkNo: 3, Next: dataops.Mark{Line: 4, Offset: 5}, Chunk: kernel.Chunk{
		Rows: []kernel.RowID{"row_1"}, Cols: map[kernel.ColumnID][]json.RawMessage{"col_b": {json.RawMessage(`"x"`)}, "col_a": {json.RawMessage(`null`)}},
	}}
	want, err := json.Marshal(e)
	require.NoError(t, err)
	have, ok := e.EncodeFast()
	require.True(t, ok)
	require.Equal(t, string(want), string(have))
	var again dataops.RowsAdded
	require.True(t, again.DecodeFast(want))
	require.Equal(t, e, again)
	e.TableID = "ü"
	_, ok = e.EncodeFast()
	require.False(t, ok, "left to encoding/json")
}
