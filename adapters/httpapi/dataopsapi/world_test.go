package dataopsapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/dataopsapi"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/dataopsread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/dataopsview"
	"github.com/morket/morket/projections/gridview"
)

// Two tenants: a token is the name of who sends it.
const (
	wsA = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZA")
	wsB = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZB")
)

type people struct {
	tables []kernel.TableID
	gone   sync.Map // user → true
}

// MayExport implements dataopscmd.ExportRights.
func (p *people) MayExport(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (bool, error) {
	_, ok, err := p.Role(ctx, ws, user)
	_, gone := p.gone.Load(user)
	return ok && !gone, err
}

// Authenticate implements httpapi.Authenticator: the token "key" is an API key limited to some tables.
func (p *people) Authenticate(_ context.Context, token string) (httpapi.Principal, error) {
	if token == "key" {
		return httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1"}, KeyWorkspace: wsA, KeyRole: kernel.RoleMember, KeyTables: p.tables}, nil
	}
	return httpapi.Principal{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: token}, User: kernel.UserID(token)}, nil
}

// Role implements httpapi.Memberships.
func (*people) Role(_ context.Context, ws kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error) {
	switch {
	case ws == wsA && user == "anna", ws == wsB && user == "bob":
		return kernel.RoleOwner, true, nil
	case ws == wsA && user == "vera":
		return kernel.RoleViewer, true, nil
	default:
		return "", false, nil
	}
}

// world is the whole way of imports and exports over a real log and real read models.
type world struct {
	t         testing.TB
	log       *pgstore.Store
	pool      *pgxpool.Pool
	codec     *eventstore.Codec
	ids       *kernel.IDs
	importer  *dataopscmd.Importer
	exports   *dataopscmd.Exports
	links     *tokens.Issuer
	positions *projections.Registry
	people    *people
	url       string
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	clock := kernel.SystemClock{}
	w := &world{t: tb, ids: kernel.NewIDs(clock), people: &people{}}
	w.log, w.pool = pgtest.Log(tb)
	var err error
	w.codec, err = eventstore.NewCodec(dataops.Events(), table.Events(), enrichment.Events())
	require.NoError(tb, err)
	w.project(clock)
	files, err := objectstore.NewFolder(tb.TempDir(), clock)
	require.NoError(tb, err)
	grid := gridread.NewGrid(w.pool, clock)
	cfg := dataopscmd.Config{Store: w.log, Codec: w.codec, IDs: w.ids, Clock: clock, Files: files, Formats: tablefile.Imports{}, Grid: dataopsread.NewGrid(grid), Wait: w.positions}
	handlers, err := dataopscmd.New(cfg)
	require.NoError(tb, err)
	w.importer, err = dataopscmd.NewImporter(dataopscmd.ImporterConfig{Config: cfg, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(tb, err)
	w.exports, err = dataopscmd.NewExports(dataopscmd.ExportsConfig{
		Store: w.log, Codec: w.codec, IDs: w.ids, Clock: clock, Files: files, Tables: tablefile.NewTables(grid, nil), Rights: w.people,
	})
	require.NoError(tb, err)
	w.links, err = tokens.New(clock, w.ids, []byte("a key that is as long as it has to be"))
	require.NoError(tb, err)
	api := httpapi.New(httpapi.Config{
		Authenticator: w.people, Memberships: w.people, Limiter: memlimit.New(clock), Commands: w.log, Positions: w.positions,
		ReadWait: time.Minute, IDs: w.ids, Clock: clock, Logger: slog.New(slog.DiscardHandler), Version: "test",
	})
	dataopsapi.Register(api, dataopsapi.Deps{Handlers: handlers, Reads: dataopsread.NewQueries(w.pool), Grid: grid, Waiting: func() string { return "temporal" }, Exports: w.exports, Links: w.links})
	server := httptest.NewServer(api.Handler())
	tb.Cleanup(server.Close)
	w.url = server.URL
	return w
}

// project runs the read models until the test ends.
func (w *world) project(clock kernel.Clock) {
	w.t.Helper()
	require.NoError(w.t, postgres.Migrate(w.t.Context(), w.pool))
	store, err := postgres.NewStore(w.pool, gridread.Model(), dataopsread.Model())
	require.NoError(w.t, err)
	w.positions = projections.NewRegistry(store)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, p := range []projections.Projector{gridview.New(w.codec, gridread.NewStructures().NewWriter), dataopsview.New(dataopsread.Open)} {
		r, err := projections.NewRunner(projections.RunnerConfig{Projector: p, Log: w.log, Store: store, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(w.t, err)
		w.positions.Add(r)
		running.Go(func() { _ = r.Run(ctx) })
	}
	w.t.Cleanup(func() { cancel(); running.Wait() })
}

// reply is an answer of the API.
type reply struct {
	status   int
	position string
	body     []byte
	header   http.Header
	Data     json.RawMessage
	Error    *struct{ Code, Message string }
	Meta     struct {
		NextCursor string `json:"next_cursor"`
	}
}

func (r reply) imp(tb testing.TB) dataops.Summary {
	tb.Helper()
	require.Less(tb, r.status, 300, "%s", r.body)
	var s dataops.Summary
	require.NoError(tb, json.Unmarshal(r.Data, &s))
	return s
}

// call asks as the person; the body is a file when it is an io.Reader, JSON when it is text.
func (w *world) call(who, method, path string, body any, headers ...string) reply {
	w.t.Helper()
	var reader io.Reader
	contentType := "application/octet-stream"
	switch b := body.(type) {
	case string:
		reader, contentType = strings.NewReader(b), "application/json"
	case io.Reader:
		reader = b
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+"/api/v1/workspaces/"+path, reader)
	require.NoError(w.t, err)
	req.Header.Set("Authorization", "Bearer "+who)
	if reader != nil {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer func() { _ = res.Body.Close() }()
	out := reply{status: res.StatusCode, header: res.Header, position: res.Header.Get("Morket-Position")}
	out.body, err = io.ReadAll(res.Body)
	require.NoError(w.t, err)
	if strings.Contains(res.Header.Get("Content-Type"), "json") {
		_ = json.Unmarshal(out.body, &out) // streams of lines are read from body
	}
	return out
}

// importFile uploads, commits with the JSON and imports.
func (w *world) importFile(name, body, commit string) dataops.Summary {
	w.t.Helper()
	up := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename="+name, io.Reader(strings.NewReader(body))).imp(w.t)
	started := w.call("anna", http.MethodPost, string(wsA)+"/imports/"+string(up.ID)+"/commit", commit)
	started.imp(w.t)
	require.NoError(w.t, w.importer.Run(w.t.Context(), up.ID, func(dataops.Summary) {}))
	return w.get(up.ID)
}

// get reads the import as of the end of the log.
func (w *world) get(id kernel.ImportID) dataops.Summary {
	w.t.Helper()
	return w.call("anna", http.MethodGet, string(wsA)+"/imports/"+string(id), nil, "Morket-Min-Position", w.head()).imp(w.t)
}

func (w *world) head() string {
	w.t.Helper()
	head, err := w.log.Head(w.t.Context())
	require.NoError(w.t, err)
	b, err := json.Marshal(head)
	require.NoError(w.t, err)
	return string(b)
}

// export reads a table's file as of the end of the log.
func (w *world) export(id kernel.TableID, query string) string {
	w.t.Helper()
	r := w.call("anna", http.MethodGet, string(wsA)+"/tables/"+string(id)+"/export?"+query, nil, "Morket-Min-Position", w.head())
	require.Equal(w.t, http.StatusOK, r.status, "%s", r.body)
	return string(r.body)
}
