package childproc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Config says what to run and how to stop it.
type Config struct {
	Name string   // for messages: "postgres"
	Path string   // the executable
	Args []string // without the executable's name
	Dir  string   // working folder, which must exist; the caller's own may be unreadable for the child
	Env  []string // the whole environment, see Env
	As   *Identity
	// Files are open files that the child gets as its descriptors 3, 4, …; they stay the caller's to close.
	Files []*os.File

	LogFile string // stdout and stderr are appended here; set aside as .1 at start when over 16 MiB
	// PidFile is locked while the child lives, so that a second starter gets ErrInUse, and holds the child's pid, so that a
	// child that outlived its parent is stopped by the next start. Empty: neither.
	PidFile string

	StopSignal  syscall.Signal // asks the child to end; SIGTERM when zero
	DeathSignal syscall.Signal // sent by the kernel when we die (Linux); SIGKILL when zero
	Grace       time.Duration  // from StopSignal to SIGKILL; 10 s when zero

	// Ready answers nil once the child can be used. It is asked every 20 ms, at most for ReadyWithin (60 s when zero). Nil:
	// a child is ready when it has started.
	Ready       func(ctx context.Context, pid int) error
	ReadyWithin time.Duration

	Logger *slog.Logger
}

// ErrInUse says that another living process runs a child with the same pid file.
var ErrInUse = errors.New("in use by another process")

const (
	defaultGrace       = 10 * time.Second
	defaultReadyWithin = 60 * time.Second
	readyEvery         = 20 * time.Millisecond
)

func (c Config) withDefaults() (Config, error) {
	var errs []error
	for _, field := range []struct{ name, value string }{{"Name", c.Name}, {"Path", c.Path}, {"Dir", c.Dir}, {"LogFile", c.LogFile}} {
		if field.value == "" {
			errs = append(errs, fmt.Errorf("childproc: %s is empty", field.name))
		}
	}
	if c.StopSignal == 0 {
		c.StopSignal = syscall.SIGTERM
	}
	if c.DeathSignal == 0 {
		c.DeathSignal = syscall.SIGKILL
	}
	if c.Grace == 0 {
		c.Grace = defaultGrace
	}
	if c.ReadyWithin == 0 {
		c.ReadyWithin = defaultReadyWithin
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, errors.Join(errs...)
}

// Process is a running child.
type Process struct {
	cfg  Config
	cmd  *exec.Cmd
	from int64 // where the child's own part of the log begins
	done chan struct{}
	err  error // written before done is closed
	stop sync.Once
}

// Start runs the child and waits until it is ready. ctx bounds the start only: a child that is ready runs until Stop, or
// until it or we end. An error of a child that ended early carries the end of its log.
func Start(ctx context.Context, cfg Config) (*Process, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	pid, err := acquirePidFile(ctx, cfg)
	if err != nil {
		return nil, err
	}
	logFile, err := openLog(cfg.LogFile)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log of %s: %w", cfg.Name, err), pid.release())
	}
	cmd := exec.Command(cfg.Path, cfg.Args...) //nolint:noctx // the child outlives ctx on purpose; Stop ends it
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = cfg.Dir, cfg.Env, logFile, logFile, cfg.Files
	cmd.SysProcAttr = sysProcAttr(cfg.As, cfg.DeathSignal)
	p := &Process{cfg: cfg, cmd: cmd, from: sizeOf(logFile), done: make(chan struct{})}
	if err := p.launch(logFile, pid); err != nil {
		return nil, fmt.Errorf("start %s (%s): %w", cfg.Name, cfg.Path, err)
	}
	if err := p.awaitReady(ctx); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	cfg.Logger.DebugContext(ctx, "child is ready", "child", cfg.Name, "pid", p.Pid())
	return p, nil
}

// launch starts the command and waits for its end in the background.
func (p *Process) launch(logFile *os.File, pid *pidFile) error {
	started := make(chan error)
	onOwnThread(func() {
		err := p.cmd.Start()
		if err == nil {
			err = pid.write(p.cmd.Process.Pid, p.cfg.Path)
			if err != nil {
				err = errors.Join(err, p.cmd.Process.Kill(), p.cmd.Wait())
			}
		}
		started <- err
		if err == nil {
			p.err = p.cmd.Wait()
		}
		if err := errors.Join(logFile.Close(), pid.release()); err != nil {
			p.cfg.Logger.Warn("files of a child", "child", p.cfg.Name, "error", err)
		}
		close(p.done)
	})
	return <-started
}

func (p *Process) awaitReady(ctx context.Context) error {
	if p.cfg.Ready == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.ReadyWithin)
	defer cancel()
	tick := time.NewTicker(readyEvery)
	defer tick.Stop()
	for {
		err := p.cfg.Ready(ctx, p.Pid())
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended before it was ready: %w\n%s", p.cfg.Name, p.exitError(), tail(p.cfg.LogFile, p.from))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (last answer: %w)\n%s", p.cfg.Name, ctx.Err(), err, tail(p.cfg.LogFile, p.from))
		case <-tick.C:
		}
	}
}

// Pid returns the child's process id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// Done is closed when the child has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the child ended: nil while it runs or when it ended with code 0.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

func (p *Process) exitError() error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// Stop asks the child to end, kills its whole process group if it has not ended after the grace period, and returns once
// it is gone. A child that had to be killed is an error. Stop may be called more than once and from many goroutines.
func (p *Process) Stop() error {
	var killed error
	p.stop.Do(func() {
		select {
		case <-p.done:
			return
		default:
		}
		if err := interrupt(p.cmd.Process, p.cfg.StopSignal); err != nil {
			p.cfg.Logger.Debug("signal a child", "child", p.cfg.Name, "error", err)
		}
		grace := time.NewTimer(p.cfg.Grace)
		defer grace.Stop()
		select {
		case <-p.done:
		case <-grace.C:
			killed = fmt.Errorf("%s did not end within %s and was killed", p.cfg.Name, p.cfg.Grace)
			killGroup(p.cmd.Process)
		}
	})
	<-p.done
	return killed
}

// Kill ends the child's process group at once, as a crash would, and waits until the child is gone.
func (p *Process) Kill() {
	killGroup(p.cmd.Process)
	<-p.done
}

const (
	maxLogBytes  = 16 << 20
	tailBytes    = 4 << 10
	logFileMode  = 0o600
	logDirectory = 0o755
)

func openLog(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), logDirectory); err != nil {
		return nil, err
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".1"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, logFileMode)
}

func sizeOf(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// Tail returns the last 4 KiB of a log file, or why it cannot be read.
func Tail(path string) string { return tail(path, 0) }

// tail leaves out what lies before from: what another child said there explains nothing.
func tail(path string, from int64) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return "(no log: " + err.Error() + ")"
	}
	b = b[min(from, int64(len(b))):]
	if len(b) > tailBytes {
		b = b[len(b)-tailBytes:]
	}
	return string(b)
}
