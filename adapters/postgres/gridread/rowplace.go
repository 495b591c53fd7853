package gridread

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/gridview"
)

// CountBefore returns how many of the rows that a query selects come before one of them in its order, with its groups: the row's place.
// selected is false for a row that is none of them.
func (g *Grid) CountBefore(
	ctx context.Context, info gridview.Info, q gridview.Query, row kernel.RowID,
) (n int64, selected bool, err error) {
	key, err := row.Key()
	if err != nil {
		return 0, false, kernel.Invalid("before", "is not the id of a row")
	}
	p, err := g.plan(ctx, info, gridview.Query{Filter: q.Filter, Search: q.Search, Groups: q.Groups, Sort: q.Sort})
	if err != nil {
		return 0, false, err
	}
	at, err := g.placeOf(ctx, p, key)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find a row's place: %w", err)
	}
	var a args
	sql, err := p.beforeSQL(at, &a)
	if err != nil {
		return 0, false, err
	}
	if err := g.db.QueryRow(ctx, sql, a.list...).Scan(&n); err != nil {
		return 0, false, fmt.Errorf("find a row's place: %w", err)
	}
	return n, true, nil
}

// placeOf reads by what the row stands where it does.
func (g *Grid) placeOf(ctx context.Context, p *plan, key kernel.RowKey) (*place, error) {
	var a args
	from, err := p.from(&a)
	if err != nil {
		return nil, err
	}
	at := &place{Row: hex.EncodeToString(key[:]), Keys: make([]*string, len(p.keys))}
	exprs, into := []string{"true"}, []any{new(bool)}
	for i, k := range p.keys {
		exprs, into = append(exprs, asText(k.expr)), append(into, &at.Keys[i])
	}
	sql := "SELECT " + strings.Join(exprs, ", ") + " FROM " + from + " AND id = " + a.add([16]byte(key)) + "::uuid"
	return at, g.db.QueryRow(ctx, sql, a.list...).Scan(into...)
}

// beforeSQL counts what does not come after the place. Where nothing is sorted the ids alone say it, and an index.
func (p *plan) beforeSQL(at *place, a *args) (string, error) {
	from, err := p.from(a)
	if err != nil {
		return "", err
	}
	if len(p.keys) == 0 {
		return "SELECT count(*) FROM " + from + " AND id < " + a.add(at.Row) + "::uuid", nil
	}
	after := []string{p.after(at, at.phase(), a)}
	if at.phase() == values {
		after = append(after, p.inPhase(nulls))
	}
	return fmt.Sprintf("SELECT count(*) - 1 - count(*) FILTER (WHERE %s) FROM %s", "("+strings.Join(after, ") OR (")+")", from), nil
}
