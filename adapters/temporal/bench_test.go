package temporal_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/enrichmentflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// BenchmarkRun runs free providers over a table in Postgres, with the read models following, and reports records a second, the events
// that it appends for each and the heap at the end of the work. A zero-latency provider must do 1,000 records a second, with a heap that
// does not grow with the number of records. By hosted against zero it tells what it costs to note calls before they are made.
func BenchmarkRun(b *testing.B) {
	for name, c := range map[string]struct {
		provider string
		rows     int
	}{"zero/10k": {"test_zero", 10_000}, "zero/40k": {"test_zero", 40_000}, "hosted/10k": {"test_hosted", 10_000}} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				w := bare(b, c.rows, c.provider)
				id := w.start()
				head, err := w.store.Head(b.Context())
				require.NoError(b, err)
				b.StartTimer()
				began := time.Now()
				for {
					res, err := w.runner.Slice(b.Context(), enrichmentflow.Input{Workspace: workspace, Run: id}, enrichmentflow.Try{})
					require.NoError(b, err)
					if res.Next == enrichmentflow.Done {
						break
					}
				}
				took := time.Since(began)
				b.StopTimer()
				now, err := w.store.Head(b.Context())
				require.NoError(b, err)
				b.ReportMetric(float64(now-head)/float64(c.rows), "events/record")
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(c.rows)/took.Seconds(), "records/s")
				b.ReportMetric(float64(m.HeapInuse)/(1<<20), "MB-heap")
				require.Equal(b, enrichment.RunCompleted, w.run(id).State())
			}
		})
	}
}

// bare is a world without Temporal.
func bare(b *testing.B, rows int, provider string) *world {
	b.Helper()
	log, pool := pgtest.Log(b)
	require.NoError(b, postgres.Migrate(b.Context(), pool))
	a, err := newApp(log, pool)
	require.NoError(b, err)
	w := &world{app: a, t: b}
	w.reactor, err = projections.NewReactor(projections.ReactorConfig{
		Name: "idle", Types: []string{"none"}, Handle: func(context.Context, eventstore.Recorded) error { return nil }, Log: log, Store: a.reads, Clock: kernel.SystemClock{}, Logger: logger(),
	})
	require.NoError(b, err)
	w.serve(log)
	w.fill(rows, provider)
	return w
}
