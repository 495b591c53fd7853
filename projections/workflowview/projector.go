// Package workflowview keeps the workflows, their active triggers, and how far each run has come, node by node.
package workflowview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workflow"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "workflow"

// Workflow is a workflow as lists show it.
type Workflow struct {
	ID        kernel.WorkflowID
	Workspace kernel.WorkspaceID
	Name      string
	Version   int
	Published int              // 0 for none
	Trigger   workflow.Trigger // of the version that is published
	Tables    []kernel.TableID // that the newest version names
	Since     int64            // log position at which the version was published
	At        time.Time        // when it was
	UpdatedAt time.Time
	Passed    string // why changes were last left out on purpose
}

// Run is a run of a workflow.
type Run struct {
	ID        kernel.WorkflowRunID
	Workflow  kernel.WorkflowID
	Workspace kernel.WorkspaceID
	Version   int
	Round     int
	Cause     workflow.Kind
	Missed    int
	State     workflow.State
	Node      workflow.NodeID // that stood in its way
	Reason    string
	Rows      int64
	Spent     kernel.Credits
	By        kernel.UserID
	StartedAt time.Time
	EndedAt   *time.Time
}

// NodeCount is how far a node of a run has come.
type NodeCount struct {
	Run    kernel.WorkflowRunID
	Node   workflow.NodeID
	Hash   string // what the node does; another one counts anew
	Done   int64
	Failed int64
	Out    map[string]int64 // by output
	Spent  kernel.Credits
	State  string // of nodes that wait: asking, waiting or approving; failed; else empty
	Says   string
	Until  *time.Time
}

// Approving is the state of a node that waits for people.
const Approving = "approving"

// Pending is a node of a run that waits for people.
type Pending struct {
	Run      kernel.WorkflowRunID
	Workflow kernel.WorkflowID
	Name     string // the workflow's
	Node     workflow.NodeID
	Until    time.Time
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	Save(ctx context.Context, e workflow.Saved) error
	Publish(ctx context.Context, e workflow.Published, position int64) error
	Unpublish(ctx context.Context, id kernel.WorkflowID) error
	Delete(ctx context.Context, id kernel.WorkflowID) error
	Pass(ctx context.Context, id kernel.WorkflowID, reason string) error
	Begin(ctx context.Context, r Run) error
	// Resume begins another round: nodes that forget lose their counts, the others what has failed.
	Resume(ctx context.Context, e workflow.Resumed, forgotten []workflow.NodeID) error
	State(ctx context.Context, id kernel.WorkflowRunID, s workflow.State) error
	End(ctx context.Context, e workflow.Ended) error
	// Count adds to a node's counts; rows are those that are new in the run.
	Count(ctx context.Context, c NodeCount, rows int64) error
}

// Projector folds workflows and runs.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec, open}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 2 }

// Types implements projections.Projector.
func (*Projector) Types() []string {
	return kernel.EventTypes(workflow.Saved{}, workflow.Published{}, workflow.Unpublished{}, workflow.Deleted{}, workflow.Passed{},
		workflow.Started{}, workflow.Gathered{}, workflow.NodeDone{}, workflow.NodeFailed{}, workflow.EnrichmentAsked{}, workflow.WaitBegun{},
		workflow.ApprovalAsked{}, workflow.Decided{},
		workflow.RunPaused{}, workflow.RunContinued{}, workflow.Resumed{}, workflow.Ended{})
}

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err != nil {
			return err
		}
		if err := apply(ctx, w, e, rec.Position); err != nil {
			return fmt.Errorf("event %d (%s): %w", rec.Position, rec.Type, err)
		}
	}
	return nil
}

func apply(ctx context.Context, w Writer, e kernel.Event, position int64) error {
	switch e := e.(type) {
	case workflow.Saved:
		return w.Save(ctx, e)
	case workflow.Published:
		return w.Publish(ctx, e, position)
	case workflow.Unpublished:
		return w.Unpublish(ctx, e.WorkflowID)
	case workflow.Deleted:
		return w.Delete(ctx, e.WorkflowID)
	case workflow.Passed:
		return w.Pass(ctx, e.WorkflowID, e.Reason)
	default:
		return applyRun(ctx, w, e)
	}
}

func (c *NodeCount) add(results []workflow.Result) {
	c.Out = map[string]int64{}
	for _, r := range results {
		c.Done += int64(r.Rows.Count())
		for port, m := range r.Out {
			c.Out[port] += int64(m.Count())
		}
	}
}

// decided are the counts of a decision; a node goes on waiting for those that are left.
func decided(e workflow.Decided) NodeCount {
	c := NodeCount{Run: e.RunID, Node: e.Node, Hash: e.Hash}
	c.add(e.Results)
	if e.Left > 0 {
		c.State, c.Until = Approving, &e.Until
	}
	return c
}

func applyRun(ctx context.Context, w Writer, e kernel.Event) error {
	switch e := e.(type) {
	case workflow.Started:
		return w.Begin(ctx, Run{
			ID: e.RunID, Workflow: e.WorkflowID, Workspace: e.Workspace, Version: e.Version, Cause: e.Cause.Kind,
			Missed: e.Cause.Missed, State: workflow.Running, By: e.By, StartedAt: e.At,
		})
	case workflow.Gathered:
		n := int64(len(e.Rows))
		for _, p := range e.Known {
			n += int64(p.Rows.Count())
		}
		c := NodeCount{Run: e.RunID, Node: e.Node, Hash: e.Hash, Done: n, Out: map[string]int64{workflow.Out: n}}
		return w.Count(ctx, c, int64(len(e.Rows)))
	case workflow.NodeDone:
		c := NodeCount{Run: e.RunID, Node: e.Node, Hash: e.Hash, Spent: e.Spent, Says: e.Note}
		c.add(e.Results)
		return w.Count(ctx, c, 0)
	case workflow.NodeFailed:
		c := NodeCount{Run: e.RunID, Node: e.Node, Hash: e.Hash, Spent: e.Spent, State: "failed", Says: e.Reason}
		for _, p := range e.Pieces {
			c.Failed += int64(p.Rows.Count())
		}
		return w.Count(ctx, c, 0)
	case workflow.EnrichmentAsked:
		return w.Count(ctx, NodeCount{Run: e.RunID, Node: e.Node, Hash: e.Hash, State: "asking", Says: string(e.Enrichment)}, 0)
	case workflow.WaitBegun:
		return w.Count(ctx, NodeCount{Run: e.RunID, Node: e.Node, Hash: e.Hash, State: "waiting", Until: &e.Until}, 0)
	case workflow.ApprovalAsked:
		return w.Count(ctx, NodeCount{Run: e.RunID, Node: e.Node, Hash: e.Hash, State: Approving, Until: &e.Until}, 0)
	case workflow.Decided:
		return w.Count(ctx, decided(e), 0)
	case workflow.RunPaused:
		return w.State(ctx, e.RunID, workflow.Paused)
	case workflow.RunContinued:
		return w.State(ctx, e.RunID, workflow.Running)
	case workflow.Resumed:
		var forgotten []workflow.NodeID
		if e.From != "" {
			for _, n := range e.Graph.Nodes {
				if e.Graph.After(e.From)[n.ID] {
					forgotten = append(forgotten, n.ID)
				}
			}
		}
		return w.Resume(ctx, e, forgotten)
	case workflow.Ended:
		return w.End(ctx, e)
	default:
		return kernel.UnknownEvent("workflow", e)
	}
}
