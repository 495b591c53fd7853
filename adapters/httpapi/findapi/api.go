// Package findapi is the HTTP side of finding rows at a provider: searches, saved searches (sources) and their runs.
package findapi

import (
	"context"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/findcmd"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/findview"
)

const tag = "find"

// Reads reads sources and runs.
type Reads interface {
	Sources(
		ctx context.Context, ws kernel.WorkspaceID, table kernel.TableID, only []kernel.TableID, before kernel.SourceID, limit int,
	) ([]findview.Source, error)
	Runs(
		ctx context.Context, ws kernel.WorkspaceID, source kernel.SourceID, only []kernel.TableID, before kernel.FindID, limit int,
	) ([]findview.Run, error)
}

// Deps is what the endpoints need.
type Deps struct {
	Handlers *findcmd.Handlers
	Reads    Reads
	Searches func() []enrichment.Search
}

type service struct{ Deps }

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Read(a, httpapi.Op{
		ID: "list-searches", Method: http.MethodGet, Path: "/searches", Tag: tag, Summary: "Providers' searches for people and companies",
		Scope: httpapi.SignedIn, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.searches)
	httpapi.Read(a, httpapi.Op{
		ID: "preview-find", Method: http.MethodPost, Path: "W/find-preview", Tag: tag,
		Summary:     "Say what a search would find and cost",
		Description: "Nothing is spent: only a search that is free is asked, for its first ten results.",
		Action:      workspace.RunEnrichments, Rate: httpapi.Enrichment, Scope: httpapi.WholeWorkspace,
	}, s.preview)
	httpapi.Write(a, httpapi.Op{
		ID: "save-source", Method: http.MethodPost, Path: "W/sources", Tag: tag, Summary: "Save a search as a source of rows",
		Action: workspace.ImportData, Status: http.StatusCreated, Scope: httpapi.TablesOf(saving), Rate: httpapi.General,
	}, s.save)
	httpapi.Read(a, httpapi.Op{
		ID: "list-sources", Method: http.MethodGet, Path: "W/sources", Tag: tag, Summary: "The sources, newest first",
		Action: workspace.ReadTables, Projection: findview.Name, Scope: httpapi.FilteredTablesOf(listed), Rate: httpapi.General,
	}, s.list)
	httpapi.Write(a, httpapi.Op{
		ID: "change-source", Method: http.MethodPut, Path: "W/sources/{sourceId}", Tag: tag, Summary: "Change a source",
		Description: "Runs under way keep what they began with.", Action: workspace.ImportData,
		Scope: httpapi.TablesOf(s.changing), Rate: httpapi.General,
	}, s.change)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-source", Method: http.MethodDelete, Path: "W/sources/{sourceId}", Tag: tag, Summary: "Delete a source",
		Description: "Its rows stay, and runs under way go on.", Action: workspace.ImportData,
		Scope: httpapi.TablesOf(s.ofSource), Rate: httpapi.General,
	}, s.delete)
	httpapi.Write(a, httpapi.Op{
		ID: "run-source", Method: http.MethodPost, Path: "W/sources/{sourceId}/run", Tag: tag,
		Summary: "Ask for the source's rows and add them to its table",
		Description: "Pages are asked for one after the other, within the source's bounds of rows and credits; one that costs is never asked " +
			"for twice. What is found becomes an import, which is one step of undo, and leaves out rows whose key the table has.",
		Action: workspace.RunEnrichments, Rate: httpapi.Enrichment, Status: http.StatusCreated, Scope: httpapi.TablesOf(s.ofSource),
	}, s.run)
	httpapi.Read(a, httpapi.Op{
		ID: "list-finds", Method: http.MethodGet, Path: "W/finds", Tag: tag, Summary: "Runs of sources, newest first",
		Action: workspace.ReadTables, Projection: findview.Name, Scope: httpapi.FilteredTablesOf(s.ofRuns), Rate: httpapi.General,
	}, s.runs)
	httpapi.Write(a, httpapi.Op{
		ID: "cancel-find", Method: http.MethodPost, Path: "W/finds/{findId}/cancel", Tag: tag,
		Summary: "Ask for no further page; what was found is taken over", Action: workspace.RunEnrichments,
		Projection: findview.Name, Scope: httpapi.TablesOf(s.ofRun), Rate: httpapi.General,
	}, s.cancel)
}

func (s service) searches(context.Context, httpapi.Principal, *struct{}) ([]enrichment.Search, httpapi.Meta, error) {
	return s.Searches(), httpapi.Meta{}, nil
}

// PreviewBody is a search to be looked at.
type PreviewBody struct {
	Search       string              `json:"search"`
	CredentialID kernel.CredentialID `json:"credential_id"`
	Filters      map[string][]string `json:"filters"`
	MaxRows      int                 `json:"max_rows" minimum:"1" maximum:"50000"`
}

type previewIn struct {
	httpapi.InWorkspace
	Body PreviewBody
}

func (s service) preview(ctx context.Context, p httpapi.Principal, in *previewIn) (findcmd.Previewed, httpapi.Meta, error) {
	out, err := s.Handlers.Preview(ctx, p.Workspace, findcmd.Preview{
		Search: in.Body.Search, CredentialID: in.Body.CredentialID, Filters: in.Body.Filters, MaxRows: in.Body.MaxRows,
	})
	return out, httpapi.Meta{}, err
}

type saveIn struct {
	httpapi.InWorkspace
	Body find.Definition
}

// InSource is embedded by the inputs of endpoints of a source.
type InSource struct {
	httpapi.InWorkspace
	SourceID kernel.SourceID `path:"sourceId" doc:"src_…"`
}

type changeIn struct {
	InSource
	Body find.Definition
}

// InFind is embedded by the inputs of endpoints of a run.
type InFind struct {
	httpapi.InWorkspace
	FindID kernel.FindID `path:"findId" doc:"fnd_…"`
}

func saving(_ context.Context, _ httpapi.Principal, in *saveIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Body.TableID), nil
}

func (s service) changing(ctx context.Context, p httpapi.Principal, in *changeIn) (httpapi.Reach, error) {
	d, err := s.Handlers.Definition(ctx, p.Workspace, in.SourceID)
	return httpapi.ReachOf(d.TableID, in.Body.TableID), err
}

func (s service) ofSource(ctx context.Context, p httpapi.Principal, in *InSource) (httpapi.Reach, error) {
	d, err := s.Handlers.Definition(ctx, p.Workspace, in.SourceID)
	return httpapi.ReachOf(d.TableID), err
}

func (s service) ofRuns(ctx context.Context, p httpapi.Principal, in *runsIn) (httpapi.Reach, error) {
	if in.SourceID == "" {
		return httpapi.Reach{}, nil
	}
	d, err := s.Handlers.Definition(ctx, p.Workspace, in.SourceID)
	return httpapi.ReachOf(d.TableID), err
}

func (s service) ofRun(ctx context.Context, p httpapi.Principal, in *InFind) (httpapi.Reach, error) {
	t, err := s.Handlers.TableOf(ctx, p.Workspace, in.FindID)
	return httpapi.ReachOf(t), err
}

func (s service) save(ctx context.Context, meta kernel.Meta, in *saveIn) (commands.Result[findcmd.Saved], error) {
	return s.Handlers.Save(ctx, meta, findcmd.Save{Definition: in.Body})
}

func (s service) change(ctx context.Context, meta kernel.Meta, in *changeIn) (commands.Result[findcmd.Saved], error) {
	if in.SourceID == "" {
		return commands.Result[findcmd.Saved]{}, kernel.NotFound("source", "")
	}
	return s.Handlers.Save(ctx, meta, findcmd.Save{ID: in.SourceID, Definition: in.Body})
}

func (s service) delete(ctx context.Context, meta kernel.Meta, in *InSource) (commands.Result[findcmd.Nothing], error) {
	return s.Handlers.Delete(ctx, meta, in.SourceID)
}

func (s service) run(ctx context.Context, meta kernel.Meta, in *InSource) (commands.Result[findcmd.Started], error) {
	return s.Handlers.Start(ctx, meta, in.SourceID)
}

func (s service) cancel(ctx context.Context, meta kernel.Meta, in *InFind) (commands.Result[findcmd.Nothing], error) {
	return s.Handlers.Cancel(ctx, meta, in.FindID)
}

// Source is a saved search.
type Source struct {
	ID kernel.SourceID `json:"id"`
	find.Definition
	UpdatedAt time.Time `json:"updated_at"`
}

type listIn struct {
	httpapi.InWorkspace
	httpapi.Page
	TableID kernel.TableID `query:"table" doc:"Those that fill this table."`
}

func listed(_ context.Context, _ httpapi.Principal, in *listIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.TableID), nil
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]Source, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixSource, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	list, err := s.Reads.Sources(ctx, p.Workspace, in.TableID, p.KeyTables, kernel.SourceID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(s findview.Source) string { return string(s.ID) })
	out := make([]Source, len(list))
	for i, l := range list {
		out[i] = Source{l.ID, l.Definition, l.UpdatedAt}
	}
	return out, meta, nil
}

// Find is a run of a source.
type Find struct {
	ID        kernel.FindID   `json:"id"`
	SourceID  kernel.SourceID `json:"source_id"`
	TableID   kernel.TableID  `json:"table_id"`
	State     find.State      `json:"state" enum:"running,completed,partially_completed,failed,cancelled"`
	Pages     int             `json:"pages"`
	Rows      int64           `json:"rows" doc:"That were found. How many of them were new is told by the import."`
	Total     int64           `json:"total" doc:"Results in all, by the vendor."`
	Credits   int             `json:"credits" doc:"Of the vendor's plan."`
	Reason    string          `json:"reason,omitempty" doc:"Why there are not more rows."`
	Unknown   bool            `json:"unknown_outcome,omitempty" doc:"The answer to a page that costs was lost; it was not asked for again."`
	ImportID  kernel.ImportID `json:"import_id,omitempty" doc:"That takes the rows over; undoing it takes them back."`
	StartedAt time.Time       `json:"started_at"`
	EndedAt   *time.Time      `json:"ended_at,omitempty"`
}

type runsIn struct {
	httpapi.InWorkspace
	httpapi.Page
	SourceID kernel.SourceID `query:"source" doc:"Those of this source."`
}

func (s service) runs(ctx context.Context, p httpapi.Principal, in *runsIn) ([]Find, httpapi.Meta, error) {
	var meta httpapi.Meta
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixFind, in.Cursor) != nil {
		return nil, meta, kernel.BadCursor()
	}
	list, err := s.Reads.Runs(ctx, p.Workspace, in.SourceID, p.KeyTables, kernel.FindID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, meta, err
	}
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(r findview.Run) string { return string(r.ID) })
	out := make([]Find, len(list))
	for i, r := range list {
		out[i] = Find{
			ID: r.ID, SourceID: r.Source, TableID: r.Table, State: r.State, Pages: r.Page, Rows: r.Rows, Total: r.Total, Credits: r.Credits,
			Reason: r.Reason, Unknown: r.Unknown, ImportID: r.Import, StartedAt: r.StartedAt, EndedAt: r.EndedAt,
		}
	}
	return out, meta, nil
}
