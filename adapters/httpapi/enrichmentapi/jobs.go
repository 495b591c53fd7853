package enrichmentapi

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/enrichmentview"
)

// Job is a run.
type Job struct {
	ID         kernel.RunID        `json:"id,omitempty"`
	TableID    kernel.TableID      `json:"table_id,omitempty" doc:"Absent for a job over records of the request."`
	Columns    []kernel.ColumnID   `json:"columns"`
	State      enrichment.RunState `json:"state,omitempty" enum:"pending,running,paused,completed,partially_completed,failed,cancelled"`
	Cancelling bool                `json:"cancelling,omitempty"`
	WaitingFor string              `json:"waiting_for,omitempty" doc:"What is missing for the job to go on."`
	Counts     enrichment.Counts   `json:"counts"`
	Spent      kernel.Credits      `json:"spent_mc"`
	Reserved   kernel.Credits      `json:"reserved_mc"`
	Estimate   enrichment.Estimate `json:"estimate"`
	StartedBy  kernel.UserID       `json:"started_by,omitempty"`
	Over       *enrichment.Over    `json:"over,omitempty" doc:"Which rows it is for."`
	AutoRun    bool                `json:"auto_run,omitempty" doc:"Started by itself, for rows that were made or whose inputs changed."`
	CreatedAt  *time.Time          `json:"created_at,omitempty"`
	StartedAt  *time.Time          `json:"started_at,omitempty"`
	FinishedAt *time.Time          `json:"finished_at,omitempty"`
	Error      string              `json:"error,omitempty" doc:"Why it did not complete."`
}

type startIn struct {
	httpapi.InWorkspace
	DryRun bool `query:"dry_run" doc:"Only estimate."`
	Body   struct {
		TableID    kernel.TableID    `json:"table_id,omitempty"`
		Columns    []kernel.ColumnID `json:"columns,omitempty" maxItems:"20"`
		Scope      enrichment.Scope  `json:"scope,omitempty" enum:"all,empty,failed,rows,view,filter"`
		RowIDs     []kernel.RowID    `json:"row_ids,omitempty" doc:"Only these rows, of those that the scope is for."`
		View       kernel.ViewID     `json:"view,omitempty"`
		Filter     json.RawMessage   `json:"filter,omitempty" doc:"Only rows that it matches, of those that the scope is for."`
		Q          string            `json:"q,omitempty" maxLength:"200" doc:"Only rows that hold the text, like the quick search of the rows."`
		First      int64             `json:"first,omitempty" minimum:"0" doc:"At most so many rows, in the order of their making."`
		Force      bool              `json:"force,omitempty" doc:"Don't reuse answers from before."`
		MaxCredits kernel.Credits    `json:"max_credits_mc,omitempty" minimum:"0"`
		Inline     *struct {
			Config  enrichment.Config            `json:"config"`
			Records []map[string]json.RawMessage `json:"records" minItems:"1" maxItems:"10000"`
		} `json:"inline,omitempty" doc:"Records of the request's own instead of a table's rows; the configuration names their fields as columns."`
	}
}

func (s service) start(ctx context.Context, meta kernel.Meta, in *startIn) (commands.Result[Job], error) {
	b := in.Body
	if b.Inline != nil {
		if b.TableID != "" {
			return commands.Result[Job]{}, kernel.Invalid("inline", "give a table or records, not both")
		}
		cmd := enrichmentcmd.StartInline{
			Workspace:  meta.Workspace,
			Config:     b.Inline.Config,
			Records:    b.Inline.Records,
			Force:      b.Force,
			MaxCredits: b.MaxCredits,
		}
		if in.DryRun {
			return estimated(s.Handlers.EstimateInline(ctx, meta, cmd))
		}
		return s.asJob(s.Handlers.StartInline(ctx, meta, cmd))
	}
	cmd := enrichmentcmd.Start{
		Workspace:  meta.Workspace,
		Table:      b.TableID,
		Columns:    b.Columns,
		Scope:      b.Scope,
		Rows:       b.RowIDs,
		View:       b.View,
		Filter:     b.Filter,
		Search:     b.Q,
		First:      b.First,
		Force:      b.Force,
		MaxCredits: b.MaxCredits,
	}
	if cmd.Scope == "" {
		cmd.Scope = enrichment.ScopeAll
	}
	if in.DryRun {
		return estimated(s.Handlers.Estimate(ctx, meta, cmd))
	}
	return s.asJob(s.Handlers.Start(ctx, meta, cmd))
}

func estimated(e enrichment.Estimate, err error) (commands.Result[Job], error) {
	return commands.Result[Job]{Value: Job{Columns: []kernel.ColumnID{}, Estimate: e}}, err
}

func (s service) asJob(res commands.Result[enrichmentcmd.Job], err error) (commands.Result[Job], error) {
	if err != nil {
		return commands.Result[Job]{}, err
	}
	j := res.Value
	out := Job{
		ID:        j.ID,
		TableID:   j.TableID,
		Columns:   j.Columns,
		State:     j.State,
		Counts:    j.Counts,
		Spent:     j.Spent,
		Reserved:  j.Reserved,
		Estimate:  j.Estimate,
		StartedBy: j.StartedBy,
	}
	if at, err := time.Parse(time.RFC3339Nano, j.CreatedAt); err == nil {
		out.CreatedAt = &at
	}
	out.WaitingFor = s.waiting(j.State)
	return commands.Result[Job]{Value: out, Position: res.Position, Replayed: res.Replayed}, nil
}

func (s service) waiting(state enrichment.RunState) string {
	if s.Waiting == nil || state != enrichment.RunPending && state != enrichment.RunRunning {
		return ""
	}
	return s.Waiting()
}

func (s service) view(j enrichmentview.Job) Job {
	created := j.CreatedAt.UTC()
	return Job{
		ID:         j.ID,
		TableID:    j.Table,
		Columns:    j.Columns,
		State:      j.State,
		Cancelling: j.Cancelling,
		WaitingFor: s.waiting(j.State),
		Counts:     j.Counts,
		Spent:      j.Spent,
		Reserved:   j.Reserved,
		Estimate:   j.Estimate,
		StartedBy:  j.StartedBy,
		Over:       &j.Over,
		AutoRun:    j.Auto,
		CreatedAt:  &created,
		StartedAt:  kernel.UTC(j.StartedAt),
		FinishedAt: kernel.UTC(j.FinishedAt),
		Error:      j.Reason,
	}
}

type jobsIn struct {
	httpapi.InWorkspace
	httpapi.Page
	Table kernel.TableID      `query:"table"`
	State enrichment.RunState `query:"state" enum:"pending,running,paused,completed,partially_completed,failed,cancelled"`
}

func (s service) jobs(ctx context.Context, p httpapi.Principal, in *jobsIn) ([]Job, httpapi.Meta, error) {
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixRun, in.Cursor) != nil {
		return nil, httpapi.Meta{}, badCursor()
	}
	list, err := s.Reads.Jobs(ctx, p.Workspace, enrichmentview.JobFilter{
		Table:  in.Table,
		Tables: p.KeyTables,
		State:  in.State,
		Before: kernel.RunID(in.Cursor),
		Limit:  in.Limit + 1,
	})
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	var meta httpapi.Meta
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(j enrichmentview.Job) string { return string(j.ID) })
	out := make([]Job, len(list))
	for i, j := range list {
		out[i] = s.view(j)
	}
	return out, meta, nil
}

func badCursor() error {
	return kernel.E(kernel.KindMalformed, "INVALID_CURSOR", "the cursor is not one that this list gave; start again without it")
}

type jobIn struct {
	httpapi.InWorkspace
	JobID kernel.RunID `path:"jobId"`
}

func (s service) job(ctx context.Context, p httpapi.Principal, in *jobIn) (Job, httpapi.Meta, error) {
	j, err := s.Reads.Job(ctx, p.Workspace, in.JobID)
	return s.view(j), httpapi.Meta{}, err
}

// Record is what became of one record in one column.
type Record struct {
	RowID      kernel.RowID          `json:"row_id"`
	ColumnID   kernel.ColumnID       `json:"column_id"`
	State      enrichment.MarkState  `json:"state" enum:"value,empty,error,skipped"`
	Message    string                `json:"message,omitempty"`
	Input      json.RawMessage       `json:"input" doc:"What was asked; null when it was too long to keep."`
	Attempts   []enrichment.Attempt  `json:"attempts"`
	Answer     json.RawMessage       `json:"answer"`
	Outputs    json.RawMessage       `json:"outputs,omitempty" doc:"All fields of the accepted answer."`
	Provider   string                `json:"provider,omitempty"`
	Credits    kernel.Credits        `json:"credits_mc"`
	LatencyMS  int64                 `json:"latency_ms"`
	Confidence *float64              `json:"confidence,omitempty" minimum:"0" maximum:"1"`
	Verified   *bool                 `json:"verified,omitempty" doc:"Whether anything else than the provider says the same; absent where that is not known."`
	VerifiedBy []enrichment.Evidence `json:"verified_by,omitempty" doc:"What says the same: input, dns, mx, page or provider: and its slug."`
	SourceURL  string                `json:"source_url,omitempty"`
	Cached     bool                  `json:"cached,omitempty"`
	At         time.Time             `json:"at"`
	// Exchanges are absent when there were none, and when their time is over.
	Exchanges []enrichment.Exchange `json:"exchanges,omitempty" doc:"The HTTP requests that were made, without secrets, with the first 2 KB of each answer."`
}

type recordsIn struct {
	httpapi.InWorkspace
	httpapi.Page
	JobID kernel.RunID         `path:"jobId"`
	State enrichment.MarkState `query:"state" enum:"value,empty,error,skipped"`
	// Message and Row narrow the list further.
	Message string       `query:"message" maxLength:"2000" doc:"Only records with exactly this message."`
	Row     kernel.RowID `query:"row" doc:"Only records of the row."`
}

func (s service) records(ctx context.Context, p httpapi.Principal, in *recordsIn) ([]Record, httpapi.Meta, error) {
	if _, err := s.Reads.Job(ctx, p.Workspace, in.JobID); err != nil {
		return nil, httpapi.Meta{}, err
	}
	var after enrichment.Cell
	if in.Cursor != "" {
		row, col, ok := strings.Cut(in.Cursor, ".")
		if !ok {
			return nil, httpapi.Meta{}, badCursor()
		}
		after = enrichment.Cell{Row: kernel.RowID(row), Column: kernel.ColumnID(col)}
	}
	list, err := s.Reads.Records(ctx, p.Workspace, in.JobID, enrichmentview.RecordFilter{
		State:   in.State,
		Message: in.Message,
		Row:     in.Row,
		After:   after,
		Limit:   in.Limit + 1,
	})
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	var meta httpapi.Meta
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(r enrichmentview.Record) string {
		return string(r.Row) + "." + string(r.Column)
	})
	out := make([]Record, len(list))
	for i, r := range list {
		out[i] = recordOf(r)
	}
	return out, meta, nil
}

func recordOf(r enrichmentview.Record) Record {
	out := Record{
		RowID:      r.Row,
		ColumnID:   r.Column,
		State:      r.State,
		Message:    r.Message,
		Input:      r.Input,
		Attempts:   r.Attempts,
		Answer:     r.Answer,
		Provider:   r.Provider,
		Credits:    r.Credits,
		LatencyMS:  r.LatencyMS,
		Confidence: r.Confidence,
		SourceURL:  r.SourceURL,
		Cached:     r.Cached,
		At:         r.At.UTC(),
		Exchanges:  r.Exchanges,
	}
	if r.VerifiedBy != nil && r.Provider != "" {
		verified := len(r.VerifiedBy) > 0
		out.Verified, out.VerifiedBy = &verified, r.VerifiedBy
	}
	if !kernel.IsNull(r.Outputs) {
		out.Outputs = r.Outputs
	}
	return out
}

func (s service) control(
	verb enrichmentcmd.Verb,
) func(context.Context, kernel.Meta, *jobIn) (commands.Result[enrichmentcmd.Controlled], error) {
	return func(ctx context.Context, meta kernel.Meta, in *jobIn) (commands.Result[enrichmentcmd.Controlled], error) {
		return s.Handlers.Control(ctx, meta, enrichmentcmd.Control{Workspace: meta.Workspace, Run: in.JobID, Verb: verb})
	}
}
