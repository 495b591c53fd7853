package simulator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/morket/morket/adapters/bus/membus"
	"github.com/morket/morket/adapters/secrets/vault"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
	"github.com/morket/morket/eventstore/memstore"
	"github.com/morket/morket/projections/projectionstest"
)

const workspace = kernel.WorkspaceID("ws_01JV0000000000000000000000")

// What a store or a server says when it can't be reached: some errors have a kind, those of drivers have none.
var (
	errGone    = errors.New("the process has ended")
	errRefused = errors.New("connection refused")
)

func away(what string) error {
	return kernel.E(kernel.KindUnavailable, "AWAY", "%s can't be reached", what)
}

// constants are what all worlds share because it never changes.
type constants struct {
	codec   *eventstore.Codec
	encoder *cloudevent.Encoder
	keys    credit.Keys
	vault   *vault.Vault
	logger  *slog.Logger
}

func newConstants(t *testing.T) *constants {
	t.Helper()
	var c constants
	var err error
	if c.codec, err = eventstore.NewCodec(table.Events(), enrichment.Events(), credit.Events(), dataops.Events(), webhook.Events()); err != nil {
		t.Fatal(err)
	}
	policy := cloudevent.Policy{}
	for _, e := range c.codec.Types() {
		policy[e.Type] = cloudevent.Rule{Action: "see"}
	}
	c.encoder = cloudevent.NewEncoder("/simulator", policy)
	if c.keys, err = credit.NewKeys(bytes.Repeat([]byte{7}, 32)); err != nil {
		t.Fatal(err)
	}
	if c.vault, err = vault.New(bytes.Repeat([]byte{7}, vault.KeySize)); err != nil {
		t.Fatal(err)
	}
	c.logger = slog.New(slog.DiscardHandler)
	return &c
}

// world is what outlives processes: the stores and servers, the vendors and receivers, and what clients were told.
type world struct {
	*constants
	seed    uint64
	dice    dice
	profile profile
	mutant  mutant

	log      *memstore.Store // by the database's clock
	views    *projectionstest.Memory
	moved    eventstore.Signal // a checkpoint has
	attempts attempts
	bus      *membus.Bus
	throne   *throne
	keyring  *vault.MemoryKeys
	outside  outside // what integrators have got
	vendors  *vendors
	temporal *temporal
	objects  objects
	hooks    *hooks

	table    kernel.TableID
	question kernel.ColumnID
	note     kernel.ColumnID
	asking   []kernel.ColumnID // columns that ask providers

	healed  atomic.Bool // nothing breaks any more
	closing chan struct{}
	seats   []*seat
	crashes atomic.Int64

	mu     sync.Mutex
	told   []told
	taken  []appended     // by the log
	rows   []kernel.RowID // that clients know of
	runs   []kernel.RunID
	faults []string // what was found to be wrong
	sum    uint64   // of everything that happened, whatever the order within a moment
	lines  []string
	trace  bool
	began  time.Time
	parsed map[string]gridRow // rows by their text
}

// Now implements kernel.Clock by the database's clock, which may be wrong for a while. All processes go by it (postgres.Presence).
func (w *world) Now() time.Time {
	now := time.Now().UTC()
	if at := now.Sub(w.began); at >= w.profile.wrongFrom && at < w.profile.wrongUntil && !w.healed.Load() {
		return now.Add(w.profile.wrongBy)
	}
	return now
}

func newWorld(c *constants, seed uint64, m mutant, trace bool) *world {
	d := dice(seed)
	w := &world{
		constants: c, seed: seed, dice: d, profile: newProfile(d), mutant: m, trace: trace, views: projectionstest.NewMemory(),
		bus: membus.New(16), closing: make(chan struct{}), keyring: vault.NewMemoryKeys(), began: time.Now(), parsed: map[string]gridRow{},
	}
	w.log = memstore.New(w)
	w.attempts.noted = map[string]note{}
	w.objects.held = map[string][]byte{}
	w.throne = &throne{w: w}
	w.vendors = &vendors{w: w, effects: map[string]*effect{}}
	w.hooks = newHooks(w)
	w.temporal = &temporal{w: w, flows: map[string]*flow{}}
	return w
}

// wrong notes a violation.
func (w *world) wrong(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// appended is what the log took in one append.
type appended struct {
	key         string
	first, last int64
}

func (w *world) appended(a appended) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = append(w.taken, a)
}

// happened adds to the sum of what happened, which two runs of a seed share.
func (w *world) happened(who, what, which, how string) {
	at := time.Since(w.began)
	h := hash(uint64(at)^fnvOffset, who, what, which, how)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sum += h
	if w.trace {
		w.lines = append(w.lines, fmt.Sprintf("%12.6f %-6s %-14s %-40s %s", at.Seconds(), who, what, which, how))
	}
}

// seat is the place of a process: when one ends, the next one starts there.
type seat struct {
	w    *world
	name string
	now  atomic.Pointer[process]
	idle chan struct{} // closed when the last process there has ended
}

// run starts processes until the world closes.
func (s *seat) run() {
	defer close(s.idle)
	for life := 1; ; life++ {
		p := newProcess(s.w, s.name, life)
		p.start()
		s.now.Store(p)
		select {
		case <-p.gone:
		case <-s.w.closing:
			p.end("closed")
			return
		}
		down := 3 * time.Second
		if s.w.healed.Load() {
			down = 100 * time.Millisecond
		}
		r := s.w.dice.of("restart", p.id)
		pause := time.NewTimer(r.within(down))
		select {
		case <-pause.C:
		case <-s.w.closing:
			pause.Stop()
			return
		}
	}
}

// living returns the processes that are there.
func (w *world) living() []*process {
	var out []*process
	for _, s := range w.seats {
		if p := s.now.Load(); p != nil && p.seen() {
			out = append(out, p)
		}
	}
	return out
}

// seen reports whether the process of that id gives signs of life.
func (w *world) seen(id string) bool {
	return slices.ContainsFunc(w.seats, func(s *seat) bool {
		p := s.now.Load()
		return p != nil && p.id == id && p.seen()
	})
}

// worker returns a living process for a piece of work; nil when the world has closed.
func (w *world) worker(r *draw) *process {
	for {
		if list := w.living(); len(list) > 0 {
			return pick(r, list)
		}
		if !w.pause(r.within(300 * time.Millisecond)) {
			return nil
		}
	}
}

// pause waits; false means that the world has closed.
func (w *world) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-w.closing:
		return false
	}
}

// begin makes the table, without any fault, and starts the processes.
func (w *world) begin(ctx context.Context) error {
	if err := w.furnish(ctx); err != nil {
		return err
	}
	for i := range w.profile.processes {
		s := &seat{w: w, name: string(rune('a' + i)), idle: make(chan struct{})}
		w.seats = append(w.seats, s)
		go s.run()
	}
	go w.temporal.forget()
	return nil
}

// windDown is how long what a process had begun goes on at most after its end.
const windDown = 15 * time.Minute

// end stops everything and waits for it.
func (w *world) end() {
	close(w.closing)
	for _, s := range w.seats {
		<-s.idle
	}
	_ = w.bus.Close()
	time.Sleep(windDown)
}
