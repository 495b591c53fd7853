package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// The step projection follows this many rows of 20 columns, cut into events of 1,000 cells as an import cuts them.
const projectedRows, rowsPerEvent = 100_000, 50

// Projection measures how fast the grid follows the log on the server of dsn, in a database of its own.
func Projection(ctx context.Context, dsn string) ([]Ratio, error) {
	return measureProjection(ctx, dsn, effort{rounds: 5}, projectedRows)
}

func measureProjection(ctx context.Context, dsn string, e effort, rows int) (figures []Ratio, err error) {
	pool, drop, err := scratch(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	if err := errors.Join(pgstore.Migrate(ctx, pool), postgres.Migrate(ctx, pool)); err != nil {
		return nil, err
	}
	b := &projectionBench{effort: e, pool: pool, imported: imported{clock: kernel.SystemClock{}}}
	if b.log, err = pgstore.Open(ctx, pgstore.Config{Pool: pool}); err != nil {
		return nil, err
	}
	defer b.log.Close()
	if b.read, err = postgres.NewStore(pool, gridread.Model()); err != nil {
		return nil, err
	}
	if b.codec, err = eventstore.NewCodec(table.Events(), dataops.Events()); err != nil {
		return nil, err
	}
	if err := b.make(ctx, "Bench", fileColumns()); err != nil {
		return nil, err
	}
	if err := b.fill(ctx, rows, rowsPerEvent); err != nil {
		return nil, err
	}
	return b.measure(ctx)
}

type projectionBench struct {
	effort
	imported
	pool *pgxpool.Pool
	read *postgres.Store
}

func (b *projectionBench) measure(ctx context.Context) ([]Ratio, error) {
	if _, err := b.follow(ctx); err != nil { // so that there is a table to copy
		return nil, err
	}
	rows, err := dump(ctx, b.pool, physical(b.table))
	if err != nil {
		return nil, err
	}
	var reads, copies, both []float64
	var grown float64
	r, err := b.pair(ctx, Ratio{Name: "grid catches up", Unit: "rows/s", Bar: 0.5}, func(ctx context.Context) (float64, error) {
		memory := watchMemory()
		rate, err := b.follow(ctx)
		grown = max(grown, memory())
		return rate, err
	}, func(ctx context.Context) (float64, error) {
		read, err := b.readLog(ctx)
		if err != nil {
			return 0, err
		}
		copied, err := copyRate(ctx, b.pool, physical(b.table), rows, b.rows)
		if err != nil {
			return 0, err
		}
		reads, copies, both = append(reads, read), append(copies, copied), append(both, 1/(1/read+1/copied))
		return min(read, copied), nil
	})
	if err != nil {
		return nil, err
	}
	r.Note = fmt.Sprintf(
		"limit: the slower of reading the log in order (%s) and COPY into the same table (%s); one after the other they make %s",
		short(median(reads)), short(median(copies)), short(median(both)))
	return []Ratio{r, {
		Name:   "grid catches up, memory",
		Value:  grown,
		Limit:  200,
		Ratio:  grown / 200,
		Unit:   "MB",
		AtMost: 200,
		Note:   fmt.Sprintf("growth at most while %d rows are applied", b.rows),
	}}, nil
}

// follow makes the read model anew and answers the rows per second until it is at the log's end.
func (b *projectionBench) follow(ctx context.Context) (float64, error) {
	if err := b.read.Drop(ctx, projections.LiveOf(gridview.Name)); err != nil {
		return 0, err
	}
	took, err := catchUp(ctx, projections.RunnerConfig{
		Projector: gridview.New(b.codec, gridread.NewStructures().NewWriter),
		Log:       b.log,
		Store:     b.read,
		Clock:     b.clock,
		Logger:    slog.New(slog.DiscardHandler),
	}, b.head)
	return float64(b.rows) / took.Seconds(), err
}

// catchUp runs a projection until it is at a position and answers how long that took.
func catchUp(ctx context.Context, cfg projections.RunnerConfig, to int64) (time.Duration, error) {
	runner, err := projections.NewRunner(cfg)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	start := time.Now()
	go func() { ended <- runner.Run(ctx) }()
	err = runner.Wait(ctx, to)
	took := time.Since(start)
	cancel()
	if ran := <-ended; !errors.Is(ran, context.Canceled) {
		err = errors.Join(err, ran)
	}
	return took, err
}

// readLog reads the log in pages as a projection does.
func (b *projectionBench) readLog(ctx context.Context) (float64, error) {
	start, after := time.Now(), int64(0)
	for after < b.head {
		page, err := b.log.ReadAll(ctx, after, 2000) //nolint:mnd // the runner's own page
		if err != nil {
			return 0, err
		}
		after = page[len(page)-1].Position
	}
	return float64(b.rows) / time.Since(start).Seconds(), nil
}

// physical is the name of a table's rows in the grid's read model.
func physical(id kernel.TableID) string { return "rm_grid.t_" + bare(string(id)) }

// physicalColumn is the name of a column there.
func physicalColumn(id kernel.ColumnID) string { return "c_" + bare(string(id)) }

// bare is an id without its prefix, as names in the database have it.
func bare(id string) string {
	_, ulid, _ := strings.Cut(id, "_")
	return strings.ToLower(ulid)
}

// dump reads a table in COPY's text form.
func dump(ctx context.Context, pool *pgxpool.Pool, name string) ([]byte, error) {
	var buf bytes.Buffer
	err := onConn(ctx, pool, func(c *pgx.Conn) error {
		_, err := c.PgConn().CopyTo(ctx, &buf, "COPY "+name+" TO STDOUT")
		return err
	})
	return buf.Bytes(), err
}

// copyRate measures COPY of the rows into an empty table of the same shape.
func copyRate(ctx context.Context, pool *pgxpool.Pool, like string, rows []byte, n int) (rate float64, err error) {
	err = onConn(ctx, pool, func(c *pgx.Conn) error {
		fresh := `DROP TABLE IF EXISTS bench_copied; CREATE TABLE bench_copied (LIKE ` + like + ` INCLUDING ALL) WITH (fillfactor = 90)`
		if _, err := c.Exec(ctx, fresh); err != nil {
			return err
		}
		start := time.Now()
		_, err := c.PgConn().CopyFrom(ctx, io.Reader(bytes.NewReader(rows)), "COPY bench_copied FROM STDIN")
		rate = float64(n) / time.Since(start).Seconds()
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure COPY: %w", err)
	}
	return rate, nil
}

func onConn(ctx context.Context, pool *pgxpool.Pool, fn func(*pgx.Conn) error) error {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return fn(conn.Conn())
}
