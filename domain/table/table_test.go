package table_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func maker() table.Maker {
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return table.Maker{IDs: kernel.NewIDs(clock), Clock: clock}
}

func made(t require.TestingT, m table.Maker, names ...string) *table.Table {
	var drafts []table.Draft
	for _, n := range names {
		drafts = append(drafts, table.Draft{Name: n, Type: table.Text})
	}
	tbl, err := table.New(m, "tbl_1", "ws_1", "", "Leads", drafts)
	require.NoError(t, err)
	return tbl
}

func TestNamesOfColumns(t *testing.T) {
	t.Parallel()
	m := maker()
	tests := []struct {
		name string
		ok   bool
	}{
		{"Phone", true},
		{"  ", false},
		{"company", false},
		{strings.Repeat("ü", 100), true},
		{strings.Repeat("ü", 101), false},
		{"a\nb", false},
		{"a\x00b", false},
	}
	for _, tc := range tests {
		_, err := made(t, m, "Company").AddColumn(m, table.Draft{Name: tc.name, Type: table.Text}, "", table.Step{})
		require.Equal(t, tc.ok, err == nil, "%q: %v", tc.name, err)
	}
}

func TestATableHasAtMost200Columns(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m)
	for i := range table.MaxColumns {
		_, err := tbl.AddColumn(m, table.Draft{Name: strings.Repeat("x", i%100) + string(rune('a'+i/100)), Type: table.Text}, "", table.Step{})
		require.NoError(t, err)
	}
	_, err := tbl.AddColumn(m, table.Draft{Name: "one more", Type: table.Text}, "", table.Step{})
	require.ErrorContains(t, err, "200")
}

func TestARestoredColumnComesBackWhereItWas(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "A", "B", "C")
	b, _ := tbl.Schema().ByName("B")
	require.NoError(t, tbl.DeleteColumn(b.ID, table.Step{}))
	require.Len(t, tbl.Schema().Columns, 2)
	_, err := tbl.AddColumn(m, table.Draft{Name: "b", Type: table.Text}, "", table.Step{})
	require.NoError(t, err, "the name is free while the column is in the trash")
	back, err := tbl.RestoreColumn(b.ID, table.Step{})
	require.NoError(t, err)
	require.Equal(t, "B (2)", back.Name)
	require.Equal(t, b.ID, tbl.Schema().Columns[1].ID)
}

func TestViewsBelongToTheirOwners(t *testing.T) {
	t.Parallel()
	m := maker()
	tbl := made(t, m, "A")
	mine, err := tbl.SaveView(table.View{ID: "viw_1", Name: "Mine"}, "usr_ann")
	require.NoError(t, err)
	require.False(t, mine.VisibleTo("usr_bob"))
	_, err = tbl.SaveView(table.View{ID: "viw_1", Name: "Stolen"}, "usr_bob")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	_, err = tbl.SaveView(table.View{ID: "viw_2", Name: "Bad", Sort: []table.Sort{{Column: "col_none", Dir: "asc"}}}, "usr_bob")
	require.Error(t, err)
	require.Error(t, tbl.DeleteView(tbl.Views()[0].ID, "usr_ann"), "the default view stays")
}

func TestASnapshotIsTheSameTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := maker()
		tbl := made(t, m, "A", "B", "C")
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			change(t, m, tbl)
		}
		state, err := tbl.MarshalState()
		require.NoError(t, err)
		copied := table.Blank()
		require.NoError(t, copied.UnmarshalState(state))
		folded := table.Blank()
		for _, e := range tbl.Pending() {
			require.NoError(t, folded.Apply(e))
		}
		require.Equal(t, tbl.Schema(), copied.Schema())
		require.Equal(t, tbl.Schema(), folded.Schema())
		require.Equal(t, tbl.Views(), folded.Views())
		require.EqualValues(t, len(tbl.Pending()), folded.Schema().Version)
	})
}

// change does something to a table that may or may not be possible.
func change(t *rapid.T, m table.Maker, tbl *table.Table) {
	cols := append(tbl.Schema().Columns, tbl.Deleted()...)
	col := rapid.SampledFrom(cols).Draw(t, "column")
	var err error
	switch rapid.IntRange(0, 6).Draw(t, "change") {
	case 0:
		_, err = tbl.AddColumn(m, table.Draft{Name: rapid.SampledFrom([]string{"D", "E", "F"}).Draw(t, "name"), Type: table.Number}, "", table.Step{})
	case 1:
		err = tbl.DeleteColumn(col.ID, table.Step{})
	case 2:
		_, err = tbl.RestoreColumn(col.ID, table.Step{})
	case 3:
		name := rapid.SampledFrom([]string{"A", "G", "H"}).Draw(t, "name")
		_, err = tbl.ChangeColumn(m, col.ID, table.ColumnChange{Name: &name}, table.Step{})
	case 4:
		_, err = tbl.DuplicateColumn(m, col.ID, col.Name+"x", true, table.Step{})
	case 5:
		var old, to table.Column
		if old, to, err = tbl.Retype(m, col.ID, table.Retyped{Type: rapid.SampledFrom([]table.Type{table.Text, table.Number, table.Select}).Draw(t, "type")}); err == nil {
			err = tbl.ChangeType(old, to, table.RulesNow(time.UTC), true, table.Step{})
		}
	case 6:
		err = tbl.Rename("T"+col.Name, table.Step{})
	}
	var seen *kernel.Error
	if err != nil && !errors.As(err, &seen) {
		t.Fatalf("%v", err)
	}
}
