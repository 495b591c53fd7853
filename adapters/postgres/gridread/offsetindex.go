package gridread

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore/cached"
	"github.com/morket/morket/projections/gridview"
)

// offsetEvery is how many rows lie between two row offsets, and so how many a page deep in a table skips at most.
const offsetEvery = 1000

// rowOffsets holds the place of every offsetEvery-th row of a query, as of a moment.
type rowOffsets struct {
	entries     []*place
	last, moved int64 // positions of the table's last change and of its last coming or going of rows
	built       time.Time
	cost        time.Duration
}

// offsetIndex keeps the row offsets of recent queries.
type offsetIndex struct {
	by *lru.Cache[string, *rowOffsets]

	mu       sync.Mutex // held between a look into by and one into building
	building map[string]chan struct{}
}

func newOffsetIndex() *offsetIndex {
	return &offsetIndex{by: cached.New[string, *rowOffsets](maxOffsets), building: map[string]chan struct{}{}}
}

const (
	maxOffsets = 300
	// An index that is dear to build, or was built just now, serves a little longer: after an edit of a sorted or filtered
	// column it is off by the rows that moved, not more.
	dearOffsets  = 150 * time.Millisecond
	freshOffsets = time.Second
)

// seek returns the row offset before the offset and how many rows to skip from there.
func (g *Grid) seek(ctx context.Context, p *plan, offset int64) (*place, int64, error) {
	if offset <= offsetEvery {
		return nil, offset, nil
	}
	f, err := g.rowOffsets(ctx, p)
	if err != nil {
		return nil, 0, err
	}
	i := min(offset/offsetEvery, int64(len(f.entries)))
	if i == 0 {
		return nil, offset, nil
	}
	return f.entries[i-1], offset - i*offsetEvery, nil
}

func (g *Grid) rowOffsets(ctx context.Context, p *plan) (*rowOffsets, error) {
	key := queryKey(p.query, p.info.Schema) + p.days()
	for {
		g.offsetIndex.mu.Lock()
		f, _ := g.offsetIndex.by.Get(key)
		busy := g.offsetIndex.building[key]
		if f != nil && (g.holds(p, f) || busy != nil && f.cost > dearOffsets) {
			g.offsetIndex.mu.Unlock()
			return f, nil
		}
		if busy == nil {
			busy = make(chan struct{})
			g.offsetIndex.building[key] = busy
			g.offsetIndex.mu.Unlock()
			if f != nil && f.cost > dearOffsets { // what is there serves while a new one is made
				go func() { _, _ = g.build(context.WithoutCancel(ctx), p, key, busy) }()
				return f, nil
			}
			return g.build(ctx, p, key, busy)
		}
		g.offsetIndex.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// holds reports whether the posts still stand where they should.
func (g *Grid) holds(p *plan, f *rowOffsets) bool {
	if f.moved != p.info.Moved {
		return false
	}
	still := len(p.keys) == 0 && p.query.Filter.All() && p.query.Search == ""
	unchanged := f.last == p.info.SettledAt() && f.last >= 0 && !flows(p.query)
	return still || unchanged || !kernel.Passed(g.clock.Now(), f.built, freshOffsets)
}

// days names the days, weeks and the like that the query's filter is about now: the posts of yesterday's are others than today's.
func (p *plan) days() string {
	var b strings.Builder
	for _, c := range p.query.Filter.Conditions() {
		if c.Op == table.InPeriod && !flowing(c) {
			from, to := c.Period.Bounds(p.now, c.Column.Type == table.Date)
			fmt.Fprintf(&b, "|%d-%d", from.Unix(), to.Unix())
		}
	}
	return b.String()
}

// flowing reports whether what a condition selects changes all the time: the last N hours or days up to this moment.
func flowing(c table.Condition) bool {
	return c.Op == table.InPeriod && c.Period.This == "" && c.Column.Type != table.Date
}

// flows reports whether a condition of the query is flowing.
func flows(q gridview.Query) bool { return slices.ContainsFunc(q.Filter.Conditions(), flowing) }

func (g *Grid) build(ctx context.Context, p *plan, key string, done chan struct{}) (*rowOffsets, error) {
	start := g.clock.Now()
	entries, err := g.entries(ctx, p, key)
	g.offsetIndex.mu.Lock()
	defer g.offsetIndex.mu.Unlock()
	delete(g.offsetIndex.building, key)
	close(done)
	if err != nil {
		return nil, err
	}
	now := g.clock.Now()
	f := &rowOffsets{entries: entries, last: p.info.SettledAt(), moved: p.info.Moved, built: now, cost: now.Sub(start)}
	g.offsetIndex.by.Add(key, f)
	return f, nil
}

func (g *Grid) entries(ctx context.Context, p *plan, key string) ([]*place, error) {
	var a args
	from, err := p.from(&a)
	if err != nil {
		return nil, err
	}
	var inner, outer strings.Builder
	for i, k := range p.keys {
		fmt.Fprintf(&inner, ", %s AS k%d", k.expr, i)
		fmt.Fprintf(&outer, ", %s", asText(fmt.Sprintf("k%d", i)))
	}
	sql := fmt.Sprintf("SELECT encode(uuid_send(id), 'hex')%s FROM (SELECT id%s, row_number() OVER (ORDER BY %s) AS n FROM %s) AS "+
		"numbered WHERE n %% %d = 0 ORDER BY n",
		outer.String(), inner.String(), p.whole(), from, offsetEvery)
	rows, err := g.db.Query(ctx, sql, a.list...)
	if err != nil {
		return nil, err
	}
	entries, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (*place, error) {
		at := &place{Of: key, Keys: make([]*string, len(p.keys))}
		into := []any{&at.Row}
		for i := range at.Keys {
			into = append(into, &at.Keys[i])
		}
		return at, row.Scan(into...)
	})
	return entries, err
}

// counts keeps the counts of recent queries, each good until the table changes.
type counts = lru.Cache[string, count]

type count struct{ last, n int64 }

func newCounts() *counts { return cached.New[string, count](maxOffsets) }

// Count returns how many rows a query has. Without a filter the projection has counted them already.
func (g *Grid) Count(ctx context.Context, info gridview.Info, q gridview.Query) (int64, error) {
	if q.Filter.All() && q.Search == "" {
		return info.RowCount, nil
	}
	p, err := g.plan(ctx, info, gridview.Query{Filter: q.Filter, Search: q.Search})
	if err != nil {
		return 0, err
	}
	g.want(p)
	key := queryKey(p.query, info.Schema)
	known, ok := g.counts.Get(key)
	if ok && known.last == info.SettledAt() && known.last >= 0 && !relative(q) {
		return known.n, nil
	}
	n, err := g.count(ctx, p)
	if err != nil {
		return 0, err
	}
	g.counts.Add(key, count{info.SettledAt(), n})
	return n, nil
}

func (g *Grid) count(ctx context.Context, p *plan) (int64, error) {
	var a args
	from, err := p.from(&a)
	if err != nil {
		return 0, err
	}
	var n int64
	if err := g.db.QueryRow(ctx, "SELECT count(*) FROM "+from, a.list...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count rows: %w", err)
	}
	return n, nil
}

// relative reports whether the query's answer depends on the time of day.
func relative(q gridview.Query) bool {
	for _, c := range q.Filter.Conditions() {
		if c.Op == table.InPeriod {
			return true
		}
	}
	return false
}
