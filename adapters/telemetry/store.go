package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

// Store is the log with its appends measured and traced; an append carries the trace of its context in its metadata.
type Store struct {
	*pgstore.Store
	metrics *Metrics
	tracing *Tracing
	clock   kernel.Clock
	admit   func(context.Context, eventstore.Append) error
}

// NewStore measures the log. tracing may be nil.
func NewStore(log *pgstore.Store, metrics *Metrics, tracing *Tracing, clock kernel.Clock) *Store {
	return &Store{Store: log, metrics: metrics, tracing: tracing, clock: clock}
}

// Admit has what is to be appended looked at first: an error refuses it. It is set before the store is used.
func (s *Store) Admit(fn func(context.Context, eventstore.Append) error) { s.admit = fn }

// Append implements eventstore.Writer.
func (s *Store) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	if s.admit != nil {
		if err := s.admit(ctx, a); err != nil {
			return eventstore.Appended{}, err
		}
	}
	began := s.clock.Now()
	var span trace.Span
	if s.tracing != nil {
		ctx, span = s.tracing.tracer.Start(ctx, "append", trace.WithAttributes(attribute.Int("morket.streams", len(a.Streams))))
		if a.Meta.Trace == "" {
			carrier := propagation.MapCarrier{}
			s.tracing.carry.Inject(ctx, carrier)
			a.Meta.Trace = carrier[traceParent]
		}
	}
	done, err := s.Store.Append(ctx, a)
	s.metrics.appended(s.clock.Now().Sub(began), outcomeOf(err))
	if span != nil {
		span.SetAttributes(attribute.Int64("morket.position", done.Last))
		end(span, err)
	}
	return done, err
}

// outcomeOf names how an append ended, for a label.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "ok"
	case eventstore.IsConflict(err):
		return "conflict"
	case errors.Is(err, eventstore.ErrBusy):
		return "busy"
	case errors.Is(err, eventstore.ErrUnknownOutcome):
		return "unknown"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "cancelled"
	default:
		return "error"
	}
}

func outcomes() []string { return []string{"ok", "conflict", "busy", "unknown", "cancelled", "error"} }
