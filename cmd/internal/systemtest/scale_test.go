package systemtest_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// cluster is an installation whose roles run in processes of their own, two of each.
type cluster struct {
	t                          *testing.T
	env                        []string
	apis, relays, views, flows [2]*server
}

// startCluster starts one process of each role, and then another. They share servers, but no disk.
func startCluster(t *testing.T, env []string) *cluster {
	t.Helper()
	c := &cluster{t: t, env: env}
	for i := range 2 {
		c.views[i] = c.start("projector")
		c.relays[i] = c.start("relay")
		c.flows[i] = c.start("worker")
		c.apis[i] = c.start("api")
	}
	return c
}

func (c *cluster) start(role string) *server {
	c.t.Helper()
	s := newServer(c.t, c.env...)
	s.args = []string{"serve", "--roles", role}
	s.start()
	return s
}

func (c *cluster) all() []*server {
	var all []*server
	for _, pair := range [][2]*server{c.apis, c.relays, c.flows, c.views} {
		all = append(all, pair[:]...)
	}
	return all
}

// leads reports whether the relay has said that it leads.
func leads(s *server) bool {
	text, err := os.ReadFile(s.log)
	return err == nil && strings.Contains(string(text), `"msg":"the relay leads"`)
}

// leader is the index of the relay that leads.
func (c *cluster) leader() int {
	c.t.Helper()
	found := -1
	c.relays[0].eventually(doneWithin, "a relay leads", func() bool {
		for i, r := range c.relays {
			if leads(r) {
				found = i
			}
		}
		return found >= 0
	})
	return found
}

// writer edits one row through whichever node answers, each edit with a key, and goes to the other node when one is gone.
type writer struct {
	editor
	nodes  [2]*client
	at     int
	moves  int // to the other node
	repeat int // of edits that had been made though the answer was lost
}

func (w *writer) edit(ctx context.Context, table, column string) error {
	n := len(w.acked)
	for attempt := range 2000 {
		c := w.nodes[w.at]
		r, err := c.try(ctx, http.MethodPatch, c.ws+"/tables/"+table+"/cells", edits(w.row, column, w.value(n)), "Idempotency-Key", w.key(n))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && r.Status == http.StatusOK:
			if attempt > 0 && r.Header.Get("Idempotent-Replayed") == "true" {
				w.repeat++
			}
			c.wrote(r)
			w.acked = append(w.acked, true)
			w.at = 1 - w.at // by turns
			return nil
		case err == nil && r.Status != http.StatusServiceUnavailable:
			return fmt.Errorf("edit %d: %d %s", n, r.Status, r.Raw)
		}
		w.at, w.moves = 1-w.at, w.moves+1
	}
	return fmt.Errorf("edit %d was never taken", n)
}

// writing is several writers at work, each a few times a second.
type writing struct {
	all    []*writer
	made   atomic.Int64
	enough chan struct{}
	done   sync.WaitGroup
}

func startWriting(t *testing.T, table, column string, rows []string, nodes [2]*client) *writing {
	t.Helper()
	p := &writing{enough: make(chan struct{})}
	for i, row := range rows {
		first, second := *nodes[0], *nodes[1] // a client is one person's
		w := &writer{editor: editor{row: row}, nodes: [2]*client{&first, &second}, at: i % 2}
		p.all = append(p.all, w)
		p.done.Go(func() {
			pace := time.NewTicker(30 * time.Millisecond)
			defer pace.Stop()
			for {
				if err := w.edit(t.Context(), table, column); err != nil {
					t.Errorf("writer %d: %v", i, err)
					return
				}
				p.made.Add(1)
				select {
				case <-p.enough:
					return
				case <-pace.C:
				}
			}
		})
	}
	return p
}

// stop ends the writers and checks that each edit was made exactly once, in order.
func (p *writing) stop(t *testing.T, reader *client, table, column string) {
	t.Helper()
	p.finish(reader)
	moves, repeats := 0, 0
	for _, w := range p.all {
		moves, repeats = moves+w.moves, repeats+w.repeat
		onceEach(t, reader, table, column, &w.editor)
	}
	t.Logf("%d edits; %d times the other node was asked instead; %d had been made without an answer", p.made.Load(), moves, repeats)
}

// finish ends the writers; what the reader reads from now on has all their edits.
func (p *writing) finish(reader *client) {
	close(p.enough)
	p.done.Wait()
	for _, w := range p.all {
		reader.at = max(reader.at, w.nodes[0].at, w.nodes[1].at)
	}
}

// jobInfo is what the tests need of the API's Job.
type jobInfo struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Counts struct {
		Total     int64 `json:"total"`
		Done      int64 `json:"done"`
		Succeeded int64 `json:"succeeded"`
	} `json:"counts"`
	Error string `json:"error"`
}

func bucket(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(need(t, "MORKET_TEST_S3_URL"))
	require.NoError(t, err)
	u.Path = "/system-" + strings.ToLower(rand.Text())
	return u.String()
}

// One after the other of each role is killed while everything is in use. Nothing is lost, doubled or refused for good, and
// the rest goes on.
func TestEveryRoleTwiceAndOneOfEachIsKilled(t *testing.T) {
	t.Parallel()
	const records, writers = 15_000, 4
	c := startCluster(t, append(grown(t), "S3_URL="+bucket(t), "REDIS_URL="+need(t, "MORKET_TEST_REDIS_URL")))
	front := signUp(t, c.apis[0])
	elsewhere := *front
	elsewhere.base = c.apis[1].url

	table := in[tableInfo](front, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Edited", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	name := table.column("Name")
	ids := insertRows(front, table.ID, writers+1)
	patches := watchCells(t, &elsewhere, table.ID)

	people := startWriting(t, table.ID, name, ids[:writers], [2]*client{front, &elsewhere})
	imported := begin(front, c.apis[0], file(records))
	imported.await("the import is under way", func(n importInfo) bool { return n.Progress > 0.05 })

	// The relay that leads.
	led := c.leader()
	c.relays[led].kill()
	began := time.Now()
	front.edit(table.ID, ids[writers], name, "after the leader")
	sees(t, patches, "after the leader")
	failover := time.Since(began)
	t.Logf("the other relay led and the other node's stream went on %s after the leader was killed", failover)
	require.Less(t, failover, 10*time.Second)
	c.relays[led] = c.start("relay")

	// A projector, and then the other one: whichever had the queues, somebody takes them over.
	for i := range c.views {
		c.views[i].kill()
		c.views[i] = c.start("projector")
	}
	// A worker, and then the other one: whichever carried the import.
	for i := range c.flows {
		c.flows[i].kill()
		c.flows[i] = c.start("worker")
	}
	done := imported.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	require.Contains(t, []string{"completed", "partially_completed"}, done.State)
	everyKeyOnce(t, front, done.TableID, records)

	ran := runCompanies(t, c, &elsewhere, done.TableID)
	require.Equal(t, done.Counts.Imported, ran.Counts.Done)

	// A node that people are connected to.
	c.apis[0].kill()
	until := people.made.Load() + 40
	c.apis[1].eventually(doneWithin, "people go on at the other node", func() bool { return people.made.Load() >= until })
	c.apis[0] = c.start("api")
	again := elsewhere
	again.base = c.apis[0].url
	people.stop(t, &again, table.ID, name)
	keysAndSessionsCountEverywhere(t, &again, &elsewhere, table.ID, ids[writers], name)
	for _, s := range c.all() { // the live stream is still open; it must not hold up the stop
		took, code := s.stop()
		require.Zero(t, code, s.args)
		require.Less(t, took, 30*time.Second, "%v", s.args)
	}
	c.views[0].verify()
}

// insertRows makes n rows with an empty name.
func insertRows(c *client, table string, n int) []string {
	c.t.Helper()
	ops := make([]any, n)
	for i := range ops {
		ops[i] = map[string]any{"op": "insert", "cells": map[string]any{"Name": "row " + strconv.Itoa(i)}}
	}
	made := in[struct {
		Results []struct {
			RowID string `json:"row_id"`
		} `json:"results"`
	}](c, http.StatusOK, http.MethodPost, "/tables/"+table+"/rows:batch", map[string]any{"operations": ops})
	ids := make([]string, n)
	for i, r := range made.Results {
		ids[i] = r.RowID
	}
	return ids
}

// runCompanies enriches the whole table through one node while each worker is killed in turn.
func runCompanies(t *testing.T, c *cluster, via *client, table string) jobInfo {
	t.Helper()
	input := via.table(table).column("First")
	step := map[string]any{"provider": "company_name_normalise", "inputs": map[string]any{"company": map[string]any{"column": input}}, "output": "name"}
	col := in[column](via, http.StatusCreated, http.MethodPost, "/tables/"+table+"/enrichment-columns", map[string]any{
		"name": "Company", "type": "text", "config": map[string]any{"steps": []any{step}},
	})
	job := in[jobInfo](via, http.StatusCreated, http.MethodPost, "/enrichment-jobs", map[string]any{"table_id": table, "columns": []string{col.ID}}, "Idempotency-Key", "the-run")
	now := func(what string, want func(jobInfo) bool) jobInfo {
		c.apis[1].eventually(doneWithin, what, func() bool {
			job = in[jobInfo](via, http.StatusOK, http.MethodGet, "/enrichment-jobs/"+job.ID, nil)
			return want(job)
		})
		return job
	}
	for i := range c.flows {
		before := job.Counts.Done
		at := now("the run goes on", func(j jobInfo) bool { return j.Counts.Done > before || j.State == "completed" })
		t.Logf("killed worker %d at %d of %d", i, at.Counts.Done, at.Counts.Total)
		c.flows[i].kill()
		c.flows[i] = c.start("worker")
	}
	done := now("the run has ended", func(j jobInfo) bool { return j.State != "pending" && j.State != "running" })
	require.Equal(t, "completed", done.State, done.Error)
	require.Equal(t, done.Counts.Total, done.Counts.Succeeded)
	return done
}

// keysAndSessionsCountEverywhere: a repeated key gets the first node's answer from the second one, and a session closed at one
// is closed at the other.
func keysAndSessionsCountEverywhere(t *testing.T, one, other *client, table, row, column string) {
	t.Helper()
	path := one.ws + "/tables/" + table + "/cells"
	first := one.call(http.StatusOK, http.MethodPatch, path, edits(row, column, "once"), "Idempotency-Key", "shared-key")
	again := other.call(http.StatusOK, http.MethodPatch, path, edits(row, column, "once"), "Idempotency-Key", "shared-key")
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, first.Header.Get("Morket-Position"), again.Header.Get("Morket-Position"))
	require.JSONEq(t, string(first.Data), string(again.Data))
	other.call(http.StatusUnprocessableEntity, http.MethodPatch, path, edits(row, column, "twice"), "Idempotency-Key", "shared-key")

	other.call(http.StatusOK, http.MethodGet, "/api/v1/auth/me", nil)
	one.call(http.StatusOK, http.MethodPost, "/api/v1/auth/logout", nil)
	began := time.Now()
	for {
		r, err := other.try(t.Context(), http.MethodGet, "/api/v1/auth/me", nil)
		require.NoError(t, err)
		if r.Status == http.StatusUnauthorized {
			break
		}
		require.Equal(t, http.StatusOK, r.Status)
		require.Less(t, time.Since(began), 10*time.Second, "a closed session is still good at the other node")
	}
	t.Logf("the other node refused a closed session after %s", time.Since(began))
}

func TestNodesShareTheRateLimits(t *testing.T) {
	t.Parallel()
	const perMinute = 60
	c := &cluster{env: append(grown(t), "REDIS_URL="+need(t, "MORKET_TEST_REDIS_URL"), "MORKET_RATE_GENERAL="+strconv.Itoa(perMinute), "MORKET_ROLES=all")}
	for i := range c.apis {
		c.apis[i] = newServer(t, c.env...)
		c.apis[i].start()
	}
	people := [2]*client{signUp(t, c.apis[0]), nil}
	second := *people[0]
	second.base = c.apis[1].url
	people[1] = &second
	began := time.Now()
	allowed, refused := 0, 0
	for n := 0; refused < 10; n++ {
		r, err := people[n%2].try(t.Context(), http.MethodGet, "/api/v1/auth/me", nil)
		require.NoError(t, err)
		switch r.Status {
		case http.StatusOK:
			allowed++
		case http.StatusTooManyRequests:
			refused++
			require.NotEmpty(t, r.Header.Get("Retry-After"))
		default:
			t.Fatalf("%d %s", r.Status, r.Raw)
		}
	}
	back := int(time.Since(began)/time.Second) + 1 // what came back meanwhile
	require.LessOrEqual(t, allowed, perMinute+back)
	require.GreaterOrEqual(t, allowed, perMinute-5, "the budget less what signing up took")
	for _, s := range c.apis {
		h, err := s.readiness()
		require.NoError(t, err)
		require.Equal(t, "ok", h.Dependencies["redis"].State)
	}
}
