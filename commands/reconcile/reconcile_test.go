package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/reconcile"
)

var errAway = errors.New("temporal is away")

// flows is a Temporal that can be emptied.
type flows struct {
	mu      sync.Mutex
	away    bool
	broken  string // a flow that can't be started
	running map[string]bool
	log     []string
}

func (f *flows) Start(_ context.Context, id, workflow string, in any) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.away:
		return false, errAway
	case id == f.broken:
		return false, errors.New("broken")
	case f.running[id]:
		return false, nil
	}
	f.running[id] = true
	f.log = append(f.log, fmt.Sprint("start ", id, " ", workflow, " ", in))
	return true, nil
}

func (f *flows) Signal(_ context.Context, id, signal string) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, "signal "+id+" "+signal)
	return f.running[id], nil
}

// did returns what was done since it was asked last.
func (f *flows) did() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.log
	f.log = nil
	return out
}

func (f *flows) set(change func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change()
}

func TestWhatIsMissingIsStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &flows{running: map[string]bool{"run-1": true}, away: true, broken: "run-2"}
		under := func(flows ...reconcile.Flow) reconcile.Source {
			return func(_ context.Context, each func(reconcile.Flow) error) error {
				for _, flow := range flows {
					if err := each(flow); err != nil {
						return err
					}
				}
				return nil
			}
		}
		r, err := reconcile.New(reconcile.Config{
			Flows: f, Away: func(err error) bool { return errors.Is(err, errAway) }, Logger: slog.New(slog.DiscardHandler),
			Sources: []reconcile.Source{
				under(reconcile.Flow{ID: "run-1", Workflow: "run", Input: 1, Signal: "control"}, reconcile.Flow{ID: "run-2", Workflow: "run", Input: 2, Signal: "control"},
					reconcile.Flow{ID: "run-3", Workflow: "run", Input: 3, Signal: "control"}),
				under(reconcile.Flow{ID: "import-1", Workflow: "import", Input: 4}),
			},
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()

		synctest.Wait()
		require.Empty(t, f.did(), "Temporal is away")
		f.set(func() { f.away = false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Equal(t, []string{"signal run-1 control", "start run-3 run 3", "start import-1 import 4"}, f.did(), "one that can't be started keeps no other")
		f.set(func() { f.broken = "" })
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Equal(t, []string{"start run-2 run 2"}, f.did())
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Empty(t, f.did(), "all runs, and is not disturbed")

		f.set(func() { clear(f.running) })
		r.Wake()
		synctest.Wait()
		require.Equal(t, []string{"start run-1 run 1", "start run-2 run 2", "start run-3 run 3", "start import-1 import 4"}, f.did(), "emptied: at once when told")
		cancel()
		require.ErrorIs(t, <-done, context.Canceled)
	})
}

func TestPagesListEverythingOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 499, 500, 501, 1234} {
		var seen []string
		page := func(_ context.Context, after string, limit int) (out []string, err error) {
			for i := range n {
				if id := fmt.Sprintf("%05d", i); id > after && len(out) < limit {
					out = append(out, id)
				}
			}
			return out, nil
		}
		err := reconcile.Pages(t.Context(), page, func(s string) string { return s }, func(s string) error { seen = append(seen, s); return nil })
		require.NoError(t, err)
		require.Len(t, seen, n)
	}
}
