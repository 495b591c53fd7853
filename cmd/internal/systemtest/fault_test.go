//go:build fault

package systemtest_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/adapters/servers/redischild"
	"github.com/morket/morket/adapters/servers/s3child"
	"github.com/morket/morket/adapters/servers/toxictest"
)

// ill is an installation one of whose servers is about to fall ill, and people who go on working meanwhile.
type ill struct {
	*server
	t      *testing.T
	env    []string
	c      *client
	table  tableInfo
	name   string
	mine   string // a row that the test edits
	people *writing
	screen <-chan string // the table's live stream
}

// illness is something that befalls a server.
type illness struct {
	name       string
	hurt, heal func()
	state      string // of readiness meanwhile; "" where the server still lets us in
}

// behind puts a proxy before the server at the address and returns the address through it.
func behind(t *testing.T, address string) (*toxictest.Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	way := toxictest.New(t, u.Host)
	u.Host = way.Address()
	return way, u.String()
}

// install starts Morket on the shared Postgres and Temporal, and on the servers that the settings name. Whoever tests it is its
// operator.
func install(t *testing.T, settings ...string) *ill {
	t.Helper()
	const operator = "operator@example.com"
	env := append(append(external(t), "MORKET_OPERATOR_EMAILS="+operator), settings...)
	s := newServer(t, env...)
	s.start()
	x := &ill{server: s, t: t, env: env, c: register(t, s, operator)}
	x.table = in[tableInfo](x.c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Edited", "columns": []any{map[string]any{"name": "Name", "type": "text"}}})
	x.name = x.table.column("Name")
	rows := insertRows(x.c, x.table.ID, 3)
	x.mine = rows[2]
	x.screen = watchCells(t, x.c, x.table.ID)
	x.people = startWriting(t, x.table.ID, x.name, rows[:2], [2]*client{x.c, x.c})
	return x
}

// works requires that an edit is taken at once, can be read, and shows on another screen, also during faults.
func (x *ill) works(value string) {
	x.t.Helper()
	x.c.edit(x.table.ID, x.mine, x.name, value)
	require.Equal(x.t, value, text(x.t, in[row](x.c, http.StatusOK, http.MethodGet, "/tables/"+x.table.ID+"/rows/"+x.mine, nil).Cells[x.name]))
	sees(x.t, x.screen, value)
}

// says waits until readiness has the state for the dependency. The program stays ready.
func (x *ill) says(dependency, state string) {
	x.t.Helper()
	x.eventually(doneWithin, dependency+" is "+state, func() bool {
		h, err := x.readiness()
		require.NoError(x.t, err)
		require.True(x.t, h.Ready, "%+v", h)
		return h.Dependencies[dependency].State == state
	})
}

func (x *ill) database() *pgx.Conn {
	x.t.Helper()
	at, _, _ := strings.Cut(strings.TrimPrefix(x.setting("DATABASE_URL"), "DATABASE_URL="), "?")
	db, err := pgx.Connect(x.t.Context(), at)
	require.NoError(x.t, err)
	x.t.Cleanup(func() { _ = db.Close(context.WithoutCancel(x.t.Context())) })
	return db
}

// head is the position of the log's last event.
func (x *ill) head() (at int64) {
	x.t.Helper()
	require.NoError(x.t, x.database().QueryRow(x.t.Context(), "SELECT position FROM log.head").Scan(&at))
	return at
}

// relayed waits until everything in the log has been published.
func (x *ill) relayed() {
	x.t.Helper()
	db := x.database()
	to := x.head()
	x.eventually(doneWithin, "the relay has caught up", func() bool {
		var at int64
		require.NoError(x.t, db.QueryRow(x.t.Context(), "SELECT coalesce(max(position), 0) FROM projection.leaders WHERE name = 'relay'").Scan(&at))
		return at >= to
	})
}

func (x *ill) setting(name string) string {
	value := ""
	for _, pair := range x.env {
		if strings.HasPrefix(pair, name+"=") {
			value = pair
		}
	}
	return value
}

// recovered ends the writers and checks that nothing was lost or doubled.
func (x *ill) recovered() {
	x.t.Helper()
	x.people.stop(x.t, x.c, x.table.ID, x.name)
	for _, w := range x.people.all {
		require.Zero(x.t, w.moves, "no write was ever refused")
	}
	x.verify()
}

// integrator follows the events' exchange with a durable queue of its own and notes the ids that it was given.
type integrator struct {
	from int64 // everything after this position must reach it
	mu   sync.Mutex
	ids  map[string]bool
}

func follow(t *testing.T, broker, exchange string) *integrator {
	t.Helper()
	i := &integrator{ids: map[string]bool{}}
	open := func() (*amqp.Connection, *amqp.Channel, error) {
		conn, err := amqp.Dial(broker)
		if err != nil {
			return nil, nil, err
		}
		ch, err := conn.Channel()
		return conn, ch, err
	}
	conn, ch, err := open()
	require.NoError(t, err)
	_, err = ch.QueueDeclare("integrator", true, false, false, false, amqp.Table{"x-queue-type": "quorum"})
	require.NoError(t, err)
	require.NoError(t, ch.QueueBind("integrator", "#", exchange, false, nil))
	go func() {
		for t.Context().Err() == nil {
			i.take(t.Context(), ch)
			if conn != nil {
				_ = conn.Close()
			}
			for away := true; away && t.Context().Err() == nil; { // until the broker is back
				select {
				case <-time.After(100 * time.Millisecond):
				case <-t.Context().Done():
				}
				var err error
				conn, ch, err = open()
				away = err != nil
			}
		}
	}()
	return i
}

// take notes what comes until the connection ends.
func (i *integrator) take(ctx context.Context, ch *amqp.Channel) {
	deliveries, err := ch.ConsumeWithContext(ctx, "integrator", "", false, false, false, false, nil)
	if err != nil {
		return
	}
	for d := range deliveries {
		var e struct {
			ID string `json:"id"`
		}
		if json.Unmarshal(d.Body, &e) == nil {
			i.mu.Lock()
			i.ids[e.ID] = true
			i.mu.Unlock()
		}
		_ = d.Ack(false)
	}
}

// hasAll waits until the integrator was given every event that the workspace's change feed has by now.
func (i *integrator) hasAll(x *ill) {
	x.t.Helper()
	var ids []string
	until := x.c.at // people go on writing
	for after := i.from; after < until; {
		page := in[struct {
			Events []struct {
				ID string `json:"id"`
			} `json:"events"`
			Next int64 `json:"next"`
		}](x.c, http.StatusOK, http.MethodGet, "/changes?limit=100&after="+strconv.FormatInt(after, 10), nil)
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		require.Greater(x.t, page.Next, after)
		after = page.Next
	}
	require.NotEmpty(x.t, ids)
	x.t.Cleanup(func() {
		if missing := i.lacks(ids); len(missing) > 0 {
			x.t.Logf("the integrator lacks %d of %d: %v …", len(missing), len(ids), missing[:min(10, len(missing))])
		}
	})
	x.eventually(doneWithin, "the integrator has every event", func() bool { return len(i.lacks(ids)) == 0 })
	x.t.Logf("the integrator was given all %d events of the workspace", len(ids))
}

func (i *integrator) lacks(ids []string) (missing []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, id := range ids {
		if !i.ids[id] {
			missing = append(missing, id)
		}
	}
	return missing
}

func TestFaultsOfRabbitMQ(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	broker, err := rabbitchild.Start(t.Context(), rabbitchild.Config{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { _ = broker.Kill() })
	way, through := behind(t, broker.URL())
	x := install(t, "AMQP_URL="+through)
	x.works("all is well")
	x.relayed() // the exchange is there
	reader := follow(t, broker.URL(), "morket.events")
	reader.from = x.head()

	for _, f := range []illness{
		{"slow", func() { way.Slow(3 * time.Second) }, way.Heal, "degraded"},
		{"silent", way.Silence, way.Heal, "degraded"},
		{"reset", way.Reset, way.Heal, "degraded"},
		{"full", func() { memory(t, broker, "0") }, func() { memory(t, broker, "0.4") }, ""},
		{"killed", func() { require.NoError(t, broker.Kill()) }, func() { broker = restart(t, dir, broker.Port()) }, "degraded"},
		{"a queue deleted", func() { deleteQueue(t, broker.URL(), "morket.log.projection.grid") }, func() {}, ""},
		{"hostile messages", func() { hostile(t, broker.URL(), "morket.log") }, func() {}, ""},
	} {
		began := time.Now()
		f.hurt()
		x.works(f.name + ": one")
		if f.state != "" {
			x.says("rabbitmq", f.state)
		}
		x.works(f.name + ": two")
		f.heal()
		x.says("rabbitmq", "ok")
		x.relayed()
		x.works(f.name + ": over")
		t.Logf("%s: %s", f.name, time.Since(began).Round(10*time.Millisecond))
	}
	reader.hasAll(x)

	require.NoError(t, broker.Kill())
	require.NoError(t, os.RemoveAll(dir))
	broker = restart(t, dir, broker.Port())
	x.says("rabbitmq", "ok")
	x.works("emptied")
	x.relayed()
	x.recovered()
}

// memory is the share of the machine's that the broker may use; at 0 it takes nothing from publishers.
func memory(t *testing.T, broker *rabbitchild.Server, share string) {
	t.Helper()
	require.NoError(t, broker.Control(t.Context(), "set_vm_memory_high_watermark", share))
}

func restart(t *testing.T, dir string, port int) *rabbitchild.Server {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o755))
	s, err := rabbitchild.Start(t.Context(), rabbitchild.Config{Dir: dir, Port: port})
	require.NoError(t, err)
	return s
}

func onBroker(t *testing.T, broker string, fn func(*amqp.Channel)) {
	t.Helper()
	conn, err := amqp.Dial(broker)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	require.NoError(t, err)
	fn(ch)
}

func deleteQueue(t *testing.T, broker, queue string) {
	t.Helper()
	onBroker(t, broker, func(ch *amqp.Channel) {
		_, err := ch.QueueDelete(queue, false, false, false)
		require.NoError(t, err)
	})
}

// hostile takes some real messages off the exchange and sends them again, twice and backwards, and others that nobody can read.
func hostile(t *testing.T, broker, exchange string) {
	t.Helper()
	onBroker(t, broker, func(ch *amqp.Channel) {
		q, err := ch.QueueDeclare("", false, true, true, false, nil)
		require.NoError(t, err)
		require.NoError(t, ch.QueueBind(q.Name, "#", exchange, false, nil))
		deliveries, err := ch.Consume(q.Name, "", true, true, false, false, nil)
		require.NoError(t, err)
		var seen []amqp.Delivery
		for d := range deliveries {
			if seen = append(seen, d); len(seen) == 20 {
				break
			}
		}
		send := func(d amqp.Delivery, body []byte) {
			err := ch.PublishWithContext(t.Context(), exchange, d.RoutingKey, false, false, amqp.Publishing{
				Headers: d.Headers, ContentType: d.ContentType, MessageId: d.MessageId, Body: body,
			})
			require.NoError(t, err)
		}
		for range 2 {
			for i := len(seen) - 1; i >= 0; i-- {
				send(seen[i], seen[i].Body)
			}
		}
		for _, body := range [][]byte{nil, []byte("not a batch"), []byte(`{"first":-1}`), make([]byte, 3<<20), seen[0].Body[:len(seen[0].Body)/2]} {
			send(seen[0], body)
		}
	})
}

func TestFaultsOfRedis(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache, err := redischild.Start(t.Context(), redischild.Config{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { cache.Kill() })
	way, through := behind(t, cache.URL())
	direct := redis.NewClient(&redis.Options{Addr: strings.TrimSuffix(strings.TrimPrefix(cache.URL(), "redis://"), "/0")})
	defer func() { _ = direct.Close() }()
	set := func(name, value string) { require.NoError(t, direct.ConfigSet(t.Context(), name, value).Err()) }
	x := install(t, "REDIS_URL="+through, "MORKET_RATE_GENERAL=100000", "MORKET_RATE_GRID=1000000")
	x.works("all is well")
	x.says("redis", "ok")
	for _, f := range []illness{
		{"slow", func() { way.Slow(5 * time.Second) }, way.Heal, "degraded"},
		{"silent", way.Silence, way.Heal, "degraded"},
		{"reset", way.Reset, way.Heal, "degraded"},
		{"emptied", func() { require.NoError(t, direct.FlushAll(t.Context()).Err()) }, func() {}, ""},
		{"full", func() { set("maxmemory-policy", "noeviction"); set("maxmemory", "1") }, func() { set("maxmemory", "0") }, ""},
		{"killed", cache.Kill, func() {
			var err error
			cache, err = redischild.Start(t.Context(), redischild.Config{Dir: dir, Port: cache.Port()})
			require.NoError(t, err)
		}, "degraded"},
	} {
		f.hurt()
		for range 30 { // none of them is refused or held up for long
			x.c.call(http.StatusOK, http.MethodGet, "/api/v1/providers", nil)
		}
		if f.state != "" {
			x.says("redis", f.state)
		}
		x.works(f.name)
		f.heal()
		x.says("redis", "ok")
		x.works(f.name + ": over")
	}
	x.recovered()
}

func TestFaultsOfTheObjectStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := s3child.Start(t.Context(), s3child.Config{Dir: dir})
	require.NoError(t, err)
	t.Cleanup(func() { store.Kill() })
	way, through := behind(t, store.URL("uploads"))
	x := install(t, "S3_URL="+through)
	x.works("all is well")
	x.says("objects", "ok")

	const records = 10_000
	i := begin(x.c, x.server, file(records))
	store.Kill()
	r, err := x.c.try(t.Context(), http.MethodPost, x.c.ws+"/imports?filename=x.csv", raw("A\n1\n"), "Content-Type", "text/csv")
	require.NoError(t, err)
	require.Equal(t, http.StatusServiceUnavailable, r.Status, "%s", r.Raw)
	require.Equal(t, "OBJECT_STORE_AWAY", r.Error.Code)
	require.NotEmpty(t, r.Header.Get("Retry-After"))
	x.says("objects", "degraded")
	x.works("the store is dead")
	store, err = s3child.Start(t.Context(), s3child.Config{Dir: dir, Port: store.Port()})
	require.NoError(t, err)
	x.says("objects", "ok")

	way.Reset()
	x.works("the way to the store is broken")
	way.Heal()
	done := i.await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	everyKeyOnce(t, x.c, done.TableID, records)
	x.recovered()
}
