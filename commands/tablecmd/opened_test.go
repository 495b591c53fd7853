package tablecmd_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

func TestAWriteHoldsOnlyIfTheTableIsAsItWasOpened(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"})
	col := d.column("A").ID
	fresh := kernel.RowID(kernel.NewIDs(kernel.NewManualClock(time.Date(2026, 1, 2, 4, 0, 0, 0, time.UTC))).New(kernel.PrefixRow))
	write := func(o *tablecmd.Opened, text string) error {
		v, err := o.Read(col, false, text)
		require.NoError(t, err)
		return o.Write(t.Context(), meta(ann), tablecmd.RowsWrite{
			Inserts: []table.NewRow{{ID: fresh, Cells: map[kernel.ColumnID]json.RawMessage{col: v}}},
			Edits:   []table.CellChange{{Row: rows[0], Column: col, Value: v}}, Source: table.FromSync, Step: table.Step{Step: "stp_1", Label: "Pull"},
		})
	}
	o, err := d.handlers.Open(t.Context(), meta(ann).Workspace, d.table)
	require.NoError(t, err)
	d.edit(bob, rows[0], "A", "bob's")
	require.True(t, eventstore.IsConflict(write(o, "late")))
	require.Equal(t, `"bob's"`, d.value(rows[0], "A"))

	o, err = d.handlers.Open(t.Context(), meta(ann).Workspace, d.table)
	require.NoError(t, err)
	require.NoError(t, write(o, "new"))
	require.Equal(t, `"new"`, d.value(rows[0], "A"))
	found, err := o.Cells(t.Context(), rows, []kernel.ColumnID{col})
	require.NoError(t, err)
	require.Equal(t, `"new"`, string(found[rows[0]].Values[col]))

	_, err = o.Read("col_none", false, "x")
	require.ErrorContains(t, err, "deleted")
	_, err = d.handlers.Open(t.Context(), "ws_other", d.table)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}
