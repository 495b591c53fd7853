// Package findview keeps the saved searches for rows, and how far each of their runs has come.
package findview

import (
	"context"
	"fmt"
	"time"

	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "find"

// Source is a saved search.
type Source struct {
	ID         kernel.SourceID
	Workspace  kernel.WorkspaceID
	Definition find.Definition
	UpdatedAt  time.Time
}

// Run is one going through of a search.
type Run struct {
	ID        kernel.FindID
	Source    kernel.SourceID
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	State     find.State
	Page      int // that was found last
	Rows      int64
	Total     int64
	Credits   int    // of the vendor's plan that its pages cost
	Cost      int    // of each
	Reason    string // why there are not more rows
	Unknown   bool   // the answer to a page that cost was lost
	Import    kernel.ImportID
	StartedAt time.Time
	EndedAt   *time.Time
}

// Page is what a page adds to its run.
type Page struct {
	Run   kernel.FindID
	Page  int
	Rows  int
	Total int64
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Save adds a source or replaces one.
	Save(ctx context.Context, s Source) error
	Delete(ctx context.Context, id kernel.SourceID) error
	Begin(ctx context.Context, r Run) error
	Found(ctx context.Context, p Page) error
	// Stop notes why there are not more rows. A page whose answer was lost is counted as paid.
	Stop(ctx context.Context, id kernel.FindID, reason string, unknown bool) error
	Gather(ctx context.Context, id kernel.FindID, imp kernel.ImportID) error
	End(ctx context.Context, id kernel.FindID, state find.State, reason string, at time.Time) error
	// Forget removes the sources and runs of a table.
	Forget(ctx context.Context, id kernel.TableID) error
}

// Projector folds sources and runs.
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
func (*Projector) Types() []string {
	return kernel.EventTypes(find.Saved{}, find.Deleted{}, find.Started{}, find.PageFound{}, find.Stopped{}, find.Gathered{}, find.Ended{},
		table.Purged{})
}

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
	case find.Saved:
		return w.Save(ctx, Source{ID: e.SourceID, Workspace: e.Workspace, Definition: e.Definition, UpdatedAt: e.At})
	case find.Deleted:
		return w.Delete(ctx, e.SourceID)
	case find.Started:
		return w.Begin(ctx, Run{
			ID: e.FindID, Source: e.SourceID, Workspace: e.Workspace, Table: e.Definition.TableID, State: find.StateRunning, Cost: e.PageCredits,
			StartedAt: e.At,
		})
	case find.PageFound:
		return w.Found(ctx, Page{e.FindID, e.Page, e.Rows, e.Total})
	case find.Stopped:
		return w.Stop(ctx, e.FindID, e.Reason, e.Unknown)
	case find.Gathered:
		return w.Gather(ctx, e.FindID, e.ImportID)
	case find.Ended:
		return w.End(ctx, e.FindID, e.State, e.Reason, e.At)
	case table.Purged:
		return w.Forget(ctx, e.TableID)
	default:
		return kernel.UnknownEvent("find", e)
	}
}
