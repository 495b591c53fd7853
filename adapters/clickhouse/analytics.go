package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/sidestore"
)

// What the tables of the analytics have in common. A fact is identified by where it comes from; a rolled-up row is the whole
// sum of its cell of the cube, so writing it again replaces it.
const (
	cubeColumns = `workspace_id String, kind LowCardinality(String), quarter DateTime('UTC'), table_id LowCardinality(String),
	column_id LowCardinality(String), provider LowCardinality(String), step LowCardinality(String), member LowCardinality(String),
	source LowCardinality(String), `
	cubeKey  = `workspace_id, kind, quarter, table_id, column_id, provider, step, member, source`
	factsDDL = `, position Int64, line UInt32, INDEX by_quarter quarter TYPE minmax GRANULARITY 1)
ENGINE = ReplacingMergeTree ORDER BY (workspace_id, kind, quarter, position, line) PARTITION BY toYYYYMM(quarter)`
	rollupDDL = `, version Int64) ENGINE = ReplacingMergeTree(version) ORDER BY (` + cubeKey + `) PARTITION BY toYYYYMM(quarter)`
)

// RollAt is how many facts are best read one by one until they are rolled up.
const RollAt = 200_000

// AnalyticsModel is the shape of the analytics: the facts, and roll-ups of the quarters of an hour before the moment "cut" in the
// state. Questions read roll-ups before it and facts after it. There are about rollAt of these and those of the newest quarter.
func AnalyticsModel(rollAt int64) Model {
	r := &roller{at: rollAt, copies: map[sidestore.Copy]*progress{}}
	numbers := strings.Join(analyticsview.Names(), " Int64, ") + " Int64"
	names := strings.Join(analyticsview.Names(), ", ")
	return Model{
		Projection: analyticsview.NameClickHouse,
		Tables: []Table{
			{"facts", "(" + cubeColumns + numbers + factsDDL},
			{"rollups", "(" + cubeColumns + numbers + rollupDDL},
		},
		Expand: []string{ // version 2 counts repeated calls
			"ALTER TABLE {facts} ADD COLUMN IF NOT EXISTS repeats Int64 AFTER calls",
			"ALTER TABLE {rollups} ADD COLUMN IF NOT EXISTS repeats Int64 AFTER calls",
		},
		Checksums: map[string]string{
			"facts": `SELECT count(), toString(sum(cityHash64(` + cubeKey + `, position, line, ` + names + `))), max(position) FROM {facts} FINAL`,
			// What readers see, however much of it is rolled up.
			"cube": cubeWith + `SELECT count(), toString(sum(cityHash64(*))), toInt64(0)
				FROM (SELECT ` + cubeKey + sums() + ` FROM (` + cubeRows("1") + `) GROUP BY ` + cubeKey + `)`,
		},
		Written: r.written,
		Finish:  r.finish,
	}
}

// sums returns the sums of the numbers, each after a comma.
func sums() string {
	var b strings.Builder
	for _, n := range analyticsview.Names() {
		b.WriteString(", sum(" + n + ") AS s_" + n)
	}
	return b.String()
}

const cubeWith = `WITH (SELECT toDateTime(greatest(max(value), 0), 'UTC') FROM {state} WHERE name = 'cut') AS cut `

// cubeRows selects the rows that add up to the cube, under a condition.
func cubeRows(where string) string {
	columns := cubeKey + ", " + strings.Join(analyticsview.Names(), ", ")
	return "SELECT " + columns + " FROM {rollups} FINAL WHERE quarter < cut AND (" + where + ") UNION ALL SELECT " + columns +
		" FROM {facts} FINAL WHERE quarter >= cut AND (" + where + ")"
}

// analyticsWriter writes facts into a batch.
type analyticsWriter struct{ batch *Batch }

// OpenAnalytics makes a writer of a projector's batch.
func OpenAnalytics(tx projections.Tx) (analyticsview.Writer, error) {
	b, err := from(tx)
	if err != nil {
		return nil, err
	}
	return &analyticsWriter{b}, nil
}

// written is what a batch tells about its facts.
type written struct {
	facts int64
	// quarters are the beginnings of those written to, in seconds.
	quarters map[int64]bool
	newest   int64
}

// Write implements analyticsview.Writer. Rows go in by column, which costs a tenth of one by one.
func (w *analyticsWriter) Write(ctx context.Context, facts []analyticsview.Fact) error {
	rows, err := w.batch.into(ctx, "facts")
	if err != nil {
		return err
	}
	note, _ := w.batch.notes.(*written)
	if note == nil {
		note = &written{quarters: map[int64]bool{}}
		w.batch.notes = note
	}
	note.facts += int64(len(facts))
	var errs []error
	put := func(i int, column any) { errs = append(errs, rows.Column(i).Append(column)) }
	quarters, positions, lines := make([]time.Time, len(facts)), make([]int64, len(facts)), make([]uint32, len(facts))
	for i := range facts {
		f := &facts[i]
		quarters[i], positions[i], lines[i] = f.Quarter, f.Position, uint32(f.Line)
		at := f.Quarter.Unix()
		note.quarters[at] = true
		note.newest = max(note.newest, at)
		w.batch.states["ws:"+string(f.Workspace)] = f.Position
	}
	put(0, strs(facts, func(f *analyticsview.Fact) string { return string(f.Workspace) }))
	put(1, strs(facts, func(f *analyticsview.Fact) string { return string(f.Kind) }))
	put(2, quarters)
	for d := range analyticsview.DimCount {
		put(3+d, strs(facts, func(f *analyticsview.Fact) string { return f.Dims[d] }))
	}
	numbers := [analyticsview.MeasureCount][]int64{}
	for i := range facts {
		for n, v := range facts[i].Numbers() {
			numbers[n] = append(numbers[n], v)
		}
	}
	const before = 3 + analyticsview.DimCount
	for n := range numbers {
		put(before+n, numbers[n])
	}
	put(before+analyticsview.MeasureCount, positions)
	put(before+analyticsview.MeasureCount+1, lines)
	return errors.Join(errs...)
}

func strs(facts []analyticsview.Fact, get func(*analyticsview.Fact) string) []string {
	out := make([]string, len(facts))
	for i := range facts {
		out[i] = get(&facts[i])
	}
	return out
}

// roller keeps the roll-ups.
type roller struct {
	at     int64
	mu     sync.Mutex
	copies map[sidestore.Copy]*progress
}

// progress is how far a copy is rolled up, as this process remembers it. Another process may have come further, having
// written the same facts; then the same quarters are rolled up again, to the same sums.
type progress struct {
	cut     int64 // seconds
	pending int64 // facts since
	newest  int64
}

func (r *roller) of(ctx context.Context, e *Engine, c sidestore.Copy) (*progress, error) {
	r.mu.Lock()
	p := r.copies[c]
	r.mu.Unlock()
	if p != nil {
		return p, nil
	}
	p = &progress{}
	var err error
	if p.cut, err = e.client.number(ctx, e.sql(c, "SELECT greatest(max(value), 0) FROM {state} WHERE name = 'cut'")); err != nil {
		return nil, err
	}
	var facts uint64
	row := e.client.conn.QueryRow(ctx, e.sql(c, fmt.Sprintf("SELECT count(), toInt64(max(toUnixTimestamp(quarter))) FROM {facts} WHERE "+
		"quarter >= toDateTime(%d, 'UTC')", p.cut)))
	if err := row.Scan(&facts, &p.newest); err != nil {
		return nil, err
	}
	p.pending = int64(facts)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.copies[c] = p
	return p, nil
}

// written rolls up what the facts just written have completed: quarters that are over, once there is enough in them, and
// quarters already rolled up to which something came late.
func (r *roller) written(ctx context.Context, b *Batch, position int64) error {
	note, _ := b.notes.(*written)
	if note == nil {
		return nil
	}
	p, err := r.of(ctx, b.engine, b.of)
	if err != nil {
		return err
	}
	p.pending += note.facts
	p.newest = max(p.newest, note.newest)
	var late []string
	for at := range note.quarters {
		if at < p.cut {
			late = append(late, fmt.Sprintf("toDateTime(%d, 'UTC')", at))
		}
	}
	if len(late) > 0 {
		if err := roll(ctx, b.engine, b.of, "quarter IN ("+strings.Join(late, ", ")+")", position); err != nil {
			return err
		}
	}
	if p.pending < r.at || p.newest <= p.cut {
		return nil
	}
	return r.advance(ctx, b.engine, b.of, p, position)
}

// advance rolls up everything before the newest quarter.
func (r *roller) advance(ctx context.Context, e *Engine, c sidestore.Copy, p *progress, version int64) error {
	err := roll(ctx, e, c, fmt.Sprintf("quarter >= toDateTime(%d, 'UTC') AND quarter < toDateTime(%d, 'UTC')", p.cut, p.newest), version)
	if err == nil {
		err = e.remember(ctx, c, map[string]int64{"cut": p.newest})
	}
	if err != nil {
		return err
	}
	p.cut, p.pending = p.newest, 0
	return nil
}

func (r *roller) finish(ctx context.Context, e *Engine, c sidestore.Copy) error {
	p, err := r.of(ctx, e, c)
	if err != nil || p.newest <= p.cut {
		return err
	}
	reached, _, err := e.Reached(ctx, c)
	if err != nil {
		return err
	}
	return r.advance(ctx, e, c, p, reached)
}

func roll(ctx context.Context, e *Engine, c sidestore.Copy, where string, version int64) error {
	sql := fmt.Sprintf("INSERT INTO {rollups} SELECT %s%s, toInt64(%d) FROM {facts} FINAL WHERE %s GROUP BY %s", cubeKey, sums(), version,
		where, cubeKey)
	ctx, cancel := context.WithTimeout(ctx, sumWithin)
	defer cancel()
	if err := e.client.conn.Exec(ctx, e.sql(c, sql)); err != nil {
		return fmt.Errorf("roll up analytics: %w", err)
	}
	return nil
}

// Reader finds the live copy of a projection; sidestore.Store is one.
type Reader interface {
	Read(ctx context.Context, projection string, fn func(context.Context, sidestore.Copy) error) error
}

// Analytics answers questions over the cube. It is an analyticsview.Store.
type Analytics struct {
	engine *Engine
	reader Reader
}

var _ analyticsview.Store = (*Analytics)(nil)

// NewAnalytics reads what the engine of AnalyticsModel keeps.
func NewAnalytics(engine *Engine, reader Reader) *Analytics { return &Analytics{engine, reader} }

// Stamp implements analyticsview.Store: the position of the workspace's last event.
func (a *Analytics) Stamp(ctx context.Context, ws kernel.WorkspaceID) (position int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	err = a.reader.Read(ctx, analyticsview.NameClickHouse, func(ctx context.Context, c sidestore.Copy) (err error) {
		position, err = a.engine.client.number(ctx, a.engine.sql(c,
			"SELECT greatest(max(value), 0) FROM {state} WHERE name = ")+text("ws:"+string(ws)))
		return err
	})
	return position, readError(err)
}
