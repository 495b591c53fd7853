package quarantine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/quarantine"
)

func TestOneSuspectAtATime(t *testing.T) {
	t.Parallel()
	w := quarantine.NewWard()
	nothing := func() {}
	leave, err := w.Enter(t.Context(), time.Hour, nothing)
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	_, err = w.Enter(ctx, time.Nanosecond, cancel)
	require.ErrorIs(t, err, context.Canceled, "who waits gives signs of life and can be stopped")

	in := make(chan struct{})
	go func() {
		leave, err := w.Enter(context.Background(), time.Hour, nothing)
		if err == nil {
			leave()
		}
		close(in)
	}()
	leave()
	<-in
}

func TestWhoEndedByItselfIsNotLost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attempt int32
		last    quarantine.Mark
		ended   bool
	}{
		"the first attempt":                    {1, quarantine.Mark{}, false},
		"the one before said so":               {3, quarantine.Mark{Attempt: 2, Ended: true}, true},
		"the one before was at work":           {3, quarantine.Mark{Attempt: 2}, false},
		"the one before did not come to speak": {3, quarantine.Mark{Attempt: 1, Ended: true}, false},
	} {
		require.Equal(t, c.ended, quarantine.EndedBefore(c.attempt, c.last), name)
	}
}
