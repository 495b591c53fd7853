package crmcmd

import (
	"context"
	"strconv"

	"github.com/morket/morket/domain/crm"
)

// recordTries is how often a record is written that the CRM had locked.
const recordTries = 4

// write has the entries without a result written, and settles the batch. A call that is under way is waited for also when the process
// stops. A call whose answer was lost is followed by another look at its records.
func (w *work) write(ctx context.Context, b *batch) error {
	settle := context.WithoutCancel(ctx)
	for try := 1; len(b.waiting()) > 0; try++ {
		err := w.writeOnce(settle, b)
		if err == nil {
			w.retire(b, try)
			if len(b.waiting()) > 0 {
				if err := w.pause(ctx, &crm.CallError{Kind: crm.CallBusy, Message: "records are locked in the CRM"}, try); err != nil {
					return err
				}
			}
			continue
		}
		ce := crm.AsCallError(err)
		switch {
		case ce != nil && ce.Lost && try < mostTries:
			if err := w.pause(ctx, ce, try); err != nil {
				return err
			}
			if err := w.again(ctx, b); err != nil {
				return err
			}
		case ce != nil && !ce.Lost:
			return w.refused(settle, b, ce.Message)
		default:
			return err
		}
	}
	w.stored(settle, b)
	return w.settle(settle, b)
}

// retire gives up records that stay locked.
func (w *work) retire(b *batch, try int) {
	if try < recordTries {
		return
	}
	for _, i := range b.waiting() {
		b.results[i] = crm.Result{
			State: crm.OutcomeFailed, ID: b.entries[i].ID,
			Reason: "the record stayed locked in the CRM; run the sync again",
		}
	}
}

// refused settles a batch whose call was refused as a whole, and lets the run end: nothing of it was written.
func (w *work) refused(ctx context.Context, b *batch, why string) error {
	for _, i := range b.waiting() {
		b.results[i] = crm.Result{State: crm.OutcomeFailed, ID: b.entries[i].ID, Reason: why}
	}
	w.stored(ctx, b)
	if err := w.settle(ctx, b); err != nil {
		return err
	}
	return w.append(ctx, func(r *crm.Run) error { return r.Stop(why) })
}

// writeOnce makes the calls for the entries without a result: one that writes, and one that archives.
func (w *work) writeOnce(ctx context.Context, b *batch) error {
	var writes []crm.Write
	var at, archived []int
	var ids []string
	for _, i := range b.waiting() {
		e := b.entries[i]
		if e.Action == crm.ActionArchive {
			ids, archived = append(ids, e.ID), append(archived, i)
			continue
		}
		write := crm.Write{Trace: strconv.Itoa(i), ID: e.ID, Values: e.Values(), Unchanged: e.Modified}
		if e.Action == crm.ActionCreate {
			write.By, write.Value = e.By, e.Value
		}
		writes, at = append(writes, write), append(at, i)
	}
	object := w.run.Started().Definition.Object
	if len(writes) > 0 {
		err := w.call(ctx, b, at, func(ctx context.Context, c crm.Connector, g crm.Grant) ([]crm.Written, error) {
			return c.Write(ctx, g, object, writes)
		})
		if err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return w.call(ctx, b, archived, func(ctx context.Context, c crm.Connector, g crm.Grant) ([]crm.Written, error) {
		return c.Archive(ctx, g, object, ids)
	})
}

// call makes one call that writes and notes what became of its records.
func (w *work) call(
	ctx context.Context, b *batch, at []int, fn func(ctx context.Context, c crm.Connector, g crm.Grant) ([]crm.Written, error),
) error {
	var done []crm.Written
	err := w.ask(ctx, func(ctx context.Context, c crm.Connector, g crm.Grant) error {
		var err error
		done, err = fn(ctx, c, g)
		return err
	})
	if err != nil {
		return err
	}
	if len(done) != len(at) {
		return &crm.CallError{Kind: crm.CallFailed, Message: "the CRM's answer is not about the records that were sent", Lost: true}
	}
	for k, i := range at {
		if r, final := resultOf(b.entries[i], done[k]); final {
			b.results[i] = r
		}
	}
	return nil
}

// resultOf is what became of an entry; final is false for one that is to be written again.
func resultOf(e crm.Entry, done crm.Written) (r crm.Result, final bool) {
	r = crm.Result{State: crm.OutcomeSynced, ID: done.ID, Created: done.Created, Reason: e.Reason}
	if r.ID == "" {
		r.ID = e.ID
	}
	f := done.Failure
	if f == nil {
		return r, true
	}
	r.State, r.Created, r.Reason = crm.OutcomeFailed, false, f.Message
	switch f.Kind {
	case crm.CallLimited, crm.CallBusy:
		return r, false
	case crm.CallConflicting:
		r.State, r.Reason = crm.OutcomeConflict, "the record was changed in the CRM while this ran; run the sync again to see it"
	case crm.CallDuplicate:
		r.State = crm.OutcomeConflict
		if f.Existing != "" {
			r.Reason += " (record " + f.Existing + ")"
		}
	case crm.CallGone:
		r.Reason = "the record is deleted in the CRM"
	case crm.CallFailed, crm.CallExhausted, crm.CallDenied, crm.CallExpired, crm.CallInvalid:
	}
	return r, true
}

// stored reads the records that were written once more, since a CRM may keep values in another form than they were sent in: that form is
// what tells later whether a value is still ours. Without an answer, what was sent holds.
func (w *work) stored(ctx context.Context, b *batch) {
	var ids []string
	for i, r := range b.results {
		if r.State == crm.OutcomeSynced && r.ID != "" && r.Stored == nil && b.entries[i].Action != crm.ActionArchive && b.entries[i].Writes() {
			ids = append(ids, r.ID)
		}
	}
	l := &lookup{h: w.h, plan: w.plan, ask: w.read}
	found, err := l.find(ctx, "", ids)
	if err != nil {
		w.log.WarnContext(ctx, "read what was written", "run", w.id(), "error", err)
		return
	}
	byID := map[string]crm.Record{}
	for _, r := range found {
		byID[r.ID] = r
	}
	for i := range b.results {
		r, ok := byID[b.results[i].ID]
		if !ok || b.results[i].State != crm.OutcomeSynced || b.results[i].Stored != nil {
			continue
		}
		b.results[i].Stored = map[string]string{}
		for _, c := range b.entries[i].Changes {
			b.results[i].Stored[c.Field] = r.Values[c.Field]
		}
		b.results[i].URL = r.URL
	}
}
