package telemetry

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"github.com/morket/morket/domain/kernel/watch"
)

// Operations tells operators of the work that they watch: a wide line each, and metrics by kind and outcome.
type Operations struct {
	log   *slog.Logger
	took  *prometheus.HistogramVec
	rows  *prometheus.CounterVec
	bytes *prometheus.CounterVec
	under *prometheus.GaugeVec
}

var _ watch.Watcher = (*Operations)(nil)

// NewOperations makes their metrics, with a series for every kind and outcome. There is one of them for a Metrics.
func NewOperations(m *Metrics, log *slog.Logger) *Operations {
	seconds := []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}
	o := &Operations{
		log:   log,
		took:  histograms("operation_duration_seconds", "Time of a piece of work that operators watch.", seconds, "operation", "outcome"),
		rows:  counters("operation_rows_total", "Records, cells or events that such work has dealt with.", "operation"),
		bytes: counters("operation_bytes_total", "Bytes that such work has moved.", "operation"),
		under: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Namespace: namespace,
			Name:      "operations_in_progress",
			Help:      "Such work under way.",
		}, []string{"operation"}),
	}
	m.registry.MustRegister(o.took, o.rows, o.bytes, o.under)
	for _, k := range watch.Kinds() {
		for _, outcome := range watch.Outcomes() {
			o.took.WithLabelValues(k.String(), outcome.String())
		}
		o.rows.WithLabelValues(k.String())
		o.bytes.WithLabelValues(k.String())
		o.under.WithLabelValues(k.String())
	}
	return o
}

// Began implements watch.Watcher.
func (o *Operations) Began(k watch.Kind) { o.under.WithLabelValues(k.String()).Inc() }

// Ended implements watch.Watcher.
func (o *Operations) Ended(ctx context.Context, d watch.Done) {
	kind := d.Kind.String()
	o.under.WithLabelValues(kind).Dec()
	o.took.WithLabelValues(kind, d.Outcome.String()).Observe(d.Took.Seconds())
	o.rows.WithLabelValues(kind).Add(float64(max(0, d.Rows)))
	o.bytes.WithLabelValues(kind).Add(float64(max(0, d.Bytes)))
	level := slog.LevelInfo
	switch {
	case d.Outcome != watch.Failed:
	case d.Kind.Ours():
		level = slog.LevelError
	default:
		level = slog.LevelWarn
	}
	about := []any{"operation", kind, "outcome", d.Outcome.String(), "duration", d.Took, "rows", d.Rows, "bytes", d.Bytes}
	about = append(about, d.About...)
	if d.Err != nil {
		about = append(about, "error", d.Err)
	}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		about = append(about, "trace_id", span.TraceID().String())
	}
	o.log.Log(ctx, level, "operation", about...)
}
