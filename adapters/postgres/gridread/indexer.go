package gridread

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
)

const (
	// maxIndexes is how many a table has at most, since each of them makes every write dearer.
	maxIndexes = 8
	// lookAgain is after what time an index that was made, or could not be made, is looked after again.
	lookAgain = time.Minute
	// maxTrigramBytes is the size of the rows from which the trigrams are not indexed: building takes about a second for 6 MB.
	maxTrigramBytes = 4 << 30
	// maxLooked is how many indexes are remembered.
	maxLooked = 10_000
	// trigramsAgain is after what time a server that could not index trigrams is asked again.
	trigramsAgain = time.Hour
	indexerLock   = 0x6d6f726b65740011
)

// Indexer makes the indexes that queries have wanted, in the background, one at a time, and drops those that are used least
// when a table has too many.
type Indexer struct {
	pool   *pgxpool.Pool
	clock  kernel.Clock
	logger *slog.Logger
	grid   *Grid
	wants  <-chan index
	// By table and name, since this process started: when an index was last wanted, and last looked after.
	used, looked map[string]time.Time
	noTrigrams   time.Time // when the server last said that it can't index them, which an administrator may have changed since
}

// NewIndexer makes the indexer that serves the grid's wishes with connections of the tables' owner; Run starts it.
func (g *Grid) NewIndexer(pool *pgxpool.Pool, logger *slog.Logger) *Indexer {
	wants := make(chan index, 256)
	g.wanted = wants
	return &Indexer{
		pool:   pool,
		clock:  g.clock,
		logger: logger,
		grid:   g,
		wants:  wants,
		used:   map[string]time.Time{},
		looked: map[string]time.Time{},
	}
}

func (x index) key() string { return short(string(x.table)) + "." + x.name }

// Run makes indexes until ctx ends.
func (x *Indexer) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case want := <-x.wants:
			x.serve(ctx, want)
		}
	}
}

// serve makes an index unless it was looked after a moment ago.
func (x *Indexer) serve(ctx context.Context, want index) {
	now := x.clock.Now()
	if len(x.used) >= maxLooked {
		clear(x.used)
		clear(x.looked)
	}
	x.used[want.key()] = now
	if seen, ok := x.looked[want.key()]; ok && !kernel.Passed(now, seen, lookAgain) ||
		want.trigram && !kernel.Passed(now, x.noTrigrams, trigramsAgain) {
		return
	}
	if err := x.make(ctx, want); err != nil && ctx.Err() == nil {
		x.logger.WarnContext(ctx, "index not made", "table", want.table, "index", want.name, "error", err)
	}
	x.looked[want.key()] = x.clock.Now()
	x.grid.indexes.Forget(want.table)
}

// cannot tells an answer that will be the same the next time, until somebody installs the extension or grants the right to, from a
// lost connection, a timeout or a clash.
func cannot(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains([]string{"42501", "58P01", "0A000", "22023"}, pg.Code) // privilege, file, feature, parameter
}

const sizeQuery = `SELECT row_count, coalesce(pg_table_size(to_regclass($2)), 0) FROM rm_grid.tables WHERE table_id = $1`

// closeWithin bounds the goodbye to a server that may be gone.
const closeWithin = 2 * time.Second

// make builds an index unless it is there. CREATE INDEX CONCURRENTLY lets writers go on; it needs a session outside any transaction,
// and a session lock keeps two processes from building at once. The connection is of its own and not the pool's: what the
// build has set, locked or left half done ends with it.
func (x *Indexer) make(ctx context.Context, want index) error {
	conn, err := pgx.ConnectConfig(ctx, x.pool.Config().ConnConfig)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeWithin)
		defer cancel()
		_ = conn.Close(ctx) // closed on our side either way
	}()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, int64(indexerLock)); err != nil {
		return err
	}
	var rows, bytes int64
	if err := conn.QueryRow(ctx, sizeQuery, want.table, "rm_grid."+liveRows(want.table)).Scan(&rows, &bytes); err != nil {
		return err
	}
	if want.table.IsBranch() { // its rows are a view
		return nil
	}
	if rows < indexFrom || want.trigram && bytes > maxTrigramBytes {
		return nil
	}
	there, err := x.tidy(ctx, conn, want)
	if err != nil || there {
		return err
	}
	return x.create(ctx, conn, want)
}

// tidy drops what an interrupted build has left, the quick search's index over other columns than now, and, when the table has
// its fill, what was used least.
func (x *Indexer) tidy(ctx context.Context, conn *pgx.Conn, want index) (there bool, err error) {
	found, err := indexesOf(ctx, conn, want.table)
	if err != nil || found[want.name] {
		return found[want.name], err
	}
	var keep, drop []string
	for name, valid := range found {
		if !valid || strings.HasPrefix(name, kindSearch) && strings.HasPrefix(want.name, kindSearch) {
			drop = append(drop, name)
		} else {
			keep = append(keep, name)
		}
	}
	last := func(name string) time.Time { return x.used[index{table: want.table, name: name}.key()] }
	slices.SortFunc(keep, func(a, b string) int { return last(a).Compare(last(b)) })
	drop = append(drop, keep[:max(0, len(keep)-maxIndexes+1)]...)
	for _, name := range drop {
		if _, err := conn.Exec(ctx, "DROP INDEX CONCURRENTLY IF EXISTS rm_grid."+name); err != nil {
			return false, err
		}
		delete(x.looked, index{table: want.table, name: name}.key())
	}
	return false, nil
}

func (x *Indexer) create(ctx context.Context, conn *pgx.Conn, want index) error {
	start := x.clock.Now()
	if want.trigram {
		if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public"); err != nil {
			if cannot(err) {
				x.noTrigrams = x.clock.Now()
			}
			return fmt.Errorf("text within text stays unindexed: %w", err)
		}
	}
	rows := "rm_grid." + liveRows(want.table)
	for _, stmt := range []string{
		"SET maintenance_work_mem = '256MB'", fmt.Sprintf("CREATE INDEX CONCURRENTLY %s ON %s %s", want.name, rows, want.on), "ANALYZE " + rows,
	} {
		if _, err := conn.Exec(ctx, stmt); err != nil {
			var pg *pgconn.PgError
			if errors.As(err, &pg) && pg.Code == "42P07" { // somebody else has made it
				return nil
			}
			return fmt.Errorf("%.60s: %w", stmt, err)
		}
	}
	x.logger.InfoContext(ctx, "index made", "table", want.table, "index", want.name, "took", x.clock.Now().Sub(start))
	return nil
}
