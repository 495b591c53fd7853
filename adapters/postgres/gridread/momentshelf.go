package gridread

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/gridview"
)

// entryOfMoment is what is written down of a copy.
type entryOfMoment struct {
	place             string
	position          int64
	ready, ours       bool
	done, total       int64
	failure           string
	workspace         kernel.WorkspaceID
	table             kernel.TableID
	bytes             int64
	version           int
	sinceUse, silence time.Duration
	orphaned          bool // its table is gone for good
}

// builderSilent is after what time without a sign of life a builder is taken to have ended, and how long a failure is remembered.
const builderSilent = 30 * time.Second

const claimSQL = `INSERT INTO projection.moments AS m (place, workspace_id, table_id, position, version, tables, seen_at, used_at)
VALUES ($1, $2, $3, $4, $5, $6, clock_timestamp(), clock_timestamp())
ON CONFLICT (table_id, position, version) DO UPDATE SET place = excluded.place, tables = excluded.tables, done = 0, total = 0, failure = '',
	seen_at = clock_timestamp(), used_at = clock_timestamp() WHERE NOT m.ready AND m.seen_at < clock_timestamp() - $7::interval
RETURNING place`

const lookSQL = `SELECT place, ready, done, total, failure FROM projection.moments WHERE table_id = $1 AND position = $2 AND version = $3`

// claim finds the copy of a moment, or notes that the caller makes it.
func (m *Moments) claim(ctx context.Context, live gridview.Info, r resolved) (entryOfMoment, error) {
	e := entryOfMoment{position: r.Position}
	err := m.cfg.Pool.QueryRow(ctx, lookSQL, live.ID, r.Position, m.projector.Version()).
		Scan(&e.place, &e.ready, &e.done, &e.total, &e.failure)
	if err == nil && e.ready {
		return e, nil
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return e, fmt.Errorf("look for the copy of a table: %w", err)
	}
	var place string
	err = m.cfg.Pool.QueryRow(ctx, claimSQL, m.newPlace(), live.Schema.Workspace, live.ID, r.Position, m.projector.Version(), r.tables,
		builderSilent).Scan(&place)
	switch {
	case errors.Is(err, pgx.ErrNoRows): // somebody else makes it
		return e, nil
	case err != nil:
		return e, fmt.Errorf("note the copy of a table: %w", err)
	}
	return entryOfMoment{position: r.Position, place: place, ours: true}, nil
}

const (
	progressSQL = `UPDATE projection.moments SET done = $2, total = $3, seen_at = clock_timestamp() WHERE place = $1 AND NOT ready`
	readySQL    = `UPDATE projection.moments SET ready = true, done = total, bytes = $2,
		seen_at = clock_timestamp(), used_at = clock_timestamp()
		WHERE place = $1`
	failureSQL = `UPDATE projection.moments SET failure = $2, seen_at = clock_timestamp() WHERE place = $1`
	usedSQL    = `UPDATE projection.moments SET used_at = clock_timestamp() WHERE place = $1`
	forgetSQL  = `DELETE FROM projection.moments WHERE place = $1`
	sizeSQL    = `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind = 'r'`
)

// errTaken says that a builder has been taken for dead, or its table removed, and another may have begun.
var errTaken = errors.New("the copy is no longer this builder's")

// note writes down what a builder has come to; it must still be its copy.
func (m *Moments) note(ctx context.Context, sql, place string, args ...any) error {
	tag, err := m.cfg.Pool.Exec(ctx, sql, append([]any{place}, args...)...)
	if err != nil {
		return fmt.Errorf("note how the copy of a table is: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errTaken
	}
	return nil
}

func (m *Moments) forget(ctx context.Context, place string) error {
	if _, err := m.cfg.Pool.Exec(ctx, forgetSQL, place); err != nil {
		return fmt.Errorf("forget the copy of a table: %w", err)
	}
	return nil
}

// useEvery is how exactly it is known when a copy was read last.
const useEvery = time.Minute

// use notes that a copy is being read. What fails is made good by the next use.
func (m *Moments) use(place string, o *openMoment) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := m.cfg.Clock.Now()
	if !o.used.IsZero() && !kernel.Passed(now, o.used, useEvery) {
		return
	}
	o.used = now
	select {
	case m.uses <- place:
	default:
	}
}

const shelfSQL = `SELECT place, workspace_id, table_id, position, version, ready, bytes,
	clock_timestamp() - used_at, clock_timestamp() - seen_at,
	NOT EXISTS (SELECT FROM rm_grid.tables t WHERE t.table_id = m.table_id AND NOT t.purged) FROM projection.moments m`

const orphansSQL = `SELECT place FROM projection.checkpoints c WHERE place LIKE 'grid\_\_as\_%'
	AND NOT EXISTS (SELECT FROM projection.moments m WHERE m.place = c.place)`

// inUse is for how long after its last use a copy is not put away to make room: its reader may go on to the next page.
const inUse = 10 * time.Minute

// Sweep puts copies away that nobody needs: of tables that are gone, of earlier versions, those that were never finished or not read for
// long, and the ones read least recently beyond the limits.
func (m *Moments) Sweep(ctx context.Context) (n int, err error) {
	orphans, err := m.places(ctx, orphansSQL)
	if err != nil {
		return 0, err
	}
	list, err := m.shelf(ctx)
	if err != nil {
		return 0, err
	}
	for _, place := range append(orphans, m.surplus(list)...) {
		if e := m.drop(ctx, place); e != nil {
			err = errors.Join(err, e)
			continue
		}
		n++
	}
	return n, err
}

func (m *Moments) places(ctx context.Context, sql string, args ...any) ([]string, error) {
	rows, err := m.cfg.Pool.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list copies of tables: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list copies of tables: %w", err)
	}
	return out, nil
}

// shelf lists the copies, the one read last first.
func (m *Moments) shelf(ctx context.Context) ([]entryOfMoment, error) {
	rows, err := m.cfg.Pool.Query(ctx, shelfSQL)
	if err != nil {
		return nil, fmt.Errorf("list copies of tables: %w", err)
	}
	out, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entryOfMoment, err error) {
		err = row.Scan(&e.place, &e.workspace, &e.table, &e.position, &e.version, &e.ready, &e.bytes, &e.sinceUse, &e.silence, &e.orphaned)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("list copies of tables: %w", err)
	}
	slices.SortFunc(out, func(a, b entryOfMoment) int { return cmp.Compare(a.sinceUse, b.sinceUse) })
	return out, nil
}

// surplus chooses what to put away. Each workspace keeps its own number of copies; when all of them together are too many bytes, those that
// were not read for the longest time go first.
func (m *Moments) surplus(list []entryOfMoment) []string {
	var out []string
	kept := map[kernel.WorkspaceID]int{}
	var bytes int64
	for _, e := range list {
		kept[e.workspace]++
		bytes += e.bytes
		full := kept[e.workspace] > m.cfg.Limits.PerWorkspace || bytes > m.cfg.Limits.Bytes
		switch {
		case e.orphaned, e.version != m.projector.Version(), e.sinceUse > m.cfg.Limits.Idle, !e.ready && e.silence > inUse,
			full && e.ready && e.sinceUse > inUse:
			out = append(out, e.place)
			kept[e.workspace]--
			bytes -= e.bytes
		}
	}
	return out
}

// drop removes a copy. It is forgotten first, so that nobody finds it half removed.
func (m *Moments) drop(ctx context.Context, place string) error {
	if err := m.forget(ctx, place); err != nil {
		return err
	}
	m.mu.Lock()
	m.grids.Remove(place)
	m.mu.Unlock()
	return m.cfg.Store.Drop(ctx, locationOf(place))
}

// ForgetAll removes all copies of a workspace's tables and says how many those were.
func (m *Moments) ForgetAll(ctx context.Context, ws kernel.WorkspaceID) (n int64, err error) {
	places, err := m.places(ctx, `SELECT place FROM projection.moments WHERE workspace_id = $1`, ws)
	for _, place := range places {
		err = errors.Join(err, m.drop(ctx, place))
	}
	return int64(len(places)), err
}

// Forget removes the copies that hold a table, as when something of it is erased.
func (m *Moments) Forget(ctx context.Context, id kernel.TableID) error {
	places, err := m.places(ctx, `SELECT place FROM projection.moments WHERE $1 = ANY(tables)`, id)
	for _, place := range places {
		err = errors.Join(err, m.drop(ctx, place))
	}
	return err
}
