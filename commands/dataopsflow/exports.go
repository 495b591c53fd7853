package dataopsflow

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/morket/morket/commands/jobflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Names under which Temporal knows the workflow of an export and its activity. Both stay for as long as there are histories with them.
const (
	ExportWorkflowName = "export"
	ExportActivityName = "export-file"
)

// ExportInput is what the workflow of an export is started with.
type ExportInput struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	ExportID  kernel.ExportID    `json:"export_id"`
}

// Export is the workflow: it has the file made until the activity says that nothing is left to do.
func Export(ctx workflow.Context, in ExportInput) error {
	return jobflow.CarryOut(ctx, ExportActivityName, jobflow.Times{Longest: 24 * time.Hour, Silence: HeartbeatTimeout}, in)
}

// Exporter makes the file of an export; dataopscmd.Exports is one.
type Exporter interface {
	Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.ExportID, alive func(rows int64)) error
}

// ExportActivities are the activities of the workflow of exports.
type ExportActivities struct{ exporter Exporter }

// NewExportActivities makes the activities of an exporter.
func NewExportActivities(e Exporter) *ExportActivities { return &ExportActivities{e} }

// ExportFile is the activity. A worker that was killed over it has left nothing: the next one begins anew.
func (a *ExportActivities) ExportFile(ctx context.Context, in ExportInput) error {
	return jobflow.Try(ctx, in.ExportID, jobflow.NothingLost, func(ctx context.Context, beat func(string)) error {
		return a.exporter.Run(ctx, in.Workspace, in.ExportID, func(rows int64) { beat(fmt.Sprintf("%d rows", rows)) })
	})
}

// RegisterExports adds the workflow of exports and its activity to a worker.
func RegisterExports(w worker.Registry, a *ExportActivities) {
	w.RegisterWorkflowWithOptions(Export, workflow.RegisterOptions{Name: ExportWorkflowName})
	w.RegisterActivityWithOptions(a.ExportFile, activity.RegisterOptions{Name: ExportActivityName})
}

// ExportReactorName names the checkpoint of the reactor of exports.
const ExportReactorName = "export_flows"

// ExportReactor has exports made as they are asked for.
type ExportReactor struct{ flows jobflow.Flows }

// NewExportReactor makes the reactor.
func NewExportReactor(flows jobflow.Flows) *ExportReactor { return &ExportReactor{flows} }

// Types are the events that it acts on.
func (*ExportReactor) Types() []string { return []string{dataops.ExportRequested{}.EventType()} }

// Handle starts the event's workflow. Its id follows from the event, so doing it again does nothing.
func (r *ExportReactor) Handle(ctx context.Context, e eventstore.Recorded) error {
	var asked dataops.ExportRequested
	if err := json.Unmarshal(e.Data, &asked); err != nil {
		return fmt.Errorf("read the request of an export: %w", err)
	}
	f := ExportUnderway(kernel.WorkspaceID(e.Stream.ID()), asked.ExportID)
	_, err := r.flows.Start(ctx, f.ID, f.Workflow, f.Input)
	return err
}

// ExportUnderway is the flow of an export that has not ended.
func ExportUnderway(ws kernel.WorkspaceID, id kernel.ExportID) reconcile.Flow {
	return reconcile.Flow{ID: "export-" + string(id), Workflow: ExportWorkflowName, Input: ExportInput{Workspace: ws, ExportID: id}}
}
