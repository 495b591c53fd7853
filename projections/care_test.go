package projections_test

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
)

// noting counts the notes that a worker makes.
type noting struct {
	*projectionstest.Memory
	mu    sync.Mutex
	notes []projections.Attempt
}

func (n *noting) Attempt(ctx context.Context, a projections.Attempt) error {
	n.mu.Lock()
	n.notes = append(n.notes, a)
	n.mu.Unlock()
	return n.Memory.Attempt(ctx, a)
}

func (n *noting) all() []projections.Attempt {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.notes
}

func TestOnlyTheFirstBatchesAfterAStartAreNoted(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.limits.BatchEvents = 2
	words := make([]string, 20)
	for i := range words {
		words[i] = "a:one"
	}
	f.say(t, words...)
	store := &noting{Memory: f.store}
	cfg := f.config(&said{})
	cfg.Store = store
	start := func() *projections.Runner {
		r, err := projections.NewRunner(cfg)
		require.NoError(t, err)
		run(t, r.Run)
		return r
	}
	wait(t, start(), 20)
	live := projections.LiveOf("said")
	require.Equal(t, []projections.Attempt{{Location: live, First: 1, Last: 2}, {Location: live, First: 3, Last: 4}, {Location: live}}, store.all(),
		"of ten batches two, and the note is taken away")

	store.notes = nil
	r := start()
	wait(t, r, 20)
	f.say(t, words...)
	wait(t, r, 40)
	require.Empty(t, store.all(), "what came after the start ended nobody before it")
}

func TestAnAttemptOfALivingProcessIsWaitedForAndNotHeldAgainstTheEvent(t *testing.T) {
	t.Parallel()
	f := newFixture()
	f.say(t, "a:one", "b:two")
	live := projections.LiveOf("said")
	_, err := f.store.Create(t.Context(), live, 1)
	require.NoError(t, err)
	f.store.Process, f.store.Living = "other", map[string]bool{"other": true}
	require.NoError(t, f.store.Attempt(t.Context(), projections.Attempt{Location: live, First: 1, Last: 1, Deaths: 1}))
	f.store.Process = "this"
	asked := make(chan struct{}, 100)
	cfg := f.config(&said{})
	cfg.Store = &asking{f.store, asked}
	r, err := projections.NewRunner(cfg)
	require.NoError(t, err)
	run(t, r.Run)
	for range 3 {
		<-asked
	}
	require.Empty(t, f.rows(), "it waits")
	c, _, err := f.store.Checkpoint(t.Context(), live)
	require.NoError(t, err)
	_, err = f.store.Advance(t.Context(), c, projections.Step{To: 1}) // by the other one
	require.NoError(t, err)
	wait(t, r, 2)
	require.Empty(t, f.parked(t))
}

// asking tells when it is asked for the latest attempt.
type asking struct {
	*projectionstest.Memory
	asked chan struct{}
}

func (a *asking) Attempted(ctx context.Context, location projections.Location) (projections.Attempt, bool, error) {
	select {
	case a.asked <- struct{}{}:
	default:
	}
	return a.Memory.Attempted(ctx, location)
}
