package enrichmentflow

import (
	"context"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// turns lets a process work once at a time on a run. A run whose flow was lost gets a new one while the slice of the old one
// still works here: it is told to stop, and its calls under way end and are recorded before the new one looks at the run. Else their
// answers, which may have cost something, would be refused as those of a worker that was superseded.
type turns struct {
	mu  sync.Mutex
	now map[kernel.RunID]*turn
}

type turn struct {
	stop context.CancelFunc
	over chan struct{}
}

// await waits for the run's turn, calling beat now and then; ctx of the turn ends when another slice wants it.
func (t *turns) await(
	ctx context.Context, run kernel.RunID, every time.Duration, beat func(),
) (_ context.Context, leave func(), err error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		mine, leave, before := t.enter(ctx, run)
		if before == nil {
			return mine, leave, nil
		}
		before.stop()
		for waiting := true; waiting; {
			select {
			case <-before.over:
				waiting = false
			case <-tick.C:
				beat()
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
	}
}

func (t *turns) enter(ctx context.Context, run kernel.RunID) (_ context.Context, leave func(), before *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if before := t.now[run]; before != nil {
		return nil, nil, before
	}
	if t.now == nil {
		t.now = map[kernel.RunID]*turn{}
	}
	ctx, stop := context.WithCancel(ctx)
	mine := &turn{stop: stop, over: make(chan struct{})}
	t.now[run] = mine
	return ctx, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.now, run)
		stop()
		close(mine.over)
	}, nil
}
