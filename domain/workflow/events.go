package workflow

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Categories of the streams.
const (
	Stream        = "workflow"
	RunStream     = "wfrun"
	HookStream    = "wfhook"
	TriggerStream = "wftrigger"
)

// Saved is a version of the workflow. The first one makes it.
type Saved struct {
	WorkflowID kernel.WorkflowID  `json:"workflow_id"`
	Workspace  kernel.WorkspaceID `json:"workspace_id"`
	Version    int                `json:"version"` // from 1
	Name       string             `json:"name"`
	Graph      Graph              `json:"graph"`
	Note       string             `json:"note,omitempty"`
	Of         int                `json:"of,omitempty"` // the version that it brings back
	By         kernel.UserID      `json:"by,omitempty"`
	At         time.Time          `json:"at"`
}

// Trigger says when a published workflow runs.
type Trigger struct {
	Kind     Kind           `json:"kind" enum:"manual,schedule,rows_changed,webhook"`
	TableID  kernel.TableID `json:"table_id,omitempty"`
	Cron     string         `json:"cron,omitempty"`
	TimeZone string         `json:"time_zone,omitempty"`
}

// Published puts a version in force: its trigger acts from now on.
type Published struct {
	WorkflowID kernel.WorkflowID `json:"workflow_id"`
	Version    int               `json:"version"`
	Trigger    Trigger           `json:"trigger"`
	At         time.Time         `json:"at"`
}

// Unpublished stops the trigger. Runs under way go on.
type Unpublished struct {
	WorkflowID kernel.WorkflowID `json:"workflow_id"`
	At         time.Time         `json:"at"`
}

// HookSet gives the workflow a secret address, in place of the one before. Of the secret only its hash is kept.
type HookSet struct {
	WorkflowID kernel.WorkflowID `json:"workflow_id"`
	Hash       string            `json:"hash"`
	By         kernel.UserID     `json:"by,omitempty"`
	At         time.Time         `json:"at"`
}

// Received says which rows were made of what came to a workflow's address.
type Received struct {
	WorkflowID kernel.WorkflowID `json:"workflow_id"`
	TableID    kernel.TableID    `json:"table_id"`
	Rows       []kernel.RowID    `json:"rows"`
	Version    int               `json:"version,omitempty"` // that took it, and whose graph they go through
	At         time.Time         `json:"at"`
}

// Deleted ends the workflow. Runs under way go on.
type Deleted struct {
	WorkflowID kernel.WorkflowID `json:"workflow_id"`
}

// Fired says that a trigger has looked at the log up to a position, or at the clock up to a due time, and which run it began.
type Fired struct {
	WorkflowID kernel.WorkflowID    `json:"workflow_id"`
	RunID      kernel.WorkflowRunID `json:"run_id"`
	Through    int64                `json:"through,omitempty"` // log position
	Due        *time.Time           `json:"due,omitempty"`
	Missed     int                  `json:"missed,omitempty"` // due times before it that had no run
}

// Passed says that a trigger left out changes of rows on purpose, and why.
type Passed struct {
	WorkflowID kernel.WorkflowID    `json:"workflow_id"`
	Through    int64                `json:"through"`
	Reason     string               `json:"reason"`
	RunID      kernel.WorkflowRunID `json:"run_id,omitempty"` // whose changes they were
}

// Stretch is a part of a stream, with the events after one version up to another.
type Stretch struct {
	Stream  string `json:"stream"`
	After   int64  `json:"after"`
	Through int64  `json:"through"`
}

// Cause is why a run began.
type Cause struct {
	Kind Kind `json:"kind"`
	// Changes are where the rows that were added or changed stand in the log.
	Changes []Stretch  `json:"changes,omitempty"`
	Due     *time.Time `json:"due,omitempty"`
	Missed  int        `json:"missed,omitempty"`
	// Chain are the workflows whose runs led to this one, the first one first.
	Chain []kernel.WorkflowID `json:"chain,omitempty"`
}

// Started begins a run. The graph holds for all of it, whatever becomes of the workflow.
type Started struct {
	RunID      kernel.WorkflowRunID `json:"run_id"`
	WorkflowID kernel.WorkflowID    `json:"workflow_id"`
	Workspace  kernel.WorkspaceID   `json:"workspace_id"`
	Version    int                  `json:"version"`
	Graph      Graph                `json:"graph"`
	Cause      Cause                `json:"cause"`
	By         kernel.UserID        `json:"by,omitempty"` // on whose behalf
	At         time.Time            `json:"at"`
}

// Piece is rows of a batch.
type Piece struct {
	Batch int  `json:"batch"` // from 0
	Rows  Mask `json:"rows"`
}

// Result is what a node made of rows of a batch: which of them leave it by which port.
type Result struct {
	Batch int             `json:"batch"`
	Rows  Mask            `json:"rows"`
	Out   map[string]Mask `json:"out,omitempty"`
}

// Gathered holds a page of a source's rows. Rows that the run does not have yet are a new batch, the others are named by their place.
type Gathered struct {
	RunID   kernel.WorkflowRunID `json:"run_id"`
	Node    NodeID               `json:"node"`
	Hash    string               `json:"hash"`
	TableID kernel.TableID       `json:"table_id"`
	Rows    []kernel.RowID       `json:"rows,omitempty"`
	Known   []Piece              `json:"known,omitempty"`
	Next    string               `json:"next,omitempty"` // where the next page begins
	Last    bool                 `json:"last,omitempty"`
	Cut     bool                 `json:"cut,omitempty"` // there were more rows than a run takes
}

// NodeDone says what a node made of rows. A row is never given to a node again that has done it with the same hash.
type NodeDone struct {
	RunID   kernel.WorkflowRunID `json:"run_id"`
	Node    NodeID               `json:"node"`
	Hash    string               `json:"hash"`
	Results []Result             `json:"results"`
	Spent   kernel.Credits       `json:"spent_mc,omitempty"`
	Note    string               `json:"note,omitempty"`
}

// NodeFailed says that a node could not do its work on rows. They leave the run until it is resumed.
type NodeFailed struct {
	RunID  kernel.WorkflowRunID `json:"run_id"`
	Node   NodeID               `json:"node"`
	Hash   string               `json:"hash"`
	Pieces []Piece              `json:"pieces,omitempty"`
	Spent  kernel.Credits       `json:"spent_mc,omitempty"`
	Reason string               `json:"reason"`
}

// EnrichmentAsked says which run of an enrichment answers for rows.
type EnrichmentAsked struct {
	RunID      kernel.WorkflowRunID `json:"run_id"`
	Node       NodeID               `json:"node"`
	Hash       string               `json:"hash"`
	Pieces     []Piece              `json:"pieces"`
	Enrichment kernel.RunID         `json:"enrichment_run_id"`
}

// WaitBegun says until when a node waits.
type WaitBegun struct {
	RunID kernel.WorkflowRunID `json:"run_id"`
	Node  NodeID               `json:"node"`
	Hash  string               `json:"hash"`
	Until time.Time            `json:"until"`
}

// ApprovalAsked says until when a node waits for people to decide on its rows.
type ApprovalAsked struct {
	RunID kernel.WorkflowRunID `json:"run_id"`
	Node  NodeID               `json:"node"`
	Hash  string               `json:"hash"`
	Until time.Time            `json:"until"`
}

// Decided says what a person has decided on rows. Left is how many still wait.
type Decided struct {
	RunID    kernel.WorkflowRunID `json:"run_id"`
	Node     NodeID               `json:"node"`
	Hash     string               `json:"hash"`
	Approved bool                 `json:"approved"`
	Results  []Result             `json:"results"`
	Left     int                  `json:"left,omitempty"`
	Until    time.Time            `json:"until"`
	By       kernel.UserID        `json:"by,omitempty"`
	At       time.Time            `json:"at"`
}

// RunPaused holds the run before its next step.
type RunPaused struct {
	RunID kernel.WorkflowRunID `json:"run_id"`
}

// RunContinued ends a pause.
type RunContinued struct {
	RunID kernel.WorkflowRunID `json:"run_id"`
}

// CancelRequested asks the run to end.
type CancelRequested struct {
	RunID kernel.WorkflowRunID `json:"run_id"`
}

// WorkerLost says that a worker was lost over the run; the next one writes it first.
type WorkerLost struct {
	RunID kernel.WorkflowRunID `json:"run_id"`
}

// Resumed lets a run that has ended go on, under the graph of any version. Rows that a node has done with the same hash are not done again.
type Resumed struct {
	RunID   kernel.WorkflowRunID `json:"run_id"`
	Version int                  `json:"version"`
	Graph   Graph                `json:"graph"`
	Round   int                  `json:"round"`          // from 1
	From    NodeID               `json:"from,omitempty"` // this node and those after it forget what they have done
	By      kernel.UserID        `json:"by,omitempty"`
	At      time.Time            `json:"at"`
}

// Ended ends a run, until it is resumed.
type Ended struct {
	RunID  kernel.WorkflowRunID `json:"run_id"`
	State  State                `json:"state"`
	Node   NodeID               `json:"node,omitempty"` // that stood in its way
	Reason string               `json:"reason,omitempty"`
	At     time.Time            `json:"at"`
}

// EventType names the event.
func (Saved) EventType() string { return "workflow.saved.v1" }

// EventType names the event.
func (Published) EventType() string { return "workflow.published.v1" }

// EventType names the event.
func (Unpublished) EventType() string { return "workflow.unpublished.v1" }

// EventType names the event.
func (HookSet) EventType() string { return "workflow.hook_set.v1" }

// EventType names the event.
func (Received) EventType() string { return "wfhook.received.v1" }

// EventType names the event.
func (Deleted) EventType() string { return "workflow.deleted.v1" }

// EventType names the event.
func (Fired) EventType() string { return "wftrigger.fired.v1" }

// EventType names the event.
func (Passed) EventType() string { return "wftrigger.passed.v1" }

// EventType names the event.
func (Started) EventType() string { return "wfrun.started.v1" }

// EventType names the event.
func (Gathered) EventType() string { return "wfrun.gathered.v1" }

// EventType names the event.
func (NodeDone) EventType() string { return "wfrun.node_done.v1" }

// EventType names the event.
func (NodeFailed) EventType() string { return "wfrun.node_failed.v1" }

// EventType names the event.
func (EnrichmentAsked) EventType() string { return "wfrun.enrichment_asked.v1" }

// EventType names the event.
func (WaitBegun) EventType() string { return "wfrun.wait_begun.v1" }

// EventType names the event.
func (ApprovalAsked) EventType() string { return "wfrun.approval_asked.v1" }

// EventType names the event.
func (Decided) EventType() string { return "wfrun.decided.v1" }

// EventType names the event.
func (RunPaused) EventType() string { return "wfrun.paused.v1" }

// EventType names the event.
func (RunContinued) EventType() string { return "wfrun.continued.v1" }

// EventType names the event.
func (CancelRequested) EventType() string { return "wfrun.cancel_requested.v1" }

// EventType names the event.
func (WorkerLost) EventType() string { return "wfrun.worker_lost.v1" }

// EventType names the event.
func (Resumed) EventType() string { return "wfrun.resumed.v1" }

// EventType names the event.
func (Ended) EventType() string { return "wfrun.ended.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{
		Saved{},
		Published{},
		Unpublished{},
		HookSet{},
		Received{},
		Deleted{},
		Fired{},
		Passed{},
		Started{},
		Gathered{},
		NodeDone{},
		NodeFailed{},
		EnrichmentAsked{},
		WaitBegun{},
		ApprovalAsked{},
		Decided{},
		RunPaused{},
		RunContinued{},
		CancelRequested{},
		WorkerLost{},
		Resumed{},
		Ended{},
	}
}
