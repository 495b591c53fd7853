package browser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-rod/rod/lib/proto"

	"github.com/morket/morket/adapters/scrape/filterproxy"
	"github.com/morket/morket/domain/scrape"
)

const (
	viewWidth, viewHeight = 1366, 900
	disposeWithin         = 5 * time.Second
	snapshotWithin        = 5 * time.Second
)

// Render loads a page in a context of its own, lets its scripts run until the page is quiet, and returns what stands there then. Errors are
// *scrape.Fault.
func (p *Pool) Render(ctx context.Context, req scrape.Render) (scrape.Page, error) {
	b, err := p.acquire(ctx)
	if err != nil {
		return scrape.Page{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Navigation)
	defer cancel()
	page, healthy, err := p.render(ctx, b.chromium, req)
	p.release(b, !healthy)
	if err != nil {
		return scrape.Page{}, explain(ctx, b.chromium, err)
	}
	return page, nil
}

func explain(ctx context.Context, b *chromium, err error) error {
	var fault *scrape.Fault
	switch {
	case errors.As(err, &fault):
		return fault
	case !b.alive() || errors.Is(err, errDown):
		return scrape.Fail(scrape.ReasonBrowser, "the browser has crashed over the page or beside it").Because(err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return scrape.Fail(scrape.ReasonTimeout, "the page was not there in time").Because(err)
	case ctx.Err() != nil:
		return scrape.Fail(scrape.ReasonCancelled, "the task was cancelled").Because(err)
	default:
		return scrape.Fail(scrape.ReasonBrowser, "the browser could not load the page").Because(err)
	}
}

// render does a task. healthy is false if the browser did not let go of what it had of the page.
func (p *Pool) render(ctx context.Context, b *chromium, req scrape.Render) (page scrape.Page, healthy bool, err error) {
	proxy, err := filterproxy.Open(ctx, filterproxy.Config{Dialer: p.cfg.Dialer, MaxBytes: p.cfg.MaxBytes, Logger: p.cfg.Logger})
	if err != nil {
		return page, true, err
	}
	defer proxy.Close()
	incognito, err := proto.TargetCreateBrowserContext{
		DisposeOnDetach: true,
		ProxyServer:     "http://" + proxy.Addr(),
		ProxyBypassList: "<-loopback>",
	}.Call(b.on(ctx, ""))
	if err != nil {
		return page, b.alive(), fmt.Errorf("open a context: %w", err)
	}
	t := newTab(ctx, b, incognito.BrowserContextID, req)
	page, err = t.load(ctx, p.cfg.Agent, p.cfg.MaxText)
	healthy = t.dispose(ctx)
	stats := proxy.Stats()
	page.Bytes, page.Refused = stats.Bytes, stats.Refused
	return page, healthy, err
}

// load opens the tab, goes to the page and reads it.
func (t *tab) load(ctx context.Context, agent string, maxText int) (scrape.Page, error) {
	if err := t.open(ctx, agent); err != nil {
		return scrape.Page{}, err
	}
	t.mu.Lock()
	t.leaving = true
	t.mu.Unlock()
	gone, err := proto.PageNavigate{URL: t.req.URL}.Call(t.on(ctx))
	if err != nil {
		return scrape.Page{}, t.failed(fmt.Errorf("navigate: %w", err))
	}
	if gone.ErrorText != "" {
		return scrape.Page{}, t.failed(navigation(gone.ErrorText))
	}
	t.settle(ctx)
	if err := t.failed(nil); err != nil {
		return scrape.Page{}, err
	}
	return t.read(ctx, maxText)
}

// navigation says in words what Chromium's network error means.
func navigation(text string) *scrape.Fault {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("TIMED_OUT"):
		return scrape.Fail(scrape.ReasonTimeout, "the site did not answer in time")
	case has("ERR_ABORTED"):
		return scrape.Fail(scrape.ReasonNotPage, "the address is a file, which is not downloaded")
	case has("TUNNEL_CONNECTION_FAILED", "BLOCKED", "UNSAFE_PORT", "UNSAFE_REDIRECT", "UNKNOWN_URL_SCHEME", "DISALLOWED_URL_SCHEME",
		"INVALID_URL", "ACCESS_DENIED"):
		return scrape.Fail(scrape.ReasonUnreachable, "the address can't be reached, or may not be")
	case has("CERT_", "SSL_"):
		return scrape.Fail(scrape.ReasonUnreachable, "the site's certificate or encryption is not valid")
	case has("TOO_MANY_REDIRECTS"):
		return scrape.Fail(scrape.ReasonUnreachable, "the site redirects without end")
	default:
		return scrape.Fail(scrape.ReasonUnreachable, "the site could not be reached").Because(errors.New(text))
	}
}

// read takes a picture of the page's text.
func (t *tab) read(ctx context.Context, maxText int) (scrape.Page, error) {
	// Also when the time for loading is over: what is there counts.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), snapshotWithin)
	defer cancel()
	world, err := proto.PageCreateIsolatedWorld{FrameID: proto.PageFrameID(t.target), WorldName: "morket"}.Call(t.on(ctx))
	if err != nil {
		return scrape.Page{}, t.hung(fmt.Errorf("look at the page: %w", err))
	}
	said, err := proto.RuntimeEvaluate{
		Expression:    fmt.Sprintf(snapshot, maxText, maxText),
		ContextID:     world.ExecutionContextID,
		ReturnByValue: true,
	}.Call(t.on(ctx))
	if err != nil {
		return scrape.Page{}, t.hung(fmt.Errorf("read the page: %w", err))
	}
	if said.ExceptionDetails != nil || said.Result == nil {
		return scrape.Page{}, scrape.Fail(scrape.ReasonBrowser, "the page can't be read")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if refused, ok := t.header["morket-refused"]; ok && t.status == http.StatusForbidden {
		return scrape.Page{}, scrape.Fail(scrape.ReasonUnreachable, "the address can't be reached, or may not be: %s", refused)
	}
	return scrape.Page{
		URL: said.Result.Value.Get("url").Str(), Status: t.status, ContentType: t.mime, Header: t.header, Rendered: true,
		Body: []byte(said.Result.Value.Get("html").Str()), Cut: said.Result.Value.Get("cut").Bool(),
	}, nil
}

// hung says that a page whose scripts never rest did not let itself be read.
func (t *tab) hung(err error) error {
	if f := t.failed(nil); f != nil {
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return scrape.Fail(scrape.ReasonTimeout, "the page's scripts never rest").Because(err)
	}
	return err
}
