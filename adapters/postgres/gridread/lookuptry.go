package gridread

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// How much a lookup is tried on: the table's first rows, whose keys are looked for in so many rows of the other table.
const (
	triedRows = 50
	triedInto = 200_000
	triedKept = 1_000 // rows with the key of the one row that are taken of
)

// TryLookup tells what a lookup column, whose references are checked, would make of the table's first rows and of one row, which may be
// empty. The keys of a lookup that is only tried are not kept, so the other table is read from its beginning.
func (g *Grid) TryLookup(ctx context.Context, info gridview.Info, c table.Column, row kernel.RowID) (gridview.TriedLookup, error) {
	out := gridview.TriedLookup{Made: table.Computed{Value: kernel.Null()}}
	in, err := g.Structure(ctx, info.Schema.Workspace, c.Lookup.Table)
	if err != nil {
		return out, err
	}
	var one [16]byte
	if row != "" {
		if one, err = row.Key(); err != nil {
			return out, err
		}
	}
	keys, err := g.triedKeys(ctx, info, c.Lookup, one)
	if err != nil {
		return out, err
	}
	of, hasKey := keys[theOne]
	t := &tried{wanted: map[table.Key]bool{}, of: of}
	for _, key := range keys {
		t.wanted[key] = false
	}
	if out.Through, err = g.look(ctx, in, c.Lookup, t); err != nil {
		return out, err
	}
	delete(keys, theOne)
	for _, key := range keys {
		out.Rows++
		if t.wanted[key] {
			out.Matched++
		}
	}
	if !hasKey {
		return out, nil
	}
	value := valueOf(in, c.Lookup)
	sql := takeSQL(c.Lookup, value, "(SELECT * FROM unnest($2::uuid[], $3::uuid[]) AS u(key, id))",
		fmt.Sprintf("(SELECT * FROM rm_grid.%s WHERE %s)", liveRows(c.Lookup.Table), registered(c.Lookup.Table)))
	made := map[table.Key]table.Computed{}
	err = takeInto(ctx, g.db, made, c, value, sql, [][16]byte{t.of}, t.owners(), t.rows)
	if m, ok := made[t.of]; ok {
		out.Made = m
	}
	return out, err
}

// tried are the keys of which is asked whether they are found, and the rows that have one of them.
type tried struct {
	wanted map[table.Key]bool
	of     table.Key
	rows   [][16]byte
}

// owners are the key of the one row, once for each row that has it.
func (t *tried) owners() [][16]byte {
	out := make([][16]byte, len(t.rows))
	for i := range out {
		out[i] = t.of
	}
	return out
}

// theOne is the place of the one row's key among those of the others.
var theOne [16]byte //nolint:gochecknoglobals // a constant

// triedKeys are the keys of the table's first rows by their ids, and of the one row under theOne.
func (g *Grid) triedKeys(ctx context.Context, info gridview.Info, l *table.Lookup, one [16]byte) (map[[16]byte]table.Key, error) {
	c, _ := info.Schema.Column(l.Key)
	expr, rows := keyExpr(c.Type, c.ID), "rm_grid."+liveRows(info.ID)
	sql := fmt.Sprintf(`(SELECT id, false, %[1]s FROM %[2]s WHERE %[3]s ORDER BY id LIMIT %[4]d)
UNION ALL SELECT id, true, %[1]s FROM %[2]s WHERE id = $1 AND %[3]s`,
		expr, rows, registered(info.ID), triedRows)
	res, err := g.db.Query(ctx, sql, one)
	if err != nil {
		return nil, fmt.Errorf("read keys to try: %w", err)
	}
	out := map[[16]byte]table.Key{}
	var id [16]byte
	var isOne bool
	var stored *string
	_, err = pgx.ForEachRow(res, []any{&id, &isOne, &stored}, func() error {
		key, ok := table.KeyOf(l.Compare, c.Type, keyValue(c.Type, id, stored))
		switch {
		case ok && isOne:
			out[theOne] = key
		case ok:
			out[id] = key
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read keys to try: %w", err)
	}
	return out, nil
}

// look looks through the table for the keys; through is false if it has more rows than are looked at.
func (g *Grid) look(ctx context.Context, in *table.Table, l *table.Lookup, t *tried) (through bool, err error) {
	c, _ := in.Schema().Column(l.Match)
	sql := fmt.Sprintf("SELECT id, %s FROM rm_grid.%s WHERE %s ORDER BY id LIMIT %d", keyExpr(c.Type, c.ID), liveRows(l.Table),
		registered(l.Table), triedInto)
	res, err := g.db.Query(ctx, sql)
	if err != nil {
		return false, fmt.Errorf("look for keys to try: %w", err)
	}
	n := 0
	var id [16]byte
	var stored *string
	_, err = pgx.ForEachRow(res, []any{&id, &stored}, func() error {
		n++
		key, ok := table.KeyOf(l.Compare, c.Type, keyValue(c.Type, id, stored))
		if _, asked := t.wanted[key]; !ok || !asked {
			return nil
		}
		t.wanted[key] = true
		if key == t.of && len(t.rows) < triedKept {
			t.rows = append(t.rows, id)
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("look for keys to try: %w", err)
	}
	return n < triedInto, nil
}
