package accesscmd_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/accesscmd"
	"github.com/morket/morket/domain/access"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

func newRecorder(t *testing.T) (*accesscmd.Recorder, *kernel.ManualClock, func() []kernel.Event) {
	t.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	log := memstore.New(clock)
	codec, err := eventstore.NewCodec(access.Events())
	require.NoError(t, err)
	r, err := accesscmd.New(accesscmd.Config{Store: log, Codec: codec, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	return r, clock, func() []kernel.Event {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		require.ErrorIs(t, r.Run(ctx), context.Canceled) // appends what is left
		recorded, err := log.ReadAll(context.Background(), 0, 10_000)
		require.NoError(t, err)
		var out []kernel.Event
		for _, e := range recorded {
			decoded, err := codec.Decode(e)
			require.NoError(t, err)
			out = append(out, decoded)
		}
		return out
	}
}

func who(user, command string) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: user}, Workspace: "ws_1", Command: command, IdempotencyKey: "k"}
}

func TestTheFirstIsRecordedAndItsRepeatsAreCounted(t *testing.T) {
	t.Parallel()
	r, _, events := newRecorder(t)
	for range 1000 {
		r.Denied(who("usr_1", "delete-workspace"))
	}
	r.Denied(who("usr_2", "delete-workspace"))
	r.Exported(who("usr_1", "export-table"), "tbl_1")
	r.SignInFailed(who("", "login"), "usr_3")
	require.ElementsMatch(t, []kernel.Event{
		access.Denied{Operation: "delete-workspace", Count: 1},
		access.Denied{Operation: "delete-workspace", Count: 999},
		access.Denied{Operation: "delete-workspace", Count: 1},
		access.Exported{Operation: "export-table", TableID: "tbl_1", Count: 1},
		access.SignInFailed{UserID: "usr_3", Count: 1},
	}, events())
}

func TestAWindowEnds(t *testing.T) {
	t.Parallel()
	r, clock, events := newRecorder(t)
	r.Denied(who("usr_1", "x"))
	r.Denied(who("usr_1", "x"))
	clock.Advance(11 * time.Minute)
	r.Sweep(false)
	r.Denied(who("usr_1", "x"))
	require.Equal(t, []kernel.Event{access.Denied{Operation: "x", Count: 1}, access.Denied{Operation: "x", Count: 1}, access.Denied{Operation: "x", Count: 1}}, events())
}

func TestNobodyFillsTheLog(t *testing.T) {
	t.Parallel()
	r, clock, events := newRecorder(t)
	for minute := range 3 {
		for i := range 10_000 {
			r.Denied(who("usr_1", fmt.Sprint("x", minute, i)))
		}
		clock.Advance(time.Minute)
	}
	require.LessOrEqual(t, len(events()), 3*120)
}
