// Package searchcmd saves searches and has the search's index made anew.
package searchcmd

import (
	"context"
	"encoding/json"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/eventstore"
)

// Category is the category of the streams.
const Category = "search"

// Handlers carry out the commands.
type Handlers struct {
	repo  *eventstore.Repo[*search.Searches]
	ids   *kernel.IDs
	clock kernel.Clock
}

// NewHandlers returns the handlers.
func NewHandlers(store eventstore.Store, codec *eventstore.Codec, ids *kernel.IDs, clock kernel.Clock) *Handlers {
	return &Handlers{repo: eventstore.NewRepo(Category, store, codec, search.New), ids: ids, clock: clock}
}

// Save keeps a search. Query must have been checked.
type Save struct {
	ID     kernel.SavedSearchID // of the one to be replaced; empty for a new one
	Name   string
	Query  json.RawMessage
	Shared bool
}

// Saved is a saved search.
type Saved struct {
	ID        kernel.SavedSearchID `json:"id"`
	Name      string               `json:"name"`
	Query     json.RawMessage      `json:"query"`
	Shared    bool                 `json:"shared"`
	Owner     string               `json:"owner"`
	UpdatedAt time.Time            `json:"updated_at"`
}

// OwnerOf names the owner: the person, or else the actor's kind and id.
func OwnerOf(a kernel.Actor) string {
	if u := a.User(); u != "" {
		return string(u)
	}
	return string(a.Kind) + ":" + a.ID
}

// Save carries out a Save.
func (h *Handlers) Save(ctx context.Context, meta kernel.Meta, c Save) (commands.Result[Saved], error) {
	e := search.Saved{
		ID:        c.ID,
		Workspace: meta.Workspace,
		Name:      c.Name,
		Query:     c.Query,
		Shared:    c.Shared,
		Owner:     OwnerOf(meta.Actor),
		At:        h.clock.Now().UTC(),
	}
	record := (*search.Searches).Change
	if c.ID == "" {
		e.ID = kernel.SavedSearchID(h.ids.New(kernel.PrefixSavedSearch))
		record = (*search.Searches).Save
	}
	out := Saved{ID: e.ID, Name: c.Name, Query: c.Query, Shared: c.Shared, Owner: e.Owner, UpdatedAt: e.At}
	done, err := h.repo.Update(ctx, meta.As("search.save"), string(meta.Workspace), func(s *search.Searches) (any, error) {
		return out, record(s, e)
	})
	if err != nil {
		return commands.Result[Saved]{}, err
	}
	return commands.Reply(done, out)
}

// Find returns the query of a search that the actor may run, as the log has it now.
func (h *Handlers) Find(ctx context.Context, ws kernel.WorkspaceID, actor kernel.Actor, id kernel.SavedSearchID) (json.RawMessage, error) {
	s, _, err := h.repo.Load(ctx, string(ws))
	if err != nil {
		return nil, err
	}
	found, err := s.Find(id, OwnerOf(actor))
	return found.Query, err
}

// Nothing is the answer of a command that has none.
type Nothing struct{}

// Delete ends a saved search.
func (h *Handlers) Delete(ctx context.Context, meta kernel.Meta, id kernel.SavedSearchID) (commands.Result[Nothing], error) {
	done, err := h.repo.Update(ctx, meta.As("search.delete"), string(meta.Workspace), func(s *search.Searches) (any, error) {
		return Nothing{}, s.Delete(id, OwnerOf(meta.Actor))
	})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// Requested is the answer to a request.
type Requested struct {
	RequestedAt time.Time `json:"requested_at"`
}

// RequestReindex asks for the index to be made anew.
func (h *Handlers) RequestReindex(ctx context.Context, meta kernel.Meta) (commands.Result[Requested], error) {
	out := Requested{h.clock.Now().UTC().Truncate(time.Microsecond)}
	done, err := h.repo.Update(ctx, meta.As("search.reindex"), string(meta.Workspace), func(s *search.Searches) (any, error) {
		return out, s.RequestReindex(search.ReindexRequested{Workspace: meta.Workspace, By: OwnerOf(meta.Actor), At: out.RequestedAt})
	})
	if err != nil {
		return commands.Result[Requested]{}, err
	}
	return commands.Reply(done, out)
}
