package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/morket/morket/adapters/scrape/filterproxy"
	"github.com/morket/morket/domain/scrape"
)

// Config says how pages are rendered. Dialer and Logger are needed, all else has defaults.
type Config struct {
	Program string // Chromium; found when empty
	Dir     string // where browsers keep their folders; the system's for temporary files when empty
	Dialer  filterproxy.Dialer
	Agent   string // User-Agent; Chromium's own when empty
	Logger  *slog.Logger

	Size       int           // pages at once; 5 when 0, 20 at most
	Acquire    time.Duration // the wait for a place; 10 s when 0
	Navigation time.Duration // of one page; 30 s when 0
	Pages      int           // after so many a browser is replaced; 100 when 0
	Idle       time.Duration // after so long without a page the browser is ended; 1 min when 0
	MaxBytes   int64         // over the network for one page; 64 MB when 0
	MaxText    int           // of a page's HTML; 4 MB when 0
	// Pressed reports that the machine is short of memory: then half as many pages are rendered at once. The system's own measure when nil.
	Pressed func() bool
}

// MaxSize is the most pages that are rendered at once.
const MaxSize = 20

const (
	defaultSize       = 5
	defaultAcquire    = 10 * time.Second
	defaultNavigation = 30 * time.Second
	defaultPages      = 100
	defaultIdle       = time.Minute
	defaultText       = 4 << 20
)

func (c Config) withDefaults() (Config, error) {
	if c.Dialer == nil || c.Logger == nil {
		return c, errors.New("the browser needs a dialer and a logger")
	}
	if c.Size < 0 || c.Size > MaxSize {
		return c, fmt.Errorf("%d pages at once are not possible, at most %d", c.Size, MaxSize)
	}
	if c.Pressed == nil {
		c.Pressed = pressed
	}
	or(&c.Dir, os.TempDir())
	or(&c.Size, defaultSize)
	or(&c.Acquire, defaultAcquire)
	or(&c.Navigation, defaultNavigation)
	or(&c.Pages, defaultPages)
	or(&c.Idle, defaultIdle)
	or(&c.MaxText, defaultText)
	return c, nil
}

func or[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Pool renders pages. It starts a browser when it is first needed.
type Pool struct {
	cfg     Config
	nowhere *filterproxy.Session

	mu       sync.Mutex
	wake     chan struct{} // closed and made anew when a place may be free
	busy     int
	current  *shared
	starting bool             // a browser is being started
	all      map[*shared]bool // that run
	idle     *time.Timer
	closed   bool
	ending   sync.WaitGroup
	stats    Stats
}

// shared is a browser with the tasks that use it.
type shared struct {
	*chromium

	tasks   int
	pages   int
	retired bool // takes no more tasks; ends with its last
	once    sync.Once
}

// Stats is what a pool has done and holds.
type Stats struct {
	Busy     int   // pages being rendered
	Size     int   // pages that may be
	Browsers int   // running
	Pages    int64 // rendered since the start
	Started  int64
	Crashed  int64
}

// nobody is the dialer of what the browser asks outside of a task.
type nobody struct{}

// DialContext implements filterproxy.Dialer: it refuses.
func (nobody) DialContext(context.Context, string, string) (net.Conn, error) {
	return nil, errors.New("the browser may reach nothing outside of a task")
}

// New makes a pool. A missing Chromium is ErrMissing. Nothing is started before the first page.
func New(cfg Config) (*Pool, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Program, err = Find(cfg.Program); err != nil {
		return nil, err
	}
	return &Pool{cfg: cfg, wake: make(chan struct{}), all: map[*shared]bool{}}, nil
}

// Close ends the browsers and waits for their end. Pages that are being rendered fail.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.signal()
	if p.idle != nil {
		p.idle.Stop()
	}
	p.current = nil
	for b := range p.all {
		p.stopLater(b)
	}
	for p.starting { // which ends what it has started
		wake := p.wake
		p.mu.Unlock()
		<-wake
		p.mu.Lock()
	}
	p.mu.Unlock()
	p.ending.Wait()
	p.mu.Lock()
	nowhere := p.nowhere
	p.mu.Unlock()
	if nowhere != nil {
		nowhere.Close()
	}
}

// Stats tells how the pool is doing.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Busy, s.Size, s.Browsers = p.busy, p.size(), len(p.all)
	return s
}

// size is how many pages may be rendered at once now.
func (p *Pool) size() int {
	if p.cfg.Pressed() {
		return max(1, p.cfg.Size/2) //nolint:mnd // half
	}
	return p.cfg.Size
}

func (p *Pool) signal() {
	close(p.wake)
	p.wake = make(chan struct{})
}

// recheck is how often a waiting task looks whether the machine has memory again.
const recheck = time.Second

// acquire waits for a place and returns a browser to use it in.
func (p *Pool) acquire(ctx context.Context) (*shared, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Acquire)
	defer cancel()
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, scrape.Fail(scrape.ReasonCancelled, "the browser is being ended")
		}
		if p.busy < p.size() && !p.starting {
			p.busy++
			b, err := p.browser(ctx)
			if err != nil {
				p.busy--
				p.signal()
			}
			p.mu.Unlock()
			return b, err
		}
		wake := p.wake
		p.mu.Unlock()
		pause := time.NewTimer(recheck)
		select {
		case <-wake:
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return nil, scrape.Fail(scrape.ReasonBusy, "no place in the browser became free within %s", p.cfg.Acquire)
		}
		pause.Stop()
	}
}

// browser returns the current browser, a new one if that has ended or has shown its share. The lock is given up while one starts; other
// tasks wait for it meanwhile.
func (p *Pool) browser(ctx context.Context) (*shared, error) {
	if p.idle != nil {
		p.idle.Stop()
	}
	if c := p.current; c != nil && (!c.alive() || c.pages >= p.cfg.Pages) {
		if !c.alive() {
			p.stats.Crashed++
			p.cfg.Logger.WarnContext(ctx, "the browser has crashed and is replaced", "pid", c.pid(), "pages", c.pages, "tasks", c.tasks)
		}
		p.retire(c)
	}
	if p.current == nil {
		p.starting = true
		p.mu.Unlock()
		c, err := p.start(ctx)
		p.mu.Lock()
		p.starting = false
		if err == nil && p.closed {
			p.ending.Go(c.stop)
			err = errDown
		}
		p.signal()
		if err != nil {
			return nil, scrape.Fail(scrape.ReasonBrowser, "the browser can't be started").Because(err)
		}
		p.stats.Started++
		p.current = &shared{chromium: c}
		p.all[p.current] = true
	}
	p.current.tasks++
	p.current.pages++
	return p.current, nil
}

// start starts a browser. The first removes the folders that killed processes left.
func (p *Pool) start(ctx context.Context) (*chromium, error) {
	if p.nowhere == nil {
		if err := sweepProfiles(p.cfg.Dir); err != nil {
			return nil, fmt.Errorf("remove what earlier browsers left: %w", err)
		}
		nowhere, err := filterproxy.Open(ctx, filterproxy.Config{Dialer: nobody{}, Logger: p.cfg.Logger})
		if err != nil {
			return nil, err
		}
		p.mu.Lock()
		p.nowhere = nowhere
		p.mu.Unlock()
	}
	return start(ctx, p.cfg.Program, p.cfg.Dir, p.nowhere.Addr(), p.cfg.Logger)
}

// release gives a place back. broken says that the browser does not do as it should, so that it must go.
func (p *Pool) release(b *shared, broken bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	b.tasks--
	p.stats.Pages++
	if broken && p.current == b {
		p.retire(b)
	} else if b.retired && b.tasks == 0 {
		p.stopLater(b)
	}
	switch {
	case p.busy > 0 || p.current == nil || p.closed:
	case p.cfg.Pressed():
		p.retire(p.current)
	default:
		p.idle = time.AfterFunc(p.cfg.Idle, p.rest)
	}
	p.signal()
}

// retire takes a browser out of use; it ends with its last task.
func (p *Pool) retire(b *shared) {
	b.retired = true
	if p.current == b {
		p.current = nil
	}
	if b.tasks == 0 || !b.alive() {
		p.stopLater(b)
	}
}

// rest ends the browser that nobody has needed for a while.
func (p *Pool) rest() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.busy == 0 && p.current != nil {
		p.retire(p.current)
	}
}

// stopLater ends a browser beside the tasks of the others.
func (p *Pool) stopLater(b *shared) {
	b.once.Do(func() {
		p.ending.Go(func() {
			b.stop()
			p.mu.Lock()
			delete(p.all, b)
			p.mu.Unlock()
		})
	})
}
