package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-rod/rod/lib/cdp"
	"github.com/go-rod/rod/lib/proto"

	"github.com/morket/morket/domain/scrape"
)

// tab is a page in a context of its own, with the sessions of its frames and workers that have a process of their own.
type tab struct {
	browser *chromium
	context proto.BrowserBrowserContextID
	target  proto.TargetTargetID
	session proto.TargetSessionID
	req     scrape.Render
	work    chan func()     // what events ask for, done in order beside the dispatcher, which must not wait
	life    context.Context //nolint:containedctx // of what events ask for
	end     context.CancelFunc

	mu       sync.Mutex
	sessions map[proto.TargetSessionID]bool
	pending  map[string]bool       // requests under way
	active   chan struct{}         // told of each change of what is under way
	leaving  bool                  // the empty document
	empty    proto.NetworkLoaderID // that document
	loaded   bool
	status   int
	mime     string
	header   map[string]string
	fault    *scrape.Fault
}

const (
	maxWork     = 4096 // events that wait; a page that makes more is broken off
	maxSessions = 64   // frames and workers of a page
)

func newTab(ctx context.Context, b *chromium, id proto.BrowserBrowserContextID, req scrape.Render) *tab {
	t := &tab{
		browser: b, context: id, req: req, work: make(chan func(), maxWork), sessions: map[proto.TargetSessionID]bool{},
		pending: map[string]bool{}, active: make(chan struct{}, 1), header: map[string]string{},
	}
	t.life, t.end = context.WithCancel(context.WithoutCancel(ctx))
	return t
}

func (t *tab) on(ctx context.Context) caller { return t.browser.on(ctx, t.session) }

// open makes the page, still empty, with all that guards it.
func (t *tab) open(ctx context.Context, agent string) error {
	if err := (proto.BrowserSetDownloadBehavior{
		Behavior:         proto.BrowserSetDownloadBehaviorBehaviorDeny,
		BrowserContextID: t.context,
	}).Call(t.browser.on(ctx, "")); err != nil {
		return fmt.Errorf("refuse downloads: %w", err)
	}
	target, err := proto.TargetCreateTarget{URL: "about:blank", BrowserContextID: t.context}.Call(t.browser.on(ctx, ""))
	if err != nil {
		return fmt.Errorf("open a page: %w", err)
	}
	t.target = target.TargetID
	attached, err := proto.TargetAttachToTarget{TargetID: t.target, Flatten: true}.Call(t.browser.on(ctx, ""))
	if err != nil {
		return fmt.Errorf("attach to the page: %w", err)
	}
	t.session = attached.SessionID
	go t.works()
	t.follow(t.session) //nolint:contextcheck // events come as long as the page is there
	for _, set := range t.settings(agent) {
		if err := set(t.on(ctx)); err != nil {
			return fmt.Errorf("prepare the page: %w", err)
		}
	}
	return t.prepare(t.on(ctx))
}

type setting func(proto.Client) error

// settings are those of the page itself; frames take them over.
func (t *tab) settings(agent string) []setting {
	locale, zone := t.req.Locale, t.req.Zone
	or(&locale, "en-US")
	or(&zone, "UTC")
	calls := []setting{
		proto.PageEnable{}.Call,
		proto.PageSetLifecycleEventsEnabled{Enabled: true}.Call,
		proto.InspectorEnable{}.Call,
		proto.EmulationSetDeviceMetricsOverride{Width: viewWidth, Height: viewHeight, DeviceScaleFactor: 1}.Call,
		proto.EmulationSetLocaleOverride{Locale: locale}.Call,
		proto.EmulationSetTimezoneOverride{TimezoneID: zone}.Call,
		proto.SecuritySetIgnoreCertificateErrors{Ignore: false}.Call,
	}
	if agent != "" {
		calls = append(calls, proto.NetworkSetUserAgentOverride{UserAgent: agent, AcceptLanguage: locale}.Call)
	}
	return calls
}

// prepare guards a page, frame or worker before its first script.
func (t *tab) prepare(c caller) error {
	calls := []setting{
		proto.NetworkEnable{}.Call,
		proto.NetworkSetBlockedURLs{Urls: []string{"ws://*", "wss://*", "file://*", "ftp://*"}}.Call,
		proto.NetworkSetBypassServiceWorker{Bypass: true}.Call,
		func(c proto.Client) error {
			_, err := proto.PageAddScriptToEvaluateOnNewDocument{Source: guard, RunImmediately: true}.Call(c)
			return err
		},
	}
	if !t.req.Media {
		var patterns []*proto.FetchRequestPattern
		for _, kind := range []proto.NetworkResourceType{
			proto.NetworkResourceTypeImage, proto.NetworkResourceTypeMedia, proto.NetworkResourceTypeFont,
		} {
			patterns = append(patterns, &proto.FetchRequestPattern{
				URLPattern:   "*",
				ResourceType: kind,
				RequestStage: proto.FetchRequestStageRequest,
			})
		}
		calls = append(calls, proto.FetchEnable{Patterns: patterns}.Call)
	}
	calls = append(calls, proto.TargetSetAutoAttach{AutoAttach: true, WaitForDebuggerOnStart: true, Flatten: true}.Call)
	var failed error
	for _, call := range calls { // all of them, also when one can't be done: a worker has no scripts for documents
		failed = errors.Join(failed, call(c))
	}
	return failed
}

func (t *tab) follow(id proto.TargetSessionID) {
	t.mu.Lock()
	t.sessions[id] = true
	many := len(t.sessions) > maxSessions
	t.mu.Unlock()
	if many {
		t.fail(scrape.Fail(scrape.ReasonBrowser, "the page has more than %d frames and workers", maxSessions))
	}
	t.browser.listen(id, func(e *cdp.Event) { t.event(id, e) })
}

// fail breaks the page off.
func (t *tab) fail(f *scrape.Fault) {
	t.mu.Lock()
	if t.fault == nil {
		t.fault = f
	}
	t.mu.Unlock()
	t.touch()
}

// failed returns why the page was broken off, or else err.
func (t *tab) failed(err error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fault != nil {
		return t.fault
	}
	return err
}

func (t *tab) touch() {
	select {
	case t.active <- struct{}{}:
	default:
	}
}

func (t *tab) later(f func()) {
	select {
	case t.work <- f:
	default:
		t.mu.Lock()
		if t.fault == nil {
			t.fault = scrape.Fail(scrape.ReasonBrowser, "the page does more than can be followed")
		}
		t.mu.Unlock()
	}
}

func (t *tab) works() {
	for {
		select {
		case f := <-t.work:
			f()
		case <-t.life.Done():
			return
		}
	}
}

const (
	callWithin   = 5 * time.Second
	quietFor     = 300 * time.Millisecond
	quietWithin  = 8 * time.Second // after the load; pages that poll are never quiet
	loadedWithin = 25 * time.Second
)

// settle waits until the page has loaded and nothing has been under way for a moment. A page that never rests is read as it is.
func (t *tab) settle(ctx context.Context) {
	load, cancel := context.WithTimeout(ctx, loadedWithin)
	defer cancel()
	for !t.state(func() bool { return t.loaded || t.fault != nil }) {
		select {
		case <-t.active:
		case <-load.Done():
			return
		case <-t.browser.down:
			return
		}
	}
	quiet, cancel := context.WithTimeout(ctx, quietWithin)
	defer cancel()
	for t.quiet(quiet) {
		// What has come may still be waiting for the page's scripts; they have their turn before it is looked at again.
		if _, err := (proto.RuntimeEvaluate{Expression: rested, AwaitPromise: true}).Call(t.on(quiet)); err != nil || t.state(t.still) {
			return
		}
	}
}

// rested is a promise that is kept when the page's scripts have nothing left to do.
const rested = `new Promise(done => requestIdleCallback(() => setTimeout(done, 0), { timeout: 1000 }))`

// quiet waits until nothing has been under way for a moment; false if it has waited long enough.
func (t *tab) quiet(ctx context.Context) bool {
	for {
		pause := time.NewTimer(quietFor)
		select {
		case <-t.active:
			pause.Stop()
		case <-pause.C:
			if t.state(t.still) {
				return true
			}
		case <-ctx.Done():
			pause.Stop()
			return false
		case <-t.browser.down:
			pause.Stop()
			return false
		}
	}
}

// still reports that no request is under way, or that the page has been broken off.
func (t *tab) still() bool { return len(t.pending) == 0 || t.fault != nil }

func (t *tab) state(ask func() bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return ask()
}

// dispose ends the context with its pages, and reports whether the browser did so in time.
func (t *tab) dispose(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), disposeWithin)
	defer cancel()
	t.end()
	err := proto.TargetDisposeBrowserContext{BrowserContextID: t.context}.Call(t.browser.on(ctx, ""))
	t.mu.Lock()
	ids := slices.Collect(maps.Keys(t.sessions))
	t.mu.Unlock()
	t.browser.forget(ids...)
	return err == nil
}

// event notes what happens in the page. It must not wait.
func (t *tab) event(id proto.TargetSessionID, e *cdp.Event) {
	switch e.Method {
	case "Network.requestWillBeSent", "Network.responseReceived", "Network.loadingFinished", "Network.loadingFailed":
		t.network(e)
	case "Page.lifecycleEvent":
		var cycle proto.PageLifecycleEvent
		if id == t.session && json.Unmarshal(e.Params, &cycle) == nil && cycle.FrameID == proto.PageFrameID(t.target) {
			t.cycle(cycle)
		}
	case "Page.javascriptDialogOpening":
		t.later(func() { t.call(id, proto.PageHandleJavaScriptDialog{Accept: false}.Call) })
	case "Fetch.requestPaused":
		var paused proto.FetchRequestPaused
		if json.Unmarshal(e.Params, &paused) == nil {
			t.later(func() {
				t.call(id, proto.FetchFailRequest{RequestID: paused.RequestID, ErrorReason: proto.NetworkErrorReasonBlockedByClient}.Call)
			})
		}
	case "Target.attachedToTarget":
		var attached proto.TargetAttachedToTarget
		if json.Unmarshal(e.Params, &attached) == nil {
			t.follow(attached.SessionID)
			t.later(func() { t.adopt(attached) })
		}
	case "Inspector.targetCrashed":
		if id == t.session {
			t.fail(scrape.Fail(scrape.ReasonBrowser, "the page has used up its memory or crashed"))
		}
	}
}

// cycle notes when a document has loaded. The empty one that a page begins with has a life, too, and may tell of it late.
func (t *tab) cycle(e proto.PageLifecycleEvent) {
	t.mu.Lock()
	defer t.touch()
	defer t.mu.Unlock()
	if !t.leaving {
		t.empty = e.LoaderID
	} else if e.Name == "load" && e.LoaderID != t.empty {
		t.loaded = true
	}
}

// adopt guards a frame or worker that waits, and lets it begin.
func (t *tab) adopt(a proto.TargetAttachedToTarget) {
	ctx, cancel := context.WithTimeout(t.life, callWithin)
	defer cancel()
	c := t.browser.on(ctx, a.SessionID)
	_ = t.prepare(c) // a worker has no pages to enable; what it can't be told the proxy refuses
	_ = proto.RuntimeRunIfWaitingForDebugger{}.Call(c)
}

func (t *tab) call(id proto.TargetSessionID, call setting) {
	ctx, cancel := context.WithTimeout(t.life, callWithin)
	defer cancel()
	_ = call(t.browser.on(ctx, id)) // of a page that may be gone
}

// network follows requests, and keeps the answer to that for the page.
func (t *tab) network(e *cdp.Event) {
	var m struct {
		RequestID string                    `json:"requestId"`
		Type      proto.NetworkResourceType `json:"type"`
		FrameID   string                    `json:"frameId"`
		Response  struct {
			Status   int            `json:"status"`
			MIMEType string         `json:"mimeType"`
			Headers  map[string]any `json:"headers"`
		} `json:"response"`
	}
	if json.Unmarshal(e.Params, &m) != nil {
		return
	}
	key := m.RequestID // the same in all sessions: a frame may begin in one and go on in its own
	t.mu.Lock()
	switch e.Method {
	case "Network.requestWillBeSent":
		if len(t.pending) < maxWork {
			t.pending[key] = true
		}
	case "Network.responseReceived":
		if m.Type == proto.NetworkResourceTypeDocument && m.FrameID == string(t.target) {
			t.status, t.mime = m.Response.Status, m.Response.MIMEType
			t.header = map[string]string{}
			for name, v := range m.Response.Headers {
				if text, ok := v.(string); ok {
					t.header[strings.ToLower(name)] = text
				}
			}
		}
	default:
		delete(t.pending, key)
	}
	t.mu.Unlock()
	if e.Method != "Network.responseReceived" {
		t.touch()
	}
}
