package enrichmentapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/creditapi"
	"github.com/morket/morket/adapters/httpapi/enrichmentapi"
	"github.com/morket/morket/adapters/outbound/providers"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/scrapepage"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/creditread"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/creditview"
	"github.com/morket/morket/projections/enrichmentview"
	"github.com/morket/morket/projections/gridview"
)

// Two tenants: a token is the name of who sends it.
const (
	wsA = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZA")
	wsB = kernel.WorkspaceID("ws_01JZZZZZZZZZZZZZZZZZZZZZZB")
)

type people struct{ tables []kernel.TableID }

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

// world is enrichment over a real log and real read models; slices are worked on by the test.
type world struct {
	t         testing.TB
	log       *pgstore.Store
	pool      *pgxpool.Pool
	codec     *eventstore.Codec
	ids       *kernel.IDs
	clock     kernel.Clock
	positions *projections.Registry
	people    *people
	grid      enrichmentcmd.RowSource
	runner    *enrichmentflow.Runner
	ledger    *creditcmd.Ledger
	url       string
	waiting   string
	table     kernel.TableID
	email     kernel.ColumnID
	rows      []kernel.RowID
}

func newWorld(tb testing.TB) *world {
	tb.Helper()
	return newWorldWithPrices(tb, nil)
}

func newWorldWithPrices(tb testing.TB, prices map[string]kernel.Credits) *world {
	tb.Helper()
	return newWorldOf(tb, worldOf{prices: prices})
}

// worldOf is what a world is made of.
type worldOf struct {
	prices  map[string]kernel.Credits
	local   map[string]string // addresses that stand in for vendors
	pages   scrapepage.Reader
	secrets waterfall.Secrets
	quotas  waterfall.Quotas
}

func newWorldOf(tb testing.TB, of worldOf) *world {
	tb.Helper()
	clock := kernel.SystemClock{}
	w := &world{t: tb, ids: kernel.NewIDs(clock), clock: clock, people: &people{}}
	w.log, w.pool = pgtest.Log(tb)
	var err error
	w.codec, err = eventstore.NewCodec(table.Events(), enrichment.Events(), credit.Events(), dataops.Events())
	require.NoError(tb, err)
	w.project()
	ring := vaulttest.Ring(tb, clock)
	reads := enrichmentread.NewQueries(w.pool, clock, ring)
	rows := gridread.NewGrid(w.pool, clock).ForRuns(w.positions)
	w.grid = rows
	reg, err := providers.Builtin(providers.Config{
		Resolver: providertest.Zone{Err: errors.New("no network")}, Client: safedial.NewClient(safedial.Config{}), Body: safedial.Body, Inside: safedial.Inside, Agent: "Morket/test", Clock: clock,
		Local: of.local, Vendors: http.DefaultClient, Pages: of.pages,
	})
	require.NoError(tb, err)
	reg, err = reg.WithPrices(of.prices)
	require.NoError(tb, err)
	engine, err := waterfall.New(waterfall.Config{Registry: reg, Clock: clock, Jitter: func() float64 { return 0 }, Cache: reads, Secrets: of.secrets, Quotas: of.quotas})
	require.NoError(tb, err)
	w.ledger = creditcmd.NewLedger(w.log, w.codec, ledgertest.Keys())
	handlers, err := enrichmentcmd.New(enrichmentcmd.Config{Store: w.log, Codec: w.codec, IDs: w.ids, Clock: clock, Engine: engine, Rows: rows, Ledger: w.ledger, Rates: reads, Recorded: enrichmentread.NewRecorded(reads, w.positions)})
	require.NoError(tb, err)
	w.runner, err = enrichmentflow.NewRunner(enrichmentflow.Config{
		Store: w.log, Codec: w.codec, IDs: w.ids, Clock: clock, Engine: engine, Rows: rows, Failures: enrichmentread.NewFailures(reads, w.positions), Recorded: enrichmentread.NewRecorded(reads, w.positions), Ledger: w.ledger, Sealer: ring, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	api := httpapi.New(httpapi.Config{
		Authenticator: w.people, Memberships: w.people, Limiter: memlimit.New(clock), Commands: w.log, Positions: w.positions,
		ReadWait: time.Minute, IDs: w.ids, Clock: clock, Logger: slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelError})), Version: "test",
	})
	enrichmentapi.Register(api, enrichmentapi.Deps{Handlers: handlers, Reads: reads, Waiting: func() string { return w.waiting }})
	creditapi.Register(api, creditapi.Deps{Handlers: creditcmd.NewHandlers(w.ledger, clock), Reads: creditread.NewQueries(w.pool), Log: w.log, Clock: clock})
	server := httptest.NewServer(api.Handler())
	tb.Cleanup(server.Close)
	w.url = server.URL
	w.fill()
	head, err := w.log.Head(tb.Context())
	require.NoError(tb, err)
	for _, name := range []string{gridview.Name, enrichmentview.Name, creditview.Name} {
		_, ok := w.positions.Wait(tb.Context(), name, head)
		require.True(tb, ok)
	}
	return w
}

// project runs the read models until the test ends.
func (w *world) project() {
	w.t.Helper()
	require.NoError(w.t, postgres.Migrate(w.t.Context(), w.pool))
	store, err := postgres.NewStore(w.pool, gridread.Model(), enrichmentread.Model(), creditread.Model())
	require.NoError(w.t, err)
	w.positions = projections.NewRegistry(store)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, p := range []projections.Projector{gridview.New(w.codec, gridread.NewStructures().NewWriter), enrichmentview.New(enrichmentread.Open), creditview.New(creditread.Open)} {
		r, err := projections.NewRunner(projections.RunnerConfig{Projector: p, Log: w.log, Store: store, Clock: w.clock, Logger: slog.New(slog.DiscardHandler)})
		require.NoError(w.t, err)
		w.positions.Add(r)
		running.Go(func() { _ = r.Run(ctx) })
	}
	w.t.Cleanup(func() { cancel(); running.Wait() })
}

// fill makes a table with 30 email addresses, a third of them no addresses.
func (w *world) fill() {
	w.t.Helper()
	w.table = kernel.TableID(w.ids.New(kernel.PrefixTable))
	tbl, err := table.New(table.Maker{IDs: w.ids, Clock: w.clock}, w.table, wsA, "", "Leads", []table.Draft{{Name: "Email", Type: table.Text}})
	require.NoError(w.t, err)
	w.email = tbl.Schema().Columns[0].ID
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
	for i := range 30 {
		w.rows = append(w.rows, kernel.RowID(w.ids.New(kernel.PrefixRow)))
		address := fmt.Sprintf(`"p%d@acme%d.com"`, i, i)
		if i%3 == 0 {
			address = fmt.Sprintf(`"nobody %d"`, i)
		}
		chunk.Cols[w.email] = append(chunk.Cols[w.email], json.RawMessage(address))
	}
	chunk.Rows = w.rows
	meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "anna"}, Workspace: wsA}
	req, err := w.codec.Append(meta, nil, eventstore.At(eventstore.Stream("table", string(w.table)), eventstore.NoStream, tbl.Pending()...),
		eventstore.At(eventstore.Stream("cells", string(w.table)), eventstore.Any, table.RowsInserted{TableID: w.table, Chunk: chunk}))
	require.NoError(w.t, err)
	_, err = w.log.Append(w.t.Context(), req)
	require.NoError(w.t, err)
}

func (w *world) tables() *eventstore.Repo[*table.Table] {
	return eventstore.NewRepo("table", w.log, w.codec, table.Blank)
}

// schema is the table's schema as the log has it.
func (w *world) schema() table.Schema {
	w.t.Helper()
	t, _, err := w.tables().Load(w.t.Context(), string(w.table))
	require.NoError(w.t, err)
	return t.Schema()
}

// change changes the table.
func (w *world) change(fn func(*table.Table) error) {
	w.t.Helper()
	meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "anna"}, Workspace: wsA}
	_, err := w.tables().Update(w.t.Context(), meta, string(w.table), func(t *table.Table) (any, error) { return nil, fn(t) })
	require.NoError(w.t, err)
}

// reply is an answer of the API.
type reply struct {
	status int
	body   string
	header http.Header
	Data   json.RawMessage
	Error  *struct {
		Code, Message string
		Details       []kernel.Detail
	}
	Meta struct {
		NextCursor string `json:"next_cursor"`
	}
}

func (r reply) into(tb testing.TB, v any) {
	tb.Helper()
	require.Less(tb, r.status, 300, "%s", r.body)
	require.NoError(tb, json.Unmarshal(r.Data, v))
}

// call asks as the person and as of the end of the log.
func (w *world) call(who, method, path string, body any, headers ...string) reply {
	w.t.Helper()
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		require.NoError(w.t, err)
		reader = strings.NewReader(string(b))
	}
	if !strings.HasPrefix(path, "/") {
		path = "/workspaces/" + string(wsA) + "/" + path
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+"/api/v1"+path, reader)
	require.NoError(w.t, err)
	head, err := w.log.Head(w.t.Context())
	require.NoError(w.t, err)
	req.Header.Set("Morket-Min-Position", strconv.FormatInt(head, 10))
	req.Header.Set("Authorization", "Bearer "+who)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer func() { _ = res.Body.Close() }()
	out := reply{status: res.StatusCode, header: res.Header}
	b, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	out.body = string(b)
	require.NoError(w.t, json.Unmarshal(b, &out), "%s", b)
	return out
}

// work does what the flow does.
func (w *world) work(id kernel.RunID, round int) {
	w.t.Helper()
	head, err := w.log.Head(w.t.Context())
	require.NoError(w.t, err)
	for {
		res, err := w.runner.Slice(w.t.Context(), enrichmentflow.Input{Workspace: wsA, Run: id, Round: round, Position: head}, enrichmentflow.Try{})
		require.NoError(w.t, err)
		if res.Next != enrichmentflow.More {
			return
		}
	}
}

func emailCheck(col kernel.ColumnID) map[string]any {
	return map[string]any{"steps": []any{map[string]any{"provider": "email_check", "inputs": map[string]any{"email": map[string]any{"column": col}}, "output": "status"}}}
}
