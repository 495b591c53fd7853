package tablecmd_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func TestAnEditOfAnOlderVersionTellsBothValuesAndOnlyThatOneFails(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A", "B"}, map[string]string{"A": "1", "B": "1"})
	seen, err := d.memory.log.Head(t.Context())
	require.NoError(t, err)
	d.edit(bob, rows[0], "A", "bob's")
	changed, err := d.memory.log.Head(t.Context())
	require.NoError(t, err)
	edit := func(column, value string) tablecmd.CellEdit {
		return tablecmd.CellEdit{Row: rows[0], Column: column, Value: table.Quote(value), IfVersion: &seen}
	}

	res, err := d.handlers.EditCells(t.Context(), meta(ann), tablecmd.EditCells{
		Table: d.table, OnError: tablecmd.Skip, Edits: []tablecmd.CellEdit{edit("A", "ann's"), edit("B", "ann's"), edit("none", "x")},
	})
	require.NoError(t, err)
	require.Equal(t, 1, res.Value.Edited)
	conflict := res.Value.Results[0]
	require.Equal(t, "conflict", conflict.Status)
	require.Equal(t, `"bob's"`, string(conflict.Current))
	require.Equal(t, changed, conflict.Position)
	require.Equal(t, []string{"ok", "error"}, []string{res.Value.Results[1].Status, res.Value.Results[2].Status})
	require.Equal(t, []string{`"bob's"`, `"ann's"`}, []string{d.value(rows[0], "A"), d.value(rows[0], "B")})

	res, err = d.handlers.EditCells(t.Context(), meta(ann), tablecmd.EditCells{Table: d.table, OnError: tablecmd.Skip, Edits: []tablecmd.CellEdit{edit("A", "bob's")}})
	require.NoError(t, err)
	require.Equal(t, "ok", res.Value.Results[0].Status, "the same value is no conflict")
}

// A refusal must be true of the log: a read model that has not come so far yet may still have in the trash what is back, or not know
// what is new.
func TestWhatAReadModelDoesNotKnowYetIsNotRefused(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(context.Context, *desk, kernel.RowID) error{
		"an edit": func(ctx context.Context, d *desk, row kernel.RowID) error {
			_, err := d.handlers.EditCells(ctx, meta(ann), tablecmd.EditCells{Table: d.table, Edits: []tablecmd.CellEdit{{Row: row, Column: "A", Value: table.Quote("2")}}})
			return err
		},
		"a batch that updates": func(ctx context.Context, d *desk, row kernel.RowID) error {
			_, err := d.handlers.BatchRows(ctx, meta(ann), tablecmd.BatchRows{Table: d.table, Operations: []tablecmd.RowOp{{Op: "update", RowID: row, Cells: map[string]json.RawMessage{"A": table.Quote("2")}}}})
			return err
		},
		"a batch that deletes": func(ctx context.Context, d *desk, row kernel.RowID) error {
			_, err := d.handlers.BatchRows(ctx, meta(ann), tablecmd.BatchRows{Table: d.table, Operations: []tablecmd.RowOp{{Op: "delete", RowID: row}}})
			return err
		},
	} {
		t.Run(name+" of a row that is back", func(t *testing.T) {
			t.Parallel()
			d, rows := given(t, []string{"A"}, map[string]string{"A": "1"})
			_, err := d.handlers.BatchRows(t.Context(), meta(ann), tablecmd.BatchRows{Table: d.table, Operations: []tablecmd.RowOp{{Op: "delete", RowID: rows[0]}}})
			require.NoError(t, err)
			before, err := d.memory.log.Head(t.Context())
			require.NoError(t, err)
			_, err = d.handlers.Undo(t.Context(), meta(ann), tablecmd.Undo{Table: d.table})
			require.NoError(t, err)
			d.memory.stopped = before
			require.NoError(t, write(t.Context(), d, rows[0]))
		})
		t.Run(name+" of a row that is new", func(t *testing.T) {
			t.Parallel()
			d, _ := given(t, []string{"A"})
			before, err := d.memory.log.Head(t.Context())
			require.NoError(t, err)
			d.memory.stopped = before
			res, err := d.handlers.BatchRows(t.Context(), meta(ann), tablecmd.BatchRows{Table: d.table, Operations: []tablecmd.RowOp{{Op: "insert", Cells: map[string]json.RawMessage{"A": table.Quote("1")}}}})
			require.NoError(t, err)
			d.memory.stopped = before
			require.NoError(t, write(t.Context(), d, res.Value.Results[0].RowID))
		})
	}
}
