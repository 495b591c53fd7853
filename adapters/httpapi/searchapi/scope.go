package searchapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
)

// What requests about searches touch. A saved search says in its words and filters what is in the tables it is about: to a caller that
// is limited to some tables it exists if it names tables, and only such as the caller may see.

func named(_ context.Context, _ httpapi.Principal, in *searchIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Body.Filters.Tables...), nil
}

func saving(_ context.Context, _ httpapi.Principal, in *saveIn) (httpapi.Reach, error) {
	return httpapi.ReachOf(in.Body.Query.Filters.Tables...), nil
}

func (s service) changing(ctx context.Context, p httpapi.Principal, in *changeIn) (httpapi.Reach, error) {
	r, err := s.tablesOf(ctx, p, in.SearchID)
	r.Tables = append(r.Tables, in.Body.Query.Filters.Tables...)
	r.Beyond = len(in.Body.Query.Filters.Tables) == 0
	return r, err
}

func (s service) deleting(ctx context.Context, p httpapi.Principal, in *InSaved) (httpapi.Reach, error) {
	return s.tablesOf(ctx, p, in.SearchID)
}

func (s service) running(ctx context.Context, p httpapi.Principal, in *runIn) (httpapi.Reach, error) {
	return s.tablesOf(ctx, p, in.SearchID)
}

func (s service) tablesOf(ctx context.Context, p httpapi.Principal, id kernel.SavedSearchID) (httpapi.Reach, error) {
	query, err := s.Handlers.Find(ctx, p.Workspace, p.Actor, id)
	if err != nil {
		return httpapi.Reach{}, err
	}
	var q Question
	if err := json.Unmarshal(query, &q); err != nil {
		return httpapi.Reach{}, fmt.Errorf("saved search %s: %w", id, err)
	}
	if !sees(p, q.Filters.Tables) {
		err = kernel.NotFound("saved search", string(id))
	}
	return httpapi.ReachOf(q.Filters.Tables...), err
}

// sees reports whether the caller may see a saved search over the tables.
func sees(p httpapi.Principal, tables []kernel.TableID) bool {
	return !p.Limited() || len(tables) > 0 && !slices.ContainsFunc(tables, func(t kernel.TableID) bool { return !p.CanSeeTable(t) })
}
