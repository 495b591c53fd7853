package gridview

import (
	"context"
	"fmt"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Projector keeps the grid.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
	types []string
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	p := &Projector{codec: codec, open: open}
	p.types = kernel.EventTypes(append(table.Events(),
		dataops.Started{}, dataops.RowsAdded{}, dataops.RowsUpdated{}, dataops.Completed{}, dataops.Failed{}, dataops.Cancelled{},
		dataops.Undone{},
		enrichment.RunStarted{}, enrichment.RunPageStarted{}, enrichment.RunPageStopped{}, enrichment.RunAnswersRecorded{},
		enrichment.RunFinished{})...)
	return p
}

// Name implements projections.Projector.
func (p *Projector) Name() string { return Name }

// Version implements projections.Projector.
func (p *Projector) Version() int { return 7 }

// Types implements projections.Projector.
func (p *Projector) Types() []string { return p.types }

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	ops, err := p.Fold(events)
	if err != nil {
		return err
	}
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	return w.Write(ctx, ops)
}

// Fold turns events into operations, merging what follows each other on one table.
func (p *Projector) Fold(events []eventstore.Recorded) ([]Op, error) {
	var m merger
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err != nil {
			return nil, err
		}
		meta, err := rec.Meta()
		if err != nil {
			return nil, err
		}
		stamp := Stamp{Position: rec.Position, At: rec.RecordedAt, By: By(meta.Actor)}
		if err := m.event(rec, e, stamp); err != nil {
			return nil, fmt.Errorf("event %d (%s): %w", rec.Position, rec.Type, err)
		}
	}
	return m.ops, nil
}

// By names an actor: the person behind it, or else its kind and id.
func By(a kernel.Actor) string {
	switch {
	case a.User() != "":
		return string(a.User())
	case a.ID != "":
		return string(a.Kind) + ":" + a.ID
	default:
		return string(a.Kind)
	}
}
