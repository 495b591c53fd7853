package erasurecmd

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Grid knows which rows of a table are there, also in the trash.
type Grid interface {
	Exists(ctx context.Context, id kernel.TableID, rows []kernel.RowID) (live, trashed map[kernel.RowID]bool, err error)
}

// Waiter waits until a read model has come to a position of the log.
type Waiter interface {
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// rowStore removes the rows from their tables for good, without a time in the trash, so that every read model lets them go at once.
type rowStore struct {
	log   Log
	codec *eventstore.Codec
	grid  Grid
	wait  Waiter
}

// Place implements Store.
func (rowStore) Place() string { return "table rows" }

// Erase implements Store.
func (r rowStore) Erase(ctx context.Context, s *Search) (n int64, err error) {
	for _, rows := range s.Rows {
		if rows.TableID == "" {
			continue // records that came with a request, which no table has
		}
		left, live, err := r.left(ctx, rows)
		if err != nil || len(left) == 0 {
			if err != nil {
				return n, err
			}
			continue
		}
		meta := kernel.Meta{Actor: s.Actor, Workspace: s.Workspace, Command: "erase-rows", CorrelationID: string(s.Erasure)}
		var events []kernel.Event
		for part := range slices.Chunk(live, table.IDBatch) {
			events = append(events, table.RowsDeleted{TableID: rows.TableID, Rows: part, Source: table.FromErasure})
		}
		for part := range slices.Chunk(left, table.IDBatch) {
			events = append(events, table.RowsPurged{TableID: rows.TableID, Rows: part})
		}
		cells := eventstore.Stream(table.CellStream, string(rows.TableID))
		req, err := r.codec.Append(meta, nil, eventstore.At(cells, eventstore.Any, events...))
		if err != nil {
			return n, err
		}
		if _, err := r.log.Append(ctx, req); err != nil {
			return n, fmt.Errorf("remove the rows of %s: %w", rows.TableID, err)
		}
		n += int64(len(left))
	}
	return n, nil
}

// Verify implements Store.
func (r rowStore) Verify(ctx context.Context, s *Search) (n int64, err error) {
	for _, rows := range s.Rows {
		if rows.TableID == "" {
			continue
		}
		left, _, err := r.left(ctx, rows)
		if err != nil {
			return n, err
		}
		n += int64(len(left))
	}
	return n, nil
}

// left are the rows that the table still has, and which of them are not in its trash, as of the log's head.
func (r rowStore) left(ctx context.Context, rows erasure.Rows) (left, live []kernel.RowID, err error) {
	head, err := r.log.Head(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, ok := r.wait.Wait(ctx, "grid", head); !ok {
		return nil, nil, errors.Join(ctx.Err(), kernel.E(kernel.KindUnavailable, "BEHIND", "the tables are not up to date yet"))
	}
	lives, trashed, err := r.grid.Exists(ctx, rows.TableID, rows.Rows)
	if err != nil {
		return nil, nil, err
	}
	for _, id := range rows.Rows {
		if lives[id] || trashed[id] {
			left = append(left, id)
		}
		if lives[id] {
			live = append(live, id)
		}
	}
	return left, live, nil
}
