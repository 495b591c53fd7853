package gridread_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// recordedLog is what a harness has recorded, as the log that moments read.
type recordedLog struct {
	*postgrestest.Harness
	read *atomic.Int64 // events for copies
}

func (l recordedLog) Head(context.Context) (int64, error) { return int64(len(l.Recorded())), nil }

func (l recordedLog) ReadStream(_ context.Context, stream eventstore.StreamID, after int64, limit int) ([]eventstore.Recorded, error) {
	var out []eventstore.Recorded
	for _, e := range l.Recorded() {
		if e.Stream == stream && e.Version > after && len(out) < limit {
			out = append(out, e)
		}
	}
	return out, nil
}

func (l recordedLog) ReadPositions(_ context.Context, positions []int64) ([]eventstore.Recorded, error) {
	var out []eventstore.Recorded
	for _, p := range positions {
		out = append(out, l.Recorded()[p-1])
	}
	l.read.Add(int64(len(out)))
	return out, nil
}

func (l recordedLog) of(streams []eventstore.StreamID, types []string) []eventstore.Recorded {
	return slices.DeleteFunc(l.Recorded(), func(e eventstore.Recorded) bool {
		return !slices.Contains(streams, e.Stream) || !slices.Contains(types, e.Type)
	})
}

func (l recordedLog) LastOf(
	_ context.Context, streams []eventstore.StreamID, types []string, until int64, before time.Time,
) (int64, time.Time, error) {
	for _, e := range slices.Backward(l.of(streams, types)) {
		if e.Position <= until && !e.RecordedAt.After(before) {
			return e.Position, e.RecordedAt, nil
		}
	}
	return 0, time.Time{}, nil
}

func (l recordedLog) PositionsOf(
	_ context.Context, streams []eventstore.StreamID, types []string, after, until int64,
) (out []int64, err error) {
	for _, e := range l.of(streams, types) {
		if e.Position > after && e.Position <= until {
			out = append(out, e.Position)
		}
	}
	return out, nil
}

// newMoments has the fixture's tables read as they were.
func newMoments(t *testing.T, f *fixture, limits gridread.MomentLimits) *gridread.Moments {
	t.Helper()
	m, _ := newCountedMoments(t, f, limits)
	return m
}

// newCountedMoments also tells how many events the copies were made from.
func newCountedMoments(t *testing.T, f *fixture, limits gridread.MomentLimits) (*gridread.Moments, *atomic.Int64) {
	t.Helper()
	var read atomic.Int64
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(t, err)
	m, err := gridread.NewMoments(gridread.MomentConfig{
		DB: f.Pool, Pool: f.Pool, Store: f.Store, Log: recordedLog{f.Harness, &read}, Codec: codec, IDs: kernel.NewIDs(kernel.SystemClock{}), Clock: f.Clock,
		Logger: slog.New(slog.DiscardHandler), Limits: limits,
		Writers: func(_ context.Context, _ kernel.WorkspaceID, id kernel.TableID, _ int64) ([]eventstore.StreamID, error) {
			return []eventstore.StreamID{importOf(id)}, nil
		},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return m, &read
}

// seen is a table as a reader saw it: its columns and its rows.
type seen struct {
	schema table.Schema
	rows   any
}

func look(t require.TestingT, grid *gridread.Grid, info gridview.Info) seen {
	p, err := grid.Page(context.Background(), info, gridview.Query{}, "", 0, 1000)
	require.NoError(t, err)
	var rows any
	require.NoError(t, json.Unmarshal(p.Rows, &rows))
	return seen{info.Schema, rows}
}

// album remembers tables as they were seen at each position.
type album map[int64]map[kernel.TableID]seen

func (a album) take(t require.TestingT, f *fixture, ids ...kernel.TableID) {
	require.NoError(t, f.Store.Settle(context.Background(), projections.LiveOf(gridview.Name)))
	at := int64(len(f.Recorded()))
	a[at] = map[kernel.TableID]seen{}
	for _, id := range ids {
		info, err := f.grid.Any(context.Background(), workspace, id)
		require.NoError(t, err)
		if info.TrashedAt == nil {
			a[at][id] = look(t, f.grid, info)
		}
	}
}

// require has each table read as of each position, and finds what was seen then.
func (a album) require(t require.TestingT, f *fixture, m *gridread.Moments) {
	for at, tables := range a {
		for id, was := range tables {
			live, err := f.grid.Any(context.Background(), workspace, id)
			require.NoError(t, err)
			grid, info, moment, err := m.At(context.Background(), live, gridview.AsOf{Position: at})
			require.NoError(t, err, "as of %d", at)
			require.LessOrEqual(t, moment.Position, at)
			require.Equal(t, was, look(t, grid, info), "as of %d", at)
		}
	}
}

func TestATableAsOfAnyPositionIsWhatItWas(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Number, table.Text)
	m := newMoments(t, f, gridread.MomentLimits{Wait: time.Minute})
	rapid.Check(t, func(r *rapid.T) {
		var err error
		f.tbl, err = table.New(f.maker(), kernel.TableID(f.ids.New(kernel.PrefixTable)), workspace, "", "T",
			[]table.Draft{{Name: "A", Type: table.Number}, {Name: "B", Type: table.Text}})
		require.NoError(r, err)
		f.Append(eventstore.Stream(table.StructureStream, string(f.tbl.ID())), f.tbl.Pending()...)
		c := &course{fixture: f, r: r}
		c.T = r
		past := album{}
		r.Repeat(map[string]func(*rapid.T){
			"insert": c.insert, "edit": c.edited, "delete rows": c.deleteRows, "add": c.add, "change": c.changeFormula, "rename": c.rename,
			"drop": c.drop, "back": c.back, "retype": c.retype, "tick": c.tick, "import": c.imported,
			"": func(*rapid.T) {
				if rapid.IntRange(0, 24).Draw(r, "remember") == 24 {
					past.take(r, f, f.tbl.ID())
				}
			},
		})
		past.require(r, f, m)
		require.NoError(r, m.Forget(context.Background(), f.tbl.ID()))
	})
}

func TestLookupsAsOfAnyPositionFindWhatWasThereThen(t *testing.T) {
	t.Parallel()
	b := newBeside(t)
	m := newMoments(t, b.fixture, gridread.MomentLimits{Wait: time.Minute})
	rapid.Check(t, func(r *rapid.T) {
		c := &lookups{beside: b, r: r, rows: map[kernel.TableID][]kernel.RowID{}, trashed: map[kernel.TableID][]kernel.RowID{}}
		for _, name := range []string{"A", "B"} {
			c.ids = append(c.ids, b.make(r, name, table.Draft{Name: "K", Type: table.Text}, table.Draft{Name: "N", Type: table.Number}).ID())
		}
		past := album{}
		r.Repeat(map[string]func(*rapid.T){
			"insert": c.insert, "edit": c.edited, "rows": c.moved, "look up": c.lookUp, "formula": c.computed, "retarget": c.retarget,
			"drop": c.drop, "back": c.back, "retype": c.retype, "trash": c.trash,
			"": func(*rapid.T) {
				if rapid.IntRange(0, 39).Draw(r, "remember") == 39 {
					past.take(r, b.fixture, c.ids...)
				}
			},
		})
		past.require(r, b.fixture, m)
		for _, id := range c.ids {
			require.NoError(r, m.Forget(context.Background(), id))
		}
	})
}

func (f *fixture) copies(t *testing.T) (places []string) {
	t.Helper()
	rows, err := f.Pool.Query(t.Context(), `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rm\_grid\_\_as\_%' ORDER BY 1`)
	require.NoError(t, err)
	places, err = pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return places
}

func TestCopiesThatNobodyNeedsArePutAway(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text)
	m := newMoments(t, f, gridread.MomentLimits{Wait: time.Minute, PerWorkspace: 2})
	text := f.named("text")
	var at []int64
	for _, v := range []string{`"a"`, `"b"`, `"c"`} {
		f.rows(text, v)
		at = append(at, int64(len(f.Recorded())))
	}
	read := func(position int64) {
		_, _, _, err := m.At(t.Context(), f.info(t), gridview.AsOf{Position: position})
		require.NoError(t, err)
	}
	for _, p := range at {
		read(p)
		read(p)
	}
	require.Len(t, f.copies(t), 3, "one for each moment")
	sweep := func(want int) {
		n, err := m.Sweep(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, n)
	}
	sweep(0) // more than the workspace may keep, but in use

	unused := func(positions ...int64) {
		_, err := f.Pool.Exec(t.Context(), `UPDATE projection.moments SET used_at = used_at - interval '1 hour' WHERE position = ANY($1)`, positions)
		require.NoError(t, err)
	}
	unused(at...)
	unused(at[0])
	sweep(1)
	require.Len(t, f.copies(t), 2)
	read(at[0]) // it is made again

	_, err := f.Store.Create(t.Context(), projections.Location{Projection: gridview.Name, Copy: "as_orphan"}, 1)
	require.NoError(t, err)
	sweep(2) // of which a crash has left no note, and what is beyond the limit
	require.NoError(t, f.restructure(t, func(tbl *table.Table) error { return tbl.Trash() }))
	require.NoError(t, f.restructure(t, func(tbl *table.Table) error { return tbl.Purge() }))
	sweep(2)
	require.Empty(t, f.copies(t), "the table is gone for good")
}

func TestACopyBeginsWithAnEarlierOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.Number)
	m, read := newCountedMoments(t, f, gridread.MomentLimits{Wait: time.Minute})
	f.formula(t, "Twice", table.Number, "{{number}} * 2")
	rows := f.rows(f.named("number"), "1", "2", "3")
	f.cells(table.RowsDeleted{TableID: f.tbl.ID(), Rows: rows[:1]})
	past := album{}
	past.take(t, f, f.tbl.ID())
	past.require(t, f, m)
	from := read.Load()
	require.EqualValues(t, len(f.Recorded()), from)

	f.edit(f.named("number"), rows[1], "20")
	f.cells(table.RowsRestored{TableID: f.tbl.ID(), Rows: rows[:1]})
	past.take(t, f, f.tbl.ID())
	past.require(t, f, m)
	require.EqualValues(t, 2, read.Load()-from, "only what came since")
}
