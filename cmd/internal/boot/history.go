package boot

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore/pgstore"
	"github.com/morket/morket/projections/sidestore"
)

// history is the log's history as this process knows it. It changes when the log is restored, which is done while nothing runs, and once
// more if a broker that was away at the start turns out to hold more than the log.
type history struct {
	log   *pgstore.Store
	pool  *pgxpool.Pool
	lines *slog.Logger
	now   atomic.Pointer[pgstore.History]
	found int64 // the log's last position when this process began

	broker func(ctx context.Context, look func(mark) (forget bool, err error)) error // nil without one
	asking sync.Mutex
	asked  bool
}

// ID names it.
func (h *history) ID() string { return h.now.Load().ID }

// Common returns the last position that another history shares with it.
func (h *history) Common(ctx context.Context, other string) (int64, error) {
	return h.log.Common(ctx, other)
}

// begin begins a new history, unless another process has.
func (h *history) begin(ctx context.Context, since int64, reason string) error {
	next, err := pgstore.BeginHistoryAfter(ctx, h.pool, h.ID(), since, reason)
	if err != nil {
		return err
	}
	h.lines.WarnContext(ctx, "the log was restored to an earlier position, and a new history begins", "reason", reason, "history", next.ID,
		"since", next.Since)
	h.now.Store(&next)
	return nil
}

// askWithin is how long a start waits for RabbitMQ's answer; after it the consumers and the relay wait for it, and nothing else does.
const askWithin = 3 * time.Second

// findHistory finds out which history the log is in. A log that lies elsewhere than it says, and a store or broker that holds more than
// the log, show that the log was restored by other means than the restore command, so that a new history has to begin.
func findHistory(ctx context.Context, c *core, sides map[string]*sidestore.Store) error {
	h := c.history
	moved, err := pgstore.Reconcile(ctx, c.pool)
	if err != nil {
		return err
	}
	if err := h.read(ctx); err != nil {
		return err
	}
	if moved {
		c.log.WarnContext(ctx, "Postgres was restored, moved or failed over, and a new history begins", "history", h.ID(), "since",
			h.now.Load().Since)
	}
	if h.found, err = h.log.Head(ctx); err != nil {
		return err
	}
	for name, side := range sides {
		ahead, err := side.Ahead(ctx, name)
		if err != nil {
			return err
		}
		if !ahead {
			continue
		}
		if err := h.begin(ctx, h.found, name+" held more than the log"); err != nil {
			return err
		}
	}
	c.encoder = c.encoder.In(h.ID)
	if c.cfg.AMQPURL.IsSet() {
		h.broker = lastPublished(c.cfg)
		asking, cancel := context.WithTimeout(ctx, askWithin)
		defer cancel()
		if err := h.ask(asking); err != nil && ctx.Err() == nil {
			c.log.WarnContext(ctx, "RabbitMQ can't be asked what it was told last; what it holds waits until it can", "error", err)
		}
	}
	return nil
}

// read reads the history that the log is in.
func (h *history) read(ctx context.Context) error {
	now, err := h.log.History(ctx)
	if err != nil {
		return err
	}
	if was := h.now.Swap(&now); was != nil && was.ID != now.ID {
		h.lines.WarnContext(ctx, "another process has begun a new history of the log", "history", now.ID, "since", now.Since)
	}
	return nil
}

// historyEvery is how often a process looks whether another one has begun a new history.
const historyEvery = 5 * time.Second

// watch takes up the history that another process has begun, until ctx ends.
func (h *history) watch(ctx context.Context) error {
	for {
		if err := kernel.Pause(ctx, historyEvery); err != nil {
			return err
		}
		if err := h.read(ctx); err != nil {
			return fmt.Errorf("look at the log's history: %w", err)
		}
	}
}
