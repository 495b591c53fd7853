package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Config says which server, and by which right.
type Config struct {
	URL       string // of the server: https, or http on this machine
	Key       string // an API key
	Workspace string // an id; empty: the key's
	Agent     string // the User-Agent, by which the audit tells programs apart

	// Wait replaces how the client waits between tries, for tests.
	Wait func(ctx context.Context, d time.Duration) error
}

// Client is safe for concurrent use. It prints as its address: the key is in no text of it.
type Client struct {
	base  string
	key   string
	agent string
	wait  func(ctx context.Context, d time.Duration) error
	http  *http.Client

	mu        sync.Mutex
	workspace string
	wrote     atomic.Int64 // the position of the last write, which reads wait for
}

const (
	headersWithin = 5 * time.Minute // the beginning of an answer: the server reads an uploaded file whole before it
	dialWithin    = 10 * time.Second
	idleWithin    = 90 * time.Second
)

// New checks the settings; it asks the server nothing.
func New(cfg Config) (*Client, error) {
	if cfg.Key == "" {
		return nil, errors.New("an API key is needed: make one under Settings → API keys and set MORKET_API_KEY or --key")
	}
	if strings.ContainsFunc(cfg.Key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the API key has a character that no key has: copy it again, without spaces and line ends")
	}
	u, err := address(cfg.URL)
	if err != nil {
		return nil, err
	}
	if cfg.Wait == nil {
		cfg.Wait = kernel.Pause
	}
	c := &Client{
		base: strings.TrimRight(u.String(), "/") + "/api/v1", key: cfg.Key,
		workspace: cfg.Workspace, agent: cfg.Agent, wait: cfg.Wait,
	}
	c.http = &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialWithin}).DialContext,
			ForceAttemptHTTP2:     true,
			ResponseHeaderTimeout: headersWithin,
			IdleConnTimeout:       idleWithin,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // the key goes to the named server only
	}
	return c, nil
}

// address checks the server's address: a key may cross a network only where nobody can read it.
func address(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("the server's address has to look like https://morket.example.com")
	}
	switch u.Scheme {
	case "https":
	case "http":
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, fmt.Errorf("%s would send the API key unencrypted: use https; http is only for this machine", u.Host)
		}
	default:
		return nil, fmt.Errorf("the server's address begins with https:// (or http:// on this machine), not with %s://", u.Scheme)
	}
	return u, nil
}

// String implements fmt.Stringer.
func (c *Client) String() string { return c.base }

// GoString implements fmt.GoStringer, so that %#v has no key either.
func (c *Client) GoString() string { return "client.Client(" + c.base + ")" }

// Workspace is the path of the workspace under the API: the named one, else the one that the key is good for.
func (c *Client) Workspace(ctx context.Context) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.workspace == "" {
		var list []struct {
			ID string `json:"id"`
		}
		if _, err := c.Get(ctx, "/workspaces", nil, &list); err != nil {
			return "", err
		}
		if len(list) != 1 {
			return "", fmt.Errorf("name the workspace with --workspace: the key is good for %d", len(list))
		}
		c.workspace = list[0].ID
	}
	return "/workspaces/" + url.PathEscape(c.workspace), nil
}
