package livestream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/morket/morket/domain/kernel"
)

// PresenceTopic is where processes tell each other which windows have a table open. Nothing of it is kept anywhere:
// a message that is lost is made good by the next one.
const PresenceTopic = "morket.presence"

// Bounds of presence.
const (
	maxWindow   = 64     // characters of a window's name
	maxPeople   = 50     // windows shown in a table
	maxPresent  = 10_000 // windows known to a process
	maxAnnounce = 256    // announcements that wait for the bus; more are dropped
	maxMessage  = 1 << 10
)

// Present is a window in which a person has a table open.
type Present struct {
	Table   kernel.TableID  `json:"table_id"`
	User    kernel.UserID   `json:"user_id"`
	Window  string          `json:"window"` // a name that the window has made up; one person may have several
	Row     kernel.RowID    `json:"row_id,omitempty"`
	Column  kernel.ColumnID `json:"column_id,omitempty"`
	Editing bool            `json:"editing,omitempty"`
	Gone    bool            `json:"gone,omitempty"` // the window was closed
}

// Validate refuses what can't be shown.
func (p Present) Validate() error {
	if len(p.Window) == 0 || len(p.Window) > maxWindow {
		return kernel.Invalid("window", "must have 1 to %d characters; make one up for each window", maxWindow)
	}
	if p.Row != "" && kernel.ParseID(kernel.PrefixRow, string(p.Row)) != nil {
		return kernel.Invalid("row_id", "is not the id of a row")
	}
	if p.Column != "" && kernel.ParseID(kernel.PrefixColumn, string(p.Column)) != nil {
		return kernel.Invalid("column_id", "is not the id of a column")
	}
	return nil
}

// PresenceConfig is what a Presence needs. Zero durations take the defaults.
type PresenceConfig struct {
	Publisher  message.Publisher
	Subscriber message.Subscriber // of this process's own, to every message
	Hub        *Hub
	Clock      kernel.Clock
	Logger     *slog.Logger
	Life       time.Duration // of a window that is silent; default 25 s
	Gather     time.Duration // changes of this time are shown together; default 250 ms
	Retry      time.Duration // after the bus failed; default 1 s
}

// Presence knows which windows of any process have a table open, and shows them to the table's streams.
type Presence struct {
	cfg PresenceConfig
	out chan Present

	mu      sync.Mutex
	tables  map[kernel.TableID]map[string]shown
	windows int
	changed map[kernel.TableID]bool
}

type shown struct {
	Present

	heard time.Time
}

// NewPresence makes one; Run starts it.
func NewPresence(cfg PresenceConfig) (*Presence, error) {
	if cfg.Publisher == nil || cfg.Subscriber == nil || cfg.Hub == nil || cfg.Clock == nil || cfg.Logger == nil {
		return nil, errors.New("presence needs a publisher, a subscriber, a hub, a clock and a logger")
	}
	cfg.Life = cmp.Or(cfg.Life, 25*time.Second)
	cfg.Gather = cmp.Or(cfg.Gather, 250*time.Millisecond)
	cfg.Retry = cmp.Or(cfg.Retry, time.Second)
	p := &Presence{
		cfg: cfg, out: make(chan Present, maxAnnounce), tables: map[kernel.TableID]map[string]shown{}, changed: map[kernel.TableID]bool{},
	}
	cfg.Hub.present = p.of
	return p, nil
}

// Announce tells all processes about a window. It never waits: what is too much is dropped, since the window says it again.
func (p *Presence) Announce(one Present) error {
	if err := one.Validate(); err != nil {
		return err
	}
	select {
	case p.out <- one:
	default:
	}
	return nil
}

// Run passes announcements on and shows them, until ctx ends. Without a bus none is shown.
func (p *Presence) Run(ctx context.Context) error {
	var parts sync.WaitGroup
	parts.Go(func() { p.publish(ctx) })
	defer parts.Wait()
	for {
		if err := p.hear(ctx); ctx.Err() == nil {
			p.cfg.Logger.WarnContext(ctx, "presence listens again", "error", err)
		}
		if err := kernel.Pause(ctx, p.cfg.Retry); err != nil {
			return err
		}
	}
}

func (p *Presence) publish(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case one := <-p.out:
			data, err := json.Marshal(one)
			if err == nil {
				err = p.cfg.Publisher.Publish(PresenceTopic, message.NewMessage(watermill.NewUUID(), data))
			}
			if err != nil {
				p.cfg.Logger.WarnContext(ctx, "presence not passed on", "error", err)
				if kernel.Pause(ctx, p.cfg.Retry) != nil {
					return
				}
			}
		}
	}
}

func (p *Presence) hear(ctx context.Context) error {
	messages, err := p.cfg.Subscriber.Subscribe(ctx, PresenceTopic)
	if err != nil {
		return fmt.Errorf("subscribe to presence: %w", err)
	}
	show := time.NewTicker(p.cfg.Gather)
	defer show.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case msg, ok := <-messages:
			if !ok {
				return errors.Join(ctx.Err(), errors.New("the subscription to presence has ended"))
			}
			p.take(msg)
		case <-show.C:
			p.show()
		}
	}
}

func (p *Presence) take(msg *message.Message) {
	defer msg.Ack()
	var one Present
	if len(msg.Payload) > maxMessage || json.Unmarshal(msg.Payload, &one) != nil ||
		one.Validate() != nil || one.Table == "" || one.User == "" {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := string(one.User) + "/" + one.Window
	_, known := p.tables[one.Table][key]
	switch {
	case one.Gone && known:
		p.drop(one.Table, key)
	case !one.Gone && (known || p.windows < maxPresent && len(p.tables[one.Table]) < maxPeople):
		if p.tables[one.Table] == nil {
			p.tables[one.Table] = map[string]shown{}
		}
		if was := p.tables[one.Table][key]; was.Present != one {
			p.changed[one.Table] = true
		}
		if !known {
			p.windows++
		}
		p.tables[one.Table][key] = shown{one, p.cfg.Clock.Now()}
	}
}

// drop forgets a window; mu is held.
func (p *Presence) drop(table kernel.TableID, key string) {
	delete(p.tables[table], key)
	if len(p.tables[table]) == 0 {
		delete(p.tables, table)
	}
	p.windows--
	p.changed[table] = true
}

// show sends what has changed to the tables' streams, after it has forgotten windows that are silent.
func (p *Presence) show() {
	p.mu.Lock()
	now := p.cfg.Clock.Now()
	for table, windows := range p.tables {
		for key, w := range windows {
			if kernel.Passed(now, w.heard, p.cfg.Life) {
				p.drop(table, key)
			}
		}
	}
	lists := map[kernel.TableID][]byte{}
	for table := range p.changed {
		lists[table] = p.list(table)
	}
	clear(p.changed)
	p.mu.Unlock()
	for table, list := range lists {
		p.cfg.Hub.show(table, list)
	}
}

// of returns the windows that have the table open, nil if none is known.
func (p *Presence) of(table kernel.TableID) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tables[table]) == 0 {
		return nil
	}
	return p.list(table)
}

// seen is a window as a stream tells of it.
type seen struct {
	User    kernel.UserID   `json:"user_id"`
	Window  string          `json:"window"`
	Row     kernel.RowID    `json:"row_id,omitempty"`
	Column  kernel.ColumnID `json:"column_id,omitempty"`
	Editing bool            `json:"editing,omitempty"`
}

// list writes the windows that have the table open; mu is held.
func (p *Presence) list(table kernel.TableID) []byte {
	people := make([]seen, 0, len(p.tables[table]))
	for _, w := range p.tables[table] {
		people = append(people, seen{w.User, w.Window, w.Row, w.Column, w.Editing})
	}
	slices.SortFunc(people, func(a, b seen) int { return cmp.Or(cmp.Compare(a.User, b.User), cmp.Compare(a.Window, b.Window)) })
	data, err := json.Marshal(map[string][]seen{"people": people})
	if err != nil {
		return nil
	}
	return data
}
