package gridread

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// index is an index that a query would use. Its name says what it is over, so that two of one name are the same.
type index struct {
	table   kernel.TableID
	name    string
	on      string // the end of CREATE INDEX … ON <rows>
	trigram bool
}

const (
	// indexFrom is the size from which a table gets indexes: below it a scan takes a few milliseconds.
	indexFrom = 5_000
	// minTrigram is the shortest text within text that an index helps to find.
	minTrigram = 3
)

// Kinds of indexes, as their names begin.
const (
	kindOrder  = "b_" // a btree over a column's sort key and the row id
	kindWithin = "g_" // the trigrams of one column, for text within text
	kindSearch = "q_" // the trigrams of all text columns together, for the quick search
)

func orderIndex(id kernel.TableID, c table.Column) (index, bool) {
	expr, _ := sortKey(c)
	return index{table: id, name: kindOrder + short(string(c.ID)), on: "((" + expr + "), id)"}, c.Type != table.RowIDType
}

func withinIndex(id kernel.TableID, c table.Column) index {
	return index{
		table:   id,
		name:    kindWithin + short(string(c.ID)),
		on:      "USING gin (" + foldedText(c.ID) + " public.gin_trgm_ops)",
		trigram: true,
	}
}

func searchIndex(id kernel.TableID, cols []table.Column) index {
	expr := joined(cols)
	sum := sha256.Sum256([]byte(expr))
	return index{
		table:   id,
		name:    kindSearch + hex.EncodeToString(sum[:8]),
		on:      "USING gin ((" + expr + ") public.gin_trgm_ops)",
		trigram: true,
	}
}

// indexOf is the index that finds the rows which meet the condition.
func indexOf(id kernel.TableID, c table.Condition) (index, bool) {
	switch c.Op {
	case table.Contains, table.ContainsAny, table.EndsWith:
		tooShort := slices.ContainsFunc(c.Values, func(v json.RawMessage) bool {
			s, _ := table.TextOf(v)
			return len([]rune(kernel.Fold(s))) < minTrigram
		})
		return withinIndex(id, c.Column), c.Column.Type.Textual() && !tooShort
	case table.Is, table.StartsWith, table.Less, table.LessEq, table.Greater, table.GreaterEq, table.Between, table.In, table.InPeriod:
		if c.Column.Type == table.MultiSelect {
			return index{}, false
		}
		return orderIndex(id, c.Column)
	default: // no index serves these
		return index{}, false
	}
}

// orderIndex is the index that has the rows in the plan's order; false when the order needs none.
func (p *plan) orderIndex() (index, bool) {
	if len(p.keys) == 0 || p.keys[0].unit != "" {
		return index{}, false
	}
	return orderIndex(p.info.ID, p.keys[0].column)
}

// searchIndex is the index that finds the rows which hold the text searched for.
func (p *plan) searchIndex() (index, bool) {
	cols := textColumns(p.info.Schema)
	if len([]rune(kernel.Fold(p.query.Search))) < minTrigram || strings.Contains(p.query.Search, joint) || len(cols) == 0 {
		return index{}, false
	}
	return searchIndex(p.info.ID, cols), true
}

// want offers the indexes that a plan would use to the indexer. It never waits.
func (g *Grid) want(p *plan) {
	if p.info.RowCount < indexFrom {
		return
	}
	for _, find := range []func() (index, bool){p.orderIndex, p.searchIndex} {
		if x, ok := find(); ok {
			g.offer(x)
		}
	}
	for _, c := range p.query.Filter.Conditions() {
		if x, ok := indexOf(p.info.ID, c); ok {
			g.offer(x)
		}
	}
}

func (g *Grid) offer(x index) {
	select {
	case g.wanted <- x: // never, if there is no indexer
	default: // busy: the next query will ask again
	}
}

const indexesQuery = `SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass($1) AND c.relname ~ '^[bgq]_'`

// indexesOf lists a table's indexes, true for those that are ready.
func indexesOf(ctx context.Context, q querier, id kernel.TableID) (map[string]bool, error) {
	rows, err := q.Query(ctx, indexesQuery, "rm_grid."+liveRows(id))
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	out := map[string]bool{}
	var name string
	var valid bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &valid}, func() error { out[name] = valid; return nil }); err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	return out, nil
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// A process looks after indexesFresh which indexes a table has; one that is gone or new meanwhile costs time only.
const indexesFresh, maxIndexed = 5 * time.Second, 1_000

// reaches says how the plan's rows are best found (see reach): when an index finds those that meet the conditions, Postgres
// must not be left to choose between it and the order, since it takes the matching rows to lie evenly in the order.
func (g *Grid) reaches(ctx context.Context, p *plan) ([]reach, error) {
	if p.info.RowCount < indexFrom || p.query.Filter.All() && p.query.Search == "" {
		return []reach{whole}, nil
	}
	there, err := g.indexes.Get(ctx, p.info.ID, func(ctx context.Context) (map[string]bool, error) { return indexesOf(ctx, g.db, p.info.ID) })
	if err != nil {
		return nil, err
	}
	search, ok := p.searchIndex()
	if found := ok && there[search.name] || served(p.info.ID, p.query.Filter, there); !found {
		return []reach{whole}, nil
	}
	if order, sorted := p.orderIndex(); sorted && !there[order.name] {
		return []reach{matching}, nil
	}
	return []reach{nearest, near, matching}, nil
}

// served reports whether indexes find the rows that meet the filter.
func served(id kernel.TableID, f table.Filter, there map[string]bool) bool {
	if f.Cond != nil {
		x, ok := indexOf(id, *f.Cond)
		return ok && there[x.name]
	}
	for _, part := range f.And {
		if served(id, part, there) {
			return true
		}
	}
	for _, part := range f.Or {
		if !served(id, part, there) {
			return false
		}
	}
	return len(f.Or) > 0
}
