package tablecmd_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Past implements tablecmd.Moments by folding the log twice: up to its head, and up to the moment.
func (m *memory) Past(_ context.Context, q tablecmd.PastQuery) (out tablecmd.PastTable, err error) {
	out.Position = q.Moment.Position
	now, err := m.fold(q.Table)
	if err != nil {
		return out, err
	}
	then := &memory{log: m.log, codec: m.codec, stopped: q.Moment.Position}
	was, err := then.fold(q.Table)
	if err != nil {
		return out, err
	}
	cells := func(id kernel.RowID) {
		for _, c := range now.structure.Schema().Columns {
			old, value := was.rows[id].value(c.ID), now.rows[id].value(c.ID)
			if string(old) != string(value) && (len(q.Columns) == 0 || slices.Contains(q.Columns, c.ID)) {
				out.Cells = append(out.Cells, tablecmd.PastCell{Row: id, Column: c.ID, Was: old, Now: value})
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(now.rows)) {
		there, old := !now.rows[id].trashed, was.rows[id] != nil && !was.rows[id].trashed
		switch {
		case len(q.Rows) > 0 && !slices.Contains(q.Rows, id):
		case there && old:
			cells(id)
		case there:
			out.Added = append(out.Added, id)
		case old:
			out.Removed = append(out.Removed, tablecmd.PastRow{Row: id, Trashed: true})
			cells(id)
		}
	}
	return out, nil
}

func (d *desk) restoreTo(user kernel.UserID, cmd tablecmd.RestoreTo) tablecmd.RestoredTo {
	cmd.Table = d.table
	res, err := d.handlers.RestoreTo(context.Background(), meta(user), cmd)
	require.NoError(d.t, err)
	return res.Value
}

func (d *desk) head() int64 {
	at, err := d.memory.log.Head(context.Background())
	require.NoError(d.t, err)
	return at
}

// After any course of changes, a restore to any moment makes the table what it was then, and one undo makes it what it was before.
func TestARestoreToAnyMomentIsWhatTheTableWasAndCanBeUndone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, _ := given(t, []string{"A", "B"}, map[string]string{"A": "1", "B": "2"}, map[string]string{"A": "3"}, map[string]string{})
		moments := map[int64]string{d.head(): d.text()}
		for n := range rapid.IntRange(1, 12).Draw(t, "moves") {
			im := d.image()
			rows := slices.DeleteFunc(slices.Sorted(maps.Keys(im.rows)), func(r kernel.RowID) bool { return im.rows[r].trashed })
			switch move := rapid.IntRange(0, 3).Draw(t, "move"); {
			case move == 0:
				d.insert(ann, map[string]string{"A": strconv.Itoa(n)})
			case move == 1 && len(rows) > 0:
				d.deleteIn(meta(ann), rapid.SampledFrom(rows).Draw(t, "row"))
			case move == 2 && d.next(ann) != "":
				d.undo(ann)
			case len(rows) > 0:
				d.edit(ann, rapid.SampledFrom(rows).Draw(t, "row"), rapid.SampledFrom([]string{"A", "B"}).Draw(t, "column"), fmt.Sprint("v", n))
			}
			moments[d.head()] = d.text()
		}
		before := d.text()
		at := rapid.SampledFrom(slices.Sorted(maps.Keys(moments))).Draw(t, "moment")
		cmd := tablecmd.RestoreTo{Moment: tablecmd.Moment{Position: at}}
		cmd.DryRun = true
		preview := d.restoreTo(ann, cmd)
		require.Equal(t, before, d.text())
		cmd.DryRun = false
		require.Equal(t, preview, d.restoreTo(ann, cmd), "what is told before is what happens")
		require.Equal(t, moments[at], d.text())
		if before != moments[at] {
			requireWhole(t, d.undo(ann))
			require.Equal(t, before, d.text())
		}
	})
}

func TestARestoreIsOneStepThatSaysToWhichMoment(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"})
	at := d.head()
	d.edit(ann, rows[0], "A", "2")
	d.restoreTo(ann, tablecmd.RestoreTo{Moment: tablecmd.Moment{Position: at}, Rows: rows, Columns: []string{"A"}})
	require.Equal(t, `"1"`, d.value(rows[0], "A"))
	history := d.image().history
	last, ok := history[len(history)-1].event.(table.CellsEdited)
	require.True(t, ok)
	require.Equal(t, table.FromRestore, last.Source)
	require.Equal(t, at, last.AsOf)
}

// What has a new type meanwhile is converted, and what the type does not take stays.
func TestARestoreConvertsToTheColumnAsItIs(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A"}, map[string]string{"A": "1"}, map[string]string{"A": "word"})
	at := d.head()
	d.retype(ann, "A", table.Number)
	d.edit(ann, rows[0], "A", "7")
	out := d.restoreTo(ann, tablecmd.RestoreTo{Moment: tablecmd.Moment{Position: at}})
	require.Equal(t, []int{1, 1}, []int{out.Cells, out.Refused})
	require.Equal(t, `1`, d.value(rows[0], "A"))
	require.Equal(t, `null`, d.value(rows[1], "A"))
	require.Contains(t, out.Misfits[0].Reason, "not a number")
}

func TestARefusedRestoreSaysWhy(t *testing.T) {
	t.Parallel()
	d, _ := given(t, []string{"A"}, map[string]string{"A": "1"})
	for says, cmd := range map[string]tablecmd.RestoreTo{
		"no column":    {Columns: []string{"Nope"}},
		"not a row id": {After: tablecmd.PastPlace{Row: "7"}},
		"at most":      {Rows: make([]kernel.RowID, tablecmd.MaxRestoreRows+1)},
	} {
		cmd.Table, cmd.Moment.Position = d.table, d.head()
		_, err := d.handlers.RestoreTo(t.Context(), meta(ann), cmd)
		require.ErrorContains(t, err, says)
	}
}
