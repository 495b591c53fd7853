package boot

import (
	"context"
	"crypto/rand"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/analyticsread"
	"github.com/morket/morket/adapters/postgres/searchread"
	"github.com/morket/morket/adapters/postgres/webhookqueue"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/searchview"
)

type noWebhooks struct{}

func (noWebhooks) Count(context.Context, kernel.WorkspaceID) (int, error) { return 0, nil }

// The holder of a connection must not wait for a second one: when all do so at once, all wait for ever. With a pool of one connection the first
// one does.
func TestNothingNeedsASecondConnectionWhileItHoldsOne(t *testing.T) {
	t.Parallel()
	w := newWalled(t)
	cfg := w.pool.Config()
	cfg.MaxConns = 1
	one, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer one.Close()
	log, err := pgstore.Open(t.Context(), pgstore.Config{Pool: one, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer log.Close()
	store, err := postgres.NewStore(one, models()...)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	clock := kernel.SystemClock{}
	v, err := vault.New(make([]byte, vault.KeySize))
	require.NoError(t, err)
	hooks, err := webhookcmd.New(webhookcmd.Config{
		Store: log, Codec: w.codec, IDs: w.ids, Clock: clock, Sealer: signingSecrets{v}, Counter: noWebhooks{}, Random: rand.Reader, Loopback: true,
	})
	require.NoError(t, err)
	meta := kernel.Meta{Actor: kernel.System(), Workspace: w.spaces[0]}
	events, err := log.ReadWorkspace(ctx, w.spaces[0], 0, 100)
	require.NoError(t, err)
	cells := events[len(events)-1].Position
	hook, err := hooks.Create(ctx, meta, webhook.Settings{URL: "https://example.com/hook", Tables: w.tables[:1]})
	require.NoError(t, err)
	_, err = hooks.Redeliver(ctx, meta, hook.Value.ID, cells)
	require.NoError(t, err)
	_, err = hooks.Replay(ctx, meta, hook.Value.ID, 0)
	require.NoError(t, err)

	all := append(projectors(w.codec), analyticsview.New(analyticsview.Name, analyticsread.Open), searchview.New(searchview.Name, w.codec, searchread.Open))
	for _, p := range all {
		rebuild := projections.RebuildConfig{Compare: true, RunnerConfig: projections.RunnerConfig{Projector: p, Log: log, Store: store, Clock: clock, Logger: slog.New(slog.DiscardHandler)}}
		_, err := projections.Rebuild(ctx, rebuild)
		require.NoError(t, err, p.Name())
		_, err = projections.Verify(ctx, rebuild)
		require.NoError(t, err, p.Name())
	}

	queue, err := webhookqueue.Open(ctx, webhookqueue.Config{Pool: one, Log: log, Codec: w.codec, Encoder: cloudevent.NewEncoder("https://morket.test", Published())})
	require.NoError(t, err)
	feeder, err := projections.NewReactor(projections.ReactorConfig{
		Name: webhookqueue.FeederName, Types: queue.Types(), Apply: queue.Apply, Log: log, Store: store, Clock: clock, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- feeder.Run(running) }()
	head, err := log.Head(ctx)
	require.NoError(t, err)
	require.NoError(t, feeder.Wait(ctx, head))
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	parked, err := store.Parked(ctx, feeder.Location())
	require.NoError(t, err)
	require.Empty(t, parked)
	more, err := queue.Replay(ctx)
	require.NoError(t, err)
	require.True(t, more)
	list, err := queue.Deliveries(ctx, hook.Value.ID, "", 1<<40, 10)
	require.NoError(t, err)
	require.NotEmpty(t, list)
}
