package tablecmd_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// replaceAll calls until all is done, as one gesture of the user.
func (d *desk) replaceAll(user kernel.UserID, cmd tablecmd.ReplaceText) tablecmd.ReplacedText {
	m := meta(user)
	m.Gesture = "replace-1"
	cmd.Table = d.table
	var sum tablecmd.ReplacedText
	for {
		res, err := d.handlers.ReplaceText(context.Background(), m, cmd)
		require.NoError(d.t, err)
		sum.Cells += res.Value.Cells
		sum.Rows += res.Value.Rows
		sum.Refused += res.Value.Refused
		sum.Samples = append(sum.Samples, res.Value.Samples...)
		sum.Misfits = append(sum.Misfits, res.Value.Misfits...)
		if cmd.After = res.Value.Next; cmd.After == "" {
			return sum
		}
	}
}

func TestATextIsReplacedInTheColumnsThatAreAskedFor(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"A", "B"}, map[string]string{"A": "Acme Inc", "B": "inc"}, map[string]string{"A": "Ink"}, map[string]string{"B": "INC inc"})
	find := table.TextSearch{Text: "inc"}

	seen := d.replaceAll(ann, tablecmd.ReplaceText{Find: find, With: "Ltd", DryRun: true})
	require.Equal(t, []int{3, 2}, []int{seen.Cells, seen.Rows})
	require.Equal(t, tablecmd.ReplaceSample{Row: rows[0], Column: d.column("A").ID, Before: "Acme Inc", After: "Acme Ltd"}, seen.Samples[0])
	require.JSONEq(t, `"Acme Inc"`, d.value(rows[0], "A"), "a dry run changes nothing")

	done := d.replaceAll(ann, tablecmd.ReplaceText{Find: find, With: "Ltd", Columns: []string{"B"}})
	require.Equal(t, []int{2, 2}, []int{done.Cells, done.Rows})
	require.Equal(t, []string{`"Acme Inc"`, `"Ltd"`, `"Ltd Ltd"`}, []string{d.value(rows[0], "A"), d.value(rows[0], "B"), d.value(rows[2], "B")})
	require.Equal(t, "Find and replace", d.undo(ann).Label)
	require.Equal(t, []string{`"inc"`, `"INC inc"`}, []string{d.value(rows[0], "B"), d.value(rows[2], "B")})
}

func TestWhatAColumnWouldNotTakeStaysAndIsCounted(t *testing.T) {
	t.Parallel()
	d, rows := given(t, []string{"N"}, map[string]string{"N": "120"}, map[string]string{"N": "210"})
	d.retype(ann, "N", table.Number)

	done := d.replaceAll(ann, tablecmd.ReplaceText{Find: table.TextSearch{Text: "12"}, With: "x"})
	require.Equal(t, []int{0, 1}, []int{done.Cells, done.Refused})
	require.Contains(t, done.Misfits[0].Reason, "not a number")
	require.Equal(t, "120", d.value(rows[0], "N"))

	require.Equal(t, 2, d.replaceAll(ann, tablecmd.ReplaceText{Find: table.TextSearch{Text: "0"}, With: "5"}).Cells)
	require.Equal(t, []string{"125", "215"}, []string{d.value(rows[0], "N"), d.value(rows[1], "N")})
}

func TestARefusedReplacementSaysWhy(t *testing.T) {
	t.Parallel()
	d, _ := given(t, []string{"A"}, map[string]string{"A": "x"})
	for says, cmd := range map[string]tablecmd.ReplaceText{
		"write the text":  {},
		"at most 2000":    {Find: table.TextSearch{Text: "x"}, With: strings.Repeat("y", table.MaxSearchText+1)},
		"no column":       {Find: table.TextSearch{Text: "x"}, Columns: []string{"Nope"}},
		"not a row id":    {Find: table.TextSearch{Text: "x"}, After: "7"},
		"one of and, or,": {Find: table.TextSearch{Text: "x"}, Filter: []byte(`{}`)},
	} {
		cmd.Table = d.table
		_, err := d.handlers.ReplaceText(t.Context(), meta(ann), cmd)
		require.ErrorContains(t, err, says)
	}
}

// However many calls it takes, each cell is changed once, and one undo takes all of it back.
func TestAReplacementInManyCallsIsOneStep(t *testing.T) {
	t.Parallel()
	d, _ := given(t, []string{"A"})
	const n = tablecmd.ReplaceRows*2 + 7
	var list []map[string]string
	for i := range n {
		list = append(list, map[string]string{"A": fmt.Sprintf("a%d", i)})
		if len(list) == tablecmd.ReplaceRows {
			d.insert(ann, list...)
			list = nil
		}
	}
	d.insert(ann, list...)
	before := d.text()

	done := d.replaceAll(ann, tablecmd.ReplaceText{Find: table.TextSearch{Text: "a"}, With: "aa"})
	require.Equal(t, []int{n, n}, []int{done.Cells, done.Rows})
	require.NotContains(t, d.text(), "aaa")
	require.Equal(t, n, d.undo(ann).Cells)
	require.Equal(t, before, d.text())
}

func TestAReplacementDoesWhatThePatternSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("aAbB ä")), 1, 5, -1)
		var cells []map[string]string
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			cells = append(cells, map[string]string{"A": text.Draw(t, "a"), "B": text.Draw(t, "b")})
		}
		d, rows := given(t, []string{"A", "B"}, cells...)
		find := table.TextSearch{Text: text.Draw(t, "find"), MatchCase: rapid.Bool().Draw(t, "case"), WholeCell: rapid.Bool().Draw(t, "whole")}
		with := text.Draw(t, "with")
		p, err := find.Pattern()
		require.NoError(t, err)
		before := map[string]string{}
		for i, row := range rows {
			for _, c := range []string{"A", "B"} {
				now, _ := table.TextOf([]byte(d.value(row, c)))
				before[fmt.Sprint(i, c)] = now
			}
		}
		d.replaceAll(ann, tablecmd.ReplaceText{Find: find, With: with})
		for i, row := range rows {
			for _, c := range []string{"A", "B"} {
				now, _ := table.TextOf([]byte(d.value(row, c)))
				require.Equal(t, p.Replace(before[fmt.Sprint(i, c)], with), now)
			}
		}
	})
}
