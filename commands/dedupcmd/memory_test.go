package dedupcmd_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/dedupcmd"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const (
	ws  = kernel.WorkspaceID("ws_1")
	tbl = kernel.TableID("tbl_01J00000000000000000000000")
)

// fixture is a table in memory with the jobs' log.
type fixture struct {
	t      *testing.T
	store  eventstore.Store
	codec  *eventstore.Codec
	ids    *kernel.IDs
	h      *dedupcmd.Handlers
	runner *dedupcmd.Runner
	schema table.Schema
	rows   map[kernel.RowID]table.RowCells
	// before is called before each append of rows; its error is the append's.
	before func() error
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	codec, err := eventstore.NewCodec(dedup.Events(), table.Events())
	require.NoError(t, err)
	f := &fixture{t: t, store: memstore.New(clock), codec: codec, ids: kernel.NewIDs(clock), rows: map[kernel.RowID]table.RowCells{}}
	f.schema = table.Schema{Table: tbl, Workspace: ws, Columns: []table.Column{
		{ID: kernel.ColumnID(f.ids.New(kernel.PrefixColumn)), Name: "Email", Type: table.Email}, {ID: kernel.ColumnID(f.ids.New(kernel.PrefixColumn)), Name: "City", Type: table.Text},
	}}
	f.h, err = dedupcmd.New(dedupcmd.Config{
		Store: f.store, Codec: codec, IDs: f.ids, Clock: clock, Tables: f, Grid: f, Known: f,
	})
	require.NoError(t, err)
	f.runner, err = dedupcmd.NewRunner(f.h)
	require.NoError(t, err)
	return f
}

func quoted(s string) json.RawMessage {
	if s == "" {
		return kernel.Null()
	}
	b, _ := json.Marshal(s) //nolint:errchkjson // the same always encodes
	return b
}

func (f *fixture) add(email, city string) kernel.RowID {
	id := kernel.RowID(f.ids.New(kernel.PrefixRow))
	f.rows[id] = table.RowCells{Row: id, Values: map[kernel.ColumnID]json.RawMessage{
		f.schema.Columns[0].ID: quoted(email), f.schema.Columns[1].ID: quoted(city),
	}}
	return id
}

// city is a row's city; false for a row that is hidden or gone.
func (f *fixture) city(id kernel.RowID) (string, bool) {
	r := f.rows[id]
	var s string
	require.NoError(f.t, json.Unmarshal(r.Values[f.schema.Columns[1].ID], &s))
	return s, !r.Trashed
}

// Scan implements dedupcmd.Grid.
func (f *fixture) Scan(
	_ context.Context, _ kernel.WorkspaceID, _ kernel.TableID, columns []kernel.ColumnID, fn func(kernel.RowID, []string) error,
) error {
	ids := make([]kernel.RowID, 0, len(f.rows))
	for id, r := range f.rows {
		if !r.Trashed {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		texts := make([]string, len(columns))
		for i, c := range columns {
			_ = json.Unmarshal(f.rows[id].Values[c], &texts[i])
		}
		if err := fn(id, texts); err != nil {
			return err
		}
	}
	return nil
}

// Cells implements dedupcmd.Grid.
func (f *fixture) Cells(
	_ context.Context, _ table.Schema, rows []kernel.RowID, _ []kernel.ColumnID,
) (map[kernel.RowID]table.RowCells, int64, error) {
	out := map[kernel.RowID]table.RowCells{}
	for _, id := range rows {
		if r, ok := f.rows[id]; ok {
			out[id] = r
		}
	}
	return out, 0, nil
}

// Schema implements dedupcmd.Tables.
func (f *fixture) Schema(_ context.Context, in kernel.WorkspaceID, id kernel.TableID) (table.Schema, error) {
	if in != ws || id != tbl || f.schema.Trashed {
		return table.Schema{}, kernel.NotFound("table", string(id))
	}
	return f.schema, nil
}

// Settle implements dedupcmd.Tables.
func (f *fixture) Settle(context.Context, kernel.TableID) error { return nil }

// Rework implements dedupcmd.Tables.
func (f *fixture) Rework(ctx context.Context, meta kernel.Meta, r dedupcmd.Rework, decide func(dedupcmd.Seen) (dedupcmd.Decided, error)) error {
	seen := dedupcmd.Seen{}
	for _, c := range f.schema.Columns {
		seen.Columns = append(seen.Columns, c.ID)
	}
	seen.Rows, _, _ = f.Cells(ctx, f.schema, r.Rows, nil)
	d, err := decide(seen)
	if err != nil {
		return err
	}
	var events []kernel.Event
	for _, b := range table.Blocks(d.Changes) {
		events = append(events, table.CellsEdited{TableID: tbl, Chunk: b.Chunk, Old: b.Old, From: b.From, Source: r.Source, Step: r.Step})
	}
	beside, err := d.Beside(len(events))
	if err != nil {
		return err
	}
	if f.before != nil {
		if err := f.before(); err != nil {
			return err
		}
	}
	req, err := f.codec.Append(meta, nil, append(beside, eventstore.At(eventstore.Stream(table.CellStream, string(tbl)), eventstore.Any, events...))...)
	if err != nil {
		return err
	}
	if _, err := f.store.Append(ctx, req); err != nil {
		return err
	}
	for _, id := range d.Back {
		row := f.rows[id]
		row.Trashed, row.Link = false, table.Link{}
		f.rows[id] = row
	}
	for _, c := range d.Changes {
		values := map[kernel.ColumnID]json.RawMessage{}
		for k, v := range f.rows[c.Row].Values {
			values[k] = v
		}
		values[c.Column] = c.Value
		row := f.rows[c.Row]
		row.Values = values
		f.rows[c.Row] = row
	}
	for _, id := range d.Away {
		row := f.rows[id]
		row.Trashed, row.Link = true, d.Links[id]
		f.rows[id] = row
	}
	return nil
}

// eachEvent reads the events of a job.
func (f *fixture) eachEvent(id kernel.DedupID, fn func(kernel.Event)) {
	recs, err := f.store.ReadStream(f.t.Context(), eventstore.Stream(dedup.Stream, string(id)), 0, 10_000)
	require.NoError(f.t, err)
	for _, rec := range recs {
		e, err := f.codec.Decode(rec)
		require.NoError(f.t, err)
		fn(e)
	}
}

// Group implements dedupcmd.Known.
func (f *fixture) Group(_ context.Context, scan kernel.DedupID, number int) (found dedupcmd.Found, ok bool, err error) {
	f.eachEvent(scan, func(e kernel.Event) {
		if g, is := e.(dedup.GroupsFound); is && number >= g.First && number < g.First+len(g.Groups) {
			found, ok = dedupcmd.Found{Number: number, Group: g.Groups[number-g.First]}, true
		}
	})
	return found, ok, nil
}

// Apart implements dedupcmd.Known.
func (f *fixture) Apart(context.Context, kernel.TableID, func(a, b kernel.RowID)) error { return nil }

// InEffect implements dedupcmd.Known.
func (f *fixture) InEffect(_ context.Context, merge kernel.DedupID, groups []int) (map[int]bool, error) {
	out := map[int]bool{}
	f.eachEvent(merge, func(e kernel.Event) {
		if m, ok := e.(dedup.RowsMerged); ok {
			for _, g := range m.Groups {
				out[g.Group] = slices.Contains(groups, g.Group) && f.rows[g.Rows[0]].Link.Merge == merge
			}
		}
	})
	return out, nil
}

// Superseded implements dedupcmd.Known.
func (f *fixture) Superseded(context.Context, kernel.DedupID, []int) (map[int]dedupcmd.Later, error) {
	return nil, nil
}

func (f *fixture) meta() kernel.Meta {
	return kernel.Meta{Workspace: ws, Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Command: "test"}
}

func (f *fixture) run(id kernel.DedupID) {
	f.t.Helper()
	require.NoError(f.t, f.runner.Run(f.t.Context(), id, func(int) {}))
}

// scan looks for rows with the same address.
func (f *fixture) scan() kernel.DedupID {
	f.t.Helper()
	res, err := f.h.Scan(f.t.Context(), f.meta(), tbl, dedup.Definition{Keys: []dedup.Key{{ColumnID: f.schema.Columns[0].ID, Match: dedup.Email}}})
	require.NoError(f.t, err)
	f.run(res.Value.ID)
	return res.Value.ID
}

func (f *fixture) plan() dedup.Plan {
	return dedup.Plan{MinScore: 0.8, Survivor: dedup.Oldest, Default: dedup.Survivor}
}

func (f *fixture) ended(id kernel.DedupID) (end dedup.Ended, merged, left int) {
	f.eachEvent(id, func(e kernel.Event) {
		switch e := e.(type) {
		case dedup.Ended:
			end = e
		case dedup.RowsMerged:
			merged, left = merged+len(e.Groups), left+len(e.Left)
		case dedup.RowsParted:
			merged, left = merged+len(e.Groups), left+len(e.Left)
		}
	})
	return end, merged, left
}
