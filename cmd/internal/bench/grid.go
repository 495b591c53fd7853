package bench

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// grid measures work in the table that the step import has left.
func (b *serverBench) grid(ctx context.Context) ([]Ratio, error) {
	if err := b.prepareGrid(ctx); err != nil {
		return nil, err
	}
	var out []Ratio
	for _, part := range []struct {
		name    string
		measure func(context.Context) ([]Ratio, error)
	}{{"pages", b.pages}, {"edit", b.edits}, {"edits", b.manyEdits}, {"export", b.export}, {"live", b.live}} {
		if err := b.login(ctx); err != nil { // a token lives 15 minutes
			return out, err
		}
		figures, err := b.run.profiled(cmp.Or(b.sheet.name, StepGrid)+"-"+part.name, func() ([]Ratio, error) { return part.measure(ctx) })
		out = append(out, b.sheet.titled(figures)...)
		if err != nil {
			return out, err
		}
	}
	return out, nil
}

func (b *serverBench) prepareGrid(ctx context.Context) error {
	if err := b.login(ctx); err != nil {
		return err
	}
	if b.table == "" {
		path := filepath.Join(b.run.dir, b.sheet.file)
		bad, err := b.sheet.write(path, b.size)
		if err != nil {
			return err
		}
		j, err := b.importFile(ctx, path, bad)
		if err != nil {
			return err
		}
		b.table = j.TableID
	}
	var t tablecmd.Table
	if err := b.get(ctx, b.path(""), &t); err != nil {
		return err
	}
	b.columns, b.rows = map[string]table.Column{}, nil
	for _, c := range t.Columns {
		b.columns[c.Name] = c
	}
	var rows []struct{ ID kernel.RowID }
	err := b.get(ctx, b.path("/rows?limit=1000"), &rows)
	for _, r := range rows {
		b.rows = append(b.rows, r.ID)
	}
	return err
}

func (b *serverBench) path(rest string) string {
	return b.workspace + "/tables/" + string(b.table) + rest
}

// question is a kind of page with the SQL that answers the same.
type question struct {
	name     string
	query    func(i int) string
	sql      string
	args     func(i int) []any
	p50, p95 float64 // bars in milliseconds
	index    string  // the LIKE pattern of the definition of the index that has to be there first
}

// questionRounds is how often each kind of page is asked for.
const questionRounds = 200

func (b *serverBench) questions() []question {
	number, text := b.columns[b.sheet.number], b.columns[b.sheet.unique]
	rows, n, t := physical(b.table), physicalColumn(number.ID), physicalColumn(text.ID)
	filter := func(c table.Column, op string, v any) string {
		f, _ := json.Marshal(map[string]any{"column": c.ID, "op": op, "value": v}) //nolint:errchkjson // of plain values
		return "/rows?limit=50&filter=" + url.QueryEscape(string(f))
	}
	none := func(int) []any { return nil }
	fixed := func(q string) func(int) string { return func(int) string { return q } }
	reference := func(i int) string { return b.sheet.of(i * 7919 % b.size) }
	search := func(i int) string {
		list := b.sheet.search(i * 7919 % b.size)
		return list[i%len(list)]
	}
	searched := "%gin (%||%"
	list := []question{
		{"first page", fixed("/rows?limit=50"), "SELECT * FROM " + rows + " ORDER BY id LIMIT 51", none, 4, 10, ""},
		{
			"deep page", fixed(fmt.Sprintf("/rows?limit=50&offset=%d", b.deep())),
			"SELECT * FROM " + rows + " WHERE id > $1 ORDER BY id LIMIT 51", nil, 4, 10, "",
		},
		{
			"sorted page", fixed("/rows?limit=50&sort=" + string(number.ID) + ":desc"),
			"SELECT * FROM " + rows + " WHERE " + n + " IS NOT NULL ORDER BY " + n + " DESC NULLS FIRST, id DESC LIMIT 51", none, 10, 30,
			"%btree (" + n + ", id)%",
		},
		{
			"filtered page", func(i int) string { return filter(number, "between", []int{i * 400, i*400 + 100}) },
			"SELECT * FROM " + rows + " WHERE " + n + " BETWEEN $1 AND $2 ORDER BY id LIMIT 51", func(i int) []any {
				return []any{i * 400, i*400 + 100}
			}, 10, 30, "%btree (" + n + ", id)%",
		},
		{
			"page of text that contains", func(i int) string { return filter(text, "contains", reference(i)) },
			"SELECT * FROM " + rows + " WHERE " + indexed + " ILIKE $1 ORDER BY id LIMIT 51",
			func(i int) []any { return []any{"%" + reference(i) + "%"} }, 40, 100, "%gin (%" + t + "%",
		},
		{
			"quick search", func(i int) string { return "/rows?limit=50&q=" + url.QueryEscape(search(i)) },
			"SELECT * FROM " + rows + " WHERE " + indexed + " ILIKE $1 ORDER BY id LIMIT 51",
			func(i int) []any { return []any{"%" + search(i) + "%"} }, 40, 100, searched,
		},
		{"count", fixed("/rows:count"), "SELECT row_count FROM rm_grid.tables WHERE table_id = '" + string(b.table) + "'", none, 5, 0, ""},
	}
	if is := b.sheet.is; is != nil {
		c := b.columns[is.column]
		list = append(list, question{
			fmt.Sprintf("page where %s is %s", is.column, is.value), fixed(filter(c, "is", is.value)),
			"SELECT * FROM " + rows + " WHERE " + physicalColumn(c.ID) + " = $1 ORDER BY id LIMIT 51", func(int) []any { return []any{is.value} }, 4,
			0, "",
		})
	}
	return list
}

// deep is the offset of the deep page.
func (b *serverBench) deep() int { return b.size * 9 / 10 } //nolint:mnd // near the end

func (b *serverBench) pages(ctx context.Context) ([]Ratio, error) {
	var deep [16]byte
	if err := b.pool.QueryRow(ctx, "SELECT id FROM "+physical(b.table)+" ORDER BY id OFFSET $1 LIMIT 1", b.deep()-1).Scan(&deep); err != nil {
		return nil, fmt.Errorf("find the row before the deep page: %w", err)
	}
	var out []Ratio
	first, err := b.firstSearch(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, first)
	for _, q := range b.questions() {
		if q.args == nil {
			q.args = func(int) []any { return []any{deep} }
		}
		if err := b.get(ctx, b.path(q.query(0)), nil); err != nil {
			return out, err
		}
		if q.index != "" {
			over, err := b.awaitIndex(ctx, q.index)
			if err != nil {
				return out, err
			}
			q.sql = strings.ReplaceAll(q.sql, indexed, over)
			if err := b.login(ctx); err != nil { // on a big table that took minutes
				return out, err
			}
		}
		ours, sql, err := b.interleave(ctx, questionRounds, func(i int) error {
			return b.get(ctx, b.path(q.query(i)), nil)
		}, func(i int) error { return b.query(ctx, q.sql, q.args(i)) })
		if err != nil {
			return out, err
		}
		if b.size > usualRows {
			q.p50, q.p95 = 0, 100
		}
		out = append(out, latencies(q.name, ours, sql, q.p50, q.p95, "limit: the same rows by SQL")...)
	}
	return out, nil
}

// indexed stands in a question's SQL for the expression that its index is over.
const indexed = "{indexed}"

// indexWithin is how long an index of a table of usual size may take to build, on a machine that is busy elsewhere.
const indexWithin = 5 * time.Minute

// awaitIndex waits for the index that a page has made the server want, and returns the expression that it is over.
func (b *serverBench) awaitIndex(ctx context.Context, definition string) (expression string, err error) {
	ctx, cancel := context.WithTimeout(ctx, indexWithin*time.Duration(max(1, b.size/usualRows)))
	defer cancel()
	for {
		err := b.pool.QueryRow(ctx, `SELECT coalesce(pg_get_expr(indexprs, indrelid), '') FROM pg_index
WHERE indrelid = to_regclass($1) AND indisvalid AND pg_get_indexdef(indexrelid) LIKE $2 ORDER BY length(pg_get_indexdef(indexrelid))
LIMIT 1`, physical(b.table), definition).Scan(&expression)
		if !errors.Is(err, pgx.ErrNoRows) {
			return expression, err
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("wait for the index %s: %w", definition, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// query runs SQL and reads its rows.
func (b *serverBench) query(ctx context.Context, sql string, args []any) error {
	rows, err := b.pool.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
		rows.RawValues()
	}
	rows.Close()
	return rows.Err()
}

// interleave times two things by turns, after a few calls of each that don't count.
func (b *serverBench) interleave(ctx context.Context, n int, one, other func(i int) error) (ones, others []time.Duration, err error) {
	const warm = 10
	for i := range n + warm {
		a, err := timed(one, i)
		if err != nil {
			return nil, nil, err
		}
		z, err := timed(other, i)
		if err != nil {
			return nil, nil, err
		}
		if i >= warm {
			ones, others = append(ones, a), append(others, z)
		}
	}
	slices.Sort(ones)
	slices.Sort(others)
	return ones, others, ctx.Err()
}

func timed(fn func(int) error, i int) (time.Duration, error) {
	start := time.Now()
	err := fn(i)
	return time.Since(start), err
}

// latencies makes two figures, the median and the 95th percentile, of sorted times.
func latencies(name string, ours, limit []time.Duration, p50, p95 float64, note string) []Ratio {
	at := func(d []time.Duration, percent int) float64 {
		return float64(d[min(len(d)-1, len(d)*percent/100)].Microseconds()) / 1000
	}
	figure := func(what string, percent int, bar float64) Ratio {
		v, l := at(ours, percent), at(limit, percent)
		return Ratio{Name: name + ", " + what, Value: v, Limit: l, Ratio: v / l, Unit: "ms", AtMost: bar, Note: note}
	}
	out := []Ratio{figure("p50", 50, p50)}
	if p95 > 0 {
		out = append(out, figure("p95", 95, p95))
	}
	return out
}

// edit sets a cell and returns the position of the edit.
func (b *serverBench) edit(ctx context.Context, row kernel.RowID, value string) (int64, error) {
	return b.send(ctx, http.MethodPatch, b.path("/cells"), map[string]any{
		"edits": []map[string]any{{"row_id": row, "column_id": b.columns[b.sheet.edited].ID, "value": value}},
	}, nil)
}

// copied makes a copy of the table's rows for the limits, so that the read model itself is changed by its projection only.
func (b *serverBench) copied(ctx context.Context) error {
	_, err := b.pool.Exec(ctx, `DROP TABLE IF EXISTS bench_copied; CREATE TABLE bench_copied (LIKE `+physical(b.table)+` INCLUDING ALL);
INSERT INTO bench_copied SELECT * FROM `+physical(b.table))
	if err != nil {
		return fmt.Errorf("copy the rows: %w", err)
	}
	return nil
}

func (b *serverBench) update(ctx context.Context, row kernel.RowID, value string) error {
	key, err := row.Key()
	if err != nil {
		return err
	}
	_, err = b.pool.Exec(ctx, "UPDATE bench_copied SET "+physicalColumn(b.columns[b.sheet.edited].ID)+" = $1 WHERE id = $2", value,
		[16]byte(key))
	return err
}

func (b *serverBench) edits(ctx context.Context) ([]Ratio, error) {
	if err := b.copied(ctx); err != nil {
		return nil, err
	}
	ours, sql, err := b.interleave(ctx, questionRounds, func(i int) error {
		_, err := b.edit(ctx, b.rows[i], fmt.Sprint("City ", i))
		return err
	}, func(i int) error { return b.update(ctx, b.rows[i], fmt.Sprint("City ", i)) })
	if err != nil {
		return nil, err
	}
	return latencies("edit of one cell", ours, sql, 6, 15, "limit: an UPDATE of one row, committed"), nil
}

// editors is how many clients edit at once.
const editors = 32

func (b *serverBench) manyEdits(ctx context.Context) ([]Ratio, error) {
	r, err := b.pair(ctx, Ratio{
		Name: "edits by 32 clients", Unit: "edits/s", AtLeast: 1500, Note: "limit: single-row UPDATEs from 32 connections",
	},
		func(ctx context.Context) (float64, error) {
			return b.each(ctx, func(row kernel.RowID, value string) error {
				_, err := b.edit(ctx, row, value)
				return err
			})
		},
		func(ctx context.Context) (float64, error) {
			return b.each(ctx, func(row kernel.RowID, value string) error { return b.update(ctx, row, value) })
		})
	if err != nil {
		return nil, err
	}
	start := time.Now()
	position, err := b.edit(ctx, b.rows[0], "the last")
	if err != nil {
		return nil, err
	}
	if err := b.get(ctx, b.path(fmt.Sprintf("/rows?limit=1&min_position=%d", position)), nil); err != nil {
		return nil, err
	}
	lag := float64(time.Since(start).Microseconds()) / 1000
	return []Ratio{r, {
		Name: "grid behind after them", Value: lag, Limit: 2000, Ratio: lag / 2000, Unit: "ms", AtMost: 2000,
		Note: "an edit and its row read back",
	}}, nil
}

// each has every client edit rows of its own.
func (b *serverBench) each(ctx context.Context, fn func(row kernel.RowID, value string) error) (float64, error) {
	return b.parallel(ctx, editors, func(client int) (func() error, error) {
		i := 0
		return func() error {
			i++
			return fn(b.rows[(client*len(b.rows)/editors+i)%len(b.rows)], fmt.Sprint("City ", i))
		}, nil
	})
}
