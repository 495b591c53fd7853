package searchapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/searchapi"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/savedsearchread"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/searchcmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/search"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/eventstore/relay"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/savedsearchview"
	"github.com/morket/morket/projections/searchview"
)

// world is a running Morket as far as searches go: log, bus, projections, reactor, API.
type world struct {
	t      *testing.T
	log    *pgstore.Store
	codec  *eventstore.Codec
	ids    *kernel.IDs
	server *httptest.Server
	people people
	index  *index
	last   int64 // position of the last event
}

// people are who the API knows, by token.
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

// index stands for the index as a whole: a rebuild waits for its outcome.
type index struct{ outcome chan error }

func (i *index) Rebuild(ctx context.Context) (int64, error) {
	select {
	case err := <-i.outcome:
		return 7, err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

func (*index) State(context.Context) (searchapi.IndexState, error) {
	return searchapi.IndexState{Engine: "postgres", Position: 5, Head: 6}, nil
}

var errBroken = errors.New("a secret of the inside")

func newWorld(t *testing.T) *world {
	t.Helper()
	log, pool := pgtest.Log(t)
	quiet := slog.New(slog.DiscardHandler)
	clock := kernel.SystemClock{}
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events(), search.Events())
	require.NoError(t, err)
	w := &world{t: t, log: log, codec: codec, ids: kernel.NewIDs(clock), people: people{}, index: &index{make(chan error)}}
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	store, err := postgres.NewStore(pool, searchread.Model(), savedsearchread.Model())
	require.NoError(t, err)
	bus := membus.New(0)
	rel, err := relay.New(relay.Config{Log: log, Leadership: relay.Alone(log), Publisher: bus, Logger: quiet})
	require.NoError(t, err)
	registry := projections.NewRegistry(store)
	for _, p := range []projections.Projector{searchview.New(searchview.Name, codec, searchread.Open), savedsearchview.New(codec, savedsearchread.Open)} {
		r, err := projections.NewRunner(projections.RunnerConfig{Projector: p, Log: log, Subscriber: bus, Store: store, Clock: clock, Logger: quiet})
		require.NoError(t, err)
		registry.Add(r)
		w.run(r.Run)
	}
	handlers := searchcmd.NewHandlers(log, codec, w.ids, clock)
	reindexer := searchcmd.NewReindexer(handlers, codec, w.index)
	reactor, err := projections.NewReactor(projections.ReactorConfig{
		Name: searchcmd.ReactorName, Types: reindexer.Types(), Handle: reindexer.Handle, Log: log, Subscriber: bus, Store: store, Clock: clock, Logger: quiet,
	})
	require.NoError(t, err)
	w.run(reactor.Run)
	w.run(rel.Run)
	api := httpapi.New(httpapi.Config{
		Authenticator: w.people, Memberships: w.people, Limiter: memlimit.New(clock), Commands: log, Positions: registry,
		IDs: w.ids, Clock: clock, Logger: quiet, ReadWait: 10 * time.Second,
	})
	searchapi.Register(api, searchapi.Deps{Searcher: searchread.NewQueries(pool), Projection: searchview.Name, Saved: savedsearchread.NewQueries(pool), Handlers: handlers, Index: w.index})
	w.server = httptest.NewServer(api.Handler())
	t.Cleanup(w.server.Close)
	require.Eventually(t, func() bool {
		for _, name := range []string{searchview.Name, savedsearchview.Name} {
			if _, ok, err := store.Checkpoint(t.Context(), projections.LiveOf(name)); err != nil || !ok {
				return false
			}
		}
		return true
	}, 10*time.Second, 5*time.Millisecond)
	return w
}

func (w *world) run(fn func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	done := make(chan struct{})
	go func() { defer close(done); _ = fn(ctx) }()
	w.t.Cleanup(func() { cancel(); <-done })
}

// append records events as the commands do.
func (w *world) append(ws kernel.WorkspaceID, stream eventstore.StreamID, events ...kernel.Event) {
	w.t.Helper()
	req, err := w.codec.Append(kernel.Meta{Actor: kernel.System(), Workspace: ws}, nil, eventstore.At(stream, eventstore.Any, events...))
	require.NoError(w.t, err)
	done, err := w.log.Append(w.t.Context(), req)
	require.NoError(w.t, err)
	w.last = done.Last
}

// table makes a table with a column Name and a row for each of the names.
func (w *world) table(ws kernel.WorkspaceID, name string, rows ...string) (kernel.TableID, []kernel.RowID) {
	w.t.Helper()
	id, col := kernel.TableID(w.ids.New(kernel.PrefixTable)), kernel.ColumnID(w.ids.New(kernel.PrefixColumn))
	w.append(ws, eventstore.Stream(table.StructureStream, string(id)), table.Created{
		TableID: id, WorkspaceID: ws, Name: name, Columns: []table.Column{{ID: col, Name: "Name", Type: table.Text, Kind: table.Data}},
	})
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for _, r := range rows {
		chunk.Rows = append(chunk.Rows, kernel.RowID(w.ids.New(kernel.PrefixRow)))
		chunk.Cols[col] = append(chunk.Cols[col], table.Quote(r))
	}
	w.append(ws, eventstore.Stream(table.CellStream, string(id)), table.RowsInserted{TableID: id, Chunk: chunk})
	return id, chunk.Rows
}

// caller is somebody who calls the API.
type caller struct {
	w     *world
	ws    kernel.WorkspaceID
	token string
}

func (w *world) join(ws kernel.WorkspaceID, name string, role kernel.Role) *caller {
	id := kernel.UserID(w.ids.New(kernel.PrefixUser))
	w.people[name] = httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(id)}, User: id, Workspace: ws, Role: role}
	return &caller{w, ws, name}
}

// key is an API key that extends to some tables.
func (w *world) key(ws kernel.WorkspaceID, name string, tables ...kernel.TableID) *caller {
	w.people[name] = httpapi.Principal{
		Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: w.ids.New(kernel.PrefixAPIKey)}, KeyWorkspace: ws, KeyRole: kernel.RoleMember, KeyTables: tables,
	}
	return &caller{w, ws, name}
}

func (w *world) workspace() kernel.WorkspaceID {
	return kernel.WorkspaceID(w.ids.New(kernel.PrefixWorkspace))
}

// answer is what the API said.
type answer struct {
	t      *testing.T
	status int
	raw    []byte
	body   struct {
		Data  json.RawMessage
		Error *httpapi.ErrorBody
		Meta  httpapi.Meta
	}
}

type m = map[string]any

func (c *caller) call(method, path string, body any) *answer {
	c.w.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(c.w.t, err)
	if s, ok := body.(string); ok {
		raw = []byte(s)
	}
	req, err := http.NewRequestWithContext(c.w.t.Context(), method, c.w.server.URL+"/api/v1/workspaces/"+string(c.ws)+path, bytes.NewReader(raw))
	require.NoError(c.w.t, err)
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	head, err := c.w.log.Head(c.w.t.Context())
	require.NoError(c.w.t, err)
	b, err := json.Marshal(head)
	require.NoError(c.w.t, err)
	req.Header.Set("Morket-Min-Position", string(b))
	res, err := http.DefaultClient.Do(req)
	require.NoError(c.w.t, err)
	defer res.Body.Close()
	a := &answer{t: c.w.t, status: res.StatusCode}
	a.raw, err = io.ReadAll(res.Body)
	require.NoError(c.w.t, err)
	require.NoError(c.w.t, json.Unmarshal(a.raw, &a.body), "%s", a.raw)
	return a
}

func (a *answer) ok(into any) *answer {
	a.t.Helper()
	require.Less(a.t, a.status, 300, "%s", a.raw)
	require.False(a.t, a.body.Meta.Stale)
	if into != nil {
		require.NoError(a.t, json.Unmarshal(a.body.Data, into))
	}
	return a
}

func (a *answer) fails(status int) *answer {
	a.t.Helper()
	require.Equal(a.t, status, a.status, "%s", a.raw)
	require.NotNil(a.t, a.body.Error)
	return a
}

// find searches and returns the rows.
func (c *caller) find(body m) []kernel.RowID {
	c.w.t.Helper()
	var hits []searchview.Hit
	c.call(http.MethodPost, "/search", body).ok(&hits)
	out := []kernel.RowID{}
	for _, h := range hits {
		out = append(out, h.RowID)
	}
	return out
}
