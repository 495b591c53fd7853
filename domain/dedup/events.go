package dedup

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Stream is the category of the streams of jobs.
const Stream = "dedup"

// ScanStarted begins a scan of a table.
type ScanStarted struct {
	JobID      kernel.DedupID     `json:"job_id"`
	Workspace  kernel.WorkspaceID `json:"workspace_id"`
	TableID    kernel.TableID     `json:"table_id"`
	Definition Definition         `json:"definition"`
	By         kernel.UserID      `json:"by,omitempty"`
	At         time.Time          `json:"at"`
}

// ScanRestarted says that the scan begins again after its worker was lost: the groups so far don't count.
type ScanRestarted struct {
	JobID kernel.DedupID `json:"job_id"`
}

// ScanProgressed says how far a scan has come.
type ScanProgressed struct {
	JobID kernel.DedupID `json:"job_id"`
	Rows  int            `json:"rows"`
	Pairs int            `json:"pairs,omitempty"`
}

// GroupsFound holds groups of a scan, numbered from First.
type GroupsFound struct {
	JobID  kernel.DedupID `json:"job_id"`
	First  int            `json:"first"`
	Groups []Group        `json:"groups"`
}

// GroupDecided says what a person makes of a group. Rows are the group's.
type GroupDecided struct {
	JobID    kernel.DedupID `json:"job_id"`
	TableID  kernel.TableID `json:"table_id"`
	Group    int            `json:"group"`
	Decision Decision       `json:"decision"`
	Rows     []kernel.RowID `json:"rows"`
}

// MergeStarted begins the merging of groups of a scan.
type MergeStarted struct {
	JobID     kernel.DedupID     `json:"job_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	TableID   kernel.TableID     `json:"table_id"`
	ScanID    kernel.DedupID     `json:"scan_id"`
	Plan      Plan               `json:"plan"`
	By        kernel.UserID      `json:"by,omitempty"`
	At        time.Time          `json:"at"`
}

// RowsMerged says which groups were merged. The table's events of the same append follow it.
type RowsMerged struct {
	JobID   kernel.DedupID `json:"job_id"`
	Through int            `json:"through"` // the last group of the scan that was looked at
	Groups  []Merged       `json:"groups,omitempty"`
	Left    []Left         `json:"left,omitempty"`
	Events  int            `json:"events"` // of the table, that follow
}

// UnmergeStarted begins to take groups of a merge apart; all of them without Groups.
type UnmergeStarted struct {
	JobID     kernel.DedupID     `json:"job_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	TableID   kernel.TableID     `json:"table_id"`
	MergeID   kernel.DedupID     `json:"merge_id"`
	Groups    []int              `json:"groups,omitempty"`
	By        kernel.UserID      `json:"by,omitempty"`
	At        time.Time          `json:"at"`
}

// RowsParted says which groups of the merge were taken apart.
type RowsParted struct {
	JobID   kernel.DedupID `json:"job_id"`
	Through int            `json:"through"` // the last group that was looked at
	Groups  []int          `json:"groups,omitempty"`
	Left    []Left         `json:"left,omitempty"`
}

// WorkerLost says that a worker was lost over the job; the next one writes it first.
type WorkerLost struct {
	JobID kernel.DedupID `json:"job_id"`
}

// CancelRequested asks the job to go no further. What is done stays.
type CancelRequested struct {
	JobID kernel.DedupID `json:"job_id"`
}

// Ended ends a job. Told is what a scan has to say of how it went.
type Ended struct {
	JobID  kernel.DedupID `json:"job_id"`
	State  State          `json:"state"`
	Reason string         `json:"reason,omitempty"`
	Told   *Told          `json:"told,omitempty"`
	At     time.Time      `json:"at"`
}

// EventType names the event.
func (ScanStarted) EventType() string { return "dedup.scan_started.v1" }

// EventType names the event.
func (ScanRestarted) EventType() string { return "dedup.scan_restarted.v1" }

// EventType names the event.
func (ScanProgressed) EventType() string { return "dedup.scan_progressed.v1" }

// EventType names the event.
func (GroupsFound) EventType() string { return "dedup.groups_found.v1" }

// EventType names the event.
func (GroupDecided) EventType() string { return "dedup.group_decided.v1" }

// EventType names the event.
func (MergeStarted) EventType() string { return "dedup.merge_started.v1" }

// EventType names the event.
func (RowsMerged) EventType() string { return "dedup.rows_merged.v1" }

// EventType names the event.
func (UnmergeStarted) EventType() string { return "dedup.unmerge_started.v1" }

// EventType names the event.
func (RowsParted) EventType() string { return "dedup.rows_parted.v1" }

// EventType names the event.
func (WorkerLost) EventType() string { return "dedup.worker_lost.v1" }

// EventType names the event.
func (CancelRequested) EventType() string { return "dedup.cancel_requested.v1" }

// EventType names the event.
func (Ended) EventType() string { return "dedup.ended.v1" }

// Events lists the module's event types.
func Events() []kernel.Event {
	return []kernel.Event{
		ScanStarted{},
		ScanRestarted{},
		ScanProgressed{},
		GroupsFound{},
		GroupDecided{},
		MergeStarted{},
		RowsMerged{},
		UnmergeStarted{},
		RowsParted{},
		WorkerLost{},
		CancelRequested{},
		Ended{},
	}
}
