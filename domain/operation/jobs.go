package operation

import (
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// kept is how many ended jobs are remembered.
const kept = 20

// Job is a job as it stands.
type Job struct {
	ID         string
	Kind       Kind
	Projection string
	Backup     string
	RequestedAt,
	FinishedAt time.Time // zero while it is not ended
	Outcome Outcome
}

// Open reports whether the job has yet to be carried out.
func (j Job) Open() bool { return j.FinishedAt.IsZero() }

// Jobs are the installation's jobs: at most one open, and the last ones that ended.
type Jobs struct {
	kernel.Root
	list []Job // newest first
}

// NewJobs returns no jobs.
func NewJobs() *Jobs { return &Jobs{} }

// List returns the jobs, newest first.
func (j *Jobs) List() []Job { return slices.Clone(j.list) }

// Open returns the job that is to be carried out, false if there is none.
func (j *Jobs) Open() (Job, bool) {
	if len(j.list) == 0 || !j.list[0].Open() {
		return Job{}, false
	}
	return j.list[0], true
}

// Request asks for a job; while another one is open it answers BUSY. The subject is a projection, or the backup that a drill is of.
func (j *Jobs) Request(id string, kind Kind, subject string, now time.Time) error {
	e := JobRequested{Job: id, Kind: kind, At: now}
	switch kind {
	case Rebuild, Verify:
		e.Projection = subject
	case Drill:
		e.Backup = subject
	case Backup:
	default:
		return kernel.Invalid("kind", "is rebuild, verify, backup or drill, not %q", kind)
	}
	if open, ok := j.Open(); ok {
		what := string(open.Kind)
		if subject := open.Projection + open.Backup; subject != "" {
			what += " of " + subject
		}
		return kernel.E(kernel.KindConflict, "BUSY", "the %s is under way; one is carried out at a time", what)
	}
	return j.Record(j, e)
}

// Finish ends the open job.
func (j *Jobs) Finish(id string, outcome Outcome, now time.Time) error {
	if open, ok := j.Open(); !ok || open.ID != id {
		return kernel.E(kernel.KindConflict, "ENDED", "the job %s has ended already", id)
	}
	return j.Record(j, JobFinished{Job: id, Outcome: outcome, At: now})
}

// Apply implements kernel.Aggregate.
func (j *Jobs) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case JobRequested:
		j.list = append([]Job{{
			ID:          e.Job,
			Kind:        e.Kind,
			Projection:  e.Projection,
			Backup:      e.Backup,
			RequestedAt: e.At,
		}}, j.list[:min(len(j.list), kept)]...)
	case JobFinished:
		if len(j.list) > 0 && j.list[0].ID == e.Job {
			j.list[0].FinishedAt, j.list[0].Outcome = e.At, e.Outcome
		}
	default:
		return kernel.UnknownEvent("jobs", e)
	}
	return nil
}
