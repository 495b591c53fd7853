package gridread

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/projections"
)

const baseSQL = `SELECT place, position FROM projection.moments WHERE table_id = $1 AND version = $2 AND position < $3 AND ready
	AND tables @> $4 AND tables <@ $4 ORDER BY position DESC LIMIT 1`

// begin makes the place of a copy, from the nearest earlier copy of the same tables if that spares most of the events. It returns the
// positions of the events that are left to apply.
func (m *Moments) begin(ctx context.Context, job build) (c projections.Checkpoint, rest []int64, err error) {
	at := locationOf(job.place)
	all, err := m.cfg.Log.PositionsOf(ctx, job.streams, m.projector.Types(), 0, job.Position)
	if err != nil {
		return c, nil, err
	}
	var place string
	var position int64
	if job.table.IsBranch() { // its rows are a view, which can't be taken over
		c, err = m.cfg.Store.Create(ctx, at, m.projector.Version())
		return c, all, err
	}
	err = m.cfg.Pool.QueryRow(ctx, baseSQL, job.table, m.projector.Version(), job.Position, job.tables).Scan(&place, &position)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return c, nil, fmt.Errorf("look for an earlier copy: %w", err)
	}
	if c, err = m.cfg.Store.Create(ctx, at, m.projector.Version()); err != nil {
		return c, nil, err
	}
	spared, _ := slices.BinarySearch(all, position+1)
	if place == "" || 2*spared < len(all) {
		return c, all, nil
	}
	next, err := m.cfg.Store.Advance(ctx, c, projections.Step{To: position, Apply: func(ctx context.Context, tx projections.Tx) error {
		return cloneFrom(ctx, tx, postgres.SchemaOf(locationOf(place)))
	}})
	switch {
	case err == nil:
		return next, all[spared:], nil
	case ctx.Err() != nil:
		return c, nil, err
	default: // the earlier copy may have been put away at this moment
		m.cfg.Logger.InfoContext(ctx, "a copy is made from its first event on", "place", job.place, "from", place, "error", err)
		return c, all, nil
	}
}

const clonedSQL = `SELECT c.relname, EXISTS (SELECT FROM pg_class o JOIN pg_namespace s ON s.oid = o.relnamespace
	WHERE s.nspname = $2 AND o.relname = c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r' ORDER BY 1`

// cloneFrom takes over all tables of another copy.
func cloneFrom(ctx context.Context, tx projections.Tx, from string) error {
	t, err := postgres.From(tx)
	if err != nil {
		return err
	}
	rows, err := t.Query(ctx, clonedSQL, from, t.Schema)
	if err != nil {
		return fmt.Errorf("list the tables of %s: %w", from, err)
	}
	var name string
	var there bool
	var names []string
	made := map[string]bool{}
	if _, err := pgx.ForEachRow(rows, []any{&name, &there}, func() error {
		names, made[name] = append(names, name), there
		return nil
	}); err != nil {
		return fmt.Errorf("list the tables of %s: %w", from, err)
	}
	for _, name := range names {
		source, target := pgx.Identifier{from, name}.Sanitize(), pgx.Identifier{name}.Sanitize()
		if !made[name] {
			create := "CREATE " + unlogged(t.Schema) + "TABLE " + target + " (LIKE " + source + " INCLUDING ALL) WITH (fillfactor = 90)"
			if _, err := t.Exec(ctx, create); err != nil {
				return fmt.Errorf("make %s: %w", name, err)
			}
		}
		if _, err := t.Exec(ctx, "INSERT INTO "+target+" SELECT * FROM "+source); err != nil {
			return fmt.Errorf("take over %s: %w", name, err)
		}
	}
	return nil
}
