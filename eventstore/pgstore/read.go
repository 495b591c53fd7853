package pgstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// withinKey marks the context of a transaction.
type withinKey struct{}

// Within has the log read through a transaction of its own database. Holders of a connection that wait for a second one of the same pool
// wait for ever when all do so.
func Within(ctx context.Context, tx pgx.Tx) context.Context {
	return context.WithValue(ctx, withinKey{}, tx)
}

type reader interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func (s *Store) reader(ctx context.Context) reader {
	if tx, ok := ctx.Value(withinKey{}).(pgx.Tx); ok {
		return tx
	}
	return s.pool
}

const eventColumns = `position, version, recorded_at, stream_id, workspace_id, type, metadata, data`

const readAllSQL = `SELECT ` + eventColumns + ` FROM log.events
	WHERE position > $1 AND position <= (SELECT log.page_end($1, $2, $3)) ORDER BY position`

// ReadAll returns events with position > after, in order and without a gap.
func (s *Store) ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error) {
	after = max(after, 0)
	if limit <= 0 || after > math.MaxInt64-int64(limit) {
		return nil, nil
	}
	events, err := s.read(ctx, readAllSQL, after, after+int64(limit), eventstore.MaxReadBytes)
	if err != nil {
		return nil, fmt.Errorf("read the log after %d: %w", after, err)
	}
	return events, nil
}

// The window adds up sizes without touching the data of rows that do not make it into the page.
const readStreamSQL = `SELECT ` + eventColumns + ` FROM (
		SELECT p.*, sum(size) OVER (ORDER BY version ROWS UNBOUNDED PRECEDING) - size AS before FROM (
			SELECT * FROM log.events WHERE stream_id = $1 AND version > $2
				AND position >= (SELECT first_position FROM log.streams WHERE id = $1)
				AND position <= (SELECT last_position FROM log.streams WHERE id = $1)
			ORDER BY version LIMIT $3
		) p
	) q WHERE before < $4 ORDER BY version`

// ReadStream returns events of the stream with version > after, in order.
func (s *Store) ReadStream(ctx context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error) {
	if limit <= 0 {
		return nil, nil
	}
	events, err := s.read(ctx, readStreamSQL, string(stream), after, limit, eventstore.MaxReadBytes)
	if err != nil {
		return nil, fmt.Errorf("read %s after %d: %w", stream, after, err)
	}
	return events, nil
}

// Only the index over (workspace_id, position) can answer comparisons of that pair. To a plain workspace_id = $1 a plan for any
// workspace would use the primary key, and read the whole log for a workspace with few events. The comparison of the position
// alone keeps the partitions before it out.
const readWorkspaceSQL = `SELECT ` + eventColumns + ` FROM (
		SELECT p.*, sum(size) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) - size AS before FROM (
			SELECT * FROM log.events
			WHERE (workspace_id, position) > ($1, $2) AND (workspace_id, position) <= ($1, 9223372036854775807) AND position > $2
			ORDER BY workspace_id, position LIMIT $3
		) p
	) q WHERE before < $4 ORDER BY position`

// ReadWorkspace returns events of the workspace with position > after, in order.
func (s *Store) ReadWorkspace(ctx context.Context, ws kernel.WorkspaceID, after int64, limit int) ([]eventstore.Recorded, error) {
	if limit <= 0 {
		return nil, nil
	}
	events, err := s.read(ctx, readWorkspaceSQL, string(ws), after, limit, eventstore.MaxReadBytes)
	if err != nil {
		return nil, fmt.Errorf("read the events of %s after %d: %w", ws, after, err)
	}
	return events, nil
}

const readPositionsSQL = `SELECT ` + eventColumns + ` FROM log.events WHERE position = ANY ($1) ORDER BY position`

// ReadPositions returns the events at the positions.
func (s *Store) ReadPositions(ctx context.Context, positions []int64) ([]eventstore.Recorded, error) {
	if len(positions) == 0 {
		return nil, nil
	}
	events, err := s.read(ctx, readPositionsSQL, positions)
	if err != nil {
		return nil, fmt.Errorf("read %d positions: %w", len(positions), err)
	}
	return events, nil
}

const readHeadsSQL = `SELECT position, version, recorded_at, stream_id, workspace_id, type, metadata, 'null'::json FROM log.events
	WHERE position = ANY ($1) ORDER BY position`

// ReadHeads returns the events at the positions without their data, which is null.
func (s *Store) ReadHeads(ctx context.Context, positions []int64) ([]eventstore.Recorded, error) {
	events, err := s.read(ctx, readHeadsSQL, positions)
	if err != nil {
		return nil, fmt.Errorf("read the heads of %d events: %w", len(positions), err)
	}
	return events, nil
}

// The planner must not look for the newest position by going through the whole log backwards.
const lastOfSQL = `WITH own AS MATERIALIZED (SELECT position, recorded_at FROM log.events
	WHERE stream_id = ANY ($1) AND type = ANY ($2) AND position <= $3 AND recorded_at <= $4)
SELECT position, recorded_at FROM own ORDER BY position DESC LIMIT 1`

// LastOf returns position and time of the last event of the types in the streams, up to a position and a time; 0 if there is none.
func (s *Store) LastOf(
	ctx context.Context, streams []eventstore.StreamID, types []string, until int64, before time.Time,
) (position int64, at time.Time, err error) {
	err = s.reader(ctx).QueryRow(ctx, lastOfSQL, names(streams), types, until, before).Scan(&position, &at)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("find the last event of %d streams: %w", len(streams), err)
	}
	return position, at.UTC(), nil
}

const positionsOfSQL = `SELECT position FROM log.events
	WHERE stream_id = ANY ($1) AND type = ANY ($2) AND position > $3 AND position <= $4 ORDER BY position`

// PositionsOf returns where events of the types in the streams are, after a position and up to another, ascending.
func (s *Store) PositionsOf(
	ctx context.Context, streams []eventstore.StreamID, types []string, after, until int64,
) ([]int64, error) {
	rows, err := s.reader(ctx).Query(ctx, positionsOfSQL, names(streams), types, after, until)
	if err != nil {
		return nil, fmt.Errorf("find the events of %d streams: %w", len(streams), err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func names(streams []eventstore.StreamID) []string {
	out := make([]string, len(streams))
	for i, s := range streams {
		out[i] = string(s)
	}
	return out
}

const streamsSQL = `SELECT id FROM log.streams WHERE id COLLATE "C" > $1 AND id COLLATE "C" < $2 ORDER BY id COLLATE "C" LIMIT $3`

// Streams returns the streams of a category in the order of their names, those after the given one.
func (s *Store) Streams(ctx context.Context, category string, after eventstore.StreamID, limit int) ([]eventstore.StreamID, error) {
	rows, err := s.reader(ctx).Query(ctx, streamsSQL, max(string(after), category+"-"), category+".", limit) // "." follows "-"
	if err != nil {
		return nil, fmt.Errorf("list the streams of %s: %w", category, err)
	}
	return pgx.CollectRows(rows, pgx.RowTo[eventstore.StreamID])
}

// StreamVersion returns the stream's version, 0 if it does not exist.
func (s *Store) StreamVersion(ctx context.Context, stream eventstore.StreamID) (int64, error) {
	var v int64
	err := s.reader(ctx).QueryRow(ctx, `SELECT version FROM log.streams WHERE id = $1`, string(stream)).Scan(&v)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("read the version of %s: %w", stream, err)
	}
	return v, nil
}

// Head returns the position of the last event.
func (s *Store) Head(ctx context.Context) (int64, error) {
	var head int64
	if err := s.reader(ctx).QueryRow(ctx, `SELECT position FROM log.head`).Scan(&head); err != nil {
		return 0, fmt.Errorf("read the log's head: %w", err)
	}
	return head, nil
}

func (s *Store) read(ctx context.Context, sql string, args ...any) ([]eventstore.Recorded, error) {
	args = append([]any{pgx.QueryResultFormats{pgx.BinaryFormatCode}}, args...)
	rows, err := s.reader(ctx).Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	r := rowReader{names: map[string]string{}}
	var out []eventstore.Recorded
	for rows.Next() {
		out = append(out, r.event(rows.RawValues()))
	}
	if err := rows.Err(); err != nil {
		return out, err
	}
	return out, s.expand(ctx, out)
}

// rowReader makes events of raw rows. It keeps what repeats from row to row, and decodes no JSON: that is what makes
// catching up fast.
type rowReader struct {
	names map[string]string
	last  eventstore.Recorded
}

// event reads a row of eventColumns in the binary format. Its bytes are the connection's, valid for this row only.
func (r *rowReader) event(v [][]byte) eventstore.Recorded {
	e := eventstore.Recorded{
		Position:   readInt8(v[0]),
		Version:    readInt8(v[1]),
		RecordedAt: decodeTime(readInt8(v[2])),
		Stream:     r.last.Stream,
		Workspace:  kernel.WorkspaceID(r.name(v[4])),
		Type:       r.name(v[5]),
		Metadata:   r.last.Metadata,
	}
	if string(v[3]) != string(e.Stream) {
		e.Stream = eventstore.StreamID(v[3])
	}
	if string(v[6]) != string(e.Metadata) {
		body := make([]byte, len(v[6])+len(v[7]))
		n := copy(body, v[6])
		copy(body[n:], v[7])
		e.Metadata, e.Data = body[:n:n], body[n:]
	} else {
		e.Data = append(make([]byte, 0, len(v[7])), v[7]...)
	}
	r.last = e
	return e
}

// name returns the text, the same string for the same text.
func (r *rowReader) name(b []byte) string {
	s, ok := r.names[string(b)]
	if !ok {
		s = string(b)
		r.names[s] = s
	}
	return s
}

func readInt8(b []byte) int64 {
	return int64(binary.BigEndian.Uint64(b))
}

// LastTime returns when the last event was recorded; the times of events never go back.
func (s *Store) LastTime(ctx context.Context) (at time.Time, err error) {
	if err := s.pool.QueryRow(ctx, "SELECT recorded_at FROM log.head").Scan(&at); err != nil {
		return at, fmt.Errorf("read the time of the log's head: %w", err)
	}
	return at, nil
}
