package tableapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/adapters/httpapi/tableapi"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/historyread"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/eventstore/relay"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
	"github.com/morket/morket/projections/historyview"
)

// world is a running Morket as far as tables go: log, bus, both projections, API.
type world struct {
	t        testing.TB
	log      *pgstore.Store
	pool     *pgxpool.Pool
	codec    *eventstore.Codec
	ids      *kernel.IDs
	handlers *tablecmd.Handlers
	grid     *gridread.Grid
	history  *historyread.Queries
	indexer  *gridread.Indexer
	moments  *gridread.Moments
	hub      *livestream.Hub
	runner   *projections.Runner
	registry *projections.Registry
	config   tablecmd.Config
	server   *httptest.Server
	api      *httpapi.API
	people   people
	writers  sync.Map // streams of imports and runs by table
}

// writersOf tells of the imports and runs that a test has made.
func (w *world) writersOf(_ context.Context, _ kernel.WorkspaceID, id kernel.TableID, _ int64) ([]eventstore.StreamID, error) {
	if list, ok := w.writers.Load(id); ok {
		return list.([]eventstore.StreamID), nil
	}
	return nil, nil
}

// people are the tokens that the API knows.
type people map[string]httpapi.Principal

func (p people) Authenticate(_ context.Context, token string) (httpapi.Principal, error) {
	if who, ok := p[token]; ok {
		return who, nil
	}
	return httpapi.Principal{}, kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "who are you?")
}

func (p people) Role(_ context.Context, ws kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error) {
	for _, who := range p {
		if who.User == user && who.Workspace == ws {
			return who.Role, true, nil
		}
	}
	return "", false, nil
}

func (p people) Names(_ context.Context, users []kernel.UserID) (map[kernel.UserID]string, error) {
	out := map[kernel.UserID]string{}
	for token, who := range p {
		out[who.User] = token
	}
	return out, nil
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	log, pool := pgtest.Log(tb)
	return worldOn(tb, log, pool)
}

func worldOn(tb testing.TB, log *pgstore.Store, pool *pgxpool.Pool) *world {
	tb.Helper()
	quiet := slog.New(slog.NewTextHandler(testWriter{tb}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(tb, err)
	clock := kernel.SystemClock{}
	w := &world{t: tb, log: log, pool: pool, codec: codec, ids: kernel.NewIDs(clock), people: people{}}
	require.NoError(tb, postgres.Migrate(tb.Context(), pool))
	store, err := postgres.NewStore(pool, gridread.Model(), historyread.Model())
	require.NoError(tb, err)

	bus := membus.New(0)
	rel, err := relay.New(relay.Config{Log: log, Leadership: relay.Alone(log), Publisher: bus, Logger: quiet})
	require.NoError(tb, err)
	registry := projections.NewRegistry(store)
	memory := gridread.NewStructures()
	run := func(fn func(context.Context) error) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = fn(ctx) }()
		tb.Cleanup(func() { cancel(); <-done })
	}
	for _, p := range []projections.Projector{gridview.New(codec, memory.NewWriter), historyview.New(codec, historyread.NewWriter)} {
		r, err := projections.NewRunner(projections.RunnerConfig{Projector: p, Log: log, Subscriber: bus, Store: store, Clock: clock, Logger: quiet})
		require.NoError(tb, err)
		registry.Add(r)
		run(r.Run)
		if p.Name() == gridview.Name {
			w.runner = r
		}
	}
	w.grid = gridread.NewGrid(pool, clock)
	w.indexer = w.grid.NewIndexer(w.pool, quiet)
	run(w.indexer.Run)
	w.history = historyread.NewQueries(pool, log, codec)
	w.hub, err = livestream.NewHub(livestream.Config{Subscriber: bus, Log: log, Codec: codec, Logger: quiet})
	require.NoError(tb, err)
	run(w.hub.Run)
	run(rel.Run)
	w.moments, err = gridread.NewMoments(gridread.MomentConfig{
		DB: pool, Pool: pool, Store: store, Log: log, Codec: codec, IDs: w.ids, Clock: clock, Logger: quiet,
		Limits: gridread.MomentLimits{Wait: time.Minute}, Writers: w.writersOf,
	})
	require.NoError(tb, err)
	run(w.moments.Run)
	w.config = tablecmd.Config{
		Store: log, Codec: codec, IDs: w.ids, Clock: clock, Rows: w.grid, Tables: w.grid, History: w.history, Waiter: registry,
		Moments: gridread.NewPastOf(w.grid, w.moments), Branches: gridread.NewBranched(w.grid),
	}
	w.registry = registry
	w.handlers, err = tablecmd.New(w.config)
	require.NoError(tb, err)
	w.api = httpapi.New(httpapi.Config{
		Authenticator: w.people, Memberships: w.people, Limiter: memlimit.New(clock), Commands: log, Positions: registry,
		IDs: w.ids, Clock: clock, Logger: quiet,
		BranchOf: func(ctx context.Context, ws kernel.WorkspaceID, branch kernel.TableID) (kernel.TableID, error) {
			info, err := w.grid.Table(ctx, ws, branch)
			return info.Schema.Of, err
		},
	})
	tableapi.Register(w.api, tableapi.Deps{Handlers: w.handlers, Grid: w.grid, History: w.history, Moments: moments{w.moments}, Branches: branches{w.grid}, Hub: w.hub, Names: w.people, Clock: clock})
	w.server = httptest.NewServer(w.api.Handler())
	tb.Cleanup(w.server.Close)
	// Readers need the read models to be there.
	require.Eventually(tb, func() bool {
		for _, name := range []string{gridview.Name, historyview.Name} {
			if _, ok, err := store.Checkpoint(tb.Context(), projections.LiveOf(name)); err != nil || !ok {
				return false
			}
		}
		return true
	}, 10*time.Second, 5*time.Millisecond)
	return w
}

// moments are the moments of the API.
type moments struct{ *gridread.Moments }

func (m moments) At(ctx context.Context, live gridview.Info, asked gridview.AsOf) (tableapi.Grid, gridview.Info, gridview.Moment, error) {
	return m.Moments.At(ctx, live, asked)
}

// Diff implements tableapi.Moments.
func (m moments) Diff(
	ctx context.Context, live gridview.Info, from gridview.AsOf, to *gridview.AsOf,
) (tableapi.Diff, error) {
	return m.Moments.Diff(ctx, live, from, to)
}

// branches are those of the API.
type branches struct{ *gridread.Grid }

// CompareBranch implements tableapi.Branches.
func (b branches) CompareBranch(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (tableapi.BranchDiff, error) {
	return b.Grid.CompareBranch(ctx, ws, id)
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Log(string(bytes.TrimSpace(b)))
	return len(b), nil
}

// user is a client of the API.
type user struct {
	w     *world
	ws    kernel.WorkspaceID
	token string
	last  string // Morket-Position of the last write
}

// join makes a person with a role in a new workspace.
func (w *world) join(name string, role kernel.Role) *user {
	return w.joinIn(name, role, kernel.WorkspaceID(w.ids.New(kernel.PrefixWorkspace)))
}

func (w *world) joinIn(name string, role kernel.Role, ws kernel.WorkspaceID) *user {
	id := kernel.UserID(w.ids.New(kernel.PrefixUser))
	w.people[name] = httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(id)}, User: id, Workspace: ws, Role: role}
	return &user{w: w, ws: ws, token: name}
}

// answer is what the API said.
type answer struct {
	t      testing.TB
	Status int
	Header http.Header
	Raw    []byte
	Body   struct {
		Success bool
		Data    json.RawMessage
		Error   *struct {
			Code    string
			Message string
			Details []kernel.Detail
		}
		Meta struct {
			NextCursor string `json:"next_cursor"`
			Position   int64
			Stale      bool
			AsOf       *httpapi.AsOf `json:"as_of"`
		}
	}
}

// call sends a request below the workspace; reads wait for the user's last write.
func (u *user) call(method, path string, body any, headers ...string) *answer {
	u.w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = bytes.NewReader([]byte(b))
	default:
		raw, err := json.Marshal(b)
		require.NoError(u.w.t, err)
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(context.Background(), method, u.w.server.URL+"/api/v1/workspaces/"+string(u.ws)+path, in)
	require.NoError(u.w.t, err)
	req.Header.Set("Authorization", "Bearer "+u.token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodGet && u.last != "" {
		req.Header.Set("Morket-Min-Position", u.last)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(u.w.t, err)
	defer func() { _ = res.Body.Close() }()
	a := &answer{t: u.w.t, Status: res.StatusCode, Header: res.Header}
	a.Raw, err = io.ReadAll(res.Body)
	require.NoError(u.w.t, err)
	require.NoError(u.w.t, json.Unmarshal(a.Raw, &a.Body), "%s", a.Raw)
	if p := res.Header.Get("Morket-Position"); p != "" {
		u.last = p
	}
	return a
}

func (a *answer) ok(into any) *answer {
	a.t.Helper()
	require.True(a.t, a.Body.Success && a.Status < 300, "%d %s", a.Status, a.Raw)
	require.False(a.t, a.Body.Meta.Stale, "stale")
	if into != nil {
		require.NoError(a.t, json.Unmarshal(a.Body.Data, into), "%s", a.Body.Data)
	}
	return a
}

func (a *answer) fails(status int, code string) *answer {
	a.t.Helper()
	require.Equal(a.t, status, a.Status, "%s", a.Raw)
	require.NotNil(a.t, a.Body.Error)
	require.Equal(a.t, code, a.Body.Error.Code, "%s", a.Raw)
	return a
}

// row is a row as tests look at it.
type row struct {
	ID      kernel.RowID
	Cells   map[kernel.ColumnID]json.RawMessage
	Version int64
	States  map[kernel.ColumnID]struct{ State string }
}

func (r row) text(t table.Column) string { return string(r.Cells[t.ID]) }

type m = map[string]any

// table makes a table and returns it with its columns by name.
func (u *user) table(cols ...m) (tablecmd.Table, map[string]table.Column) {
	u.w.t.Helper()
	var tbl tablecmd.Table
	u.call(http.MethodPost, "/tables", m{"name": "Leads", "columns": cols}).ok(&tbl)
	by := map[string]table.Column{}
	for _, c := range tbl.Columns {
		by[c.Name] = c
	}
	return tbl, by
}

// insert adds rows and returns their ids.
func (u *user) insert(tbl tablecmd.Table, cells ...m) []kernel.RowID {
	u.w.t.Helper()
	ops := make([]m, len(cells))
	for i, c := range cells {
		ops[i] = m{"op": "insert", "cells": c}
	}
	var out tablecmd.BatchedRows
	u.call(http.MethodPost, "/tables/"+string(tbl.ID)+"/rows:batch", m{"operations": ops}).ok(&out)
	ids := make([]kernel.RowID, len(out.Results))
	for i, r := range out.Results {
		ids[i] = r.RowID
	}
	return ids
}

func (u *user) rows(tbl tablecmd.Table, query string) []row {
	u.w.t.Helper()
	var out []row
	u.call(http.MethodGet, "/tables/"+string(tbl.ID)+"/rows"+query, nil).ok(&out)
	return out
}

func (u *user) edit(tbl tablecmd.Table, r kernel.RowID, c table.Column, v any) *answer {
	u.w.t.Helper()
	return u.call(http.MethodPatch, "/tables/"+string(tbl.ID)+"/cells", m{"edits": []m{{"row_id": r, "column_id": c.ID, "value": v}}})
}
