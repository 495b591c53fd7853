// Package savedsearchview keeps the saved searches of the workspaces, and what became of their requests to make the index anew.
package savedsearchview

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "saved_search"

// Saved is a saved search.
type Saved struct {
	ID        kernel.SavedSearchID
	Workspace kernel.WorkspaceID
	Name      string
	Query     json.RawMessage
	Shared    bool
	Owner     string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Reindex is the last request of a workspace to make the index anew.
type Reindex struct {
	Workspace   kernel.WorkspaceID
	By          string
	RequestedAt time.Time
	FinishedAt  *time.Time // nil while it is under way
	Position    int64
	Error       string
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Save adds a search or replaces one, which keeps its time of creation.
	Save(ctx context.Context, s Saved) error
	Delete(ctx context.Context, id kernel.SavedSearchID) error
	// Request replaces the workspace's last request.
	Request(ctx context.Context, r Reindex) error
	// Finish adds the outcome to the workspace's last request, if that was made at that time.
	Finish(ctx context.Context, r Reindex) error
}

// Projector folds saved searches.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	return &Projector{codec, open}
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// Types implements projections.Projector.
func (*Projector) Types() []string { return kernel.EventTypes(search.Events()...) }

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err != nil {
			return err
		}
		if err := apply(ctx, w, e); err != nil {
			return fmt.Errorf("event %d (%s): %w", rec.Position, rec.Type, err)
		}
	}
	return nil
}

func apply(ctx context.Context, w Writer, e kernel.Event) error {
	switch e := e.(type) {
	case search.Saved:
		return w.Save(ctx, Saved{
			ID:        e.ID,
			Workspace: e.Workspace,
			Name:      e.Name,
			Query:     e.Query,
			Shared:    e.Shared,
			Owner:     e.Owner,
			CreatedAt: e.At,
			UpdatedAt: e.At,
		})
	case search.Deleted:
		return w.Delete(ctx, e.ID)
	case search.ReindexRequested:
		return w.Request(ctx, Reindex{Workspace: e.Workspace, By: e.By, RequestedAt: e.At})
	case search.ReindexFinished:
		return w.Finish(ctx, Reindex{Workspace: e.Workspace, RequestedAt: e.Requested, FinishedAt: &e.At, Position: e.Position, Error: e.Error})
	default:
		return kernel.UnknownEvent("search", e)
	}
}
