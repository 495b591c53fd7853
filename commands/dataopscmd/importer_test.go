package dataopscmd_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

const leads = "Name,Employees,Website\nAcme,12,https://acme.test\nBolt,30,https://bolt.test\nCog,7,https://cog.test\n"

func TestUploadTellsWhatTheFileIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.upload("leads.csv", leads)
	require.Equal(t, dataops.StateUploaded, imp.State)
	require.Equal(t, dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ",", Header: true}, imp.Detected)
	require.Equal(t, []dataops.FileColumn{
		{Index: 0, Name: "Name", SuggestedType: "text", Samples: []string{"Acme", "Bolt", "Cog"}},
		{Index: 1, Name: "Employees", SuggestedType: "number", Samples: []string{"12", "30", "7"}},
		{Index: 2, Name: "Website", SuggestedType: "url", Samples: []string{"https://acme.test", "https://bolt.test", "https://cog.test"}},
	}, imp.Columns)
	require.Equal(t, []string{"Acme", "12", "https://acme.test"}, imp.Preview[0])

	header := false
	res, err := f.handlers.Preview(t.Context(), f.meta, dataopscmd.Preview{ImportID: imp.ID, Choice: dataops.Choice{Header: &header}})
	require.NoError(t, err)
	require.Equal(t, dataops.StatePreviewed, res.Value.State)
	require.Equal(t, "Column 1", res.Value.Columns[0].Name)
	require.Equal(t, []string{"Name", "Employees", "Website"}, res.Value.Preview[0])
}

func TestImportIntoANewTable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.upload("leads.csv", leads)
	started := f.commit(dataopscmd.Commit{ImportID: imp.ID, NewTable: "Leads"})
	require.Equal(t, dataops.StateImporting, started.State)
	done := f.run(imp.ID, dataopscmd.Limits{})
	require.Equal(t, dataops.StateCompleted, done.State)
	require.Equal(t, dataops.Counts{Lines: 4, Rows: 3, Imported: 3}, done.Counts)
	require.InDelta(t, 1, done.Progress, 0)
	require.Equal(t, [][]string{{"Acme", "12", "https://acme.test"}, {"Bolt", "30", "https://bolt.test"}, {"Cog", "7", "https://cog.test"}}, f.cells(started.TableID))
	events, err := f.log.ReadStream(t.Context(), eventstore.Stream("table", string(started.TableID)), 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 1, "the table comes with its columns")
	start, err := f.log.ReadStream(t.Context(), eventstore.Stream("import", string(imp.ID)), 1, 1)
	require.NoError(t, err)
	require.Equal(t, events[0].Position+1, start[0].Position, "in the same append as the start of the import")
}

func TestBadRowsAreReportedAndTheRestIsImported(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body := "Name,Employees\nAcme,12\nBolt,many\n\"Cog\nWorks\",7\nDot,1,2\nEgg,\n\"Fig,3\nGum,9\nHat\"x,1\n,\n"
	imp := f.upload("leads.csv", body)
	mapping := []dataopscmd.Mapping{{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "Name", Type: table.Text}}, {Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "Employees", Type: table.Number}}}
	started := f.commit(dataopscmd.Commit{ImportID: imp.ID, NewTable: "Leads", Mapping: mapping})
	done := f.run(imp.ID, dataopscmd.Limits{BatchCells: 4})
	require.Equal(t, dataops.StatePartial, done.State)
	require.Equal(t, [][]string{{"Acme", "12"}, {"Cog\nWorks", "7"}, {"Egg", ""}, {"Gum", "9"}, {`Hat"x`, "1"}}, f.cells(started.TableID))
	require.Equal(t, dataops.Counts{Lines: 11, Rows: 9, Imported: 5, Skipped: 1, Failed: 3, Problems: 3}, done.Counts)
	var lines []string
	for _, p := range f.problems(imp.ID) {
		lines = append(lines, fmt.Sprintf("%d|%s|%s|%s", p.Line, p.Column, p.Value, p.Reason))
	}
	require.Equal(t, []string{
		`3|Employees|many|"many" is not a number; write it like 1234.5`,
		`6||Dot,1,2|has 3 fields, expected 2`,
		`8||"Fig,3|field 1 goes on after its closing quote`,
	}, lines)
}

func TestImportIntoAnExistingTableByName(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", leads).ID, NewTable: "Leads"})
	f.run(first.ID, dataopscmd.Limits{})
	again := f.upload("b.csv", "website;EMPLOYEES;Country\nhttps://dot.test;5;DE\n")
	started := f.commit(dataopscmd.Commit{ImportID: again.ID, TableID: first.TableID, Mode: dataops.Append})
	done := f.run(again.ID, dataopscmd.Limits{})
	require.Equal(t, dataops.StateCompleted, done.State)
	require.Equal(t, []string{"", "5", "https://dot.test"}, f.cells(started.TableID)[3])
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	first := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", leads).ID, NewTable: "Leads"})
	f.run(first.ID, dataopscmd.Limits{})
	again := f.upload("b.csv", "Name,Employees,Website\nBolt,31,\nDot,1,https://dot.test\nDot,2,\nAcme,12,https://acme.test\n,5,\nDot,3,\n")
	f.commit(dataopscmd.Commit{ImportID: again.ID, TableID: first.TableID, Mode: dataops.Upsert, KeyColumns: []string{"Name"}})
	done := f.run(again.ID, dataopscmd.Limits{BatchCells: 9})
	require.Equal(t, [][]string{
		{"Acme", "12", "https://acme.test"}, {"Bolt", "31", "https://bolt.test"}, {"Cog", "7", "https://cog.test"}, {"Dot", "3", "https://dot.test"},
	}, f.cells(first.TableID), "the later line wins, within a batch and across batches; an empty field changes nothing")
	require.Equal(t, dataops.Counts{Lines: 7, Rows: 6, Imported: 1, Updated: 2, Skipped: 2, Failed: 1, Problems: 1}, done.Counts)
	require.Equal(t, "the key is empty", f.problems(again.ID)[0].Reason)

	_, err := f.handlers.Undo(t.Context(), f.meta, dataopscmd.Undo{ImportID: again.ID})
	require.NoError(t, err)
	undone := f.run(again.ID, dataopscmd.Limits{UndoEvents: 1})
	require.Equal(t, dataops.StateUndone, undone.State)
	require.Equal(t, [][]string{{"Acme", "12", "https://acme.test"}, {"Bolt", "30", "https://bolt.test"}, {"Cog", "7", "https://cog.test"}}, f.cells(first.TableID))
}

func TestAddNew(t *testing.T) {
	t.Parallel()
	for _, batch := range []int{0, 9} {
		f := newFixture(t)
		first := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", leads).ID, NewTable: "Leads"})
		f.run(first.ID, dataopscmd.Limits{})
		again := f.upload("b.csv", "Name,Employees,Website\nBolt,31,\nDot,1,https://dot.test\nDot,2,\nAcme,12,https://acme.test\n,5,\n,6,\nDot,3,\n")
		f.commit(dataopscmd.Commit{ImportID: again.ID, TableID: first.TableID, Mode: dataops.AddNew, KeyColumns: []string{"Name"}})
		done := f.run(again.ID, dataopscmd.Limits{BatchCells: batch})
		require.ElementsMatch(t, [][]string{
			{"Acme", "12", "https://acme.test"}, {"Bolt", "30", "https://bolt.test"}, {"Cog", "7", "https://cog.test"}, {"Dot", "1", "https://dot.test"}, {"", "5", ""}, {"", "6", ""},
		}, f.cells(first.TableID), "rows that are there stay as they are, the first record with a key wins, and records without one are added")
		require.Equal(t, dataops.Counts{Lines: 8, Rows: 7, Imported: 3, Skipped: 4}, done.Counts)

		_, err := f.handlers.Undo(t.Context(), f.meta, dataopscmd.Undo{ImportID: again.ID})
		require.NoError(t, err)
		f.run(again.ID, dataopscmd.Limits{})
		require.Len(t, f.cells(first.TableID), 3)
	}
}

// put appends an event as somebody else would.
func (f *fixture) put(stream eventstore.StreamID, e kernel.Event) {
	f.t.Helper()
	req, err := f.codec.Append(f.meta, nil, eventstore.At(stream, eventstore.Any, e))
	require.NoError(f.t, err)
	_, err = f.log.Append(f.t.Context(), req)
	require.NoError(f.t, err)
}

func (f *fixture) undo(id kernel.ImportID, force bool) dataops.Summary {
	f.t.Helper()
	_, err := f.handlers.Undo(f.t.Context(), f.meta, dataopscmd.Undo{ImportID: id, Force: force})
	require.NoError(f.t, err)
	return f.run(id, dataopscmd.Limits{})
}

func TestUndoLeavesAloneWhatWasChangedSince(t *testing.T) {
	t.Parallel()
	for _, force := range []bool{false, true} {
		f := newFixture(t)
		imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", leads).ID, NewTable: "Leads"})
		f.run(imp.ID, dataopscmd.Limits{})
		rows, err := f.grid.live(t.Context(), imp.TableID)
		require.NoError(t, err)
		name := f.schema(imp.TableID).Columns[0].ID
		to := func(row kernel.RowID, v string) kernel.Chunk {
			return kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]jsonValue{name: {jsonValue(v)}}}
		}
		cells := eventstore.Stream(table.CellStream, string(imp.TableID))
		f.put(cells, table.CellsEdited{TableID: imp.TableID, Chunk: to(rows[1].ID, `"Bolt & Co"`), Source: table.FromEdit})
		f.put("run-run_1", enrichment.RunAnswersRecorded{RunID: "run_1", TableID: imp.TableID, Chunk: to(rows[2].ID, `"Cogs"`)})
		done := f.undo(imp.ID, force)
		require.Equal(t, dataops.StateUndone, done.State)
		if force {
			require.Empty(t, f.cells(imp.TableID))
			require.Equal(t, &dataops.UndoCounts{Removed: 3, Message: "3 rows taken out of the table"}, done.Undo)
			continue
		}
		require.Equal(t, [][]string{{"Bolt & Co", "30", "https://bolt.test"}, {"Cogs", "7", "https://cog.test"}}, f.cells(imp.TableID))
		require.Equal(t, &dataops.UndoCounts{
			Removed: 1, Kept: 2, KeptBy: dataops.Kept{Edited: 1, Enriched: 1},
			Message: "1 row taken out of the table; kept: 1 row edited since and 1 row that an enrichment has written to",
		}, done.Undo)

		// What was taken out comes back, and can be taken out again.
		back := table.RowsRestored{TableID: imp.TableID, Rows: []kernel.RowID{rows[0].ID}, Source: table.FromRedo, Step: table.Step{Step: "stp_1", Undoes: "undo_" + string(imp.ID)}}
		f.put(cells, back)
		f.put(eventstore.Stream(dataops.ImportStream, string(imp.ID)), dataops.Redone{ImportID: imp.ID})
		require.Equal(t, dataops.StateCompleted, f.run(imp.ID, dataopscmd.Limits{}).State)
		require.Equal(t, done.Undo, f.undo(imp.ID, false).Undo)
		require.Len(t, f.cells(imp.TableID), 2)
	}
}

func TestUndoOfAnImportWhoseTableIsGoneSaysSo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", leads).ID, NewTable: "Leads"})
	f.run(imp.ID, dataopscmd.Limits{})
	f.change(imp.TableID, (*table.Table).Trash)
	require.Equal(t, "0 rows taken out of the table: the table was deleted", f.undo(imp.ID, false).Undo.Message)
}

// bigFile has n good records with quoted line ends, and a broken one after every tenth.
func bigFile(n int) (body string, want [][]string) {
	var b strings.Builder
	b.WriteString("Name,Count\n")
	for i := range n {
		fmt.Fprintf(&b, "\"Row\n%d\",%d\n", i, i)
		want = append(want, []string{fmt.Sprintf("Row\n%d", i), strconv.Itoa(i)})
		if i%10 == 9 {
			b.WriteString("broken,x,y\n")
		}
	}
	return b.String(), want
}

func TestAKillBetweenAnyTwoAppendsLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	body, want := bigFile(60)
	for _, mode := range []dataops.Mode{dataops.Append, dataops.Upsert} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, answer lost %v", mode, after), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads", Mode: mode, KeyColumns: map[dataops.Mode][]string{dataops.Upsert: {"Name"}}[mode]})
				limits := dataopscmd.Limits{BatchCells: 10}
				kills := 0
				for step := 1; ; step++ {
					store := &mortal{Store: f.log, left: 1 + step%3, after: after}
					err := f.importer(store, limits).Run(t.Context(), imp.ID, func(dataops.Summary) {})
					if err == nil {
						break
					}
					require.ErrorIs(t, err, errKilled)
					kills++
					require.Less(t, step, 200, "it must get on")
				}
				require.Greater(t, kills, 5)
				require.Equal(t, want, f.cells(imp.TableID))
				require.Len(t, f.problems(imp.ID), 6)
				done := f.run(imp.ID, limits)
				require.Equal(t, dataops.Counts{Lines: 127, Rows: 66, Imported: 60, Failed: 6, Problems: 6}, done.Counts)
			})
		}
	}
}

func TestTwoImportersOfOneImportDoItOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, want := bigFile(200)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	errs := make(chan error)
	for range 3 {
		go func() {
			errs <- f.importer(f.log, dataopscmd.Limits{BatchCells: 8}).Run(t.Context(), imp.ID, func(dataops.Summary) {})
		}()
	}
	for range 3 {
		require.NoError(t, <-errs)
	}
	require.Equal(t, want, f.cells(imp.TableID))
}

func TestCancelStopsBetweenBatches(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, _ := bigFile(100)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	cancelled := false
	err := f.importer(f.log, dataopscmd.Limits{BatchCells: 20}).Run(t.Context(), imp.ID, func(s dataops.Summary) {
		if s.Counts.Imported >= 30 && !cancelled {
			cancelled = true
			_, err := f.handlers.Cancel(t.Context(), f.meta, dataopscmd.Cancel{ImportID: imp.ID})
			require.NoError(t, err)
		}
	})
	require.NoError(t, err)
	done := f.run(imp.ID, dataopscmd.Limits{})
	require.Equal(t, dataops.StateCancelled, done.State)
	n := len(f.cells(imp.TableID))
	require.EqualValues(t, n, done.Counts.Imported)
	require.Less(t, n, 60)
	_, err = f.config.Files.Open(t.Context(), "uploads/"+string(ws)+"/"+string(imp.ID), 0)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err), "the upload is not kept")
}

// during imports 100 rows and calls fn once, when some are in.
func during(t *testing.T, f *fixture, imp dataops.Summary, fn func()) dataops.Summary {
	t.Helper()
	called := false
	require.NoError(t, f.importer(f.log, dataopscmd.Limits{BatchCells: 20}).Run(t.Context(), imp.ID, func(s dataops.Summary) {
		if s.Counts.Imported >= 30 && !called {
			called = true
			fn()
		}
	}))
	require.True(t, called)
	return f.run(imp.ID, dataopscmd.Limits{})
}

func TestAColumnDeletedDuringTheImport(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, _ := bigFile(100)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	count := f.schema(imp.TableID).Columns[1].ID
	done := during(t, f, imp, func() {
		f.change(imp.TableID, func(t *table.Table) error { return t.DeleteColumn(count, table.Step{}) })
	})
	require.Equal(t, dataops.StatePartial, done.State)
	require.EqualValues(t, 100, done.Counts.Imported)
	notices := 0
	for _, p := range f.problems(imp.ID) {
		if p.Kept {
			notices++
			require.Equal(t, "Count", p.Column)
		}
	}
	require.Equal(t, 1, notices)
}

func TestATypeChangedDuringTheImport(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, _ := bigFile(100)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	done := during(t, f, imp, func() {
		f.change(imp.TableID, func(t *table.Table) error {
			old, c, err := t.Retype(table.Maker{IDs: f.ids, Clock: f.config.Clock}, f.schema(imp.TableID).Columns[1].ID, table.Retyped{Type: table.Text})
			if err != nil {
				return err
			}
			return t.ChangeType(old, c, table.RulesNow(nil), false, table.Step{})
		})
	})
	require.EqualValues(t, 100, done.Counts.Imported)
	rows, err := f.grid.live(t.Context(), imp.TableID)
	require.NoError(t, err)
	require.Equal(t, `"99"`, string(rows[99].Cells[f.schema(imp.TableID).Columns[1].ID]), "values are checked against the type in force")
}

func TestATableDeletedDuringTheImport(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	body, _ := bigFile(100)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", body).ID, NewTable: "Leads"})
	done := during(t, f, imp, func() { f.change(imp.TableID, (*table.Table).Trash) })
	require.Equal(t, dataops.StateFailed, done.State)
	require.Equal(t, "the table was deleted", done.Error)
}

func TestAFullTable(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", leads).ID, NewTable: "Leads"})
	done := f.run(imp.ID, dataopscmd.Limits{Rows: 2})
	require.Equal(t, dataops.StatePartial, done.State)
	require.Len(t, f.cells(imp.TableID), 2)
	require.Equal(t, dataops.Problem{Line: 4, Reason: "the table is full: it has the 2 rows that are possible"}, f.problems(imp.ID)[0])
}

func TestNewOptionsOfSelectColumns(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.upload("a.csv", "Name,Stage\na,New\nb,Won\nc,New\nd,Lost\n")
	started := f.commit(dataopscmd.Commit{ImportID: imp.ID, NewTable: "Deals", Mapping: []dataopscmd.Mapping{
		{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "Name", Type: table.Text}}, {Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "Stage", Type: table.Select}},
	}})
	done := f.run(imp.ID, dataopscmd.Limits{BatchCells: 2})
	require.Equal(t, dataops.StateCompleted, done.State)
	var names []string
	for _, o := range f.schema(started.TableID).Columns[1].Options {
		names = append(names, o.Name)
	}
	require.Equal(t, []string{"New", "Won", "Lost"}, names)
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	imp := f.upload("a.jsonl", `{" Company  name":"Acme","n":1.50,"tags":["x"],"ok":true}`+"\n"+`{"n":"2","ok":null}`+"\n"+`{"n":[]}`+"\n")
	require.Equal(t, "Company name", imp.Columns[0].Name)
	started := f.commit(dataopscmd.Commit{ImportID: imp.ID, NewTable: "Things", Mapping: []dataopscmd.Mapping{
		{Index: 0, NewColumn: &dataopscmd.NewColumn{Name: "Company", Type: table.Text}},
		{Index: 1, NewColumn: &dataopscmd.NewColumn{Name: "N", Type: table.Number}},
		{Index: 2, NewColumn: &dataopscmd.NewColumn{Name: "Tags", Type: table.JSON}},
		{Index: 3, NewColumn: &dataopscmd.NewColumn{Name: "OK", Type: table.Boolean}},
	}})
	done := f.run(imp.ID, dataopscmd.Limits{})
	require.Equal(t, dataops.Counts{Lines: 3, Rows: 3, Imported: 2, Failed: 1, Problems: 1}, done.Counts)
	rows := f.cells(started.TableID)
	require.Equal(t, []string{"Acme", "1.5", `["x"]`, "true"}, rows[0])
	require.Equal(t, []string{"", "2", "", ""}, rows[1])
}

func TestAnyFileKilledAnywhereIsImportedOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		f := newFixture(t)
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.StringMatching(`[a-z",\n]{1,6}`), 2, 2), 1, 40).Draw(rt, "rows")
		var b strings.Builder
		b.WriteString("A,B\n")
		for _, r := range rows {
			for i := range r {
				r[i] = "x" + r[i] // never blank
			}
			fmt.Fprintf(&b, "\"%s\",\"%s\"\n", strings.ReplaceAll(r[0], `"`, `""`), strings.ReplaceAll(r[1], `"`, `""`))
		}
		text := func(name string) *dataopscmd.NewColumn {
			return &dataopscmd.NewColumn{Name: name, Type: table.LongText}
		}
		header := true
		imp := f.commit(dataopscmd.Commit{ImportID: f.upload("a.csv", b.String()).ID, NewTable: "T", Header: &header, Mapping: []dataopscmd.Mapping{{Index: 0, NewColumn: text("A")}, {Index: 1, NewColumn: text("B")}}})
		limits := dataopscmd.Limits{BatchCells: rapid.IntRange(2, 20).Draw(rt, "batch")}
		for range rapid.IntRange(0, 6).Draw(rt, "kills") {
			store := &mortal{Store: f.log, left: rapid.IntRange(1, 6).Draw(rt, "lives"), after: rapid.Bool().Draw(rt, "answer lost")}
			if err := f.importer(store, limits).Run(t.Context(), imp.ID, func(dataops.Summary) {}); err != nil && !errors.Is(err, errKilled) {
				rt.Fatal(err)
			}
		}
		f.run(imp.ID, limits)
		have := f.cells(imp.TableID)
		if fmt.Sprint(have) != fmt.Sprint(rows) {
			rt.Fatalf("have %q, want %q", have, rows)
		}
	})
}
