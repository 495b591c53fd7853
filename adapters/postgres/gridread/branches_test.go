package gridread_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// branch begins a branch of the fixture's table.
func (f *fixture) branch(t require.TestingT) *table.Table {
	b, err := f.tbl.Branch(f.maker(), kernel.TableID(f.ids.New(kernel.PrefixBranch)), "What if")
	require.NoError(t, err)
	f.Append(eventstore.Stream(table.StructureStream, string(b.ID())), b.Pending()...)
	b.Committed()
	return b
}

// shownOf is what a table or branch shows: the values of its columns by row.
func (f *fixture) shownOf(t require.TestingT, id kernel.TableID) string {
	require.NoError(t, f.Store.Settle(context.Background(), projections.LiveOf(gridview.Name)))
	info, err := f.grid.Table(context.Background(), workspace, id)
	require.NoError(t, err)
	p, err := f.grid.Page(context.Background(), info, gridview.Query{}, "", 0, 1000)
	require.NoError(t, err)
	require.EqualValues(t, info.RowCount, p.Count)
	return string(p.Rows)
}

// TestAnyCourseOfATableLeavesItsBranchesAsTheyWere has a table do anything, among it what parts it from its branches.
func TestAnyCourseOfATableLeavesItsBranchesAsTheyWere(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.Number)
	text, number := f.named("text"), f.named("number")
	f.formula(t, "Twice", table.Number, "{{number}} * 2")
	rows := f.rows(number, "1", "2", "3")
	random := rand.New(rand.NewPCG(1, 2))
	kept := map[*table.Table]string{}
	for n := range 12 {
		b := f.branch(t)
		kept[b] = f.shownOf(t, b.ID())
		for range 4 {
			row := rows[random.IntN(len(rows))]
			switch random.IntN(8) {
			case 0:
				f.cells(table.RowsDeleted{TableID: f.tbl.ID(), Rows: []kernel.RowID{row}})
			case 1:
				f.cells(table.RowsRestored{TableID: f.tbl.ID(), Rows: []kernel.RowID{row}})
			case 2:
				f.retype(t, text)
			case 3:
				rows = append(rows, f.rows(number, "7")...)
			default:
				f.edit(number, row, strconv.Itoa(random.IntN(50)))
			}
		}
		for b, before := range kept {
			require.Equal(t, before, f.shownOf(t, b.ID()), "round %d", n)
			if len(kept) > 2 {
				f.discard(b)
				delete(kept, b)
			}
		}
	}
	f.RequireRebuildable()
}

// retype makes days of texts, and texts of days.
func (f *fixture) retype(t require.TestingT, id kernel.ColumnID) {
	require.NoError(t, f.restructure(t, func(tbl *table.Table) error {
		c, _ := tbl.Schema().Column(id)
		to := table.Date
		if c.Type == to {
			to = table.Text
		}
		old, fresh, err := tbl.Retype(f.maker(), id, table.Retyped{Type: to})
		require.NoError(t, err)
		return tbl.ChangeType(old, fresh, table.RulesNow(time.UTC), true, table.Step{})
	}))
}

func (f *fixture) discard(b *table.Table) {
	_ = b.Discard()
	f.Append(eventstore.Stream(table.StructureStream, string(b.ID())), b.Pending()...)
	b.Committed()
}
