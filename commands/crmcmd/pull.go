package crmcmd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// page is what a pull reads at once.
type page struct {
	records []crm.Record
	next    crm.Cursor
	more    bool
}

// pull reads what was changed, a page at a time, and brings it into the table. What is written into the table and what the run notes of it
// are one append, so nothing of a page is written twice or without its note.
func (w *work) pull(ctx context.Context) error {
	at := w.run.Cursor()
	for !w.run.Read() && w.run.Room() > 0 {
		p, err := w.turn(ctx, at)
		if err != nil {
			return err
		}
		if len(p.records) == 0 && p.more {
			if p.next == at {
				return &crm.CallError{Kind: crm.CallFailed, Message: "the CRM's list of changes does not go on"}
			}
			at = p.next
			w.alive(w.run.Counts().Records())
			continue
		}
		if err := w.takePage(ctx, at, p); err != nil {
			return err
		}
		at = p.next
	}
	return nil
}

// pulledBatch is how many records are decided about and written at once.
const pulledBatch = 200

// takePage brings a page into the table in batches. All but the last leave the cursor where the page began: after a crash the page is read
// again, and what was written of it is found to be the same.
func (w *work) takePage(ctx context.Context, at crm.Cursor, p page) error {
	if len(p.records) == 0 {
		return w.take(ctx, nil, p.next, !p.more)
	}
	size := pulledBatch
	for rest := p.records; len(rest) > 0; {
		part := rest[:min(size, len(rest))]
		cursor, last := at, false
		if len(part) == len(rest) {
			cursor, last = p.next, !p.more
		}
		err := w.take(ctx, part, cursor, last)
		switch {
		case errors.Is(err, errLarge):
			size = (len(part) + 1) / 2 //nolint:mnd // a half
		case err != nil:
			return err
		default:
			rest = rest[len(part):]
		}
	}
	return nil
}

// errLarge says that records have too much together for one batch.
var errLarge = errors.New("the records are too large together")

// turn reads the next page: of the changes, or of the records that a person has decided about.
func (w *work) turn(ctx context.Context, at crm.Cursor) (page, error) {
	s := w.run.Started()
	d := s.Definition
	if s.Resolve != "" {
		return w.disputed(ctx, at)
	}
	var got crm.Page
	err := w.read(ctx, func(ctx context.Context, c crm.Connector, g crm.Grant) error {
		var err error
		got, err = c.Changed(ctx, g, d.Object, d.Fields(), at)
		return err
	})
	return page{kept(lastOf(got.Records)), got.Next, got.More}, err
}

// disputed reads the next records of the sync that a person has to decide about. Those that are deleted in the CRM come as such.
func (w *work) disputed(ctx context.Context, at crm.Cursor) (page, error) {
	s := w.run.Started()
	ids, err := w.h.cfg.Links.Disputed(ctx, s.Workspace, s.SyncID, s.Records, at.ID, s.Batch)
	if err != nil || len(ids) == 0 {
		return page{next: at}, err
	}
	l := &lookup{h: w.h, ws: s.Workspace, plan: w.plan, ask: w.read}
	found, err := l.find(ctx, "", ids)
	if err != nil {
		return page{}, err
	}
	for _, id := range ids {
		if !slices.ContainsFunc(found, func(r crm.Record) bool { return r.ID == id }) {
			found = append(found, crm.Record{ID: id, Deleted: true, Values: map[string]string{}})
		}
	}
	return page{found, crm.Cursor{ID: ids[len(ids)-1]}, len(ids) == s.Batch}, nil
}

// lastOf leaves each record once, as it came last.
func lastOf(records []crm.Record) []crm.Record {
	at := map[string]int{}
	for i, r := range records {
		at[r.ID] = i
	}
	var out []crm.Record
	for i, r := range records {
		if at[r.ID] == i {
			out = append(out, r)
		}
	}
	return out
}

// take decides about records and writes what becomes of them. When the table has changed meanwhile it decides anew.
func (w *work) take(ctx context.Context, records []crm.Record, cursor crm.Cursor, last bool) error {
	sure := w.sure()
	_, err := eventstore.Retry(ctx, func(int) (struct{}, error) { return struct{}{}, w.takeOnce(ctx, records, cursor, last, sure) })
	var ke *kernel.Error
	switch {
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		return eventstore.ErrMoved
	case errors.As(err, &ke) && ke.Code == "CONFLICT": // passes
		return kernel.E(kernel.KindUnavailable, "TABLE_BUSY", "others keep changing the table").Because(err)
	}
	return err
}

// takeOnce is one try of take. sure are the records that were read by their ids.
func (w *work) takeOnce(ctx context.Context, records []crm.Record, cursor crm.Cursor, last bool, sure map[string]bool) error {
	head, err := w.h.cfg.Store.Head(ctx)
	if err != nil {
		return err
	}
	if err := w.caughtUp(ctx, head); err != nil {
		return err
	}
	s := w.run.Started()
	sheet, err := w.h.cfg.Sheets.Open(ctx, s.Workspace, s.Definition.TableID)
	if err != nil {
		return err
	}
	n := w.h.incoming(s.Workspace, w.plan, sheet)
	decided, err := w.decided(ctx, n, records, sure)
	if err != nil {
		return err
	}
	write, b, err := w.written(decided, n.cells)
	if err != nil {
		return err
	}
	b.cursor, b.last = cursor, last
	note, err := w.noted(ctx, b)
	if err != nil {
		return err
	}
	if s.Dry || len(write.Inserts)+len(write.Edits) == 0 {
		return w.append(ctx, note)
	}
	if err := note(w.run); err != nil {
		return err
	}
	pending := w.pending()
	err = sheet.Write(ctx, w.meta(), write, pending)
	if err == nil {
		w.appended()
		return nil
	}
	// The run has recorded what was not appended, so it is read again before anything else is recorded.
	run, version, loadErr := w.h.runs.Load(context.WithoutCancel(ctx), string(w.id()))
	if loadErr != nil || version != w.version {
		return errors.Join(loadErr, eventstore.ErrMoved)
	}
	w.run = run
	return err
}

func (h *Handlers) incoming(ws kernel.WorkspaceID, p crm.Plan, sheet Sheet) *incoming {
	return &incoming{h: h, ws: ws, plan: p, sheet: sheet, times: map[int64]time.Time{}}
}

// written is what goes into the table, and the batch that tells of it.
func (w *work) written(decided []crm.Decision, rows map[kernel.RowID]table.RowCells) (SheetWrite, *batch, error) {
	s := w.run.Started()
	out := SheetWrite{Step: table.Step{
		Step: "stp_" + strings.TrimPrefix(string(s.RunID), kernel.PrefixSyncRun+"_"), Label: kernel.Shorten("Pull: " + s.Definition.Name),
	}}
	entries := make([]crm.Entry, len(decided))
	for i, d := range decided {
		e := d.Entry
		switch {
		case e.Action == crm.ActionCreate && e.State == "":
			e.RowID = kernel.RowID(w.h.cfg.IDs.New(kernel.PrefixRow))
			out.Inserts = append(out.Inserts, table.NewRow{ID: e.RowID, Cells: d.Cells})
		case e.Action == crm.ActionUpdate:
			for _, c := range w.plan.Definition.Filled() {
				if v, ok := d.Cells[c]; ok {
					out.Edits = append(out.Edits, table.CellChange{Row: e.RowID, Column: c, Value: v, Old: rows[e.RowID].Values[c]})
				}
			}
		}
		if s.Dry && e.Action == crm.ActionCreate {
			e.RowID = ""
		}
		entries[i] = e
	}
	fit, err := fitting(entries)
	switch {
	case err != nil:
		return out, nil, err
	case len(fit) < len(entries):
		return out, nil, errLarge
	case len(fit) == 1 && fit[0].State == crm.OutcomeFailed:
		out.Inserts, out.Edits = nil, nil
	}
	entries = fit
	b := batchOf(entries, s.Dry)
	for _, i := range b.waiting() {
		b.results[i] = crm.Result{State: crm.OutcomeSynced, ID: entries[i].ID, Reason: entries[i].Reason}
	}
	for i, e := range entries {
		b.results[i].URL = e.URL
	}
	return out, b, nil
}

// noted is what the run notes of a batch that is written with it.
func (w *work) noted(ctx context.Context, b *batch) (func(*crm.Run) error, error) {
	sealed, err := w.seal(ctx, b.entries)
	if err != nil {
		return nil, err
	}
	settled, err := w.settled(ctx, b)
	if err != nil {
		return nil, err
	}
	intent := crm.BatchIntended{Records: len(b.entries), Cursor: b.cursor, Last: b.last, Sealed: sealed}
	return func(r *crm.Run) error { return errors.Join(r.Intend(intent), r.Settle(settled)) }, nil
}
