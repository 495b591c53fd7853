package systemtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

var versionOf = regexp.MustCompile(`(Version\(\) int \{ return )(\d+)( \})`)

// nextRelease builds the program as its next release will be: with read models that are each a version further on.
func nextRelease(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	sources, err := filepath.Glob("../../../projections/*/*.go")
	require.NoError(t, err)
	overlay := map[string]map[string]string{"Replace": {}}
	for i, path := range sources {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		found := versionOf.FindSubmatch(text)
		if found == nil {
			continue
		}
		version, err := strconv.Atoi(string(found[2]))
		require.NoError(t, err)
		from, err := filepath.Abs(path)
		require.NoError(t, err)
		to := filepath.Join(dir, fmt.Sprintf("%d.go", i))
		require.NoError(t, os.WriteFile(to, versionOf.ReplaceAll(text, fmt.Appendf(nil, "${1}%d${3}", version+1)), 0o600))
		overlay["Replace"][from] = to
	}
	require.Greater(t, len(overlay["Replace"]), 10, "read models")
	text, err := json.Marshal(overlay)
	require.NoError(t, err)
	file, exe := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "next")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-overlay", file, "-o", exe, "github.com/morket/morket/cmd/morket").CombinedOutput()
	require.NoError(t, err, "%s", out)
	return exe
}

// balancer hands requests to the processes in turn.
type balancer struct {
	mu   sync.Mutex
	at   []string
	turn int
	told map[string]int // how often a process refused and asked to try later, by code
}

func (b *balancer) next() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn++
	return b.at[b.turn%len(b.at)]
}

func (b *balancer) set(servers ...*server) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at = nil
	for _, s := range servers {
		b.at = append(b.at, s.url)
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
		w.base = w.b.next()
		r, err := w.try(ctx, method, path, body, headers...)
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

	b := &balancer{told: map[string]int{}}
	b.set(front)
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
