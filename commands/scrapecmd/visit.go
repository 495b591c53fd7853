package scrapecmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// visit is one task being done.
type visit struct {
	*Reader

	workspace kernel.WorkspaceID
	task      scrape.Task
	began     time.Time
	robots    map[string]scrape.Verdict // by address
	fetches   []scrape.Fetch
	reasons   []string
	parsed    scrape.Look // of the page that was read last; nil if it has not been looked at
}

// look parses the page that was read last, once.
func (v *visit) look(page scrape.Page) scrape.Look {
	if v.parsed == nil {
		v.parsed = v.cfg.Extractors.Look(page)
	}
	return v.parsed
}

// reserve is the time that a request keeps for itself when it waits for its turn.
const reserve = 5 * time.Second

// left is how long the task may still wait for a turn.
func (v *visit) left() time.Duration {
	return v.task.Within - v.cfg.Clock.Now().Sub(v.began) - reserve
}

// read reads the task's page: by plain HTTP, and in the browser when that is not enough.
func (v *visit) read(ctx context.Context) (scrape.Page, error) {
	u, bare, err := v.task.Address()
	if err != nil {
		return scrape.Page{}, err
	}
	if v.task.Mode == scrape.ModeAlways {
		return v.render(ctx, u)
	}
	page, err := v.fetch(ctx, u)
	var fault *scrape.Fault
	if bare && errors.As(err, &fault) && (fault.Reason == scrape.ReasonUnreachable || fault.Reason == scrape.ReasonRobotsAway) {
		plain := *u
		plain.Scheme = "http"
		if second, again := v.fetch(ctx, &plain); again == nil { // else what was wrong with https is the better reason
			page, err = second, nil
		}
	}
	if err != nil || v.task.Mode == scrape.ModeNever || !v.look(page).Shell() {
		return page, err
	}
	return v.enrich(ctx, page)
}

// enrich renders a page that says next to nothing by itself. What it says is better than nothing when it can't be rendered.
func (v *visit) enrich(ctx context.Context, plain scrape.Page) (scrape.Page, error) {
	if v.cfg.Renderer == nil {
		v.reasons = append(v.reasons, "the page is made by its scripts, and there is no browser to run them")
		return plain, nil
	}
	u, err := url.Parse(plain.URL)
	if err != nil {
		return plain, nil //nolint:nilerr // the page is there; its own address is odd
	}
	page, err := v.render(ctx, u)
	if err != nil {
		v.reasons = append(v.reasons, "the page is made by its scripts, which could not be run: "+scrape.AsFault(err).Message)
		return plain, nil
	}
	v.parsed = nil
	return page, nil
}

// ask says whether robots.txt lets the address be asked for.
func (v *visit) ask(ctx context.Context, u *url.URL) (scrape.Verdict, error) {
	key := u.String()
	verdict, known := v.robots[key]
	if !known {
		verdict = scrape.Verdict{Robots: scrape.RobotsIgnored}
		if !v.cfg.Gate.IgnoresRobots(u) {
			var err error
			if verdict, err = v.cfg.Robots.Check(ctx, u); err != nil {
				return verdict, err
			}
		}
		v.robots[key] = verdict
	}
	switch verdict.Robots {
	case scrape.RobotsDisallowed:
		return verdict, scrape.Fail(scrape.ReasonRobots, "robots.txt of %s forbids it", u.Hostname())
	case scrape.RobotsAway:
		f := scrape.Fail(scrape.ReasonRobotsAway, "%s, so the site is left alone", verdict.Why)
		f.Retry = verdict.Retry
		return verdict, f
	default:
		return verdict, nil
	}
}

// turn waits until the address may be asked for, and begins the record of the request.
func (v *visit) turn(ctx context.Context, u *url.URL) (scrape.Pass, scrape.Fetch, error) {
	f := scrape.Fetch{URL: u.String(), Domain: v.cfg.Gate.Domain(u), At: v.cfg.Clock.Now()}
	verdict, err := v.ask(ctx, u)
	f.Robots = verdict.Robots
	if err != nil {
		return nil, f, err
	}
	pass, err := v.cfg.Gate.Wait(ctx, v.workspace, u, verdict.Delay, max(0, v.left()))
	if err != nil {
		return nil, f, err
	}
	f.Waited, f.Every = pass.Held()
	f.At = v.cfg.Clock.Now()
	return pass, f, nil
}

// fetch reads a page by plain HTTP. Redirects are followed as far as they are allowed, each at its own site's pace.
func (v *visit) fetch(ctx context.Context, u *url.URL) (scrape.Page, error) {
	pass, f, err := v.turn(ctx, u)
	if err != nil {
		return scrape.Page{}, v.note(f, scrape.Page{}, err)
	}
	passes := map[string]scrape.Pass{f.Domain: pass}
	last := pass
	page, err := v.cfg.Fetcher.Fetch(ctx, u, func(next *url.URL) error {
		verdict, err := v.ask(ctx, next)
		if err != nil {
			return err
		}
		domain := v.cfg.Gate.Domain(next)
		if _, has := passes[domain]; !has {
			if last, err = v.cfg.Gate.Wait(ctx, v.workspace, next, verdict.Delay, max(0, v.left())); err != nil {
				return err
			}
			passes[domain] = last
		}
		return nil
	})
	if err == nil {
		err = judge(page)
	}
	for _, p := range passes {
		if p == last {
			v.done(ctx, p, page, err)
		} else {
			p.Drop() // it has only pointed elsewhere
		}
	}
	return page, v.note(f, page, err)
}

// done tells politeness how the site has answered. What says nothing about the site does not count.
func (v *visit) done(ctx context.Context, p scrape.Pass, page scrape.Page, err error) {
	fault := scrape.AsFault(err)
	switch {
	case page.Status > 0:
		p.Done(ctx, page.Status, retryAfter(page, v.cfg.Clock.Now()))
	case fault != nil && (fault.Reason == scrape.ReasonUnreachable || fault.Reason == scrape.ReasonTimeout):
		p.Done(ctx, 0, 0)
	default:
		p.Drop()
	}
}

// render reads a page in the browser.
func (v *visit) render(ctx context.Context, u *url.URL) (scrape.Page, error) {
	if v.cfg.Renderer == nil {
		return scrape.Page{}, scrape.Fail(scrape.ReasonNoBrowser, "there is no browser on this machine")
	}
	pass, f, err := v.turn(ctx, u)
	f.Rendered = true
	if err != nil {
		return scrape.Page{}, v.note(f, scrape.Page{}, err)
	}
	ask := scrape.Render{URL: u.String(), Media: v.task.Media, Locale: v.task.Locale, Zone: v.task.Zone}
	page, err := v.cfg.Renderer.Render(ctx, ask)
	if fault := scrape.AsFault(err); fault != nil && fault.Reason == scrape.ReasonBrowser && ctx.Err() == nil {
		page, err = v.cfg.Renderer.Render(ctx, ask) // a browser that breaks down takes its other pages with it; the guilty one fails again
	}
	if err == nil {
		err = judge(page)
	}
	if err == nil {
		err = v.arrived(ctx, u, page)
	}
	v.done(ctx, pass, page, err)
	page.Took = v.cfg.Clock.Now().Sub(f.At)
	return page, v.note(f, page, err)
}

// arrived asks whether the page may be kept to which the browser was led: its redirects can't be asked about beforehand.
func (v *visit) arrived(ctx context.Context, asked *url.URL, page scrape.Page) error {
	final, err := url.Parse(page.URL)
	if err != nil || final.Host == asked.Host {
		return nil //nolint:nilerr // an address that is none is no other site's
	}
	if final.Scheme != "http" && final.Scheme != "https" {
		return scrape.Fail(scrape.ReasonUnreachable, "the site led the browser to something that is no page")
	}
	_, err = v.ask(ctx, final)
	return err
}

// note records a request and returns err.
func (v *visit) note(f scrape.Fetch, page scrape.Page, err error) error {
	f.Took = v.cfg.Clock.Now().Sub(f.At)
	f.Status, f.Bytes = page.Status, page.Bytes
	if page.URL != f.URL {
		f.FinalURL = page.URL
	}
	if fault := scrape.AsFault(err); fault != nil {
		f.Reason = fault.Reason
		if f.Status == 0 {
			f.Status = fault.Status
		}
	} else {
		sum := sha256.Sum256(page.Body)
		f.Hash = hex.EncodeToString(sum[:])
	}
	v.fetches = append(v.fetches, f)
	return err
}

// The statuses that are told apart (RFC 9110, 15).
const (
	statusFail       = 400
	statusTooMany    = 429
	statusAway       = 503
	longestRetry     = time.Hour
	shortPage        = 4 << 10
	maxRetryAfterLen = 40
)

// judge says what is wrong with a page that has come.
func judge(p scrape.Page) error {
	switch {
	case p.Status < statusFail && (len(p.Body) > shortPage || !challenged(p.Body)):
		return nil
	case challenged(p.Body):
		f := scrape.Fail(scrape.ReasonChallenge, "the site wants to see a person instead of showing its page")
		f.Status = p.Status
		return f
	case p.Status == statusTooMany || p.Status == statusAway:
		f := scrape.Fail(scrape.ReasonResting, "the site asks to be left alone for a while (%d)", p.Status)
		f.Status = p.Status
		return f
	default:
		f := scrape.Fail(scrape.ReasonStatus, "the site answers %d", p.Status)
		f.Status = p.Status
		return f
	}
}

// challenged reports marks that stand in browser checks only.
func challenged(body []byte) bool {
	text := strings.ToLower(string(body[:min(len(body), shortPage*4)]))
	for _, mark := range []string{
		"_cf_chl_opt", "cdn-cgi/challenge-platform", "_incapsula_resource", "captcha-delivery.com", "px-captcha",
		"awswafcookiedomainlist", "anubis_challenge", "sucuri_cloudproxy_js", ".well-known/sgcaptcha",
	} {
		if strings.Contains(text, mark) {
			return true
		}
	}
	return false
}

// retryAfter reads the pause that a site asks for: seconds, or a date (RFC 9110, 10.2.3).
func retryAfter(p scrape.Page, now time.Time) time.Duration {
	s := strings.TrimSpace(p.Header["retry-after"])
	if s == "" || len(s) > maxRetryAfterLen {
		return 0
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return min(longestRetry, time.Duration(max(0, min(n, int64(longestRetry/time.Second))))*time.Second)
	}
	for _, form := range []string{time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC} {
		if t, err := time.Parse(form, s); err == nil {
			return min(longestRetry, max(0, t.Sub(now)))
		}
	}
	return 0
}
