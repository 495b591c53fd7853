package webhookflow_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/commands/webhookflow/webhookflowtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
)

// outside has addresses and secrets in clear, and a receiver that takes everything.
type outside struct {
	body    func(position int64) // while an event's body is made
	answer  webhookflow.Attempt
	mu      sync.Mutex
	sent    []string
	givenUp bool
}

func (o *outside) Body(_ context.Context, position int64) (string, []byte, bool, error) {
	o.body(position)
	return strconv.FormatInt(position, 10), []byte("{}"), true, nil
}

func (o *outside) Send(_ context.Context, _ string, headers map[string]string, _ []byte) webhookflow.Attempt {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, headers[webhookflow.HeaderID])
	return o.answer
}

func (*outside) Address(context.Context, kernel.WorkspaceID, kernel.WebhookID, string, *webhook.Sealed) (string, error) {
	return "https://example.com", nil
}

func (*outside) Open(context.Context, kernel.WorkspaceID, kernel.WebhookID, []webhook.Secret) ([]string, error) {
	return []string{"whsec_c2VjcmV0"}, nil
}

func (o *outside) GiveUp(context.Context, kernel.WorkspaceID, kernel.WebhookID, time.Time) error {
	o.givenUp = true
	return nil
}

func (*outside) Gone(context.Context, kernel.WorkspaceID, kernel.WebhookID, time.Time) error {
	return nil
}

// released is a queue that tells when an endpoint queue is given back.
type released struct {
	webhookflow.Queue
	once sync.Once
	done chan struct{}
}

func (r *released) Release(ctx context.Context, l webhookflow.EndpointQueue, pause time.Duration) error {
	defer r.once.Do(func() { close(r.done) })
	return r.Queue.Release(ctx, l, pause)
}

// A process that stands still before it sends is taken for dead when that goes on, and another one has sent the event when it goes on.
func TestAWorkerThatStoodStillSendsNothingBesideItsSuccessor(t *testing.T) {
	t.Parallel()
	for still, want := range map[time.Duration][]string{
		0:                {"1", "2", "3"},
		time.Second:      {"1", "2", "3"},
		11 * time.Second: {"1"},
		-24 * time.Hour:  {"1"}, // the clock was put back meanwhile
	} {
		t.Run(still.String(), func(t *testing.T) {
			t.Parallel()
			clock, dead := kernel.NewManualClock(time.Unix(1_000_000, 0)), false
			m := webhookflowtest.NewMemory(clock, func(process string) bool { return process != "first" || !dead })
			m.Add(webhookflow.EndpointQueue{ID: "whk_1", Ordered: true})
			m.Feed("whk_1", 1, 2, 3)
			out := &outside{answer: webhookflow.Attempt{Status: 204}, body: func(position int64) {
				if position != 2 {
					return
				}
				clock.Advance(still)
				if still.Abs() < 10*time.Second {
					return
				}
				dead = true
				list, err := m.Process("second", nil).Claim(t.Context(), 1)
				require.NoError(t, err)
				require.Len(t, list, 1)
			}}
			turn(t, m.Process("first", nil), out, clock)
			require.Equal(t, want, out.sent)
		})
	}
}

// turn has a worker take an endpoint queue for one turn.
func turn(t *testing.T, queue webhookflow.Queue, out *outside, clock kernel.Clock) {
	t.Helper()
	q := &released{Queue: queue, done: make(chan struct{})}
	worker, err := webhookflow.NewWorker(webhookflow.Config{
		Queue: q, Events: out, Secrets: out, Sender: out, Stopper: out, Clock: clock, Jitter: func() float64 { return 0.5 }, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	<-q.done
	cancel()
	<-ended
}

// The first failure was dated by a clock that was far back.
func TestAWrongClockTurnsNoWebhookOff(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]bool{0: false, 1: false, webhookflow.MaxAttempts() - 1: true, 100: true} {
		t.Run(strconv.Itoa(failures), func(t *testing.T) {
			t.Parallel()
			clock := kernel.NewManualClock(time.Unix(1_000_000, 0))
			since := clock.Now().Add(-7 * 24 * time.Hour)
			m := webhookflowtest.NewMemory(clock, func(string) bool { return true })
			m.Add(webhookflow.EndpointQueue{ID: "whk_1", Ordered: true, Failures: failures, FailingSince: &since})
			m.Feed("whk_1", 1)
			out := &outside{body: func(int64) {}, answer: webhookflow.Attempt{Status: 503, Error: "the receiver answered 503"}}
			turn(t, m.Process("first", nil), out, clock)
			require.Equal(t, []string{"1"}, out.sent)
			require.Equal(t, want, out.givenUp)
		})
	}
}
