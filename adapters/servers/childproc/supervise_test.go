//go:build unix

package childproc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/childproc"
)

func TestSuperviseRestartsUntilToldToStop(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := childproc.Start(t.Context(), config(dir, "idle"))
	require.NoError(t, err)
	restarted := make(chan *childproc.Process, 1)
	failures := 2
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- childproc.Supervise(ctx, childproc.Supervision{
			Name: "idle", Child: first, MinBackoff: time.Millisecond,
			Restart: func(ctx context.Context) (childproc.Child, error) {
				if failures--; failures >= 0 {
					return nil, errors.New("the port is still taken")
				}
				return childproc.Start(ctx, config(dir, "idle"))
			},
			OnRestart: func(c childproc.Child) {
				if p, ok := c.(*childproc.Process); ok {
					restarted <- p
				}
			},
		})
	}()
	first.Kill()
	second := <-restarted
	require.NotEqual(t, first.Pid(), second.Pid())
	require.NoError(t, second.Err(), "it runs")
	cancel()
	require.NoError(t, <-ended)
	<-second.Done()
	require.Negative(t, failures)
}

func TestSuperviseGivesUpWhenAnotherHasTheFolder(t *testing.T) {
	t.Parallel()
	first, err := childproc.Start(t.Context(), config(t.TempDir(), "idle"))
	require.NoError(t, err)
	first.Kill()
	err = childproc.Supervise(t.Context(), childproc.Supervision{
		Name: "idle", Child: first, MinBackoff: time.Millisecond,
		Restart: func(context.Context) (childproc.Child, error) { return nil, childproc.ErrInUse },
	})
	require.ErrorIs(t, err, childproc.ErrInUse)
}
