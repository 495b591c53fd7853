package livestream_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/domain/kernel"
)

// present adds a process's presence to a world, over a bus that processes share.
func (w *world) present(bus *membus.Bus, clock kernel.Clock) *livestream.Presence {
	w.t.Helper()
	p, err := livestream.NewPresence(livestream.PresenceConfig{
		Publisher: bus, Subscriber: bus, Hub: w.hub, Clock: clock, Logger: slog.New(slog.DiscardHandler), Gather: time.Millisecond, Life: time.Minute,
	})
	require.NoError(w.t, err)
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.Run(ctx)
	}()
	w.t.Cleanup(func() { stop(); <-ended })
	return p
}

// told announces until the screen tells of it: a process that has just begun may not have subscribed yet.
func told(t *testing.T, p *livestream.Presence, s *screen, one livestream.Present) string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for ctx.Err() == nil {
			_ = p.Announce(one)
			_ = kernel.Pause(ctx, time.Millisecond)
		}
	}()
	return s.next()
}

func TestPeopleAreShownAcrossProcessesAndExpire(t *testing.T) {
	t.Parallel()
	bus, clock := membus.New(0), kernel.NewManualClock(time.Unix(1_000_000, 0))
	one, two := newWorld(t, livestream.Config{Heartbeat: time.Hour}), newWorld(t, livestream.Config{Heartbeat: time.Hour})
	one.run()
	two.run()
	here := one.present(bus, clock)
	two.present(bus, clock)
	row := kernel.RowID("row_01ARZ3NDEKTSV4RRFFQ69G5FAV")
	there := two.open(livestream.Reader{Workspace: ours, Table: tbl, After: -1})
	ada := livestream.Present{Table: tbl, User: "usr_ada", Window: "w1"}
	require.Equal(t, `presence {"people":[{"user_id":"usr_ada","window":"w1"}]}`, told(t, here, there, ada))
	ada.Row, ada.Editing = row, true
	require.Equal(t, fmt.Sprintf(`presence {"people":[{"user_id":"usr_ada","window":"w1","row_id":%q,"editing":true}]}`, row), told(t, here, there, ada))

	late := two.open(livestream.Reader{Workspace: ours, Table: tbl, After: -1})
	require.Contains(t, late.next(), "usr_ada", "a new screen is told at once")
	clock.Advance(2 * time.Minute)
	require.Equal(t, `presence {"people":[]}`, late.next(), "a silent window is gone")

	require.Contains(t, told(t, here, late, ada), "usr_ada")
	ada.Gone = true
	require.Equal(t, `presence {"people":[]}`, told(t, here, late, ada))
}

func TestPresenceIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, livestream.Config{})
	w.run()
	bus := membus.New(0)
	p := w.present(bus, kernel.NewManualClock(time.Unix(1_000_000, 0)))
	for _, bad := range []livestream.Present{
		{Table: tbl, User: "usr_1"},
		{Table: tbl, User: "usr_1", Window: strings.Repeat("w", 65)},
		{Table: tbl, User: "usr_1", Window: "w", Row: "row_x"},
		{Table: tbl, User: "usr_1", Window: "w", Column: "x"},
	} {
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(p.Announce(bad)))
	}
	for range 10_000 { // no bus takes them so fast; it never waits
		require.NoError(t, p.Announce(livestream.Present{Table: tbl, User: "usr_1", Window: "w"}))
	}
}
