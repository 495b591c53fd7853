// Package leadertest says what every leadership must do, and what leading by it means.
package leadertest

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/leader"
	"github.com/morket/morket/eventstore/relay"
)

// Seat is one thing to lead at.
type Seat struct {
	// Join returns the leadership as one more process has it.
	Join func() relay.Leadership
	// Depose ends the present term without its holder's doing.
	Depose func(t *testing.T)
}

const patience = 20 * time.Second

// Run runs the suite.
func Run(t *testing.T, open func(t *testing.T) Seat) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, Seat){
		"one leads and the next goes on from its checkpoint": oneLeads,
		"a deposed leader can't move the checkpoint":         deposed,
		"work ends with its term":                            workEnds,
		"one works at a time, and again after a failure":     oneWorks,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func lead(t *testing.T, l relay.Leadership) relay.Term {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	term, err := l.Lead(ctx)
	require.NoError(t, err)
	t.Cleanup(func() { term.Resign(context.Background()) })
	return term
}

func oneLeads(t *testing.T, s Seat) {
	first := lead(t, s.Join())
	require.Zero(t, first.Position())
	require.NoError(t, first.Advance(t.Context(), 0, 7))
	require.ErrorIs(t, first.Advance(t.Context(), 3, 9), relay.ErrDeposed, "compare-and-set")
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Join().Lead(soon)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	first.Resign(t.Context())
	require.EqualValues(t, 7, lead(t, s.Join()).Position())
}

func deposed(t *testing.T, s Seat) {
	first := lead(t, s.Join())
	s.Depose(t)
	second := lead(t, s.Join())
	require.NoError(t, second.Advance(t.Context(), 0, 2))
	require.Error(t, first.Advance(t.Context(), 0, 5))
	require.Error(t, first.Advance(t.Context(), 2, 5), "nor from where its successor is")
	first.Resign(t.Context())
	soon, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := s.Join().Lead(soon)
	require.ErrorIs(t, err, context.DeadlineExceeded, "a former leader has nothing to give back")
}

// run has one more process lead, with a short time between proofs.
func run(t *testing.T, s Seat, work func(context.Context) error) (stop func()) {
	t.Helper()
	l, err := leader.New(leader.Config{
		Leadership: s.Join(), What: "test", Logger: slog.New(slog.DiscardHandler), Prove: 10 * time.Millisecond, Retry: time.Millisecond,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, work) }()
	stop = func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		ended <- context.Canceled // for the next stop
	}
	t.Cleanup(stop)
	return stop
}

func next[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		require.FailNow(t, "nothing has happened")
		panic("unreachable")
	}
}

func workEnds(t *testing.T, s Seat) {
	began, ended := make(chan struct{}, 9), make(chan error, 9)
	run(t, s, func(ctx context.Context) error {
		began <- struct{}{}
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return ctx.Err()
	})
	next(t, began)
	s.Depose(t)
	require.ErrorContains(t, next(t, ended), "prove that this process leads")
	next(t, began) // it leads again
}

func oneWorks(t *testing.T, s Seat) {
	works := make(chan string)
	process := func(name string) (stop func()) {
		return run(t, s, func(ctx context.Context) error {
			select {
			case works <- name:
				return errors.New("it failed")
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}
	stops := map[string]func(){"one": process("one")}
	require.Equal(t, "one", next(t, works))
	require.Equal(t, "one", next(t, works), "after a failure it is done again")
	stops["two"] = process("two")
	stops["one"]()
	for next(t, works) != "two" {
	}
}
