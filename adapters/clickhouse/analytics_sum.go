package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/sidestore"
)

// errSwapped says that an answer broke off because the copy was swapped while it was read.
var errSwapped = ErrUnavailable.Because(errors.New("the read model was replaced while it was being read"))

// Sum implements analyticsview.Store.
func (a *Analytics) Sum(ctx context.Context, q analyticsview.Query, fn func(analyticsview.Row) error) error {
	sql, where, err := sumSQL(q)
	if err != nil {
		return err
	}
	told := false
	err = a.reader.Read(ctx, analyticsview.NameClickHouse, func(ctx context.Context, c sidestore.Copy) error {
		if told { // the caller has had a part of the copy before, and must not have it again
			return errSwapped
		}
		rows, err := a.engine.client.conn.Query(ctx, strings.ReplaceAll(a.engine.sql(c, sql), condition, where))
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			row, err := scan(rows.Scan, len(q.By))
			if err != nil {
				return err
			}
			told = true
			if err := fn(row); err != nil {
				return err
			}
		}
		return rows.Err()
	})
	return readError(err)
}

func scan(into func(...any) error, dims int) (analyticsview.Row, error) {
	row := analyticsview.Row{Dims: make([]string, dims)}
	var bucket uint32
	to := []any{&bucket}
	for i := range row.Dims {
		to = append(to, &row.Dims[i])
	}
	err := into(append(to, row.Pointers()...)...)
	row.Bucket = time.Unix(int64(bucket), 0).UTC()
	return row, err
}

// condition stands for the condition in a statement until the tables' names are in: the texts in it may look like anything.
const condition = "{condition}"

// sumSQL makes the statement and its condition. Names come from the fixed lists of the cube; texts are quoted.
func sumSQL(q analyticsview.Query) (sql, where string, err error) {
	edges := make([]string, len(q.Buckets)-1)
	for i := range edges {
		edges[i] = strconv.FormatInt(q.Buckets[i].Unix(), 10)
	}
	bucket := "toUInt32(" + edges[0] + ")"
	if len(edges) > 1 {
		bucket = "toUInt32(roundDown(toUnixTimestamp(quarter), [" + strings.Join(edges, ",") + "]))"
	}
	conditions := []string{fmt.Sprintf(
		"workspace_id = %s AND kind = %s AND quarter >= toDateTime(%d, 'UTC') AND quarter < toDateTime(%d, 'UTC')",
		text(string(q.Workspace)), text(string(q.Kind)), q.From().Unix(), q.To().Unix())}
	for _, d := range slices.Sorted(maps.Keys(q.Where)) {
		if !slices.Contains(analyticsview.Dims(), d) {
			return "", "", fmt.Errorf("there is no dim %q", d)
		}
		conditions = append(conditions, string(d)+" = "+text(q.Where[d]))
	}
	groups := []string{"bucket"}
	for _, d := range q.By {
		groups = append(groups, string(d))
	}
	by := strings.Join(groups, ", ")
	return cubeWith + "SELECT " + bucket + " AS " + by + sums() + " FROM (" + cubeRows(condition) + ") GROUP BY " + by + " ORDER BY " + by,
		strings.Join(conditions, " AND "), nil
}
