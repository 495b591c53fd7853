package robots

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Config says how robots.txt is read.
type Config struct {
	// Client must refuse addresses that are not public. It follows at least five redirects, also to other hosts (RFC 9309, 2.3.1.2).
	Client *http.Client
	// Body reads at most limit bytes of an answer.
	Body  func(res *http.Response, limit int64) (body []byte, cut bool, err error)
	Agent string // User-Agent
	Token string // product token: the name by which rules are found
	Clock kernel.Clock
}

// Checker answers whether addresses may be asked for. It keeps what it has read.
type Checker struct {
	cfg   Config
	kept  *lru.Cache[string, entry]
	loads singleflight.Group
}

type entry struct {
	rules Rules
	away  bool // could not be read: nothing may be asked for until then
	why   string
	until time.Time
}

const (
	hosts     = 10_000
	keepRead  = 24 * time.Hour   // RFC 9309, 2.4: no longer
	keepAway  = 10 * time.Minute // a server that is ill, or wants to be left alone
	longest   = 24 * time.Hour
	readLimit = 15 * time.Second
)

// New makes a checker.
func New(cfg Config) (*Checker, error) {
	if cfg.Client == nil || cfg.Body == nil || cfg.Clock == nil || cfg.Token == "" {
		return nil, errors.New("reading robots.txt needs a client, a reader of bodies, a clock and a product token")
	}
	kept, err := lru.New[string, entry](hosts)
	if err != nil {
		return nil, err
	}
	return &Checker{cfg: cfg, kept: kept}, nil
}

// Check says whether the address may be asked for. It answers a *scrape.Fault only for what can't be decided now.
func (c *Checker) Check(ctx context.Context, u *url.URL) (scrape.Verdict, error) {
	e, err := c.rules(ctx, u)
	if err != nil {
		return scrape.Verdict{}, err
	}
	if e.away {
		return scrape.Verdict{Robots: scrape.RobotsAway, Why: e.why, Retry: e.until.Sub(c.cfg.Clock.Now())}, nil
	}
	path := u.EscapedPath()
	if u.RawQuery != "" {
		path += "?" + u.RawQuery
	}
	if !e.rules.Allowed(path) {
		return scrape.Verdict{Robots: scrape.RobotsDisallowed, Why: "robots.txt forbids it", Delay: e.rules.Delay}, nil
	}
	return scrape.Verdict{Robots: scrape.RobotsAllowed, Delay: e.rules.Delay}, nil
}

func (c *Checker) rules(ctx context.Context, u *url.URL) (entry, error) {
	key := u.Scheme + "://" + strings.ToLower(u.Host)
	if e, ok := c.kept.Get(key); ok && !kernel.Due(c.cfg.Clock.Now(), e.until, longest) {
		return e, nil
	}
	// Read for all that wait; one that leaves must not take it from the others.
	answer := c.loads.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readLimit)
		defer cancel()
		e := c.read(ctx, key)
		c.kept.Add(key, e)
		return e, nil
	})
	select {
	case res := <-answer:
		e, _ := res.Val.(entry)
		return e, res.Err
	case <-ctx.Done():
		return entry{}, scrape.Fail(scrape.ReasonTimeout, "robots.txt was not there in time").Because(ctx.Err())
	}
}

// read reads a site's robots.txt. One that is not there (4xx) allows all; a server that is ill or asks for patience (5xx, 429), or that
// can't be reached, forbids all until it is asked again (RFC 9309, 2.3.1.3 and 2.3.1.4).
func (c *Checker) read(ctx context.Context, site string) entry {
	now := c.cfg.Clock.Now()
	away := func(why string) entry { return entry{away: true, why: why, until: now.Add(keepAway)} }
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, site+"/robots.txt", nil)
	if err != nil {
		return away("the site's robots.txt has no address")
	}
	req.Header.Set("User-Agent", c.cfg.Agent)
	req.Header.Set("Accept", "text/plain,*/*;q=0.1")
	res, err := c.cfg.Client.Do(req) //nolint:bodyclose // Body closes it
	if err != nil {
		return away("the site's robots.txt can't be reached")
	}
	body, _, err := c.cfg.Body(res, MaxBytes)
	switch status := res.StatusCode; {
	case err != nil:
		return away("the site's robots.txt broke off")
	case status >= 200 && status < 300:
		return entry{rules: Parse(body, c.cfg.Token), until: now.Add(keepRead)}
	case status == http.StatusTooManyRequests || status >= 500 || status < 200: //nolint:mnd // classes of RFC 9110
		return away(fmt.Sprintf("the site's robots.txt answers %d", status))
	default: // 4xx, and redirects without an end
		return entry{until: now.Add(keepRead)}
	}
}
