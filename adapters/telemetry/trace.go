package telemetry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"github.com/labstack/echo/v4"
	"go.opentelemetry.io/contrib/bridges/prometheus"
	"go.opentelemetry.io/contrib/instrumentation/github.com/labstack/echo/otelecho"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	temporalotel "go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"

	"github.com/morket/morket/eventstore"
)

// TraceConfig says where traces go.
type TraceConfig struct {
	// Endpoint is an OTLP receiver over HTTP, for example http://127.0.0.1:4318; empty: no traces. The other variables of
	// OpenTelemetry (headers, sampler, …) are read by its library.
	Endpoint string
	Version  string
	Exporter sdktrace.SpanExporter // in place of Endpoint, for tests
	Metrics  *Metrics              // sent to Endpoint too; may be nil
}

// Tracing makes traces. A nil *Tracing makes none.
type Tracing struct {
	provider *sdktrace.TracerProvider
	metrics  *metric.MeterProvider
	tracer   trace.Tracer
	carry    propagation.TraceContext
	life     context.Context // of Close, which outlives what is being stopped
}

// metricsEvery is how often metrics are sent.
const metricsEvery = 30 * time.Second

// NewTracing connects to the receiver, which need not be there; it returns nil when there is none to connect to.
func NewTracing(ctx context.Context, cfg TraceConfig) (*Tracing, error) {
	if cfg.Endpoint == "" && cfg.Exporter == nil {
		return nil, nil //nolint:nilnil // nil makes no traces
	}
	about := resource.NewSchemaless(attribute.String("service.name", "morket"), attribute.String("service.version", cfg.Version))
	t := &Tracing{life: context.WithoutCancel(ctx)}
	exporter := sdktrace.WithSyncer(cfg.Exporter)
	if cfg.Exporter == nil {
		to, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(join(cfg.Endpoint, "v1/traces")))
		if err != nil {
			return nil, fmt.Errorf("export traces: %w", err)
		}
		exporter = sdktrace.WithBatcher(to)
	}
	t.provider = sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSpanProcessor(hidePaths{}), exporter)
	t.tracer = t.provider.Tracer("github.com/morket/morket")
	if cfg.Endpoint != "" && cfg.Metrics != nil {
		to, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(join(cfg.Endpoint, "v1/metrics")))
		if err != nil {
			return nil, fmt.Errorf("export metrics: %w", err)
		}
		reader := metric.NewPeriodicReader(to, metric.WithInterval(metricsEvery),
			metric.WithProducer(prometheus.NewMetricProducer(prometheus.WithGatherer(cfg.Metrics.registry))))
		t.metrics = metric.NewMeterProvider(metric.WithResource(about), metric.WithReader(reader))
	}
	return t, nil
}

func join(endpoint, path string) string {
	joined, err := url.JoinPath(endpoint, path)
	if err != nil {
		return endpoint // the library says what is wrong with it
	}
	return joined
}

// closeWithin is how long the last traces may take.
const closeWithin = 3 * time.Second

// Close sends what is left.
func (t *Tracing) Close() error {
	if t == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(t.life, closeWithin)
	defer cancel()
	err := t.provider.Shutdown(ctx)
	if t.metrics != nil {
		err = errors.Join(err, t.metrics.Shutdown(ctx))
	}
	return err
}

// Around is the middleware that makes a span of each request, named by its route.
func (t *Tracing) Around() []echo.MiddlewareFunc {
	if t == nil {
		return nil
	}
	return []echo.MiddlewareFunc{otelecho.Middleware("morket", otelecho.WithTracerProvider(t.provider), otelecho.WithPropagators(t.carry))}
}

// Postgres traces the statements of a pool, without their parameters; nil when nothing is traced.
func (t *Tracing) Postgres() pgx.QueryTracer {
	if t == nil {
		return nil
	}
	return otelpgx.NewTracer(otelpgx.WithTracerProvider(t.provider))
}

// Temporal carries traces through flows.
func (t *Tracing) Temporal() ([]interceptor.ClientInterceptor, error) {
	if t == nil {
		return nil, nil
	}
	i, err := temporalotel.NewTracingInterceptor(temporalotel.TracerOptions{
		Tracer:            t.tracer,
		TextMapPropagator: t.carry,
		DisableBaggage:    true,
	})
	if err != nil {
		return nil, fmt.Errorf("trace flows: %w", err)
	}
	return []interceptor.ClientInterceptor{i}, nil
}

// maxFollowed bounds the spans of one batch: a projection that catches up with a million events must not make a million.
const maxFollowed = 32

// Follow implements eventstore.Follow: one span for each of the traces that the events belong to. It is nil when nothing is traced.
func (t *Tracing) Follow() eventstore.Follow {
	if t == nil {
		return nil
	}
	return func(ctx context.Context, doing string, events []eventstore.Recorded) (context.Context, func(error)) {
		var spans []trace.Span
		first, seen := ctx, map[string]bool{}
		for _, e := range events {
			parent := parentOf(e)
			if parent == "" || seen[parent] || len(spans) == maxFollowed {
				continue
			}
			seen[parent] = true
			of := t.carry.Extract(ctx, propagation.MapCarrier{traceParent: parent})
			if !trace.SpanContextFromContext(of).IsRemote() {
				continue // not a trace's name
			}
			inner, span := t.tracer.Start(of, doing, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
				attribute.Int64("morket.position", e.Position), attribute.String("morket.event", e.Type), attribute.Int("morket.batch", len(events))))
			if len(spans) == 0 {
				first = inner
			}
			spans = append(spans, span)
		}
		return first, func(err error) {
			for _, span := range spans {
				end(span, err)
			}
		}
	}
}

const traceParent = "traceparent"

// parentOf finds the trace in an event's metadata without decoding all of it.
func parentOf(e eventstore.Recorded) string {
	_, rest, ok := bytes.Cut(e.Metadata, []byte(`"`+traceParent+`"`))
	if !ok {
		return ""
	}
	_, rest, _ = bytes.Cut(rest, []byte(`"`)) // Postgres writes a space after the colon
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

func end(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, Redact(err.Error()))
	}
	span.End()
}

// hidePaths replaces a request's path by its route's template: a path may hold the token of an invitation.
type hidePaths struct{}

// OnStart implements sdktrace.SpanProcessor.
func (hidePaths) OnStart(_ context.Context, s sdktrace.ReadWriteSpan) {
	route := ""
	for _, a := range s.Attributes() {
		if a.Key == "http.route" {
			route = a.Value.AsString()
		}
	}
	for _, a := range s.Attributes() {
		switch a.Key {
		case "http.target", "url.path", "http.url", "url.full":
			s.SetAttributes(attribute.String(string(a.Key), route))
		case "url.query":
			s.SetAttributes(attribute.String(string(a.Key), ""))
		}
	}
}

// OnEnd implements sdktrace.SpanProcessor.
func (hidePaths) OnEnd(sdktrace.ReadOnlySpan) {}

// Shutdown implements sdktrace.SpanProcessor.
func (hidePaths) Shutdown(context.Context) error { return nil }

// ForceFlush implements sdktrace.SpanProcessor.
func (hidePaths) ForceFlush(context.Context) error { return nil }
