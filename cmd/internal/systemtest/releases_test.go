package systemtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

// ofTheNextRelease is how a program has its read models, and what the next one's are.
const (
	ofThisRelease    = "return append(projectors(v.core.codec), v.analytics.projector, v.search.projector())"
	ofTheNextRelease = "return later(append(projectors(v.core.codec), v.analytics.projector, v.search.projector()))"
	later            = `
// furtherOn is a projector whose read model is a version further on.
type furtherOn struct{ projections.Projector }

func (f furtherOn) Version() int { return f.Projector.Version() + 1 }

func later(of []projections.Projector) []projections.Projector {
	for i, pr := range of {
		of[i] = furtherOn{pr}
	}
	return of
}
`
)

// nextRelease builds the program as its next release will be: with read models that are each a version further on. Only what depends on the
// list of them is compiled, since other tests run meanwhile.
func nextRelease(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	from, err := filepath.Abs("../boot/views.go")
	require.NoError(t, err)
	text, err := os.ReadFile(from)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), ofThisRelease), "where the program has its read models")
	to := filepath.Join(dir, "views.go")
	require.NoError(t, os.WriteFile(to, []byte(strings.Replace(string(text), ofThisRelease, ofTheNextRelease, 1)+later), 0o600))
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {from: to}})
	require.NoError(t, err)
	file, exe := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "next")
	require.NoError(t, os.WriteFile(file, overlay, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", exe, "github.com/morket/morket/cmd/morket").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return exe
}

// balancer hands requests to the processes in turn. A process that is taken out may be stopped then: what it was handed has been answered.
type balancer struct {
	mu   sync.Mutex
	at   []*backend
	turn int
	told map[string]int // how often a process refused and asked to try later, by code
}

// backend is a process as the balancer has it.
type backend struct {
	url    string
	handed sync.WaitGroup // requests that it has not answered yet
}

func newBalancer(servers ...*server) *balancer {
	b := &balancer{told: map[string]int{}}
	b.set(servers...)
	return b
}

// next is the process for a request, which the caller says the end of.
func (b *balancer) next() (url string, answered func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn++
	to := b.at[b.turn%len(b.at)]
	to.handed.Add(1)
	return to.url, to.handed.Done
}

// set has the servers answer from now on, and returns when the others have answered what they were handed.
func (b *balancer) set(servers ...*server) {
	b.mu.Lock()
	before := b.at
	b.at = nil
	for _, s := range servers {
		b.at = append(b.at, &backend{url: s.url})
	}
	b.mu.Unlock()
	for _, gone := range before {
		gone.handed.Wait()
	}
}

func (b *balancer) times(code string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.told[code]
}

// forNow are the codes of the documented 503s of a process that another release takes over from.
var forNow = []string{"READ_MODEL_TAKEN_OVER", "READ_MODEL_IS_MADE", "STALE"} //nolint:gochecknoglobals // read only

// reviser edits a cell and reads it again, of whichever process the balancer has for each request.
type reviser struct {
	client
	b     *balancer
	cells string // the path of the table's cells
	row   string // the path of the row
	made  atomic.Int64
	acks  []int64 // positions
}

// ask makes a request, again for as long as processes say that they can't answer it for now.
func (w *reviser) ask(ctx context.Context, method, path string, body any, headers ...string) (reply, error) {
	for {
		url, answered := w.b.next()
		w.base = url
		r, err := w.try(ctx, method, path, body, headers...)
		answered()
		switch {
		case err != nil:
			return r, err
		case r.Status == http.StatusServiceUnavailable && r.Error != nil && slices.Contains(forNow, r.Error.Code) && r.Header.Get("Retry-After") != "":
			w.b.mu.Lock()
			w.b.told[r.Error.Code]++
			w.b.mu.Unlock()
		case r.Status != http.StatusOK:
			return r, fmt.Errorf("%s %s: %d %.500s", method, path, r.Status, r.Raw)
		case !r.Meta.Stale:
			return r, nil
		}
		if err := kernel.Pause(ctx, pollEvery); err != nil {
			return r, err
		}
	}
}

func (w *reviser) work(ctx context.Context, row, column string, enough <-chan struct{}) error {
	for n := 0; ; n++ {
		select {
		case <-enough:
			return nil
		default:
		}
		value := fmt.Sprintf("edit %d", n)
		r, err := w.ask(ctx, http.MethodPatch, w.cells, edits(row, column, value), "Idempotency-Key", fmt.Sprintf("%s-%d", row, n))
		if err != nil {
			return err
		}
		w.wrote(r)
		w.acks = append(w.acks, w.at)
		if r, err = w.ask(ctx, http.MethodGet, w.row, nil); err != nil {
			return err
		}
		var got struct {
			Cells map[string]string `json:"cells"`
		}
		if err := json.Unmarshal(r.Data, &got); err != nil || got.Cells[column] != value {
			return fmt.Errorf("after %q was acknowledged the cell is %q (%w)", value, got.Cells[column], err)
		}
		w.made.Add(1)
	}
}

// A rolling upgrade of a grown installation: processes of two releases serve one database while people work and an import is under way.
// What the earlier one's projector no longer keeps up the later one takes over, and the earlier one's other processes say so.
func TestTwoReleasesServeAtOnce(t *testing.T) {
	t.Parallel()
	next := nextRelease(t)
	own := besideItsPostgres(t)
	env := append(slices.Concat(external(t), own), "S3_URL="+bucket(t))
	front, back, later := newServer(t, env...), newServer(t, env...), newServer(t, env...)
	front.args, back.args = []string{"serve", "--roles", "api"}, []string{"serve", "--roles", "relay,projector,worker"}
	later.exe = next
	back.start()
	front.start()
	c := signUp(t, front)
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Edited", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	insert := map[string]any{"op": "insert", "cells": map[string]any{"Name": "first"}}
	c.call(http.StatusOK, http.MethodPost, c.ws+"/tables/"+table.ID+"/rows:batch", map[string]any{"operations": []any{insert, insert, insert}})
	rows, column := c.rows(table.ID, "limit=3"), table.column("Name")

	b := newBalancer(front)
	ctx, end := context.WithCancelCause(t.Context())
	defer end(nil)
	enough := make(chan struct{})
	var work sync.WaitGroup
	var writers []*reviser
	for _, r := range rows {
		w := &reviser{client: *c, b: b, cells: c.ws + "/tables/" + table.ID + "/cells", row: c.ws + "/tables/" + table.ID + "/rows/" + r.ID}
		writers = append(writers, w)
		work.Go(func() {
			if err := w.work(ctx, r.ID, column, enough); err != nil {
				end(err)
			}
		})
	}
	until := func(what string, holds func() bool) {
		t.Helper()
		front.eventually(doneWithin, what, func() bool {
			require.NoError(t, context.Cause(ctx))
			return holds()
		})
	}
	goOn := func() {
		t.Helper()
		for _, w := range writers {
			from := w.made.Load()
			until("people go on", func() bool { return w.made.Load() >= from+10 })
		}
	}
	goOn()
	i := begin(c, front, file(savedRecords))
	later.start()
	b.set(front, later)
	goOn()
	require.Zero(t, b.times("READ_MODEL_TAKEN_OVER"), "the earlier release's projector keeps its read models up")
	_, code := back.stop()
	require.Zero(t, code)
	until("the later release takes over", func() bool { return b.times("READ_MODEL_TAKEN_OVER") > 0 })
	goOn()
	until("the earlier release's process is to be replaced", func() bool {
		h, err := front.readiness()
		require.NoError(t, err)
		for _, d := range h.Dependencies {
			if strings.Contains(d.Message, "a later version of Morket has taken over") {
				return true
			}
		}
		return false
	})
	b.set(later)
	_, code = front.stop()
	require.Zero(t, code)
	goOn()
	close(enough)
	work.Wait()
	require.NoError(t, context.Cause(ctx))

	c.base = later.url
	i.c.base, i.s = later.url, later
	refused(t, i, savedRecords)
	nothingLost(t, c, writers)
	t.Logf("refused until later: %v", b.told)
	later.verify()
}

// nothingLost looks for each edit that was acknowledged in the feed.
func nothingLost(t *testing.T, c *client, writers []*reviser) {
	t.Helper()
	feed := map[int64]bool{}
	for _, p := range c.feed() {
		feed[p] = true
	}
	for n, w := range writers {
		for _, p := range w.acks {
			require.True(t, feed[p], "the edit at %d is lost", p)
		}
		t.Logf("writer %d: %d edits, each read again", n, len(w.acks))
	}
}
