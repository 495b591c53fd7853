//go:build fault

package systemtest_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

const watchEvery = 5 * againAfter

// awaited polls what the path tells until it is as wanted.
func awaited[T any](ctx context.Context, p *steady, path string, want func(T) bool) (T, error) {
	for {
		got, err := insisted[T](ctx, p, http.StatusOK, http.MethodGet, path, nil)
		if err != nil || want(got) {
			return got, err
		}
		if err := pause(ctx, watchEvery); err != nil {
			return got, fmt.Errorf("%s is %+v: %w", path, got, err)
		}
	}
}

// importer imports files into tables of their own, and takes some of them back.
type importer struct {
	*steady
	all []imported
}

// imported is a file that was imported, and how many of its records are rows now.
type imported struct {
	id, table string
	records   int
	rows      int64
}

func (i *importer) work(ctx context.Context, enough <-chan struct{}) error {
	for {
		select {
		case <-enough:
			return nil
		default:
		}
		if err := i.one(ctx); err != nil {
			return err
		}
	}
}

// one imports a file, each request with a key, and requires that it is in the table wholly and once.
func (i *importer) one(ctx context.Context) error {
	n := 20 + i.rng.IntN(badEvery*3/2)
	up, err := insisted[importInfo](ctx, i.steady, http.StatusCreated, http.MethodPost, "/imports?filename=people.csv", file(n), "Content-Type", "text/csv", "Idempotency-Key", i.key())
	if err != nil {
		return err
	}
	mapping := []any{}
	for c, name := range []string{"Key", "Number", "First"} {
		typ := "text"
		if name == "Number" {
			typ = "number"
		}
		mapping = append(mapping, map[string]any{"index": c, "new_column": map[string]any{"name": name, "type": typ}})
	}
	commit := map[string]any{"new_table": map[string]any{"name": "People"}, "header": true, "mapping": mapping}
	if _, err := i.insist(ctx, http.StatusOK, http.MethodPost, "/imports/"+up.ID+"/commit", commit, "Idempotency-Key", i.key()); err != nil {
		return err
	}
	done, err := awaited(ctx, i.steady, "/imports/"+up.ID, func(n importInfo) bool { return n.State != "importing" && n.State != "previewed" })
	if err != nil {
		return err
	}
	it := imported{id: up.ID, table: done.TableID, records: n, rows: int64(n - n/badEvery)}
	if done.Counts.Imported != it.rows || done.Counts.Failed != int64(n/badEvery) || done.State != map[bool]string{true: "completed", false: "partially_completed"}[n < badEvery] {
		return fmt.Errorf("the import of %d records ended as %+v", n, done)
	}
	i.all = append(i.all, it)
	if err := i.whole(ctx, it); err != nil || i.rng.IntN(2) == 0 {
		return err
	}
	return i.back(ctx, &i.all[len(i.all)-1])
}

// back takes the import back.
func (i *importer) back(ctx context.Context, it *imported) error {
	if _, err := i.insist(ctx, http.StatusOK, http.MethodPost, "/imports/"+it.id+"/undo", nil, "Idempotency-Key", i.key()); err != nil {
		return err
	}
	end, err := awaited(ctx, i.steady, "/imports/"+it.id, func(n importInfo) bool { return n.State == "undone" })
	if err != nil {
		return err
	}
	if end.Undo.Removed != it.rows || end.Undo.Kept != 0 {
		return fmt.Errorf("the undo of an import of %d rows removed %+v", it.rows, end.Undo)
	}
	it.rows = 0
	if _, err := awaited(ctx, i.steady, "/tables/"+it.table+"/rows:count", func(n struct{ Count int64 }) bool { return n.Count == 0 }); err != nil {
		return err
	}
	return i.whole(ctx, *it)
}

// whole requires that the table of the import has each of its good records once.
func (i *importer) whole(ctx context.Context, it imported) error {
	if _, err := awaited(ctx, i.steady, "/tables/"+it.table+"/rows:count", func(n struct{ Count int64 }) bool { return n.Count >= it.rows }); err != nil {
		return err
	}
	lines, err := i.lines(ctx, it.table)
	if err != nil {
		return err
	}
	if int64(len(lines)) != it.rows {
		return fmt.Errorf("the table %s of the import %s has %d rows, should have %d", it.table, it.id, len(lines), it.rows)
	}
	seen := map[string]bool{}
	for _, l := range lines {
		n, err := strconv.Atoi(strings.TrimPrefix(l[0], "key-"))
		if err != nil || n < 1 || n > it.records || n%badEvery == 0 || l[1] != strconv.Itoa(n*7) || seen[l[0]] {
			return fmt.Errorf("the table %s of the import %s has %q, which was not in the file, or twice", it.table, it.id, l)
		}
		seen[l[0]] = true
	}
	return nil
}

// lines are the table's rows as a CSV file has them. A file that was cut off is asked for again.
func (i *importer) lines(ctx context.Context, table string) ([][]string, error) {
	r, err := i.insist(ctx, http.StatusOK, http.MethodGet, "/tables/"+table+"/export", nil)
	if err != nil {
		return nil, err
	}
	all, err := csv.NewReader(bytes.NewReader(r.Raw)).ReadAll()
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("the file of the table %s: %w: %.300s", table, err, r.Raw)
	}
	return all[1:], nil
}
