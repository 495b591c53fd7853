package boot

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/morket/morket/domain/kernel"
)

func TestAPartThatFailsIsBegunAgainAndShowsInReadiness(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Unix(0, 0))
	s := newSupervisor(slog.New(slog.DiscardHandler), clock)
	var pauses []time.Duration
	s.pause = func(_ context.Context, d time.Duration) error {
		require.ErrorContains(t, s.check(t.Context()), "grid: ")
		pauses = append(pauses, d)
		return nil
	}
	ctx, stop := context.WithCancel(t.Context())
	group, _ := errgroup.WithContext(ctx)
	runs, well := 0, make(chan struct{})
	s.run(ctx, group, "grid", func(ctx context.Context) error {
		switch runs++; runs {
		case 1:
			return errors.New("the event can't be read; postgres://morket:secret@db/x")
		case 2:
			panic("index out of range")
		case 3:
			return nil
		}
		close(well)
		<-ctx.Done()
		return ctx.Err()
	})
	<-well
	require.NotContains(t, s.check(t.Context()).Error(), "secret")
	require.Error(t, s.check(t.Context()), "it has only just begun again")
	clock.Advance(wellAfter)
	require.NoError(t, s.check(t.Context()))
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second, 4 * time.Second}, pauses)
	stop()
	require.ErrorIs(t, group.Wait(), context.Canceled)
}
