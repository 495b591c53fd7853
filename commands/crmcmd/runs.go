package crmcmd

import (
	"context"
	"slices"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Started is the answer to a Start or a Reverse.
type Started struct {
	ID    kernel.SyncRunID `json:"id"`
	Total int              `json:"total" doc:"Records that the run goes through."`
}

// Start begins a push of a sync's rows, or a pull of what was changed in the CRM since the last one. A dry one writes nothing and says
// what would be done.
type Start struct {
	SyncID kernel.SyncID
	Pull   bool
	All    bool // of a pull: read all records, not only those that were changed
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
	if c.Pull {
		return h.startPull(ctx, meta, c, d, ok)
	}
	if !d.Pushes() {
		return none, nothingPushed()
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

func nothingPushed() error {
	return kernel.Invalid("mappings", "the sync pushes no field; pull instead, or let a field be pushed")
}

// startPull begins a pull where the last one has ended.
func (h *Handlers) startPull(
	ctx context.Context, meta kernel.Meta, c Start, d crm.Definition, ok checked,
) (commands.Result[Started], error) {
	e := crm.RunStarted{
		SyncID: c.SyncID, Kind: crm.RunPull, Dry: c.Dry, Definition: d, Vendor: ok.vendor.Slug, Batch: ok.vendor.Batch,
	}
	if !d.Pulls() {
		return commands.Result[Started]{}, kernel.Invalid("mappings", "the sync pulls no field; let a field be pulled")
	}
	if !c.All {
		s, _, err := h.syncs.Load(ctx, string(c.SyncID))
		if err != nil {
			return commands.Result[Started]{}, err
		}
		e.From = s.Cursor()
	}
	return h.begin(ctx, meta.As("crm.start_pull"), e)
}

// MaxResolved is how many records one Resolve may name.
const MaxResolved = 500

const maxRecordID = 100 // bytes

// Resolve decides conflicts of a sync for one side: the records that are named, or all.
type Resolve struct {
	SyncID  kernel.SyncID
	Take    crm.Rule // ours or theirs
	Records []string // empty for all
}

// Resolve carries out a Resolve, by a run that reads both sides again. What ours is goes into the CRM by the next push.
func (h *Handlers) Resolve(ctx context.Context, meta kernel.Meta, c Resolve) (commands.Result[Started], error) {
	var none commands.Result[Started]
	if err := kernel.Check(
		kernel.Field("take", c.Take, kernel.OneOf([]crm.Rule{crm.RuleOurs, crm.RuleTheirs}, "choose ours or theirs")),
		kernel.Field("records", c.Records, kernel.Holds(len(c.Records) <= MaxResolved, "name at most %d records, or none for all", MaxResolved)),
		kernel.Field("records", c.Records, kernel.Holds(!slices.ContainsFunc(c.Records, func(id string) bool {
			return id == "" || len(id) > maxRecordID
		}), "name records by their ids")),
	); err != nil {
		return none, err
	}
	d, err := h.Definition(ctx, meta.Workspace, c.SyncID)
	if err != nil {
		return none, err
	}
	ok, err := h.check(ctx, meta.Workspace, d, meta.Actor.User())
	if err != nil {
		return none, err
	}
	d.Conflicts = c.Take
	return h.begin(ctx, meta.As("crm.resolve"), crm.RunStarted{
		SyncID: c.SyncID, Kind: crm.RunPull, Definition: d, Vendor: ok.vendor.Slug, Batch: ok.vendor.Batch, Resolve: c.Take, Records: c.Records,
		Total: len(c.Records),
	})
}

// begin starts a run. One that writes claims its sync in the same append, so that no two write at once.
func (h *Handlers) begin(ctx context.Context, meta kernel.Meta, e crm.RunStarted) (commands.Result[Started], error) {
	e.RunID = kernel.SyncRunID(h.cfg.IDs.New(kernel.PrefixSyncRun))
	e.Workspace, e.By, e.At = meta.Workspace, meta.Actor.User(), h.cfg.Clock.Now()
	out := Started{e.RunID, e.Total}
	done, err := h.runs.UpdateBeside(ctx, meta, string(e.RunID), func(r *crm.Run) (any, []eventstore.Change, error) {
		if err := r.Begin(e); err != nil || e.Dry {
			return out, nil, err
		}
		s, version, err := h.syncs.Load(ctx, string(e.SyncID))
		if err != nil {
			return out, nil, err
		}
		if err := s.Claim(e.RunID, e.Due); err != nil {
			return out, nil, err
		}
		return out, []eventstore.Change{eventstore.At(h.syncs.Stream(string(e.SyncID)), eventstore.Expected(version), s.Pending()...)}, nil
	})
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
	if !d.Pushes() {
		return nil, nothingPushed()
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
