// Package crmapi is the HTTP side of CRMs: connections, syncs, and their runs.
package crmapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/crmview"
)

const tag = "integrations"

// CallbackPath is where CRMs send people back to, below the public address; the vendor's slug follows.
const CallbackPath = httpapi.Base + "/integrations/callback/"

// Reads reads connections, syncs and runs.
type Reads interface {
	Connections(ctx context.Context, ws kernel.WorkspaceID) ([]crmview.Connection, error)
	Syncs(
		ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, only []kernel.TableID, before kernel.SyncID, limit int,
	) ([]crmview.Sync, error)
	Runs(
		ctx context.Context, ws kernel.WorkspaceID, sync kernel.SyncID, only []kernel.TableID, before kernel.SyncRunID, limit int,
	) ([]crmview.Run, error)
	Run(ctx context.Context, ws kernel.WorkspaceID, id kernel.SyncRunID) (crmview.Run, error)
	Conflicts(ctx context.Context, ws kernel.WorkspaceID, sync kernel.SyncID, after string, limit int) ([]crmview.Conflict, error)
	Open(ctx context.Context, ws kernel.WorkspaceID, ids []kernel.SyncID) (map[kernel.SyncID]int, error)
}

// Deps is what the endpoints need.
type Deps struct {
	Handlers *crmcmd.Handlers
	Reads    Reads
	Site     string // the public address, that people come back to
	// Insecure lets the cookie of an attempt travel over plain http: only for development on a loopback address.
	Insecure bool
}

type service struct{ Deps }

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	s.connections(a)
	s.syncs(a)
	s.disputes(a)
	s.runs(a)
}

func (s service) connections(a *httpapi.API) {
	httpapi.Read(a, httpapi.Op{
		ID: "list-integrations", Method: http.MethodGet, Path: "/integrations", Tag: tag, Summary: "CRMs that can be connected",
		Description: "With their kinds of records and limits, and what the operator has to set for those that are not configured.",
		Scope:       httpapi.SignedIn, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.vendors)
	httpapi.Read(a, httpapi.Op{
		ID: "list-connections", Method: http.MethodGet, Path: "W/integrations", Tag: tag, Summary: "The workspace's connections to CRMs",
		Action: workspace.ReadSyncs, Projection: crmview.Name, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.connected)
	httpapi.Write(a, httpapi.Op{
		ID: "connect-integration", Method: http.MethodPost, Path: "W/integrations/{slug}/connect", Tag: tag,
		Summary: "Get the page of the CRM where the access is allowed",
		Description: "The page holds for 10 minutes, once, and only in the browser that asked for it: a cookie is set that is needed when the " +
			"CRM sends the person back. A repeat begins another attempt, also with the same Idempotency-Key.",
		Action: workspace.ManageConnections, Scope: httpapi.PersonInWorkspace, Rate: httpapi.General, Status: http.StatusCreated, OwnReplay: true,
	}, s.connect)
	httpapi.Stream(a, httpapi.Op{
		ID: "complete-integration", Method: http.MethodGet, Path: "/integrations/callback/{slug}", Tag: tag,
		Summary:     "For CRMs: the person has decided about the access",
		Description: "Shows a page that goes on to the workspace's integrations and says what came of it. An answer is taken once.",
		Scope:       httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.Auth,
	}, "text/html", s.complete)
	httpapi.Write(a, httpapi.Op{
		ID: "disconnect-integration", Method: http.MethodDelete, Path: "W/integrations/{connectionId}", Tag: tag,
		Summary:     "Revoke the access at the CRM and erase its tokens",
		Description: "The records in the CRM stay. Syncs over the connection can't run any more, and the ties of rows to records are forgotten.",
		Action:      workspace.ManageConnections, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.disconnect)
	httpapi.Read(a, httpapi.Op{
		ID: "list-integration-fields", Method: http.MethodGet, Path: "W/integrations/{connectionId}/fields", Tag: tag,
		Summary: "Fields of a kind of record, as the CRM has them now",
		Action:  workspace.RunSyncs, Scope: httpapi.WholeWorkspace, Rate: httpapi.Enrichment,
	}, s.fields)
}

func (s service) syncs(a *httpapi.API) {
	httpapi.Read(a, httpapi.Op{
		ID: "suggest-sync", Method: http.MethodPost, Path: "W/sync-suggestion", Tag: tag, Summary: "Suggest how a table's columns become fields",
		Description: "By their names. Fields that the CRM's own people work by, such as owners and stages, are not suggested.",
		Action:      workspace.RunSyncs, Scope: httpapi.TablesOf(suggested), Rate: httpapi.Enrichment,
	}, s.suggest)
	httpapi.Read(a, httpapi.Op{
		ID: "preview-sync", Method: http.MethodPost, Path: "W/sync-preview", Tag: tag,
		Summary:     "Say what a push would do with the first rows",
		Description: "The records are read from the CRM as they are now; nothing is written or kept.",
		Action:      workspace.RunSyncs, Scope: httpapi.TablesOf(saving), Rate: httpapi.Enrichment,
	}, s.preview)
	httpapi.Write(a, httpapi.Op{
		ID: "save-sync", Method: http.MethodPost, Path: "W/syncs", Tag: tag, Summary: "Save how rows of a table become records of a CRM",
		Action: workspace.RunSyncs, Status: http.StatusCreated, Scope: httpapi.TablesOf(saving), Rate: httpapi.General,
	}, s.save)
	httpapi.Read(a, httpapi.Op{
		ID: "list-syncs", Method: http.MethodGet, Path: "W/syncs", Tag: tag, Summary: "The syncs, newest first",
		Action: workspace.ReadSyncs, Projection: crmview.Name, Scope: httpapi.FilteredTablesOf(listed), Rate: httpapi.General,
	}, s.list)
	httpapi.Write(a, httpapi.Op{
		ID: "change-sync", Method: http.MethodPut, Path: "W/syncs/{syncId}", Tag: tag, Summary: "Change a sync",
		Description: "Runs under way keep what they began with.", Action: workspace.RunSyncs,
		Scope: httpapi.TablesOf(s.changing), Rate: httpapi.General,
	}, s.change)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-sync", Method: http.MethodDelete, Path: "W/syncs/{syncId}", Tag: tag, Summary: "Delete a sync",
		Description: "What it pushed stays and can still be reversed, and runs under way go on.", Action: workspace.RunSyncs,
		Scope: httpapi.TablesOf(s.ofSync), Rate: httpapi.General,
	}, s.delete)
	httpapi.Write(a, httpapi.Op{
		ID: "run-sync", Method: http.MethodPost, Path: "W/syncs/{syncId}/run", Tag: tag,
		Summary: "Push the sync's rows, pull what was changed in the CRM, or try it without writing",
		Description: "A dry run reads both sides and says what would change, field by field. A push records the values before it writes, so " +
			"that it can be reversed; a pull is one step of undo of its table. A pull goes on where the last one ended.",
		Action: workspace.RunSyncs, Rate: httpapi.Enrichment, Status: http.StatusCreated, Scope: httpapi.TablesOf(s.starting),
	}, s.run)
}

func (s service) runs(a *httpapi.API) {
	httpapi.Read(a, httpapi.Op{
		ID: "list-sync-runs", Method: http.MethodGet, Path: "W/sync-runs", Tag: tag, Summary: "Runs of syncs, newest first",
		Action: workspace.ReadSyncs, Projection: crmview.Name, Scope: httpapi.FilteredTablesOf(s.ofRuns), Rate: httpapi.General,
	}, s.history)
	httpapi.Read(a, httpapi.Op{
		ID: "get-sync-run", Method: http.MethodGet, Path: "W/sync-runs/{syncRunId}", Tag: tag, Summary: "How far a run has come",
		Action: workspace.ReadSyncs, Projection: crmview.Name, Scope: httpapi.TablesOf(s.ofRun), Rate: httpapi.General,
	}, s.one)
	httpapi.Read(a, httpapi.Op{
		ID: "list-sync-records", Method: http.MethodGet, Path: "W/sync-runs/{syncRunId}/records", Tag: tag,
		Summary:     "The run's records with what became of each, and both sides' values",
		Description: "With a cursor there may be more, also when a page has few records or none. They can be read for half a year.",
		Action:      workspace.ReadSyncs, Projection: crmview.Name, Scope: httpapi.TablesOf(s.ofRecords), Rate: httpapi.General,
	}, s.records)
	httpapi.Write(a, httpapi.Op{
		ID: "cancel-sync-run", Method: http.MethodPost, Path: "W/sync-runs/{syncRunId}/cancel", Tag: tag,
		Summary: "Begin no further batch; what was written stays", Action: workspace.RunSyncs,
		Projection: crmview.Name, Scope: httpapi.TablesOf(s.ofRun), Rate: httpapi.General,
	}, s.cancel)
	httpapi.Write(a, httpapi.Op{
		ID: "reverse-sync-run", Method: http.MethodPost, Path: "W/sync-runs/{syncRunId}/reverse", Tag: tag,
		Summary: "Give the records of a push their earlier values back",
		Description: "Field by field, where the CRM still has what was pushed; what was changed there since is left alone. Records that the " +
			"push made are archived only if that is asked for. A dry run says what would be done.",
		Action: workspace.RunSyncs, Rate: httpapi.Enrichment, Status: http.StatusCreated, Scope: httpapi.TablesOf(s.reversing),
	}, s.reverse)
}

func suggested(_ context.Context, _ httpapi.Principal, in *suggestIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Body.TableID), nil
}

func saving(_ context.Context, _ httpapi.Principal, in *saveIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Body.TableID), nil
}

func listed(_ context.Context, _ httpapi.Principal, in *listIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.TableID), nil
}

func (s service) changing(ctx context.Context, p httpapi.Principal, in *changeIn) (httpapi.Reach, error) {
	d, err := s.Handlers.Definition(ctx, p.Workspace, in.SyncID)
	return httpapi.ReachOf(d.TableID, in.Body.TableID), err
}

func (s service) ofSync(ctx context.Context, p httpapi.Principal, in *InSync) (httpapi.Reach, error) {
	d, err := s.Handlers.Definition(ctx, p.Workspace, in.SyncID)
	return httpapi.ReachOf(d.TableID), err
}

func (s service) starting(ctx context.Context, p httpapi.Principal, in *runIn) (httpapi.Reach, error) {
	return s.ofSync(ctx, p, &in.InSync)
}

func (s service) ofRuns(ctx context.Context, p httpapi.Principal, in *historyIn) (httpapi.Reach, error) {
	if in.SyncID == "" {
		return httpapi.Reach{}, nil
	}
	return s.ofSync(ctx, p, &InSync{SyncID: in.SyncID})
}

func (s service) ofRun(ctx context.Context, p httpapi.Principal, in *InRun) (httpapi.Reach, error) {
	r, err := s.Handlers.Run(ctx, p.Workspace, in.SyncRunID)
	if err != nil {
		return httpapi.Reach{}, err
	}
	return httpapi.ReachOf(r.Started().Definition.TableID), nil
}

func (s service) ofRecords(ctx context.Context, p httpapi.Principal, in *recordsIn) (httpapi.Reach, error) {
	return s.ofRun(ctx, p, &in.InRun)
}

func (s service) reversing(ctx context.Context, p httpapi.Principal, in *reverseIn) (httpapi.Reach, error) {
	return s.ofRun(ctx, p, &in.InRun)
}

// Vendor is a CRM that can be connected.
type Vendor struct {
	Slug       string   `json:"slug"`
	Name       string   `json:"name"`
	Terms      string   `json:"terms,omitempty" doc:"What to know before connecting it."`
	Configured bool     `json:"configured" doc:"Whether it can be connected on this installation."`
	Setup      string   `json:"setup,omitempty" doc:"What its operator has to set, if not."`
	Redirect   string   `json:"redirect_url" doc:"The redirect address that the CRM's app has to allow."`
	Instances  string   `json:"instances,omitempty" doc:"What an instance may be, of a CRM that has several login addresses."`
	Batch      int      `json:"batch" doc:"Records that one call of the CRM takes."`
	Limits     []Limit  `json:"limits"`
	Objects    []Object `json:"objects"`
}

// Limit is a number of calls within a time.
type Limit struct {
	Calls   int   `json:"calls"`
	Seconds int64 `json:"seconds"`
}

// Object is a kind of record.
type Object struct {
	Slug string `json:"slug"`
	Name string `json:"name"`
	Keys []Key  `json:"keys" doc:"By which a row's record is found, the surest first."`
}

// Key is a field that tells records apart.
type Key struct {
	Field string `json:"field"`
	Name  string `json:"name"`
}

func (s service) vendors(context.Context, httpapi.Principal, *struct{}) ([]Vendor, httpapi.Meta, error) {
	out := []Vendor{}
	for _, c := range s.Handlers.CRMs() {
		v := c.Connector.Describe()
		one := Vendor{
			Slug: v.Slug, Name: v.Name, Terms: v.Terms, Configured: c.App.ClientID != "", Redirect: s.Handlers.Redirect(v.Slug), Batch: v.Batch,
			Instances: v.Instances,
			Limits:    []Limit{}, Objects: []Object{},
		}
		if !one.Configured {
			one.Setup = c.Setup
		}
		for _, l := range v.Limits {
			one.Limits = append(one.Limits, Limit{l.Calls, int64(l.Window.Seconds())})
		}
		for _, o := range v.Objects {
			one.Objects = append(one.Objects, objectOf(o))
		}
		out = append(out, one)
	}
	return out, httpapi.Meta{}, nil
}

func objectOf(o crm.Object) Object {
	out := Object{Slug: o.Slug, Name: o.Name, Keys: []Key{}}
	for _, k := range o.Keys {
		out.Keys = append(out.Keys, Key{k.Field, k.Name})
	}
	return out
}
