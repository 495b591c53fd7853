package dataopscmd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/table"
)

// check says what the commit would lose, under the limits.
func (f *fixture) check(cmd dataopscmd.Commit, limits dataopscmd.Limits) dataopscmd.Report {
	f.t.Helper()
	cfg := f.config
	cfg.Limits = limits
	h, err := dataopscmd.New(cfg)
	require.NoError(f.t, err)
	checking, err := h.StartCheck(f.t.Context(), f.meta, cmd)
	require.NoError(f.t, err)
	defer checking.Close()
	report, err := checking.Run(f.t.Context(), func(float64) {})
	require.NoError(f.t, err)
	return report
}

// lossyLines counts the lines of which something was lost.
func (f *fixture) lossyLines(s dataops.Summary) int64 {
	lines := map[int64]bool{}
	for _, p := range f.problems(s.ID) {
		lines[p.Line] = true
	}
	return int64(len(lines))
}

const filled = "Key,N,Stage,Email,Day\na,1,hot,a@example.org,2026-01-01\nb,2,cold,b@example.org,2026-01-02\nb,3,hot,c@example.org,2026-01-03\nd,4,cold,,\n"

// filledTable makes a table with rows, two of which have one key, and a column of options.
func (f *fixture) filledTable() dataops.Summary {
	f.t.Helper()
	up := f.upload("filled.csv", filled)
	f.commit(dataopscmd.Commit{ImportID: up.ID, NewTable: "T", Mapping: []dataopscmd.Mapping{
		{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "Key", Type: table.Text}},
		{Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "N", Type: table.Number}},
		{Index: 2, NewColumn: &dataopscmd.NewColumn{Name: "Stage", Type: table.Select}},
		{Index: 3, NewColumn: &dataopscmd.NewColumn{Name: "Email", Type: table.Email}},
		{Index: 4, NewColumn: &dataopscmd.NewColumn{Name: "Day", Type: table.Date}},
	}})
	return f.run(up.ID, dataopscmd.Limits{})
}

func TestACheckKnowsTheTable(t *testing.T) {
	t.Parallel()
	const body = "Key,N,Stage,Email,Day\na,5,hot,a@example.org,2026-02-01\nb,6,hot,,\n,7,hot,,\ne,many,hot,,\nf,8,new,,\ng,9,hot,nobody,\nh,10,hot,,\na,11,cold,,\n"
	for name, c := range map[string]struct {
		cmd                   dataopscmd.Commit
		rows                  int64 // that the table may have
		lossy, failed, beyond int64
		columns               string
	}{
		"added":                  {dataopscmd.Commit{}, 0, 3, 3, 0, "N Stage Email"},
		"added, rows kept":       {dataopscmd.Commit{KeepRows: true}, 0, 3, 0, 0, "N Stage Email"},
		"added with new options": {dataopscmd.Commit{CreateOptions: true}, 0, 2, 2, 0, "N Email"},
		"added to a full table":  {dataopscmd.Commit{}, 6, 6, 6, 3, "N Stage Email"},
		"by key":                 {dataopscmd.Commit{Mode: dataops.Upsert, KeyColumns: []string{"Key"}}, 0, 5, 5, 0, "N Stage Email Key"},
		"by key, rows kept":      {dataopscmd.Commit{Mode: dataops.Upsert, KeyColumns: []string{"Key"}, KeepRows: true}, 0, 5, 2, 0, "N Stage Email Key"},
		"by key into a full one": {dataopscmd.Commit{Mode: dataops.Upsert, KeyColumns: []string{"Key"}, KeepRows: true}, 5, 6, 5, 3, "N Stage Email Key"},
		"by two keys":            {dataopscmd.Commit{Mode: dataops.Upsert, KeyColumns: []string{"Key", "Stage"}}, 0, 4, 4, 0, "N Stage Email Key, Stage"},
	} {
		for _, batch := range []int{0, 5} {
			f := newFixture(t)
			there := f.filledTable()
			up := f.upload("a.csv", body)
			cmd, limits := c.cmd, dataopscmd.Limits{Rows: c.rows, BatchCells: batch}
			cmd.ImportID, cmd.TableID = up.ID, there.TableID
			said := f.check(cmd, limits)
			var columns []string
			for _, col := range said.Columns {
				columns = append(columns, col.Column)
			}
			f.commit(cmd)
			done := f.run(up.ID, limits)
			require.Equal(t, [3]int64{c.lossy, c.failed, c.beyond}, [3]int64{said.Lossy, said.Failed, said.Full}, "%s: %v", name, f.problems(up.ID))
			require.ElementsMatch(t, strings.Split(strings.ReplaceAll(c.columns, "Key, Stage", "Key,Stage"), " "), strings.Split(strings.ReplaceAll(strings.Join(columns, "|"), "Key, Stage", "Key,Stage"), "|"), name)
			require.Equal(t, [2]int64{said.Lossy, said.Failed}, [2]int64{f.lossyLines(done), done.Counts.Failed}, name)
		}
	}
}

// A file of any rows, into a table of any rows: the check says what the import then loses.
func TestTheCheckSaysWhatTheCommitLoses(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := newFixture(t)
		there := f.filledTable()
		var body strings.Builder
		body.WriteString("Key,N,Stage,Email,Day,Extra\n")
		cell := func(label string, values ...string) string { return rapid.SampledFrom(values).Draw(rt, label) }
		for i := range rapid.IntRange(1, 25).Draw(rt, "rows") {
			fmt.Fprintf(&body, "%s,%s,%s,%s,%s,%s%s\n", cell("key", "a", "b", "", "k1", "k2", fmt.Sprint("n", i)), cell("n", "1", "x", "", "1e400", "2.5"), cell("stage", "hot", "cold", "", "o1", fmt.Sprint("p", i), strings.Repeat("long", 40)),
				cell("email", "", "a@example.org", "nobody"), cell("day", "", "2026-01-01", "2026-02-30"), cell("extra", "", "x"), cell("surplus", "", "", "", ",y", `,"open`))
		}
		up := f.upload("a.csv", body.String())
		if len(up.Columns) != 6 || !up.Detected.Header {
			rt.Skip("a quote that is never closed made another table of it")
		}
		cmd := dataopscmd.Commit{ImportID: up.ID, TableID: there.TableID, KeepRows: rapid.Bool().Draw(rt, "keep"), CreateOptions: rapid.Bool().Draw(rt, "options")}
		if cmd.Mode = rapid.SampledFrom([]dataops.Mode{dataops.Append, dataops.Upsert, dataops.AddNew}).Draw(rt, "mode"); cmd.Mode.Keyed() {
			cmd.KeyColumns = []string{"Key"}
		}
		mapped := func(i int) bool { return rapid.IntRange(0, 9).Draw(rt, fmt.Sprint("left out", i)) > 0 }
		for i, c := range f.schema(there.TableID).Columns {
			if i == 0 || mapped(i) {
				cmd.Mapping = append(cmd.Mapping, dataopscmd.Mapping{Index: i, ColumnID: c.ID})
			}
		}
		if mapped(5) {
			cmd.Mapping = append(cmd.Mapping, dataopscmd.Mapping{Index: 5, NewColumn: &dataopscmd.NewColumn{Name: "Extra", Type: table.Boolean}})
		}
		limits := dataopscmd.Limits{BatchCells: rapid.SampledFrom([]int{0, 6, 20}).Draw(rt, "batch"), Rows: rapid.SampledFrom([]int64{0, 4, 6, 12}).Draw(rt, "room")}
		said := f.check(cmd, limits)
		f.commit(cmd)
		done := f.run(up.ID, limits)
		if said.Lossy != f.lossyLines(done) || said.Failed != done.Counts.Failed || said.Rows > done.Counts.Rows {
			rt.Fatalf("said %+v, lost %d lines, %+v: %v\n%s", said, f.lossyLines(done), done.Counts, f.problems(up.ID), body.String())
		}
	})
}

func TestACheckCountsTheOptionsOfAllBatches(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	there := f.filledTable()
	var body strings.Builder
	body.WriteString("Stage,N\n")
	for i := range table.MaxOptions + 1 {
		fmt.Fprintf(&body, "option %d,1\n", i)
	}
	up := f.upload("a.csv", body.String())
	cmd := dataopscmd.Commit{ImportID: up.ID, TableID: there.TableID, CreateOptions: true}
	limits := dataopscmd.Limits{BatchCells: 100}
	said := f.check(cmd, limits)
	f.commit(cmd)
	done := f.run(up.ID, limits)
	require.EqualValues(t, 3, said.Lossy, "two options are there")
	require.Equal(t, said.Lossy, f.lossyLines(done))
}
