package bench

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

// imported is a table in a log whose rows come as an import appends them.
type imported struct {
	log       *pgstore.Store
	codec     *eventstore.Codec
	clock     kernel.Clock
	ids       *kernel.IDs
	workspace kernel.WorkspaceID
	table     kernel.TableID
	source    kernel.ImportID
	fields    []fileColumn
	columns   []table.Column
	rows      int // in the log
	head      int64
}

// make creates the table in the log.
func (t *imported) make(ctx context.Context, name string, fields []fileColumn, options ...table.Option) error {
	t.ids, t.fields = kernel.NewIDs(t.clock), fields
	t.workspace, t.table = kernel.WorkspaceID(t.ids.New(kernel.PrefixWorkspace)), kernel.TableID(t.ids.New(kernel.PrefixTable))
	t.source = kernel.ImportID(t.ids.New(kernel.PrefixImport))
	drafts := make([]table.Draft, len(fields))
	for i, c := range fields {
		drafts[i] = table.Draft{Name: c.name, Type: c.typ}
		if c.typ == table.Select {
			drafts[i].Options = options
		}
	}
	made, err := table.New(table.Maker{IDs: t.ids, Clock: t.clock}, t.table, t.workspace, "", name, drafts)
	if err != nil {
		return err
	}
	t.columns = made.Schema().Columns
	return t.append(ctx, eventstore.Stream(table.StructureStream, string(t.table)), made.Pending())
}

// fill appends rows until there are so many, perEvent of them in an event.
func (t *imported) fill(ctx context.Context, rows, perEvent int) error {
	const at = 20 // events in an append
	var events []kernel.Event
	for t.rows < rows {
		n := min(perEvent, rows-t.rows)
		chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for i := t.rows; i < t.rows+n; i++ {
			chunk.Rows = append(chunk.Rows, kernel.RowID(t.ids.New(kernel.PrefixRow)))
			for c, col := range t.columns {
				v, _, err := table.ParseText(col, t.fields[c].value(i), false)
				if err != nil {
					return err
				}
				chunk.Cols[col.ID] = append(chunk.Cols[col.ID], v)
			}
		}
		t.rows += n
		events = append(events, dataops.RowsAdded{ImportID: t.source, TableID: t.table, Chunk: chunk})
		if len(events) < at && t.rows < rows {
			continue
		}
		if err := t.append(ctx, eventstore.Stream(dataops.ImportStream, string(t.source)), events); err != nil {
			return err
		}
		events = nil
	}
	return nil
}

func (t *imported) append(ctx context.Context, stream eventstore.StreamID, events []kernel.Event) error {
	req, err := t.codec.Append(kernel.Meta{
		Actor:     kernel.System(),
		Workspace: t.workspace,
	}, nil, eventstore.At(stream, eventstore.Any, events...))
	if err != nil {
		return err
	}
	done, err := t.log.Append(ctx, req)
	t.head = done.Last
	return err
}
