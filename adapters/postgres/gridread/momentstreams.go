package gridread

import (
	"context"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// structurePage is how many events of a table's structure are read at once.
const structurePage = 500

func tableStreams(id kernel.TableID) []eventstore.StreamID {
	return []eventstore.StreamID{
		eventstore.Stream(table.StructureStream, string(id)), eventstore.Stream(table.CellStream, string(id)),
	}
}

func containsTable(list []kernel.TableID, id kernel.TableID) bool { return slices.Contains(list, id) }

// structure returns where a table's structure begins, and the tables that its lookups look into by events up to a position. Those of
// columns that are gone count too: the columns may be in the trash, where they are computed like others.
func (m *Moments) structure(ctx context.Context, id kernel.TableID, until int64) (first int64, others map[kernel.TableID]bool, err error) {
	others = map[kernel.TableID]bool{}
	stream := eventstore.Stream(table.StructureStream, string(id))
	for after := int64(0); ; {
		page, err := m.cfg.Log.ReadStream(ctx, stream, after, structurePage)
		if err != nil || len(page) == 0 {
			return first, others, err
		}
		for _, rec := range page {
			if rec.Position > until {
				return first, others, nil
			}
			if first == 0 {
				first = rec.Position
			}
			e, err := m.cfg.Codec.Decode(rec)
			if err != nil {
				return first, others, err
			}
			if b, ok := e.(table.Branched); ok {
				others[b.TableID] = true
			}
			for _, c := range columnsIn(e) {
				if c.Lookup != nil && c.Lookup.Table != id {
					others[c.Lookup.Table] = true
				}
			}
		}
		after = page[len(page)-1].Version
	}
}

// columnsIn are the columns as an event makes them.
func columnsIn(e kernel.Event) []table.Column {
	switch e := e.(type) {
	case table.Created:
		return e.Columns
	case table.ColumnAdded:
		return []table.Column{e.Column}
	case table.ColumnChanged:
		return []table.Column{e.Column}
	default:
		return nil
	}
}
