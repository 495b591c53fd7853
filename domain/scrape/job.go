package scrape

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// State is where a job stands.
type State string

// The states.
const (
	StateRunning   State = "running" // or waiting for its turn
	StateFinished  State = "finished"
	StateCancelled State = "cancelled"
)

// MaxTasks is how many pages a job may have.
const MaxTasks = 100

// Job is a job of reading pages, folded from its stream.
type Job struct {
	kernel.Root

	ID        JobID
	Workspace kernel.WorkspaceID
	State     State
	Tasks     []Task
	Pages     map[int]PageRead
	Failed    int
	Callback  []byte // sealed
	Called    *CalledBack
	Requested time.Time
	Ended     time.Time // zero while it goes on
	// Losses are the processes that have ended over it since its last page was read.
	Losses int
}

// NewJob returns a job without events.
func NewJob() *Job { return &Job{Pages: map[int]PageRead{}} }

// Exists reports whether there is such a job.
func (j *Job) Exists() bool { return j.ID != "" }

// Open reports whether the job has not ended.
func (j *Job) Open() bool { return j.State == StateRunning }

// Left are the tasks that have not ended, in their order.
func (j *Job) Left() []int {
	var out []int
	for i := range j.Tasks {
		if _, done := j.Pages[i]; !done && j.Open() {
			out = append(out, i)
		}
	}
	return out
}

// Request begins the job.
func (j *Job) Request(e Requested) error {
	if j.Exists() {
		return kernel.E(kernel.KindConflict, "JOB_EXISTS", "the job %s exists", j.ID)
	}
	return j.Record(j, e)
}

// Read records how a task ended. What ends after the job, or a second time, is dropped.
func (j *Job) Read(e PageRead) error {
	if _, done := j.Pages[e.Index]; done || !j.Open() || e.Index < 0 || e.Index >= len(j.Tasks) {
		return nil
	}
	e.Job = j.ID
	return j.Record(j, e)
}

// Lose notes that a process ended over the job.
func (j *Job) Lose(at time.Time) error {
	if !j.Open() {
		return nil
	}
	return j.Record(j, WorkerLost{Job: j.ID, At: at})
}

// Finish ends the job if each of its tasks has ended.
func (j *Job) Finish(at time.Time) error {
	if !j.Open() || len(j.Left()) > 0 {
		return nil
	}
	return j.Record(j, Finished{Job: j.ID, At: at})
}

// Cancel ends the job; one that has ended stays as it is.
func (j *Job) Cancel(at time.Time) error {
	if !j.Exists() {
		return kernel.NotFound("job", string(j.ID))
	}
	if !j.Open() {
		return nil
	}
	return j.Record(j, Cancelled{Job: j.ID, At: at})
}

// CallBack records how the callback went, once.
func (j *Job) CallBack(attempts int, why string, at time.Time) error {
	if j.Called != nil || j.Open() {
		return nil
	}
	return j.Record(j, CalledBack{Job: j.ID, Attempts: attempts, Error: why, At: at})
}

// Apply implements kernel.Aggregate.
func (j *Job) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Requested:
		j.ID, j.Workspace, j.Tasks, j.Callback, j.Requested, j.State = e.Job, e.Workspace, e.Tasks, e.CallbackSealed, e.At, StateRunning
	case PageRead:
		j.Pages[e.Index] = e
		j.Losses = 0
		if e.Reason != "" {
			j.Failed++
		}
	case WorkerLost:
		j.Losses++
	case Finished:
		j.State, j.Ended = StateFinished, e.At
	case Cancelled:
		j.State, j.Ended = StateCancelled, e.At
	case CalledBack:
		j.Called = &e
	default:
		return kernel.UnknownEvent("scrape", e)
	}
	return nil
}
