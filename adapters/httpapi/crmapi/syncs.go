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

// SuggestBody names what is to be synced.
type SuggestBody struct {
	ConnectionID kernel.ConnectionID `json:"connection_id"`
	Object       string              `json:"object" maxLength:"100"`
	TableID      kernel.TableID      `json:"table_id"`
}

type suggestIn struct {
	httpapi.InWorkspace
	Body SuggestBody
}

func (s service) suggest(ctx context.Context, p httpapi.Principal, in *suggestIn) (crm.Definition, httpapi.Meta, error) {
	d, err := s.Handlers.Suggest(ctx, p.Workspace, crmcmd.Suggest{
		ConnectionID: in.Body.ConnectionID, Object: in.Body.Object, TableID: in.Body.TableID,
	})
	return d, httpapi.Meta{}, err
}

type saveIn struct {
	httpapi.InWorkspace
	Body crm.Definition
}

func (s service) preview(ctx context.Context, p httpapi.Principal, in *saveIn) ([]Record, httpapi.Meta, error) {
	list, err := s.Handlers.Preview(ctx, kernel.Meta{Actor: p.Actor, Workspace: p.Workspace}, in.Body)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	out := make([]Record, len(list))
	for i, e := range list {
		r := crmcmd.Record{Entry: e, State: e.State, Reason: e.Reason, ID: e.ID}
		if e.State == "" {
			r.State = crm.OutcomePlanned
		}
		out[i] = recordOf(r)
	}
	return out, httpapi.Meta{}, nil
}

func (s service) save(ctx context.Context, meta kernel.Meta, in *saveIn) (commands.Result[crmcmd.Saved], error) {
	return s.Handlers.Save(ctx, meta, crmcmd.Save{Definition: in.Body})
}

// InSync is embedded by the inputs of endpoints of a sync.
type InSync struct {
	httpapi.InWorkspace
	SyncID kernel.SyncID `path:"syncId" doc:"syn_…"`
}

type changeIn struct {
	InSync
	Body crm.Definition
}

func (s service) change(ctx context.Context, meta kernel.Meta, in *changeIn) (commands.Result[crmcmd.Saved], error) {
	if in.SyncID == "" {
		return commands.Result[crmcmd.Saved]{}, kernel.NotFound("sync", "")
	}
	return s.Handlers.Save(ctx, meta, crmcmd.Save{ID: in.SyncID, Definition: in.Body})
}

func (s service) delete(ctx context.Context, meta kernel.Meta, in *InSync) (commands.Result[crmcmd.Nothing], error) {
	return s.Handlers.Delete(ctx, meta, in.SyncID)
}

// RunBody says how a sync is to be run.
type RunBody struct {
	Direction crm.Direction `json:"direction,omitempty" enum:"push,pull" doc:"Push if it is left out."`
	Dry       bool          `json:"dry" doc:"Write nothing; say what would change."`
	All       bool          `json:"all,omitempty" doc:"Of a pull: read all records, not only those changed since the last one."`
}

type runIn struct {
	InSync
	Body RunBody
}

func (s service) run(ctx context.Context, meta kernel.Meta, in *runIn) (commands.Result[crmcmd.Started], error) {
	return s.Handlers.Start(ctx, meta, crmcmd.Start{
		SyncID: in.SyncID, Pull: in.Body.Direction == crm.Pull, All: in.Body.All, Dry: in.Body.Dry,
	})
}

// Sync is a saved way of keeping rows and records of a CRM in step.
type Sync struct {
	ID kernel.SyncID `json:"id"`
	crm.Definition
	Open      int        `json:"open_conflicts" doc:"Records that wait for a decision."`
	NextPull  *time.Time `json:"next_pull_at,omitempty" doc:"When it pulls by itself; while another run of it writes, after that."`
	UpdatedAt time.Time  `json:"updated_at"`
}

type listIn struct {
	httpapi.InWorkspace
	httpapi.Page
	TableID kernel.TableID `query:"table" doc:"Those of this table."`
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]Sync, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixSync, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	list, err := s.Reads.Syncs(ctx, p.Workspace, in.TableID, p.KeyTables, kernel.SyncID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(s crmview.Sync) string { return string(s.ID) })
	ids := make([]kernel.SyncID, len(list))
	for i, l := range list {
		ids[i] = l.ID
	}
	open, err := s.Reads.Open(ctx, p.Workspace, ids)
	if err != nil {
		return nil, meta, err
	}
	out := make([]Sync, len(list))
	for i, l := range list {
		out[i] = Sync{l.ID, l.Definition, open[l.ID], l.NextPull, l.UpdatedAt}
	}
	return out, meta, nil
}
