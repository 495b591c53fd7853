package systemtest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// dedupJob is what the tests need of the API's Job.
type dedupJob struct {
	ID     string         `json:"id"`
	State  string         `json:"state"`
	Rows   int            `json:"rows"`
	Groups int            `json:"groups"`
	States map[string]int `json:"states"`
	Left   []struct {
		Group  int    `json:"group"`
		Reason string `json:"reason"`
	} `json:"left"`
	Reason string `json:"reason"`
}

type dupGroup struct {
	Number int     `json:"number"`
	Score  float64 `json:"score"`
	State  string  `json:"state"`
	Rows   []struct {
		ID      string         `json:"id"`
		Present bool           `json:"present"`
		Cells   map[string]any `json:"cells"`
	} `json:"rows"`
	Pairs []struct {
		Reasons []struct {
			Level string `json:"level"`
			Text  string `json:"text"`
		} `json:"reasons"`
	} `json:"pairs"`
}

// deduping is a workspace with a table of people.
type deduping struct {
	c     *client
	s     *server
	table tableInfo
}

func newDeduping(t *testing.T, people ...[3]string) *deduping {
	t.Helper()
	s := newServer(t)
	s.start()
	c := signUp(t, s)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "People", "columns": []any{
		map[string]any{"name": "Name", "type": "text"}, map[string]any{"name": "Email", "type": "email"}, map[string]any{"name": "City", "type": "text"},
	}})
	d := &deduping{c, s, table}
	d.add(people...)
	return d
}

const insertedAtOnce = 500

func (d *deduping) add(people ...[3]string) {
	d.c.t.Helper()
	var ops []any
	for _, p := range people {
		cells := map[string]any{"Name": p[0]}
		if p[1] != "" {
			cells["Email"] = p[1]
		}
		if p[2] != "" {
			cells["City"] = p[2]
		}
		ops = append(ops, map[string]any{"op": "insert", "cells": cells})
	}
	for part := range slices.Chunk(ops, insertedAtOnce) {
		d.c.call(http.StatusOK, http.MethodPost, d.c.ws+"/tables/"+d.table.ID+"/rows:batch", map[string]any{"operations": part})
	}
}

// path is one of the table's.
func (d *deduping) path(format string, args ...any) string {
	return "/tables/" + d.table.ID + fmt.Sprintf(format, args...)
}

// run begins a job and waits for its end.
func (d *deduping) run(path string, body map[string]any) dedupJob {
	d.c.t.Helper()
	return d.ended(in[dedupJob](d.c, http.StatusCreated, http.MethodPost, d.path("/%s", path), body).ID)
}

func (d *deduping) ended(id string) (job dedupJob) {
	d.c.t.Helper()
	d.s.eventually(doneWithin, "the job's end", func() bool {
		job = in[dedupJob](d.c, http.StatusOK, http.MethodGet, d.path("/duplicate-jobs/%s", id), nil)
		return job.State != "running"
	})
	return job
}

// counts waits until the table has so many rows; the grid may be behind the list of jobs.
func (d *deduping) counts(rows int64) {
	d.c.t.Helper()
	d.s.eventually(doneWithin, fmt.Sprint(rows, " rows"), func() bool { return d.c.count(d.table.ID) == rows })
}

func (d *deduping) scan() (dedupJob, []dupGroup) {
	d.c.t.Helper()
	job := d.run("duplicate-scans", map[string]any{"threshold": 0.8, "keys": []any{
		map[string]any{"column_id": d.table.column("Name"), "match": "name"}, map[string]any{"column_id": d.table.column("Email"), "match": "email"},
	}})
	require.Equal(d.c.t, "completed", job.State, "%+v", job)
	return job, in[[]dupGroup](d.c, http.StatusOK, http.MethodGet, d.path("/duplicate-jobs/%s/groups", job.ID), nil)
}

func (d *deduping) merge(scan string, plan map[string]any) dedupJob {
	d.c.t.Helper()
	body := map[string]any{"scan_id": scan, "survivor": "oldest", "default": "survivor"}
	for k, v := range plan {
		body[k] = v
	}
	return d.run("merges", body)
}

// people are the rows' names, addresses and cities, in the table's order.
func (d *deduping) people() [][3]string {
	d.c.t.Helper()
	var out [][3]string
	for _, r := range d.c.rows(d.table.ID, "") {
		var person [3]string
		for i, name := range []string{"Name", "Email", "City"} {
			if v, ok := r.Cells[d.table.column(name)]; ok {
				require.NoError(d.c.t, json.Unmarshal(v, &person[i]))
			}
		}
		out = append(out, person)
	}
	return out
}

// TestDuplicatesAreMergedAndPart goes the whole way: scan, decide, merge, edit, un-merge, undo.
func TestDuplicatesAreMergedAndPart(t *testing.T) {
	t.Parallel()
	d := newDeduping(t, [3]string{"Robert Miller", "rob.miller@acme.example", ""}, [3]string{"Bob Miller", "Rob.Miller@acme.example", "Bern"},
		[3]string{"Anna Keller", "anna@one.example", "Basel"}, [3]string{"Anna Keller", "anna@one.example", "Basel"},
		[3]string{"Anna Keller", "akeller@two.example", "Chur"})
	before := d.people()
	scan, groups := d.scan()
	require.Equal(t, 2, scan.Groups)
	require.Len(t, groups, 2)
	bob := groups[1]
	if len(groups[0].Rows) == 2 && groups[0].Rows[0].Cells[d.table.column("City")] != "Basel" {
		bob = groups[0]
	}
	require.Len(t, bob.Pairs, 1)
	require.Equal(t, []string{"short_name", "alike"}, []string{bob.Pairs[0].Reasons[0].Level, bob.Pairs[0].Reasons[1].Level})

	other := groups[0].Number + groups[1].Number - bob.Number
	d.c.call(http.StatusOK, http.MethodPut, d.c.ws+d.path("/duplicate-jobs/%s/groups/%d/decision", scan.ID, other), map[string]any{"decision": "distinct"})
	again, left := d.scan()
	require.Len(t, left, 1, "what is not the same is not told again")

	preview := in[struct {
		Groups int `json:"groups"`
		Rows   int `json:"rows"`
	}](d.c, http.StatusOK, http.MethodPost, d.path("/merge-preview"), map[string]any{
		"scan_id": again.ID, "min_score": 0.8, "survivor": "oldest", "default": "survivor",
	})
	require.Equal(t, [2]int{1, 1}, [2]int{preview.Groups, preview.Rows})
	merge := d.merge(again.ID, map[string]any{"min_score": 0.8})
	require.Equal(t, dedupJob{ID: merge.ID, State: "completed", Rows: 1, Groups: 1, Left: merge.Left}, merge)
	d.counts(4)
	require.Equal(t, [3]string{"Robert Miller", "rob.miller@acme.example", "Bern"}, d.people()[0], "the city is the other's")
	trash := in[[]any](d.c, http.StatusOK, http.MethodGet, d.path("/trash"), nil)
	require.Empty(t, trash, "what is merged is no trash")
	merged := in[[]struct {
		Group int `json:"group"`
		Into  struct {
			ID string `json:"id"`
		} `json:"into"`
		Hidden []struct {
			ID string `json:"id"`
		} `json:"hidden"`
	}](d.c, http.StatusOK, http.MethodGet, d.path("/merged-rows"), nil)
	require.Len(t, merged, 1)
	d.c.call(http.StatusUnprocessableEntity, http.MethodPost, d.c.ws+d.path("/rows:restore"), map[string]any{"row_ids": []string{merged[0].Hidden[0].ID}})
	require.Equal(t, "merge", d.c.history(d.table.ID, merged[0].Into.ID, d.table.column("City"))[0].Source)

	d.c.edit(d.table.ID, merged[0].Into.ID, d.table.column("City"), "Bienne")
	d.c.edit(d.table.ID, merged[0].Into.ID, d.table.column("Name"), "Robert E. Miller")
	part := d.run("unmerges", map[string]any{"merge_id": merge.ID})
	require.Equal(t, 1, part.Groups, "%+v", part)
	d.counts(int64(len(before)))
	after := d.people()
	require.Len(t, after, len(before))
	require.Equal(t, [3]string{"Robert E. Miller", "rob.miller@acme.example", ""}, after[0], "its own cells stay, what it took goes back")
	require.Equal(t, [3]string{"Bob Miller", "Rob.Miller@acme.example", "Bienne"}, after[1], "the edit follows the value's row")
	d.c.call(http.StatusOK, http.MethodPost, d.c.ws+d.path("/undo"), map[string]any{"steps": []string{part.ID}})
	d.counts(4)
	d.c.call(http.StatusOK, http.MethodPost, d.c.ws+d.path("/redo"), map[string]any{})
	d.counts(5)
}

// TestChainedMergesPartLastFirst: rows that were merged twice are taken apart from the last merge on, also by undo.
func TestChainedMergesPartLastFirst(t *testing.T) {
	t.Parallel()
	d := newDeduping(t, [3]string{"Anna Keller", "anna@one.example", ""}, [3]string{"Anna Keller", "anna@one.example", "Basel"})
	scan, _ := d.scan()
	first := d.merge(scan.ID, map[string]any{"min_score": 0.8})
	d.add([3]string{"Anna Keller", "anna@one.example", "Chur"})
	scan, _ = d.scan()
	second := d.merge(scan.ID, map[string]any{"min_score": 0.8, "survivor": "newest"})
	d.counts(1)
	refused := d.c.call(http.StatusConflict, http.MethodPost, d.c.ws+d.path("/unmerges"), map[string]any{"merge_id": first.ID, "groups": []int{1}})
	require.Contains(t, string(refused.Raw), second.ID)
	refused = d.c.call(http.StatusConflict, http.MethodPost, d.c.ws+d.path("/undo"), map[string]any{"steps": []string{first.ID}})
	require.Contains(t, string(refused.Raw), second.ID)
	d.run("unmerges", map[string]any{"merge_id": second.ID})
	part := d.run("unmerges", map[string]any{"merge_id": first.ID, "groups": []int{1}})
	require.Equal(t, 1, part.Groups, "%+v", part)
	d.counts(3)
}

// TestAKilledMergeEndsOnce: the server is killed while a merge is under way, and each group is merged once.
func TestAKilledMergeEndsOnce(t *testing.T) {
	t.Parallel()
	d := newDeduping(t)
	const groups = 1500
	var people [][3]string
	for i := range groups {
		email := fmt.Sprintf("p%d.%d@x.example", i*7919, i)
		people = append(people, [3]string{fmt.Sprintf("Given%d Family%d", i, i), email, "a"}, [3]string{fmt.Sprintf("Given%d Family%d", i, i), email, "b"})
	}
	d.add(people...)
	scan, _ := d.scan()
	require.Equal(t, groups, scan.Groups)
	id := in[dedupJob](d.c, http.StatusCreated, http.MethodPost, d.path("/merges"), map[string]any{
		"scan_id": scan.ID, "min_score": 0.8, "survivor": "oldest", "default": "survivor",
	}).ID
	d.s.eventually(doneWithin, "the first groups", func() bool {
		return in[dedupJob](d.c, http.StatusOK, http.MethodGet, d.path("/duplicate-jobs/%s", id), nil).Groups > 0
	})
	d.s.kill()
	d.s.start()
	job := d.ended(id)
	require.Equal(t, "completed", job.State)
	require.Equal(t, [2]int{groups, groups}, [2]int{job.Groups, job.Rows})
	d.counts(groups)
	part := d.run("unmerges", map[string]any{"merge_id": id})
	require.Equal(t, groups, part.Groups)
	d.counts(2 * groups)
}
