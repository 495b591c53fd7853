package telemetry_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// nowhere exports to nobody, so that what is measured is the making of spans.
type nowhere struct{}

func (nowhere) ExportSpans(context.Context, []trace.ReadOnlySpan) error { return nil }
func (nowhere) Shutdown(context.Context) error                          { return nil }

// BenchmarkAppend tells what measuring and tracing cost an append: plain is the log itself, in the same run.
func BenchmarkAppend(b *testing.B) {
	log, _ := pgtest.Log(b)
	clock := kernel.SystemClock{}
	tracing, err := telemetry.NewTracing(b.Context(), telemetry.TraceConfig{Exporter: nowhere{}})
	require.NoError(b, err)
	metrics := telemetry.NewMetrics("bench", clock)
	for _, way := range []struct {
		name string
		log  eventstore.Writer
	}{
		{"plain", log},
		{"measured", telemetry.NewStore(log, metrics, nil, clock)},
		{"traced", telemetry.NewStore(log, metrics, tracing, clock)},
		{"plain again", log},
		{"measured again", telemetry.NewStore(log, metrics, nil, clock)},
	} {
		b.Run(way.name, func(b *testing.B) {
			const clients = 32
			var next atomic.Int64
			var wg sync.WaitGroup
			errs := make([]error, clients)
			b.ResetTimer()
			for c := range clients {
				wg.Go(func() {
					stream := eventstore.Stream("bench", way.name+strconv.Itoa(c))
					for n := next.Add(1); n <= int64(b.N) && errs[c] == nil; n = next.Add(1) {
						_, errs[c] = way.log.Append(b.Context(), eventstore.Append{
							Meta: kernel.Meta{Actor: kernel.System(), Workspace: "ws_1"},
							Streams: []eventstore.StreamAppend{{Stream: stream, Expected: eventstore.Any, Events: []eventstore.EventData{
								{Type: "t.v1", Data: []byte(`{"n":1,"text":"a small event of a hundred bytes or so, as an edit of one cell makes"}`)},
							}}},
						})
					}
				})
			}
			wg.Wait()
			for _, err := range errs {
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
		})
	}
}
