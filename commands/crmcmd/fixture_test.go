package crmcmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const ws = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZZ")

// quotas count turns and allow them all.
type quotas map[string]int

func (q quotas) Take(_ context.Context, key string, _ []crm.Limit, _ time.Duration) (time.Duration, bool, error) {
	q[key]++
	return 0, true, nil
}

// always is a read model that has always caught up.
type always struct{}

func (always) Wait(_ context.Context, _ string, position int64) (int64, bool) { return position, true }

// sheet is a table's rows.
type sheet struct {
	rows    []crmcmd.Row
	deleted map[kernel.RowID]bool
	at      map[kernel.RowID]map[kernel.ColumnID]int64 // positions of cells
	log     *memstore.Store
	codec   *eventstore.Codec
	steps   map[string]bool
	before  func() // a write
}

// Open implements crmcmd.Sheets.
func (s *sheet) Open(context.Context, kernel.WorkspaceID, kernel.TableID) (crmcmd.Sheet, error) {
	return s, nil
}

// Match implements crmcmd.Sheet.
func (s *sheet) Match(_ context.Context, column kernel.ColumnID, texts []string) ([][]kernel.RowID, error) {
	out := make([][]kernel.RowID, len(texts))
	for i, text := range texts {
		for _, r := range s.rows {
			var has string
			if json.Unmarshal(r.Cells[column], &has) == nil && strings.EqualFold(has, text) && !s.deleted[r.ID] {
				out[i] = append(out[i], r.ID)
			}
		}
	}
	return out, nil
}

// Cells implements crmcmd.Sheet.
func (s *sheet) Cells(_ context.Context, rows []kernel.RowID, _ []kernel.ColumnID) (map[kernel.RowID]table.RowCells, error) {
	out := map[kernel.RowID]table.RowCells{}
	for _, r := range s.rows {
		if slices.Contains(rows, r.ID) {
			out[r.ID] = table.RowCells{Row: r.ID, Trashed: s.deleted[r.ID], Values: maps.Clone(r.Cells), Positions: s.at[r.ID]}
		}
	}
	return out, nil
}

// Read implements crmcmd.Sheet: numbers are numbers, all else is text, and nothing holds a "!".
func (s *sheet) Read(_ kernel.ColumnID, _ bool, text string) (json.RawMessage, error) {
	if strings.Contains(text, "!") {
		return nil, &table.ValueError{Message: "can't hold a !"}
	}
	if text == "" {
		return kernel.Null(), nil
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return json.RawMessage(text), nil
	}
	return json.Marshal(text)
}

// Write implements crmcmd.Sheet.
func (s *sheet) Write(ctx context.Context, meta kernel.Meta, w crmcmd.SheetWrite, beside ...eventstore.Change) error {
	if s.before != nil {
		s.before()
	}
	req, err := s.codec.Append(meta, nil, beside...)
	if err != nil {
		return err
	}
	done, err := s.log.Append(ctx, req)
	if err != nil {
		return err
	}
	s.steps[w.Step.Step] = true
	for _, r := range w.Inserts {
		s.rows = append(s.rows, crmcmd.Row{ID: r.ID, Cells: map[kernel.ColumnID]json.RawMessage{}})
		for c, v := range r.Cells {
			s.set(r.ID, c, v, done.Last)
		}
	}
	for _, e := range w.Edits {
		s.set(e.Row, e.Column, e.Value, done.Last)
	}
	return nil
}

func (s *sheet) set(row kernel.RowID, c kernel.ColumnID, v json.RawMessage, position int64) {
	for _, r := range s.rows {
		if r.ID == row {
			r.Cells[c] = v
		}
	}
	if s.at[row] == nil {
		s.at[row] = map[kernel.ColumnID]int64{}
	}
	s.at[row][c] = position
}

func (s *sheet) Page(_ context.Context, q crmcmd.RowQuery) ([]crmcmd.Row, error) {
	var out []crmcmd.Row
	for _, r := range s.rows {
		if r.ID > q.After && len(out) < q.Limit {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *sheet) Count(context.Context, crmcmd.RowQuery) (int64, error) {
	return int64(len(s.rows)), nil
}

// links reads the links of rows from the log, as the read model does.
type links struct {
	log   *memstore.Store
	codec *eventstore.Codec
}

func (l links) all(ctx context.Context) (ties map[string]crm.Tie, open []string, err error) {
	events, err := l.log.ReadAll(ctx, 0, 10_000)
	if err != nil {
		return nil, nil, err
	}
	ties = map[string]crm.Tie{}
	for _, rec := range events {
		e, err := l.codec.Decode(rec)
		if err != nil {
			return nil, nil, err
		}
		b, ok := e.(crm.BatchSettled)
		if !ok {
			continue
		}
		for _, link := range b.Links {
			marks := ties[link.ID].Marks
			if ties[link.ID].RowID != link.RowID || marks == nil {
				marks = map[string]crm.Mark{}
			}
			maps.Copy(marks, link.Marks)
			maps.DeleteFunc(ties, func(id string, t crm.Tie) bool { return t.RowID == link.RowID && id != link.ID })
			delete(ties, link.ID)
			if link.RowID != "" {
				ties[link.ID] = crm.Tie{RowID: link.RowID, Gone: link.Gone, Marks: marks}
			}
			open = slices.DeleteFunc(open, func(id string) bool { return id == link.ID })
		}
		for _, o := range b.Open {
			open = append(open, o.ID)
		}
	}
	slices.Sort(open)
	return ties, open, nil
}

func (l links) OfRows(ctx context.Context, _ kernel.WorkspaceID, _ kernel.ConnectionID, _ string, rows []kernel.RowID) (map[kernel.RowID]string, error) {
	ties, _, err := l.all(ctx)
	out := map[kernel.RowID]string{}
	for id, t := range ties {
		if slices.Contains(rows, t.RowID) {
			out[t.RowID] = id
		}
	}
	return out, err
}

func (l links) Known(ctx context.Context, _ kernel.WorkspaceID, _ kernel.ConnectionID, _ string, ids []string) (map[string]crm.Tie, error) {
	ties, _, err := l.all(ctx)
	maps.DeleteFunc(ties, func(id string, _ crm.Tie) bool { return !slices.Contains(ids, id) })
	return ties, err
}

func (l links) Disputed(ctx context.Context, _ kernel.WorkspaceID, _ kernel.SyncID, only []string, after string, limit int) ([]string, error) {
	_, open, err := l.all(ctx)
	open = slices.DeleteFunc(open, func(id string) bool { return id <= after || len(only) > 0 && !slices.Contains(only, id) })
	return open[:min(limit, len(open))], err
}

func (l links) OfAccount(ctx context.Context, _ kernel.WorkspaceID, vendor, account string) (kernel.ConnectionID, error) {
	events, err := l.log.ReadAll(ctx, 0, 10_000)
	has := kernel.ConnectionID("")
	for _, rec := range events {
		e, err := l.codec.Decode(rec)
		if err != nil {
			return "", err
		}
		switch e := e.(type) {
		case crm.Connected:
			if e.Vendor == vendor && e.Account.ID == account {
				has = e.ConnectionID
			}
		case crm.Disconnected:
			if e.ConnectionID == has {
				has = ""
			}
		}
	}
	return has, err
}

type fixture struct {
	t       *testing.T
	clock   *kernel.ManualClock
	log     *memstore.Store
	codec   *eventstore.Codec
	crm     *memCRM
	sheet   *sheet
	h       *crmcmd.Handlers
	runner  *crmcmd.Runner
	slept   []time.Duration
	turns   quotas
	table   kernel.TableID
	columns []kernel.ColumnID // email, name, size
	meta    kernel.Meta
	conn    kernel.ConnectionID
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC))
	codec, err := eventstore.NewCodec(table.Events(), crm.Events())
	require.NoError(t, err)
	f := &fixture{
		t: t, clock: clock, log: memstore.New(clock), codec: codec, crm: newMemCRM(clock.Now), sheet: &sheet{}, turns: quotas{},
		meta: kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: ws},
	}
	f.sheet.log, f.sheet.codec = f.log, codec
	f.sheet.deleted, f.sheet.at, f.sheet.steps = map[kernel.RowID]bool{}, map[kernel.RowID]map[kernel.ColumnID]int64{}, map[string]bool{}
	v, err := vault.New(bytes.Repeat([]byte{3}, vault.KeySize))
	require.NoError(t, err)
	ids := kernel.NewIDs(clock)
	f.h, err = crmcmd.New(crmcmd.Config{
		Store: f.log, Codec: codec, IDs: ids, Clock: clock, Sealer: vault.NewRing(v, vault.NewMemoryKeys(), clock), Quotas: f.turns, Rows: f.sheet,
		Links:    links{f.log, codec},
		Sheets:   f.sheet,
		Waiter:   always{},
		CRMs:     []crmcmd.CRM{{Connector: f.crm, App: crmcmd.App{ClientID: "app", ClientSecret: "app-secret"}}},
		Redirect: func(vendor string) string { return "https://morket.example/back/" + vendor },
		Sleep: func(ctx context.Context, d time.Duration) error {
			f.slept = append(f.slept, d)
			clock.Advance(d)
			return ctx.Err()
		},
	})
	require.NoError(t, err)
	f.runner, err = crmcmd.NewRunner(f.h, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	f.table, f.columns = f.makeTable(
		table.Draft{Name: "E-Mail", Type: table.Email}, table.Draft{Name: "Name", Type: table.Text}, table.Draft{Name: "Size", Type: table.Number},
	)
	return f
}

// makeTable makes a table with the columns.
func (f *fixture) makeTable(drafts ...table.Draft) (id kernel.TableID, columns []kernel.ColumnID) {
	f.t.Helper()
	ids := kernel.NewIDs(f.clock)
	id = kernel.TableID(ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: ids, Clock: f.clock}, id, ws, "", "Leads", drafts)
	require.NoError(f.t, err)
	for _, c := range tbl.Schema().Columns {
		columns = append(columns, c.ID)
	}
	req, err := f.codec.Append(f.meta, nil, eventstore.At(eventstore.Stream(table.StructureStream, string(id)), eventstore.NoStream, tbl.Pending()...))
	require.NoError(f.t, err)
	_, err = f.log.Append(f.t.Context(), req)
	require.NoError(f.t, err)
	return id, columns
}

// ask begins an attempt to connect and returns what a vendor would send back.
func (f *fixture) ask(id kernel.ConnectionID) (crmcmd.Asked, crmcmd.Return) {
	f.t.Helper()
	res, err := f.h.Connect(f.t.Context(), f.meta, crmcmd.Connect{Vendor: "mem", ID: id})
	require.NoError(f.t, err)
	u, err := url.Parse(res.Value.URL)
	require.NoError(f.t, err)
	return res.Value, crmcmd.Return{Vendor: "mem", State: u.Query().Get("state"), Code: "good", Browser: res.Value.Browser}
}

func (f *fixture) connect() {
	f.t.Helper()
	asked, back := f.ask("")
	done, err := f.h.Complete(f.t.Context(), back)
	require.NoError(f.t, err)
	require.Equal(f.t, crmcmd.Completed{Workspace: ws, ID: asked.ID}, done)
	f.conn = asked.ID
}

// row adds a row.
func (f *fixture) row(email, name string, size any) {
	cells := map[kernel.ColumnID]json.RawMessage{}
	for i, v := range []any{email, name, size} {
		if v != "" && v != nil {
			raw, err := json.Marshal(v)
			require.NoError(f.t, err)
			cells[f.columns[i]] = raw
		}
	}
	f.sheet.rows = append(f.sheet.rows, crmcmd.Row{ID: kernel.RowID(fmt.Sprintf("row_%026d", len(f.sheet.rows)+1)), Cells: cells})
}

func (f *fixture) definition() crm.Definition {
	return crm.Definition{
		Name: "Leads to MemCRM", ConnectionID: f.conn, Object: "contacts", TableID: f.table, Keys: []crm.Match{{Field: "email", ColumnID: f.columns[0]}},
		Mappings: []crm.Mapping{{Field: "name", ColumnID: f.columns[1]}, {Field: "size", ColumnID: f.columns[2], OnlyEmpty: true}},
		Create:   true, MaxRecords: 1000,
	}
}

func (f *fixture) start(dry bool) kernel.SyncRunID {
	f.t.Helper()
	saved, err := f.h.Save(f.t.Context(), f.meta, crmcmd.Save{Definition: f.definition()})
	require.NoError(f.t, err)
	started, err := f.h.Start(f.t.Context(), f.meta, crmcmd.Start{SyncID: saved.Value.ID, Dry: dry})
	require.NoError(f.t, err)
	return started.Value.ID
}

func (f *fixture) run(id kernel.SyncRunID) *crm.Run {
	f.t.Helper()
	require.NoError(f.t, f.runner.Run(f.t.Context(), id, func(int) {}))
	r, err := f.h.Run(f.t.Context(), ws, id)
	require.NoError(f.t, err)
	return r
}

func (f *fixture) records(id kernel.SyncRunID) []crmcmd.Record {
	f.t.Helper()
	list, next, err := f.h.Records(f.t.Context(), ws, crmcmd.Records{RunID: id, Limit: 100})
	require.NoError(f.t, err)
	require.Empty(f.t, next)
	return list
}

// states are the outcomes of the run's records, in order.
func (f *fixture) states(id kernel.SyncRunID) []crm.Outcome {
	f.t.Helper()
	var out []crm.Outcome
	for _, r := range f.records(id) {
		out = append(out, r.State)
	}
	return out
}
