// Package historyview keeps an index over the log that finds what happened to a row or a cell, and the steps that can be
// undone. It holds no values: those are read from the events that the index points to.
package historyview

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Name is the projection's name.
const Name = "history"

// KindInsert is the kind of change that adds rows; it is found by the range of their ids.
const KindInsert = "insert"

// Change is an event that changed a table.
type Change struct {
	Table    kernel.TableID
	Position int64
	Kind     string // insert, delete, restore, import, run, column, or an edit's source
	Step     table.Step
	Source   table.Source
	User     kernel.UserID
	Columns  []kernel.ColumnID // whose values it set
	Rows     []kernel.RowID    // that it touched; of an insert, those that it added
	Marked   []kernel.RowID    // that got a state only
	Inserts  bool
	Cells    int
	Money    kernel.Credits
}

// Writer keeps changes.
type Writer interface {
	Write(ctx context.Context, changes []Change) error
	// Forget removes everything of a table.
	Forget(ctx context.Context, id kernel.TableID) error
}

// Projector keeps the history.
type Projector struct {
	codec *eventstore.Codec
	open  func(projections.Tx) (Writer, error)
	types []string
}

// New makes the projector; open makes the writer of a transaction.
func New(codec *eventstore.Codec, open func(projections.Tx) (Writer, error)) *Projector {
	p := &Projector{codec: codec, open: open}
	p.types = kernel.EventTypes(
		table.Renamed{},
		table.DetailsChanged{},
		table.Purged{},
		table.Discarded{},
		table.ColumnAdded{},
		table.ColumnChanged{},
		table.ColumnDeleted{},
		table.ColumnRestored{},
		table.ColumnsReordered{},
		table.ColumnTypeChanged{},
		table.ColumnTypeReverted{},
		table.RowsInserted{},
		table.CellsEdited{},
		table.RowsDeleted{},
		table.RowsRestored{},
		dataops.RowsAdded{},
		dataops.RowsUpdated{},
		enrichment.RunAnswersRecorded{},
	)
	return p
}

// Name implements projections.Projector.
func (p *Projector) Name() string { return Name }

// Version implements projections.Projector.
func (p *Projector) Version() int { return 3 }

// Types implements projections.Projector.
func (p *Projector) Types() []string { return p.types }

// Apply implements projections.Projector.
func (p *Projector) Apply(ctx context.Context, tx projections.Tx, events []eventstore.Recorded) error {
	w, err := p.open(tx)
	if err != nil {
		return err
	}
	changes := make([]Change, 0, len(events))
	for _, rec := range events {
		e, err := p.codec.Decode(rec)
		if err != nil {
			return err
		}
		meta, err := rec.Meta()
		if err != nil {
			return err
		}
		if purged(e) {
			if err := w.Write(ctx, changes); err != nil {
				return err
			}
			changes = changes[:0]
			if err := w.Forget(ctx, kernel.TableID(rec.Stream.ID())); err != nil {
				return err
			}
			continue
		}
		c, err := change(rec, e)
		if err != nil {
			return err
		}
		if c.Table == "" {
			continue
		}
		c.Position, c.User = rec.Position, meta.Actor.User()
		if c.Step.Step == "" {
			c.Step.Step = strconv.FormatInt(rec.Position, 10)
		}
		changes = append(changes, c)
	}
	return w.Write(ctx, changes)
}

// purged reports whether a table or branch is gone for good.
func purged(e kernel.Event) bool {
	switch e.(type) {
	case table.Purged, table.Discarded:
		return true
	default:
		return false
	}
}

// change says what an event did.
func change(rec eventstore.Recorded, e kernel.Event) (Change, error) {
	switch e := e.(type) {
	case table.RowsInserted:
		return Change{
			Table:   e.TableID,
			Kind:    KindInsert,
			Source:  e.Source,
			Step:    e.Step,
			Columns: columns(e.Chunk),
			Rows:    e.Chunk.Rows,
			Inserts: true,
		}, nil
	case table.CellsEdited:
		return Change{
			Table:   e.TableID,
			Kind:    string(e.Source),
			Source:  e.Source,
			Step:    e.Step,
			Columns: columns(e.Chunk),
			Rows:    e.Chunk.Rows,
			Cells:   e.Chunk.Cells(),
		}, nil
	case table.RowsDeleted:
		return Change{Table: e.TableID, Kind: "delete", Source: e.Source, Step: e.Step, Rows: e.Rows}, nil
	case table.RowsRestored:
		return Change{Table: e.TableID, Kind: "restore", Source: e.Source, Step: e.Step, Rows: e.Rows}, nil
	case dataops.RowsAdded:
		step := table.Step{Step: string(e.ImportID), Label: "Import"}
		return Change{Table: e.TableID, Kind: "import", Step: step, Columns: columns(e.Chunk), Rows: e.Chunk.Rows, Inserts: true}, nil
	case dataops.RowsUpdated:
		step := table.Step{Step: string(e.ImportID), Label: "Import"}
		return Change{Table: e.TableID, Kind: "import", Step: step, Columns: columns(e.Chunk), Rows: e.Chunk.Rows, Cells: e.Chunk.Cells()}, nil
	case enrichment.RunAnswersRecorded:
		return answers(e), nil
	default:
		return structure(rec, e)
	}
}

func answers(e enrichment.RunAnswersRecorded) Change {
	c := Change{
		Table:   e.TableID,
		Kind:    "run",
		Step:    table.Step{Step: string(e.RunID), Label: "Enrichment"},
		Columns: columns(e.Chunk),
		Rows:    e.Chunk.Rows,
		Cells:   e.Chunk.Cells(),
	}
	valued := map[kernel.RowID]bool{}
	for _, r := range e.Chunk.Rows {
		valued[r] = true
	}
	for _, m := range e.Marks {
		if !valued[m.RowID] {
			valued[m.RowID] = true
			c.Marked = append(c.Marked, m.RowID)
		}
	}
	for _, p := range e.Provenance {
		c.Money += p.CreditsMC
	}
	return c
}

func structure(rec eventstore.Recorded, e kernel.Event) (Change, error) {
	c := Change{Table: kernel.TableID(rec.Stream.ID()), Kind: "column"}
	switch e := e.(type) {
	case table.Renamed:
		c.Step, c.Kind = e.Step, "table"
	case table.DetailsChanged:
		c.Step, c.Kind = e.Step, "table"
	case table.ColumnAdded:
		c.Step = e.Step
	case table.ColumnChanged:
		c.Step = e.Step
	case table.ColumnDeleted:
		c.Step = e.Step
	case table.ColumnRestored:
		c.Step = e.Step
	case table.ColumnsReordered:
		c.Step = e.Step
	case table.ColumnTypeChanged:
		c.Step = e.Step
	case table.ColumnTypeReverted:
		c.Step = e.Step
	default:
		return c, fmt.Errorf("the history doesn't know %s", rec.Type)
	}
	if kernel.ParseID(kernel.PrefixImport, c.Step.Step) == nil {
		c.Kind = "import" // a column that an import brings begins its step
	}
	return c, nil
}

// columns returns the chunk's columns in order, so that a rebuilt read model equals the live one.
func columns(c kernel.Chunk) []kernel.ColumnID { return slices.Sorted(maps.Keys(c.Cols)) }

// Range returns the least and the greatest key of rows.
func Range(rows []kernel.RowID) (lo, hi kernel.RowKey, err error) {
	for i, r := range rows {
		k, err := r.Key()
		if err != nil {
			return lo, hi, err
		}
		if i == 0 || bytes.Compare(k[:], lo[:]) < 0 {
			lo = k
		}
		if i == 0 || bytes.Compare(k[:], hi[:]) > 0 {
			hi = k
		}
	}
	return lo, hi, nil
}
