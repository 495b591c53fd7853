package livestream_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/domain/comment"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

var update = flag.Bool("update", false, "write the samples that the interface's tests read") //nolint:gochecknoglobals // a flag of the test

// samples make a patch of every kind.
func samples() []struct {
	stream string
	event  kernel.Event
} {
	chunk := kernel.Chunk{Rows: []kernel.RowID{"row_a", "row_b"}, Cols: map[kernel.ColumnID][]json.RawMessage{
		col: {json.RawMessage(`"x"`), json.RawMessage(`null`)}, "col_n": {json.RawMessage(`1234567890123456789`), json.RawMessage(`["a",{"b":[true]}]`)}, "col_nil": nil,
	}}
	cells, guess := []kernel.ColumnID{col}, 0.4
	return []struct {
		stream string
		event  kernel.Event
	}{
		{"cells-tbl_a", table.RowsInserted{TableID: tbl, Chunk: chunk}},
		{"cells-tbl_a", table.CellsEdited{TableID: tbl, Chunk: chunk}},
		{"cells-tbl_a", table.RowsDeleted{TableID: tbl, Rows: chunk.Rows}},
		{"cells-tbl_a", table.RowsRestored{TableID: tbl, Rows: chunk.Rows}},
		{"cells-tbl_a", table.RowsRestored{TableID: tbl}},
		{"table-tbl_a", table.Renamed{TableID: tbl, Name: "x"}},
		{"import-imp_1", dataops.RowsAdded{TableID: tbl, Chunk: chunk}},
		{"import-imp_1", dataops.RowsUpdated{TableID: tbl, Chunk: chunk}},
		{"run-run_1", enrichment.RunStarted{RunID: "run_1", TableID: tbl}},
		{"run-run_1", enrichment.RunPageStarted{RunID: "run_1", TableID: tbl, Rows: chunk.Rows, Columns: cells}},
		{"run-run_1", enrichment.RunAnswersRecorded{RunID: "run_1", TableID: tbl, Chunk: chunk, Marks: []enrichment.Mark{
			{RowID: "row_a", ColumnID: col, State: enrichment.MarkError, Message: "no answer"},
		}}},
		{"run-run_1", enrichment.RunAnswersRecorded{
			RunID: "run_1", TableID: tbl, Chunk: chunk, Marks: []enrichment.Mark{{RowID: "row_a", ColumnID: col, State: enrichment.MarkValue}},
			Provenance: []enrichment.Provenance{{RowID: "row_a", ColumnID: col, Provider: "guess", Confidence: &guess, VerifiedBy: []enrichment.Evidence{}}},
		}},
		{"comment-thr_1", comment.Added{
			Place: comment.Place{Table: tbl, Row: "row_a", Column: col}, Thread: "thr_1", ID: "cmt_1", Author: "usr_1", Sealed: []byte("secret"),
			Mentions: []kernel.UserID{"usr_2"},
		}},
		{"comment-thr_1", comment.Resolved{Place: comment.Place{Table: tbl, Row: "row_a", Column: col}, Thread: "thr_1", By: "usr_2"}},
		{"run-run_1", enrichment.RunFinished{State: enrichment.RunCompleted}},
	}
}

// TestEveryKindOfPatchIsKnownToTheInterface: what the server sends is of a kind, and has members, that the interface's generated reader
// knows; and the samples that the interface's own test parses are what the server sends.
func TestEveryKindOfPatchIsKnownToTheInterface(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{Replay: 1000})
	for _, s := range samples() {
		w.append(ours, s.stream, s.event)
	}
	w.append(ours, "cells-tbl_other", edit("tbl_other", "looked into"))
	w.run()
	screen := w.open(livestream.Reader{Workspace: ours, Table: tbl, Reached: []kernel.TableID{"tbl_other"}, After: 0})
	kinds, seen := livestream.Kinds(), map[string]bool{}
	var all []json.RawMessage
	for range len(samples()) + 1 {
		event := screen.next()
		data := json.RawMessage(event[len("patch "):])
		all = append(all, data)
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(data, &members))
		var kind string
		require.NoError(t, json.Unmarshal(members["kind"], &kind))
		require.Contains(t, kinds, kind, "add the kind to Kinds and make generate")
		seen[kind] = true
		for m := range members {
			require.Contains(t, append([]string{"position", "kind", "actor"}, kinds[kind]...), m, "of %s", kind)
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(kinds)), slices.Collect(maps.Keys(seen)), "every kind has a sample")
	text, err := json.MarshalIndent(all, "", "  ")
	require.NoError(t, err)
	path := filepath.Join("..", "..", "..", "ui", "src", "realtime", "patches.samples.json")
	if *update {
		require.NoError(t, os.WriteFile(path, append(text, '\n'), 0o600))
	}
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.JSONEq(t, string(kept), string(text), "go test ./adapters/httpapi/livestream -run Interface -update writes the samples anew")
}

func TestATableHearsOfWhatItsLookupsReach(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{Look: time.Millisecond, Heartbeat: time.Hour})
	w.log.whole = true
	const other = kernel.TableID("tbl_other")
	says := func(position int64) string { return fmt.Sprintf(`patch {"position":%d,"kind":"computed"}`, position) }
	missed := w.append(ours, "cells-tbl_other", edit(other, "secret"))
	w.run()
	s := w.open(livestream.Reader{Workspace: ours, Table: tbl, Reached: []kernel.TableID{other}, After: 0})
	require.Equal(t, says(missed), s.next(), "what was missed")
	require.Equal(t, says(w.append(ours, "cells-tbl_other", edit(other, "secret"))), s.next(), "it tells nothing of the other table")
	require.Equal(t, 1, w.hub.Clients())
	require.Equal(t, says(w.append(ours, "table-tbl_other", table.Trashed{TableID: other})), s.next())
	w.append(ours, "cells-tbl_a", edit(tbl, "on"))
	require.Equal(t, []string{"on"}, s.values(1), "the stream goes on when the other table goes")
}
