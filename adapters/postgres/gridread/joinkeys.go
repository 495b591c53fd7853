package gridread

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// JoinKeys is MatchKeys for thousands of keys at once: Postgres may read the table once and hash it, which beats looking
// each key up when there is no index.
func (g *Grid) JoinKeys(ctx context.Context, s table.Schema, cols []kernel.ColumnID, keys [][]json.RawMessage) ([][]kernel.RowID, error) {
	var a args
	var on, names, arrays []string
	for k, id := range cols {
		c, ok := s.Column(id)
		if !ok || sqlType(c.Type) == "" {
			return nil, fmt.Errorf("there is no column %s", id)
		}
		list := make([]json.RawMessage, len(keys))
		for i := range keys {
			list[i] = keys[i][k]
		}
		values, err := encodeAll(c.Type, list)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, a.add(values)+"::text[]")
		names = append(names, fmt.Sprintf("k%d", k))
		if foldsText(c.Type) {
			arrays = append(arrays, a.add(foldedKeys(list))+"::text[]")
			names = append(names, fmt.Sprintf("f%d", k))
		}
		on = append(on, fmt.Sprintf("t.%s = v.k%d::%s", column(id), k, castOf(c.Type)))
		if foldsText(c.Type) { // the sort index finds the candidates
			expr, _ := sortKey(c)
			on = append(on, fmt.Sprintf("%s = v.f%d", expr, k))
		}
		if x, ok := orderIndex(s.Table, c); ok {
			g.offer(x)
		}
	}
	sql := fmt.Sprintf(`SELECT v.i, min(t.id::text)::uuid, nullif(max(t.id::text), min(t.id::text))::uuid
		FROM unnest(%s) WITH ORDINALITY AS v(%s, i) JOIN rm_grid.%s t ON %s WHERE %s GROUP BY v.i`,
		strings.Join(arrays, ", "), strings.Join(names, ", "), liveRows(s.Table), strings.Join(on, " AND "), registered(s.Table))
	res, err := g.db.Query(ctx, sql, a.list...)
	if err != nil {
		return nil, fmt.Errorf("find rows by key: %w", err)
	}
	out := make([][]kernel.RowID, len(keys))
	var i int64
	var first [16]byte
	var second *[16]byte
	if _, err := pgx.ForEachRow(res, []any{&i, &first, &second}, func() error {
		out[i-1] = append(out[i-1], kernel.RowKey(first).RowID())
		if second != nil {
			out[i-1] = append(out[i-1], kernel.RowKey(*second).RowID())
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("find rows by key: %w", err)
	}
	return out, nil
}
