package livestream_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/domain/kernel"
)

// heard is a bus that tells when it is subscribed: what is published before reaches nobody.
type heard struct {
	*membus.Bus

	once sync.Once
	by   chan struct{}
}

func (h *heard) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	messages, err := h.Bus.Subscribe(ctx, topic)
	h.once.Do(func() { close(h.by) })
	return messages, err
}

// present adds a process's presence to a world, over a bus that processes share.
func (w *world) present(bus *membus.Bus, clock kernel.Clock) *livestream.Presence {
	w.t.Helper()
	h := &heard{Bus: bus, by: make(chan struct{})}
	p, err := livestream.NewPresence(livestream.PresenceConfig{
		Publisher: bus, Subscriber: h, Hub: w.hub, Clock: clock, Logger: slog.New(slog.DiscardHandler), Gather: time.Millisecond, Life: time.Minute,
	})
	require.NoError(w.t, err)
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = p.Run(ctx)
	}()
	w.t.Cleanup(func() { stop(); <-ended })
	<-h.by
	return p
}

// told announces a window and returns what the screen tells of it.
func told(t *testing.T, p *livestream.Presence, s *screen, one livestream.Present) string {
	t.Helper()
	require.NoError(t, p.Announce(one))
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
