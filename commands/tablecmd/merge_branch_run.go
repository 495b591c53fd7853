package tablecmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// mergePage is how many differences one append of a merge takes over.
const mergePage = 5_000

// Merges carries merges of branches out. Any number of them may be given the same branch: the log lets only one of them go on.
type Merges struct{ h *Handlers }

// NewMerges makes what carries merges out.
func NewMerges(h *Handlers) *Merges { return &Merges{h} }

// Run brings the merge of a branch to its end, from where it stands. It returns nil when there is nothing left to do; an error means that
// it should be called again. alive is told now and then how much is done.
func (m *Merges) Run(ctx context.Context, branch kernel.TableID, alive func(done int)) error {
	limit := mergePage
	for {
		w := &mergeWork{h: m.h, limit: limit, alive: alive}
		running, err := w.load(ctx, branch)
		if err != nil || !running {
			return err
		}
		err = w.run(ctx)
		moved := eventstore.IsConflict(err) || errors.Is(err, eventstore.ErrStale) || errors.Is(err, eventstore.ErrMoved)
		switch kind := kernel.KindOf(err); {
		case err == nil || moved:
		case kind == kernel.KindNotFound || kind == kernel.KindInvalid:
			err = w.giveUp(ctx, branch, err)
		}
		if err != nil && !moved {
			return fmt.Errorf("merge of branch %s: %w", branch, err)
		}
		if limit = mergePage; moved { // the table is being written to: what is done between two looks becomes less
			limit = max(1, w.limit/2) //nolint:mnd // half
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// Lost notes that a worker was lost over the merge, before Run goes on. What has killed its worker several times is given up.
func (m *Merges) Lost(ctx context.Context, branch kernel.TableID) error {
	w := &mergeWork{h: m.h}
	running, err := w.load(ctx, branch)
	if err != nil || !running {
		return err
	}
	killed, err := w.branch.LoseMerge()
	if err == nil && killed >= quarantine.MostKills {
		err = w.branch.EndMerge(quarantine.Reason("the merge"), m.h.cfg.Clock.Now())
	}
	if err != nil {
		return err
	}
	if err = w.note(ctx); eventstore.IsConflict(err) {
		return nil
	}
	return err
}

// mergeWork is one stretch of work on a merge.
type mergeWork struct {
	h       *Handlers
	limit   int
	alive   func(done int)
	branch  *table.Table
	version int64 // of the branch's structure

	merge   table.MergeOf
	choices map[cell]table.MergeChoice
	of, own table.Schema
	now     settled
	step    table.Step
	added   int // rows, since the read model was waited for
}

func (w *mergeWork) load(ctx context.Context, branch kernel.TableID) (running bool, err error) {
	if w.branch, w.version, err = w.h.repo.Load(ctx, string(branch)); err != nil {
		return false, err
	}
	w.merge = w.branch.Merge()
	return w.merge.Running(), nil
}

// meta is on whose behalf the merge works.
func (w *mergeWork) meta() kernel.Meta {
	id := string(w.merge.Begun.MergeID)
	return kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorRun, ID: id, OnBehalfOf: w.merge.Begun.By},
		Workspace: w.branch.Workspace(), Command: "branch.merge", CorrelationID: id,
	}
}

// note appends what the branch has recorded.
func (w *mergeWork) note(ctx context.Context) error {
	defer w.h.forget(w.branch.ID())
	_, err := w.h.append(ctx, w.meta(), nil,
		eventstore.At(structureOf(w.branch.ID()), eventstore.Expected(w.version), w.branch.Pending()...))
	return err
}

// giveUp ends a merge that can't go on, from what its stream holds.
func (w *mergeWork) giveUp(ctx context.Context, branch kernel.TableID, why error) error {
	running, err := w.load(ctx, branch)
	if err != nil || !running {
		return err
	}
	if err := w.branch.EndMerge(why.Error(), w.h.cfg.Clock.Now()); err != nil {
		return err
	}
	return w.note(ctx)
}

// run merges page by page to the end. What it writes is behind it in the order of rows, so the read model need not have it before the next
// page is read; what others write is met by the append's guards.
func (w *mergeWork) run(ctx context.Context) (err error) {
	begun := w.merge.Begun
	ws := w.branch.Workspace()
	w.own = w.branch.Schema()
	if w.of, err = w.h.schema(ctx, ws, begun.TableID, true); err != nil {
		return err
	}
	w.choices = map[cell]table.MergeChoice{}
	for _, c := range begun.Plan.Choices {
		w.choices[cell{c.Row, c.Column}] = c
	}
	w.step = table.Step{
		Step: string(begun.MergeID), Label: "Merge branch " + w.branch.Name(), AsOf: begun.Base, Branch: begun.BranchID, Through: begun.Branch,
	}
	if w.now, err = w.h.awaitReadModel(ctx, begun.TableID); err != nil {
		return err
	}
	for {
		page, next, err := w.h.cfg.Branches.Page(ctx, DivergedQuery{
			Workspace: ws, Branch: begun.BranchID, Columns: begun.Plan.Columns, After: w.merge.After, Limit: w.limit,
		})
		if err != nil {
			return err
		}
		if err := w.takeOver(ctx, page, next); err != nil {
			return err
		}
		if next.Row == "" {
			return nil
		}
		w.alive(int(w.merge.Done.Cells))
	}
}

// takeOver writes a page into the table, with how far the merge has come.
func (w *mergeWork) takeOver(ctx context.Context, page []Diverged, next table.MergePlace) error {
	p := &mergedPage{w: w, done: w.merge.Done}
	if err := p.decide(ctx, page); err != nil {
		return err
	}
	events := p.events()
	if more := len(p.inserts) + len(p.back); more > 0 {
		w.added += more
		if err := w.h.room(ctx, w.of.Table, w.added); err != nil {
			return err
		}
	}
	if err := w.branch.AdvanceMerge(next, p.done); err != nil {
		return err
	}
	if next.Row == "" {
		if err := w.branch.EndMerge("", w.h.cfg.Clock.Now()); err != nil {
			return err
		}
	}
	own := eventstore.At(structureOf(w.branch.ID()), eventstore.Expected(w.version), w.branch.Pending()...)
	write := cellWrite{schema: w.of, events: events, options: p.options, step: w.step, after: &w.now, beside: []eventstore.Change{own}}
	defer w.h.forget(w.branch.ID())
	if _, err := w.h.write(ctx, w.meta(), write, nil); err != nil {
		return err
	}
	w.version += int64(len(w.branch.Pending()))
	w.branch.Committed()
	w.merge = w.branch.Merge()
	w.now.cells += int64(len(events))
	if write.newOptions() && next.Row != "" {
		return eventstore.ErrStale // the table's schema is another one now
	}
	return nil
}
