package childproc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Tool is a command that runs to its end, such as a package manager.
type Tool struct {
	Name   string // of the executable, found on PATH
	Args   []string
	Dir    string
	Env    []string // nil: ToolEnv()
	Logger *slog.Logger
}

// ErrNoTool says that the executable is not on PATH.
var ErrNoTool = errors.New("not installed")

// Run runs the tool, logs its output line by line at debug level, and says every 10 s at info level that it is still at
// it. When ctx ends the tool is killed with what it started. An error carries the end of the output.
func (t Tool) Run(ctx context.Context) error {
	path, err := exec.LookPath(t.Name)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Name, ErrNoTool)
	}
	if t.Env == nil {
		t.Env = ToolEnv()
	}
	if t.Logger == nil {
		t.Logger = slog.New(slog.DiscardHandler)
	}
	out := &lineLog{log: t.Logger, tool: t.Name}
	cmd := exec.CommandContext(ctx, path, t.Args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = t.Dir, t.Env, out, out
	cmd.SysProcAttr = sysProcAttr(nil, syscall.SIGKILL)
	cmd.Cancel = func() error { killGroup(cmd.Process); return nil }
	cmd.WaitDelay = 5 * time.Second
	ended := make(chan struct{})
	var beat sync.WaitGroup
	beat.Go(func() { t.heartbeat(ended) })
	onOwnThread(func() {
		defer close(ended)
		err = cmd.Run()
	})
	<-ended
	beat.Wait()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", t.Name, err, out.tail.String())
	}
	return nil
}

func (t Tool) heartbeat(ended <-chan struct{}) {
	tick := time.NewTicker(10 * time.Second)
	defer tick.Stop()
	for seconds := 10; ; seconds += 10 {
		select {
		case <-ended:
			return
		case <-tick.C:
			t.Logger.Info("still fetching", "tool", t.Name, "seconds", seconds)
		}
	}
}

// lineLog logs what is written to it by lines and keeps the end of it.
type lineLog struct {
	log  *slog.Logger
	tool string
	tail bytes.Buffer
}

func (l *lineLog) Write(b []byte) (int, error) {
	lines := bufio.NewScanner(bytes.NewReader(b))
	for lines.Scan() {
		if line := lines.Text(); line != "" {
			l.log.Debug("a tool says", "tool", l.tool, "line", line)
		}
	}
	l.tail.Write(b)
	if over := l.tail.Len() - tailBytes; over > 0 {
		if _, err := io.CopyN(io.Discard, &l.tail, int64(over)); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}
