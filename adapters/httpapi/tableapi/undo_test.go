package tableapi_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/historyview"
)

// image is all that a person sees of a table, for comparison.
func (u *user) image(tbl tablecmd.Table) string {
	u.w.t.Helper()
	var now tablecmd.Table
	u.call("GET", "/tables/"+string(tbl.ID), nil).ok(&now)
	var out strings.Builder
	out.WriteString(now.Name + "\n")
	for _, c := range now.Columns {
		fmt.Fprintln(&out, c.ID, c.Name, c.Type)
	}
	for _, r := range u.rows(tbl, "?limit=1000") {
		cells, err := json.Marshal(r.Cells)
		require.NoError(u.w.t, err)
		fmt.Fprintln(&out, r.ID, string(cells))
	}
	return out.String()
}

// act does something that makes a step.
func act(t *rapid.T, u *user, tbl tablecmd.Table) bool {
	path := "/tables/" + string(tbl.ID)
	var now tablecmd.Table
	u.call("GET", path, nil).ok(&now)
	rows := u.rows(tbl, "?limit=1000")
	pick := func(n int, label string) int { return rapid.IntRange(0, n-1).Draw(t, label) }
	col := now.Columns[pick(len(now.Columns), "column")]
	switch kind := rapid.IntRange(0, 8).Draw(t, "kind"); {
	case kind == 0:
		u.insert(tbl, m{}, m{col.Name: sampleText(t, col.Type)})
	case kind == 1 && len(rows) > 0:
		var edits []m
		for range rapid.IntRange(1, 5).Draw(t, "edits") {
			edits = append(edits, m{"row_id": rows[pick(len(rows), "row")].ID, "column_id": col.ID, "value": sampleText(t, col.Type)})
		}
		u.call("PATCH", path+"/cells", m{"edits": edits}).ok(nil)
	case kind == 2 && len(rows) > 0:
		u.call("POST", path+"/rows:batch", m{"operations": []m{{"op": "delete", "row_id": rows[pick(len(rows), "row")].ID}}}).ok(nil)
	case kind == 3:
		return u.call("POST", path+"/columns", m{"name": rapid.SampledFrom([]string{"X", "Y", "Z"}).Draw(t, "name"), "type": "number"}).Body.Success
	case kind == 4 && len(now.Columns) > 1:
		u.call("DELETE", path+"/columns/"+string(col.ID), nil).ok(nil)
	case kind == 5:
		return u.call("PUT", path+"/columns/"+string(col.ID), m{"name": rapid.SampledFrom([]string{"P", "Q"}).Draw(t, "name")}).Header.Get("Morket-Position") != ""
	case kind == 6:
		to := rapid.SampledFrom([]string{"text", "number", "long_text"}).Draw(t, "type")
		return u.call("POST", path+"/columns/"+string(col.ID)+"/change-type", m{"type": to, "lossy": true}).Header.Get("Morket-Position") != ""
	case kind == 7 && len(rows) > 0:
		a := u.call("POST", path+"/rows:updateByFilter", m{"set": m{string(col.ID): sampleText(t, col.Type)}}).ok(nil)
		return a.Header.Get("Morket-Position") != ""
	case kind == 8:
		return u.call("POST", path+"/columns/"+string(col.ID)+"/duplicate", m{"name": col.Name + "2", "with_values": true}).Body.Success
	default:
		return false
	}
	return true
}

func sampleText(t *rapid.T, typ table.Type) any {
	if typ == table.Number {
		return rapid.SampledFrom([]any{nil, 1, 2.5, -3}).Draw(t, "number")
	}
	return rapid.SampledFrom([]any{nil, "a", "b", "12", " c "}).Draw(t, "text")
}

func TestUndoTakesBackWhatWasDoneAndRedoDoesItAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	rapid.Check(t, func(t *rapid.T) {
		tbl, _ := ann.table(m{"name": "A", "type": "text"}, m{"name": "B", "type": "number"})
		path := "/tables/" + string(tbl.ID)
		images := []string{ann.image(tbl)}
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			if act(t, ann, tbl) {
				images = append(images, ann.image(tbl))
			}
		}
		for range 2 {
			for i := len(images) - 2; i >= 0; i-- {
				var out tablecmd.Undone
				ann.call("POST", path+"/undo", nil).ok(&out)
				require.Empty(t, out.Conflicts)
				require.Equal(t, images[i], ann.image(tbl), "after undo to %d", i)
			}
			ann.call("POST", path+"/undo", nil).fails(409, "NOTHING_TO_UNDO")
			for i := 1; i < len(images); i++ {
				var out tablecmd.Undone
				ann.call("POST", path+"/redo", nil).ok(&out)
				require.Empty(t, out.Conflicts)
				require.Equal(t, images[i], ann.image(tbl), "after redo to %d", i)
			}
		}
	})
}

func TestUndoLeavesAloneWhatOthersChangedSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	bob := w.joinIn("Bob", kernel.RoleMember, ann.ws)
	tbl, cols := ann.table(m{"name": "A", "type": "text"})
	path := "/tables/" + string(tbl.ID)
	ids := ann.insert(tbl, m{"A": "1"}, m{"A": "2"})
	ann.call("PATCH", path+"/cells", m{"edits": []m{{"row_id": ids[0], "column_id": "A", "value": "x"}, {"row_id": ids[1], "column_id": "A", "value": "y"}}}).ok(nil)
	bob.edit(tbl, ids[0], cols["A"], "bob's").ok(nil)
	ann.last = bob.last
	var out tablecmd.Undone
	ann.call("POST", path+"/undo", nil).ok(&out)
	require.Equal(t, 1, out.Cells)
	require.Equal(t, []tablecmd.Conflict{{RowID: ids[0], ColumnID: cols["A"].ID, Current: json.RawMessage(`"bob's"`), WouldBe: json.RawMessage(`"1"`), Reason: "the cell was changed since"}}, out.Conflicts)
	rows := ann.rows(tbl, "")
	require.Equal(t, []string{`"bob's"`, `"2"`}, []string{rows[0].text(cols["A"]), rows[1].text(cols["A"])})
	ann.edit(tbl, ids[0], cols["A"], "ann's").ok(nil)
	bob.edit(tbl, ids[0], cols["A"], "bob's again").ok(nil)
	ann.call("POST", path+"/undo", m{"force": true}).ok(&out)
	require.Equal(t, `"bob's"`, ann.rows(tbl, "")[0].text(cols["A"]))
}

func TestHistoryAndUndoOfImportsAndRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "A", "type": "text"}, m{"name": "E", "type": "email"})
	path := "/tables/" + string(tbl.ID)
	a, e := cols["A"].ID, cols["E"].ID
	row := kernel.RowID(w.ids.New(kernel.PrefixRow))
	user := w.people["Ann"].User
	put := func(stream string, actor kernel.ActorKind, events ...kernel.Event) {
		req, err := w.codec.Append(kernel.Meta{Actor: kernel.Actor{Kind: actor, ID: stream, OnBehalfOf: user}, Workspace: ann.ws}, nil, eventstore.At(eventstore.StreamID(stream), eventstore.Any, events...))
		require.NoError(t, err)
		done, err := w.log.Append(t.Context(), req)
		require.NoError(t, err)
		ann.last = strconv.FormatInt(done.Last, 10)
	}
	chunk := func(col kernel.ColumnID, v string) kernel.Chunk {
		return kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{col: {json.RawMessage(v)}}}
	}
	before := ann.image(tbl)
	put("import-imp_1", kernel.ActorImport, dataops.RowsAdded{ImportID: "imp_1", TableID: tbl.ID, Chunk: chunk(a, `"Acme"`)})
	put("run-run_1", kernel.ActorRun, enrichment.RunPageStarted{RunID: "run_1", TableID: tbl.ID, Rows: []kernel.RowID{row}, Columns: []kernel.ColumnID{e}})
	require.Equal(t, "running", ann.rows(tbl, "")[0].States[e].State)
	put("run-run_1", kernel.ActorRun, enrichment.RunAnswersRecorded{
		RunID: "run_1", TableID: tbl.ID, Chunk: chunk(e, `"a@acme.com"`), Marks: []enrichment.Mark{{RowID: row, ColumnID: e, State: enrichment.MarkValue}},
		Provenance: []enrichment.Provenance{{RowID: row, ColumnID: e, Provider: "hunter", CreditsMC: 1500, LatencyMS: 12}},
	})
	require.Empty(t, ann.rows(tbl, "")[0].States)
	ann.edit(tbl, row, cols["E"], "b@acme.com").ok(nil)

	var history []historyview.Entry
	ann.call("GET", path+"/rows/"+string(row)+"/history", nil).ok(&history)
	require.Len(t, history, 3)
	require.Equal(t, []table.Source{table.FromEdit, table.FromRun, table.FromImport}, []table.Source{history[0].Source, history[1].Source, history[2].Source})
	require.Equal(t, `"a@acme.com"`, string(history[0].Previous))
	require.Equal(t, "hunter", history[1].Provider)
	require.EqualValues(t, 1500, *history[1].Credits)
	require.EqualValues(t, 12, *history[1].Latency)
	require.Nil(t, history[0].Credits, "nobody was asked")

	var out tablecmd.Undone
	ann.call("POST", path+"/undo", nil).ok(&out)
	require.Equal(t, `"a@acme.com"`, ann.rows(tbl, "")[0].text(cols["E"]))
	ann.call("POST", path+"/undo", nil).ok(&out)
	require.Equal(t, "run_1", out.UndoneStep)
	require.Len(t, out.NotUndoable, 1)
	require.Contains(t, out.NotUndoable[0], "1.5 credits")
	require.Empty(t, ann.rows(tbl, "")[0].text(cols["E"]))
	ann.call("POST", path+"/undo", nil).ok(&out)
	require.Equal(t, before, ann.image(tbl))
	var stack struct{ Undo, Redo []tablecmd.StepRecord }
	ann.call("GET", path+"/undo-stack", nil).ok(&stack)
	require.Empty(t, stack.Undo)
	require.Len(t, stack.Redo, 3)
}

func TestAnImportKnowsThatItsTableTookItBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	tbl, cols := ann.table(m{"name": "A", "type": "text"})
	path := "/tables/" + string(tbl.ID)
	id := kernel.ImportID(w.ids.New(kernel.PrefixImport))
	rows := []kernel.RowID{kernel.RowID(w.ids.New(kernel.PrefixRow)), kernel.RowID(w.ids.New(kernel.PrefixRow))}
	req, err := w.codec.Append(kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorImport, ID: string(id), OnBehalfOf: w.people["Ann"].User}, Workspace: ann.ws}, nil,
		eventstore.At(eventstore.Stream(dataops.ImportStream, string(id)), eventstore.NoStream, dataops.Uploaded{ImportID: id, Workspace: ann.ws}, dataops.Started{ImportID: id, TableID: tbl.ID},
			dataops.RowsAdded{ImportID: id, TableID: tbl.ID, ChunkNo: 1, Chunk: kernel.Chunk{Rows: rows, Cols: map[kernel.ColumnID][]json.RawMessage{cols["A"].ID: {json.RawMessage(`"1"`), json.RawMessage(`"2"`)}}}},
			dataops.Completed{ImportID: id}))
	require.NoError(t, err)
	done, err := w.log.Append(t.Context(), req)
	require.NoError(t, err)
	ann.last = strconv.FormatInt(done.Last, 10)
	ann.edit(tbl, rows[1], cols["A"], "changed").ok(nil)
	imports := eventstore.NewRepo(dataops.ImportStream, w.log, w.codec, dataops.NewImport)
	summary := func() dataops.Summary {
		imp, _, err := imports.Load(t.Context(), string(id))
		require.NoError(t, err)
		return imp.Summary()
	}
	ann.call("POST", path+"/undo", m{"steps": []string{string(id)}}).ok(nil)
	require.Equal(t, dataops.StateUndone, summary().State)
	require.Equal(t, "1 row taken out of the table; kept: 1 row or cell changed since", summary().Undo.Message)
	require.Len(t, ann.rows(tbl, ""), 1)
	ann.call("POST", path+"/redo", m{"steps": []string{string(id)}}).ok(nil)
	require.Equal(t, dataops.StateCompleted, summary().State)
	require.Len(t, ann.rows(tbl, ""), 2)
}

func TestWhatWasUndoneCanBeRedoneUntilSomethingNewIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct {
		deeds string // edits, undos, redos
		redo  int
	}{
		"undone":                                   {"eeu", 1},
		"both undone":                              {"eeuu", 2},
		"done again":                               {"eeuur", 1},
		"something new":                            {"eeue", 0},
		"something new, undone too":                {"eeueu", 1},
		"two new things, undone too":               {"eeuueeuu", 2},
		"something new, undone and done again":     {"eueur", 0},
		"something new after what was done again":  {"eeuurueu", 1},
		"all undone after something new at a step": {"eeueuu", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ann := w.join("Ann "+name, kernel.RoleMember)
			tbl, cols := ann.table(m{"name": "A", "type": "text"})
			row := ann.insert(tbl, m{"A": "1"})[0]
			path := "/tables/" + string(tbl.ID)
			for i, deed := range c.deeds {
				switch deed {
				case 'e':
					ann.edit(tbl, row, cols["A"], strconv.Itoa(i)).ok(nil)
				case 'u':
					ann.call("POST", path+"/undo", nil).ok(nil)
				default:
					ann.call("POST", path+"/redo", nil).ok(nil)
				}
			}
			var stack struct{ Undo, Redo []tablecmd.StepRecord }
			ann.call("GET", path+"/undo-stack", nil).ok(&stack)
			require.Len(t, stack.Redo, c.redo)
			for range c.redo {
				ann.call("POST", path+"/redo", nil).ok(nil)
			}
			ann.call("POST", path+"/redo", nil).fails(409, "NOTHING_TO_REDO")
		})
	}
}

func TestAGestureOfSeveralRequestsIsOneStepAndForceWorksWithItsID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := w.join("Ann", kernel.RoleMember)
	bob := w.joinIn("Bob", kernel.RoleMember, ann.ws)
	tbl, cols := ann.table(m{"name": "A", "type": "text"})
	path := "/tables/" + string(tbl.ID)
	ids := ann.insert(tbl, m{"A": "1"}, m{"A": "2"})
	before := ann.image(tbl)

	ann.call("POST", path+"/columns", m{"name": "B", "type": "text"}, "Morket-Gesture", "paste-1").ok(nil)
	ann.call("PATCH", path+"/cells", m{"edits": []m{{"row_id": ids[0], "column_id": "B", "value": "x"}, {"row_id": ids[0], "column_id": "A", "value": "x"}}}, "Morket-Gesture", "paste-1").ok(nil)
	ann.call("POST", path+"/rows:batch", m{"operations": []m{{"op": "insert", "cells": m{"A": "3", "B": "3"}}}}, "Morket-Gesture", "paste-1").ok(nil)
	var stack struct{ Undo []tablecmd.StepRecord }
	ann.call("GET", path+"/undo-stack", nil).ok(&stack)
	require.Equal(t, []string{"Paste", "Write rows"}, []string{stack.Undo[0].Label, stack.Undo[1].Label})
	var out tablecmd.Undone
	ann.call("POST", path+"/undo", nil).ok(&out)
	require.Empty(t, out.NotUndoable)
	require.Equal(t, before, ann.image(tbl))
	ann.call("PATCH", path+"/cells", m{"edits": []m{}}, "Morket-Gesture", "with space").fails(400, "MALFORMED")

	ann.edit(tbl, ids[0], cols["A"], "ann's").ok(nil)
	bob.edit(tbl, ids[0], cols["A"], "bob's").ok(nil)
	ann.call("POST", path+"/undo", nil).ok(&out)
	require.Len(t, out.Conflicts, 1)
	ann.call("POST", path+"/undo", m{"steps": []string{out.UndoneStep}, "force": true}).ok(&out)
	require.Empty(t, out.Conflicts)
	require.Equal(t, `"1"`, ann.rows(tbl, "")[0].text(cols["A"]))
	ann.call("POST", path+"/undo", m{"steps": []string{out.UndoneStep}, "force": true}).fails(409, "ALREADY_UNDONE")
}
