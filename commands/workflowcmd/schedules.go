package workflowcmd

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
)

// schedulesPage is how many schedules are looked at together.
const schedulesPage = 200

// Tick begins the runs of all schedules that are due, and answers how many. Any number of processes may do so: the trigger's mark is in the
// run's append.
func (h *Handlers) Tick(ctx context.Context, triggers Triggers) (n int, err error) {
	for after := kernel.WorkflowID(""); ; {
		list, e := triggers.Schedules(ctx, after, schedulesPage)
		if err = errors.Join(err, e); e != nil {
			return n, err
		}
		for _, a := range list {
			done, e := h.due(ctx, a)
			if err = errors.Join(err, e); done {
				n++
			}
			after = a.Workflow
		}
		if len(list) < schedulesPage {
			return n, err
		}
	}
}

// due begins a schedule's run if it is due. Times that were missed are told, and one run begins for all of them.
func (h *Handlers) due(ctx context.Context, a Active) (bool, error) {
	times, err := workflow.NewSchedule(a.Trigger.Cron, a.Trigger.TimeZone)
	if err != nil {
		return false, nil //nolint:nilerr // a zone that is not known any more: the workflow can't run, which its page tells
	}
	m, err := h.mark(ctx, a.Workflow)
	if err != nil {
		return false, err
	}
	now, since := h.cfg.Clock.Now(), a.At
	if m.due.After(since) {
		since = m.due
	}
	if since.After(now) { // said by a clock that has been set back since
		since = now.Add(-time.Minute)
	}
	at, missed := times.Due(since, now)
	if at.IsZero() {
		return false, nil
	}
	v, err := h.Version(ctx, a.Workspace, a.Workflow, a.Version)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	e := workflow.Started{
		RunID: kernel.WorkflowRunID(h.cfg.IDs.New(kernel.PrefixWorkflowRun)), WorkflowID: a.Workflow, Workspace: a.Workspace, Version: a.Version,
		Graph: v.Graph, At: now,
		Cause: workflow.Cause{Kind: workflow.Schedule, Due: &at, Missed: missed, Chain: []kernel.WorkflowID{a.Workflow}},
	}
	stream := eventstore.Stream(workflow.TriggerStream, string(a.Workflow))
	meta := kernel.Meta{Actor: kernel.System(), Workspace: a.Workspace, Command: "workflow.schedule", CorrelationID: string(e.RunID)}
	fired := workflow.Fired{WorkflowID: a.Workflow, RunID: e.RunID, Through: m.through, Due: &at, Missed: missed}
	err = h.appendAll(ctx, meta, h.begins(stream, m, e, fired)...)
	if eventstore.IsConflict(err) { // another process has begun it
		return false, nil
	}
	return err == nil, err
}
