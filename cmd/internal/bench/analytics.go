package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	clickhousego "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/adapters/clickhouse"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/analyticsread"
	"github.com/morket/morket/adapters/servers/clickhousechild"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/sidestore"
)

// The step analytics counts 90 days of quarters of an hour in 24 cells each, 48 facts a cell: 10 million facts.
const (
	cubeQuarters, cubeCells = 90 * 96, 24
	factsPerCell            = 48
	ingested                = 400_000 // facts that are written to measure writing
	ingestBatch             = 10_000
	askings                 = 20
)

const cubeWorkspace = "ws_bench"

// analyticsBench measures the analytics on ClickHouse's engine and on Postgres.
type analyticsBench struct {
	engine *clickhouse.Engine
	conn   driver.Conn
	begin  time.Time
}

// Analytics measures writing to and asking ClickHouse, and asking Postgres beside it. dir is for the engine's data.
func Analytics(ctx context.Context, dsn, dir, cache string) (figures []Ratio, err error) {
	server, err := clickhousechild.Start(ctx, clickhousechild.Config{
		DataDir:  filepath.Join(dir, "clickhouse"),
		CacheDir: cache,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	client, err := clickhouse.Open(server.URL() + "/morket")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	u, err := url.Parse(server.URL())
	if err != nil {
		return nil, err
	}
	b := &analyticsBench{
		engine: clickhouse.NewEngine(client, clickhouse.AnalyticsModel(clickhouse.RollAt)),
		begin:  time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	b.conn, err = clickhousego.Open(&clickhousego.Options{
		Protocol: clickhousego.HTTP,
		Addr:     []string{u.Host},
		Auth:     clickhousego.Auth{Database: "morket"},
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.conn.Close()) }()
	ingest, err := b.ingest(ctx)
	if err != nil {
		return nil, err
	}
	pool, drop, err := scratch(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	asked, err := b.ask(ctx, pool)
	return append([]Ratio{ingest}, asked...), err
}

func (b *analyticsBench) copy(ctx context.Context, generation string) (sidestore.Copy, error) {
	c := sidestore.Copy{Projection: analyticsview.NameClickHouse, Generation: generation}
	return c, b.engine.Make(ctx, c)
}

// fact is the n-th, in order of time.
func (b *analyticsBench) fact(n int) analyticsview.Fact {
	cell := n / factsPerCell
	f := analyticsview.Fact{
		Position: int64(n + 1),
		Measures: analyticsview.Measures{N: 10, Hits: 7, Empty: 3, Calls: 10, Credits: 7000, Latency: 900},
	}
	f.Workspace, f.Kind, f.Quarter = cubeWorkspace, analyticsview.Attempt, b.begin.Add(time.Duration(cell/cubeCells)*analyticsview.Quarter)
	f.Dims[1], f.Dims[2] = fmt.Sprintf("col_%d", cell%6), fmt.Sprintf("provider_%d", cell%cubeCells/6)
	f.Times[7] = 10
	return f
}

// ingest writes facts as the projection does, and the same rows with the bare library.
func (b *analyticsBench) ingest(ctx context.Context) (Ratio, error) {
	ours, err := b.copy(ctx, "ours")
	if err != nil {
		return Ratio{}, err
	}
	bare, err := b.copy(ctx, "bare")
	if err != nil {
		return Ratio{}, err
	}
	var facts []analyticsview.Fact
	var spent, limit time.Duration
	for n := range ingested {
		if facts = append(facts, b.fact(n)); len(facts) < ingestBatch {
			continue
		}
		began := time.Now()
		if err := b.write(ctx, ours, facts); err != nil {
			return Ratio{}, err
		}
		spent += time.Since(began)
		began = time.Now()
		if err := b.writeBare(ctx, bare, facts); err != nil {
			return Ratio{}, err
		}
		limit += time.Since(began)
		facts = facts[:0]
	}
	const bar = 0.6
	value, most := ingested/spent.Seconds(), ingested/limit.Seconds()
	return Ratio{
		Name:  "analytics: facts into ClickHouse",
		Value: value,
		Limit: most,
		Unit:  "facts/s",
		Ratio: value / most,
		Bar:   bar,
		Note:  "limit: clickhouse-go's own insert of the same rows",
	}, nil
}

func (b *analyticsBench) write(ctx context.Context, c sidestore.Copy, facts []analyticsview.Fact) error {
	batch, err := b.engine.Begin(ctx, c)
	if err != nil {
		return err
	}
	w, err := clickhouse.OpenAnalytics(batch)
	if err == nil {
		err = w.Write(ctx, facts)
	}
	if err != nil {
		return err
	}
	return batch.Flush(ctx, facts[len(facts)-1].Position)
}

func (b *analyticsBench) writeBare(ctx context.Context, c sidestore.Copy, facts []analyticsview.Fact) error {
	rows, err := b.conn.PrepareBatch(ctx, "INSERT INTO `"+c.String()+"__facts`")
	if err != nil {
		return err
	}
	for i := range facts {
		f := &facts[i]
		row := []any{string(f.Workspace), string(f.Kind), f.Quarter}
		for _, d := range f.Dims {
			row = append(row, d)
		}
		for _, n := range f.Numbers() {
			row = append(row, n)
		}
		if err := rows.Append(append(row, f.Position, uint32(f.Line))...); err != nil {
			return err
		}
	}
	return rows.Send()
}

const (
	bulkColumns = `(workspace_id, kind, quarter, table_id, column_id, provider, step, member, source,
  n, hits, empty, calls, credits, latency, t7, position)`
	bulkSQL = ` SELECT '` + cubeWorkspace + `', 'attempt', toDateTime(%d + intDiv(intDiv(number, %d), %d) * 900, 'UTC'), '',
  concat('col_', toString(intDiv(number, %[2]d) %% 6)),
concat('provider_', toString(intDiv(intDiv(number, %[2]d) %% %[3]d, 6))), '', '', '',
  10, 7, 3, 10, 7000, 900, 10, number + 1 FROM numbers(%[4]d)`
	cubeSQL = `INSERT INTO rm_analytics.cube SELECT '` + cubeWorkspace + `', 'attempt', to_timestamp($1::bigint + c / 24 * 900), '',
  'col_' || c %% 6, 'provider_' || c %% 24 / 6, '', '', '',
10 * f, 7 * f, 3 * f, 0, 0, 0, 10 * f, 7000 * f, 900 * f, 0, 0, 0, 0, 0, 0, 0, 10 * f, 0, 0, 0, 0, 0, 0, 0
FROM (SELECT c, %d::bigint AS f FROM generate_series(0, %d) c) x`
)

// fixed is a reader of one copy.
type fixed sidestore.Copy

// Read implements clickhouse.Reader.
func (f fixed) Read(ctx context.Context, _ string, fn func(context.Context, sidestore.Copy) error) error {
	return fn(ctx, sidestore.Copy(f))
}

// ask fills both stores and asks them the same.
func (b *analyticsBench) ask(ctx context.Context, pool *pgxpool.Pool) ([]Ratio, error) {
	c, err := b.copy(ctx, "asked")
	if err != nil {
		return nil, err
	}
	total := cubeQuarters * cubeCells * factsPerCell
	sql := "INSERT INTO `" + c.String() + "__facts` " + bulkColumns + fmt.Sprintf(bulkSQL, b.begin.Unix(), factsPerCell, cubeCells, total)
	if err := errors.Join(b.conn.Exec(ctx, sql), b.engine.Finish(ctx, c), postgres.Migrate(ctx, pool)); err != nil {
		return nil, err
	}
	read, err := postgres.NewStore(pool, analyticsread.Model())
	if err != nil {
		return nil, err
	}
	if _, err := read.Create(ctx, projections.LiveOf(analyticsview.Name), 1); err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, fmt.Sprintf(cubeSQL, factsPerCell, cubeQuarters*cubeCells-1), b.begin.Unix()); err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, "ANALYZE rm_analytics.cube"); err != nil {
		return nil, err
	}
	return b.compare(ctx, clickhouse.NewAnalytics(b.engine, fixed(c)), analyticsread.NewQueries(pool))
}

func (b *analyticsBench) compare(ctx context.Context, ch, pg analyticsview.Store) ([]Ratio, error) {
	span, err := analyticsview.NewRange(b.begin, b.begin.Add(cubeQuarters*analyticsview.Quarter), time.UTC)
	if err != nil {
		return nil, err
	}
	q := analyticsview.Query{
		Workspace: cubeWorkspace,
		Kind:      analyticsview.Attempt,
		Buckets:   span.Whole(),
		By:        []analyticsview.Dim{analyticsview.Provider},
	}
	series := q
	series.By, series.Buckets = nil, span.Buckets(analyticsview.Hour)
	var out []Ratio
	for _, part := range []struct {
		name string
		q    analyticsview.Query
		most float64 // milliseconds
	}{{"summary by provider", q, 500}, {"series of 90 days by hour", series, 1000}} {
		value, sum, err := b.p95(ctx, ch, part.q)
		if err != nil {
			return out, err
		}
		beside, same, err := b.p95(ctx, pg, part.q)
		if err != nil {
			return out, err
		}
		out = append(out, Ratio{
			Name:   "analytics: " + part.name + " of 10M events, p95",
			Value:  value,
			Limit:  beside,
			Unit:   "ms",
			Ratio:  value / beside,
			AtMost: part.most,
			Note:   "limit: Postgres' cube of the same",
			Failed: sum != same,
		})
	}
	return out, nil
}

// p95 asks some times and returns how long the slowest but one took, in milliseconds, and the sum of the answer.
func (b *analyticsBench) p95(
	ctx context.Context, s analyticsview.Store, q analyticsview.Query,
) (ms float64, sum analyticsview.Measures, err error) {
	var first, second float64
	for range askings {
		sum = analyticsview.Measures{}
		began := time.Now()
		if err := s.Sum(ctx, q, func(r analyticsview.Row) error {
			sum.Add(r.Measures)
			return nil
		}); err != nil {
			return 0, sum, err
		}
		took := float64(time.Since(began).Microseconds()) / float64(time.Millisecond/time.Microsecond)
		switch {
		case took > first:
			first, second = took, first
		case took > second:
			second = took
		}
	}
	return second, sum, nil
}
