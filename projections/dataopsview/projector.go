// Package dataopsview keeps what people see of imports: how far each has come, and what could not be taken.
package dataopsview

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "dataops"

// Import is an import as of its last event.
type Import struct {
	State      *dataops.Import
	CreatedAt  time.Time
	FinishedAt *time.Time
	Position   int64
}

// Summary returns what the outside sees of the import.
func (i Import) Summary() dataops.Summary {
	s := i.State.Summary()
	s.CreatedAt, s.FinishedAt = i.CreatedAt.UTC(), i.FinishedAt
	return s
}

// Problem is a line of an import's errors file, with its place among them.
type Problem struct {
	dataops.Problem
	Import   kernel.ImportID
	Position int64
	Index    int
}

// Batch is what a run of events changes: each touched import once, and the new problems in order.
type Batch struct {
	Imports  []Import
	Problems []Problem
}

// Writer writes the read model inside a projector's transaction.
type Writer interface {
	// Imports returns those of the imports that are there.
	Imports(ctx context.Context, ids []kernel.ImportID) ([]Import, error)
	// Save replaces the imports and adds the problems.
	Save(ctx context.Context, b Batch) error
	// Forget removes what the tables' imports hold of their files; that they were made is kept.
	Forget(ctx context.Context, tables []kernel.TableID) error
}

// Projector folds imports. The rows themselves are the grid's business.
type Projector struct {
	open func(projections.Tx) (Writer, error)
}

// New makes the projector; open turns the store's transaction into a Writer.
func New(open func(projections.Tx) (Writer, error)) *Projector { return &Projector{open: open} }

// Name implements projections.Projector.
func (*Projector) Name() string { return Name }

// Version implements projections.Projector.
func (*Projector) Version() int { return 2 }

// wanted are the events but for the chunks of rows, which are many and large and say nothing that is not in
// the end of their batch.
func wanted() []kernel.Event {
	return []kernel.Event{
		dataops.Uploaded{},
		dataops.CopyBegun{},
		dataops.Previewed{},
		dataops.Started{},
		dataops.RowsRejected{},
		dataops.BatchRecorded{},
		dataops.Completed{},
		dataops.Failed{},
		dataops.Cancelled{},
		dataops.UndoStarted{},
		dataops.UndoProgressed{},
		dataops.Undone{},
		dataops.Redone{},
		table.Purged{},
	}
}

// Types implements projections.Projector.
func (*Projector) Types() []string { return kernel.EventTypes(wanted()...) }

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	codec, err := eventstore.NewCodec(wanted())
	if err != nil {
		return err
	}
	imports := map[kernel.ImportID]*Import{}
	var ids []kernel.ImportID
	purged, events := projections.SplitTables(events, table.Purged{})
	for _, e := range events {
		id := kernel.ImportID(e.Stream.ID())
		if imports[id] == nil {
			imports[id] = &Import{State: dataops.NewImport()}
			ids = append(ids, id)
		}
	}
	before, err := w.Imports(ctx, ids)
	if err != nil {
		return fmt.Errorf("read imports: %w", err)
	}
	for i := range before {
		imports[before[i].State.ID] = &before[i]
	}
	var batch Batch
	for _, r := range events {
		e, err := codec.Decode(r)
		if err != nil {
			return err
		}
		if err := imports[kernel.ImportID(r.Stream.ID())].fold(r, e); err != nil {
			return fmt.Errorf("event %d: %w", r.Position, err)
		}
		if e, ok := e.(dataops.RowsRejected); ok {
			for i, problem := range e.Problems {
				batch.Problems = append(batch.Problems, Problem{Problem: problem, Import: e.ImportID, Position: r.Position, Index: i})
			}
		}
	}
	for _, id := range ids {
		batch.Imports = append(batch.Imports, *imports[id])
	}
	if err := w.Save(ctx, batch); err != nil || len(purged) == 0 {
		return err
	}
	return w.Forget(ctx, purged)
}

func (i *Import) fold(r eventstore.Recorded, e kernel.Event) error {
	if err := i.State.Apply(e); err != nil {
		return err
	}
	i.Position = r.Position
	switch e.(type) {
	case dataops.Uploaded, dataops.CopyBegun:
		i.CreatedAt = r.RecordedAt
	case dataops.Completed, dataops.Failed, dataops.Cancelled, dataops.Undone:
		at := r.RecordedAt.UTC()
		i.FinishedAt = &at
	}
	return nil
}

// Encode returns the import's state as it is kept.
func (i Import) Encode() (json.RawMessage, error) { return i.State.MarshalState() }

// Decode reads what Encode wrote.
func (i *Import) Decode(state json.RawMessage) error {
	i.State = dataops.NewImport()
	return i.State.UnmarshalState(state)
}
