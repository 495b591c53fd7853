package tableapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// branched is a table with a branch.
type branched struct {
	*past
	id kernel.TableID
}

func newBranched(t *testing.T) *branched {
	t.Helper()
	b := &branched{past: newPast(t)}
	b.id = b.branch("What if")
	return b
}

func (b *branched) branch(name string) kernel.TableID {
	b.w.t.Helper()
	var made tablecmd.Branched
	b.call(http.MethodPost, b.path("/branches"), m{"name": name}).ok(&made)
	require.Equal(b.w.t, name, made.Name)
	return made.ID
}

// at is a path of the table, or of the branch in its place.
func (b *branched) at(id kernel.TableID, rest string) string { return "/tables/" + string(id) + rest }

func (b *branched) on(rest string) string { return b.path("/branches/" + string(b.id) + rest) }

func (b *branched) write(id kernel.TableID, row kernel.RowID, column, value string) {
	b.w.t.Helper()
	b.call(http.MethodPatch, b.at(id, "/cells"), m{"edits": []m{{"row_id": row, "column_id": b.cols[column], "value": value}}}).ok(nil)
}

func (b *branched) batch(id kernel.TableID, ops ...m) []kernel.RowID {
	b.w.t.Helper()
	var out tablecmd.BatchedRows
	b.call(http.MethodPost, b.at(id, "/rows:batch"), m{"operations": ops}).ok(&out)
	rows := make([]kernel.RowID, len(out.Results))
	for i, r := range out.Results {
		rows[i] = r.RowID
	}
	return rows
}

// shown is what a table or branch shows: its rows by id, with the values of both columns.
func (b *branched) shown(id kernel.TableID) map[kernel.RowID]string {
	b.w.t.Helper()
	var rows []row
	b.call(http.MethodGet, b.at(id, "/rows?limit=1000"), nil).ok(&rows)
	var count struct{ Count int }
	b.call(http.MethodGet, b.at(id, "/rows:count"), nil).ok(&count)
	require.Len(b.w.t, rows, count.Count)
	out := map[kernel.RowID]string{}
	for _, r := range rows {
		name, size := "", ""
		_ = json.Unmarshal(r.Cells[kernel.ColumnID(b.cols["Name"])], &name)
		_ = json.Unmarshal(r.Cells[kernel.ColumnID(b.cols["Size"])], &size)
		out[r.ID] = name + "/" + size
	}
	return out
}

// merge merges the branch and returns how it went.
func (b *branched) merge(plan m) gridview.BranchMerge {
	b.w.t.Helper()
	b.call(http.MethodPost, b.on("/merge"), plan).ok(nil)
	require.NoError(b.w.t, tablecmd.NewMerges(b.w.handlers).Run(context.Background(), b.id, func(int) {}))
	return b.merged()
}

func (b *branched) merged() gridview.BranchMerge {
	b.w.t.Helper()
	head, err := b.w.log.Head(context.Background())
	require.NoError(b.w.t, err)
	b.last = strconv.FormatInt(head, 10)
	var list []gridview.Branch
	b.call(http.MethodGet, b.path("/branches"), nil).ok(&list)
	require.Len(b.w.t, list, 1)
	require.NotNil(b.w.t, list[0].Merge)
	return *list[0].Merge
}

func TestABranchBeginsAsItsTableIsAndGoesItsOwnWay(t *testing.T) {
	t.Parallel()
	b := newBranched(t)
	acme, beta := b.rows[0], b.rows[1]
	require.Equal(t, b.shown(b.tbl.ID), b.shown(b.id))

	b.write(b.tbl.ID, acme, "Name", "Acme Ltd")
	b.batch(b.tbl.ID, m{"op": "delete", "row_id": beta})
	b.insert(b.tbl, m{"Name": "Gamma"})
	require.Equal(t, map[kernel.RowID]string{acme: "Acme/10", beta: "Beta/20"}, b.shown(b.id), "what the table does is not seen on the branch")

	b.write(b.id, acme, "Size", "11")
	fresh := b.batch(b.id, m{"op": "insert", "cells": m{b.cols["Name"]: "Delta"}}, m{"op": "delete", "row_id": beta})
	require.Equal(t, map[kernel.RowID]string{acme: "Acme/11", fresh[0]: "Delta/"}, b.shown(b.id))
	require.Equal(t, "Acme Ltd/10", b.shown(b.tbl.ID)[acme], "nor the other way")

	b.call(http.MethodPost, b.at(b.id, "/undo"), m{}).ok(nil)
	require.Equal(t, map[kernel.RowID]string{acme: "Acme/11", beta: "Beta/20"}, b.shown(b.id))
	b.call(http.MethodPost, b.at(b.id, "/redo"), m{}).ok(nil)
	require.Equal(t, map[kernel.RowID]string{acme: "Acme/11", fresh[0]: "Delta/"}, b.shown(b.id))
	var tables []m
	b.call(http.MethodGet, "/tables", nil).ok(&tables)
	require.Len(t, tables, 1, "a branch is no table of the list")
}

func TestAChangeOfTheTablesColumnsLeavesABranchAsItWas(t *testing.T) {
	t.Parallel()
	b := newBranched(t)
	was := b.shown(b.id)
	size := b.path("/columns/" + b.cols["Size"])
	b.call(http.MethodPost, size+"/change-type", m{"type": "number"}).ok(nil)
	b.call(http.MethodDelete, b.path("/columns/"+b.cols["Name"]), nil).ok(nil)
	require.Equal(t, was, b.shown(b.id))
	b.write(b.id, b.rows[0], "Size", "huge")
	require.Equal(t, "Acme/huge", b.shown(b.id)[b.rows[0]])
	var n struct {
		Cells int64                  `json:"cells"`
		Left  []gridview.Unmergeable `json:"columns_left"`
	}
	b.call(http.MethodGet, b.on("/diff:count"), nil).ok(&n)
	require.Zero(t, n.Cells)
	require.Len(t, n.Left, 2, "both columns are told to stay out of a merge")
	b.call(http.MethodPost, b.on("/merge"), m{}).fails(http.StatusConflict, "NOTHING_TO_MERGE")
}

func TestWhatIsNotForBranchesIsRefused(t *testing.T) {
	t.Parallel()
	b := newBranched(t)
	for name, c := range map[string]struct {
		method, path string
		body         m
	}{
		"a column": {http.MethodPost, "/columns", m{"name": "More", "type": "text"}},
		"a view":   {http.MethodPost, "/views", m{"name": "Mine"}},
		"a branch": {http.MethodPost, "/branches", m{"name": "Further"}},
		"trash":    {http.MethodDelete, "", nil},
	} {
		a := b.call(c.method, b.at(b.id, c.path), c.body)
		require.Equal(t, http.StatusConflict, a.Status, name)
		require.Contains(t, string(a.Raw), "NOT_ON_BRANCH", name)
	}
	b.call(http.MethodDelete, b.on(""), nil).ok(nil)
	b.call(http.MethodGet, b.at(b.id, "/rows"), nil).fails(http.StatusNotFound, "NOT_FOUND")
	b.call(http.MethodGet, b.on("/diff"), nil).fails(http.StatusNotFound, "NOT_FOUND")
	var left int
	require.NoError(t, b.w.pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'rm_grid' AND c.relname ~ $1`, "^[tbsx]_"+short(b.id)).Scan(&left))
	require.Zero(t, left, "its storage is freed")
}

func short(id kernel.TableID) string {
	out := []byte(id[len("brn_"):])
	for i, c := range out {
		if c >= 'A' && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return string(out)
}

func TestConflictsAreSettledAsAsked(t *testing.T) {
	t.Parallel()
	b := newBranched(t)
	acme, beta := b.rows[0], b.rows[1]
	for _, column := range []string{"Name", "Size"} {
		b.write(b.tbl.ID, acme, column, "main")
		b.write(b.id, acme, column, "branch")
	}
	b.write(b.id, beta, "Name", "Beta Ltd")
	b.batch(b.tbl.ID, m{"op": "delete", "row_id": beta})
	before := b.shown(b.tbl.ID)

	var list []gridview.Divergence
	b.call(http.MethodGet, b.on("/diff?conflicts=true"), nil).ok(&list)
	require.Len(t, list, 3)
	require.JSONEq(t, `["Acme","main","branch"]`, fmt.Sprintf("[%s,%s,%s]", list[0].Base, list[0].Table, list[0].Branch))
	require.Equal(t, gridview.RowRevived, list[2].Kind)
	b.call(http.MethodPost, b.on("/merge"), m{}).fails(http.StatusConflict, "CONFLICTS")

	done := b.merge(m{"conflicts": "table", "choices": []m{
		{"row_id": acme, "column_id": "Name", "keep": "value", "value": "by hand"}, {"row_id": beta, "keep": "branch"},
	}})
	require.Equal(t, table.MergeCompleted, done.State)
	require.EqualValues(t, 3, done.Done.Conflicts)
	require.Equal(t, map[kernel.RowID]string{acme: "by hand/main", beta: "Beta Ltd/20"}, b.shown(b.tbl.ID))
	b.call(http.MethodPost, b.path("/undo"), m{"steps": []string{string(done.ID)}}).ok(nil)
	require.Equal(t, before, b.shown(b.tbl.ID), "the merge is one step")
}

func TestAMergeThatWasBegunIsDoneOnce(t *testing.T) {
	t.Parallel()
	b := newBranched(t)
	b.write(b.id, b.rows[0], "Name", "Acme Ltd")
	b.call(http.MethodPost, b.on("/merge"), m{}).ok(nil)
	b.call(http.MethodPatch, b.at(b.id, "/cells"), m{"edits": []m{{"row_id": b.rows[0], "column_id": "Name", "value": "x"}}}).
		fails(http.StatusConflict, "BRANCH_MERGING")
	b.call(http.MethodDelete, b.on(""), nil).fails(http.StatusConflict, "BRANCH_MERGING")
	merges := tablecmd.NewMerges(b.w.handlers)
	require.NoError(t, merges.Lost(t.Context(), b.id), "a worker was killed")
	done := make(chan error, 3)
	for range 3 {
		go func() { done <- merges.Run(context.Background(), b.id, func(int) {}) }()
	}
	for range 3 {
		require.NoError(t, <-done)
	}
	require.EqualValues(t, 1, b.merged().Done.Cells)
	var history []m
	b.call(http.MethodGet, b.path("/cells/"+string(b.rows[0])+"/"+b.cols["Name"]+"/history"), nil).ok(&history)
	require.Len(t, history, 2, "the table has one more value, once")
	b.write(b.id, b.rows[0], "Size", "11")
	require.Equal(t, "Acme Ltd/11", b.shown(b.id)[b.rows[0]], "the branch goes on")
}

// TestMergingIsWhatTheSameEditsWouldBe holds a merge against its two properties: without changes of the table it leaves what the same edits
// would have left, and its undo leaves what was there before.
func TestMergingIsWhatTheSameEditsWouldBe(t *testing.T) {
	t.Parallel()
	b := newBranched(t)
	b.insert(b.tbl, m{"Name": "Gamma", "Size": "30"}, m{"Name": "Delta", "Size": "40"}, m{"Name": "Epsilon"})
	b.call(http.MethodDelete, b.on(""), nil).ok(nil)
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 7))
		before := b.shown(b.tbl.ID)
		b.id = b.branch(fmt.Sprint("Try ", seed))
		for range 6 {
			b.anything(random)
		}
		want := b.shown(b.id)
		b.call(http.MethodPost, b.on("/merge"), m{}) // refused where nothing is otherwise in the end
		require.NoError(t, tablecmd.NewMerges(b.w.handlers).Run(t.Context(), b.id, func(int) {}))
		require.Equal(t, want, b.settled(b.tbl.ID), "seed %d", seed)
		if len(want) == len(before) && fmt.Sprint(want) == fmt.Sprint(before) {
			b.call(http.MethodDelete, b.on(""), nil).ok(nil)
			continue
		}
		b.call(http.MethodPost, b.path("/undo"), m{"steps": []string{string(b.merged().ID)}}).ok(nil)
		require.Equal(t, before, b.shown(b.tbl.ID), "seed %d", seed)
		b.call(http.MethodPost, b.path("/redo"), m{}).ok(nil)
		require.Equal(t, want, b.shown(b.tbl.ID), "seed %d", seed)
		b.call(http.MethodDelete, b.on(""), nil).ok(nil)
	}
}

// settled is what a table shows once everything in the log is in it.
func (b *branched) settled(id kernel.TableID) map[kernel.RowID]string {
	head, err := b.w.log.Head(context.Background())
	require.NoError(b.w.t, err)
	b.last = strconv.FormatInt(head, 10)
	return b.shown(id)
}

// anything does something on the branch.
func (b *branched) anything(random *rand.Rand) {
	var rows []kernel.RowID
	for id := range b.shown(b.id) {
		rows = append(rows, id)
	}
	value := strconv.Itoa(random.IntN(5))
	switch n := random.IntN(6); {
	case n == 0 || len(rows) == 0:
		b.batch(b.id, m{"op": "insert", "cells": m{b.cols["Name"]: "new " + value}})
	case n == 1:
		b.batch(b.id, m{"op": "delete", "row_id": rows[0]})
	default:
		b.write(b.id, rows[random.IntN(len(rows))], []string{"Name", "Size"}[random.IntN(2)], value)
	}
}
