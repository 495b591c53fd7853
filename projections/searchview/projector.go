package searchview

import (
	"context"
	"fmt"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "search"

// Projector keeps the documents.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
	types []string
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	p := &Projector{codec: codec, open: open}
	for _, e := range append(table.Events(), dataops.RowsAdded{}, dataops.RowsUpdated{}, enrichment.RunAnswersRecorded{}) {
		p.types = append(p.types, e.EventType())
	}
	return p
}

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 1 }

// Types implements projections.Projector.
func (p *Projector) Types() []string { return p.types }

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	f := newFold(w)
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err != nil {
			return err
		}
		if err := f.event(ctx, rec, e); err != nil {
			return fmt.Errorf("event %d (%s): %w", rec.Position, rec.Type, err)
		}
	}
	return f.flush(ctx)
}
