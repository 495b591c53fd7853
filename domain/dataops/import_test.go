package dataops_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

const id = kernel.ImportID("imp_01JZZZZZZZZZZZZZZZZZZZZZZZ")

func uploaded() dataops.Uploaded { return dataops.Uploaded{ImportID: id, Workspace: "ws_1", Size: 100} }

func started() dataops.Started { return dataops.Started{ImportID: id, TableID: "tbl_1"} }

func TestImport(t *testing.T) {
	t.Parallel()
	type events = []kernel.Event
	done := dataops.Completed{ImportID: id}
	start := func(i *dataops.Import) error {
		return i.Start("tbl_1", false, dataops.Plan{}, dataops.Mark{}, "")
	}
	for name, tc := range map[string]struct {
		given   events
		when    func(*dataops.Import) error
		then    events
		refused string
	}{
		"starts once uploaded":             {events{uploaded()}, start, events{started()}, ""},
		"starts once":                      {events{uploaded(), started()}, start, nil, "IMPORT_STATE"},
		"can't be previewed once started":  {events{uploaded(), started()}, func(i *dataops.Import) error { return i.Reanalyse(dataops.Previewed{Reading: dataops.Reading{}}) }, nil, "IMPORT_STATE"},
		"is cancelled before it starts":    {events{uploaded()}, (*dataops.Import).Cancel, events{dataops.Cancelled{ImportID: id}}, ""},
		"is cancelled while it runs":       {events{uploaded(), started()}, (*dataops.Import).Cancel, events{dataops.Cancelled{ImportID: id}}, ""},
		"is cancelled once":                {events{uploaded(), dataops.Cancelled{ImportID: id}}, (*dataops.Import).Cancel, nil, ""},
		"is not cancelled when done":       {events{uploaded(), started(), done}, (*dataops.Import).Cancel, nil, "IMPORT_STATE"},
		"does not go on when cancelled":    {events{uploaded(), started(), dataops.Cancelled{ImportID: id}}, (*dataops.Import).Complete, nil, "IMPORT_STATE"},
		"is undone when done":              {events{uploaded(), started(), done}, func(i *dataops.Import) error { return i.StartUndo(true) }, events{dataops.UndoStarted{ImportID: id, Force: true}}, ""},
		"is undone when cancelled":         {events{uploaded(), started(), dataops.Cancelled{ImportID: id}}, func(i *dataops.Import) error { return i.StartUndo(false) }, events{dataops.UndoStarted{ImportID: id}}, ""},
		"is not undone while it runs":      {events{uploaded(), started()}, func(i *dataops.Import) error { return i.StartUndo(false) }, nil, "IMPORT_STATE"},
		"is not undone when it never ran":  {events{uploaded(), dataops.Cancelled{ImportID: id}}, func(i *dataops.Import) error { return i.StartUndo(false) }, nil, "NOTHING_TO_UNDO"},
		"is undone once":                   {events{uploaded(), started(), done, dataops.UndoStarted{ImportID: id}}, func(i *dataops.Import) error { return i.StartUndo(false) }, nil, ""},
		"is not undone by itself":          {events{uploaded(), started(), done}, func(i *dataops.Import) error { return i.FinishUndo("") }, nil, "IMPORT_STATE"},
		"can be undone again when redone":  {events{uploaded(), started(), done, dataops.Undone{ImportID: id, Removed: 1}, dataops.Redone{ImportID: id}}, func(i *dataops.Import) error { return i.StartUndo(false) }, events{dataops.UndoStarted{ImportID: id}}, ""},
		"batches are numbered":             {events{uploaded(), started(), dataops.BatchRecorded{ImportID: id, Batch: 1}}, func(i *dataops.Import) error { return i.RecordBatch(dataops.Mark{Line: 2}, dataops.Counts{}, nil) }, events{dataops.BatchRecorded{ImportID: id, Batch: 2, Next: dataops.Mark{Line: 2}}}, ""},
		"with problems it is done in part": {events{uploaded(), started(), dataops.BatchRecorded{ImportID: id, Batch: 1, Counts: dataops.Counts{Problems: 1}}}, (*dataops.Import).Complete, events{dataops.Completed{ImportID: id, Counts: dataops.Counts{Problems: 1}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story := domaintest.Given(t, dataops.NewImport(), tc.given...).When(tc.when)
			switch {
			case tc.refused != "":
				story.ThenRefused(tc.refused)
			case tc.then == nil:
				story.ThenNothing()
			default:
				story.Then(tc.then...)
			}
		})
	}
}

func TestChunksComeInOrder(t *testing.T) {
	t.Parallel()
	i := dataops.NewImport()
	require.NoError(t, i.Apply(uploaded()))
	require.NoError(t, i.Apply(dataops.RowsAdded{ChunkNo: 1}))
	require.Error(t, i.Apply(dataops.RowsAdded{ChunkNo: 1}), "twice")
	require.Error(t, i.Apply(dataops.RowsUpdated{ChunkNo: 3}), "a gap")
	require.NoError(t, i.Apply(dataops.RowsUpdated{ChunkNo: 2}))
}

func TestASnapshotIsTheWholeState(t *testing.T) {
	t.Parallel()
	i := dataops.NewImport()
	for _, e := range []kernel.Event{uploaded(), started(), dataops.RowsAdded{ChunkNo: 1}, dataops.BatchRecorded{Batch: 1, Next: dataops.Mark{Line: 3, Offset: 9}, Dropped: []kernel.ColumnID{"col_1"}}} {
		require.NoError(t, i.Apply(e))
	}
	state, err := i.MarshalState()
	require.NoError(t, err)
	again := dataops.NewImport()
	require.NoError(t, again.UnmarshalState(state))
	require.Equal(t, i, again)
}

func TestEveryEventGoesThroughTheCodec(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(dataops.Events())
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(rapid.String().Draw(t, "text"))
		if err != nil {
			t.Fatal(err)
		}
		e := dataops.RowsAdded{
			ImportID: id, TableID: "tbl_1", ChunkNo: rapid.Int64().Draw(t, "chunk"), Next: dataops.Mark{Line: rapid.Int64().Draw(t, "line"), Offset: 7},
			Chunk: kernel.Chunk{Rows: []kernel.RowID{"row_1", "row_2"}, Cols: map[kernel.ColumnID][]json.RawMessage{"col_1": {text, kernel.Null()}, "col_2": {json.RawMessage(`{"a":["]"]}`), json.RawMessage("1.50")}}},
		}
		data, err := codec.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		back, err := codec.Decode(eventstore.Recorded{Type: data[0].Type, Data: data[0].Data})
		if err != nil {
			t.Fatal(err)
		}
		again, err := codec.Encode(back)
		if err != nil || string(again[0].Data) != string(data[0].Data) {
			t.Fatalf("%s became %s (%v)", data[0].Data, again[0].Data, err)
		}
	})
}

func TestSuggestType(t *testing.T) {
	t.Parallel()
	for want, values := range map[string][]string{
		"text":      {"12", "x"},
		"number":    {"12", "-1.5", "1,234.50", ""},
		"percent":   {"12%", "1.5 %"},
		"currency":  {"$1,200", "€ 3.50"},
		"boolean":   {"yes", "No", "TRUE"},
		"date":      {"2026-01-02"},
		"datetime":  {"2026-01-02T03:04:05Z", "2026-01-02 03:04+02:00"},
		"email":     {"a@b.test"},
		"url":       {"https://a.test/x?y"},
		"phone":     {"+49 30 123456"},
		"long_text": {"a\nb"},
	} {
		require.Equal(t, want, dataops.SuggestType(values), values)
	}
	require.Equal(t, "text", dataops.SuggestType([]string{"01234", "56789"}), "postcodes are no numbers")
	require.Equal(t, "text", dataops.SuggestType(nil))
}

func TestEscapedFormulasComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("'=+-@\t\ra ")), 0, 5, -1).Draw(t, "text")
		escaped := dataops.EscapeFormula(s)
		if dataops.UnescapeFormula(escaped) != s {
			t.Fatalf("%q became %q, then %q", s, escaped, dataops.UnescapeFormula(escaped))
		}
		if escaped != "" && escaped[0] != '\'' && escaped != s {
			t.Fatalf("%q became %q", s, escaped)
		}
	})
}

func TestAnUndoSaysWhatItKeptAndWhy(t *testing.T) {
	t.Parallel()
	for want, e := range map[string]dataops.Undone{
		"3 rows taken out of the table": {Removed: 3},
		"1 row taken out of the table and 2 cells given the value before; kept: 1 row edited since, 2 rows that an enrichment has written to and 1 cell changed since": {
			Removed: 1, Reverted: 2, Kept: 4, KeptBy: dataops.Kept{Edited: 1, Enriched: 2, Cells: 1},
		},
		"0 rows taken out of the table; kept: 2 rows or cells changed since": {Kept: 2},
		"0 rows taken out of the table: the table was deleted":               {Reason: "the table was deleted"},
	} {
		imp := dataops.NewImport()
		for _, ev := range []kernel.Event{uploaded(), started(), dataops.Completed{ImportID: id}, dataops.UndoStarted{ImportID: id}, e} {
			require.NoError(t, imp.Apply(ev))
		}
		require.Equal(t, want, imp.Summary().Undo.Message)
		require.NoError(t, imp.Apply(dataops.Redone{ImportID: id}))
		require.Equal(t, dataops.StateCompleted, imp.Summary().State)
		require.Nil(t, imp.Summary().Undo)
	}
}
