// Package changefeed tells the followers of a workspace's events when there are new ones, so that they need not poll.
package changefeed

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/logmsg"
)

// Hub is a doorbell for each workspace that somebody follows in this process. It hears the bus; what the bus drops rings all of
// them, so a ring says "look again", never what has happened.
type Hub struct {
	subscriber message.Subscriber
	logger     *slog.Logger
	ended      chan struct{}
	end        sync.Once

	mu    sync.Mutex
	bells map[kernel.WorkspaceID]chan struct{}
	last  int64 // the last position heard
}

// NewHub makes a hub on a subscriber of this process's own, to every message.
func NewHub(subscriber message.Subscriber, logger *slog.Logger) *Hub {
	return &Hub{subscriber: subscriber, logger: logger, ended: make(chan struct{}), bells: map[kernel.WorkspaceID]chan struct{}{}}
}

// Changed returns a channel that is closed at the workspace's next event, or a little earlier or more often than that.
func (h *Hub) Changed(ws kernel.WorkspaceID) <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	bell, ok := h.bells[ws]
	if !ok {
		bell = make(chan struct{})
		h.bells[ws] = bell
	}
	return bell
}

// Ended returns a channel that is closed when followers have to go.
func (h *Hub) Ended() <-chan struct{} { return h.ended }

// Close sends the followers away. It may be called more than once.
func (h *Hub) Close() { h.end.Do(func() { close(h.ended) }) }

// resubscribe is the pause before a subscription that ended is made again.
const resubscribe = time.Second

// Run hears the bus until ctx ends, and returns ctx's error.
func (h *Hub) Run(ctx context.Context) error {
	defer h.Close()
	for {
		messages, err := h.subscriber.Subscribe(ctx, logmsg.Topic)
		if err == nil {
			h.hear(ctx, messages)
			err = errors.New("the subscription ended")
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.logger.WarnContext(ctx, "the change feed is slower for a moment", "error", err)
		h.ring(nil)
		if err := kernel.Pause(ctx, resubscribe); err != nil {
			return fmt.Errorf("change feed: %w", err)
		}
	}
}

func (h *Hub) hear(ctx context.Context, messages <-chan *message.Message) {
	for {
		select {
		case <-ctx.Done():
			return
		case m, ok := <-messages:
			if !ok {
				return
			}
			h.notify(m) //nolint:contextcheck // a message has a context of its own
			m.Ack()
		}
	}
}

func (h *Hub) notify(m *message.Message) {
	if h.nobody() {
		return
	}
	batch, err := logmsg.Decode(m)
	if err != nil {
		h.ring(nil)
		return
	}
	changed := map[kernel.WorkspaceID]bool{}
	for _, e := range batch.Events {
		changed[e.Workspace] = true
	}
	h.mu.Lock()
	missed := batch.First > h.last+1
	h.last = max(h.last, batch.Last)
	h.mu.Unlock()
	if missed {
		changed = nil
	}
	h.ring(changed)
}

func (h *Hub) nobody() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.bells) == 0
}

// ring rings the bells of the workspaces, all bells for nil.
func (h *Hub) ring(changed map[kernel.WorkspaceID]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for ws, bell := range h.bells {
		if changed == nil || changed[ws] {
			close(bell)
			delete(h.bells, ws)
		}
	}
}
