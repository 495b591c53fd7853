package searchapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/searchcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/savedsearchview"
	"github.com/morket/morket/projections/searchview"
)

// SavedSearch is a saved search.
type SavedSearch struct {
	ID        kernel.SavedSearchID `json:"id"`
	Name      string               `json:"name"`
	Query     Question             `json:"query"`
	Shared    bool                 `json:"shared" doc:"Everybody in the workspace may run it."`
	Mine      bool                 `json:"mine" doc:"The caller may change it."`
	CreatedAt time.Time            `json:"created_at"`
	UpdatedAt time.Time            `json:"updated_at"`
}

type listIn struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) list(ctx context.Context, p httpapi.Principal, in *listIn) ([]SavedSearch, httpapi.Meta, error) {
	if in.Cursor != "" && kernel.ParseID(kernel.PrefixSavedSearch, in.Cursor) != nil {
		return nil, httpapi.Meta{}, kernel.BadCursor()
	}
	owner := searchcmd.OwnerOf(p.Actor)
	list, err := s.Saved.List(ctx, p.Workspace, owner, kernel.SavedSearchID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	var meta httpapi.Meta
	list, meta.NextCursor = httpapi.CutPage(list, in.Limit, func(s savedsearchview.Saved) string { return string(s.ID) })
	out := make([]SavedSearch, len(list))
	for i, l := range list {
		out[i] = SavedSearch{ID: l.ID, Name: l.Name, Shared: l.Shared, Mine: l.Owner == owner, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt}
		if err := json.Unmarshal(l.Query, &out[i].Query); err != nil {
			return nil, meta, fmt.Errorf("saved search %s: %w", l.ID, err)
		}
	}
	return slices.DeleteFunc(out, func(o SavedSearch) bool { return !sees(p, o.Query.Filters.Tables) }), meta, nil
}

// SaveBody is a search to be saved.
type SaveBody struct {
	Name   string   `json:"name"`
	Query  Question `json:"query"`
	Shared bool     `json:"shared,omitempty"`
}

type saveIn struct {
	httpapi.InWorkspace
	Body SaveBody
}

// InSaved is embedded by the inputs of endpoints of a saved search.
type InSaved struct {
	httpapi.InWorkspace
	SearchID kernel.SavedSearchID `path:"searchId" doc:"sch_…"`
}

type changeIn struct {
	InSaved
	Body SaveBody
}

func (s service) save(ctx context.Context, meta kernel.Meta, in *saveIn) (commands.Result[SavedSearch], error) {
	return s.store(ctx, meta, "", in.Body)
}

func (s service) change(ctx context.Context, meta kernel.Meta, in *changeIn) (commands.Result[SavedSearch], error) {
	if in.SearchID == "" {
		return commands.Result[SavedSearch]{}, kernel.NotFound("saved search", "")
	}
	return s.store(ctx, meta, in.SearchID, in.Body)
}

func (s service) store(
	ctx context.Context, meta kernel.Meta, id kernel.SavedSearchID, body SaveBody,
) (commands.Result[SavedSearch], error) {
	q := Search{Question: body.Query}.query()
	if err := q.Validate(); err != nil {
		return commands.Result[SavedSearch]{}, err
	}
	query, err := json.Marshal(body.Query)
	if err != nil {
		return commands.Result[SavedSearch]{}, err
	}
	res, err := s.Handlers.Save(ctx, meta, searchcmd.Save{ID: id, Name: body.Name, Query: query, Shared: body.Shared})
	if err != nil {
		return commands.Result[SavedSearch]{}, err
	}
	out := commands.Result[SavedSearch]{Position: res.Position, Replayed: res.Replayed}
	out.Value = SavedSearch{
		ID:        res.Value.ID,
		Name:      res.Value.Name,
		Shared:    res.Value.Shared,
		Mine:      true,
		CreatedAt: res.Value.UpdatedAt,
		UpdatedAt: res.Value.UpdatedAt,
	}
	return out, json.Unmarshal(res.Value.Query, &out.Value.Query)
}

func (s service) delete(ctx context.Context, meta kernel.Meta, in *InSaved) (commands.Result[searchcmd.Nothing], error) {
	return s.Handlers.Delete(ctx, meta, in.SearchID)
}

type runIn struct {
	InSaved
	Body Page
}

func (s service) run(ctx context.Context, p httpapi.Principal, in *runIn) ([]searchview.Hit, httpapi.Meta, error) {
	query, err := s.Handlers.Find(ctx, p.Workspace, p.Actor, in.SearchID)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	q := Search{Page: in.Body}
	if err := json.Unmarshal(query, &q.Question); err != nil {
		return nil, httpapi.Meta{}, fmt.Errorf("saved search %s: %w", in.SearchID, err)
	}
	return s.find(ctx, p, q)
}

func (s service) reindex(ctx context.Context, meta kernel.Meta, _ *inWorkspace) (commands.Result[searchcmd.Requested], error) {
	return s.Handlers.RequestReindex(ctx, meta)
}

// Status is how the index stands.
type Status struct {
	Index IndexState `json:"index"`
	Last  *Reindex   `json:"last,omitempty" doc:"The workspace's last request to make the index anew."`
}

// Reindex is a request to make the index anew.
type Reindex struct {
	State       string     `json:"state" enum:"running,completed,failed"`
	RequestedAt time.Time  `json:"requested_at"`
	RequestedBy string     `json:"requested_by"`
	FinishedAt  *time.Time `json:"finished_at,omitempty"`
	Position    int64      `json:"position,omitempty" doc:"Of the log, at which the new index took over."`
	Error       string     `json:"error,omitempty"`
}

func (s service) status(ctx context.Context, p httpapi.Principal, _ *inWorkspace) (Status, httpapi.Meta, error) {
	var out Status
	var err error
	if out.Index, err = s.Index.State(ctx); err != nil {
		return out, httpapi.Meta{}, err
	}
	last, err := s.Saved.Reindex(ctx, p.Workspace)
	if err != nil || last == nil {
		return out, httpapi.Meta{}, err
	}
	out.Last = &Reindex{
		State:       "running",
		RequestedAt: last.RequestedAt.UTC(),
		RequestedBy: last.By,
		FinishedAt:  last.FinishedAt,
		Position:    last.Position,
		Error:       last.Error,
	}
	switch {
	case last.Error != "":
		out.Last.State = "failed"
	case last.FinishedAt != nil:
		out.Last.State = "completed"
	}
	return out, httpapi.Meta{}, nil
}
