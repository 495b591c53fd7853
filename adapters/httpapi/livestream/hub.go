// Package livestream sends a table's changes to its open screens, as Server-Sent Events. Patches are made from the
// events themselves as the bus delivers them; they don't wait for any read model.
package livestream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/logmsg"
)

// Log is what the hub reads of the log: what the bus has dropped, and what a returning client has missed.
type Log interface {
	ReadAll(ctx context.Context, after int64, limit int) ([]eventstore.Recorded, error)
	eventstore.WorkspaceReader
	cloudevent.StreamReader
	Head(ctx context.Context) (int64, error)
}

// Config is what a Hub needs. Zero numbers take the defaults.
type Config struct {
	Subscriber message.Subscriber // of this process's own, to every message
	Log        Log
	Codec      *eventstore.Codec
	Logger     *slog.Logger
	QueueBytes int           // of patches that may wait for a client; default 4 MB. One that falls behind further has to reload
	Replay     int           // events of the workspace that a returning client may be behind; default 5,000
	Heartbeat  time.Duration // default 15 s
	Look       time.Duration // how long the bus may keep silent about an event before it is read from the log; default 2 s
	Retry      time.Duration // after the log could not be read; default 200 ms
}

func (c Config) withDefaults() Config {
	if c.QueueBytes == 0 {
		c.QueueBytes = 4 << 20
	}
	if c.Replay == 0 {
		c.Replay = 5000
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = 15 * time.Second
	}
	if c.Look == 0 {
		c.Look = 2 * time.Second
	}
	if c.Retry == 0 {
		c.Retry = 200 * time.Millisecond
	}
	return c
}

// Hub hands patches to the clients of this process.
type Hub struct {
	cfg     Config
	patch   patcher
	present func(kernel.TableID) []byte // who has a table open; nil when nobody asks
	at      atomic.Int64                // everything up to here has been handed out
	start   sync.Once
	ready   chan struct{} // closed when at says from where on events are handed out

	mu      sync.Mutex
	clients map[kernel.TableID]map[*client]struct{}
	closed  bool
}

// NewHub makes a hub; Run starts it.
func NewHub(cfg Config) (*Hub, error) {
	if cfg.Subscriber == nil || cfg.Log == nil || cfg.Codec == nil || cfg.Logger == nil {
		return nil, errors.New("a hub needs a subscriber, the log, a codec and a logger")
	}
	return &Hub{
		cfg: cfg.withDefaults(), patch: patcher{codec: cfg.Codec, tables: cloudevent.NewTables(cfg.Log)}, ready: make(chan struct{}),
		clients: map[kernel.TableID]map[*client]struct{}{},
	}, nil
}

// Run hands out patches until ctx ends, then ends every stream. A subscription that fails is made again; what came meanwhile is read from
// the log.
func (h *Hub) Run(ctx context.Context) error {
	defer h.Close()
	for {
		err := h.hear(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		h.cfg.Logger.WarnContext(ctx, "live streams listen again", "error", err)
		if err := kernel.Pause(ctx, h.cfg.Retry); err != nil {
			return err
		}
	}
}

// hear hands out what one subscription brings.
func (h *Hub) hear(ctx context.Context) error {
	messages, err := h.cfg.Subscriber.Subscribe(ctx, logmsg.Topic)
	if err != nil {
		return fmt.Errorf("subscribe to the log: %w", err)
	}
	head, err := h.head(ctx)
	if err != nil {
		return err
	}
	h.start.Do(func() {
		h.at.Store(head)
		close(h.ready)
	})
	look := time.NewTicker(h.cfg.Look)
	defer look.Stop()
	for before := h.at.Load(); ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case msg, ok := <-messages:
			if !ok {
				return errors.Join(ctx.Err(), errors.New("the subscription to the log has ended"))
			}
			err = h.distribute(ctx, msg)
		case <-look.C: // a broker that was away, or a relay: what it has not brought since the last look is read from the log
			if now := h.at.Load(); now == before && !h.idle() {
				err = h.catchUp(ctx)
			}
			before = h.at.Load()
		}
		if err != nil {
			return err
		}
	}
}

// head reads the log's head, patiently.
func (h *Hub) head(ctx context.Context) (head int64, err error) {
	err = h.patiently(ctx, func() (err error) {
		head, err = h.cfg.Log.Head(ctx)
		return err
	})
	return head, err
}

// patiently repeats fn while the log is away, so that the streams stay open, until ctx ends, whose error it then answers.
func (h *Hub) patiently(ctx context.Context, fn func() error) error {
	for {
		err := fn()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		h.cfg.Logger.WarnContext(ctx, "live streams wait for the log", "error", err)
		_ = kernel.Pause(ctx, h.cfg.Retry) // fn is tried once more when ctx has ended
	}
}

// catchUp hands out what is in the log and has not come over the bus.
func (h *Hub) catchUp(ctx context.Context) error {
	head, err := h.head(ctx)
	if err != nil {
		return err
	}
	return h.missed(ctx, head)
}

// missed hands out the log up to the position.
func (h *Hub) missed(ctx context.Context, to int64) error {
	for h.at.Load() < to {
		var events []eventstore.Recorded
		err := h.patiently(ctx, func() (err error) {
			events, err = h.cfg.Log.ReadAll(ctx, h.at.Load(), int(min(to-h.at.Load(), 1000)))
			return err
		})
		if err != nil || len(events) == 0 {
			return err
		}
		h.hand(ctx, events)
	}
	return nil
}

// distribute hands out a message's events, and before them what is missing between.
func (h *Hub) distribute(ctx context.Context, msg *message.Message) error {
	defer msg.Ack()
	batch, err := logmsg.Decode(msg) //nolint:contextcheck // the message carries its own
	if err != nil {
		h.cfg.Logger.WarnContext(ctx, "message not read; its events come from the log", "error", err)
		return nil
	}
	if err := h.missed(ctx, batch.First-1); err != nil {
		return err
	}
	h.hand(ctx, batch.After(h.at.Load()))
	return nil
}

func (h *Hub) hand(ctx context.Context, events []eventstore.Recorded) {
	for _, rec := range events {
		if !h.idle() {
			if p, ok := h.make(ctx, rec); ok {
				h.send(p)
			}
		}
		h.at.Store(rec.Position)
	}
}

func (h *Hub) make(ctx context.Context, rec eventstore.Recorded) (Patch, bool) {
	p, ok, err := h.patch.of(ctx, rec)
	if err != nil {
		h.cfg.Logger.WarnContext(ctx, "event not sent to screens", "position", rec.Position, "error", err)
		return Patch{}, false
	}
	return p, ok
}

func (h *Hub) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.clients) == 0
}

func (h *Hub) send(p Patch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients[p.Table] {
		at, ends := p, p.Ends
		if c.table != p.Table { // its lookups look into the table
			if p.Aside {
				continue
			}
			at, ends = computed(c.table, p.Position), false
		}
		if !c.push(at) || ends {
			h.drop(c)
		}
	}
}

// show gives the streams of a table the list of people that have it open.
func (h *Hub) show(table kernel.TableID, people []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.clients[table] {
		if c.table == table {
			c.show(people)
		}
	}
}

// drop ends a client's stream; mu is held.
func (h *Hub) drop(c *client) {
	if _, there := h.clients[c.table][c]; !there {
		return
	}
	c.end()
	for _, id := range append([]kernel.TableID{c.table}, c.reached...) {
		delete(h.clients[id], c)
		if len(h.clients[id]) == 0 {
			delete(h.clients, id)
		}
	}
}

// join opens a stream of a table and those that its lookups reach: from is the position after which its patches come.
func (h *Hub) join(ctx context.Context, table kernel.TableID, reached []kernel.TableID) (c *client, from int64, err error) {
	select {
	case <-h.ready:
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, 0, kernel.E(kernel.KindUnavailable, "SHUTTING_DOWN", "the server is stopping; connect again in a moment")
	}
	c = newClient(h.cfg.QueueBytes)
	c.table, c.reached = table, reached
	for _, id := range append([]kernel.TableID{table}, reached...) {
		if h.clients[id] == nil {
			h.clients[id] = map[*client]struct{}{}
		}
		h.clients[id][c] = struct{}{}
	}
	if h.present != nil {
		c.show(h.present(table))
	}
	return c, h.at.Load(), nil
}

func (h *Hub) leave(c *client) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(c)
}

// Close ends every stream and refuses new ones, so that a web server that stops need not wait for its clients. They connect
// again, to another node.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, clients := range h.clients {
		for c := range clients {
			h.drop(c)
		}
	}
}

// Clients returns how many streams are open.
func (h *Hub) Clients() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for id, clients := range h.clients {
		for c := range clients {
			if c.table == id { // not counted again for what its lookups reach
				n++
			}
		}
	}
	return n
}
