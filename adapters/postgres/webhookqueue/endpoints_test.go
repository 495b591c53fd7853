package webhookqueue_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/webhookqueue"
	"github.com/morket/morket/commands/quarantine"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
)

// A clock that was a day ahead has put everything off by a day, and so has the lease of an endpoint queue.
func TestAClockThatWasAheadForAMomentHoldsNothingUp(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		t.Run(fmt.Sprint("ordered ", ordered), func(t *testing.T) {
			t.Parallel()
			w, r := newWorld(t), newReceiver(t)
			hook := w.create(webhook.Settings{URL: r.URL, Ordered: ordered, Types: webhook.Filter{"table.*"}})
			r.set(func(call, int) int { return 503 })
			w.put(edited, 3)
			stop := w.work()
			w.eventually("it is refused", func() bool { return len(r.all()) > 0 })
			stop()
			_, err := w.pool.Exec(t.Context(), `UPDATE webhook_queue.endpoints SET leased_until = clock_timestamp(), not_before = clock_timestamp()`)
			require.NoError(t, err)
			w.shift(24 * time.Hour)
			r.set(nil)
			w.work()
			w.eventually("everything is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 3 })
		})
	}
}

func TestOneRefusalHoldsAnOrderedWebhookUpForSeconds(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Ordered: true, Types: webhook.Filter{"table.*"}})
	at := w.put(edited, 60)
	refused := map[string]bool{fmt.Sprintf("cells-%s/11", table1): true, fmt.Sprintf("cells-%s/40", table1): true}
	r.set(func(c call, n int) int {
		if refused[c.id] && n <= 2 { // each is refused twice in a row
			return 500
		}
		return 200
	})
	w.work()
	for _, want := range []int{10, 39} {
		for _, pause := range []time.Duration{5 * time.Second, 10 * time.Second} {
			w.eventually("it is refused", func() bool {
				d, _, _, err := w.queue.Attempts(t.Context(), hook.ID, at[want])
				require.NoError(t, err)
				return d.Status == 500 && d.DueAt != nil && w.free(hook.ID)
			})
			require.Equal(t, want, w.states(hook.ID)[webhookflow.Delivered])
			w.pass(pause)
		}
	}
	w.eventually("everything is taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 60 })
}

// free reports whether no worker has the endpoint queue.
func (w *world) free(id kernel.WebhookID) (free bool) {
	w.t.Helper()
	require.NoError(w.t, w.pool.QueryRow(w.t.Context(), `SELECT lease = '' FROM webhook_queue.endpoints WHERE id = $1`, id).Scan(&free))
	return free
}

// deaf is a queue that can't take an endpoint queue back.
type deaf struct {
	webhookflow.Queue
	pool   *pgxpool.Pool
	failed atomic.Int64
}

func (d *deaf) Release(ctx context.Context, l webhookflow.EndpointQueue, pause time.Duration) error {
	if d.failed.Add(1) > 1 {
		return d.Queue.Release(ctx, l, pause)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return d.Queue.Release(ctx, l, pause)
}

func TestAnEndpointQueueThatCouldNotBeGivenBackIsTakenAgainByItsProcess(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	hook := w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	w.put(edited, 1)
	q := &deaf{Queue: w.queue, pool: w.pool}
	w.work(func(c *webhookflow.Config) { c.Queue = q })
	w.eventually("the queue was to be released", func() bool { return q.failed.Load() > 0 })
	w.put(edited, 1)
	w.eventually("both are taken", func() bool { return w.states(hook.ID)[webhookflow.Delivered] == 2 })
}

func TestAProcessThatIsNotSeenClaimsNoEndpoints(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.create(webhook.Settings{URL: r.URL, Types: webhook.Filter{"table.*"}})
	w.put(edited, 1)
	w.end("first")
	endpoints, err := w.queue.Claim(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, endpoints)
}

// envLethal makes the test's own program a process that sends what waits, and that one event takes with it: "<position> <database>".
const (
	envLethal = "MORKET_TEST_LETHAL"
	killed    = 3
)

func TestMain(m *testing.M) {
	var position int64
	var dsn string
	if n, _ := fmt.Sscan(os.Getenv(envLethal), &position, &dsn); n == 2 {
		if err := sendAll(lethal(position), dsn); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// lethal is the position of the event that ends the process which makes its body.
type lethal int64

func (l lethal) Body(_ context.Context, position int64) (string, []byte, bool, error) {
	if position == int64(l) {
		os.Exit(killed)
	}
	return fmt.Sprint("event/", position), []byte("{}"), true, nil
}

// open has addresses and secrets in clear, and a receiver that takes everything.
type open struct{}

func (open) Address(context.Context, kernel.WorkspaceID, kernel.WebhookID, string, *webhook.Sealed) (string, error) {
	return "https://example.com", nil
}

func (open) Open(context.Context, kernel.WorkspaceID, kernel.WebhookID, []webhook.Secret) ([]string, error) {
	return []string{"whsec_c2VjcmV0"}, nil
}

func (open) Send(context.Context, string, map[string]string, []byte) webhookflow.Attempt {
	return webhookflow.Attempt{Status: 200}
}

func (open) GiveUp(context.Context, kernel.WorkspaceID, kernel.WebhookID, time.Time) error {
	return nil
}

func (open) Gone(context.Context, kernel.WorkspaceID, kernel.WebhookID, time.Time) error { return nil }

// sendAll sends until nothing waits.
func sendAll(events lethal, dsn string) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	presence, err := postgres.Join(ctx, postgres.PresenceConfig{Pool: pool, Logger: logger, Patience: 300 * time.Millisecond})
	if err != nil {
		return err
	}
	q, err := webhookqueue.Open(ctx, webhookqueue.Config{Pool: pool, Process: presence.ID()})
	if err != nil {
		return err
	}
	worker, err := webhookflow.NewWorker(webhookflow.Config{
		Queue: q, Events: events, Secrets: open{}, Sender: open{}, Stopper: open{}, Clock: kernel.SystemClock{}, Jitter: func() float64 { return 0.5 },
		Logger: logger, Poll: 2 * time.Millisecond,
	})
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	for waiting := 1; waiting > 0; {
		if err := pool.QueryRow(ctx, `SELECT count(*) FROM webhook_queue.deliveries WHERE state = 'waiting'`).Scan(&waiting); err != nil {
			return err
		}
		if err := kernel.Pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	cancel()
	<-ended
	return presence.Leave(context.Background())
}

func TestADeliveryThatEndsItsProcessIsGivenUpAndTheOthersAreMade(t *testing.T) {
	t.Parallel()
	for _, ordered := range []bool{true, false} {
		t.Run(fmt.Sprint("ordered ", ordered), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			hook := w.create(webhook.Settings{URL: "https://example.com/a", Ordered: ordered, Types: webhook.Filter{"table.*"}})
			at := w.put(edited, 20)
			beside := w.create(webhook.Settings{URL: "https://example.com/b", Types: webhook.Filter{"table.*"}})
			more := len(w.put(edited, 20))
			c := w.pool.Config().ConnConfig
			deaths := 0
			for {
				cmd := exec.CommandContext(t.Context(), os.Args[0])
				cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d postgres://%s:%s@%s:%d/%s", envLethal, at[7], c.User, c.Password, c.Host, c.Port, c.Database))
				out, err := cmd.CombinedOutput()
				var exit *exec.ExitError
				if !errors.As(err, &exit) || exit.ExitCode() != killed {
					require.NoError(t, err, string(out))
					break
				}
				deaths++
				require.LessOrEqual(t, deaths, 3, "one unnoticed, two over the delivery")
			}
			require.Equal(t, map[webhookflow.State]int{webhookflow.Failed: 1, webhookflow.Delivered: 19 + more}, w.states(hook.ID))
			require.Equal(t, map[webhookflow.State]int{webhookflow.Delivered: more}, w.states(beside.ID))
			d, _, _, err := w.queue.Attempts(t.Context(), hook.ID, at[7])
			require.NoError(t, err)
			require.Equal(t, webhookflow.Failed, d.State)
			require.Equal(t, quarantine.Reason("the delivery"), d.Error)
			health, err := w.queue.Health(t.Context(), "ws_1")
			require.NoError(t, err)
			require.Nil(t, health[hook.ID].LastFailure, "it says nothing about the receiver")
		})
	}
}

// BenchmarkDeliveries is how fast one worker delivers to a receiver that answers at once.
func BenchmarkDeliveries(b *testing.B) {
	for _, ordered := range []bool{true, false} {
		b.Run(fmt.Sprint("ordered ", ordered), func(b *testing.B) {
			w, r := newWorld(b), newReceiver(b)
			hook := w.create(webhook.Settings{URL: r.URL, Ordered: ordered, Types: webhook.Filter{"table.*"}})
			w.put(edited, 5000)
			for b.Loop() {
				_, err := w.pool.Exec(b.Context(), `UPDATE webhook_queue.deliveries SET state = 'waiting'; UPDATE webhook_queue.endpoints SET due_at = now(), not_before = '-infinity'`)
				require.NoError(b, err)
				stop := w.work(func(c *webhookflow.Config) { c.Poll = 500 * time.Millisecond })
				require.Eventually(b, func() bool {
					var waiting int
					require.NoError(b, w.pool.QueryRow(b.Context(), `SELECT count(*) FROM webhook_queue.deliveries WHERE endpoint_id = $1 AND state = 'waiting'`, hook.ID).Scan(&waiting))
					return waiting == 0
				}, 5*time.Minute, 5*time.Millisecond)
				stop()
			}
			b.ReportMetric(5000*float64(b.N)/b.Elapsed().Seconds(), "deliveries/s")
		})
	}
}
