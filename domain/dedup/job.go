package dedup

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// State is where a job stands.
type State string

// The states.
const (
	Running   State = "running"
	Completed State = "completed"
	Failed    State = "failed"
	Cancelled State = "cancelled"
)

// Kind is what a job does.
type Kind string

// The kinds.
const (
	Scan    Kind = "scan"
	Merging Kind = "merge"
	Parting Kind = "unmerge"
)

// Merged is a group that was merged.
type Merged struct {
	Group    int            `json:"group"`
	Survivor kernel.RowID   `json:"survivor"`
	Rows     []kernel.RowID `json:"rows"` // that are hidden
}

// Left is a group that was left as it is.
type Left struct {
	Group  int    `json:"group"`
	Reason string `json:"reason"`
}

// Job is a scan, a merge or an un-merge. The groups themselves are in its stream only.
type Job struct {
	kernel.Root
	id        kernel.DedupID
	kind      Kind
	workspace kernel.WorkspaceID
	table     kernel.TableID
	by        kernel.UserID
	state     State
	cancelled bool
	killed    int // workers lost since the job last came further

	scan    ScanStarted
	merge   MergeStarted
	unmerge UnmergeStarted
	groups  int // that a scan has told of
	through int // the last group that a merge or un-merge has looked at
}

// NewJob returns a job without events.
func NewJob() *Job { return &Job{} }

// In reports whether the job is one of the table's.
func (j *Job) In(ws kernel.WorkspaceID, t kernel.TableID) bool {
	return j.id != "" && j.workspace == ws && j.table == t
}

// Kind is what the job does; empty without events.
func (j *Job) Kind() Kind { return j.kind }

// Running reports whether the job has something left to do.
func (j *Job) Running() bool { return j.state == Running }

// State is where the job stands.
func (j *Job) State() State { return j.state }

// Cancelled reports whether the job was asked to go no further.
func (j *Job) Cancelled() bool { return j.cancelled }

// Through is the last group that a merge or un-merge has looked at.
func (j *Job) Through() int { return j.through }

// ScanOf is how a scan began.
func (j *Job) ScanOf() ScanStarted { return j.scan }

// MergeOf is how a merge began.
func (j *Job) MergeOf() MergeStarted { return j.merge }

// UnmergeOf is how an un-merge began.
func (j *Job) UnmergeOf() UnmergeStarted { return j.unmerge }

// Meta is on whose behalf the job works.
func (j *Job) Meta() kernel.Meta {
	return kernel.Meta{
		Actor:     kernel.Actor{Kind: kernel.ActorRun, ID: string(j.id), OnBehalfOf: j.by},
		Workspace: j.workspace, Command: "dedup." + string(j.kind), CorrelationID: string(j.id),
	}
}

// Table is the table that the job is about.
func (j *Job) Table() kernel.TableID { return j.table }

// Begin starts the job by one of its first events.
func (j *Job) Begin(e kernel.Event) error {
	if j.id != "" {
		return kernel.E(kernel.KindConflict, "ALREADY_STARTED", "the job has begun already")
	}
	return j.Record(j, e)
}

// Restart forgets the groups that a lost worker has told of.
func (j *Job) Restart() error {
	if !j.Running() || j.groups == 0 {
		return nil
	}
	return j.Record(j, ScanRestarted{JobID: j.id})
}

// Progress says how far a scan has come.
func (j *Job) Progress(rows, pairs int) error {
	if !j.Running() {
		return nil
	}
	return j.Record(j, ScanProgressed{JobID: j.id, Rows: rows, Pairs: pairs})
}

// Find tells of further groups.
func (j *Job) Find(groups []Group) error {
	if !j.Running() || len(groups) == 0 {
		return nil
	}
	return j.Record(j, GroupsFound{JobID: j.id, First: j.groups + 1, Groups: groups})
}

// Join notes that groups were merged.
func (j *Job) Join(e RowsMerged) error {
	e.JobID = j.id
	return j.Record(j, e)
}

// PartRows notes that groups were taken apart.
func (j *Job) PartRows(e RowsParted) error {
	e.JobID = j.id
	return j.Record(j, e)
}

// Lose notes that a worker was lost over the job, and answers how many were since it last came further.
func (j *Job) Lose() (killed int, err error) {
	if !j.Running() {
		return 0, nil
	}
	err = j.Record(j, WorkerLost{JobID: j.id})
	return j.killed, err
}

// Cancel asks the job to go no further. One that has ended stays as it is.
func (j *Job) Cancel() error {
	if !j.Running() || j.cancelled {
		return nil
	}
	return j.Record(j, CancelRequested{JobID: j.id})
}

// End ends the job; hindrance says what stood in its way, empty for nothing.
func (j *Job) End(hindrance string, told *Told, at time.Time) error {
	if !j.Running() {
		return nil
	}
	e := Ended{JobID: j.id, State: Completed, Reason: hindrance, Told: told, At: at}
	switch {
	case hindrance != "":
		e.State = Failed
	case j.cancelled:
		e.State = Cancelled
	}
	return j.Record(j, e)
}

// Apply implements kernel.Aggregate.
func (j *Job) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case ScanStarted:
		j.kind, j.scan = Scan, e
		j.begin(e.JobID, e.Workspace, e.TableID, e.By)
	case MergeStarted:
		j.kind, j.merge = Merging, e
		j.begin(e.JobID, e.Workspace, e.TableID, e.By)
	case UnmergeStarted:
		j.kind, j.unmerge = Parting, e
		j.begin(e.JobID, e.Workspace, e.TableID, e.By)
	case ScanRestarted:
		j.groups = 0
	case ScanProgressed, GroupDecided:
	case GroupsFound:
		j.groups, j.killed = e.First+len(e.Groups)-1, 0
	case RowsMerged:
		j.through, j.killed = e.Through, 0
	case RowsParted:
		j.through, j.killed = e.Through, 0
	case WorkerLost:
		j.killed++
	case CancelRequested:
		j.cancelled = true
	case Ended:
		j.state = e.State
	default:
		return kernel.UnknownEvent("dedup", e)
	}
	return nil
}

func (j *Job) begin(id kernel.DedupID, ws kernel.WorkspaceID, t kernel.TableID, by kernel.UserID) {
	j.id, j.workspace, j.table, j.by, j.state = id, ws, t, by, Running
}
