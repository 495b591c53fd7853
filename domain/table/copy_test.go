package table_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func TestACopyRefersToItsOwnColumns(t *testing.T) {
	t.Parallel()
	ids := kernel.NewIDs(kernel.SystemClock{})
	me, other := kernel.UserID(ids.New(kernel.PrefixUser)), kernel.UserID(ids.New(kernel.PrefixUser))
	id, elsewhere := kernel.TableID(ids.New(kernel.PrefixTable)), kernel.TableID(ids.New(kernel.PrefixTable))
	col := func() kernel.ColumnID { return kernel.ColumnID(ids.New(kernel.PrefixColumn)) }
	name, shout, twin, theirs, asked, foreign := col(), col(), col(), col(), col(), col()
	source := table.Blank()
	require.NoError(t, source.Apply(table.Created{
		TableID: id, WorkspaceID: "ws_1", Name: "Leads", Description: "Who we call", Owner: other,
		Columns: []table.Column{
			{ID: name, Name: "Name", Type: table.Select, Kind: table.Data, Options: []table.Option{{ID: "opt_1", Name: "A"}}},
			{ID: shout, Name: "Shout", Type: table.Text, Kind: table.FormulaKind, Formula: &table.Formula{Expression: "upper({{" + string(name) + "}})"}},
			{ID: twin, Name: "Twins", Type: table.Number, Kind: table.LookupKind, Lookup: &table.Lookup{Table: id, Key: name, Match: name, Take: table.TakeCount}},
			{ID: theirs, Name: "Theirs", Type: table.Number, Kind: table.LookupKind, Lookup: &table.Lookup{Table: elsewhere, Key: name, Match: foreign, Take: table.TakeCount}},
			{ID: asked, Name: "Asked", Type: table.Text, Kind: table.Enrichment, Enrichment: json.RawMessage(`{"steps":[{"inputs":{"x":{"column_id":"` + string(name) + `"}}}]}`)},
		},
		Views: []table.View{
			{ID: "viw_1", Name: "All rows", Shared: true, Default: true, Owner: other, Sort: []table.Sort{{Column: shout, Dir: table.Ascending}}},
			{ID: "viw_2", Name: "Mine", Owner: me, Filter: json.RawMessage(`{"column":"` + string(name) + `","op":"not_empty"}`)},
			{ID: "viw_3", Name: "Not mine", Owner: other},
		},
	}))
	require.NoError(t, source.Apply(table.Ticked{TableID: id, At: time.Now()}))
	clock := kernel.SystemClock{}
	copied, err := source.Copy(table.Maker{IDs: ids, Clock: clock, By: me}, "tbl_new", "Leads copy", func(c table.Column) (table.Column, error) { return c, nil })
	require.NoError(t, err)

	s, to := copied.Table.Schema(), copied.Columns
	require.Equal(t, "Leads copy", s.Name)
	require.Equal(t, "Who we call", copied.Table.Description())
	require.Equal(t, me, copied.Table.Owner())
	require.False(t, s.Tick.IsZero(), "formulas that ask for the time are told it")
	require.Equal(t, source.Schema().Columns[0].Options, s.Columns[0].Options)
	require.Equal(t, "upper({{"+string(to[name])+"}})", s.Columns[1].Formula.Expression)
	require.Equal(t, table.Lookup{Table: "tbl_new", Key: to[name], Match: to[name], Take: table.TakeCount}, *s.Columns[2].Lookup)
	require.Equal(t, table.Lookup{Table: elsewhere, Key: to[name], Match: foreign, Take: table.TakeCount}, *s.Columns[3].Lookup)
	require.Contains(t, string(s.Columns[4].Enrichment), to[name])
	views := copied.Table.Views()
	require.Len(t, views, 2)
	require.Equal(t, to[shout], views[0].Sort[0].Column)
	require.Contains(t, string(views[1].Filter), to[name])

	raw, err := copied.Table.MarshalState()
	require.NoError(t, err)
	for _, old := range []string{string(name), string(shout), string(twin), string(theirs), string(asked), string(id)} {
		require.NotContains(t, string(raw), old)
	}
}

func TestDetailsOfATable(t *testing.T) {
	t.Parallel()
	agg := table.Blank()
	require.NoError(t, agg.Apply(table.Created{TableID: "tbl_1", Name: "Leads", Owner: "usr_1"}))
	text, owner := " Who we call ", kernel.UserID("usr_2")
	require.NoError(t, agg.Describe(table.Details{Description: &text, Owner: &owner}, table.Step{}))
	require.Equal(t, "Who we call", agg.Description())
	require.Equal(t, owner, agg.Owner())
	changed := agg.Pending()[0].(table.DetailsChanged)
	require.NoError(t, agg.Describe(table.Details{Description: &text}, table.Step{}))
	require.Len(t, agg.Pending(), 1, "nothing else is said")

	require.NoError(t, agg.DescribeBack(changed, false, table.Step{}))
	require.Equal(t, kernel.UserID("usr_1"), agg.Owner())
	require.Error(t, agg.DescribeBack(changed, false, table.Step{}), "it has been changed since")

	long := strings.Repeat("x", table.MaxDescription+1)
	require.Error(t, agg.Describe(table.Details{Description: &long}, table.Step{}))
	hidden := "a\x1bb"
	require.Error(t, agg.Describe(table.Details{Description: &hidden}, table.Step{}))
}
