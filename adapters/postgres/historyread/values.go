package historyread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// cellKey names a cell.
type cellKey struct {
	row kernel.RowID
	col kernel.ColumnID
}

// Previous implements tablecmd.History.
func (q *Queries) Previous(
	ctx context.Context, id kernel.TableID, before int64, rows []kernel.RowID, cols []kernel.ColumnID,
) (map[kernel.RowID]map[kernel.ColumnID]tablecmd.Past, error) {
	wanted := map[cellKey]int64{}
	keys, err := rowKeys(rows)
	if err != nil {
		return nil, err
	}
	for _, col := range cols {
		if err := q.lastTouches(ctx, id, before, keys, col, wanted); err != nil {
			return nil, err
		}
	}
	inserts, err := q.inserts(ctx, id, before, keys)
	if err != nil {
		return nil, err
	}
	var positions []int64
	for _, p := range wanted {
		positions = append(positions, p)
	}
	for _, ps := range inserts {
		positions = append(positions, ps...)
	}
	chunks, err := q.chunks(ctx, positions)
	if err != nil {
		return nil, err
	}
	out := map[kernel.RowID]map[kernel.ColumnID]tablecmd.Past{}
	for _, row := range rows {
		out[row] = map[kernel.ColumnID]tablecmd.Past{}
		for _, col := range cols {
			from := inserts[row]
			if p, ok := wanted[cellKey{row, col}]; ok {
				from = []int64{p}
			}
			for _, p := range from {
				if v, ok := valueIn(chunks[p], row, col); ok {
					out[row][col] = tablecmd.Past{Value: v, Position: p}
					break
				}
			}
		}
	}
	return out, nil
}

func (q *Queries) lastTouches(
	ctx context.Context, id kernel.TableID, before int64, keys [][16]byte, col kernel.ColumnID, into map[cellKey]int64,
) error {
	rows, err := q.shape.Query(ctx, lastTouchQuery, lastTouchQuery1, keys, before, id, string(col))
	if err != nil {
		return fmt.Errorf("find earlier values: %w", err)
	}
	var key [16]byte
	var position int64
	_, err = pgx.ForEachRow(rows, []any{&key, &position}, func() error {
		into[cellKey{kernel.RowKey(key).RowID(), col}] = position
		return nil
	})
	if err != nil {
		return fmt.Errorf("find earlier values: %w", err)
	}
	return nil
}

// inserts finds the events that may have added the rows.
func (q *Queries) inserts(ctx context.Context, id kernel.TableID, before int64, keys [][16]byte) (map[kernel.RowID][]int64, error) {
	rows, err := q.shape.Query(ctx, insertQuery, insertQuery1, keys, id, before)
	if err != nil {
		return nil, fmt.Errorf("find where rows began: %w", err)
	}
	out := map[kernel.RowID][]int64{}
	var key [16]byte
	var position int64
	_, err = pgx.ForEachRow(rows, []any{&key, &position}, func() error {
		row := kernel.RowKey(key).RowID()
		out[row] = append(out[row], position)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find where rows began: %w", err)
	}
	return out, nil
}

// indexedChunk is a chunk whose rows can be found.
type indexedChunk struct {
	chunk kernel.Chunk
	at    map[kernel.RowID]int
}

func valueIn(c indexedChunk, row kernel.RowID, col kernel.ColumnID) (json.RawMessage, bool) {
	i, ok := c.at[row]
	if !ok {
		return nil, false
	}
	vs, ok := c.chunk.Cols[col]
	if !ok {
		return kernel.Null(), true // an inserted row whose cell was empty
	}
	return vs[i], true
}

// chunks reads the chunks of events.
func (q *Queries) chunks(ctx context.Context, positions []int64) (map[int64]indexedChunk, error) {
	slices.Sort(positions)
	positions = slices.Compact(positions)
	out := make(map[int64]indexedChunk, len(positions))
	for part := range slices.Chunk(positions, 500) {
		for len(part) > 0 {
			recs, err := q.log.ReadPositions(ctx, part)
			if err != nil {
				return nil, fmt.Errorf("read events: %w", err)
			}
			if len(recs) == 0 {
				return nil, fmt.Errorf("event %d is not in the log", part[0])
			}
			for _, rec := range recs {
				e, err := q.codec.Decode(rec)
				if err != nil {
					return nil, err
				}
				c := ChunkOf(e)
				at := make(map[kernel.RowID]int, len(c.Rows))
				for i, r := range c.Rows {
					at[r] = i
				}
				out[rec.Position] = indexedChunk{c, at}
			}
			part = part[len(recs):]
		}
	}
	return out, nil
}

// ChunkOf returns the cells that an event set.
func ChunkOf(e kernel.Event) kernel.Chunk {
	switch e := e.(type) {
	case table.RowsInserted:
		return e.Chunk
	case table.CellsEdited:
		return e.Chunk
	case dataops.RowsAdded:
		return e.Chunk
	case dataops.RowsUpdated:
		return e.Chunk
	case enrichment.RunAnswersRecorded:
		return e.Chunk
	default:
		return kernel.Chunk{}
	}
}

func rowKeys(rows []kernel.RowID) ([][16]byte, error) {
	keys := make([][16]byte, len(rows))
	for i, r := range rows {
		k, err := r.Key()
		if err != nil {
			return nil, err
		}
		keys[i] = k
	}
	return keys, nil
}
