package scrapecmd_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/scrapecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// web is all that a Reader needs, in memory. Pages are by address; a value that begins with "→" leads to another.
type web struct {
	pages    map[string]string
	status   map[string]int
	header   map[string]string
	faults   map[string][]*scrape.Fault // of the browser, one a call
	verdicts map[string]scrape.Robots   // by prefix of the address
	refused  map[string]*scrape.Fault   // by domain, by politeness
	mu       sync.Mutex
	asked    []string
	ends     []string // how passes ended
	clock    *kernel.ManualClock
	hold     chan struct{} // fetches wait for it
}

func (w *web) say(list *[]string, s string) {
	w.mu.Lock()
	*list = append(*list, s)
	w.mu.Unlock()
}

// Fetch implements scrapecmd.Fetcher.
func (w *web) Fetch(_ context.Context, u *url.URL, hop func(*url.URL) error) (scrape.Page, error) {
	for range 5 {
		w.say(&w.asked, "fetch "+u.String())
		if w.hold != nil {
			<-w.hold
		}
		text, ok := w.pages[u.String()]
		if !ok {
			return scrape.Page{}, scrape.Fail(scrape.ReasonUnreachable, "no such site")
		}
		next, leads := strings.CutPrefix(text, "→")
		if !leads {
			status := 200
			if s, ok := w.status[u.String()]; ok {
				status = s
			}
			return scrape.Page{URL: u.String(), Status: status, Body: []byte(text), Header: w.header}, nil
		}
		u, _ = url.Parse(next)
		if err := hop(u); err != nil {
			return scrape.Page{}, err
		}
	}
	return scrape.Page{}, errors.New("redirects without end")
}

// Render implements scrapecmd.Renderer.
func (w *web) Render(_ context.Context, r scrape.Render) (scrape.Page, error) {
	w.say(&w.asked, "render "+r.URL)
	if list := w.faults[r.URL]; len(list) > 0 {
		w.faults[r.URL] = list[1:]
		return scrape.Page{}, list[0]
	}
	return scrape.Page{URL: r.URL, Status: 200, Rendered: true, Body: []byte("rendered")}, nil
}

// Check implements scrapecmd.Robots.
func (w *web) Check(_ context.Context, u *url.URL) (scrape.Verdict, error) {
	for prefix, v := range w.verdicts {
		if strings.HasPrefix(u.String(), prefix) {
			return scrape.Verdict{Robots: v, Why: "it is ill", Retry: time.Minute}, nil
		}
	}
	return scrape.Verdict{Robots: scrape.RobotsAllowed}, nil
}

// Wait implements scrapecmd.Gate.
func (w *web) Wait(_ context.Context, _ kernel.WorkspaceID, u *url.URL, _, _ time.Duration) (scrape.Pass, error) {
	if f := w.refused[u.Hostname()]; f != nil {
		return nil, f
	}
	return &pass{w, u.Hostname()}, nil
}

// IgnoresRobots implements scrapecmd.Gate.
func (*web) IgnoresRobots(u *url.URL) bool { return u.Hostname() == "owned.test" }

// Domain implements scrapecmd.Gate.
func (*web) Domain(u *url.URL) string { return u.Hostname() }

// Look implements scrapecmd.Extractors.
func (*web) Look(p scrape.Page) scrape.Look { return seen(p.Body) }

type seen string

// Shell implements scrape.Look.
func (s seen) Shell() bool { return s == "shell" }

// Extract implements scrape.Look.
func (s seen) Extract(t scrape.Target) (scrape.Extract, error) {
	return scrape.Extract{Target: t, Version: 1, Fields: map[string]any{"text": string(s)}}, nil
}

// Version implements scrapecmd.Extractors.
func (*web) Version(scrape.Target) int { return 1 }

type pass struct {
	w      *web
	domain string
}

// Held implements scrape.Pass.
func (*pass) Held() (waited, every time.Duration) { return time.Second, 5 * time.Second }

// Done implements scrape.Pass.
func (p *pass) Done(_ context.Context, status int, retry time.Duration) {
	end := p.domain + map[bool]string{true: " well", false: " ill"}[status > 0 && status < 500 && status != 429]
	if retry > 0 {
		end += " " + retry.String()
	}
	p.w.say(&p.w.ends, end)
}

// Drop implements scrape.Pass.
func (p *pass) Drop() { p.w.say(&p.w.ends, p.domain+" dropped") }

func (w *web) reader(t *testing.T, browser bool) *scrapecmd.Reader {
	t.Helper()
	w.clock = kernel.NewManualClock(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	cfg := scrapecmd.ReaderConfig{Fetcher: w, Robots: w, Gate: w, Extractors: w, Clock: w.clock, Logger: slog.New(slog.DiscardHandler)}
	if browser {
		cfg.Renderer = w
	}
	r, err := scrapecmd.NewReader(cfg)
	require.NoError(t, err)
	return r
}

func TestReadingAPage(t *testing.T) {
	t.Parallel()
	broken := func(n int) (out []*scrape.Fault) {
		for range n {
			out = append(out, scrape.Fail(scrape.ReasonBrowser, "crashed"))
		}
		return out
	}
	for name, c := range map[string]struct {
		web       *web
		task      scrape.Task
		noBrowser bool
		text      string
		reason    scrape.Reason
		reasons   int // of a part
		asked     string
		ends      string
	}{
		"plain":                      {web: &web{pages: map[string]string{"https://a.test/": "hi"}}, task: scrape.Task{URL: "https://a.test/#x"}, text: "hi", asked: "fetch https://a.test/", ends: "a.test well"},
		"a bare name":                {web: &web{pages: map[string]string{"https://a.test": "hi"}}, task: scrape.Task{URL: "a.test"}, text: "hi", asked: "fetch https://a.test", ends: "a.test well"},
		"a bare name without https":  {web: &web{pages: map[string]string{"http://a.test": "hi"}}, task: scrape.Task{URL: "a.test"}, text: "hi", asked: "fetch https://a.test,fetch http://a.test", ends: "a.test ill,a.test well"},
		"https is not given up":      {web: &web{pages: map[string]string{"http://a.test/": "hi"}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonUnreachable, asked: "fetch https://a.test/", ends: "a.test ill"},
		"a shell":                    {web: &web{pages: map[string]string{"https://a.test/": "shell"}}, task: scrape.Task{URL: "https://a.test/"}, text: "rendered", asked: "fetch https://a.test/,render https://a.test/", ends: "a.test well,a.test well"},
		"a shell without a browser":  {web: &web{pages: map[string]string{"https://a.test/": "shell"}}, noBrowser: true, task: scrape.Task{URL: "https://a.test/"}, text: "shell", reasons: 1, asked: "fetch https://a.test/", ends: "a.test well"},
		"a shell, never rendered":    {web: &web{pages: map[string]string{"https://a.test/": "shell"}}, task: scrape.Task{URL: "https://a.test/", Mode: scrape.ModeNever}, text: "shell", asked: "fetch https://a.test/", ends: "a.test well"},
		"always rendered":            {web: &web{}, task: scrape.Task{URL: "https://a.test/", Mode: scrape.ModeAlways}, text: "rendered", asked: "render https://a.test/", ends: "a.test well"},
		"always, without a browser":  {web: &web{}, noBrowser: true, task: scrape.Task{URL: "https://a.test/", Mode: scrape.ModeAlways}, reason: scrape.ReasonNoBrowser},
		"a browser that breaks once": {web: &web{faults: map[string][]*scrape.Fault{"https://a.test/": broken(1)}}, task: scrape.Task{URL: "https://a.test/", Mode: scrape.ModeAlways}, text: "rendered", asked: "render https://a.test/,render https://a.test/", ends: "a.test well"},
		"a page that breaks it":      {web: &web{pages: map[string]string{"https://a.test/": "shell"}, faults: map[string][]*scrape.Fault{"https://a.test/": broken(2)}}, task: scrape.Task{URL: "https://a.test/"}, text: "shell", reasons: 1, asked: "fetch https://a.test/,render https://a.test/,render https://a.test/", ends: "a.test well,a.test dropped"},
		"robots.txt forbids":         {web: &web{verdicts: map[string]scrape.Robots{"https://a.test/": scrape.RobotsDisallowed}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonRobots},
		"robots.txt is away":         {web: &web{verdicts: map[string]scrape.Robots{"https://a.test/": scrape.RobotsAway}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonRobotsAway},
		"an owner has allowed it":    {web: &web{pages: map[string]string{"https://owned.test/": "hi"}, verdicts: map[string]scrape.Robots{"https://owned.test/": scrape.RobotsDisallowed}}, task: scrape.Task{URL: "https://owned.test/"}, text: "hi", asked: "fetch https://owned.test/", ends: "owned.test well"},
		"a redirect":                 {web: &web{pages: map[string]string{"https://a.test/": "→https://b.test/", "https://b.test/": "hi"}}, task: scrape.Task{URL: "https://a.test/"}, text: "hi", asked: "fetch https://a.test/,fetch https://b.test/", ends: "a.test dropped,b.test well"},
		"a redirect to what robots.txt forbids": {
			web: &web{pages: map[string]string{"https://a.test/": "→https://b.test/x"}, verdicts: map[string]scrape.Robots{"https://b.test/x": scrape.RobotsDisallowed}}, task: scrape.Task{URL: "https://a.test/"},
			reason: scrape.ReasonRobots, asked: "fetch https://a.test/", ends: "a.test dropped",
		},
		"a redirect to a site that rests": {web: &web{pages: map[string]string{"https://a.test/": "→https://b.test/"}, refused: map[string]*scrape.Fault{"b.test": scrape.Fail(scrape.ReasonResting, "rests")}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonResting, asked: "fetch https://a.test/", ends: "a.test dropped"},
		"a site that rests":               {web: &web{refused: map[string]*scrape.Fault{"a.test": scrape.Fail(scrape.ReasonResting, "rests")}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonResting},
		"not found":                       {web: &web{pages: map[string]string{"https://a.test/": "no"}, status: map[string]int{"https://a.test/": 404}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonStatus, asked: "fetch https://a.test/", ends: "a.test well"},
		"asked too often":                 {web: &web{pages: map[string]string{"https://a.test/": "no"}, status: map[string]int{"https://a.test/": 429}, header: map[string]string{"retry-after": "90"}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonResting, asked: "fetch https://a.test/", ends: "a.test ill 1m30s"},
		"a browser check":                 {web: &web{pages: map[string]string{"https://a.test/": "<script>window._cf_chl_opt={}"}, status: map[string]int{"https://a.test/": 403}}, task: scrape.Task{URL: "https://a.test/"}, reason: scrape.ReasonChallenge, asked: "fetch https://a.test/", ends: "a.test well"},
		"no address":                      {web: &web{}, task: scrape.Task{URL: "file:///etc/passwd"}, reason: scrape.ReasonBadAddress},
	} {
		r := c.web.reader(t, !c.noBrowser)
		var fetches []scrape.Fetch
		out := r.Read(t.Context(), "ws_1", c.task)
		fetches = out.Fetches
		if c.reason != "" {
			require.NotNil(t, out.Fault, name)
			require.Equal(t, c.reason, out.Fault.Reason, name)
			require.Nil(t, out.Extract, name)
		} else {
			require.Nil(t, out.Fault, name)
			require.Equal(t, c.text, out.Extract.Fields["text"], name)
			require.Len(t, out.Extract.Reasons, c.reasons, name)
			if c.reasons == 0 {
				require.Len(t, fetches[len(fetches)-1].Hash, 64, name)
			}
		}
		require.Equal(t, c.asked, strings.Join(c.web.asked, ","), name)
		require.ElementsMatch(t, strings.FieldsFunc(c.ends, func(r rune) bool { return r == ',' }), c.web.ends, "%s: every pass is given back", name)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for in, ok := range map[string]bool{
		"a.com": true, "https://a.com/x?y#z": true, "http://[2001:db8::1]/": true, " a.com ": true, "localhost:80": true, "HTTP://A.com": true,
		"": false, "a": false, "ftp://a.com": false, "javascript:alert(1)": false, "file:///etc/passwd": false, "https://user:pw@a.com/": false, "https://a.com\\@b.com/": false, "https://": false, "https://a.com/" + strings.Repeat("a", 3000): false, "https://a b.com": false, "data:text/html,x": false,
	} {
		_, _, err := scrape.Task{URL: in}.Address()
		require.Equal(t, ok, err == nil, "%q: %v", in, err)
	}
}

// Small jobs come first, none waits for ever, and no more wait than may.
func TestTheQueue(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	for _, n := range []string{"first", "big0", "big1", "big2", "small"} {
		pages["https://"+n+".test/"] = n
	}
	w := &web{pages: pages, hold: make(chan struct{})}
	q := scrapecmd.NewQueue(w.reader(t, false), 1)
	var wg sync.WaitGroup
	do := func(name string, job, waiting int) {
		wg.Go(func() { q.Do(t.Context(), "ws_1", scrape.Task{URL: "https://" + name + ".test/"}, job) })
		require.Eventually(t, func() bool { n, _ := q.Waiting(); return n == waiting }, 5*time.Second, time.Millisecond)
	}
	do("first", 1, 0)
	require.Eventually(t, func() bool { _, n := q.Waiting(); return n == 1 }, 5*time.Second, time.Millisecond)
	do("big0", 100, 1)
	do("big1", 100, 2)
	do("small", 1, 3)
	do("big2", 100, 4)
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan scrape.Outcome)
	go func() { left <- q.Do(ctx, "ws_1", scrape.Task{URL: "https://gone.test/"}, 1) }()
	require.Eventually(t, func() bool { n, _ := q.Waiting(); return n == 5 }, 5*time.Second, time.Millisecond)
	cancel()
	require.Equal(t, scrape.ReasonCancelled, (<-left).Fault.Reason)
	for range 5 {
		w.hold <- struct{}{}
	}
	wg.Wait()
	require.Equal(t, "fetch https://first.test/,fetch https://small.test/,fetch https://big0.test/,fetch https://big1.test/,fetch https://big2.test/", strings.Join(w.asked, ","))
	waiting, running := q.Waiting()
	require.Zero(t, waiting+running)

	for range scrapecmd.MaxQueue + 1 {
		wg.Go(func() { q.Do(t.Context(), "ws_1", scrape.Task{URL: "https://first.test/"}, 1) })
	}
	require.Eventually(t, func() bool { n, _ := q.Waiting(); return n == scrapecmd.MaxQueue }, 5*time.Second, time.Millisecond)
	out := q.Do(t.Context(), "ws_1", scrape.Task{URL: "https://first.test/"}, 1)
	require.Equal(t, scrape.ReasonBusy, out.Fault.Reason)
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(q.Room(1)))
	close(w.hold)
	wg.Wait()
	require.NoError(t, q.Room(scrapecmd.MaxQueue))
}
