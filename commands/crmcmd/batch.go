package crmcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// maxBatch bounds the records of a batch as they are sealed, in bytes.
const maxBatch = 2 << 20

// batch is a number of records that are written by one call.
type batch struct {
	entries     []crm.Entry
	results     []crm.Result
	lastRow     kernel.RowID
	lastVersion int64
	cursor      crm.Cursor // of a pull: where it goes on
	last        bool
}

// batchOf is a batch of entries with the results of those that nothing is written for.
func batchOf(entries []crm.Entry, dry bool) *batch {
	b := &batch{entries: entries, results: make([]crm.Result, len(entries))}
	for i, e := range entries {
		switch {
		case e.State != "":
			b.results[i] = crm.Result{State: e.State, ID: e.ID, Reason: e.Reason}
		case dry:
			b.results[i] = crm.Result{State: crm.OutcomePlanned, ID: e.ID, Reason: e.Reason}
		}
	}
	return b
}

// waiting are the numbers of the entries that have no result yet.
func (b *batch) waiting() []int {
	var out []int
	for i, r := range b.results {
		if r.State == "" {
			out = append(out, i)
		}
	}
	return out
}

// next reads the next records and decides about them; nil when there are none.
func (w *work) next(ctx context.Context) (*batch, error) {
	if w.run.Started().Kind == crm.RunReverse {
		return w.nextReversed(ctx)
	}
	s := w.run.Started()
	limit := min(s.Batch, w.run.Room())
	rows, err := w.h.cfg.Rows.Page(ctx, RowQuery{
		Workspace: s.Workspace, Table: s.Definition.TableID, Columns: s.Definition.Columns(), Filter: s.Filter, After: w.run.Row(),
		Limit: limit, Position: w.from,
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	l := &lookup{h: w.h, ws: s.Workspace, plan: w.plan, taken: w.run.Taken, made: w.made, ask: w.read}
	entries, err := l.entries(ctx, rows)
	if err != nil {
		return nil, err
	}
	if entries, err = fitting(entries); err != nil {
		return nil, err
	}
	b := batchOf(entries, s.Dry)
	b.lastRow = entries[len(entries)-1].RowID
	return b, nil
}

// fitting are the first of the entries that fit into a batch; one that alone does not has failed.
func fitting(entries []crm.Entry) ([]crm.Entry, error) {
	if len(entries) == 0 {
		return entries, nil
	}
	for {
		plain, err := json.Marshal(entries)
		switch {
		case err != nil:
			return nil, fmt.Errorf("encode records: %w", err)
		case len(plain) <= maxBatch:
			return entries, nil
		case len(entries) > 1:
			entries = entries[:(len(entries)+1)/2]
		default:
			e := entries[0]
			return []crm.Entry{{
				RowID: e.RowID, Label: e.Label, ID: e.ID, Action: crm.ActionNone, State: crm.OutcomeFailed,
				Reason: "the record's values are larger than " + strconv.Itoa(maxBatch>>20) + " MB together; map fewer fields",
			}}, nil
		}
	}
}

// batch carries one out: the intent, the writes, what became of them.
func (w *work) batch(ctx context.Context, b *batch) error {
	sealed, err := w.seal(ctx, b.entries)
	if err != nil {
		return err
	}
	intent := crm.BatchIntended{Records: len(b.entries), LastRow: b.lastRow, LastVersion: b.lastVersion, Sealed: sealed}
	if len(b.waiting()) == 0 { // nothing is written, so both are one append
		settled, err := w.settled(ctx, b)
		if err != nil {
			return err
		}
		return w.append(ctx, func(r *crm.Run) error { return errors.Join(r.Intend(intent), r.Settle(settled)) })
	}
	if err := w.append(ctx, func(r *crm.Run) error { return r.Intend(intent) }); err != nil {
		return err
	}
	return w.write(ctx, b)
}

// resume takes up a batch that was begun. Its records are read again before anything is written.
func (w *work) resume(ctx context.Context) error {
	b, err := w.opened(ctx, w.run.Open())
	if err != nil {
		return err
	}
	if err := w.again(ctx, b); err != nil {
		return err
	}
	return w.write(ctx, b)
}

// opened is a batch as its intent has it.
func (w *work) opened(ctx context.Context, e *crm.BatchIntended) (*batch, error) {
	var entries []crm.Entry
	if err := w.h.open(ctx, w.subject(), e.Sealed, &entries); err != nil {
		return nil, err
	}
	b := batchOf(entries, w.run.Started().Dry)
	b.lastRow, b.lastVersion = e.LastRow, e.LastVersion
	return b, nil
}

// again decides about the entries without a result from the records as they are now: the answer to their write is not known.
func (w *work) again(ctx context.Context, b *batch) error {
	l := &lookup{h: w.h, plan: w.plan, ask: w.read}
	byID, byKey, err := w.reread(ctx, l, b)
	if err != nil {
		return err
	}
	for _, i := range b.waiting() {
		e := b.entries[i]
		found := byID[e.ID]
		if e.Action == crm.ActionCreate {
			found = byKey[keyOf(e)]
		}
		again, done := w.plan.Resume(e, found)
		b.entries[i] = again
		if done != nil {
			b.results[i] = *done
		}
	}
	return nil
}

// reread reads the records of the entries without a result.
func (w *work) reread(ctx context.Context, l *lookup, b *batch) (byID, byKey map[string][]crm.Record, err error) {
	var ids []string
	keys := map[string][]string{}
	for _, i := range b.waiting() {
		if e := b.entries[i]; e.Action == crm.ActionCreate {
			keys[e.By] = append(keys[e.By], e.Value)
		} else {
			ids = append(ids, e.ID)
		}
	}
	byID, byKey = map[string][]crm.Record{}, map[string][]crm.Record{}
	found, err := l.find(ctx, "", ids)
	if err != nil {
		return nil, nil, err
	}
	for _, r := range found {
		byID[r.ID] = append(byID[r.ID], r)
	}
	for _, k := range w.plan.Object.Keys {
		if found, err = l.find(ctx, k.Field, keys[k.Field]); err != nil {
			return nil, nil, err
		}
		for _, r := range found {
			key := keyOf(crm.Entry{By: k.Field, Value: r.Values[k.Field]})
			byKey[key] = append(byKey[key], r)
		}
	}
	return byID, byKey, nil
}

func (w *work) seal(ctx context.Context, v any) ([]byte, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode records: %w", err)
	}
	return w.h.cfg.Sealer.Seal(ctx, w.subject(), plain)
}

// ErrErased says that a run's records can't be read any more.
func ErrErased() *kernel.Error {
	return kernel.E(kernel.KindConflict, "RECORDS_ERASED", "the records of this run were erased, with their table or when their time was over")
}

// open decrypts records of a run.
func (h *Handlers) open(ctx context.Context, subject string, sealed []byte, into any) error {
	plain, ok, err := h.cfg.Sealer.Open(ctx, subject, sealed)
	if err != nil {
		return err
	}
	if !ok {
		return ErrErased()
	}
	return json.Unmarshal(plain, into)
}

// settled is what became of a batch.
func (w *work) settled(ctx context.Context, b *batch) (crm.BatchSettled, error) {
	var out crm.BatchSettled
	pull := w.run.Started().Kind == crm.RunPull
	for i, e := range b.entries {
		r := b.results[i]
		out.Counts.Add(e, r)
		switch {
		case w.run.Started().Dry || r.ID == "":
		case pull:
			if l, ok := e.Link(); ok {
				out.Links = append(out.Links, l)
			}
			if open, ok := e.Open(i); ok {
				out.Open = append(out.Open, open)
			}
		case e.Action == crm.ActionArchive && r.State == crm.OutcomeSynced:
			out.Links = append(out.Links, crm.Link{ID: r.ID})
		case r.State == crm.OutcomeSynced || r.State == crm.OutcomeUnchanged:
			out.Links = append(out.Links, crm.Link{RowID: e.RowID, ID: r.ID, Marks: w.plan.Written(e, r)})
		}
		if e.Action == crm.ActionCreate && (r.State == crm.OutcomeSynced || r.State == crm.OutcomePlanned) {
			w.made[keyOf(e)] = true
		}
	}
	var err error
	out.Sealed, err = w.seal(ctx, b.results)
	return out, err
}

// settle records what became of a batch also when the run was cancelled, or the log's answer lost, meanwhile: what was written is known.
func (w *work) settle(ctx context.Context, b *batch) error {
	settled, err := w.settled(ctx, b)
	if err != nil {
		return err
	}
	return w.note(ctx, func(r *crm.Run) error { return r.Settle(settled) })
}

// nextReversed reads the next batch of the push that wrote something, and decides about its records.
func (w *work) nextReversed(ctx context.Context) (*batch, error) {
	s := w.run.Started()
	for after := w.run.Version(); ; {
		p, err := w.h.pair(ctx, s.Definition.TableID, s.Of, after)
		if err != nil || p == nil {
			return nil, err
		}
		after = p.version
		var ids []string
		for i, r := range p.results {
			if p.entries[i].Writes() && r.State == crm.OutcomeSynced {
				ids = append(ids, r.ID)
			}
		}
		if len(ids) > 0 {
			return w.reversed(ctx, p, ids)
		}
	}
}

// reversed decides about the records of a batch that was pushed.
func (w *work) reversed(ctx context.Context, p *pair, ids []string) (*batch, error) {
	s := w.run.Started()
	l := &lookup{h: w.h, plan: w.plan, ask: w.read}
	found, err := l.find(ctx, "", ids)
	if err != nil {
		return nil, err
	}
	now := map[string][]crm.Record{}
	for _, r := range found {
		now[r.ID] = append(now[r.ID], r)
		for _, from := range r.MergedFrom {
			now[from] = append(now[from], r)
		}
	}
	var entries []crm.Entry
	for i, r := range p.results {
		if e := p.entries[i]; e.Writes() && r.State == crm.OutcomeSynced {
			entries = append(entries, w.plan.Reverse(e, r, now[r.ID], s.Archive))
		}
	}
	b := batchOf(entries, s.Dry)
	b.lastVersion = p.version
	return b, nil
}

// pair is a batch of a run with what became of it.
type pair struct {
	entries []crm.Entry
	results []crm.Result
	version int64 // of the stream, after it
}

const pairPage = 16 // events that are read at once

// pair reads the first settled batch after the version of a run's stream; nil for none. What the last intent of several before it says
// holds.
func (h *Handlers) pair(ctx context.Context, t kernel.TableID, id kernel.SyncRunID, after int64) (*pair, error) {
	var intent *crm.BatchIntended
	for {
		events, err := h.cfg.Store.ReadStream(ctx, h.runs.Stream(string(id)), after, pairPage)
		if err != nil || len(events) == 0 {
			return nil, err
		}
		for _, rec := range events {
			after = rec.Version
			e, err := h.cfg.Codec.Decode(rec)
			if err != nil {
				return nil, err
			}
			switch e := e.(type) {
			case crm.BatchIntended:
				intent = &e
			case crm.BatchSettled:
				return h.openPair(ctx, crm.RecordSubject(t, id), rec, intent, e)
			}
		}
	}
}

func (h *Handlers) openPair(
	ctx context.Context, subject string, rec eventstore.Recorded, intent *crm.BatchIntended, e crm.BatchSettled,
) (*pair, error) {
	p := &pair{version: rec.Version}
	if intent == nil {
		return nil, fmt.Errorf("version %d of %s settles a batch that was not begun", rec.Version, rec.Stream)
	}
	if err := h.open(ctx, subject, intent.Sealed, &p.entries); err != nil {
		return nil, err
	}
	if err := h.open(ctx, subject, e.Sealed, &p.results); err != nil {
		return nil, err
	}
	if len(p.entries) != len(p.results) {
		return nil, fmt.Errorf("version %d of %s has %d results of %d records", rec.Version, rec.Stream, len(p.results), len(p.entries))
	}
	return p, nil
}
