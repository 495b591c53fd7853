package workflowcmd

import (
	"context"
	"slices"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
)

const (
	// enrichmentBatches is how many batches one run of an enrichment is for at most: one for each batch would cost a flow for 500 rows.
	enrichmentBatches = 20
	// enrichmentLook is how often an enrichment is looked at whose end was not told.
	enrichmentLook = time.Minute
)

// enrich has an enrichment column asked for the rows. It waits for the run that it asks and looks at it when it is woken.
func (w *work) enrich(ctx context.Context, s workflow.Step) error {
	asked, ok := w.run.Asked(s.Node)
	if !ok {
		return w.ask(ctx, s, s.Pieces[:min(len(s.Pieces), enrichmentBatches)])
	}
	out, err := w.h.outcome(ctx, asked.Enrichment)
	if err != nil {
		return err
	}
	if !out.ended {
		w.wait = enrichmentLook
		return errWait
	}
	kept, lost := w.split(asked.Pieces, out)
	return w.append(ctx, func(r *workflow.Run) error {
		if len(lost) > 0 {
			if len(kept) > 0 {
				if err := r.Do(s, passed(kept), 0, ""); err != nil {
					return err
				}
			}
			return r.Fail(s, lost, out.spent, out.reason, w.h.cfg.Clock.Now())
		}
		return r.Do(s, passed(kept), out.spent, out.reason)
	})
}

// ask starts the enrichment's run for the rows of the pieces.
func (w *work) ask(ctx context.Context, s workflow.Step, pieces []workflow.Piece) error {
	a := Ask{Table: s.Table, Column: s.Node.Config.ColumnID, OnlyEmpty: s.Node.Config.OnlyEmpty}
	if most := s.Node.Config.MaxCredits; most > 0 {
		if a.MaxCredits = most - w.run.Spent(s.Node.ID); a.MaxCredits <= 0 {
			return w.fail(ctx, s, pieces, kernel.E(kernel.KindPayment, "LIMIT_REACHED", "the node's limit of credits is used up"))
		}
	}
	for _, p := range pieces {
		a.Rows = append(a.Rows, w.run.Batches()[p.Batch].Pick(p.Rows)...)
	}
	slices.Sort(a.Rows)
	meta := w.meta("workflow.enrich")
	meta.IdempotencyKey = w.name(s, pieces)
	id, err := w.h.cfg.Enrichments.Start(ctx, meta, a)
	if err != nil {
		return w.fail(ctx, s, pieces, err)
	}
	return w.append(ctx, func(r *workflow.Run) error { return r.Ask(s, pieces, id) })
}

// outcome is what became of an enrichment's run.
type outcome struct {
	ended    bool
	whole    bool // it went through all its rows
	reason   string
	spent    kernel.Credits
	answered map[kernel.RowID]bool // of one that is not whole: the rows that have their answer, or that it was found that there is none
}

func (h *Handlers) outcome(ctx context.Context, id kernel.RunID) (outcome, error) {
	run, _, err := h.enrichments.Load(ctx, string(id))
	if err != nil {
		return outcome{}, err
	}
	out := outcome{ended: run.State().Final(), spent: run.Spent(), answered: map[kernel.RowID]bool{}}
	switch run.State() {
	case enrichment.RunCompleted, enrichment.RunPartiallyCompleted:
		out.whole = true
		_, out.reason = run.Verdict()
		return out, nil
	case enrichment.RunCancelled:
		out.reason = "the enrichment was cancelled"
	case enrichment.RunFailed:
		out.reason = "the enrichment failed"
	default:
		return out, nil
	}
	return out, h.answers(ctx, id, &out)
}

// answers reads which rows a run has answered that did not go through all of them, and why it ended: what was paid for counts.
func (h *Handlers) answers(ctx context.Context, id kernel.RunID, out *outcome) error {
	for after := int64(0); ; {
		events, err := h.cfg.Store.ReadStream(ctx, h.enrichments.Stream(string(id)), after, changesPage)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, rec := range events {
			after = rec.Version
			e, err := h.cfg.Codec.Decode(rec)
			if err != nil {
				return err
			}
			switch e := e.(type) {
			case enrichment.RunAnswersRecorded:
				for _, m := range e.Marks {
					if m.State == enrichment.MarkValue || m.State == enrichment.MarkEmpty {
						out.answered[m.RowID] = true
					}
				}
			case enrichment.RunFinished:
				if e.Reason != "" {
					out.reason += ": " + e.Reason
				}
			}
		}
	}
}

// split parts rows into those that an enrichment has done and those that it has not.
func (w *work) split(pieces []workflow.Piece, out outcome) (kept, lost []workflow.Piece) {
	if out.whole {
		return pieces, nil
	}
	for _, p := range pieces {
		var done workflow.Mask
		for i, key := range w.run.Batches()[p.Batch].Rows {
			if p.Rows.Has(i) && out.answered[key.RowID()] {
				done = done.With(i)
			}
		}
		if !done.Empty() {
			kept = append(kept, workflow.Piece{Batch: p.Batch, Rows: done})
		}
		if rest := p.Rows.But(done); !rest.Empty() {
			lost = append(lost, workflow.Piece{Batch: p.Batch, Rows: rest})
		}
	}
	return kept, lost
}
