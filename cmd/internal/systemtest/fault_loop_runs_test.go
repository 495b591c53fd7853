//go:build fault

package systemtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/morket/morket/commands/quarantine"
)

const (
	callLasts   = 250 * time.Millisecond // so that a kill meets calls that are under way
	unknownKeys = "7"                    // the vendor knows nothing of keys that end so
)

// vendor is a provider that keeps a journal of what it was asked.
type vendor struct {
	mu      sync.Mutex
	journal map[string]int // calls by key
}

func newVendor(t *testing.T) (*vendor, string) {
	t.Helper()
	v := &vendor{journal: map[string]int{}}
	srv := httptest.NewServer(v)
	t.Cleanup(srv.Close)
	return v, srv.URL
}

// knows reports whether the vendor has an answer for the key.
func knows(key string) bool { return !strings.HasSuffix(key, unknownKeys) }

// ServeHTTP answers what it is asked about, after a while.
func (v *vendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	v.mu.Lock()
	v.journal[key]++
	v.mu.Unlock()
	if pause(r.Context(), callLasts) != nil {
		return
	}
	if !knows(key) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"answer":%q}`, "answer to "+key)
}

func (v *vendor) asked() map[string]int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return maps.Clone(v.journal)
}

// runner has records enriched by the desk, for a price, a few at a time.
type runner struct {
	*steady
	table tableInfo
	asks  map[string]string // enrichment columns, by method
	made  int
	jobs  []askedRun
	kills *atomic.Int64 // of Morket so far
}

// askedRun is a run that has ended, and the keys that it asked about.
type askedRun struct {
	id, method string
	keys       map[string]string // by row
	cancelled  bool
	state      string
	kills      int64 // of Morket meanwhile
}

func (w *runner) work(ctx context.Context, enough <-chan struct{}) error {
	for {
		select {
		case <-enough:
			return nil
		default:
		}
		if err := w.one(ctx); err != nil {
			return err
		}
	}
}

// one makes rows and has them asked about, and requires that the run ends.
func (w *runner) one(ctx context.Context) error {
	method := pick(w.rng, sortedKeys(w.asks))
	j := askedRun{method: method, keys: map[string]string{}, cancelled: w.rng.IntN(8) == 0, kills: -w.kills.Load()}
	var ops []any
	var keys []string
	for range 3 + w.rng.IntN(25) {
		w.made++
		key := fmt.Sprintf("%s %d", method, w.made)
		keys = append(keys, key)
		ops = append(ops, map[string]any{"op": "insert", "cells": map[string]any{"Key": key}})
	}
	made, err := insisted[struct {
		Results []struct {
			RowID string `json:"row_id"`
		} `json:"results"`
	}](ctx, w.steady, http.StatusOK, http.MethodPost, "/tables/"+w.table.ID+"/rows:batch", map[string]any{"operations": ops}, "Idempotency-Key", w.key())
	if err != nil {
		return err
	}
	var rows []string
	for i, r := range made.Results {
		rows, j.keys[r.RowID] = append(rows, r.RowID), keys[i]
	}
	ask := map[string]any{"table_id": w.table.ID, "columns": []string{w.asks[method]}, "scope": "rows", "row_ids": rows}
	begun, err := insisted[jobInfo](ctx, w.steady, http.StatusCreated, http.MethodPost, "/enrichment-jobs", ask, "Idempotency-Key", w.key())
	if err != nil {
		return err
	}
	if j.cancelled {
		if _, err := awaited(ctx, w.steady, "/enrichment-jobs/"+begun.ID, func(n jobInfo) bool { return n.Counts.Done > 0 || ended(n.State) }); err != nil {
			return err
		}
		if err := w.cancel(ctx, begun.ID); err != nil {
			return err
		}
	}
	done, err := awaited(ctx, w.steady, "/enrichment-jobs/"+begun.ID, func(n jobInfo) bool { return ended(n.State) })
	if err != nil {
		return err
	}
	j.kills += w.kills.Load()
	j.id, j.state = begun.ID, done.State // failed, if the answer to each of its few records was lost; settled looks at each
	w.jobs = append(w.jobs, j)
	return nil
}

// cancel cancels the run, unless it has ended meanwhile.
func (w *runner) cancel(ctx context.Context, id string) error {
	key := w.key()
	for {
		r, err := w.ask(ctx, http.MethodPost, "/enrichment-jobs/"+id+"/cancel", nil, "Idempotency-Key", key)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if w.known(r, err) {
			if r.Status != http.StatusOK && r.Status != http.StatusConflict {
				return fmt.Errorf("cancelling was answered %d: %.500s", r.Status, r.Raw)
			}
			return nil
		}
		if err := pause(ctx, againAfter); err != nil {
			return err
		}
	}
}

func ended(state string) bool { return state != "pending" && state != "running" && state != "paused" }

// record is what became of a record of a run.
type record struct {
	Row     string          `json:"row_id"`
	State   string          `json:"state"`
	Answer  json.RawMessage `json:"answer"`
	Message string          `json:"message"`
	Credits int64           `json:"credits_mc"`
	Tries   []struct {
		Status   string `json:"status"`
		Calls    int    `json:"calls"`
		Repeated bool   `json:"repeated"`
		Credits  int64  `json:"credits_mc"`
	} `json:"attempts"`
}

// records are all records of a run.
func (p *steady) records(ctx context.Context, job string) ([]record, error) {
	var all []record
	for cursor := ""; ; {
		r, err := p.insist(ctx, http.StatusOK, http.MethodGet, "/enrichment-jobs/"+job+"/records?limit=100"+cursor, nil)
		if err != nil {
			return nil, err
		}
		var page []record
		if err := json.Unmarshal(r.Data, &page); err != nil {
			return nil, err
		}
		all = append(all, page...)
		if r.Meta.NextCursor == "" {
			return all, nil
		}
		cursor = "&cursor=" + r.Meta.NextCursor
	}
}

// settled requires that the run's records say what the vendor's journal says, and returns how many answers were accepted, and how
// many calls were told as repeats.
func (w *runner) settled(ctx context.Context, j askedRun, asked map[string]int) (accepted, repeats int, err error) {
	all, err := w.records(ctx, j.id)
	if err != nil {
		return 0, 0, err
	}
	if len(all) > len(j.keys) || !j.cancelled && len(all) < len(j.keys) {
		return 0, 0, fmt.Errorf("the run %s (%s) over %d records tells of %d", j.id, j.state, len(j.keys), len(all))
	}
	left := maps.Clone(j.keys)
	for _, r := range all {
		key, told, repeated := left[r.Row], 0, false
		for _, t := range r.Tries {
			told, repeated = told+t.Calls, repeated || t.Repeated
		}
		if key == "" {
			return 0, 0, fmt.Errorf("the run %s tells twice of a row, or of one that it should not ask about: %+v", j.id, r)
		}
		delete(left, r.Row)
		if how := r.wrong(key, j, told, asked[key], repeated); how != "" {
			return 0, 0, fmt.Errorf("the run %s: %s: %s: asked %d times, cancelled %t, record %+v", j.id, key, how, asked[key], j.cancelled, r)
		}
		if r.State == "value" {
			accepted++
		}
		if repeated {
			repeats++
		}
	}
	for _, key := range left { // of a cancelled run
		if asked[key] > 0 {
			err = errors.Join(err, fmt.Errorf("the run %s tells nothing of %q, which the vendor was asked about %d times", j.id, key, asked[key]))
		}
	}
	return accepted, repeats, err
}

// wrong says what is wrong with the record; "" if nothing is.
func (r record) wrong(key string, j askedRun, told, asked int, repeated bool) string {
	unknown := false
	for _, t := range r.Tries {
		unknown = unknown || t.Status == "unknown_outcome"
	}
	switch {
	case asked > told && !repeated && !unknown:
		return "calls that nobody tells of"
	case j.method == http.MethodPost && asked > 1:
		return "asked twice what must not be"
	case r.State == "value" && (!knows(key) || !strings.Contains(string(r.Answer), "answer to "+key)):
		return "a wrong answer"
	case r.State == "value" && r.Credits != answerPrice, r.State != "value" && r.Credits != 0:
		return "a wrong price"
	case r.State == "error" && !unknown && !r.givenUp(j):
		return "an infrastructure error became an outcome"
	case asked == 0 && r.State == "value":
		return "an answer from nowhere"
	}
	return ""
}

// givenUp reports whether the record has failed because Morket was killed again and again in the middle of it: what kills its worker
// twice has failed, and from inside nobody can tell what was the reason.
func (r record) givenUp(j askedRun) bool {
	return j.kills >= quarantine.MostKills && strings.HasSuffix(r.Message, fmt.Sprintf("the program ended %d times while it worked on it", quarantine.MostKills))
}
