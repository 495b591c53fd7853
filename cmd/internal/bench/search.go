package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	opensearchgo "github.com/opensearch-project/opensearch-go/v4"
	"github.com/opensearch-project/opensearch-go/v4/opensearchapi"

	"github.com/morket/morket/adapters/opensearch"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/adapters/servers/opensearchchild"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/sidestore"
)

// searchEffort is how much is searched.
type searchEffort struct {
	effort
	documents int // that are searched
	compared  int // that are written by turns with the limits
	asked     int // queries of each kind
}

const (
	defaultDocuments, comparedDocuments = 1_000_000, 20_000
	searchMemory                        = 200 // MB
)

// Search measures how fast documents get into OpenSearch, a node of its own in dir, and into Postgres, and how fast both find them.
func Search(ctx context.Context, dsn, dir, cache string, documents int) (figures []Ratio, err error) {
	node, err := opensearchchild.Start(ctx, opensearchchild.Config{
		Dir:      filepath.Join(dir, "opensearch"),
		CacheDir: cache,
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	if documents == 0 {
		documents = defaultDocuments
	}
	return measureSearch(ctx, dsn, node.URL()+"/bench", searchEffort{
		effort: effort{rounds: 3}, documents: documents, compared: min(comparedDocuments, documents), asked: questionRounds / 2,
	})
}

func measureSearch(ctx context.Context, dsn, address string, e searchEffort) (figures []Ratio, err error) {
	pool, log, drop, err := scratchLog(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	b := &searchBench{searchEffort: e, pool: pool, imported: imported{log: log, clock: kernel.SystemClock{}}}
	if err := b.open(ctx, address); err != nil {
		return nil, err
	}
	defer b.recorder.Close()
	defer func() {
		err = errors.Join(err, b.side.Drop(context.WithoutCancel(ctx), projections.LiveOf(searchview.NameOpenSearch)))
	}()
	if err := b.make(ctx, "Leads", leads{}.columns(), stageOptions()...); err != nil {
		return nil, err
	}
	if err := b.fill(ctx, e.compared, leadsPerEvent); err != nil {
		return nil, err
	}
	if figures, err = b.write(ctx); err != nil {
		return figures, err
	}
	if err := b.fill(ctx, e.documents, leadsPerEvent); err != nil {
		return figures, err
	}
	grown, err := b.grow(ctx, figures[0].Limit, figures[1].Limit)
	if err != nil {
		return figures, err
	}
	asked, err := b.ask(ctx)
	return append(append(figures, grown...), asked...), err
}

type searchBench struct {
	searchEffort
	imported
	pool     *pgxpool.Pool
	read     *postgres.Store
	side     *sidestore.Store
	engine   *opensearch.Engine
	client   *opensearch.Client
	bare     *opensearchapi.Client
	prefix   string
	recorder *bulkRecorder
}

// open puts both stores together as a server does.
func (b *searchBench) open(ctx context.Context, address string) error {
	if err := postgres.Migrate(ctx, b.pool); err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	b.prefix = strings.Trim(u.Path, "/")
	bare := opensearchgo.Config{Addresses: []string{u.Scheme + "://" + u.Host}}
	if b.bare, err = opensearchapi.NewClient(opensearchapi.Config{Client: bare}); err != nil {
		return err
	}
	b.recorder = recordBulks(&url.URL{Scheme: u.Scheme, Host: u.Host})
	if b.client, err = opensearch.NewClient(address); err != nil {
		return err
	}
	if b.read, err = postgres.NewStore(b.pool, searchread.Model(), postgres.External(searchview.NameOpenSearch)); err != nil {
		return err
	}
	b.engine = opensearch.NewEngine(b.client)
	if b.side, err = b.sideStore(b.engine); err != nil {
		return err
	}
	b.codec, err = eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	return err
}

func (b *searchBench) sideStore(e sidestore.Engine) (*sidestore.Store, error) {
	return sidestore.New(sidestore.Config{
		Base:   b.read,
		Marks:  postgres.NewMarks(b.pool),
		Engine: e,
		Name:   "OpenSearch",
		Head:   b.log.Head,
		Clock:  b.clock,
		Logger: slog.New(slog.DiscardHandler),
	})
}

// onPostgres and onOpenSearch are the projections as a server runs them.
func (b *searchBench) onPostgres() projections.RunnerConfig {
	return b.runner(b.read, searchview.New(searchview.Name, b.codec, searchread.Open))
}

func (b *searchBench) onOpenSearch(s *sidestore.Store) projections.RunnerConfig {
	return b.runner(s, searchview.New(searchview.NameOpenSearch, b.codec, opensearch.Open))
}

func (b *searchBench) runner(s projections.Store, p projections.Projector) projections.RunnerConfig {
	return projections.RunnerConfig{Projector: p, Log: b.log, Store: s, Clock: b.clock, Logger: slog.New(slog.DiscardHandler)}
}

// anew is the rate of a projection that begins with nothing.
func (b *searchBench) anew(ctx context.Context, cfg projections.RunnerConfig) (float64, error) {
	if err := cfg.Store.Drop(ctx, projections.LiveOf(cfg.Projector.Name())); err != nil {
		return 0, err
	}
	took, err := catchUp(ctx, cfg, b.head)
	return float64(b.rows) / took.Seconds(), err
}

// write measures writing by turns with what each store does at best with the same rows.
func (b *searchBench) write(ctx context.Context) ([]Ratio, error) {
	bodies, err := b.record(ctx)
	if err != nil {
		return nil, err
	}
	const bar = 0.6
	search, err := b.pair(ctx, Ratio{
		Name: "search: rows into OpenSearch",
		Unit: "rows/s",
		Bar:  bar,
		Note: "limit: a bare bulk loop of opensearch-go with the same documents into an index of the same mapping",
	},
		func(ctx context.Context) (float64, error) { return b.anew(ctx, b.onOpenSearch(b.side)) },
		func(ctx context.Context) (float64, error) { return b.bulk(ctx, bodies) })
	if err != nil {
		return nil, err
	}
	if _, err := b.anew(ctx, b.onPostgres()); err != nil { // so that there is something to copy
		return nil, err
	}
	dumps := map[string][]byte{}
	for _, t := range []string{"rows", "terms", "labels"} {
		if dumps[t], err = dump(ctx, b.pool, "rm_search."+t); err != nil {
			return nil, err
		}
	}
	postgres, err := b.pair(ctx, Ratio{
		Name: "search: rows into Postgres",
		Unit: "rows/s",
		Note: "limit: COPY of the same rows into tables with the same indexes",
	},
		func(ctx context.Context) (float64, error) { return b.anew(ctx, b.onPostgres()) },
		func(ctx context.Context) (float64, error) { return b.copied(ctx, dumps) })
	return []Ratio{search, postgres}, err
}

// record catches what the projection sends to OpenSearch.
func (b *searchBench) record(ctx context.Context) ([][]byte, error) {
	client, err := opensearch.NewClient(b.recorder.URL + "/" + b.prefix)
	if err != nil {
		return nil, err
	}
	side, err := b.sideStore(opensearch.NewEngine(client))
	if err != nil {
		return nil, err
	}
	_, err = b.anew(ctx, b.onOpenSearch(side))
	return b.recorder.bodies, err
}

// bulkRecorder stands before OpenSearch and keeps what is sent to it in bulk.
type bulkRecorder struct {
	*httptest.Server
	mu     sync.Mutex
	bodies [][]byte
}

func recordBulks(to *url.URL) *bulkRecorder {
	r := &bulkRecorder{}
	proxy := &httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) { p.SetURL(to) }}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasSuffix(req.URL.Path, "/_bulk") {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.mu.Lock()
			r.bodies = append(r.bodies, body)
			r.mu.Unlock()
			req.Body = io.NopCloser(bytes.NewReader(body))
		}
		proxy.ServeHTTP(w, req)
	}))
	return r
}

// bulk is the rate of a bare loop.
func (b *searchBench) bulk(ctx context.Context, bodies [][]byte) (rate float64, err error) {
	c := sidestore.Copy{Projection: searchview.NameOpenSearch, Generation: "bare"}
	if err := b.engine.Make(ctx, c); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, b.engine.Drop(ctx, c)) }()
	began := time.Now()
	for _, body := range bodies {
		if _, err := b.bare.Bulk(ctx, opensearchapi.BulkReq{Index: b.prefix + "_" + c.String(), Body: bytes.NewReader(body)}); err != nil {
			return 0, err
		}
	}
	if err := b.engine.Finish(ctx, c); err != nil {
		return 0, err
	}
	return float64(b.rows) / time.Since(began).Seconds(), nil
}

// copied is the rate of COPY.
func (b *searchBench) copied(ctx context.Context, dumps map[string][]byte) (rate float64, err error) {
	err = onConn(ctx, b.pool, func(c *pgx.Conn) error {
		for name := range dumps {
			if _, err := c.Exec(ctx, fmt.Sprintf(`DROP TABLE IF EXISTS bench_%s; CREATE TABLE bench_%[1]s (LIKE rm_search.%[1]s INCLUDING ALL)`,
				name)); err != nil {
				return err
			}
		}
		began := time.Now()
		for name, rows := range dumps {
			if _, err := c.PgConn().CopyFrom(ctx, bytes.NewReader(rows), "COPY bench_"+name+" FROM STDIN"); err != nil {
				return err
			}
		}
		rate = float64(b.rows) / time.Since(began).Seconds()
		return nil
	})
	return rate, err
}

// grow has both stores follow the rest of the rows and tells their rates, beside what was the limit of the first rows, and what
// memory that takes.
func (b *searchBench) grow(ctx context.Context, bulk, copied float64) ([]Ratio, error) {
	b.recorder.bodies = nil
	var out []Ratio
	for _, store := range []struct {
		name  string
		cfg   projections.RunnerConfig
		limit float64
	}{{"OpenSearch", b.onOpenSearch(b.side), bulk}, {"Postgres", b.onPostgres(), copied}} {
		memory := watchMemory()
		took, err := catchUp(ctx, store.cfg, b.head)
		grown := memory()
		if err != nil {
			return nil, err
		}
		if rest := b.rows - b.compared; rest > 0 {
			rate := float64(rest) / took.Seconds()
			out = append(out, Ratio{
				Name:  "search: " + store.name + " follows an import",
				Value: rate,
				Limit: store.limit,
				Ratio: rate / store.limit,
				Unit:  "rows/s",
				Note:  fmt.Sprintf("%d rows on top of %d; limit: that of the first", rest, b.compared),
			})
		}
		out = append(out, Ratio{
			Name:   "search: " + store.name + " follows, memory",
			Value:  grown,
			Limit:  searchMemory,
			Ratio:  grown / searchMemory,
			Unit:   "MB",
			AtMost: searchMemory,
			Note:   "growth at most while the rows are applied",
		})
	}
	_, err := b.pool.Exec(ctx, "VACUUM ANALYZE rm_search.rows, rm_search.terms, rm_search.labels") // as autovacuum does in time
	return out, err
}
