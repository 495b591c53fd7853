package tablecmd_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// gesture does one to four things as one gesture of a person, in columns that may be theirs alone. It reports whether anything
// was written.
func gesture(t *rapid.T, d *desk, user kernel.UserID, n int, owned map[kernel.ColumnID]bool, rowsToo bool) bool {
	head := func() int64 {
		at, err := d.memory.log.Head(context.Background())
		require.NoError(t, err)
		return at
	}
	before := head()
	m := meta(user)
	m.Gesture = fmt.Sprintf("%s-%d", rapid.SampledFrom([]string{"paste", "fill", "clear", "delete", "other"}).Draw(t, "gesture"), n)
	if rapid.IntRange(0, 4).Draw(t, "retype") == 0 {
		if cols := columnsOf(d, owned); len(cols) > 0 {
			col, to := rapid.SampledFrom(cols).Draw(t, "column"), rapid.SampledFrom([]table.Type{table.Text, table.Number, table.LongText}).Draw(t, "type")
			_, _ = d.handlers.ChangeType(context.Background(), m, tablecmd.ChangeType{Table: d.table, Column: col.ID, Type: to, Lossy: true})
		}
		return head() > before
	}
	for range rapid.IntRange(1, 4).Draw(t, "commands") {
		command(t, d, m, owned, rowsToo)
	}
	return head() > before
}

func columnsOf(d *desk, owned map[kernel.ColumnID]bool) []table.Column {
	return slices.DeleteFunc(d.image().structure.Schema().Columns, func(c table.Column) bool { return owned != nil && !owned[c.ID] })
}

func command(t *rapid.T, d *desk, m kernel.Meta, owned map[kernel.ColumnID]bool, rowsToo bool) {
	im := d.image()
	mine := columnsOf(d, owned)
	rows := slices.DeleteFunc(slices.Sorted(maps.Keys(im.rows)), func(r kernel.RowID) bool { return im.rows[r].trashed })
	kind := rapid.IntRange(0, 6).Draw(t, "kind")
	ctx := context.Background()
	if kind == 0 || len(mine) == 0 {
		res, err := d.handlers.AddColumn(ctx, m, tablecmd.AddColumn{Table: d.table, Column: tablecmd.NewColumn{Name: rapid.StringMatching(`[K-Z][a-z]{3}`).Draw(t, "name"), Type: table.Text}})
		if err == nil && owned != nil {
			owned[res.Value.ID] = true
		}
		return
	}
	col := rapid.SampledFrom(mine).Draw(t, "column")
	switch kind {
	case 1, 2:
		if len(rows) > 0 {
			picked := rapid.SliceOfNDistinct(rapid.SampledFrom(rows), 1, len(rows), rapid.ID).Draw(t, "rows")
			values := []string{"1", "22", "3.5", "word"}
			if col.Type == table.Number {
				values = values[:3]
			}
			value := rapid.SampledFrom(values).Draw(t, "value")
			d.editIn(m, picked, string(col.ID), value)
		}
	case 3:
		_, _ = d.handlers.DeleteColumn(ctx, m, tablecmd.DeleteColumn{Table: d.table, Column: col.ID})
	case 4:
		name := rapid.StringMatching(`[K-Z][a-z]{3}`).Draw(t, "name")
		_, _ = d.handlers.ChangeColumn(ctx, m, tablecmd.ChangeColumn{Table: d.table, Column: col.ID, Change: table.ColumnChange{Name: &name}})
	case 5:
		if rowsToo {
			d.insertIn(m, map[string]string{string(col.ID): "7"}, map[string]string{})
		}
	case 6:
		if rowsToo && len(rows) > 0 {
			d.deleteIn(m, rapid.SampledFrom(rows).Draw(t, "row"))
		}
	}
}

// walk is what a person has done and can undo and redo: the images between their gestures.
type walk struct {
	images []string
	at     int
}

func (w *walk) did(image string) {
	w.images = append(w.images[:w.at+1], image)
	w.at++
}

func TestUndoIsTheInverseOfAnyGesture(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, _ := given(t, []string{"A", "B"}, map[string]string{"A": "1", "B": "2"}, map[string]string{"A": "3"}, map[string]string{})
		w := walk{images: []string{d.text()}}
		for n := range rapid.IntRange(1, 14).Draw(t, "moves") {
			switch move := rapid.IntRange(0, 3).Draw(t, "move"); {
			case move <= 1:
				if gesture(t, d, ann, n, nil, true) {
					w.did(d.text())
				}
			case move == 2 && w.at > 0:
				w.at--
				requireWhole(t, d.undo(ann))
			case move == 3 && w.at < len(w.images)-1:
				w.at++
				requireWhole(t, d.redo(ann))
			}
			require.Equal(t, w.images[w.at], d.text())
			require.Len(t, d.image().stack(ann, true), len(w.images)-1-w.at, "what was undone can be redone until something new is done")
		}
		for w.at > 0 {
			w.at--
			requireWhole(t, d.undo(ann))
			require.Equal(t, w.images[w.at], d.text())
		}
		require.Empty(t, d.next(ann))
	})
}

func requireWhole(t require.TestingT, out tablecmd.Undone) {
	require.Empty(t, out.Conflicts)
	require.Empty(t, out.NotUndoable)
}

// person is somebody who works in columns of their own beside others.
type person struct {
	user  kernel.UserID
	owned map[kernel.ColumnID]bool
	walk  walk
}

func (p *person) text(d *desk) string {
	im := d.image()
	var out strings.Builder
	s := im.structure.Schema()
	for _, id := range slices.Sorted(maps.Keys(p.owned)) {
		c, ok := s.Column(id)
		if !ok {
			continue
		}
		out.WriteString(c.Name + " " + string(c.Type))
		for _, r := range slices.Sorted(maps.Keys(im.rows)) {
			out.WriteString(" " + string(im.rows[r].value(id)))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestUndoAndRedoOfTwoPeopleDontMeet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, _ := given(t, []string{"A", "B", "C", "D"}, map[string]string{"A": "1", "C": "2"}, map[string]string{"B": "3", "D": "4"})
		own := func(names ...string) map[kernel.ColumnID]bool {
			out := map[kernel.ColumnID]bool{}
			for _, n := range names {
				out[d.column(n).ID] = true
			}
			return out
		}
		both := []*person{{user: ann, owned: own("A", "B")}, {user: bob, owned: own("C", "D")}}
		for _, p := range both {
			p.walk.images = []string{p.text(d)}
		}
		for n := range rapid.IntRange(1, 20).Draw(t, "moves") {
			p := rapid.SampledFrom(both).Draw(t, "person")
			switch move := rapid.IntRange(0, 3).Draw(t, "move"); {
			case move <= 1:
				if gesture(t, d, p.user, n, p.owned, false) {
					p.walk.did(p.text(d))
				}
			case move == 2 && p.walk.at > 0:
				p.walk.at--
				requireWhole(t, d.undo(p.user))
			case move == 3 && p.walk.at < len(p.walk.images)-1:
				p.walk.at++
				requireWhole(t, d.redo(p.user))
			}
			for _, p := range both {
				require.Equal(t, p.walk.images[p.walk.at], p.text(d), p.user)
			}
		}
	})
}

func TestUndoNeverTouchesWhatSomebodyElseWroteSince(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d, rows := given(t, []string{"A", "B"}, map[string]string{"A": "1"}, map[string]string{"B": "2"})
		last := map[kernel.UserID]map[string]string{ann: {}, bob: {}} // what each person wrote into a cell after the other
		for n := range rapid.IntRange(2, 20).Draw(t, "moves") {
			user, other := ann, bob
			if rapid.Bool().Draw(t, "bob") {
				user, other = bob, ann
			}
			row, col := rapid.SampledFrom(rows).Draw(t, "row"), rapid.SampledFrom([]string{"A", "B"}).Draw(t, "column")
			if rapid.Bool().Draw(t, "edit") {
				value := fmt.Sprintf("%s %d", user, n)
				d.edit(user, row, col, value)
				last[user][string(row)+col] = string(table.Quote(value))
				delete(last[other], string(row)+col)
				continue
			}
			before := map[string]string{}
			for _, r := range rows {
				for _, c := range []string{"A", "B"} {
					before[string(r)+c] = d.value(r, c)
				}
			}
			_, err := d.tryBack(user, tablecmd.Undo{Redo: rapid.Bool().Draw(t, "redo")})
			if err != nil {
				require.Equal(t, "NOTHING", codeOf(err))
			}
			for _, r := range rows {
				for _, c := range []string{"A", "B"} {
					k := string(r) + c
					if v := last[other][k]; v != "" && before[k] == v {
						require.Equal(t, v, d.value(r, c), "%s's cell was taken back by %s", other, user)
					}
				}
			}
		}
	})
}
