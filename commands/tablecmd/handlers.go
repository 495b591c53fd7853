// Package tablecmd holds the commands on tables: their structure, and their rows and cells.
//
// Cells are checked against the schema in memory; that it is still in force is checked by the append itself, which carries
// a guard on the table's stream. When the guard fails, the schema is read again and the command starts over.
package tablecmd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cached"
)

// Rows reads rows and cells from the grid.
type Rows interface {
	// Cells returns the cells of rows, in the trash or not, and a position that the answer reflects.
	Cells(ctx context.Context, s table.Schema, rows []kernel.RowID, cols []kernel.ColumnID) (map[kernel.RowID]table.RowCells, int64, error)
	// MatchKeys finds up to two rows for each key; keys[i][k] is the value of cols[k].
	MatchKeys(ctx context.Context, s table.Schema, cols []kernel.ColumnID, keys [][]json.RawMessage) ([][]kernel.RowID, error)
	// Select returns the ids of rows that a filter selects, ascending, from after the given one on.
	Select(
		ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, f table.Filter, search string, after kernel.RowID, limit int,
	) ([]kernel.RowID, error)
}

// Tables tells of tables what commands must know besides their structure.
type Tables interface {
	RowCount(ctx context.Context, id kernel.TableID) (int64, error)
	// Writers returns the streams of imports and runs that may be writing to the table.
	Writers(ctx context.Context, id kernel.TableID) ([]string, error)
	// Trash returns what of a table has been in the trash since before a time, with at most limit rows.
	Trash(ctx context.Context, id kernel.TableID, before time.Time, limit int) (table.InTrash, error)
}

// Waiter waits until a read model has reached a position; ok is false when it has not when ctx ends.
type Waiter interface {
	Wait(ctx context.Context, projection string, position int64) (reached int64, ok bool)
}

// History tells of steps and of values that were.
type History interface {
	// Step returns a step of a table. With an empty id it is the user's last one that can be undone, or redone.
	Step(ctx context.Context, id kernel.TableID, step string, user kernel.UserID, redo bool) (StepRecord, error)
	// Positions returns the positions of the events of a step, or of an undo or redo of one, ascending.
	Positions(ctx context.Context, id kernel.TableID, step string) ([]int64, error)
	// Changed tells in which rows cells, of one column if it is given, were changed after a position by steps that are later than the
	// given one and in effect.
	Changed(
		ctx context.Context, id kernel.TableID, rows []kernel.RowID, col kernel.ColumnID, after int64, step string,
	) (map[kernel.RowID]bool, error)
	// Previous returns the values that cells had before a position, and since when; what is missing was never set.
	Previous(
		ctx context.Context, id kernel.TableID, before int64, rows []kernel.RowID, cols []kernel.ColumnID,
	) (map[kernel.RowID]map[kernel.ColumnID]Past, error)
}

// Zones tells of workspaces' time zones, by IANA name.
type Zones interface {
	TimeZone(ctx context.Context, ws kernel.WorkspaceID) (string, error)
}

// Members tells of workspaces' members.
type Members interface {
	// Role returns a member's role; false for one who is no member.
	Role(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error)
}

// Config is what the handlers need.
type Config struct {
	Store   eventstore.Store
	Codec   *eventstore.Codec
	IDs     *kernel.IDs
	Clock   kernel.Clock
	Rows    Rows
	Tables  Tables
	History History
	Waiter  Waiter
	Zones   Zones   // every workspace is in UTC if nil
	Members Members // owners of tables are not checked if nil
	Moments Moments // nothing can be restored to a moment if nil
	// Branches is what branches need; there are none if nil.
	Branches Branches
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Rows == nil || c.Tables == nil || c.History == nil ||
		c.Waiter == nil {
		return errors.New("the table commands need a store, a codec, ids, a clock, rows, tables, history and a waiter")
	}
	return nil
}

// Handlers carries out the commands on tables.
type Handlers struct {
	cfg   Config
	repo  *eventstore.Repo[*table.Table]
	jobs  *eventstore.Repo[*dedup.Job]
	maker table.Maker

	schemas *lru.Cache[kernel.TableID, table.Schema]
}

// Unknown returns those of the tables that the workspace doesn't have, or has in the trash.
func (h *Handlers) Unknown(ctx context.Context, ws kernel.WorkspaceID, tables []kernel.TableID) ([]kernel.TableID, error) {
	var unknown []kernel.TableID
	for _, id := range tables {
		t, _, err := h.repo.Load(ctx, string(id))
		if err != nil {
			return nil, err
		}
		if t.In(ws, id) != nil {
			unknown = append(unknown, id)
		}
	}
	return unknown, nil
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{
		cfg: cfg, repo: eventstore.NewRepo(table.StructureStream, cfg.Store, cfg.Codec, table.Blank),
		jobs:  eventstore.NewRepo(dedup.Stream, cfg.Store, cfg.Codec, dedup.NewJob),
		maker: table.Maker{IDs: cfg.IDs, Clock: cfg.Clock}, schemas: cached.New[kernel.TableID, table.Schema](maxSchemas),
	}, nil
}

// reader reads text as in a workspace.
func (h *Handlers) reader(ctx context.Context, ws kernel.WorkspaceID) (table.Reader, error) {
	if h.cfg.Zones == nil {
		return table.Reader{}, nil
	}
	name, err := h.cfg.Zones.TimeZone(ctx, ws)
	if err != nil {
		return table.Reader{}, fmt.Errorf("find the workspace's time zone: %w", err)
	}
	return table.ReaderIn(name)
}

const (
	maxSchemas = 10_000
	// catchUp is how long a command that must see everything waits for the read model.
	catchUp = 5 * time.Second
	grid    = "grid"
	history = "history"
)

// schema returns the schema of a table, or of a branch whose table is not in the trash, from memory unless fresh.
func (h *Handlers) schema(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, fresh bool) (table.Schema, error) {
	s, ok := h.schemas.Get(id)
	if !ok || fresh {
		if !id.HoldsRows() {
			return s, kernel.NotFound("table", string(id))
		}
		t, _, err := h.repo.Load(ctx, string(id))
		if err != nil {
			return s, err
		}
		s = t.Schema()
		h.remember(s)
	}
	if s.Table == "" || s.Workspace != ws || s.Trashed {
		return s, kernel.NotFound("table", string(id))
	}
	if s.Of != "" {
		if _, err := h.schema(ctx, ws, s.Of, fresh); err != nil {
			return s, kernel.NotFound("branch", string(id))
		}
	}
	return s, s.Writable()
}

func (h *Handlers) remember(s table.Schema) {
	if s.Table != "" {
		h.schemas.Add(s.Table, s)
	}
}

func (h *Handlers) forget(id kernel.TableID) { h.schemas.Remove(id) }

func structureOf(id kernel.TableID) eventstore.StreamID {
	return eventstore.Stream(table.StructureStream, string(id))
}

func cellsOf(id kernel.TableID) eventstore.StreamID {
	return eventstore.Stream(table.CellStream, string(id))
}

// settled is a moment at which the read model has everything that was in the log when the command looked, and the
// versions that an append must meet to be sure that nothing has been written to the table since.
type settled struct {
	head   int64
	guards []eventstore.Change // of the imports and runs at work
	cells  int64               // version of the table's cell stream
}

// awaitReadModel waits for the read model to reach the log's head. The streams' versions are read before the head, so an append
// that meets them comes right after what the read model shows.
func (h *Handlers) awaitReadModel(ctx context.Context, id kernel.TableID, projections ...string) (settled, error) {
	var s settled
	streams, err := h.cfg.Tables.Writers(ctx, id)
	if err != nil {
		return s, err
	}
	for _, name := range streams {
		v, err := h.cfg.Store.StreamVersion(ctx, eventstore.StreamID(name))
		if err != nil {
			return s, err
		}
		s.guards = append(s.guards, eventstore.At(eventstore.StreamID(name), eventstore.Expected(v)))
	}
	if s.cells, err = h.cfg.Store.StreamVersion(ctx, cellsOf(id)); err != nil {
		return s, err
	}
	if s.head, err = h.cfg.Store.Head(ctx); err != nil {
		return s, err
	}
	wait, cancel := context.WithTimeout(ctx, catchUp)
	defer cancel()
	for _, p := range append([]string{grid}, projections...) {
		if reached, ok := h.cfg.Waiter.Wait(wait, p, s.head); !ok {
			e := kernel.E(kernel.KindUnavailable, "CATCHING_UP", "the tables are catching up (at %d of %d); try again in a moment", reached, s.head)
			e.RetryAfter = time.Second
			return s, e
		}
	}
	return s, nil
}

// append writes; with a conflict the command must start over (eventstore.Retry).
func (h *Handlers) append(ctx context.Context, meta kernel.Meta, result any, changes ...eventstore.Change) (eventstore.Appended, error) {
	req, err := h.cfg.Codec.Append(meta, result, changes...)
	if err != nil {
		return eventstore.Appended{}, err
	}
	return h.cfg.Store.Append(ctx, req)
}

// update changes a table's structure.
func (h *Handlers) update(
	ctx context.Context, meta kernel.Meta, id kernel.TableID, fn func(*table.Table) (any, error),
) (eventstore.Appended, error) {
	return h.updateBeside(ctx, meta, id, func(t *table.Table, _ table.Maker) (any, error) { return fn(t) })
}
