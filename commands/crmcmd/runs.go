package crmcmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
)

// Started is the answer to a Start or a Reverse.
type Started struct {
	ID    kernel.SyncRunID `json:"id"`
	Total int              `json:"total" doc:"Records that the run goes through."`
}

// Start begins a push of a sync's rows; a dry one writes nothing and says what a push would.
type Start struct {
	SyncID kernel.SyncID
	Dry    bool
}

// Start carries out a Start.
func (h *Handlers) Start(ctx context.Context, meta kernel.Meta, c Start) (commands.Result[Started], error) {
	var none commands.Result[Started]
	d, err := h.Definition(ctx, meta.Workspace, c.SyncID)
	if err != nil {
		return none, err
	}
	ok, err := h.check(ctx, meta.Workspace, d, meta.Actor.User())
	if err != nil {
		return none, err
	}
	if err := h.alone(ctx, meta.Workspace, c.SyncID, c.Dry); err != nil {
		return none, err
	}
	rows, err := h.cfg.Rows.Count(ctx, RowQuery{Workspace: meta.Workspace, Table: d.TableID, Columns: d.Columns(), Filter: ok.filter})
	if err != nil {
		return none, err
	}
	return h.begin(ctx, meta.As("crm.start_push"), crm.RunStarted{
		SyncID: c.SyncID, Kind: crm.RunPush, Dry: c.Dry, Definition: d, Filter: ok.filter, Vendor: ok.vendor.Slug, Batch: ok.vendor.Batch,
		Total: int(min(rows, int64(d.MaxRecords))),
	})
}

// alone refuses a run that writes while another one of the sync does: both would look for the same records.
func (h *Handlers) alone(ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncID, dry bool) error {
	if dry {
		return nil
	}
	writing, err := h.cfg.Links.Writing(ctx, ws, id)
	if err == nil && writing {
		err = kernel.E(kernel.KindConflict, "SYNC_RUNNING", "another run of this sync is writing; wait for its end, or cancel it")
	}
	return err
}

func (h *Handlers) begin(ctx context.Context, meta kernel.Meta, e crm.RunStarted) (commands.Result[Started], error) {
	e.RunID = kernel.SyncRunID(h.cfg.IDs.New(kernel.PrefixSyncRun))
	e.Workspace, e.By, e.At = meta.Workspace, meta.Actor.User(), h.cfg.Clock.Now()
	out := Started{e.RunID, e.Total}
	done, err := h.runs.Update(ctx, meta, string(e.RunID), func(r *crm.Run) (any, error) { return out, r.Begin(e) })
	if err != nil {
		return commands.Result[Started]{}, err
	}
	return commands.Reply(done, out)
}

// Reverse begins a run that gives the records of a push their earlier values back, field by field, where the CRM still has what was pushed.
type Reverse struct {
	RunID   kernel.SyncRunID
	Dry     bool
	Archive bool // also archive the records that the push made
}

// Reverse carries out a Reverse.
func (h *Handlers) Reverse(ctx context.Context, meta kernel.Meta, c Reverse) (commands.Result[Started], error) {
	var none commands.Result[Started]
	r, err := h.Run(ctx, meta.Workspace, c.RunID)
	if err != nil {
		return none, err
	}
	s := r.Started()
	switch {
	case s.Kind != crm.RunPush || s.Dry:
		return none, kernel.E(kernel.KindConflict, "NOT_REVERSIBLE", "only a push that wrote something can be reversed")
	case r.Running():
		return none, kernel.E(kernel.KindConflict, "STILL_RUNNING", "the push is still under way; cancel it first, or wait for its end")
	}
	if err := h.alone(ctx, meta.Workspace, s.SyncID, c.Dry); err != nil {
		return none, err
	}
	if _, _, _, err := h.object(ctx, meta.Workspace, s.Definition.ConnectionID, s.Definition.Object); err != nil {
		return none, err
	}
	done := r.Counts()
	return h.begin(ctx, meta.As("crm.start_reverse"), crm.RunStarted{
		SyncID: s.SyncID, Kind: crm.RunReverse, Dry: c.Dry, Definition: s.Definition, Vendor: s.Vendor, Batch: s.Batch, Of: c.RunID,
		Archive: c.Archive, Total: done.Created + done.Updated,
	})
}

// Cancel asks a run to begin no further batch. What it has written stays, and can be reversed.
func (h *Handlers) Cancel(ctx context.Context, meta kernel.Meta, id kernel.SyncRunID) (commands.Result[Nothing], error) {
	done, err := h.runs.Update(ctx, meta.As("crm.cancel_run"), string(id), func(r *crm.Run) (any, error) {
		if !r.In(meta.Workspace) {
			return nil, kernel.NotFound("run", string(id))
		}
		return Nothing{}, r.Cancel()
	})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// Run is a run of the workspace as the log has it.
func (h *Handlers) Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncRunID) (*crm.Run, error) {
	r, _, err := h.runs.Load(ctx, string(id))
	if err != nil {
		return nil, err
	}
	if !r.In(ws) {
		return nil, kernel.NotFound("run", string(id))
	}
	return r, nil
}

// previewRows is how many rows a preview looks at.
const previewRows = 10

// Preview says what a push of a definition would do with the first rows, from the records as they are now. Nothing is kept or written.
func (h *Handlers) Preview(ctx context.Context, meta kernel.Meta, d crm.Definition) ([]crm.Entry, error) {
	ok, err := h.check(ctx, meta.Workspace, d, meta.Actor.User())
	if err != nil {
		return nil, err
	}
	rows, err := h.cfg.Rows.Page(ctx, RowQuery{
		Workspace: meta.Workspace, Table: d.TableID, Columns: d.Columns(), Filter: ok.filter, Limit: min(previewRows, ok.vendor.Batch),
	})
	if err != nil {
		return nil, err
	}
	l := &lookup{
		h: h, ws: meta.Workspace, plan: ok.plan, taken: func(string) kernel.RowID { return "" },
		ask: func(ctx context.Context, fn ask) error { return h.Call(ctx, meta.Workspace, d.ConnectionID, fn) },
	}
	entries, err := l.entries(ctx, rows)
	return entries, told(err)
}
