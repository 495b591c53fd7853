package temporal_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/adapters/temporal"
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
)

// TestMain makes a worker of a copy of the test's own program, so that it can be killed.
func TestMain(m *testing.M) {
	var dsn, address string
	if n, _ := fmt.Sscan(os.Getenv(envWorker), &dsn, &address); n == 2 {
		if err := work(dsn, address); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// echo is a paid provider that takes two milliseconds.
type echo struct{}

func (echo) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug: "test_echo", Name: "Echo", Category: "test", Terms: "none", Price: 1000, Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 8},
		Inputs:  []enrichment.Field{{Name: "q", Label: "Question", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{{Name: "a", Label: "Answer", Type: enrichment.FieldText}},
	}
}

func (echo) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	if err := kernel.Pause(ctx, 2*time.Millisecond); err != nil {
		return enrichment.Reply{}, err
	}
	return enrichment.Reply{Outputs: map[string]any{"a": "re: " + req.Inputs["q"]}}, nil
}

// zero is a free provider that takes no time.
type zero struct{}

func (zero) Describe() enrichment.Provider {
	d := echo{}.Describe()
	d.Slug, d.Name, d.Price, d.Limits.Concurrency = "test_zero", "Zero", 0, 64
	return d
}

func (zero) Call(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
	return enrichment.Reply{Outputs: map[string]any{"a": "re: " + req.Inputs["q"]}}, nil
}

// hosted is zero at somebody's server, so that the log is told of each call before it is made.
type hosted struct{ zero }

func (hosted) Describe() enrichment.Provider {
	d := zero{}.Describe()
	d.Slug, d.Name = "test_hosted", "Hosted"
	return d
}

func (hosted) HostOf(json.RawMessage) string { return "somebody.example" }

// lethal is a provider that takes its process with it at one question.
type lethal struct{}

func (lethal) Describe() enrichment.Provider {
	d := zero{}.Describe()
	d.Slug, d.Name = "test_lethal", "Lethal"
	return d
}

func (lethal) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	if req.Inputs["q"] == "q7" {
		os.Exit(3)
	}
	return zero{}.Call(ctx, req)
}

// app is what a process of the product has for enrichment.
type app struct {
	store    eventstore.Store
	codec    *eventstore.Codec
	ids      *kernel.IDs
	reads    *postgres.Store
	handlers *enrichmentcmd.Handlers
	runner   *enrichmentflow.Runner
	ledger   *creditcmd.Ledger
	position *projections.Registry
	runs     *enrichmentread.Queries
}

func logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

func newApp(store eventstore.Store, pool *pgxpool.Pool) (*app, error) {
	clock := kernel.SystemClock{}
	a := &app{store: store, ids: kernel.NewIDs(clock)}
	var err error
	if a.codec, err = eventstore.NewCodec(table.Events(), enrichment.Events(), credit.Events(), dataops.Events()); err != nil {
		return nil, err
	}
	if a.reads, err = postgres.NewStore(pool, gridread.Model(), enrichmentread.Model()); err != nil {
		return nil, err
	}
	a.position = projections.NewRegistry(a.reads)
	reg, err := enrichment.NewRegistry(echo{}, zero{}, hosted{}, lethal{})
	if err != nil {
		return nil, err
	}
	v, err := vault.New(make([]byte, vault.KeySize))
	if err != nil {
		return nil, err
	}
	keys, err := vault.OpenPostgresKeys(context.Background(), pool)
	if err != nil {
		return nil, err
	}
	ring := vault.NewRing(v, keys, clock)
	queries := enrichmentread.NewQueries(pool, clock, ring)
	a.runs = queries
	engine, err := waterfall.New(waterfall.Config{Registry: reg, Clock: clock, Jitter: func() float64 { return 0 }, Cache: queries})
	if err != nil {
		return nil, err
	}
	a.ledger = creditcmd.NewLedger(store, a.codec, ledgertest.Keys())
	rows := gridread.NewGrid(pool, clock).ForRuns(a.position)
	a.handlers, err = enrichmentcmd.New(enrichmentcmd.Config{Store: store, Codec: a.codec, IDs: a.ids, Clock: clock, Engine: engine, Rows: rows, Ledger: a.ledger, Rates: queries, Recorded: enrichmentread.NewRecorded(queries, a.position)})
	if err != nil {
		return nil, err
	}
	a.runner, err = enrichmentflow.NewRunner(enrichmentflow.Config{
		Store: store, Codec: a.codec, IDs: a.ids, Clock: clock, Engine: engine, Rows: rows, Failures: enrichmentread.NewFailures(queries, a.position), Ledger: a.ledger, Sealer: ring, Logger: logger(),
		Recorded: enrichmentread.NewRecorded(queries, a.position),
	})
	return a, err
}

// work is the worker process.
func work(dsn, address string) error {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	store, err := pgstore.Open(ctx, pgstore.Config{Pool: pool, Clock: kernel.SystemClock{}, Logger: logger()})
	if err != nil {
		return err
	}
	a, err := newApp(store, pool)
	if err != nil {
		return err
	}
	client, err := temporal.Open(temporal.Config{Address: address, Logger: logger()})
	if err != nil {
		return err
	}
	return client.RunWorker(ctx, temporal.WorkerConfig{}, func(w worker.Registry) {
		enrichmentflow.Register(w, enrichmentflow.NewActivities(a.runner))
	})
}
