package dedup_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
)

// world is rows by their ids, as a table has them.
type world map[kernel.RowID]map[kernel.ColumnID]json.RawMessage

func (w world) clone() world {
	out := world{}
	for id, cells := range w {
		out[id] = map[kernel.ColumnID]json.RawMessage{}
		for c, v := range cells {
			out[id][c] = v
		}
	}
	return out
}

func (w world) row(id kernel.RowID) dedup.Row { return dedup.Row{ID: id, Values: w[id]} }

var columns = []kernel.ColumnID{"a", "b", "c", "d"} //nolint:gochecknoglobals // a table

func values(t *rapid.T, name string) json.RawMessage {
	return rapid.SampledFrom([]json.RawMessage{kernel.Null(), []byte(`"x"`), []byte(`"yy"`), []byte(`"zzz"`), []byte(`"x1"`)}).Draw(t, name)
}

// TestPartingTakesAMergeBack: whatever is merged by whatever rules, parting gives each row what it had; what was edited since in the row
// that stayed is in the row that the value was from, and the edits of its own cells stay.
func TestPartingTakesAMergeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := world{}
		var rows []dedup.Row
		for i := range rapid.IntRange(2, 5).Draw(t, "rows") {
			id := kernel.RowID(fmt.Sprintf("row_%d", i))
			before[id] = map[kernel.ColumnID]json.RawMessage{}
			changed := map[kernel.ColumnID]int64{}
			for _, c := range columns {
				before[id][c] = values(t, "value")
				changed[c] = int64(rapid.IntRange(1, 9).Draw(t, "changed"))
			}
			rows = append(rows, dedup.Row{ID: id, Values: before[id], Changed: changed})
		}
		plan := dedup.Plan{
			Survivor: rapid.SampledFrom(dedup.RowRules()).Draw(t, "survivor"),
			Default:  rapid.SampledFrom(dedup.FieldRules()[:5]).Draw(t, "default"),
		}
		choice := dedup.Choice{Fields: map[kernel.ColumnID]kernel.RowID{"a": rapid.SampledFrom(rows).Draw(t, "chosen").ID}}
		stays, taken := plan.Merge(choice, rows, columns)

		now := before.clone()
		origin := map[kernel.ColumnID]kernel.RowID{}
		for _, f := range taken {
			require.Equal(t, string(before[stays][f.Column]), string(f.Old))
			require.Equal(t, string(before[f.From][f.Column]), string(f.Value), "a value is what its row had")
			now[stays][f.Column], origin[f.Column] = f.Value, f.From
		}
		want := before.clone()
		for _, c := range columns {
			if !rapid.Bool().Draw(t, "edited") {
				continue
			}
			v := values(t, "edit")
			if !bytes.Equal(v, now[stays][c]) {
				to := stays
				if from, ok := origin[c]; ok {
					to = from
				}
				want[to][c] = v
			}
			now[stays][c] = v
		}
		back := map[kernel.RowID]dedup.Row{}
		for id := range before {
			if id != stays {
				back[id] = now.row(id)
			}
		}
		for _, s := range dedup.Part(now.row(stays), taken, back) {
			now[s.Row][s.Column] = s.Value
		}
		require.Equal(t, fmt.Sprint(want), fmt.Sprint(now))
	})
}

func TestRulesChooseValues(t *testing.T) {
	t.Parallel()
	text := func(s string) json.RawMessage { return json.RawMessage(strconv.Quote(s)) }
	rows := func() []dedup.Row {
		return []dedup.Row{
			{
				ID: "row_1", Values: map[kernel.ColumnID]json.RawMessage{"a": text("mid"), "s": text("import")},
				Changed: map[kernel.ColumnID]int64{"a": 5}, Confidence: map[kernel.ColumnID]float64{"a": 0.5},
			},
			{
				ID: "row_2", Values: map[kernel.ColumnID]json.RawMessage{"a": text("longest"), "s": text("list")},
				Changed: map[kernel.ColumnID]int64{"a": 1}, Confidence: map[kernel.ColumnID]float64{"a": 0.4},
			},
			{
				ID: "row_3", Values: map[kernel.ColumnID]json.RawMessage{"a": text("new"), "s": text("CRM")},
				Changed: map[kernel.ColumnID]int64{"a": 9}, Confidence: map[kernel.ColumnID]float64{"a": 0.9},
			},
			{ID: "row_4", Values: map[kernel.ColumnID]json.RawMessage{"a": kernel.Null()}, Changed: map[kernel.ColumnID]int64{"a": 99}},
		}
	}
	for _, c := range []struct {
		rule dedup.FieldRule
		want kernel.RowID
	}{
		{dedup.FieldRule{Rule: dedup.Survivor}, ""},
		{dedup.FieldRule{Rule: dedup.Newest}, "row_3"},
		{dedup.FieldRule{Rule: dedup.Oldest}, "row_2"},
		{dedup.FieldRule{Rule: dedup.Complete}, "row_2"},
		{dedup.FieldRule{Rule: dedup.Confident}, "row_3"},
		{dedup.FieldRule{Rule: dedup.Ranked, RankBy: "s", Ranks: []string{"crm", "list"}}, "row_3"},
	} {
		c.rule.ColumnID = "a"
		p := dedup.Plan{Survivor: dedup.Oldest, Default: dedup.Survivor, Fields: []dedup.FieldRule{c.rule}}
		stays, taken := p.Merge(dedup.Choice{}, rows(), []kernel.ColumnID{"a"})
		require.Equal(t, kernel.RowID("row_1"), stays)
		var from kernel.RowID
		if len(taken) > 0 {
			from = taken[0].From
		}
		require.Equal(t, c.want, from, "%s", c.rule.Rule)
	}
	stays, taken := dedup.Plan{Survivor: dedup.Newest, Default: dedup.Survivor}.Merge(dedup.Choice{}, rows(), []kernel.ColumnID{"a"})
	require.Equal(t, kernel.RowID("row_4"), stays)
	require.Equal(t, kernel.RowID("row_1"), taken[0].From, "an empty cell takes the first value that there is")
}
