package gridread

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sort"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Want is an index that a query would have used.
type Want struct {
	Table   kernel.TableID
	Column  table.Column
	Trigram bool // for text within text; otherwise a btree over the sort key and the row id
}

func (w Want) name() string {
	kind := "b"
	if w.Trigram {
		kind = "g"
	}
	return kind + "_" + short(string(w.Column.ID))
}

const (
	// IndexFrom is the size from which a table gets indexes: below it a scan takes a few milliseconds.
	IndexFrom = 5_000
	// maxIndexes is how many a table has at most, since each of them makes every write dearer.
	maxIndexes = 8
)

// Indexer makes the indexes that queries have wanted, in the background, one at a time, and drops those that are used least
// when a table has too many.
type Indexer struct {
	pool   *pgxpool.Pool
	clock  kernel.Clock
	logger *slog.Logger
	wants  chan Want
	used   map[string]time.Time // by index name: since this process started
	done   chan string          // of tests: names of indexes that are ready
	noGrm  bool
}

// NewIndexer makes the indexer that serves the grid's wishes; Run starts it.
func (g *Grid) NewIndexer(logger *slog.Logger) *Indexer {
	wants := make(chan Want, 256)
	g.wanted = wants
	return &Indexer{pool: g.pool, clock: g.clock, logger: logger, wants: wants, used: map[string]time.Time{}}
}

// want offers the indexes that a plan would use. It never waits.
func (g *Grid) want(p *plan) {
	if g.wanted == nil || p.info.RowCount < IndexFrom {
		return
	}
	if len(p.query.Sort) > 0 {
		if c, ok := p.info.Schema.Column(p.query.Sort[0].Column); ok {
			g.offer(Want{Table: p.info.ID, Column: c})
		}
	}
	for _, c := range p.query.Filter.Conditions() {
		switch c.Op {
		case table.Contains, table.EndsWith:
			if s, _ := table.TextOf(c.Values[0]); c.Column.Type.Textual() && len([]rune(s)) >= 3 {
				g.offer(Want{Table: p.info.ID, Column: c.Column, Trigram: true})
			}
		case table.Is, table.StartsWith, table.Less, table.LessEq, table.Greater, table.GreaterEq, table.Between, table.In, table.InPeriod:
			if c.Column.Type != table.MultiSelect {
				g.offer(Want{Table: p.info.ID, Column: c.Column})
			}
		default: // no index serves these
		}
	}
}

func (g *Grid) offer(w Want) {
	if g.wanted == nil || w.Column.Type == table.RowIDType {
		return
	}
	select {
	case g.wanted <- w:
	default: // busy: the next query will ask again
	}
}

// Run makes indexes until ctx ends.
func (x *Indexer) Run(ctx context.Context) error {
	have := map[string]bool{}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case w := <-x.wants:
			key := short(string(w.Table)) + "." + w.name()
			x.used[key] = x.clock.Now()
			if have[key] || w.Trigram && x.noGrm {
				continue
			}
			if err := x.make(ctx, w); err != nil && ctx.Err() == nil {
				x.logger.WarnContext(ctx, "index not made", "table", w.Table, "column", w.Column.ID, "trigram", w.Trigram, "error", err)
			}
			have[key] = true
			if x.done != nil {
				x.done <- key
			}
		}
	}
}

const (
	indexesQuery = `SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($1) AND (c.relname LIKE 'b\_%' OR c.relname LIKE 'g\_%')`
	rowCountQuery = `SELECT row_count FROM rm_grid.tables WHERE table_id = $1`
	indexerLock   = 0x6d6f726b65740011
)

// make builds an index unless it is there. CREATE INDEX CONCURRENTLY lets writers go on; it needs a connection of its own
// outside any transaction, and a session lock keeps two processes from building at once.
func (x *Indexer) make(ctx context.Context, w Want) error {
	conn, err := x.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(indexerLock)); err != nil {
		return err
	}
	defer func() {
		if _, err := conn.Exec(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock($1)`, int64(indexerLock)); err != nil {
			x.logger.WarnContext(ctx, "unlock the indexer", "error", err)
		}
	}()
	var rows int64
	if err := conn.QueryRow(ctx, rowCountQuery, w.Table).Scan(&rows); err != nil {
		return err
	}
	if rows < IndexFrom {
		return nil
	}
	there, err := x.tidy(ctx, conn.Conn(), w)
	if err != nil || there {
		return err
	}
	return x.create(ctx, conn.Conn(), w)
}

// tidy drops what an interrupted build has left and, when the table has its fill, what was used least.
func (x *Indexer) tidy(ctx context.Context, conn *pgx.Conn, w Want) (there bool, err error) {
	rows, err := conn.Query(ctx, indexesQuery, "rm_grid."+liveRows(w.Table))
	if err != nil {
		return false, err
	}
	var name string
	var valid bool
	var names, drop []string
	if _, err := pgx.ForEachRow(rows, []any{&name, &valid}, func() error {
		switch {
		case !valid:
			drop = append(drop, name)
		case name == w.name():
			there = true
		default:
			names = append(names, name)
		}
		return nil
	}); err != nil || there {
		return there, err
	}
	prefix := short(string(w.Table)) + "."
	sort.Slice(names, func(i, j int) bool { return x.used[prefix+names[i]].Before(x.used[prefix+names[j]]) })
	for len(names) >= maxIndexes {
		drop, names = append(drop, names[0]), names[1:]
	}
	for _, n := range drop {
		if _, err := conn.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS rm_grid."+n); err != nil {
			return false, err
		}
	}
	return false, nil
}

func (x *Indexer) create(ctx context.Context, conn *pgx.Conn, w Want) error {
	start := x.clock.Now()
	expr, _ := sortKey(w.Column)
	sql := fmt.Sprintf("CREATE INDEX CONCURRENTLY %s ON rm_grid.%s ((%s), id)", w.name(), liveRows(w.Table), expr)
	if w.Trigram {
		if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"); err != nil {
			x.noGrm = true
			return fmt.Errorf("text within text stays unindexed: %w", err)
		}
		sql = fmt.Sprintf("CREATE INDEX CONCURRENTLY %s ON rm_grid.%s USING gin (%s public.gin_trgm_ops)", w.name(), liveRows(w.Table), column(w.Column.ID))
	}
	for _, stmt := range []string{"SET maintenance_work_mem = '256MB'", sql, "RESET maintenance_work_mem", "ANALYZE rm_grid." + liveRows(w.Table)} {
		if _, err := conn.Exec(ctx, stmt); err != nil {
			var pg *pgconn.PgError
			if errors.As(err, &pg) && pg.Code == "42P07" { // somebody else has made it
				return nil
			}
			return fmt.Errorf("%.60s: %w", strings.TrimSpace(stmt), err)
		}
	}
	x.logger.InfoContext(ctx, "index made", "table", w.Table, "column", w.Column.ID, "trigram", w.Trigram, "took", x.clock.Now().Sub(start))
	return nil
}
