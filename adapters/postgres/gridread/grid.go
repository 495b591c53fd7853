package gridread

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore/cached"
	"github.com/morket/morket/projections/gridview"
)

// Grid answers questions about tables, rows and cells.
type Grid struct {
	db          postgres.Reader
	clock       kernel.Clock
	zones       Zones
	memory      *Structures
	offsetIndex *offsetIndex
	counts      *counts
	groups      *lru.Cache[string, grouped]
	wanted      chan<- index // of the indexer; nil when there is none
	// The tables' indexes by name, true for those that are ready.
	indexes *cached.Recent[kernel.TableID, map[string]bool]
}

// Zones tells of workspaces' time zones, by IANA name.
type Zones interface {
	TimeZone(ctx context.Context, ws kernel.WorkspaceID) (string, error)
}

// InZones lets days begin where the workspaces say; without it they begin in UTC.
func (g *Grid) InZones(z Zones) *Grid {
	g.zones = z
	return g
}

// Reader reads text as in a workspace; its zone is that in which the workspace's days begin.
func (g *Grid) Reader(ctx context.Context, ws kernel.WorkspaceID) (table.Reader, error) {
	if g.zones == nil {
		return table.Reader{Zone: time.UTC}, nil
	}
	name, err := g.zones.TimeZone(ctx, ws)
	if err != nil {
		return table.Reader{}, fmt.Errorf("find the workspace's time zone: %w", err)
	}
	return table.ReaderIn(name)
}

// plan makes the plan of a query as of now, where now is in the workspace's zone.
func (g *Grid) plan(ctx context.Context, info gridview.Info, q gridview.Query) (*plan, error) {
	reader, err := g.Reader(ctx, info.Schema.Workspace)
	if err != nil {
		return nil, err
	}
	return newPlan(info, q, g.clock.Now().In(reader.Zone))
}

// NewGrid reads through a pool or within a scope.
func NewGrid(db postgres.Reader, clock kernel.Clock) *Grid {
	return &Grid{
		db: db, clock: clock, memory: NewStructures(), offsetIndex: newOffsetIndex(), counts: newCounts(), groups: newGrouped(),
		indexes: cached.NewRecent[kernel.TableID, map[string]bool](clock, indexesFresh, maxIndexed),
	}
}

// infoQuery reads what the registry has of a table, and what is being computed: its own columns, or what its lookups look into.
const infoQuery = `SELECT t.schema_version, t.row_count, t.trash_count, t.last_position, t.rows_position,
  t.created_at, t.updated_at, t.trashed_at,
(SELECT position FROM projection.checkpoints WHERE place = 'grid'), coalesce(t.branch_base, 0),
  CASE WHEN t.schema_version <> $3 THEN t.state END,
  r.columns, r.done, r.total, p.done, p.total
FROM rm_grid.tables t LEFT JOIN rm_grid.recomputes r USING (table_id) LEFT JOIN LATERAL (
	WITH RECURSIVE reached(id) AS (SELECT t.table_id UNION SELECT l.other_id FROM rm_grid.lookups l JOIN reached ON l.table_id = reached.id)
	SELECT sum(done)::bigint AS done, sum(total)::bigint AS total FROM (
		SELECT done, total FROM rm_grid.recomputes JOIN reached ON table_id = reached.id AND table_id <> t.table_id
		UNION ALL SELECT 0, count(*) FROM (SELECT FROM rm_grid.stale JOIN reached ON table_id = reached.id LIMIT 10000) s HAVING count(*) > 0
	) pending
) p ON true WHERE t.workspace_id = $1 AND t.table_id = $2 AND NOT t.purged`

// Any returns a table of the workspace, in the trash or not.
func (g *Grid) Any(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (gridview.Info, error) {
	if !id.HoldsRows() {
		return gridview.Info{}, kernel.NotFound("table", string(id))
	}
	key := structureKey{live(), id}
	known := g.memory.last(key)
	var version int64 = -1
	if known != nil {
		version = known.version
	}
	info := gridview.Info{ID: id}
	var state *string
	var position, done, total, lookedDone, lookedTotal *int64
	var recomputed []kernel.ColumnID
	err := g.db.QueryRow(ctx, infoQuery, ws, id, version).Scan(&version, &info.RowCount, &info.Trash, &info.Last, &info.Moved, &info.CreatedAt,
		&info.UpdatedAt, &info.TrashedAt,
		&position, &info.Base, &state, &recomputed, &done, &total, &lookedDone, &lookedTotal)
	if errors.Is(err, pgx.ErrNoRows) {
		return info, kernel.NotFound("table", string(id))
	}
	if err != nil {
		return info, fmt.Errorf("read table: %w", err)
	}
	if position != nil {
		info.Position = *position
	}
	if done != nil && total != nil {
		info.Recompute = &gridview.Recompute{Columns: recomputed, Done: min(*done, *total), Total: *total}
	}
	if state != nil {
		agg := table.Blank()
		if err := agg.UnmarshalState([]byte(*state)); err != nil {
			return info, fmt.Errorf("read the structure of table %s: %w", id, err)
		}
		known = newStructure(agg)
		g.memory.set(key, known)
	}
	if info.Recompute == nil && lookedDone != nil && lookedTotal != nil {
		info.Recompute = &gridview.Recompute{Columns: known.formulas().Looked(), Done: min(*lookedDone, *lookedTotal), Total: *lookedTotal}
	}
	info.Schema, info.Deleted, info.Views = known.agg.Schema(), known.agg.Deleted(), known.agg.Views()
	info.Merge = known.agg.Merge()
	info.Description, info.Owner = known.agg.Description(), known.agg.Owner()
	return info, nil
}

// Structure returns the structure of a table of the workspace, in the trash or not.
func (g *Grid) Structure(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (*table.Table, error) {
	if _, err := g.Any(ctx, ws, id); err != nil {
		return nil, err
	}
	st := g.memory.last(structureKey{live(), id})
	if st == nil {
		return nil, kernel.NotFound("table", string(id))
	}
	return st.clone()
}

const reachedQuery = `WITH RECURSIVE reached(id) AS (SELECT $1::text UNION SELECT l.other_id FROM rm_grid.lookups l
	JOIN reached ON l.table_id = reached.id)
SELECT id FROM reached WHERE id <> $1 ORDER BY id`

// Reached lists the other tables that the table's lookups look into, directly or through others.
func (g *Grid) Reached(ctx context.Context, info gridview.Info) ([]kernel.TableID, error) {
	if !slices.ContainsFunc(info.Schema.Columns, func(c table.Column) bool { return c.Lookup != nil }) {
		return nil, nil
	}
	rows, err := g.db.Query(ctx, reachedQuery, info.ID)
	if err != nil {
		return nil, fmt.Errorf("list the tables that lookups reach: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[kernel.TableID])
	if err != nil {
		return nil, fmt.Errorf("list the tables that lookups reach: %w", err)
	}
	return ids, nil
}

// Table returns a table of the workspace that is not in the trash, or an error of kernel.KindNotFound.
func (g *Grid) Table(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (gridview.Info, error) {
	info, err := g.Any(ctx, ws, id)
	if err == nil && info.TrashedAt != nil {
		err = kernel.NotFound("table", string(id))
	}
	return info, err
}

func (s *Structures) last(k structureKey) *structure {
	st, _ := s.by.Get(k)
	return st
}

const deletedColumnsQuery = `SELECT t.table_id, t.name, t.state FROM rm_grid.tables t
WHERE t.workspace_id = $1 AND t.trashed_at IS NULL AND NOT t.purged AND t.branch_of IS NULL
AND EXISTS (SELECT FROM rm_grid.trashed_columns c
WHERE c.table_id = t.table_id)
AND (cardinality($3::text[]) = 0 OR t.table_id = ANY($3)) ORDER BY t.table_id LIMIT $2`

// DeletedColumns lists the columns in the trash of the workspace's tables, of at most so many tables; only of the given ones if some
// are given.
func (g *Grid) DeletedColumns(
	ctx context.Context, ws kernel.WorkspaceID, tables int, only ...kernel.TableID,
) ([]gridview.DeletedColumn, error) {
	rows, err := g.db.Query(ctx, deletedColumnsQuery, ws, tables, append([]kernel.TableID{}, only...))
	if err != nil {
		return nil, fmt.Errorf("list columns in the trash: %w", err)
	}
	var out []gridview.DeletedColumn
	var id kernel.TableID
	var name, state string
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &state}, func() error {
		agg := table.Blank()
		if err := agg.UnmarshalState([]byte(state)); err != nil {
			return fmt.Errorf("the structure of table %s: %w", id, err)
		}
		for _, c := range agg.Deleted() {
			out = append(out, gridview.DeletedColumn{Table: id, Name: name, Column: c})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list columns in the trash: %w", err)
	}
	return out, nil
}

const listQuery = `SELECT table_id, name, coalesce(state::json ->> 'description', ''), coalesce(state::json ->> 'owner', ''), row_count,
  column_count, created_at, updated_at, trashed_at FROM rm_grid.tables
WHERE workspace_id = $1 AND (trashed_at IS NOT NULL) = $2 AND NOT purged AND branch_of IS NULL AND table_id > $3
AND (cardinality($5::text[]) = 0 OR table_id = ANY($5)) ORDER BY table_id LIMIT $4`

// List returns tables of the workspace by id from after the given one on: those in the trash, or the others; only
// the given ones if some are given.
func (g *Grid) List(
	ctx context.Context, ws kernel.WorkspaceID, trashed bool, after kernel.TableID, limit int, only ...kernel.TableID,
) ([]gridview.Summary, error) {
	rows, err := g.db.Query(ctx, listQuery, ws, trashed, after, limit, append([]kernel.TableID{}, only...))
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowToStructByPos[gridview.Summary])
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return out, nil
}
