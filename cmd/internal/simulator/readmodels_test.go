package simulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/creditview"
	"github.com/morket/morket/projections/enrichmentview"
	"github.com/morket/morket/projections/projectionstest"
)

// The tables of read models in memory hold JSON by key.

func put(tx *projectionstest.Tx, name, key string, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		tx.Set(name, key, string(text))
	}
	return err
}

func get[T any](tx *projectionstest.Tx, name, key string) (v T, found bool, err error) {
	text := tx.Get(name, key)
	if text == "" {
		return v, false, nil
	}
	err = json.Unmarshal([]byte(text), &v)
	return v, err == nil, err
}

// creditWriter is the creditview.Writer of the store in memory.
type creditWriter struct{ tx *projectionstest.Tx }

func openCredit(tx projections.Tx) (creditview.Writer, error) {
	return creditWriter{tx.(*projectionstest.Tx)}, nil
}

// Balances implements creditview.Writer.
func (c creditWriter) Balances(_ context.Context, workspaces []kernel.WorkspaceID) (out []creditview.Balance, err error) {
	for _, ws := range workspaces {
		b, found, err := get[creditview.Balance](c.tx, "balances", string(ws))
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, b)
		}
	}
	return out, nil
}

// Save implements creditview.Writer.
func (c creditWriter) Save(_ context.Context, b creditview.Batch) error {
	for _, bal := range b.Balances {
		if err := put(c.tx, "balances", string(bal.Workspace), bal); err != nil {
			return err
		}
	}
	for _, t := range b.Transactions {
		key := fmt.Sprintf("%s/%d", t.Workspace, t.Seq)
		if c.tx.Get("transactions", key) != "" {
			return fmt.Errorf("the transaction %s is there already", key)
		}
		if err := put(c.tx, "transactions", key, t); err != nil {
			return err
		}
	}
	return nil
}

// runWriter is the enrichmentview.Writer of the store in memory.
type runWriter struct{ tx *projectionstest.Tx }

func openRuns(tx projections.Tx) (enrichmentview.Writer, error) {
	return runWriter{tx.(*projectionstest.Tx)}, nil
}

// Jobs implements enrichmentview.Writer.
func (r runWriter) Jobs(_ context.Context, ids []kernel.RunID) (out []enrichmentview.Job, err error) {
	for _, id := range ids {
		j, found, err := get[enrichmentview.Job](r.tx, "jobs", string(id))
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, j)
		}
	}
	return out, nil
}

func dayKey(k enrichmentview.DayKey) string {
	return fmt.Sprintf("%s/%s/%s", k.Workspace, k.Provider, k.Day.Format(time.DateOnly))
}

// Days implements enrichmentview.Writer.
func (r runWriter) Days(_ context.Context, keys []enrichmentview.DayKey) (out []enrichmentview.Day, err error) {
	for _, k := range keys {
		d, found, err := get[enrichmentview.Day](r.tx, "days", dayKey(k))
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, d)
		}
	}
	return out, nil
}

func shapeKey(k enrichmentview.ShapeKey) string {
	return fmt.Sprintf("%s/%s/%s", k.Workspace, k.Provider, k.Of)
}

// Shapes implements enrichmentview.Writer.
func (r runWriter) Shapes(_ context.Context, keys []enrichmentview.ShapeKey) (out []enrichmentview.Shape, err error) {
	for _, k := range keys {
		s, found, err := get[enrichmentview.Shape](r.tx, "shapes", shapeKey(k))
		if err != nil {
			return nil, err
		}
		if found {
			out = append(out, s)
		}
	}
	return out, nil
}

// Save implements enrichmentview.Writer.
func (r runWriter) Save(_ context.Context, b enrichmentview.Batch) error {
	for _, j := range b.Jobs {
		if err := put(r.tx, "jobs", string(j.ID), j); err != nil {
			return err
		}
	}
	for _, rec := range b.Records {
		key := fmt.Sprintf("%s/%s/%s", rec.Run, rec.Row, rec.Column)
		if !rec.Again && r.tx.Get("records", key) != "" {
			return fmt.Errorf("the record %s is there already", key)
		}
		rec.Again = false // batches are cut otherwise in a rebuild
		if err := put(r.tx, "records", key, rec); err != nil {
			return err
		}
	}
	for _, d := range b.Days {
		if err := put(r.tx, "days", dayKey(d.DayKey), d); err != nil {
			return err
		}
	}
	for _, s := range b.Shapes {
		if err := put(r.tx, "shapes", shapeKey(s.ShapeKey), s); err != nil {
			return err
		}
	}
	return r.addShares(b.Shares)
}

func (r runWriter) addShares(list []enrichmentview.Share) error {
	for _, s := range list {
		key := string(s.Run) + "/" + s.Provider
		before, _, err := get[enrichmentview.Share](r.tx, "shares", key)
		if err != nil {
			return err
		}
		s.Asked, s.Hits, s.Failed, s.Calls = s.Asked+before.Asked, s.Hits+before.Hits, s.Failed+before.Failed, s.Calls+before.Calls
		s.Credits, s.Cost = s.Credits+before.Credits, s.Cost+before.Cost
		if err := put(r.tx, "shares", key, s); err != nil {
			return err
		}
	}
	return nil
}

// Forget implements enrichmentview.Writer.
func (runWriter) Forget(context.Context, []kernel.TableID) error { return nil }

// runReads are the queries about runs, in a process.
type runReads struct {
	p         *process
	positions projections.Positions
}

func liveJobs(w *world) ([]enrichmentview.Job, error) {
	var out []enrichmentview.Job
	for _, text := range w.views.Tables(projections.LiveOf(enrichmentview.Name))["jobs"] {
		var j enrichmentview.Job
		if err := json.Unmarshal([]byte(text), &j); err != nil {
			return nil, err
		}
		out = append(out, j)
	}
	slices.SortFunc(out, func(a, b enrichmentview.Job) int { return strings.Compare(string(a.ID), string(b.ID)) })
	return out, nil
}

// unfinished is the source of the reconciler.
func (r runReads) unfinished(ctx context.Context, each func(reconcile.Flow) error) error {
	var jobs []enrichmentview.Job
	err := r.p.call(ctx, "unfinished", "runs", func() (err error) {
		jobs, err = liveJobs(r.p.w)
		return err
	})
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if j.State.Final() {
			continue
		}
		in := enrichmentflow.Input{Workspace: j.Workspace, Run: j.ID, Round: j.Round, Position: j.Position}
		if err := each(enrichmentflow.Underway(in)); err != nil {
			return err
		}
	}
	return nil
}

// HitRates implements enrichmentcmd.HitRates.
func (runReads) HitRates(context.Context, kernel.WorkspaceID) (map[string]float64, error) {
	return nil, nil
}

// Failed implements enrichmentflow.Failures.
func (r runReads) Failed(ctx context.Context, _ kernel.WorkspaceID, run kernel.RunID, message string, after kernel.RowID, limit int, position int64) ([]enrichment.Cell, error) {
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if reached, ok := r.positions.Wait(wait, enrichmentview.Name, position); !ok {
		return nil, kernel.E(kernel.KindUnavailable, "STALE", "the read model of runs has come to %d, not to %d yet", reached, position)
	}
	var out []enrichment.Cell
	err := r.p.call(ctx, "failed", string(run), func() error {
		for key, text := range r.p.w.views.Tables(projections.LiveOf(enrichmentview.Name))["records"] {
			if !strings.HasPrefix(key, string(run)+"/") {
				continue
			}
			var rec enrichmentview.Record
			if err := json.Unmarshal([]byte(text), &rec); err != nil {
				return err
			}
			if rec.State == enrichment.MarkError && rec.Row > after && (message == "" || rec.Message == message) {
				out = append(out, enrichment.Cell{Row: rec.Row, Column: rec.Column})
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b enrichment.Cell) int {
		return strings.Compare(string(a.Row)+string(a.Column), string(b.Row)+string(b.Column))
	})
	rows, last := 0, kernel.RowID("")
	for i, c := range out {
		if c.Row != last {
			if rows, last = rows+1, c.Row; rows > limit {
				return out[:i], err
			}
		}
	}
	return out, err
}
