package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

// logBench measures one store.
type logBench struct {
	effort
	pool  *pgxpool.Pool
	store *pgstore.Store
	names atomic.Int64 // makes streams and keys that were not there before
}

// prepare makes the tables of the limits: that of the log without partitions, with the same columns and indexes.
func (b *logBench) prepare(ctx context.Context) error {
	_, err := b.pool.Exec(ctx, `CREATE SCHEMA bench;
		CREATE SEQUENCE bench.positions CACHE 100;
		CREATE TABLE bench.plain (LIKE log.events INCLUDING ALL);
		ALTER TABLE bench.plain ALTER COLUMN position SET DEFAULT nextval('bench.positions');
		CREATE TABLE bench.copied (LIKE log.events INCLUDING ALL) PARTITION BY RANGE (position);
		CREATE TABLE bench.copied_1 PARTITION OF bench.copied FOR VALUES FROM (1) TO (1000000000)`)
	if err != nil {
		return fmt.Errorf("make the bench's tables: %w", err)
	}
	return nil
}

// edit is the event of one edited cell.
func edit() eventstore.EventData {
	return eventstore.EventData{Type: "table.cells_edited.v1", Data: json.RawMessage(
		`{"rows":["row_01J0ZZZZZZZZZZZZZZZZZZZZZZ"],"cols":{"col_01J0ZZZZZZZZZZZZZZZZZZZZZZ":["ada.lovelace@example.com"]},` +
			`"old":{"col_01J0ZZZZZZZZZZZZZZZZZZZZZZ":["ada@example.com"]}}`)}
}

func (b *logBench) meta() kernel.Meta {
	n := b.names.Add(1)
	return kernel.Meta{
		Actor:          kernel.Actor{Kind: kernel.ActorUser, ID: "usr_01J0ZZZZZZZZZZZZZZZZZZZZZZ"},
		Workspace:      "ws_01J0ZZZZZZZZZZZZZZZZZZZZZZ",
		Command:        "table.edit_cells",
		Client:         "web",
		CorrelationID:  fmt.Sprintf("req_%026d", n),
		IdempotencyKey: fmt.Sprintf("ws_01J0ZZZZZZZZZZZZZZZZZZZZZZ:%036d", n),
		Fingerprint:    "0123456789abcdef",
	}
}

func (b *logBench) stream(category string) eventstore.StreamID {
	return eventstore.Stream(category, fmt.Sprintf("tbl_%026d", b.names.Add(1)))
}

// singles compares single appends, each with an expected version and an idempotency key, with plain inserts.
func (b *logBench) singles(ctx context.Context, clients int, bar float64) (Ratio, error) {
	return b.pair(ctx, Ratio{
		Name: fmt.Sprintf("single appends, %d clients", clients), Unit: "appends/s", Bar: bar,
		Note: "limit: plain single-row inserts, a connection per client, without version, key or order",
	}, func(ctx context.Context) (float64, error) { return b.appendSingles(ctx, clients) },
		func(ctx context.Context) (float64, error) { return b.insertSingles(ctx, clients) })
}

func (b *logBench) appendSingles(ctx context.Context, clients int) (float64, error) {
	return b.parallel(ctx, clients, func(int) (func() error, error) {
		stream, version := b.stream("cells"), eventstore.NoStream
		return func() error {
			_, err := b.store.Append(ctx, eventstore.Append{
				Meta: b.meta(), Streams: []eventstore.StreamAppend{{Stream: stream, Expected: version, Events: []eventstore.EventData{edit()}}},
			})
			version++
			return err
		}, nil
	})
}

const insertSQL = `INSERT INTO bench.plain (version, recorded_at, size, stream_id, workspace_id, type, metadata, data)
	VALUES ($1, now(), $2, $3, $4, $5, $6, $7)`

func (b *logBench) insertSingles(ctx context.Context, clients int) (rate float64, err error) {
	conns := make([]*pgx.Conn, clients)
	defer func() {
		for _, c := range conns {
			if c != nil {
				err = errors.Join(err, c.Close(context.WithoutCancel(ctx)))
			}
		}
	}()
	for i := range conns {
		if conns[i], err = pgx.ConnectConfig(ctx, b.pool.Config().ConnConfig); err != nil {
			return 0, err
		}
		if _, err = conns[i].Prepare(ctx, "insert", insertSQL); err != nil {
			return 0, err
		}
	}
	return b.parallel(ctx, clients, func(client int) (func() error, error) {
		stream, version, conn := string(b.stream("cells")), 0, conns[client]
		return func() error {
			version++
			m, e := b.meta(), edit()
			metadata, err := json.Marshal(m)
			if err != nil {
				return err
			}
			_, err = conn.Exec(ctx, "insert", version, len(metadata)+len(e.Data), stream, string(m.Workspace), e.Type, metadata, []byte(e.Data))
			return err
		}, nil
	})
}

// parallel runs clients for a round and answers the calls per second.
func (e effort) parallel(ctx context.Context, clients int, client func(int) (func() error, error)) (float64, error) {
	calls := make([]func() error, clients)
	for i := range calls {
		var err error
		if calls[i], err = client(i); err != nil {
			return 0, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, e.round)
	defer cancel()
	var wg sync.WaitGroup
	var done atomic.Int64
	errs := make([]error, clients)
	start := time.Now()
	for i, call := range calls {
		wg.Go(func() {
			for more := true; more && errs[i] == nil; more = ctx.Err() == nil { // each calls once at least, however short the round is
				if errs[i] = call(); errs[i] == nil {
					done.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return float64(done.Load()) / time.Since(start).Seconds(), errors.Join(errs...)
}

// batchSize is how many small events one append of the step batches holds.
const batchSize = 1000

// batches compares appends of 1,000 small events with COPY of the same rows, a transaction per 1,000.
func (b *logBench) batches(ctx context.Context) (Ratio, error) {
	var position int64
	return b.pair(ctx, Ratio{
		Name: "batches of 1,000 events", Unit: "events/s", Bar: 0.6, Note: "limit: COPY of 1,000 rows at a time into the same schema",
	}, func(ctx context.Context) (float64, error) {
		rate, err := b.parallel(ctx, 1, func(int) (func() error, error) {
			stream := b.stream("import")
			return func() error { return b.appendMany(ctx, stream, edit(), batchSize) }, nil
		})
		return rate * batchSize, err
	}, func(ctx context.Context) (float64, error) {
		rate, err := b.parallel(ctx, 1, func(int) (func() error, error) {
			stream, version := string(b.stream("import")), 0
			return func() error { return b.copyMany(ctx, stream, &version, &position) }, nil
		})
		return rate * batchSize, err
	})
}

func (b *logBench) appendMany(ctx context.Context, stream eventstore.StreamID, e eventstore.EventData, n int) error {
	events := make([]eventstore.EventData, n)
	for i := range events {
		events[i] = e
	}
	_, err := b.store.Append(ctx, eventstore.Append{
		Meta: b.meta(), Streams: []eventstore.StreamAppend{{Stream: stream, Expected: eventstore.Any, Events: events}},
	})
	return err
}

func (b *logBench) copyMany(ctx context.Context, stream string, version *int, position *int64) error {
	m, e, now := b.meta(), edit(), time.Now()
	metadata, err := json.Marshal(m)
	if err != nil {
		return err
	}
	columns := []string{"position", "version", "recorded_at", "size", "stream_id", "workspace_id", "type", "metadata", "data"}
	n := 0
	_, err = b.pool.CopyFrom(ctx, pgx.Identifier{"bench", "copied"}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if n == batchSize {
			return nil, nil
		}
		n++
		*version++
		*position++
		return []any{*position, *version, now, len(metadata) + len(e.Data), stream, string(m.Workspace), e.Type, metadata, []byte(e.Data)}, nil
	}))
	return err
}

// The step chunks appends this many chunk events at once, each a block of 1,000 cells of about 20 KB.
const chunkEvents, chunkRows, chunkCols = 50, 100, 10

func (b *logBench) chunks(ctx context.Context) (Ratio, error) {
	e, err := chunkEvent()
	if err != nil {
		return Ratio{}, err
	}
	return b.fixed(ctx, Ratio{
		Name: "cells in chunk events", Unit: "cells/s", Limit: 1e6, Bar: 1,
		Note: fmt.Sprintf("appends of %d chunks of 1,000 cells, %d KB each, from 2 callers", chunkEvents, len(e.Data)>>10),
	}, func(ctx context.Context) (float64, error) {
		rate, err := b.parallel(ctx, 2, func(int) (func() error, error) {
			stream := b.stream("import")
			return func() error { return b.appendMany(ctx, stream, e, chunkEvents) }, nil
		})
		return rate * chunkEvents * chunkRows * chunkCols, err
	})
}

func chunkEvent() (eventstore.EventData, error) {
	ids := kernel.NewIDs(kernel.SystemClock{})
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for range chunkRows {
		chunk.Rows = append(chunk.Rows, kernel.RowID(ids.New(kernel.PrefixRow)))
	}
	words := strings.Fields("Acme Globex Initech Umbrella Stark Wayne Hooli Wonka Tyrell Cyberdyne Soylent Aperture")
	for c := range chunkCols {
		column := make([]json.RawMessage, chunkRows)
		for i := range column {
			column[i] = json.RawMessage(fmt.Sprintf("%q", fmt.Sprintf("%s-%d@example.com", words[(i*7+c)%len(words)], i*c)))
		}
		chunk.Cols[kernel.ColumnID(ids.New(kernel.PrefixColumn))] = column
	}
	data, err := json.Marshal(chunk)
	return eventstore.EventData{Type: "import.chunk_read.v1", Data: data}, err
}

// catchUpPage is how many events the step catchUp reads at a time.
const catchUpPage = 5000

func (b *logBench) catchUp(ctx context.Context) (Ratio, error) {
	stream := b.stream("import")
	from, err := b.store.Head(ctx)
	if err != nil {
		return Ratio{}, err
	}
	for n := 0; n < b.effort.catchUp; n += batchSize {
		if err := b.appendMany(ctx, stream, edit(), batchSize); err != nil {
			return Ratio{}, err
		}
	}
	return b.fixed(ctx, Ratio{
		Name: "catch-up read of small events", Unit: "events/s", Limit: 250_000, Bar: 1, Note: "one reader, pages of 5,000",
	}, func(ctx context.Context) (float64, error) {
		start, after := time.Now(), from
		for after < from+int64(b.effort.catchUp) {
			page, err := b.store.ReadAll(ctx, after, catchUpPage)
			if err != nil {
				return 0, err
			}
			if len(page) == 0 {
				return 0, fmt.Errorf("the log ends at %d", after)
			}
			after = page[len(page)-1].Position
		}
		return float64(b.effort.catchUp) / time.Since(start).Seconds(), nil
	})
}
