package crmapi

import (
	"context"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/crmview"
)

// InRun is embedded by the inputs of endpoints of a run.
type InRun struct {
	httpapi.InWorkspace
	SyncRunID kernel.SyncRunID `path:"syncRunId" doc:"syr_…"`
}

// Run is one going through of a sync.
type Run struct {
	ID        kernel.SyncRunID `json:"id"`
	SyncID    kernel.SyncID    `json:"sync_id"`
	TableID   kernel.TableID   `json:"table_id"`
	Name      string           `json:"name" doc:"Of the sync, when the run began."`
	Vendor    string           `json:"vendor"`
	Object    string           `json:"object"`
	Kind      crm.RunKind      `json:"kind" enum:"push,pull,reverse"`
	Dry       bool             `json:"dry" doc:"Nothing is written."`
	Reverses  kernel.SyncRunID `json:"reverses,omitempty" doc:"The push that is reversed."`
	Archive   bool             `json:"archive_created,omitempty"`
	State     crm.RunState     `json:"state" enum:"running,completed,partially_completed,failed,cancelled"`
	Total     int              `json:"total" doc:"Records to go through."`
	Counts    crm.Counts       `json:"counts" doc:"Of a dry run: what would be."`
	Waits     string           `json:"waits_for,omitempty" doc:"What it waits for now."`
	Reason    string           `json:"reason,omitempty" doc:"Why it ended before its time."`
	StartedAt time.Time        `json:"started_at"`
	EndedAt   *time.Time       `json:"ended_at,omitempty"`
}

func runOf(r crmview.Run) Run {
	return Run{
		ID: r.ID, SyncID: r.Sync, TableID: r.Table, Name: r.Name, Vendor: r.Vendor, Object: r.Object, Kind: r.Kind, Dry: r.Dry, Reverses: r.Of,
		Archive: r.Archive, State: r.State, Total: r.Total, Counts: r.Counts, Waits: r.Waits, Reason: r.Reason, StartedAt: r.StartedAt,
		EndedAt: r.EndedAt,
	}
}

type historyIn struct {
	httpapi.InWorkspace
	httpapi.Page
	SyncID kernel.SyncID `query:"sync" doc:"Those of this sync."`
}

func (s service) history(ctx context.Context, p httpapi.Principal, in *historyIn) ([]Run, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixSyncRun, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	list, err := s.Reads.Runs(ctx, p.Workspace, in.SyncID, p.KeyTables, kernel.SyncRunID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(r crmview.Run) string { return string(r.ID) })
	out := make([]Run, len(list))
	for i, r := range list {
		out[i] = runOf(r)
	}
	return out, meta, nil
}

func (s service) one(ctx context.Context, p httpapi.Principal, in *InRun) (Run, httpapi.Meta, error) {
	r, err := s.Reads.Run(ctx, p.Workspace, in.SyncRunID)
	return runOf(r), httpapi.Meta{}, err
}

type recordsIn struct {
	InRun
	httpapi.Page
	State crm.Outcome `query:"state" enum:"planned,synced,unchanged,skipped,failed,conflict,unknown,gone" doc:"Only records of which this became."`
}

// Record is one record of a run.
type Record struct {
	RowID    kernel.RowID `json:"row_id,omitempty"`
	Label    string       `json:"label,omitempty" doc:"The value that the row is found by."`
	RecordID string       `json:"record_id,omitempty" doc:"In the CRM."`
	URL      string       `json:"url,omitempty" doc:"Where a person sees the record."`
	Action   crm.Action   `json:"action" enum:"none,create,update,archive"`
	State    crm.Outcome  `json:"state" enum:"planned,synced,unchanged,skipped,failed,conflict,unknown,gone"`
	Reason   string       `json:"reason,omitempty"`
	Created  bool         `json:"created,omitempty"`
	Changes  []Change     `json:"changes"`
	Disputes []Dispute    `json:"disputes,omitempty" doc:"Fields that were changed on both sides."`
}

// Dispute is a field that was changed on both sides, with both values.
type Dispute struct {
	Field  string   `json:"field"`
	Ours   string   `json:"ours" doc:"What the table had."`
	Theirs string   `json:"theirs" doc:"What the CRM had."`
	Winner crm.Rule `json:"winner,omitempty" enum:"ours,theirs" doc:"Left out until a person decides."`
}

func disputesOf(list []crm.Dispute) []Dispute {
	var out []Dispute
	for _, d := range list {
		out = append(out, Dispute(d))
	}
	return out
}

// Change is a field's value before and after.
type Change struct {
	Field  string `json:"field"`
	Before string `json:"before" doc:"What the side that is written had: of a pull the row, else the CRM."`
	After  string `json:"after" doc:"What was written, or would be."`
	Stored string `json:"stored,omitempty" doc:"What the CRM made of it, where that differs."`
}

func recordOf(r crmcmd.Record) Record {
	out := Record{
		RowID: r.RowID, Label: r.Label, RecordID: r.ID, URL: r.URL, Action: r.Action, State: r.State, Reason: r.Reason, Created: r.Created,
		Changes: []Change{}, Disputes: disputesOf(r.Disputes),
	}
	for _, c := range r.Changes {
		one := Change{Field: c.Field, Before: c.Before, After: c.After}
		if stored, ok := r.Stored[c.Field]; ok && stored != c.After {
			one.Stored = stored
		}
		out.Changes = append(out.Changes, one)
	}
	return out
}

func (s service) records(ctx context.Context, p httpapi.Principal, in *recordsIn) ([]Record, httpapi.Meta, error) {
	list, next, err := s.Handlers.Records(ctx, p.Workspace, crmcmd.Records{
		RunID: in.SyncRunID, State: in.State, Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := make([]Record, len(list))
	for i, r := range list {
		out[i] = recordOf(r)
	}
	return out, httpapi.Meta{NextCursor: next}, nil
}

func (s service) cancel(ctx context.Context, meta kernel.Meta, in *InRun) (commands.Result[crmcmd.Nothing], error) {
	return s.Handlers.Cancel(ctx, meta, in.SyncRunID)
}

// ReverseBody says how a push is to be reversed.
type ReverseBody struct {
	Dry     bool `json:"dry" doc:"Write nothing; say what would be done."`
	Archive bool `json:"archive_created" doc:"Also archive the records that the push made."`
}

type reverseIn struct {
	InRun
	Body ReverseBody
}

func (s service) reverse(ctx context.Context, meta kernel.Meta, in *reverseIn) (commands.Result[crmcmd.Started], error) {
	return s.Handlers.Reverse(ctx, meta, crmcmd.Reverse{RunID: in.SyncRunID, Dry: in.Body.Dry, Archive: in.Body.Archive})
}
