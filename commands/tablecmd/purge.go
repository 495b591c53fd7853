package tablecmd

import (
	"context"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// purgedRows is how many rows one append removes for good.
const purgedRows = 50_000

// Purge removes for good what of a table has had its time in the trash, and says how many things that were. It decides again
// in the read model's latest state, so that what was restored in time, even at the last moment, stays.
func (h *Handlers) Purge(ctx context.Context, meta kernel.Meta, id kernel.TableID) (n int, err error) {
	for {
		done, err := eventstore.Retry(ctx, func(int) (int, error) { return h.purge(ctx, meta, id) })
		n += done
		if err != nil || done == 0 {
			return n, err
		}
	}
}

// purge is one append.
func (h *Handlers) purge(ctx context.Context, meta kernel.Meta, id kernel.TableID) (n int, err error) {
	t, version, err := h.repo.Load(ctx, string(id))
	if err != nil || t.ID() == "" || t.Workspace() != meta.Workspace {
		return 0, err
	}
	now, err := h.awaitReadModel(ctx, id)
	if err != nil {
		return 0, err
	}
	due, err := h.cfg.Tables.Trash(ctx, id, h.cfg.Clock.Now().Add(-table.TrashTime), purgedRows)
	if err != nil {
		return 0, err
	}
	if due.Whole {
		err = t.Purge()
	}
	for _, col := range due.Columns {
		if err == nil {
			err = t.PurgeColumn(col)
		}
	}
	n = len(t.Pending()) + len(due.Rows)
	if err != nil || n == 0 {
		return 0, err
	}
	rows := idEvents(due.Rows, func(part []kernel.RowID) kernel.Event { return table.RowsPurged{TableID: id, Rows: part} })
	defer h.forget(id)
	_, err = h.append(ctx, meta, nil, eventstore.At(structureOf(id), eventstore.Expected(version), t.Pending()...),
		atVersion(cellsOf(id), now.cells, rows))
	if err != nil {
		return 0, err
	}
	return n, nil
}
