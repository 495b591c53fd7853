package historyread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/historyview"
)

// Entries returns what happened to a row, or to one cell of it, before a position, newest first: the entries of up to limit
// events. next is the position to go on from, 0 at the end.
func (q *Queries) Entries(
	ctx context.Context, id kernel.TableID, row kernel.RowID, col kernel.ColumnID, before int64, limit int,
) ([]historyview.Entry, int64, error) {
	key, err := row.Key()
	if err != nil {
		return nil, 0, kernel.NotFound("row", string(row))
	}
	rows, err := q.shape.Query(ctx, touchesQuery, touchesQuery1, [16]byte(key), before, id, string(col), limit+1)
	if err != nil {
		return nil, 0, fmt.Errorf("read history: %w", err)
	}
	positions, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, 0, fmt.Errorf("read history: %w", err)
	}
	next := int64(0)
	if len(positions) > limit {
		positions = positions[:limit]
		next = positions[limit-1]
	} else {
		began, err := q.inserts(ctx, id, before, [][16]byte{key})
		if err != nil {
			return nil, 0, err
		}
		positions = append(positions, began[row]...)
	}
	out, err := q.read(ctx, positions, row, col)
	if err != nil {
		return nil, 0, err
	}
	return out, next, q.fillPrevious(ctx, id, row, out)
}

func (q *Queries) read(ctx context.Context, positions []int64, row kernel.RowID, col kernel.ColumnID) ([]historyview.Entry, error) {
	out := []historyview.Entry{}
	slices.Sort(positions)
	for len(positions) > 0 {
		recs, err := q.log.ReadPositions(ctx, positions)
		if err != nil {
			return nil, fmt.Errorf("read events: %w", err)
		}
		if len(recs) == 0 {
			return nil, fmt.Errorf("event %d is not in the log", positions[0])
		}
		for _, rec := range recs {
			list, err := q.entriesOf(rec, row, col)
			if err != nil {
				return nil, err
			}
			out = append(out, list...)
		}
		positions = positions[len(recs):]
	}
	slices.Reverse(out)
	return out, nil
}

// entriesOf is what one event did to the row, or to one cell of it.
func (q *Queries) entriesOf(rec eventstore.Recorded, row kernel.RowID, col kernel.ColumnID) ([]historyview.Entry, error) {
	e, err := q.codec.Decode(rec)
	if err != nil {
		return nil, err
	}
	meta, err := rec.Meta()
	if err != nil {
		return nil, err
	}
	base := historyview.Entry{
		Position: rec.Position, At: rec.RecordedAt, RequestID: meta.CorrelationID, Value: kernel.Null(),
		Actor: historyview.Actor{Kind: meta.Actor.Kind, ID: meta.Actor.ID, User: meta.Actor.User()},
	}
	var old map[kernel.ColumnID][]json.RawMessage
	switch e := e.(type) {
	case table.RowsInserted:
		base.Source = table.FromInsert
	case table.CellsEdited:
		base.Source, old = e.Source, e.Old
		return fromRows(valued(base, e.Chunk, old, row, col), e, row), nil
	case table.RowsDeleted:
		base.Source = orSource(e.Source, table.FromDelete)
		return []historyview.Entry{base}, nil
	case table.RowsRestored:
		base.Source = orSource(e.Source, table.FromRestore)
		return []historyview.Entry{base}, nil
	case dataops.RowsAdded:
		base.Source, base.ImportID = table.FromImport, e.ImportID
	case dataops.RowsUpdated:
		base.Source, base.ImportID, old = table.FromImport, e.ImportID, e.Old
	case enrichment.RunAnswersRecorded:
		base.Source, base.RunID = table.FromRun, e.RunID
		return answered(base, e, row, col), nil
	}
	return valued(base, ChunkOf(e), old, row, col), nil
}

// fromRows says of values that a merge has set which rows they are from.
func fromRows(out []historyview.Entry, e table.CellsEdited, row kernel.RowID) []historyview.Entry {
	i := slices.Index(e.Chunk.Rows, row)
	for k := range out {
		if from := e.From[out[k].ColumnID]; i >= 0 && i < len(from) {
			out[k].FromRow = from[i]
		}
	}
	return out
}

func orSource(s, otherwise table.Source) table.Source {
	if s == "" {
		return otherwise
	}
	return s
}

func valued(
	base historyview.Entry, c kernel.Chunk, old map[kernel.ColumnID][]json.RawMessage, row kernel.RowID, only kernel.ColumnID,
) []historyview.Entry {
	i := slices.Index(c.Rows, row)
	if i < 0 {
		return nil
	}
	var out []historyview.Entry
	cols := make([]kernel.ColumnID, 0, len(c.Cols))
	for col := range c.Cols {
		cols = append(cols, col)
	}
	slices.Sort(cols)
	for _, col := range cols {
		if only != "" && col != only {
			continue
		}
		inserted := base.Source == table.FromInsert || base.Source == table.FromImport && old == nil
		if inserted && only == "" && kernel.IsNull(c.Cols[col][i]) {
			continue
		}
		e := base
		e.ColumnID, e.Value = col, c.Cols[col][i]
		if inserted {
			e.Previous = kernel.Null()
		} else if vs, ok := old[col]; ok {
			e.Previous = vs[i]
		}
		out = append(out, e)
	}
	if len(out) == 0 && only == "" { // a row that began empty
		base.Previous = kernel.Null()
		out = append(out, base)
	}
	return out
}

func answered(base historyview.Entry, e enrichment.RunAnswersRecorded, row kernel.RowID, only kernel.ColumnID) []historyview.Entry {
	out := valued(base, e.Chunk, nil, row, only)
	if i := slices.Index(e.Chunk.Rows, row); i < 0 {
		out = nil
	}
	for _, m := range e.Marks {
		if m.RowID != row || only != "" && m.ColumnID != only {
			continue
		}
		i := slices.IndexFunc(out, func(x historyview.Entry) bool { return x.ColumnID == m.ColumnID })
		if i < 0 {
			x := base
			x.ColumnID = m.ColumnID
			out = append(out, x)
			i = len(out) - 1
		}
		if m.State != enrichment.MarkValue {
			out[i].State, out[i].Message = string(m.State), m.Message
		}
	}
	for at, p := range e.Provenance {
		if p.RowID != row {
			continue
		}
		for i := range out {
			_, given := e.Chunk.Cols[out[i].ColumnID]
			own := out[i].ColumnID == p.ColumnID
			if own {
				// Paid once, with the enrichment's own column.
				out[i].Credits, out[i].Latency, out[i].Cached, out[i].Attempts = &p.CreditsMC, &p.LatencyMS, p.Cached, p.Attempts
			}
			if own || given && at < len(e.Marks) && e.Marks[at].State == enrichment.MarkValue { // a further field of the same answer
				sure(&out[i], p)
				out[i].Latency, out[i].Cached, out[i].Attempts = &p.LatencyMS, p.Cached, p.Attempts
			}
		}
	}
	return out
}

// sure takes over the source of an answer and its confidence.
func sure(e *historyview.Entry, p enrichment.Provenance) {
	e.Provider, e.Confidence, e.SourceURL = p.Provider, p.Confidence, p.SourceURL
	if s := p.Sureness(); s.VerifiedBy != nil && p.Provider != "" {
		verified := s.Verified()
		e.Verified, e.VerifiedBy = &verified, s.VerifiedBy
	}
}

// fillPrevious sets each entry's earlier value: that of the next older entry of its column, or else as the index finds it.
func (q *Queries) fillPrevious(ctx context.Context, id kernel.TableID, row kernel.RowID, entries []historyview.Entry) error {
	next := map[kernel.ColumnID]int{} // the newer entry of the column that still wants its earlier value
	for i := range entries {
		e := &entries[i]
		if e.ColumnID == "" {
			continue
		}
		if e.State != "" { // the value stayed as it was
			continue
		}
		if n, ok := next[e.ColumnID]; ok {
			entries[n].Previous = e.Value
		}
		next[e.ColumnID] = i
	}
	for col, n := range next {
		if entries[n].Previous != nil {
			continue
		}
		past, err := q.Previous(ctx, id, entries[n].Position, []kernel.RowID{row}, []kernel.ColumnID{col})
		if err != nil {
			return err
		}
		entries[n].Previous = past[row][col].Value
	}
	for i := range entries {
		if entries[i].Previous == nil {
			entries[i].Previous = kernel.Null()
		}
	}
	return nil
}
