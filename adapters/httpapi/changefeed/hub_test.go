package changefeed_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/httpapi/changefeed"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logmsg"
)

func publish(t *testing.T, bus *membus.Bus, first int64, workspaces ...kernel.WorkspaceID) {
	t.Helper()
	var events []eventstore.Recorded
	for i, ws := range workspaces {
		events = append(events, eventstore.Recorded{Position: first + int64(i), Stream: "thing-1", Version: 1, Workspace: ws, Type: "thing.said.v1", Data: json.RawMessage(`{}`), Metadata: json.RawMessage(`{}`)})
	}
	for _, b := range logmsg.Split(events) {
		m, err := logmsg.Encode(b)
		require.NoError(t, err)
		require.NoError(t, bus.Publish(logmsg.Topic, m))
	}
}

func rung(t *testing.T, bell <-chan struct{}) {
	t.Helper()
	select {
	case <-bell:
	case <-time.After(10 * time.Second):
		require.Fail(t, "the bell was not rung")
	}
}

func silent(t *testing.T, bell <-chan struct{}) {
	t.Helper()
	select {
	case <-bell:
		require.Fail(t, "the bell was rung")
	default:
	}
}

func TestTheBellsOfAWorkspaceRingAtItsEvents(t *testing.T) {
	t.Parallel()
	bus := membus.New(0)
	h := changefeed.NewHub(bus, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	one := h.Changed("ws_1")
	require.Eventually(t, func() bool { // until the hub has subscribed
		publish(t, bus, 1, "ws_1")
		select {
		case <-one:
			return true
		default:
			return false
		}
	}, 10*time.Second, 5*time.Millisecond)

	one, two := h.Changed("ws_1"), h.Changed("ws_2")
	publish(t, bus, 2, "ws_1", "ws_1")
	rung(t, one)
	silent(t, two)

	one = h.Changed("ws_1")
	publish(t, bus, 9, "ws_3") // 4 to 8 never came
	rung(t, one)
	rung(t, two)

	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	rung(t, h.Ended())
	h.Close()
}
