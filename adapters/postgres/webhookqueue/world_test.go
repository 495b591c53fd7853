package webhookqueue_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/outbound/webhooksend"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/webhookqueue"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections"
)

const table1 = "tbl_01ARZ3NDEKTSV4RRFFQ69G5FAV"

func policy() cloudevent.Policy {
	p := cloudevent.Policy{"table.cells_edited.v1": {Action: "a"}, "table.renamed.v1": {Action: "a"}, "credit.debited.v1": {Action: "a"}, "user.registered.v1": {}}
	for _, e := range webhook.Events() {
		p[e.EventType()] = cloudevent.Rule{Action: "a"}
	}
	return p
}

// world is a log whose events are put into the queue and sent by workers. The clock stands still until the test moves it.
type world struct {
	t        testing.TB
	clock    *kernel.ManualClock
	log      *memstore.Store
	pool     *pgxpool.Pool
	store    *postgres.Store
	queue    *webhookqueue.Queue
	handlers *webhookcmd.Handlers
	at       projections.Checkpoint
	meta     kernel.Meta
	sender   webhookflow.Sender
}

type noCount struct{}

func (noCount) Count(context.Context, kernel.WorkspaceID) (int, error) { return 0, nil }

// sealer is the vault as cmd wires it.
type sealer struct{ v *vault.Vault }

func (s sealer) Seal(ws kernel.WorkspaceID, id kernel.WebhookID, version int, secret string) (webhook.Sealed, error) {
	sealed, err := s.v.Seal(ws, kernel.CredentialID(id), version, map[string]string{"secret": secret})
	return webhook.Sealed(sealed), err
}

func (s sealer) Open(ws kernel.WorkspaceID, id kernel.WebhookID, version int, sealed webhook.Sealed) (string, error) {
	secret, err := s.v.Open(ws, kernel.CredentialID(id), version, credential.Sealed(sealed))
	return secret["secret"], err
}

func (s sealer) Stale(sealed webhook.Sealed) bool { return s.v.Stale(credential.Sealed(sealed)) }

func (s sealer) Rewrap(ws kernel.WorkspaceID, id kernel.WebhookID, version int, sealed webhook.Sealed) (webhook.Sealed, error) {
	again, err := s.v.Rewrap(ws, kernel.CredentialID(id), version, credential.Sealed(sealed))
	return webhook.Sealed(again), err
}

func masterKey(b byte) []byte { return bytes.Repeat([]byte{b}, vault.KeySize) }

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{t: tb, clock: kernel.NewManualClock(time.Now().Truncate(time.Second)), pool: pgtest.Pool(tb)}
	w.log = memstore.New(w.clock)
	w.meta = kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: "ws_1"}
	require.NoError(tb, postgres.Migrate(tb.Context(), w.pool))
	var err error
	w.store, err = postgres.NewStore(w.pool)
	require.NoError(tb, err)
	w.queue = w.process("first")
	w.useKeys(masterKey(1))
	w.at, err = w.store.Create(tb.Context(), projections.Location{Projection: webhookqueue.FeederName, Copy: projections.Reacted}, 1)
	require.NoError(tb, err)
	client := safedial.NewClient(safedial.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Redirects: -1, Timeout: webhooksend.Timeout})
	w.sender = webhooksend.New(client, safedial.Body)
	return w
}

// process opens the queue as another process, which lives until it is ended.
func (w *world) process(id string) *webhookqueue.Queue {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), `INSERT INTO projection.processes VALUES ($1, clock_timestamp(), '1 hour')`, id)
	require.NoError(w.t, err)
	return w.open(id)
}

// open opens the queue as a process.
func (w *world) open(id string) *webhookqueue.Queue {
	w.t.Helper()
	codec, err := eventstore.NewCodec(webhook.Events())
	require.NoError(w.t, err)
	q, err := webhookqueue.Open(w.t.Context(), webhookqueue.Config{
		Pool: w.pool, Log: w.log, Codec: codec, Encoder: cloudevent.NewEncoder("https://morket.test", policy()), Process: id,
	})
	require.NoError(w.t, err)
	return q
}

// end has a process fall silent.
func (w *world) end(id string) {
	w.t.Helper()
	_, err := w.pool.Exec(w.t.Context(), `DELETE FROM projection.processes WHERE id = $1`, id)
	require.NoError(w.t, err)
}

// pass lets time pass: for the queue, whose clock is the database's, by moving what it knows into the past.
func (w *world) pass(d time.Duration) {
	w.t.Helper()
	w.clock.Advance(d)
	w.shift(-d)
}

// rested lets time pass if no worker has an endpoint queue and none is to be taken, and reports whether it did. Else days go by on a busy
// machine while one try is made, and the pause after it begins only when they are over.
func (w *world) rested(d time.Duration) bool {
	w.t.Helper()
	var busy bool
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), `SELECT EXISTS (SELECT FROM webhook_queue.endpoints WHERE enabled AND NOT deleted
AND (lease <> '' OR due_at <= statement_timestamp() AND not_before <= statement_timestamp()))`).Scan(&busy))
	if !busy {
		w.pass(d)
	}
	return !busy
}

// shift moves all times that the queue knows.
func (w *world) shift(d time.Duration) {
	w.t.Helper()
	require.NoError(w.t, pgx.BeginFunc(w.t.Context(), w.pool, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`UPDATE webhook_queue.endpoints SET due_at = due_at + $1, not_before = not_before + $1, failing_since = failing_since + $1, last_success_at = last_success_at + $1,
last_failure_at = last_failure_at + $1, leased_until = leased_until + $1`,
			`UPDATE webhook_queue.deliveries SET due_at = due_at + $1, created_at = created_at + $1, ended_at = ended_at + $1`,
		} {
			if _, err := tx.Exec(w.t.Context(), sql, d); err != nil {
				return err
			}
		}
		return nil
	}))
}

// useKeys makes the handlers as a process with these master keys has them.
func (w *world) useKeys(keys ...[]byte) {
	w.t.Helper()
	v, err := vault.New(keys...)
	require.NoError(w.t, err)
	codec, err := eventstore.NewCodec(webhook.Events())
	require.NoError(w.t, err)
	w.handlers, err = webhookcmd.New(webhookcmd.Config{
		Store: w.log, Codec: codec, IDs: kernel.NewIDs(w.clock), Clock: w.clock, Sealer: sealer{v}, Counter: noCount{}, Random: rand.Reader, Loopback: true,
	})
	require.NoError(w.t, err)
}

// feed puts what is new in the log into the queue, as the reactor does.
func (w *world) feed() {
	w.t.Helper()
	events, err := w.log.ReadAll(w.t.Context(), w.at.Position, 100_000)
	require.NoError(w.t, err)
	if len(events) == 0 {
		return
	}
	wanted := map[string]bool{}
	for _, typ := range w.queue.Types() {
		wanted[typ] = true
	}
	var chosen []eventstore.Recorded
	for _, e := range events {
		if wanted[e.Type] {
			chosen = append(chosen, e)
		}
	}
	w.at, err = w.store.Advance(w.t.Context(), w.at, projections.Step{To: events[len(events)-1].Position, Apply: func(ctx context.Context, tx projections.Tx) error {
		return w.queue.Apply(ctx, tx, chosen)
	}})
	require.NoError(w.t, err)
}

// put appends events of the type and feeds them. It returns their positions.
func (w *world) put(eventType string, n int) (positions []int64) {
	w.t.Helper()
	return w.putInto(table1, eventType, n)
}

// putInto does so for events of a table.
func (w *world) putInto(table, eventType string, n int) (positions []int64) {
	w.t.Helper()
	for range n {
		done, err := w.log.Append(w.t.Context(), eventstore.Append{Meta: w.meta, Streams: []eventstore.StreamAppend{{
			Stream: eventstore.Stream("cells", table), Expected: eventstore.Any, Events: []eventstore.EventData{{Type: eventType, Data: json.RawMessage(`{"table_id":"` + table + `"}`)}},
		}}})
		require.NoError(w.t, err)
		positions = append(positions, done.Last)
	}
	w.feed()
	return positions
}

func (w *world) create(s webhook.Settings) webhookcmd.Shown {
	w.t.Helper()
	res, err := w.handlers.Create(w.t.Context(), w.meta, s)
	require.NoError(w.t, err)
	w.feed()
	return res.Value
}

// work starts a worker. stop has it finish.
func (w *world) work(change ...func(*webhookflow.Config)) (stop func()) {
	w.t.Helper()
	cfg := webhookflow.Config{
		Queue: w.queue, Events: w.queue, Secrets: w.handlers, Sender: w.sender, Stopper: w.handlers, Clock: w.clock, Jitter: func() float64 { return 0.5 },
		Logger: slog.New(slog.DiscardHandler), Poll: 2 * time.Millisecond,
	}
	for _, fn := range change {
		fn(&cfg)
	}
	worker, err := webhookflow.NewWorker(cfg)
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		require.ErrorIs(w.t, <-ended, context.Canceled)
	})
	w.t.Cleanup(stop)
	return stop
}

// states returns how many of the webhook's deliveries are in each state.
func (w *world) states(id kernel.WebhookID) map[webhookflow.State]int {
	w.t.Helper()
	list, err := w.queue.Deliveries(w.t.Context(), id, "", 1<<62, 10_000)
	require.NoError(w.t, err)
	out := map[webhookflow.State]int{}
	for _, d := range list {
		out[d.State]++
	}
	return out
}

func (w *world) eventually(what string, fn func() bool) {
	w.t.Helper()
	require.Eventually(w.t, fn, 30*time.Second, 3*time.Millisecond, what)
}

// call is what a receiver got.
type call struct {
	id     string
	header http.Header
	body   []byte
}

func (c call) event(t *testing.T) cloudevent.Event {
	t.Helper()
	var e cloudevent.Event
	require.NoError(t, json.Unmarshal(c.body, &e))
	return e
}

// receiver is the other side.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	calls  []call
	answer func(c call, n int) int // n counts the calls of the message from 1
	seen   map[string]int
	extra  http.Header
}

func newReceiver(tb testing.TB) *receiver {
	tb.Helper()
	r := &receiver{seen: map[string]int{}, extra: http.Header{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		c := call{req.Header.Get(webhookflow.HeaderID), req.Header.Clone(), body}
		r.mu.Lock()
		r.calls = append(r.calls, c)
		r.seen[c.id]++
		status := http.StatusNoContent
		if r.answer != nil {
			status = r.answer(c, r.seen[c.id])
		}
		maps.Copy(rw.Header(), r.extra)
		r.mu.Unlock()
		rw.Header().Set("Set-Cookie", "session=not-for-the-log")
		rw.WriteHeader(status)
		if status != http.StatusNoContent {
			_, _ = rw.Write([]byte("the receiver's words"))
		}
	}))
	tb.Cleanup(r.Close)
	return r
}

func (r *receiver) set(fn func(call, int) int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

// header has every answer carry it.
func (r *receiver) header(name, value string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.extra.Set(name, value)
}

func (r *receiver) all() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]call(nil), r.calls...)
}

func (r *receiver) ids() (out []string) {
	for _, c := range r.all() {
		out = append(out, c.id)
	}
	return out
}
