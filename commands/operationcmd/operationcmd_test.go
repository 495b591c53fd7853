package operationcmd_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/operationcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/operation"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

// world is the commands over a log in memory, with one dead letter.
type world struct {
	log      *memstore.Store
	codec    *eventstore.Codec
	clock    *kernel.ManualClock
	handlers *operationcmd.Handlers
	retried  []string // reasons
	unset    bool     // no place for backups
	lead     sync.Mutex
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))}
	w.log = memstore.New(w.clock)
	var err error
	w.codec, err = eventstore.NewCodec(operation.Events())
	require.NoError(t, err)
	w.handlers, err = operationcmd.New(operationcmd.Config{
		Store: w.log, Codec: w.codec, IDs: kernel.NewIDs(w.clock), Clock: w.clock, DeadLetters: w, Projections: func() []string { return []string{"grid"} }, Backups: w,
	})
	require.NoError(t, err)
	return w
}

func (w *world) DeadLetter(_ context.Context, consumer, kind, stream string) (operation.DeadLetter, kernel.WorkspaceID, error) {
	if stream != "table-1" {
		return operation.DeadLetter{}, "", kernel.NotFound("parked stream", stream)
	}
	return operation.DeadLetter{Consumer: consumer, ConsumerKind: kind, Stream: stream, Position: 9, EventType: "table.created.v1"}, "ws_1", nil
}

func (w *world) Retry(_ context.Context, _ operation.DeadLetter, reason string) error {
	w.retried = append(w.retried, reason)
	return nil
}

// Has knows one backup.
func (w *world) Has(_ context.Context, name string) (bool, error) {
	if w.unset {
		return false, kernel.E(kernel.KindConflict, "NO_BACKUP_TARGET", "no place for backups is set")
	}
	return name == "morket_1", nil
}

func TestBackupsAndDrillsAreJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, c := range []struct {
		start operationcmd.Start
		fails kernel.Kind
	}{
		{operationcmd.Start{Kind: operation.Drill, Backup: "morket_2"}, kernel.KindNotFound},
		{operationcmd.Start{Kind: operation.Drill}, kernel.KindNotFound},
		{operationcmd.Start{Kind: operation.Drill, Backup: "morket_1"}, kernel.KindOf(nil)},
		{operationcmd.Start{Kind: operation.Backup}, kernel.KindConflict}, // while that one is under way
	} {
		_, err := w.handlers.Start(t.Context(), operator(""), c.start)
		require.Equal(t, c.fails, kernel.KindOf(err), "%+v: %v", c.start, err)
	}
	w.unset = true
	_, err := w.handlers.Start(t.Context(), operator(""), operationcmd.Start{Kind: operation.Backup})
	require.ErrorContains(t, err, "no place for backups is set")
}

func operator(key string) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, IdempotencyKey: key, Fingerprint: "1"}
}

// work runs a worker until stop is called; do carries out its jobs.
func (w *world) work(t *testing.T, do func(context.Context, operation.Job) (operation.Outcome, error)) (stop func()) {
	t.Helper()
	worker, err := operationcmd.NewWorker(operationcmd.WorkerConfig{
		Store: w.log, Codec: w.codec, Clock: w.clock, Do: do, Logger: slog.New(slog.DiscardHandler), Every: time.Millisecond,
		Lead: func(ctx context.Context, work func(context.Context) error) error {
			w.lead.Lock()
			defer w.lead.Unlock()
			return work(ctx)
		},
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	return func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	}
}

func TestAJobIsCarriedOutOnceAlsoAfterACrash(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	started, err := w.handlers.Start(t.Context(), operator("k"), operationcmd.Start{Kind: operation.Rebuild, Projection: "grid"})
	require.NoError(t, err)
	again, err := w.handlers.Start(t.Context(), operator("k"), operationcmd.Start{Kind: operation.Rebuild, Projection: "grid"})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Equal(t, started.Value, again.Value)
	_, err = w.handlers.Start(t.Context(), operator(""), operationcmd.Start{Kind: operation.Verify, Projection: "grid"})
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	_, err = w.handlers.Start(t.Context(), operator(""), operationcmd.Start{Kind: operation.Verify, Projection: "nothing"})
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))

	begun := make(chan string, 1)
	stop := w.work(t, func(ctx context.Context, j operation.Job) (operation.Outcome, error) {
		begun <- j.ID
		<-ctx.Done()
		return operation.Outcome{}, ctx.Err()
	})
	require.Equal(t, started.Value.Job, <-begun)
	stop()
	done := make(chan struct{})
	stop = w.work(t, func(context.Context, operation.Job) (operation.Outcome, error) {
		close(done) // a second time would panic
		return operation.Outcome{Position: 5}, nil
	})
	<-done
	var jobs []operation.Job
	require.Eventually(t, func() bool {
		jobs, err = w.handlers.Jobs(t.Context())
		return err == nil && !jobs[0].Open()
	}, 5*time.Second, time.Millisecond)
	stop()
	require.Len(t, jobs, 1)
	require.EqualValues(t, 5, jobs[0].Outcome.Position)
}

func TestAJobThatFailsSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.handlers.Start(t.Context(), operator(""), operationcmd.Start{Kind: operation.Verify, Projection: "grid"})
	require.NoError(t, err)
	stop := w.work(t, func(context.Context, operation.Job) (operation.Outcome, error) {
		return operation.Outcome{}, errors.New("the disk is full")
	})
	defer stop()
	require.Eventually(t, func() bool {
		jobs, err := w.handlers.Jobs(t.Context())
		return err == nil && jobs[0].Outcome.Error == "the disk is full"
	}, 5*time.Second, time.Millisecond)
}

func TestWhoSettlesADeadLetterIsInTheLogBeforeItHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	settle := operationcmd.ResolveDeadLetter{Consumer: "grid", Kind: "projection", Stream: "table-1"}
	_, err := w.handlers.ResolveDeadLetter(t.Context(), operator("retry"), settle)
	require.NoError(t, err)
	settle.Skip = true
	_, err = w.handlers.ResolveDeadLetter(t.Context(), operator(""), settle)
	require.ErrorContains(t, err, "say why")
	settle.Reason = " its table is gone "
	for range 2 {
		_, err = w.handlers.ResolveDeadLetter(t.Context(), operator("skip"), settle)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"", "its table is gone"}, w.retried)
	events, err := w.log.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 2, "a repeat is not another")
	require.Equal(t, "operation.letter_skipped.v1", events[1].Type)
	require.EqualValues(t, "ws_1", events[1].Workspace, "the audit log of whose data it is tells of it")
	e, err := w.codec.Decode(events[1])
	require.NoError(t, err)
	require.Equal(t, "its table is gone", e.(operation.DeadLetterSkipped).Reason)
	settle.Stream = "table-2"
	_, err = w.handlers.ResolveDeadLetter(t.Context(), operator(""), settle)
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
}
