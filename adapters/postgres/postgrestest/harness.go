// Package postgrestest runs a projector against a real Postgres in a module's tests.
package postgrestest

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// Harness feeds a projector events and lets a test query what it made of them, in a database of its own.
type Harness struct {
	// Pool is for the queries; the read model is in its live schema, rm_<name>.
	Pool *pgxpool.Pool
	// Store keeps the read model.
	Store *postgres.Store
	// Clock stamps the events. It stands still until the test moves it.
	Clock *kernel.ManualClock
	// Meta is recorded with the events that Append makes; a test may change it in between.
	Meta kernel.Meta

	t         testing.TB
	projector projections.Projector
	wants     map[string]bool
	at        projections.Checkpoint
	versions  map[eventstore.StreamID]int64
	log       []eventstore.Recorded
}

// New makes an empty read model for the projector.
func New(t testing.TB, p projections.Projector, ddl string) *Harness {
	t.Helper()
	return NewModel(t, p, postgres.Model{Name: p.Name(), DDL: ddl})
}

// NewModel is New for a model that has more than DDL.
func NewModel(t testing.TB, p projections.Projector, model postgres.Model) *Harness {
	t.Helper()
	pool := pgtest.Pool(t)
	require.NoError(t, postgres.Migrate(t.Context(), pool))
	store, err := postgres.NewStore(pool, model)
	require.NoError(t, err)
	at, err := store.Create(t.Context(), projections.LiveOf(p.Name()), p.Version())
	require.NoError(t, err)
	h := &Harness{
		Pool: pool, Store: store, Clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
		Meta: kernel.Meta{Actor: kernel.System()},
		t:    t, projector: p, wants: map[string]bool{}, at: at, versions: map[eventstore.StreamID]int64{},
	}
	for _, typ := range p.Types() {
		h.wants[typ] = true
	}
	return h
}

// Append records the events on the stream, under Meta at the clock's time, and applies them. It returns them as recorded.
func (h *Harness) Append(stream eventstore.StreamID, events ...kernel.Event) []eventstore.Recorded {
	h.t.Helper()
	recorded := h.Record(stream, events...)
	require.NoError(h.t, h.Apply(recorded...))
	return recorded
}

// Record makes recorded events at the next positions without applying them.
func (h *Harness) Record(stream eventstore.StreamID, events ...kernel.Event) []eventstore.Recorded {
	h.t.Helper()
	meta, err := json.Marshal(h.Meta)
	require.NoError(h.t, err)
	out := make([]eventstore.Recorded, len(events))
	for i, e := range events {
		data, err := json.Marshal(e)
		require.NoError(h.t, err)
		h.versions[stream]++
		out[i] = eventstore.Recorded{
			Position: int64(len(h.log) + 1), Stream: stream, Version: h.versions[stream], Workspace: h.Meta.Workspace,
			Type: e.EventType(), Data: data, Metadata: meta, RecordedAt: h.Clock.Now(),
		}
		h.log = append(h.log, out[i])
	}
	return out
}

// Apply gives the projector those of the events that it wants, in one transaction, and moves the checkpoint. It returns
// the projector's error.
func (h *Harness) Apply(events ...eventstore.Recorded) error {
	h.t.Helper()
	if len(events) == 0 {
		return nil
	}
	var err error
	h.at, err = h.apply(h.at, events)
	return err
}

func (h *Harness) apply(at projections.Checkpoint, events []eventstore.Recorded) (projections.Checkpoint, error) {
	var wanted []eventstore.Recorded
	for _, e := range events {
		if h.wants[e.Type] {
			wanted = append(wanted, e)
		}
	}
	step := projections.Step{To: events[len(events)-1].Position}
	if len(wanted) > 0 {
		step.Apply = func(ctx context.Context, tx projections.Tx) error { return h.projector.Apply(ctx, tx, wanted) }
	}
	return h.Store.Advance(h.t.Context(), at, step)
}

// RequireRebuildable rebuilds the read model aside from everything recorded so far, first in one batch and then event by
// event, and requires that each table equals the live one. Every view's test should end with it. All recorded events
// must have been applied.
func (h *Harness) RequireRebuildable() {
	h.t.Helper()
	require.NoError(h.t, h.Store.Settle(h.t.Context(), h.at.Location))
	_, live, err := h.Store.Checksums(h.t.Context(), h.at.Location)
	require.NoError(h.t, err)
	for _, size := range []int{max(1, len(h.log)), 1} {
		location := projections.Location{Projection: h.projector.Name(), Copy: projections.VerifyCopy}
		at, err := h.Store.Create(h.t.Context(), location, h.projector.Version())
		require.NoError(h.t, err)
		for rest := h.log; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			at, err = h.apply(at, rest[:min(size, len(rest))])
			require.NoError(h.t, err)
		}
		require.NoError(h.t, h.Store.Settle(h.t.Context(), location))
		_, sums, err := h.Store.Checksums(h.t.Context(), location)
		require.NoError(h.t, err)
		require.Equal(h.t, live, sums, "rebuilt in batches of %d events, the read model differs from the live one", size)
		require.NoError(h.t, h.Store.Drop(h.t.Context(), location))
	}
}

// ReadHeads returns recorded events without their data, as the log does.
func (h *Harness) ReadHeads(_ context.Context, positions []int64) ([]eventstore.Recorded, error) {
	out := make([]eventstore.Recorded, len(positions))
	for i, p := range positions {
		out[i] = h.log[p-1]
		out[i].Data = nil
	}
	return out, nil
}

// Recorded returns all events that were recorded so far.
func (h *Harness) Recorded() []eventstore.Recorded { return slices.Clone(h.log) }
