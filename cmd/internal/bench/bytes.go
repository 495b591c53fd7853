package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// What the step bytes edits: each of its edits sets a cell that no edit has set before.
const (
	bytesRows   = 1_000
	bytesWarm   = 2_000 // edits before the first look, so that the pages that they begin are full
	bytesEdits  = 4_000
	mostKept    = 1_200 // bytes in all tables and indexes, of an edit of 15 characters
	heldKept    = 1_450 // what has been reached, with what a run differs from another
	mostWAL     = 2_500 // bytes
	browserName = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)

// Kept is what one more piece of work has left in a database, in bytes.
type Kept struct {
	All       float64            // of what stays
	Keys      float64            // of idempotency keys, which go after a day
	WAL       float64            // written by the whole server
	Relations map[string]float64 // of All and Keys, by the table's name and the kind of its file
}

// sizesSQL has the size of each file, partitions under the name of their table.
const sizesSQL = `WITH named AS (
	SELECT c.oid, n.nspname || '.' || coalesce(p.relname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
	WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast'))
SELECT name || ' ' || kind, sum(size)::bigint FROM (
	SELECT name, 'heap' AS kind, pg_relation_size(oid) AS size FROM named
	UNION ALL SELECT name, 'toast', pg_total_relation_size(c.reltoastrelid) FROM named JOIN pg_class c USING (oid) WHERE c.reltoastrelid <> 0
	UNION ALL SELECT name, 'index (' || array_to_string(ARRAY(SELECT pg_get_indexdef(x.indexrelid, k, true)
	FROM generate_series(1, x.indnatts) k), ', ') || ')',
		pg_relation_size(x.indexrelid) FROM named JOIN pg_index x ON x.indrelid = named.oid
) files GROUP BY 1`

// MeasureKept does a piece of work warm + n times and says what each of the n has left. settled waits for what follows from the work.
// The figures mean something if nothing else happens in the database.
func MeasureKept(ctx context.Context, pool *pgxpool.Pool, warm, n int, work func(i int) error, settled func() error) (Kept, error) {
	do := func(from, to int) error {
		for i := from; i < to; i++ {
			if err := work(i); err != nil {
				return err
			}
		}
		return settled()
	}
	if err := do(0, warm); err != nil {
		return Kept{}, err
	}
	before, err := sizesOf(ctx, pool)
	if err != nil {
		return Kept{}, err
	}
	var wal string
	if err := pool.QueryRow(ctx, "SELECT pg_current_wal_insert_lsn()").Scan(&wal); err != nil {
		return Kept{}, err
	}
	if err := do(warm, warm+n); err != nil {
		return Kept{}, err
	}
	k := Kept{Relations: map[string]float64{}}
	if err := pool.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn)::float8 / $2", wal,
		n).Scan(&k.WAL); err != nil {
		return k, err
	}
	after, err := sizesOf(ctx, pool)
	if err != nil {
		return k, err
	}
	for name, size := range after {
		grown := float64(size-before[name]) / float64(n)
		if grown <= 0 { // what the first edits had left dead is gone
			continue
		}
		k.Relations[name] = grown
		if strings.HasPrefix(name, "log.commands ") {
			k.Keys += grown
		} else {
			k.All += grown
		}
	}
	return k, nil
}

// sizesOf returns the size of each file of the database, without what is dead in them.
func sizesOf(ctx context.Context, pool *pgxpool.Pool) (map[string]int64, error) {
	if _, err := pool.Exec(ctx, "VACUUM"); err != nil {
		return nil, fmt.Errorf("vacuum: %w", err)
	}
	rows, err := pool.Query(ctx, sizesSQL)
	if err != nil {
		return nil, fmt.Errorf("measure tables: %w", err)
	}
	sizes := map[string]int64{}
	var name string
	var size int64
	_, err = pgx.ForEachRow(rows, []any{&name, &size}, func() error { sizes[name] = size; return nil })
	return sizes, err
}

// Table writes what each file has got, the most first.
func (k Kept) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	names := slices.SortedFunc(maps.Keys(k.Relations), func(a, b string) int {
		return cmp.Or(cmp.Compare(k.Relations[b], k.Relations[a]), cmp.Compare(a, b))
	})
	for _, name := range names {
		_, _ = fmt.Fprintf(t, "  %s\t%.0f\n", name, k.Relations[name])
	}
	return t.Flush()
}

// bytes measures what an edit of one cell leaves in Postgres.
func (b *serverBench) bytes(ctx context.Context) ([]Ratio, error) {
	if err := b.prepareGrid(ctx); err != nil {
		return nil, err
	}
	b.agent = browserName
	defer func() { b.agent = "" }()
	columns := b.texts()
	last := int64(0)
	kept, err := MeasureKept(ctx, b.pool, bytesWarm, bytesEdits, func(i int) (err error) {
		last, err = b.setCell(ctx, i, b.rows[i%bytesRows], columns[i/bytesRows%len(columns)])
		return err
	}, func() error { return AwaitProjections(ctx, b.pool, last) })
	if err != nil {
		return nil, err
	}
	if err := kept.Table(b.run.Progress); err != nil {
		return nil, err
	}
	return []Ratio{
		{
			Name:   "kept of an edit of 15 characters",
			Value:  kept.All,
			Limit:  mostKept,
			Ratio:  kept.All / mostKept,
			Unit:   "bytes",
			AtMost: heldKept,
			Note:   "in all tables and indexes; limit: a fixed figure",
		},
		{Name: "its idempotency key, for a day", Value: kept.Keys, Limit: mostKept, Ratio: kept.Keys / mostKept, Unit: "bytes"},
		{
			Name:  "its WAL",
			Value: kept.WAL,
			Limit: mostWAL,
			Ratio: kept.WAL / mostWAL,
			Unit:  "bytes",
			Note:  "one edit after the other, so none shares a transaction; limit: a fixed figure",
		},
	}, nil
}

// texts are columns of texts, in the order of the file.
func (b *serverBench) texts() []kernel.ColumnID {
	var out []kernel.ColumnID
	for _, c := range fileColumns() {
		if c.typ == table.Text {
			out = append(out, b.columns[c.name].ID)
		}
	}
	return out
}

// setCell sets a cell as the browser does, and returns the position of the edit.
func (b *serverBench) setCell(ctx context.Context, i int, row kernel.RowID, column kernel.ColumnID) (int64, error) {
	b.key = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
	defer func() { b.key = "" }()
	return b.send(ctx, http.MethodPatch, b.path("/cells"), map[string]any{
		"edits": []map[string]any{{"row_id": row, "column_id": column, "value": fmt.Sprintf("Suite %d Gate %d", 10+i%90, i/90%10)}},
	}, nil)
}

// AwaitProjections waits until every projection and reactor has passed the position.
func AwaitProjections(ctx context.Context, pool *pgxpool.Pool, position int64) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		var behind int
		err := pool.QueryRow(ctx, `SELECT count(*) FROM projection.checkpoints WHERE position < $1`, position).Scan(&behind)
		if err != nil || behind == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d projections and reactors are behind position %d: %w", behind, position, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
