// Package postgrestest runs a projector against a real Postgres in a module's tests.
package postgrestest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
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
	// AtOnce is how many events Append lets gather before it applies them, in one transaction; Flush applies the last ones. 0 is one call's.
	AtOnce int

	t         testing.TB
	projector projections.Projector
	wants     map[string]bool
	at        projections.Checkpoint
	versions  map[eventstore.StreamID]int64
	log       []eventstore.Recorded
	held      []eventstore.Recorded // not applied yet
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
	if h.held = append(h.held, recorded...); len(h.held) >= h.AtOnce {
		h.Flush()
	}
	return recorded
}

// Flush applies what Append has let gather.
func (h *Harness) Flush() {
	h.t.Helper()
	held := h.held
	h.held = nil
	require.NoError(h.t, h.Apply(held...))
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
	h.RequireRebuilt(h.t)
}

// RequireRebuilt is RequireRebuildable within a property, of which rapid then finds a small case.
func (h *Harness) RequireRebuilt(t require.TestingT) {
	require.NoError(t, h.Store.Settle(h.t.Context(), h.at.Location))
	_, live, err := h.Store.Checksums(h.t.Context(), h.at.Location)
	require.NoError(t, err)
	for _, size := range []int{max(1, len(h.log)), 1} {
		location := projections.Location{Projection: h.projector.Name(), Copy: projections.VerifyCopy}
		require.NoError(t, h.Store.Drop(h.t.Context(), location)) // what a case that failed has left
		at, err := h.Store.Create(h.t.Context(), location, h.projector.Version())
		require.NoError(t, err)
		for rest := h.log; len(rest) > 0; rest = rest[min(size, len(rest)):] {
			at, err = h.apply(at, rest[:min(size, len(rest))])
			require.NoError(t, err)
		}
		require.NoError(t, h.Store.Settle(h.t.Context(), location))
		_, sums, err := h.Store.Checksums(h.t.Context(), location)
		require.NoError(t, err)
		if !maps.Equal(live, sums) {
			require.Equal(t, live, sums, "rebuilt in batches of %d events, the read model differs from the live one:\n%s",
				size, h.differences(live, sums))
		}
		require.NoError(t, h.Store.Drop(h.t.Context(), location))
	}
}

// StartOver has the read model empty and nothing recorded, for the next case of a property.
func (h *Harness) StartOver(t require.TestingT) {
	require.NoError(t, h.Store.Drop(h.t.Context(), h.at.Location))
	at, err := h.Store.Create(h.t.Context(), h.at.Location, h.projector.Version())
	require.NoError(t, err)
	h.at, h.log, h.held, h.versions = at, nil, nil, map[eventstore.StreamID]int64{}
}

const differing = `SELECT '%[1]s ' || $1 || ' ' || v FROM (SELECT t::text AS v FROM %[2]s t EXCEPT SELECT t::text FROM %[3]s t) d LIMIT 5`

// differences lists some of the rows that are only in the live read model or only in the rebuilt one.
func (h *Harness) differences(live, rebuilt map[string]projections.Checksum) string {
	var out []string
	for name, sum := range live {
		other, ok := rebuilt[name]
		if !ok || other == sum {
			continue
		}
		one := pgx.Identifier{postgres.SchemaOf(h.at.Location), name}.Sanitize()
		verified := projections.Location{Projection: h.projector.Name(), Copy: projections.VerifyCopy}
		two := pgx.Identifier{postgres.SchemaOf(verified), name}.Sanitize()
		for _, sql := range []string{fmt.Sprintf(differing, "live   ", one, two), fmt.Sprintf(differing, "rebuilt", two, one)} {
			rows, err := h.Pool.Query(h.t.Context(), sql, name)
			if err != nil {
				return err.Error()
			}
			found, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				return err.Error()
			}
			out = append(out, found...)
		}
	}
	return strings.Join(out, "\n")
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
