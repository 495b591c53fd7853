package dataopscmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const ws = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZZ")

// grid is a read model in memory: it folds the log whenever it is asked.
type grid struct {
	store eventstore.Store
	codec *eventstore.Codec

	mu    sync.Mutex
	at    int64
	order []kernel.RowID
	rows  map[kernel.RowID]*dataopscmd.GridRow
	trash map[kernel.RowID]*dataopscmd.GridRow
	table map[kernel.RowID]kernel.TableID
}

func (g *grid) sync(ctx context.Context) error {
	for {
		events, err := g.store.ReadAll(ctx, g.at, 1000)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, r := range events {
			e, err := g.codec.Decode(r)
			if err != nil {
				return err
			}
			g.at = r.Position
			switch e := e.(type) {
			case dataops.RowsAdded:
				g.set(e.TableID, e.Chunk, r.Position, true)
			case table.RowsInserted:
				g.set(e.TableID, e.Chunk, r.Position, true)
			case dataops.RowsUpdated:
				g.set(e.TableID, e.Chunk, r.Position, false)
			case table.CellsEdited:
				g.set(e.TableID, e.Chunk, r.Position, false)
			case table.RowsDeleted:
				for _, id := range e.Rows {
					g.trash[id] = g.rows[id]
					delete(g.rows, id)
				}
			case table.RowsRestored:
				for _, id := range e.Rows {
					g.rows[id] = g.trash[id]
					g.rows[id].Position = r.Position
				}
			case enrichment.RunAnswersRecorded:
				g.set(e.TableID, e.Chunk, r.Position, false)
			}
		}
	}
}

func (g *grid) set(id kernel.TableID, c kernel.Chunk, position int64, insert bool) {
	for i, row := range c.Rows {
		if insert {
			g.order = append(g.order, row)
			g.rows[row] = &dataopscmd.GridRow{ID: row, Cells: map[kernel.ColumnID]json.RawMessage{}}
			g.table[row] = id
		}
		if g.rows[row] == nil {
			continue
		}
		g.rows[row].Position = position
		for col, values := range c.Cols {
			g.rows[row].Cells[col] = values[i]
		}
	}
}

// live returns the table's rows in the order in which they came.
func (g *grid) live(ctx context.Context, id kernel.TableID) ([]dataopscmd.GridRow, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.sync(ctx); err != nil {
		return nil, err
	}
	var out []dataopscmd.GridRow
	for _, row := range g.order {
		if r := g.rows[row]; r != nil && g.table[row] == id {
			out = append(out, *r)
		}
	}
	return out, nil
}

func (g *grid) Count(ctx context.Context, _ kernel.WorkspaceID, id kernel.TableID) (int64, error) {
	rows, err := g.live(ctx, id)
	return int64(len(rows)), err
}

func (g *grid) Find(ctx context.Context, s table.Schema, keyColumns []kernel.ColumnID, keys [][]json.RawMessage, _ []kernel.ColumnID) ([][]dataopscmd.GridRow, int64, error) {
	rows, err := g.live(ctx, s.Table)
	out := make([][]dataopscmd.GridRow, len(keys))
	for i, key := range keys {
		for _, r := range rows {
			same := len(out[i]) < 2
			for k, c := range keyColumns {
				same = same && bytes.Equal(r.Cells[c], key[k])
			}
			if same {
				out[i] = append(out[i], r)
			}
		}
	}
	return out, g.at, err
}

func (g *grid) Get(ctx context.Context, s table.Schema, ids []kernel.RowID, _ []kernel.ColumnID) ([]dataopscmd.GridRow, int64, error) {
	_, err := g.live(ctx, s.Table)
	var out []dataopscmd.GridRow
	for _, id := range ids {
		if r := g.rows[id]; r != nil {
			out = append(out, *r)
		}
	}
	return out, g.at, err
}

// Wait is always there: the grid reads the log when it is asked.
func (g *grid) After(ctx context.Context, _ kernel.WorkspaceID, id kernel.TableID, after kernel.RowID, limit int) (out []kernel.RowID, err error) {
	rows, err := g.live(ctx, id)
	for _, r := range rows {
		if r.ID > after && len(out) < limit {
			out = append(out, r.ID)
		}
	}
	return out, err
}

func (g *grid) Wait(_ context.Context, _ string, position int64) (int64, bool) { return position, true }

// fixture is the whole of imports over a log in memory.
type fixture struct {
	t        *testing.T
	log      *memstore.Store
	codec    *eventstore.Codec
	ids      *kernel.IDs
	handlers *dataopscmd.Handlers
	config   dataopscmd.Config
	grid     *grid
	meta     kernel.Meta
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	clock := kernel.SystemClock{}
	f := &fixture{t: t, log: memstore.New(clock), ids: kernel.NewIDs(clock)}
	var err error
	f.codec, err = eventstore.NewCodec(dataops.Events(), table.Events(), enrichment.Events())
	require.NoError(t, err)
	files, err := objectstore.NewFolder(t.TempDir(), clock)
	require.NoError(t, err)
	f.grid = &grid{store: f.log, codec: f.codec, rows: map[kernel.RowID]*dataopscmd.GridRow{}, trash: map[kernel.RowID]*dataopscmd.GridRow{}, table: map[kernel.RowID]kernel.TableID{}}
	f.config = dataopscmd.Config{Store: f.log, Codec: f.codec, IDs: f.ids, Clock: clock, Files: files, Formats: tablefile.Imports{}, Grid: f.grid, Wait: f.grid}
	f.handlers, err = dataopscmd.New(f.config)
	require.NoError(t, err)
	f.meta = kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: f.ids.New(kernel.PrefixUser)}, Workspace: ws}
	return f
}

// importer works over the store, which may be one that fails.
func (f *fixture) importer(store eventstore.Store, limits dataopscmd.Limits) *dataopscmd.Importer {
	f.t.Helper()
	cfg := f.config
	cfg.Store, cfg.Limits = store, limits
	im, err := dataopscmd.NewImporter(dataopscmd.ImporterConfig{Config: cfg, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(f.t, err)
	return im
}

func (f *fixture) upload(name, body string) dataops.Summary {
	f.t.Helper()
	res, err := f.handlers.Upload(f.t.Context(), f.meta, dataopscmd.Upload{Filename: name, Body: bytes.NewReader([]byte(body))})
	require.NoError(f.t, err)
	return res.Value
}

func (f *fixture) commit(cmd dataopscmd.Commit) dataops.Summary {
	f.t.Helper()
	res, err := f.handlers.Commit(f.t.Context(), f.meta, cmd)
	require.NoError(f.t, err)
	return res.Value
}

// run carries the import out to its end.
func (f *fixture) run(id kernel.ImportID, limits dataopscmd.Limits) dataops.Summary {
	f.t.Helper()
	var last dataops.Summary
	require.NoError(f.t, f.importer(f.log, limits).Run(f.t.Context(), id, func(s dataops.Summary) { last = s }))
	return last
}

func (f *fixture) schema(id kernel.TableID) table.Schema {
	f.t.Helper()
	tbl, version, err := eventstore.NewRepo(table.StructureStream, f.log, f.codec, table.Blank).Load(f.t.Context(), string(id))
	require.NoError(f.t, err)
	s := tbl.Schema()
	s.Version = version
	return s
}

// change changes the table as a person would.
func (f *fixture) change(id kernel.TableID, fn func(*table.Table) error) {
	f.t.Helper()
	_, err := eventstore.NewRepo(table.StructureStream, f.log, f.codec, table.Blank).Update(f.t.Context(), f.meta, string(id), func(t *table.Table) (any, error) { return nil, fn(t) })
	require.NoError(f.t, err)
}

// cells returns the table's rows as texts, column by column in the schema's order.
func (f *fixture) cells(id kernel.TableID) [][]string {
	f.t.Helper()
	rows, err := f.grid.live(f.t.Context(), id)
	require.NoError(f.t, err)
	out := [][]string{}
	for _, r := range rows {
		var texts []string
		for _, c := range f.schema(id).Columns {
			texts = append(texts, table.Format(c, r.Cells[c.ID]))
		}
		out = append(out, texts)
	}
	return out
}

// problems reads what was rejected off the log.
func (f *fixture) problems(id kernel.ImportID) []dataops.Problem {
	f.t.Helper()
	var out []dataops.Problem
	for after := int64(0); ; {
		events, err := f.log.ReadStream(f.t.Context(), eventstore.Stream(dataops.ImportStream, string(id)), after, 1000)
		require.NoError(f.t, err)
		if len(events) == 0 {
			return out
		}
		for _, r := range events {
			e, err := f.codec.Decode(r)
			require.NoError(f.t, err)
			if e, ok := e.(dataops.RowsRejected); ok {
				out = append(out, e.Problems...)
			}
			after = r.Version
		}
	}
}

// jsonValue shortens the literals of cells.
type jsonValue = json.RawMessage

var errKilled = errors.New("killed")

// mortal is a store whose user is killed before or after its n-th append.
type mortal struct {
	eventstore.Store
	mu    sync.Mutex
	left  int
	after bool
}

func (m *mortal) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left--
	if m.left < 0 || m.left == 0 && !m.after {
		return eventstore.Appended{}, errKilled
	}
	done, err := m.Store.Append(ctx, a)
	if m.left == 0 {
		return eventstore.Appended{}, errKilled
	}
	return done, err
}

func charmap1252(s string) (string, error) { return charmap.Windows1252.NewEncoder().String(s) }
