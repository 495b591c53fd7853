// Package searchapi is the HTTP side of searches: over rows, suggestions, saved searches, and the index.
package searchapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands/searchcmd"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/savedsearchview"
	"github.com/morket/morket/projections/searchview"
)

const tag = "search"

// Index tells how the search's index stands.
type Index interface {
	State(ctx context.Context) (IndexState, error)
}

// IndexState is how the search's index stands, in positions of the log.
type IndexState struct {
	Engine   string `json:"engine" enum:"postgres,opensearch"`
	Position int64  `json:"position" doc:"That the index reflects."`
	Head     int64  `json:"head" doc:"Of the log: where the index is going."`
	// Rebuilding is how far the new index has come.
	Rebuilding *int64 `json:"rebuilding,omitempty" doc:"How far a new index has come; absent while none is being made."`
}

// Deps is what the endpoints need.
type Deps struct {
	Searcher   searchview.Searcher
	Projection string // that the searcher reads
	Saved      Saved
	Handlers   *searchcmd.Handlers
	Index      Index
}

type service struct{ Deps }

type inWorkspace struct{ httpapi.InWorkspace }

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	const read = workspace.ReadTables
	const saved = "W/search/saved"
	httpapi.Read(a, httpapi.Op{
		ID: "search", Method: http.MethodPost, Path: "W/search", Tag: tag, Action: read, Projection: d.Projection,
		Rate:    httpapi.Grid,
		Summary: "Find rows of all tables",
		Description: "q is words, \"phrases\" and field:value, all of which a row must have; words match what begins with them. A field is " +
			"the name of a column, " +
			"in quotes if it has spaces. offset reaches 10,000 rows; search_after takes meta.next_cursor and goes on without end.",
		Scope: httpapi.FilteredTablesOf(named),
	}, s.search)
	httpapi.Read(a, httpapi.Op{
		ID: "suggest", Method: http.MethodGet, Path: "W/search/suggest", Tag: tag,
		Summary: "Values that begin with what was typed, the most frequent first", Action: read, Projection: d.Projection,
		Rate: httpapi.Grid, Scope: httpapi.FilteredByTable,
	}, s.suggest)
	httpapi.Read(a, httpapi.Op{
		ID: "list-saved-searches", Method: http.MethodGet, Path: saved, Tag: tag,
		Summary: "The caller's saved searches and those that are shared", Action: read, Projection: savedsearchview.Name,
		Scope: httpapi.FilteredByTable, Rate: httpapi.General,
	}, s.list)
	httpapi.Write(a, httpapi.Op{
		ID: "save-search", Method: http.MethodPost, Path: saved, Tag: tag, Summary: "Save a search", Action: read,
		Status: http.StatusCreated, Scope: httpapi.TablesOf(saving), Rate: httpapi.General,
	}, s.save)
	httpapi.Write(a, httpapi.Op{
		ID: "change-saved-search", Method: http.MethodPut, Path: saved + "/{searchId}", Tag: tag,
		Summary: "Replace a saved search", Action: read, Scope: httpapi.TablesOf(s.changing), Rate: httpapi.General,
	}, s.change)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-saved-search", Method: http.MethodDelete, Path: saved + "/{searchId}", Tag: tag,
		Summary: "Delete a saved search", Action: read, Scope: httpapi.TablesOf(s.deleting), Rate: httpapi.General,
	}, s.delete)
	httpapi.Read(a, httpapi.Op{
		ID: "run-saved-search", Method: http.MethodPost, Path: saved + "/{searchId}/run", Tag: tag,
		Summary: "Carry a saved search out again", Action: read, Projection: d.Projection, Rate: httpapi.Grid,
		Scope: httpapi.TablesOf(s.running),
	}, s.run)
	httpapi.Write(a, httpapi.Op{
		ID: "reindex-search", Method: http.MethodPost, Path: "W/search/reindex", Tag: tag,
		Summary: "Have the index made anew", Description: "The old index serves until the new one takes over.",
		Action: workspace.ReindexSearch, Status: http.StatusAccepted, Rate: httpapi.Admin, Scope: httpapi.WholeWorkspace,
	}, s.reindex)
	httpapi.Read(a, httpapi.Op{
		ID: "get-search-index", Method: http.MethodGet, Path: "W/search/reindex", Tag: tag,
		Summary: "How the index stands, and what became of the last request to make it anew", Action: read,
		Projection: savedsearchview.Name, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.status)
}
