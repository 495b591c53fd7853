package browser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-rod/rod/lib/cdp"
	"github.com/go-rod/rod/lib/proto"

	"github.com/morket/morket/adapters/servers/childproc"
)

// chromium is a running browser.
type chromium struct {
	process *childproc.Process
	profile string
	pipe    *pipe
	client  *cdp.Client
	// down is closed when the browser has ended or its pipe has.
	down chan struct{}

	mu       sync.Mutex
	sessions map[proto.TargetSessionID]func(*cdp.Event)
}

const startWithin = 20 * time.Second

// start starts a browser. nowhere is a proxy that refuses.
func start(ctx context.Context, program, dir, nowhere string, log *slog.Logger) (*chromium, error) {
	as, err := childproc.Unprivileged()
	if err != nil {
		return nil, err
	}
	profile, err := makeProfile(dir)
	if err != nil {
		return nil, fmt.Errorf("make a folder for the browser: %w", err)
	}
	c := &chromium{profile: profile, down: make(chan struct{}), sessions: map[proto.TargetSessionID]func(*cdp.Event){}}
	if err := c.launch(ctx, program, nowhere, as, log); err != nil {
		return nil, errors.Join(err, os.RemoveAll(profile))
	}
	go c.dispatch()
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if _, err := (proto.BrowserGetVersion{}).Call(c.on(ctx, "")); err != nil {
		c.stop()
		return nil, fmt.Errorf("the browser does not answer: %w", err)
	}
	return c, nil
}

func (c *chromium) launch(ctx context.Context, program, nowhere string, as *childproc.Identity, log *slog.Logger) error {
	if err := as.Own(c.profile); err != nil {
		return fmt.Errorf("give the browser its folder: %w", err)
	}
	ours, theirs, err := newPipe()
	if err != nil {
		return err
	}
	c.pipe = ours
	// The log lies beside the profile, which belongs to the browser's user: root must not write where that user can put links.
	c.process, err = childproc.Start(ctx, childproc.Config{
		Name:    "chromium",
		Path:    program,
		Args:    flags(c.profile, nowhere),
		Dir:     c.profile,
		Env:     childproc.Env("HOME=" + c.profile),
		As:      as,
		Files:   theirs,
		LogFile: c.profile + ".log",
		Grace:   time.Second,
		Logger:  log,
	})
	for _, f := range theirs {
		_ = f.Close()
	}
	if err != nil {
		ours.close()
		return err
	}
	c.client = cdp.New().Start(ours)
	return nil
}

// dispatch hands events to the sessions that they are of, until the pipe ends.
func (c *chromium) dispatch() {
	defer close(c.down)
	for e := range c.client.Event() {
		c.mu.Lock()
		handle := c.sessions[proto.TargetSessionID(e.SessionID)]
		c.mu.Unlock()
		if handle != nil {
			handle(e)
		}
	}
}

// listen has the events of a session handled; handle must not wait. The returned function ends it.
func (c *chromium) listen(id proto.TargetSessionID, handle func(*cdp.Event)) {
	c.mu.Lock()
	c.sessions[id] = handle
	c.mu.Unlock()
}

func (c *chromium) forget(ids ...proto.TargetSessionID) {
	c.mu.Lock()
	for _, id := range ids {
		delete(c.sessions, id)
	}
	c.mu.Unlock()
}

// pid is the process that leads the browser's group.
func (c *chromium) pid() int { return c.process.Pid() }

func (c *chromium) alive() bool {
	select {
	case <-c.down:
		return false
	case <-c.process.Done():
		return false
	default:
		return true
	}
}

// stop ends the browser with all its processes and removes its folder.
func (c *chromium) stop() {
	c.process.Kill() // a browser keeps nothing that it would have to save
	// Those of its group that live on although the one that leads it is dead.
	c.process.Kill()
	c.pipe.close()
	<-c.down
	_ = errors.Join(removeAll(c.profile), os.Remove(c.profile+".log"))
}

// removeAll removes a folder in which a process that was killed may still make a file.
func removeAll(dir string) error {
	const tries = 20
	var err error
	for range tries {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
	}
	return fmt.Errorf("remove %s: %w", filepath.Base(dir), err)
}

// on returns a client of the session for the protocol's calls, the browser itself by "".
func (c *chromium) on(ctx context.Context, id proto.TargetSessionID) caller {
	return caller{c, ctx, id}
}

// caller implements proto.Client, proto.Contextable and proto.Sessionable.
type caller struct {
	browser *chromium
	ctx     context.Context //nolint:containedctx // proto takes it from here
	id      proto.TargetSessionID
}

// errDown says that the browser has ended.
var errDown = errors.New("the browser has ended")

// Call implements proto.Client. It ends with the browser.
func (c caller) Call(ctx context.Context, session, method string, params any) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	gone := make(chan struct{})
	defer close(gone)
	go func() {
		select {
		case <-c.browser.down:
			cancel(errDown)
		case <-gone:
		}
	}()
	out, err := c.browser.client.Call(ctx, session, method, params)
	if err != nil && !c.browser.alive() {
		return nil, errors.Join(errDown, err)
	}
	return out, err
}

// GetContext implements proto.Contextable.
func (c caller) GetContext() context.Context { return c.ctx }

// GetSessionID implements proto.Sessionable.
func (c caller) GetSessionID() proto.TargetSessionID { return c.id }
