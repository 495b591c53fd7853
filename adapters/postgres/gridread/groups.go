package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore/cached"
	"github.com/morket/morket/projections/gridview"
)

// groupKey is the level of an order that lays the rows of a group together. Of dates it is the group's first day.
func groupKey(c table.Column, g table.Group, zone *time.Location) planKey {
	k := planKey{column: c, desc: g.Dir == table.Descending}
	if !c.Type.Dated() {
		k.expr, k.cast = sortKey(c)
		return k
	}
	k.unit, k.cast = g.Unit, "date"
	if k.unit == "" {
		k.unit = table.ByDay
	}
	local := momentOf(c) // a date is the same in every zone
	if c.Type != table.Date {
		local = fmt.Sprintf("(%s AT TIME ZONE '%s')", local, strings.ReplaceAll(zone.String(), "'", "''"))
	}
	if k.unit == table.ByDay {
		k.expr = local + "::date"
	} else {
		k.expr = fmt.Sprintf("date_trunc('%s', %s::timestamp)::date", k.unit, local)
	}
	return k
}

// shown is the expression of the value that stands for a group.
func (k planKey) shown() (expr string, as table.Type) {
	switch {
	case k.unit != "":
		return k.expr, table.Date
	case sqlType(k.column.Type) == "": // who made or changed the row
		return k.expr, k.column.Type
	default:
		return column(k.column.ID), k.column.Type
	}
}

// Groups reads a window of the groups of a query's rows, with what the rows of each come to.
func (g *Grid) Groups(
	ctx context.Context, info gridview.Info, q gridview.Query, of []table.Aggregate, offset int64, limit int,
) (gridview.Groups, error) {
	out := gridview.Groups{Groups: []gridview.RowGroup{}}
	p, err := g.plan(ctx, info, gridview.Query{Filter: q.Filter, Search: q.Search, Groups: q.Groups})
	if err != nil || len(p.keys) == 0 {
		return out, err
	}
	g.want(p)
	key := fmt.Sprintf("%s %s %v %d %d", queryKey(p.query, info.Schema), p.now.Location(), of, offset, limit)
	if known, ok := g.groups.Get(key); ok && known.last == info.SettledAt() && known.last >= 0 && !relative(q) {
		return known.groups, nil
	}
	out, err = g.group(ctx, p, of, offset, limit)
	if err == nil {
		g.groups.Add(key, grouped{info.SettledAt(), out})
	}
	return out, err
}

// grouped is a window of groups as it was at a position; it is good until the table changes.
type grouped struct {
	last   int64
	groups gridview.Groups
}

// maxGrouped bounds how many windows are kept: they may have thousands of groups.
const maxGrouped = 50

func newGrouped() *lru.Cache[string, grouped] { return cached.New[string, grouped](maxGrouped) }

func (g *Grid) group(ctx context.Context, p *plan, of []table.Aggregate, offset int64, limit int) (gridview.Groups, error) {
	out := gridview.Groups{Groups: []gridview.RowGroup{}}
	x := grouping{plan: p, of: of}
	var a args
	sql, err := x.sql(&a, offset, limit)
	if err != nil {
		return out, err
	}
	rows, err := g.db.Query(ctx, sql, a.list...)
	if err != nil {
		return out, fmt.Errorf("group rows: %w", err)
	}
	out.Groups, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (gridview.RowGroup, error) { return x.read(row, &out.Total) })
	if err != nil {
		return out, fmt.Errorf("group rows: %w", err)
	}
	return out, nil
}

// grouping makes the statement of a grouping and reads its answer.
type grouping struct {
	plan *plan
	of   []table.Aggregate
}

// sql counts the innermost groups in one pass over the rows, which Postgres can do in parallel, and then the outer ones from those.
func (x grouping) sql(a *args, offset int64, limit int) (string, error) {
	from, err := x.plan.from(a)
	if err != nil {
		return "", err
	}
	var inner, outer, names, sets, order []string
	for i, k := range x.plan.keys {
		value, _ := k.shown()
		inner = append(inner, fmt.Sprintf("%s AS k%d", k.expr, i), fmt.Sprintf("min(%s) AS v%d", asText(value), i))
		names = append(names, fmt.Sprintf("k%d", i))
		sets = append(sets, "("+strings.Join(names, ", ")+")")
		dir := "ASC"
		if k.desc {
			dir = "DESC"
		}
		order = append(order, fmt.Sprintf("grouping(k%d) DESC, k%d %s NULLS LAST", i, i, dir))
	}
	inner = append(inner, "count(*) AS n")
	for i := range x.plan.keys {
		outer = append(outer, fmt.Sprintf("grouping(k%d)", i), fmt.Sprintf("min(v%d)", i))
	}
	for i, agg := range x.of {
		leaf, rest := aggregate(x.column(agg), agg.Of, i)
		inner, outer = append(inner, leaf...), append(outer, rest)
	}
	return fmt.Sprintf("WITH leaf AS (SELECT %s FROM %s GROUP BY %s) SELECT count(*) OVER (), sum(n)::bigint, %s FROM leaf GROUP BY "+
		"GROUPING SETS (%s) ORDER BY %s LIMIT %d OFFSET %d",
		strings.Join(inner, ", "), from, strings.Join(names, ", "), strings.Join(outer, ", "), strings.Join(sets, ", "),
		strings.Join(order, ", "), limit, offset), nil
}

func (x grouping) column(a table.Aggregate) table.Column {
	c, _ := x.plan.info.Schema.Column(a.Column)
	return c
}

// aggregate is what the i-th aggregate selects of the rows of an innermost group, and what of those makes it of any group, as text.
func aggregate(c table.Column, of table.AggregateFunc, i int) (leaf []string, rest string) {
	value := column(c.ID)
	if sqlType(c.Type) == "" {
		value, _ = sortKey(c)
	}
	a := func(expr string) string { return fmt.Sprintf("%s AS a%d", expr, i) }
	switch of {
	case table.Sum:
		return []string{a("sum(" + value + ")")}, fmt.Sprintf("trim_scale(sum(a%d))::text", i)
	case table.Average:
		return []string{a("sum(" + value + ")"), fmt.Sprintf("count(%s) AS c%d", value, i)},
			fmt.Sprintf("trim_scale(round(sum(a%d) / nullif(sum(c%d), 0), 6))::text", i, i)
	case table.Min, table.Max:
		return []string{a(fmt.Sprintf("%s(%s)", of, value))}, fmt.Sprintf("%s(a%d)::text", of, i)
	case table.Filled:
		return []string{a("count(" + value + ")")}, fmt.Sprintf("sum(a%d)::text", i)
	default:
		return []string{a("count(*) - count(" + value + ")")}, fmt.Sprintf("sum(a%d)::text", i)
	}
}

func (x grouping) read(row pgx.CollectableRow, total *int64) (gridview.RowGroup, error) {
	g := gridview.RowGroup{Aggregates: make([]json.RawMessage, len(x.of))}
	above := make([]int, len(x.plan.keys)) // 1 for a level that the group is above
	values, results := make([]*string, len(x.plan.keys)), make([]*string, len(x.of))
	into := []any{total, &g.Count}
	for i := range x.plan.keys {
		into = append(into, &above[i], &values[i])
	}
	for i := range x.of {
		into = append(into, &results[i])
	}
	if err := row.Scan(into...); err != nil {
		return g, err
	}
	g.Level = len(above) - 1
	if i := slices.Index(above, 1); i >= 0 {
		g.Level = i - 1
	}
	_, as := x.plan.keys[g.Level].shown()
	g.Value = written(as, values[g.Level])
	for i, agg := range x.of {
		as := x.column(agg).Type
		if agg.Of == table.Filled || agg.Of == table.Unset {
			as = table.Number
		}
		g.Aggregates[i] = written(as, results[i])
	}
	return g, nil
}

// written is a stored value, or none, as the API writes it.
func written(as table.Type, stored *string) json.RawMessage {
	if stored == nil {
		return json.RawMessage("null")
	}
	return appendValue(nil, as, []byte(*stored))
}
