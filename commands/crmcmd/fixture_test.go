package crmcmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
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

type noQuotas struct{}

func (noQuotas) Take(context.Context, string, []crm.Limit, time.Duration) (time.Duration, bool, error) {
	return 0, true, nil
}

// sheet is a table's rows.
type sheet struct{ rows []crmcmd.Row }

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

func (l links) all(ctx context.Context) (map[kernel.RowID]string, error) {
	events, err := l.log.ReadAll(ctx, 0, 10_000)
	if err != nil {
		return nil, err
	}
	out := map[kernel.RowID]string{}
	for _, rec := range events {
		e, err := l.codec.Decode(rec)
		if err != nil {
			return nil, err
		}
		if e, ok := e.(crm.BatchSettled); ok {
			for _, link := range e.Links {
				for row, id := range out {
					if id == link.ID {
						delete(out, row)
					}
				}
				if link.RowID != "" {
					out[link.RowID] = link.ID
				}
			}
		}
	}
	return out, nil
}

func (l links) OfRows(ctx context.Context, _ kernel.WorkspaceID, _ kernel.ConnectionID, _ string, rows []kernel.RowID) (map[kernel.RowID]string, error) {
	all, err := l.all(ctx)
	out := map[kernel.RowID]string{}
	for _, r := range rows {
		if id := all[r]; id != "" {
			out[r] = id
		}
	}
	return out, err
}

func (l links) OfRecords(ctx context.Context, _ kernel.WorkspaceID, _ kernel.ConnectionID, _ string, ids []string) (map[string]kernel.RowID, error) {
	all, err := l.all(ctx)
	out := map[string]kernel.RowID{}
	for row, id := range all {
		if slices.Contains(ids, id) {
			out[id] = row
		}
	}
	return out, err
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

func (l links) Writing(ctx context.Context, _ kernel.WorkspaceID, id kernel.SyncID) (bool, error) {
	events, err := l.log.ReadAll(ctx, 0, 10_000)
	under := map[kernel.SyncRunID]bool{}
	for _, rec := range events {
		e, err := l.codec.Decode(rec)
		if err != nil {
			return false, err
		}
		switch e := e.(type) {
		case crm.RunStarted:
			under[e.RunID] = e.SyncID == id && !e.Dry
		case crm.RunEnded:
			delete(under, e.RunID)
		}
	}
	for _, writes := range under {
		if writes {
			return true, nil
		}
	}
	return false, err
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
		t: t, clock: clock, log: memstore.New(clock), codec: codec, crm: newMemCRM(clock.Now), sheet: &sheet{},
		meta: kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: ws},
	}
	v, err := vault.New(bytes.Repeat([]byte{3}, vault.KeySize))
	require.NoError(t, err)
	ids := kernel.NewIDs(clock)
	f.h, err = crmcmd.New(crmcmd.Config{
		Store: f.log, Codec: codec, IDs: ids, Clock: clock, Sealer: vault.NewRing(v, vault.NewMemoryKeys(), clock), Quotas: noQuotas{}, Rows: f.sheet,
		Links:    links{f.log, codec},
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
