package tablecmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Undo takes steps back, or with Redo does them again. Without Steps it is the caller's last one.
type Undo struct {
	Table kernel.TableID
	Steps []string
	Force bool // also what was changed since
	Redo  bool
}

// MaxUndoSteps is how many steps one call takes back.
const MaxUndoSteps = 50

// Conflict is a cell, or a whole row, that was changed after the step and therefore left alone; or, if Lost, a later value
// that had no place any more in what the column became again.
type Conflict struct {
	RowID    kernel.RowID    `json:"row_id"`
	ColumnID kernel.ColumnID `json:"column_id,omitempty"`
	Current  json.RawMessage `json:"current"`
	WouldBe  json.RawMessage `json:"would_be"`
	Reason   string          `json:"reason,omitempty"`
	Lost     bool            `json:"lost,omitempty"`
}

// Undone is the answer: of one step, or of several together with the last one's id.
type Undone struct {
	UndoneStep  string     `json:"undone_step"`
	Label       string     `json:"label,omitempty" doc:"What the step did."`
	Cells       int        `json:"cells"`
	Rows        int        `json:"rows"`
	Conflicts   []Conflict `json:"conflicts"`
	NotUndoable []string   `json:"not_undoable,omitempty"`
}

// maxConflicts is how many conflicts an answer lists.
const maxConflicts = 1000

// Undo carries out Undo.
func (h *Handlers) Undo(ctx context.Context, meta kernel.Meta, cmd Undo) (commands.Result[Undone], error) {
	if err := kernel.Check(kernel.Field("steps", cmd.Steps,
		kernel.Sized(0, MaxUndoSteps, "one call takes back at most %d steps", MaxUndoSteps))); err != nil {
		return commands.Result[Undone]{}, err
	}
	steps := cmd.Steps
	if len(steps) == 0 {
		steps = []string{""}
	}
	total := commands.Result[Undone]{Value: Undone{Conflicts: []Conflict{}}}
	for i, step := range steps {
		m := meta
		if meta.IdempotencyKey != "" && i < len(steps)-1 { // the call's own key belongs to its last append
			m.IdempotencyKey = fmt.Sprintf("%s/%d", meta.IdempotencyKey, i)
		}
		res, err := h.undoOne(ctx, m, cmd, step, total.Value)
		if err != nil {
			return total, err
		}
		total = res
	}
	return total, nil
}

func (h *Handlers) undoOne(ctx context.Context, meta kernel.Meta, cmd Undo, step string, sum Undone) (commands.Result[Undone], error) {
	id := h.fresh("")
	maker, err := h.makerIn(ctx, meta.Workspace)
	if err != nil {
		return commands.Result[Undone]{}, err
	}
	return eventstore.Retry(ctx, func(int) (commands.Result[Undone], error) {
		u := &undoing{
			h:       h,
			maker:   maker,
			beside:  &beside{repo: h.repo, ws: meta.Workspace},
			cmd:     cmd,
			meta:    meta,
			new:     id,
			answer:  sum,
			dropped: map[kernel.ColumnID]bool{},
			links:   links{},
		}
		u.maker.Tables = u.beside.finder(ctx)
		u.answer.Conflicts = slices.Clone(sum.Conflicts)
		return u.run(ctx, step)
	})
}

// undoing is one attempt at taking one step back.
type undoing struct {
	h      *Handlers
	maker  table.Maker
	beside *beside
	cmd    Undo
	meta   kernel.Meta
	new    table.Step
	answer Undone

	schema  table.Schema
	before  table.Schema // before anything is taken back
	agg     *table.Table
	version int64
	now     settled
	step    StepRecord
	last    int64 // position of the step's last event

	cells    map[cell]*target
	order    []cell
	inserted []kernel.RowID // to be deleted
	deleted  []kernel.RowID // to be restored
	gone     map[kernel.RowID]bool
	returns  map[kernel.RowID]bool
	moved    map[kernel.RowID]bool // rows that came or went in the step
	links    links                 // of rows that were merged

	rows, reverted, kept int64          // rows and cells taken back, and left alone
	shape                []kernel.Event // the step's structural events

	goesOn  bool // an earlier call has taken the step back, but for what it had to leave
	waiting bool // something is left because its column is in the trash
	dropped map[kernel.ColumnID]bool
	retyped []retyped
}

// retyped is a column whose type is taken back: as it is, as it will be, and the rules of the change.
type retyped struct {
	now, back table.Column
	by        *table.Rules
}

type cell struct {
	row kernel.RowID
	col kernel.ColumnID
}

// target is what a cell goes back to, what the step left in it, and the last event of the step that set it.
type target struct {
	value, left json.RawMessage
	last        int64
}

func (u *undoing) run(ctx context.Context, step string) (res commands.Result[Undone], err error) {
	h := u.h
	if u.agg, u.version, err = h.repo.Load(ctx, string(u.cmd.Table)); err != nil {
		return res, err
	}
	if err := u.agg.Holds(u.meta.Workspace, u.cmd.Table); err != nil {
		return res, err
	}
	u.schema = u.agg.Schema()
	if err := u.schema.Writable(); err != nil {
		return res, err
	}
	u.before = u.schema
	if u.now, err = h.awaitReadModel(ctx, u.cmd.Table, history); err != nil {
		return res, err
	}
	if u.step, err = h.cfg.History.Step(ctx, u.cmd.Table, step, u.meta.Actor.User(), u.cmd.Redo); err != nil {
		return res, err
	}
	if err := u.notMerging(ctx); err != nil {
		return res, err
	}
	if err := u.begin(ctx); err != nil {
		return res, err
	}
	if err := u.collect(ctx); err != nil {
		return res, err
	}
	if err := u.reshape(); err != nil {
		return res, err
	}
	events, err := u.events(ctx)
	if err != nil {
		return res, err
	}
	return u.append(ctx, events)
}

// notMerging refuses to take back a merge of rows that is still at work.
func (u *undoing) notMerging(ctx context.Context) error {
	if kernel.ParseID(kernel.PrefixBranchMerge, u.step.ID) == nil {
		return u.notTakingOver(ctx)
	}
	if kernel.ParseID(kernel.PrefixDedup, u.step.ID) != nil {
		return nil //nolint:nilerr // another kind of step
	}
	job, version, err := u.h.jobs.Load(ctx, u.step.ID)
	if err != nil {
		return err
	}
	if job.Running() {
		return kernel.E(kernel.KindConflict, "MERGE_RUNNING",
			"“%s” is still under way; wait for its end, or cancel it, then undo it", u.step.Label)
	}
	u.now.guards = append(u.now.guards, eventstore.At(u.h.jobs.Stream(u.step.ID), eventstore.Expected(version)))
	return nil
}

// notTakingOver refuses to take back a merge of a branch that is still at work.
func (u *undoing) notTakingOver(ctx context.Context) error {
	if u.h.cfg.Branches == nil {
		return nil
	}
	branch, err := u.h.cfg.Branches.MergedBy(ctx, u.cmd.Table, u.step.ID)
	if err != nil || branch == "" {
		return err
	}
	return kernel.E(kernel.KindConflict, "MERGE_RUNNING", "“%s” is still under way; wait for its end, then undo it", u.step.Label)
}

// begin finds out what is to be taken back: the step's effect, or what an earlier call had to leave of it.
func (u *undoing) begin(ctx context.Context) error {
	u.new.Undoes = u.step.Effective
	u.new.Label = "Undo " + u.step.Label
	if u.cmd.Redo {
		u.new.Label = "Redo " + u.step.Label
	}
	u.answer.UndoneStep, u.answer.Label = u.step.ID, u.step.Label
	if u.step.Undone != u.cmd.Redo {
		return u.goOn(ctx)
	}
	if u.step.Money > 0 && !u.cmd.Redo {
		u.answer.NotUndoable = append(u.answer.NotUndoable, fmt.Sprintf("%s credits were spent by this run and stay spent", u.step.Money))
	}
	return nil
}

// goOn takes up an undo, or redo, of the step that has been made: what is taken back now belongs to it, so that one redo turns all
// of it around.
func (u *undoing) goOn(ctx context.Context) error {
	if u.step.Effective == u.step.ID || len(u.step.Positions) == 0 {
		return u.alreadySo()
	}
	recs, err := u.h.cfg.Store.ReadPositions(ctx, u.step.Positions[:1])
	if err != nil || len(recs) == 0 {
		return fmt.Errorf("read the undo of the step: %w", errors.Join(err, errIfNone(recs, u.step.Positions[0])))
	}
	e, err := u.h.cfg.Codec.Decode(recs[0])
	if err != nil {
		return err
	}
	before := table.StepOf(e)
	if u.step.Positions, err = u.h.cfg.History.Positions(ctx, u.cmd.Table, before.Undoes); err != nil {
		return err
	}
	if len(u.step.Positions) == 0 {
		return u.alreadySo()
	}
	u.goesOn = true
	u.new.Step, u.new.Undoes = u.step.Effective, before.Undoes
	return nil
}

func errIfNone(recs []eventstore.Recorded, position int64) error {
	if len(recs) > 0 {
		return nil
	}
	return fmt.Errorf("event %d is not in the log", position)
}

// alreadySo is the answer where nothing is left to take back.
func (u *undoing) alreadySo() error {
	if u.cmd.Redo {
		return kernel.E(kernel.KindConflict, "NOT_UNDONE", "“%s” has not been undone", u.step.Label)
	}
	return kernel.E(kernel.KindConflict, "ALREADY_UNDONE", "“%s” has been undone already", u.step.Label)
}

func (u *undoing) source() table.Source {
	if u.cmd.Redo {
		return table.FromRedo
	}
	return table.FromUndo
}

// bigAppend is how many events one append of an undo has at most: an import's million rows take several, each of which
// leaves the step half taken back, to be continued by the same call.
const bigAppend = 400

func (u *undoing) append(ctx context.Context, events []kernel.Event) (res commands.Result[Undone], err error) {
	structure := eventstore.At(structureOf(u.cmd.Table), eventstore.Expected(u.version), u.agg.Pending()...)
	cells := u.now.cells
	defer u.h.forget(u.cmd.Table)
	if len(events) == 0 && len(u.agg.Pending()) == 0 {
		switch {
		case u.kept > 0 || u.waiting: // nothing was taken back: the step stays where it is
			return commands.Result[Undone]{Value: u.answer}, nil
		case u.goesOn:
			return res, u.alreadySo()
		}
		// Nothing differs, and yet the step is taken back.
		events = []kernel.Event{table.CellsEdited{TableID: u.cmd.Table, Source: u.source(), Seen: u.now.head, Step: u.new}}
	}
	for {
		part := events[:min(len(events), bigAppend)]
		events = events[len(part):]
		meta := u.meta
		if len(events) > 0 {
			meta.IdempotencyKey, meta.Fingerprint = "", ""
		}
		changes := append([]eventstore.Change{structure, atVersion(cellsOf(u.cmd.Table), cells, part)},
			slices.Concat(u.now.guards, u.beside.guards)...)
		if len(events) == 0 {
			changes = append(changes, u.ofImport()...)
		}
		done, err := u.h.append(ctx, meta, u.answer, changes...)
		if err != nil {
			return res, err
		}
		if len(events) == 0 {
			return commands.Reply(done, u.answer)
		}
		cells += int64(len(part))
		structure = eventstore.At(structure.Stream, structure.Expected+eventstore.Expected(len(structure.Events)))
	}
}

// ofImport is what the import is told whose rows were taken out of the table, or are there again.
func (u *undoing) ofImport() []eventstore.Change {
	id := kernel.ImportID(u.step.ID)
	if kernel.ParseID(kernel.PrefixImport, u.step.ID) != nil || u.goesOn {
		return nil
	}
	stream := eventstore.Stream(dataops.ImportStream, u.step.ID)
	if slices.ContainsFunc(u.now.guards, func(c eventstore.Change) bool { return c.Stream == stream }) {
		return nil // it is still at work
	}
	var e kernel.Event = dataops.Redone{ImportID: id}
	if !u.cmd.Redo {
		e = dataops.Undone{ImportID: id, Removed: u.rows, Reverted: u.reverted, Kept: u.kept}
	}
	return []eventstore.Change{eventstore.At(stream, eventstore.Any, e)}
}
