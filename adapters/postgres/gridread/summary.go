package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Summary tells what the values of a column come to in the rows that the query selects.
func (g *Grid) Summary(ctx context.Context, info gridview.Info, q gridview.Query, c table.Column) (gridview.ColumnSummary, error) {
	p, err := g.plan(ctx, info, gridview.Query{Filter: q.Filter, Search: q.Search})
	if err != nil {
		return gridview.ColumnSummary{}, err
	}
	g.want(p)
	s := summing{grid: g, plan: p, column: c}
	if err := s.totals(ctx); err != nil {
		return gridview.ColumnSummary{}, err
	}
	switch {
	case s.out.Filled == 0, c.Type == table.RowIDType: // each id is there once
		return s.out, nil
	case s.ordered():
		err = s.histogram(ctx)
	default:
		err = s.top(ctx)
	}
	return s.out, err
}

// summing makes one summary.
type summing struct {
	grid   *Grid
	plan   *plan
	column table.Column
	out    gridview.ColumnSummary

	low, high string // as Postgres writes them
}

// ordered reports whether the column's values have a middle.
func (s *summing) ordered() bool { return s.column.Type.Numeric() || s.moment() != "" }

func (s *summing) moment() string { return momentOf(s.column) }

// momentOf is the expression of a column of dates as a date or timestamp; "" for another column.
func momentOf(c table.Column) string {
	switch c.Type {
	case table.Date:
		return column(c.ID)
	case table.DateTime:
		return fmt.Sprintf("left(%s, %d)::timestamptz", column(c.ID), utcWidth)
	case table.CreatedAt:
		return "_created"
	case table.UpdatedAt:
		return "_updated"
	default:
		return ""
	}
}

// value is the expression of the column's value; it is null where there is none.
func (s *summing) value() string {
	if sqlType(s.column.Type) != "" {
		return column(s.column.ID)
	}
	expr, _ := sortKey(s.column)
	return expr
}

// totals counts in one pass; different values in another, by a hash of them instead of an order.
func (s *summing) totals(ctx context.Context) error {
	var a args
	from, err := s.plan.from(&a)
	if err != nil {
		return err
	}
	value := s.value()
	numbers := "NULL, NULL, NULL, NULL"
	switch {
	case s.column.Type.Numeric():
		numbers = fmt.Sprintf("trim_scale(sum(%[1]s))::text, trim_scale(round(avg(%[1]s), 6))::text, min(%[1]s)::text, max(%[1]s)::text", value)
	case s.moment() != "":
		numbers = fmt.Sprintf("NULL, NULL, extract(epoch FROM min(%[1]s))::text, extract(epoch FROM max(%[1]s))::text", s.moment())
	}
	key, _ := sortKey(s.column)
	sql := fmt.Sprintf(`SELECT count(*), count(%s), (SELECT count(*) FROM (SELECT FROM %s AND %s IS NOT NULL GROUP BY %s) d), %s FROM %s`,
		value, from, value, key, numbers, from)
	var sum, average, low, high *string
	row := s.grid.db.QueryRow(ctx, sql, a.list...)
	if err := row.Scan(&s.out.Rows, &s.out.Filled, &s.out.Distinct, &sum, &average, &low, &high); err != nil {
		return fmt.Errorf("sum a column up: %w", err)
	}
	if sum != nil {
		s.out.Sum, s.out.Average = *sum, *average
	}
	if low != nil {
		s.low, s.high = *low, *high
		s.out.Min, s.out.Max = s.edge(*low), s.edge(*high)
	}
	return nil
}

// edge is a number or the seconds of a moment as the API writes the column's values.
func (s *summing) edge(stored string) json.RawMessage {
	if s.column.Type.Numeric() {
		return table.AppendNumber(nil, stored)
	}
	seconds, err := strconv.ParseFloat(stored, 64)
	if err != nil {
		return table.AppendQuoted(nil, stored)
	}
	at := time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC()
	if s.column.Type == table.Date {
		return table.AppendQuoted(nil, at.Format(time.DateOnly))
	}
	return table.AppendQuoted(nil, table.FormatMoment(at))
}

// histogram counts in ranges of equal width. The widths are Postgres' own, so that a value is counted where its range says.
func (s *summing) histogram(ctx context.Context) error {
	if s.low == s.high {
		return nil
	}
	var a args
	low, high := a.add(s.low)+"::text::numeric", a.add(s.high)+"::text::numeric"
	from, err := s.plan.from(&a)
	if err != nil {
		return err
	}
	value := s.value()
	if m := s.moment(); m != "" {
		value = "extract(epoch FROM " + m + ")"
	}
	sql := fmt.Sprintf(`WITH b AS (SELECT least(width_bucket(%[1]s, %[2]s, %[3]s, %[4]d), %[4]d) AS n, count(*) AS c FROM %[5]s
		AND %[6]s IS NOT NULL GROUP BY 1)
SELECT trim_scale(%[2]s + (%[3]s - %[2]s) * (g - 1) / %[4]d)::text, coalesce(b.c, 0) FROM generate_series(1, %[4]d) g LEFT JOIN b ON b.n = g
ORDER BY g`,
		value, low, high, gridview.SummaryBuckets, from, s.value())
	rows, err := s.grid.db.Query(ctx, sql, a.list...)
	if err != nil {
		return fmt.Errorf("make a histogram: %w", err)
	}
	s.out.Histogram, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (b gridview.Bucket, err error) {
		var start string
		err = row.Scan(&start, &b.Count)
		b.From = s.edge(start)
		return b, err
	})
	if err != nil {
		return fmt.Errorf("make a histogram: %w", err)
	}
	return nil
}

// top lists the most frequent values; of a column with several values in a cell, each value by itself.
func (s *summing) top(ctx context.Context) error {
	var a args
	from, err := s.plan.from(&a)
	if err != nil {
		return err
	}
	value, as := s.value(), s.column.Type
	source := fmt.Sprintf("SELECT left(%s, %d) AS v FROM %s AND %s IS NOT NULL", asText(value), keyChars, from, value)
	if as == table.MultiSelect {
		source, as = fmt.Sprintf("SELECT jsonb_array_elements_text(%s) AS v FROM %s AND %s IS NOT NULL", value, from, value), table.Text
	}
	if as == table.JSON { // a document cut short is none
		as = table.Text
	}
	sql := fmt.Sprintf(`SELECT v, count(*) FROM (%s) s GROUP BY v ORDER BY count(*) DESC, v LIMIT %d`, source, gridview.SummaryValues)
	rows, err := s.grid.db.Query(ctx, sql, a.list...)
	if err != nil {
		return fmt.Errorf("find the most frequent values: %w", err)
	}
	s.out.Top, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (v gridview.ValueCount, err error) {
		var stored string
		err = row.Scan(&stored, &v.Count)
		v.Value = appendValue(nil, as, []byte(stored))
		return v, err
	})
	if err != nil {
		return fmt.Errorf("find the most frequent values: %w", err)
	}
	return nil
}
