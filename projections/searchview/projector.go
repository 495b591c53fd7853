package searchview

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

// The projection's names: in Postgres, and in OpenSearch. Each is kept where it is used, so that switching loses nothing.
const (
	Name           = "search"
	NameOpenSearch = "search_opensearch"
)

// Projector keeps the documents.
type Projector struct {
	name  string
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
	types []string
}

// New makes the projector under one of its names; open makes the writer of a transaction.
func New(name string, codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	types := kernel.EventTypes(append(table.Events(), dataops.RowsAdded{}, dataops.RowsUpdated{}, enrichment.RunAnswersRecorded{})...)
	return &Projector{name: name, codec: codec, open: open, types: types}
}

// Name implements projections.Projector.
func (p *Projector) Name() string { return p.name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 4 }

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
	if err := f.flush(ctx); err != nil {
		return err
	}
	return w.Finish(ctx)
}
