// Package tail follows a workspace's change feed from a terminal: one event a line.
package tail

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says what to follow.
type Config struct {
	URL       string // of the server
	Key       string // an API key
	Workspace string // empty: the key's
	After     string // a position, or "now"
	Types     string // patterns, separated by commas
	Table     string
	Stop      bool // at the present end
	Out, Err  io.Writer
	Retry     time.Duration // between attempts to connect; default 1 s
}

// refused is an answer that another try will not change.
type refused struct{ message string }

func (e *refused) Error() string { return e.message }

const (
	maxLine     = 64 << 20 // bytes of one event
	silence     = time.Minute
	connectedIn = 30 * time.Second
)

// Run writes events to Out until ctx ends or, with Stop, until the present end. It connects again when the connection is lost, and goes
// on where it was. At the end it says on Err at which position.
func Run(ctx context.Context, cfg Config) error {
	if cfg.Key == "" {
		return errors.New("an API key is needed: make one under Settings → API keys and set MORKET_API_KEY or --key")
	}
	if cfg.Retry == 0 {
		cfg.Retry = time.Second
	}
	t := &tail{Config: cfg, at: cfg.After, client: &http.Client{}}
	if err := t.findWorkspace(ctx); err != nil {
		return err
	}
	err := t.run(ctx)
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
	client *http.Client
	at     string // everything up to here is written
}

func (t *tail) run(ctx context.Context) error {
	if t.Stop {
		return t.toTheEnd(ctx)
	}
	for {
		err := t.stream(ctx)
		var no *refused
		var pipe *outError
		if errors.As(err, &no) || errors.As(err, &pipe) || ctx.Err() != nil {
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

func (t *tail) findWorkspace(ctx context.Context) error {
	if t.Workspace != "" {
		return nil
	}
	var list []struct {
		ID string `json:"id"`
	}
	if err := t.get(ctx, "/workspaces", &list); err != nil {
		return err
	}
	if len(list) != 1 {
		return fmt.Errorf("name the workspace with --workspace: the key is good for %d", len(list))
	}
	t.Workspace = list[0].ID
	return nil
}

func (t *tail) request(ctx context.Context, path string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(t.URL, "/")+"/api/v1"+path, nil)
	if err != nil {
		return nil, &refused{err.Error()}
	}
	req.Header.Set("Authorization", "Bearer "+t.Key)
	return req, nil
}

// get reads the data of an answer.
func (t *tail) get(ctx context.Context, path string, data any) error {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	req, err := t.request(ctx, path)
	if err != nil {
		return err
	}
	res, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := check(res); err != nil {
		return err
	}
	var answer struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return json.Unmarshal(answer.Data, data)
}

// check makes an error of an answer that is none.
func check(res *http.Response) error {
	if res.StatusCode == http.StatusOK {
		return nil
	}
	var answer struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	const enough = 64 << 10
	if json.NewDecoder(io.LimitReader(res.Body, enough)).Decode(&answer) != nil || answer.Error.Message == "" {
		answer.Error.Message = "is this the address of a Morket server?"
	}
	message := fmt.Sprintf("%s: %s", res.Status, answer.Error.Message)
	if res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= http.StatusInternalServerError {
		return errors.New(message)
	}
	return &refused{message}
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
		if err := t.get(ctx, "/workspaces/"+url.PathEscape(t.Workspace)+"/changes?"+q.Encode(), &page); err != nil {
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
	req, err := t.request(ctx, "/workspaces/"+url.PathEscape(t.Workspace)+"/changes?"+t.query().Encode())
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "text/event-stream")
	res, err := t.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := check(res); err != nil {
		return err
	}
	lines := bufio.NewScanner(res.Body)
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
