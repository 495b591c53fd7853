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
	for left := attempts; left > 0; {
		done, again, err := h.purge(ctx, meta, id)
		n += done
		switch {
		case err != nil:
			return n, err
		case again:
			left--
		case done == 0:
			return n, nil
		}
	}
	return n, tooBusy()
}

// purge is one append; again says that the table has changed meanwhile.
func (h *Handlers) purge(ctx context.Context, meta kernel.Meta, id kernel.TableID) (n int, again bool, err error) {
	t, version, err := h.repo.Load(ctx, string(id))
	if err != nil || t.ID() == "" || t.Workspace() != meta.Workspace {
		return 0, false, err
	}
	now, err := h.settle(ctx, id)
	if err != nil {
		return 0, false, err
	}
	due, err := h.cfg.Tables.Trash(ctx, id, h.cfg.Clock.Now().Add(-table.TrashTime), purgedRows)
	if err != nil {
		return 0, false, err
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
		return 0, false, err
	}
	rows := idEvents(due.Rows, func(part []kernel.RowID) kernel.Event { return table.RowsPurged{TableID: id, Rows: part} })
	defer h.forget(id)
	_, again, err = h.append(ctx, meta, nil, eventstore.At(structureOf(id), eventstore.Expected(version), t.Pending()...), atVersion(cellsOf(id), now.cells, rows))
	if err != nil || again {
		return 0, again, err
	}
	return n, false, nil
}
