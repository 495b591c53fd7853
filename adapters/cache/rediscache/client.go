package rediscache

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/morket/morket/domain/kernel"
)

// Config is what a Client needs. Zero durations take the defaults.
type Config struct {
	URL    string // redis://, rediss:// (TLS) or unix://
	Prefix string // before every key; default "morket:". Installations that share a Redis keep apart by it.
	Clock  kernel.Clock
	Logger *slog.Logger

	Timeout time.Duration // of one call; default 250 ms
	Rest    time.Duration // after a failed call, before Redis is asked again; default 1 s
}

// Client is a connection to Redis that knows when not to ask it. One caller a second tries while it is away, by the clock that is handed
// in; sony/gobreaker would read the machine's.
type Client struct {
	cfg   Config
	redis *redis.Client

	mu     sync.Mutex
	until  time.Time // nobody asks before
	failed error     // the last failure, nil when the last call succeeded
	said   time.Time // when a failure was last logged
	told   bool      // the present failure was logged, so its end will be
}

// quiet guards the library's own logger, a variable of its package: it writes a line to standard error for every failed dial.
var quiet sync.Once //nolint:gochecknoglobals // as global as what it guards

// sayEvery is how often a dead Redis is logged.
const sayEvery = time.Minute

// New makes a client. It connects at the first call, so a Redis that is down is no error.
func New(cfg Config) (*Client, error) {
	if cfg.Clock == nil || cfg.Logger == nil {
		return nil, errors.New("rediscache needs a clock and a logger")
	}
	quiet.Do(logging.Disable)
	cfg.Prefix = cmp.Or(cfg.Prefix, "morket:")
	cfg.Timeout = cmp.Or(cfg.Timeout, 250*time.Millisecond)
	cfg.Rest = cmp.Or(cfg.Rest, time.Second)
	o, err := redis.ParseURL(cfg.URL)
	if err != nil {
		return nil, errors.New("the address of Redis can't be read") // the cause would repeat the password
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout, o.PoolTimeout = cfg.Timeout, cfg.Timeout, cfg.Timeout, cfg.Timeout
	o.MaxRetries = -1 // the fallback is nearer than a second try
	o.DialerRetries = 1
	o.ContextTimeoutEnabled = true
	return &Client{cfg: cfg, redis: redis.NewClient(o)}, nil
}

// Check asks Redis whether it works, for readiness.
func (c *Client) Check(ctx context.Context) error { return c.redis.Ping(ctx).Err() }

// Close ends the connections.
func (c *Client) Close() error { return c.redis.Close() }

// Key returns the name under which this installation keeps what is called name.
func (c *Client) Key(name string) string { return c.cfg.Prefix + name }

// Do calls fn with the time that one call may take and reports whether Redis answered. While Redis rests after a failure
// fn is not called, so that a dead or slow one costs one caller a second its timeout, and the others nothing.
func (c *Client) Do(ctx context.Context, fn func(context.Context, *redis.Client) error) bool {
	if c.resting() {
		return false
	}
	bounded, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	err := fn(bounded, c.redis)
	if err != nil && ctx.Err() != nil {
		return false // the caller has gone; that says nothing about Redis
	}
	c.note(ctx, err)
	return err == nil
}

func (c *Client) resting() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Clock.Now()
	if !kernel.Due(now, c.until, c.cfg.Rest) {
		return true
	}
	if c.failed != nil { // this caller tries; the others wait for its result
		c.until = now.Add(c.cfg.Rest)
	}
	return false
}

// note remembers how a call went.
func (c *Client) note(ctx context.Context, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Clock.Now()
	if err == nil {
		if c.told {
			c.cfg.Logger.InfoContext(ctx, "Redis answers again")
		}
		c.failed, c.until, c.told = nil, time.Time{}, false
		return
	}
	c.failed, c.until = err, now.Add(c.cfg.Rest)
	if kernel.Passed(now, c.said, sayEvery) {
		c.said, c.told = now, true
		c.cfg.Logger.WarnContext(ctx, "Redis is away: limits and caches are each process's own until it is back", "error", err)
	}
}
