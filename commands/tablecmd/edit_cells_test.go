package tablecmd_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
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
