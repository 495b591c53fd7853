package gridread_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// filterCases is the table of operators that the browser's matcher is held to as well.
type filterCases struct {
	Now   time.Time
	Cases []struct {
		Type    table.Type
		Op      table.Op
		Value   json.RawMessage
		Yes, No []json.RawMessage
	}
}

func TestOperatorsMeanInPostgresWhatTheirTableSays(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../domain/table/testdata/filters.json")
	require.NoError(t, err)
	var list filterCases
	require.NoError(t, json.Unmarshal(raw, &list))
	types := []table.Type{table.Text, table.Number, table.Boolean, table.Date, table.DateTime, table.Select, table.MultiSelect, table.JSON}
	f := newFixture(t, types...)
	f.Clock.Advance(list.Now.Sub(f.Clock.Now()))
	byType := map[table.Type]table.Column{}
	for _, c := range f.tbl.Schema().Columns {
		byType[c.Type] = c
	}
	var fresh []table.NewRow
	add := func(c table.Column, values []json.RawMessage) (ids []kernel.RowID) {
		for _, raw := range values {
			v, _, err := table.Reader{}.Value(c, raw, false)
			require.NoError(t, err, "%s", raw)
			id := kernel.RowID(f.ids.New(kernel.PrefixRow))
			ids = append(ids, id)
			fresh = append(fresh, table.NewRow{ID: id, Cells: map[kernel.ColumnID]json.RawMessage{c.ID: v}})
		}
		return ids
	}
	yes, no := make([][]kernel.RowID, len(list.Cases)), make([][]kernel.RowID, len(list.Cases))
	for i, c := range list.Cases {
		yes[i], no[i] = add(byType[c.Type], c.Yes), add(byType[c.Type], c.No)
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	tested := map[table.Op]bool{}
	for i, c := range list.Cases {
		tested[c.Op] = true
		raw, err := json.Marshal(map[string]any{"column": byType[c.Type].ID, "op": c.Op, "value": c.Value})
		require.NoError(t, err)
		filter, err := table.ParseFilter(raw, f.tbl.Schema())
		require.NoError(t, err, "%s", raw)
		found := allPages(t, f.grid, f.info(t), gridview.Query{Filter: filter}, 1_000)
		require.Subset(t, append(found, ""), yes[i], "%s", raw)
		for _, id := range no[i] {
			require.NotContains(t, found, id, "%s", raw)
		}
	}
	for _, typ := range types {
		for _, op := range table.OpsOf(typ) {
			require.True(t, tested[op], "no case has the operator %s", op)
		}
	}
}
