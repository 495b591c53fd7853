//go:build fault

package systemtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/clickhousechild"
	"github.com/morket/morket/adapters/servers/opensearchchild"
	"github.com/morket/morket/adapters/servers/rabbitchild"
	"github.com/morket/morket/adapters/servers/redischild"
)

const (
	answerPrice = 500              // millicredits for an answer of the desk
	granted     = 10_000_000       // millicredits
	holdFor     = 12 * time.Second // well below the time that a provider has
)

// desk is a provider that answers at once, or holds each call up while a test looks at what goes on in the middle of a run.
type desk struct {
	mu    sync.Mutex
	open  chan struct{} // closed while calls are answered at once
	calls map[string]int
}

func newDesk(t *testing.T) (*desk, string) {
	t.Helper()
	d := &desk{open: make(chan struct{}), calls: map[string]int{}}
	close(d.open)
	srv := httptest.NewServer(d)
	t.Cleanup(srv.Close)
	return d, srv.URL
}

// ServeHTTP answers what it is asked about.
func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := r.URL.Query().Get("key")
	d.mu.Lock()
	d.calls[key]++
	open := d.open
	d.mu.Unlock()
	late := time.NewTimer(holdFor)
	defer late.Stop()
	select {
	case <-open:
	case <-late.C:
	case <-r.Context().Done():
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"answer":"answer to %s"}`, key)
}

// hold makes calls wait until release.
func (d *desk) hold() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open = make(chan struct{})
}

func (d *desk) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	close(d.open)
}

// asked is how often each key was asked for.
func (d *desk) asked() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.calls)
}

// part is a server of the grown system, which is started again on its data and port.
type part struct {
	name string // in /readiness
	dir  string
	run  func(ctx context.Context, dir string, port int) (process, error)
	process
}

type process struct {
	url  string
	port int
	kill func()
	stop func() error
}

func (p *part) start(t *testing.T) {
	t.Helper()
	started, err := p.run(t.Context(), p.dir, p.port)
	require.NoError(t, err, p.name)
	p.process = started
}

// empty loses the server's data.
func (p *part) empty(t *testing.T) {
	t.Helper()
	p.kill()
	require.NoError(t, os.RemoveAll(p.dir))
	require.NoError(t, os.Mkdir(p.dir, 0o755))
	p.start(t)
}

func startParts(t *testing.T) []*part {
	t.Helper()
	all := []*part{
		{name: "rabbitmq", run: func(ctx context.Context, dir string, port int) (process, error) {
			s, err := rabbitchild.Start(ctx, rabbitchild.Config{Dir: dir, Port: port})
			if err != nil {
				return process{}, err
			}
			return process{s.URL(), s.Port(), func() { require.NoError(t, s.Kill()) }, s.Stop}, nil
		}},
		{name: "clickhouse", run: func(ctx context.Context, dir string, port int) (process, error) {
			s, err := clickhousechild.Start(ctx, clickhousechild.Config{DataDir: dir, Port: port})
			if err != nil {
				return process{}, err
			}
			return process{s.URL() + "/grown", s.Port(), s.Kill, s.Stop}, nil
		}},
		{name: "opensearch", run: func(ctx context.Context, dir string, port int) (process, error) {
			s, err := opensearchchild.Start(ctx, opensearchchild.Config{Dir: dir, Port: port})
			if err != nil {
				return process{}, err
			}
			return process{s.URL() + "/grown", s.Port(), s.Kill, s.Stop}, nil
		}},
		{name: "redis", run: func(ctx context.Context, dir string, port int) (process, error) {
			s, err := redischild.Start(ctx, redischild.Config{Dir: dir, Port: port})
			if err != nil {
				return process{}, err
			}
			return process{s.URL(), s.Port(), s.Kill, s.Stop}, nil
		}},
	}
	for _, p := range all {
		p.dir = t.TempDir()
		p.start(t)
		t.Cleanup(func() { p.kill() })
	}
	return all
}

// grownSystem is Morket on servers of the test's own.
type grownSystem struct {
	*ill
	parts   []*part
	desk    *desk
	asked   tableInfo // the imported table
	records int
	answers string // the column that is enriched
	job     string
}

func newGrownSystem(t *testing.T) *grownSystem {
	t.Helper()
	g := &grownSystem{parts: startParts(t)}
	g.ill = install(t, append(paying(), "AMQP_URL="+g.parts[0].url, "CLICKHOUSE_URL="+g.parts[1].url, "OPENSEARCH_URL="+g.parts[2].url, "REDIS_URL="+g.parts[3].url)...)
	g.onlyAiling("")
	g.prepare(300)
	return g
}

// paying are the settings with which the desk may be asked, for a price.
func paying() []string {
	return []string{"MORKET_PROVIDER_PRICES=http_api=0.5", "MORKET_DIAL_ALLOW=127.0.0.1/32"}
}

// prepare makes the table whose records the run asks the desk about.
func (g *grownSystem) prepare(records int) {
	g.t.Helper()
	var service string
	g.desk, service = newDesk(g.t)
	g.c.call(http.StatusCreated, http.MethodPost, g.c.ws+"/credits/grants", map[string]any{"amount_mc": granted, "note": "for the run"})
	done := begin(g.c, g.server, file(records)).await("the import has ended", func(n importInfo) bool { return n.State != "importing" })
	g.records = records - records/badEvery
	require.Equal(g.t, int64(g.records), done.Counts.Imported)
	g.asked = g.c.table(done.TableID)
	step := map[string]any{
		"provider": "http_api", "output": "answer", "inputs": map[string]any{"key": map[string]any{"column": g.asked.column("Key")}},
		"config": map[string]any{"url": service + "/?key={{key}}", "outputs": map[string]any{"answer": map[string]string{"path": "$.answer"}}},
	}
	g.answers = in[column](g.c, http.StatusCreated, http.MethodPost, "/tables/"+g.asked.ID+"/enrichment-columns", map[string]any{
		"name": "Answer", "type": "text", "config": map[string]any{"steps": []any{step}},
	}).ID
}

func (g *grownSystem) begin() {
	g.t.Helper()
	g.job = in[jobInfo](g.c, http.StatusCreated, http.MethodPost, "/enrichment-jobs", map[string]any{"table_id": g.asked.ID, "columns": []string{g.answers}}).ID
}

func (g *grownSystem) now() jobInfo {
	g.t.Helper()
	return in[jobInfo](g.c, http.StatusOK, http.MethodGet, "/enrichment-jobs/"+g.job, nil)
}

// goesOn lets the run do some more records, and requires that it is in its middle then.
func (g *grownSystem) goesOn() {
	g.t.Helper()
	const some = 10
	from := g.now().Counts.Done
	g.desk.release()
	var at jobInfo
	g.eventually(doneWithin, "the run goes on", func() bool {
		at = g.now()
		return at.Counts.Done >= from+some
	})
	g.desk.hold()
	require.Equal(g.t, "running", at.State)
	require.Less(g.t, at.Counts.Done, at.Counts.Total)
}

// onlyAiling waits until /readiness says that the dependency is away and everything else is well; of none when it is empty.
func (g *grownSystem) onlyAiling(dependency string) {
	g.t.Helper()
	var h health
	g.eventually(doneWithin, "readiness names "+dependency, func() bool {
		var err error
		h, err = g.readiness()
		require.NoError(g.t, err)
		require.True(g.t, h.Ready, "%+v", h)
		return h.ailing() == dependency
	})
	for _, p := range g.parts {
		require.Contains(g.t, h.Dependencies, p.name)
	}
	if dependency != "" {
		require.NotEmpty(g.t, h.Dependencies[dependency].Message)
	}
}

// ailing are the dependencies that are not well, in order and separated by commas.
func (h health) ailing() string {
	var names []string
	for name, d := range h.Dependencies {
		if d.State != "ok" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ",")
}

// reads requires that what needs the dead server is answered 503 naming it, and that everything else is answered.
func (g *grownSystem) reads(dead string) {
	g.t.Helper()
	question := "?time_zone=Etc/GMT-" + strconv.Itoa(len(dead)) // nobody has asked this before, so no cache has it
	for _, read := range []struct {
		needs, code, store string
		ask                func() (reply, error)
	}{
		{"clickhouse", "CLICKHOUSE_UNAVAILABLE", "ClickHouse", func() (reply, error) {
			return g.c.try(g.t.Context(), http.MethodGet, g.c.ws+"/analytics/enrichment/over-time"+question, nil)
		}},
		{"opensearch", "OPENSEARCH_UNAVAILABLE", "OpenSearch", func() (reply, error) {
			return g.c.try(g.t.Context(), http.MethodPost, g.c.ws+"/search", map[string]any{"q": "alpha", "limit": 1})
		}},
		{"opensearch", "OPENSEARCH_UNAVAILABLE", "OpenSearch", func() (reply, error) {
			return g.c.try(g.t.Context(), http.MethodGet, g.c.ws+"/search/suggest?q=alp", nil)
		}},
	} {
		r, err := read.ask()
		require.NoError(g.t, err)
		if read.needs != dead {
			require.Equal(g.t, http.StatusOK, r.Status, "%s is dead: %s", dead, r.Raw)
			continue
		}
		require.Equal(g.t, http.StatusServiceUnavailable, r.Status, "%s is dead: %s", dead, r.Raw)
		require.Equal(g.t, read.code, r.Error.Code)
		require.Contains(g.t, r.Error.Message, read.store)
		require.NotEmpty(g.t, r.Header.Get("Retry-After"))
	}
	for _, path := range []string{"/tables", "/tables/" + g.asked.ID + "/rows?limit=50&q=alpha", "/enrichment-jobs/" + g.job + "/records", "/credits", "/credits/transactions", "/changes?after=0&limit=5", "/team/activity"} {
		g.c.call(http.StatusOK, http.MethodGet, g.c.ws+path, nil)
	}
}

// shows edits a cell and waits until searches and analytics have it; how long that takes is for the reader, since the machine may be busy.
func (g *grownSystem) shows(word string) {
	g.t.Helper()
	g.works(word)
	began := time.Now()
	g.caughtUp(word)
	g.t.Logf("%s: in searches and analytics after %s", word, time.Since(began).Round(time.Millisecond))
}

// caughtUp waits until searches find the word of the last edit, and analytics have come as far.
func (g *grownSystem) caughtUp(word string) {
	g.t.Helper()
	g.eventually(doneWithin, "a search finds "+word, func() bool { return g.c.found(word) == 1 })
	g.eventually(doneWithin, "analytics have come to the edit", func() bool {
		r, err := g.c.try(g.t.Context(), http.MethodGet, g.c.ws+"/analytics/enrichment/summary", nil)
		require.NoError(g.t, err)
		return r.Status == http.StatusOK && !r.Meta.Stale
	})
}

// Each server of the grown system is killed in the middle of a run and started again on its data.
func TestFaultsOfTheGrownSystem(t *testing.T) {
	t.Parallel()
	g := newGrownSystem(t)
	g.works("beginning")
	g.caughtUp("beginning") // on servers that have just started
	g.shows("well")
	g.relayed() // the exchange is there
	reader := follow(t, g.parts[0].url, "morket.events")
	reader.from = g.head()
	g.desk.hold()
	g.begin()
	// RabbitMQ is the last: what is declared, it writes to disk some seconds later, so a queue as young as the integrator's would be lost.
	for _, p := range slices.Backward(g.parts) {
		g.goesOn()
		p.kill()
		began := time.Now()
		g.onlyAiling(p.name)
		g.works("without" + p.name)
		g.reads(p.name)
		g.goesOn()
		dead := time.Since(began)
		p.start(t)
		began = time.Now()
		g.onlyAiling("")
		well := time.Since(began)
		g.caughtUp("without" + p.name)
		t.Logf("%s: dead for %s; after its restart ready within %s, everything caught up within %s; %d of %d records done", p.name,
			dead.Round(time.Millisecond), well.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), g.now().Counts.Done, g.records)
		g.shows("with" + p.name)
		g.reads("")
	}
	g.desk.release()
	g.ended()
	reader.hasAll(g.ill)
	g.recovered()
	g.refilled()
}

// ended waits for the run's end and requires that each record was asked for, answered and paid once.
func (g *grownSystem) ended() {
	g.t.Helper()
	var job jobInfo
	g.eventually(doneWithin, "the run has ended", func() bool {
		r, err := g.c.try(g.t.Context(), http.MethodGet, g.c.ws+"/enrichment-jobs/"+g.job, nil)
		require.NoError(g.t, err)
		if r.Status == http.StatusServiceUnavailable { // its database may just be away
			return false
		}
		require.Equal(g.t, http.StatusOK, r.Status, "%s", r.Raw)
		require.NoError(g.t, json.Unmarshal(r.Data, &job))
		return job.State != "running"
	})
	require.Equal(g.t, "completed", job.State, job.Error)
	require.Equal(g.t, int64(g.records), job.Counts.Succeeded)
	asked := g.desk.asked()
	require.Len(g.t, asked, g.records)
	for key, times := range asked {
		require.Equal(g.t, 1, times, key)
	}
	lines := exportOf(g.t, g.c, g.asked.ID)
	require.Len(g.t, lines, g.records+1)
	for _, line := range lines[1:] {
		require.Equal(g.t, "answer to "+line[0], line[len(line)-1])
	}
	g.balances()
}

// balances requires that the ledger, the credits' read model and the analytics say the same of the run.
func (g *grownSystem) balances() {
	g.t.Helper()
	spent := int64(g.records * answerPrice)
	type sums struct {
		Balance   int64 `json:"balance_mc"`
		Available int64 `json:"available_mc"`
		Reserved  int64 `json:"reserved_mc"`
		Spent     int64 `json:"spent_mc"`
		OK        bool  `json:"ok"`
	}
	require.Equal(g.t, sums{Balance: granted - spent, Available: granted - spent, Spent: spent}, in[sums](g.c, http.StatusOK, http.MethodGet, "/credits", nil))
	require.Equal(g.t, sums{Available: granted - spent, Spent: spent, OK: true}, in[sums](g.c, http.StatusOK, http.MethodGet, "/credits/proof", nil))
	g.counted()
}

// counted waits until the analytics have all records, and requires that they have each once.
func (g *grownSystem) counted() {
	g.t.Helper()
	type figures struct {
		Count   int64 `json:"count"`
		Hits    int64 `json:"hits"`
		Credits int64 `json:"credits_mc"`
	}
	n := int64(g.records)
	want := figures{Count: n, Hits: n, Credits: n * answerPrice}
	var total figures
	g.eventually(doneWithin, fmt.Sprintf("analytics have %+v", want), func() bool {
		total = in[struct {
			Total figures `json:"total"`
		}](g.c, http.StatusOK, http.MethodGet, "/analytics/enrichment/summary", nil).Total
		return total.Count >= n
	})
	require.Equal(g.t, want, total)
}

// refilled empties the stores beside Postgres and has the rebuild command fill them.
func (g *grownSystem) refilled() {
	g.t.Helper()
	names := []string{"analytics_clickhouse", "search_opensearch"}
	for i, p := range g.parts[1:3] {
		p.empty(g.t)
		out, code := g.tool("rebuild", names[i])
		require.Zero(g.t, code, out)
		require.Contains(g.t, out, "0 streams parked")
	}
	g.onlyAiling("")
	g.counted()
	g.eventually(doneWithin, "a search finds what was imported", func() bool { return g.c.found("alpha") == int64(g.records) })
	g.verify()
}
