// Package scrapeflow carries jobs of the scraper out as Temporal workflows: one workflow for a job, with one long activity. How far a job
// has come is in the log and nowhere else, so the activity may be killed and begun again at any point.
package scrapeflow

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/scrape"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow and its activity. Both stay for as long as there are histories with them.
const (
	WorkflowName = "scrape"
	ActivityName = "scrape-pages"
)

// Input is what the workflow is started with.
type Input struct {
	Job scrape.JobID `json:"job_id"`
}

// Timeouts of the activity. A worker that is silent for HeartbeatTimeout is taken for dead.
const (
	ActivityTimeout  = 24 * time.Hour
	HeartbeatTimeout = 30 * time.Second
)

// Scrape is the workflow: it has the job carried out until the activity says that nothing is left to do.
func Scrape(ctx workflow.Context, in Input) error {
	return jobflow.CarryOut(ctx, ActivityName, jobflow.Times{Longest: ActivityTimeout, Silence: HeartbeatTimeout}, in)
}

// Runner carries a job out; scrapecmd.Runner is one.
type Runner interface {
	// Lost notes that a worker was lost over the job, before Run goes on.
	Lost(ctx context.Context, id scrape.JobID) error
	Run(ctx context.Context, id scrape.JobID, alive func(done, of int)) error
}

// Activities are the workflow's activities.
type Activities struct{ runner Runner }

// NewActivities makes the activities of a runner.
func NewActivities(r Runner) *Activities { return &Activities{r} }

// ScrapePages is the activity. When the process stops it ends at once, so that another one goes on without waiting for a heartbeat that
// never comes.
func (a *Activities) ScrapePages(ctx context.Context, in Input) error {
	return jobflow.Try(ctx, in.Job, a.runner.Lost, func(ctx context.Context, beat func(string)) error {
		return a.runner.Run(ctx, in.Job, func(done, of int) { beat(fmt.Sprintf("%d of %d pages", done, of)) })
	})
}

// Register adds the workflow and its activity to a worker.
func Register(w worker.Registry, a *Activities) {
	w.RegisterWorkflowWithOptions(Scrape, workflow.RegisterOptions{Name: WorkflowName})
	w.RegisterActivityWithOptions(a.ScrapePages, activity.RegisterOptions{Name: ActivityName})
}

// Reactor has jobs carried out as they are asked for. Its Types and Handle are for projections.ReactorConfig.
type Reactor struct{ flows jobflow.Flows }

// NewReactor makes the reactor.
func NewReactor(flows jobflow.Flows) *Reactor { return &Reactor{flows} }

// ReactorName names the reactor's checkpoint.
const ReactorName = "scrape_flows"

// Types are the events that it acts on. A cancellation needs no signal: the runner looks at the job's stream.
func (*Reactor) Types() []string { return []string{scrape.Requested{}.EventType()} }

// Handle starts the event's workflow. Its id follows from the event, so doing it again does nothing.
func (r *Reactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	f := Underway(scrape.JobID(e.Stream.ID()))
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// Underway is the flow of a job that has not ended.
func Underway(id scrape.JobID) reconcile.Flow {
	return reconcile.Flow{ID: "scrape-" + string(id), Workflow: WorkflowName, Input: Input{Job: id}}
}
