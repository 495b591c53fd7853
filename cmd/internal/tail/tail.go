// Package tail follows a workspace's change feed from a terminal: one event a line.
package tail

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/cmd/internal/client"
)

// Config says what to follow.
type Config struct {
	Client   *client.Client
	After    string // a position, or "now"
	Types    string // patterns, separated by commas
	Table    string
	Stop     bool // at the present end
	Out, Err io.Writer
	Retry    time.Duration // between attempts to connect; default 1 s
}

const (
	maxLine     = 64 << 20 // bytes of one event
	silence     = time.Minute
	connectedIn = 30 * time.Second
)

// Run writes events to Out until ctx ends or, with Stop, until the present end. It connects again when the connection is lost, and goes
// on where it was. At the end it says on Err at which position.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Retry == 0 {
		cfg.Retry = time.Second
	}
	ws, err := cfg.Client.Workspace(ctx)
	if err != nil {
		return err
	}
	t := &tail{Config: cfg, at: cfg.After, path: ws + "/changes"}
	err = t.run(ctx)
	if ctx.Err() == nil {
		return err
	}
	if t.at != "" && t.at != "now" {
		_, _ = fmt.Fprintf(cfg.Err, "stopped; --after %s goes on from there\n", t.at)
	}
	return nil
}

type tail struct {
	Config
	path string // of the feed
	at   string // everything up to here is written
}

func (t *tail) run(ctx context.Context) error {
	if t.Stop {
		return t.toTheEnd(ctx)
	}
	for {
		err := t.stream(ctx)
		var no *client.Error
		var pipe *outError
		if errors.As(err, &no) && !no.Temporary() || errors.As(err, &pipe) || ctx.Err() != nil {
			return err
		}
		_, _ = fmt.Fprintf(t.Err, "connecting again in %v: %v\n", t.Retry, err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(t.Retry):
		}
	}
}

// outError says that Out takes no more.
type outError struct{ err error }

func (e *outError) Error() string { return "write: " + e.err.Error() }
func (e *outError) Unwrap() error { return e.err }

func (t *tail) write(event []byte) error {
	if _, err := t.Out.Write(append(event, '\n')); err != nil {
		return &outError{err}
	}
	return nil
}

func (t *tail) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"after": t.at, "types": t.Types, "table": t.Table} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// toTheEnd writes what there is.
func (t *tail) toTheEnd(ctx context.Context) error {
	for {
		var page struct {
			Events []json.RawMessage `json:"events"`
			Cursor string            `json:"cursor"`
			More   bool              `json:"more"`
		}
		q := t.query()
		q.Set("wait", "0")
		q.Set("limit", "1000")
		if _, err := t.Client.Get(ctx, t.path, q, &page); err != nil {
			return err
		}
		for _, e := range page.Events {
			if err := t.write(e); err != nil {
				return err
			}
		}
		t.at = page.Cursor
		if !page.More {
			return nil
		}
	}
}

// stream follows until the connection is lost. A server that is silent for longer than its heartbeats is lost, too.
func (t *tail) stream(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(connectedIn, cancel)
	defer watchdog.Stop()
	body, err := t.Client.Stream(ctx, t.path, t.query(), "text/event-stream")
	if err != nil {
		return err
	}
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	var id, event string
	for lines.Scan() {
		watchdog.Reset(silence)
		line := lines.Bytes()
		switch name, value, _ := strings.Cut(string(line[:min(len(line), 64)]), ": "); name {
		case "id":
			id = value
		case "event":
			event = value
		case "data":
			if event == "change" {
				if err := t.write(line[len("data: "):]); err != nil {
					return err
				}
			}
			t.at = id
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	return errors.New("the server ended the stream")
}
