package workflowcmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// Active is the trigger of a published workflow.
type Active struct {
	Workspace kernel.WorkspaceID
	Workflow  kernel.WorkflowID
	Version   int
	Trigger   workflow.Trigger
	Position  int64 // since when it is published
	At        time.Time
}

// Triggers finds active triggers.
type Triggers interface {
	// OfTable lists those that begin by changes of the table's rows, as of the log position at least.
	OfTable(ctx context.Context, id kernel.TableID, position int64) ([]Active, error)
	// Schedules lists schedules of all workspaces, those of workflows after the given one.
	Schedules(ctx context.Context, after kernel.WorkflowID, limit int) ([]Active, error)
}

// mark is how far a trigger has looked: the newest event of its stream.
type mark struct {
	version int64
	through int64
	due     time.Time
}

// mark reads it.
func (h *Handlers) mark(ctx context.Context, id kernel.WorkflowID) (mark, error) {
	stream := eventstore.Stream(workflow.TriggerStream, string(id))
	version, err := h.cfg.Store.StreamVersion(ctx, stream)
	if err != nil || version == 0 {
		return mark{}, err
	}
	last, err := h.cfg.Store.ReadStream(ctx, stream, version-1, 1)
	if err != nil {
		return mark{}, err
	}
	if len(last) == 0 {
		return mark{}, fmt.Errorf("%s has no event %d", stream, version)
	}
	m := mark{version: version}
	e, err := h.cfg.Codec.Decode(last[0])
	switch e := e.(type) {
	case workflow.Fired:
		m.through = e.Through
		if e.Due != nil {
			m.due = *e.Due
		}
	case workflow.Passed:
		m.through = e.Through
	}
	return m, err
}

// ChangeTypes are the events after which rows may have been added or changed, or have come to a workflow's address. What an import or a run
// has written is looked at when it has ended.
func ChangeTypes() []string {
	return kernel.EventTypes(table.RowsInserted{}, table.CellsEdited{}, dataops.Completed{}, dataops.Failed{}, enrichment.RunFinished{},
		workflow.Received{})
}

// change is what one event has changed.
type change struct {
	table    kernel.TableID
	position int64
	stretch  workflow.Stretch
	cause    kernel.WorkflowRunID // whose doing it was, if a workflow's
	hook     kernel.WorkflowID    // to whose address it came
	version  int                  // of that workflow, which took it
}

// Changed begins the runs that changes of rows call for: one for each workflow, over all changes that came together. How far a trigger has
// looked stands in the log in the append of its run, so a crash, a repeat or a second process begins nothing twice.
func (h *Handlers) Changed(ctx context.Context, triggers Triggers, events []eventstore.Recorded) error {
	byTable := map[kernel.TableID][]change{}
	byHook := map[kernel.WorkflowID][]change{}
	var order []kernel.TableID
	for _, rec := range events {
		c, err := h.changeOf(ctx, rec)
		if err != nil {
			return err
		}
		if c.hook != "" {
			byHook[c.hook] = append(byHook[c.hook], c)
			continue
		}
		if c.table == "" {
			continue
		}
		if byTable[c.table] == nil {
			order = append(order, c.table)
		}
		byTable[c.table] = append(byTable[c.table], c)
	}
	for _, id := range order {
		changes := byTable[id]
		active, err := triggers.OfTable(ctx, id, changes[len(changes)-1].position)
		if err != nil {
			return err
		}
		for _, a := range active {
			if err := h.fire(ctx, a, changes); err != nil {
				return fmt.Errorf("the trigger of %s: %w", a.Workflow, err)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(byHook)) {
		if err := h.came(ctx, id, byHook[id]); err != nil {
			return fmt.Errorf("the address of %s: %w", id, err)
		}
	}
	return nil
}

// changeOf says what an event has changed.
func (h *Handlers) changeOf(ctx context.Context, rec eventstore.Recorded) (change, error) {
	c := change{position: rec.Position, stretch: workflow.Stretch{Stream: string(rec.Stream), Through: rec.Version}}
	first := rec
	switch rec.Type {
	case table.RowsInserted{}.EventType(), table.CellsEdited{}.EventType():
		c.table, c.stretch.After = kernel.TableID(rec.Stream.ID()), rec.Version-1
	case workflow.Received{}.EventType():
		e, err := decodeAs[workflow.Received](h.cfg.Codec, rec)
		if err != nil {
			return c, err
		}
		c.hook, c.version, c.stretch.After = kernel.WorkflowID(rec.Stream.ID()), e.Version, rec.Version-1
	default: // all that an import or a run has written; its first event says whose doing it was
		list, err := h.cfg.Store.ReadStream(ctx, rec.Stream, 0, changesPage)
		if err != nil || len(list) == 0 {
			return c, err
		}
		first = list[0]
		for _, e := range list {
			var of struct {
				TableID kernel.TableID `json:"table_id"`
			}
			if err := json.Unmarshal(e.Data, &of); err != nil {
				return c, err
			}
			if c.table = of.TableID; c.table != "" {
				break
			}
		}
	}
	meta, err := first.Meta()
	c.cause = runOf(meta)
	return c, err
}

// runOf is the workflow's run that something was done for, also by what the run asked for.
func runOf(meta kernel.Meta) kernel.WorkflowRunID {
	for _, id := range []string{meta.Actor.ID, meta.CorrelationID} {
		if strings.HasPrefix(id, kernel.PrefixWorkflowRun+"_") {
			return kernel.WorkflowRunID(id)
		}
	}
	return ""
}

// fire begins a run of one workflow for the changes that its trigger has not looked at yet.
func (h *Handlers) fire(ctx context.Context, a Active, changes []change) error {
	_, err := eventstore.Retry(ctx, func(int) (struct{}, error) { return struct{}{}, h.fireOnce(ctx, a, changes) })
	return busy(err)
}

// busy has the reactor come back after a pause where the log took nothing just now.
func busy(err error) error {
	if errors.Is(err, eventstore.ErrBusy) || errors.Is(err, eventstore.ErrUnknownOutcome) {
		return kernel.E(kernel.KindUnavailable, "BUSY", "the run could not be begun yet").Because(err)
	}
	return err
}

func (h *Handlers) fireOnce(ctx context.Context, a Active, changes []change) error {
	m, err := h.mark(ctx, a.Workflow)
	if err != nil {
		return err
	}
	w, _, err := h.workflows.Load(ctx, string(a.Workflow))
	if err != nil {
		return err
	}
	// A trigger of changes that was changed meanwhile leaves them to the new one. What came to an address has been promised its run.
	if changes[0].hook == "" && (!w.In(a.Workspace) || w.Published() != a.Version) {
		return nil
	}
	_, g, err := h.graph(ctx, w, a.Workflow, a.Version)
	if err != nil {
		return err
	}
	trigger, _ := g.Trigger()
	look := &looking{h: h, active: a, trigger: trigger.Kind, config: trigger.Config, mark: m, chain: []kernel.WorkflowID{a.Workflow}}
	for _, c := range changes {
		if c.position > max(m.through, a.Position) {
			if err := look.at(ctx, c); err != nil {
				return err
			}
		}
	}
	return look.end(ctx, g)
}

// looking is one look of a trigger at changes.
type looking struct {
	h         *Handlers
	active    Active
	trigger   workflow.Kind
	config    workflow.Config
	mark      mark
	chain     []kernel.WorkflowID // the longest of those that led to the changes, and the workflow itself
	stretches []workflow.Stretch
	through   int64
	passed    string // why changes were left out
	passedOf  kernel.WorkflowRunID
}

// at looks at one change.
func (l *looking) at(ctx context.Context, c change) error {
	var chain []kernel.WorkflowID
	if c.cause != "" {
		run, _, err := l.h.runs.Load(ctx, string(c.cause))
		if err != nil {
			return err
		}
		chain = run.Started().Cause.Chain
	}
	if c.hook == "" {
		if matches, err := l.matches(ctx, c); err != nil || !matches {
			return err
		}
	}
	l.through = c.position
	switch {
	case slices.Contains(chain, l.active.Workflow):
		l.passed, l.passedOf = "the workflow led to these changes itself", c.cause
		return nil
	case len(chain) >= workflow.MaxChain:
		l.passed, l.passedOf = fmt.Sprintf("%d workflows have led to one another", len(chain)), c.cause
		return nil
	case len(chain) >= len(l.chain):
		l.chain = append(slices.Clone(chain), l.active.Workflow)
	}
	if n := len(l.stretches); n > 0 && l.stretches[n-1].Stream == c.stretch.Stream && l.stretches[n-1].Through >= c.stretch.After {
		l.stretches[n-1].Through = c.stretch.Through
		return nil
	}
	l.stretches = append(l.stretches, c.stretch)
	return nil
}

// errFound ends a look at changes.
var errFound = errors.New("a row was found")

// matches reports whether a change is of any row that the trigger looks for: no run begins without rows.
func (l *looking) matches(ctx context.Context, c change) (bool, error) {
	err := l.h.changed(ctx, c.stretch, l.config, func(rows []kernel.RowID, _ int64) error {
		left, err := l.h.matching(ctx, l.active.Workspace, l.config, rows)
		if err == nil && len(left) > 0 {
			err = errFound
		}
		return err
	})
	switch {
	case errors.Is(err, errFound):
		return true, nil
	case passing(err):
		return false, err
	default: // the filter's column or the table is gone: the workflow can't run, which its page tells
		return false, nil
	}
}

// end begins the run, or notes what was left out.
func (l *looking) end(ctx context.Context, g workflow.Graph) error {
	a := l.active
	at := eventstore.Stream(workflow.TriggerStream, string(a.Workflow))
	meta := kernel.Meta{Actor: kernel.System(), Workspace: a.Workspace, Command: "workflow.trigger"}
	var changes []eventstore.Change
	switch {
	case len(l.stretches) > 0:
		e := workflow.Started{
			RunID: kernel.WorkflowRunID(l.h.cfg.IDs.New(kernel.PrefixWorkflowRun)), WorkflowID: a.Workflow, Workspace: a.Workspace,
			Version: a.Version, Graph: g, Cause: workflow.Cause{Kind: l.trigger, Changes: l.stretches, Chain: l.chain},
			At: l.h.cfg.Clock.Now(),
		}
		fired := workflow.Fired{WorkflowID: a.Workflow, RunID: e.RunID, Through: l.through}
		changes = l.h.begins(at, l.mark, e, fired)
		meta.CorrelationID = string(e.RunID)
	case l.passed != "":
		changes = []eventstore.Change{eventstore.At(at, eventstore.Expected(l.mark.version), workflow.Passed{
			WorkflowID: a.Workflow, Through: l.through, Reason: l.passed, RunID: l.passedOf,
		})}
	default:
		return nil
	}
	return l.h.appendAll(ctx, meta, changes...)
}

// begins are a run's first event and its trigger's mark.
func (h *Handlers) begins(at eventstore.StreamID, m mark, e workflow.Started, fired workflow.Fired) []eventstore.Change {
	return []eventstore.Change{
		eventstore.At(h.runs.Stream(string(e.RunID)), eventstore.NoStream, e),
		eventstore.At(at, eventstore.Expected(m.version), fired),
	}
}

func (h *Handlers) appendAll(ctx context.Context, meta kernel.Meta, changes ...eventstore.Change) error {
	req, err := h.cfg.Codec.Append(meta, nil, changes...)
	if err != nil {
		return err
	}
	_, err = h.cfg.Store.Append(ctx, req)
	return err
}
