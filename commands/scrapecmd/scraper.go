package scrapecmd

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Fetcher reads pages by plain HTTP, with any status. Errors are *scrape.Fault.
type Fetcher interface {
	// Fetch reads the page; hop is asked before each redirect is followed and may refuse it.
	Fetch(ctx context.Context, u *url.URL, hop func(*url.URL) error) (scrape.Page, error)
}

// Renderer reads pages in a browser. Errors are *scrape.Fault.
type Renderer interface {
	Render(ctx context.Context, r scrape.Render) (scrape.Page, error)
}

// Robots says what robots.txt allows.
type Robots interface {
	Check(ctx context.Context, u *url.URL) (scrape.Verdict, error)
}

// Gate lets requests through when it is polite.
type Gate interface {
	// Wait waits until the address may be asked for, at most so long. Errors are *scrape.Fault.
	Wait(ctx context.Context, ws kernel.WorkspaceID, u *url.URL, delay, most time.Duration) (scrape.Pass, error)
	IgnoresRobots(u *url.URL) bool
	// Domain is the domain whose rate counts for the address.
	Domain(u *url.URL) string
}

// Extractors find what is looked for on pages.
type Extractors interface {
	// Look parses a page.
	Look(p scrape.Page) scrape.Look
	// Version is that of the target's extractor; 0 for an unknown target.
	Version(t scrape.Target) int
}

// ReaderConfig is what a Reader needs. Renderer is nil where there is no browser.
type ReaderConfig struct {
	Fetcher    Fetcher
	Renderer   Renderer
	Robots     Robots
	Gate       Gate
	Extractors Extractors
	Clock      kernel.Clock
	Logger     *slog.Logger
	Task       time.Duration // a task may take; 60 s when 0
	// OnFetch is told of each request, for metrics; may be nil.
	OnFetch func(scrape.Fetch)
}

// DefaultTask is how long a task may take.
const DefaultTask = time.Minute

// Reader does tasks: it reads a page politely, by plain HTTP first, and finds what is looked for.
type Reader struct{ cfg ReaderConfig }

// NewReader makes a reader.
func NewReader(cfg ReaderConfig) (*Reader, error) {
	if cfg.Fetcher == nil || cfg.Robots == nil || cfg.Gate == nil || cfg.Extractors == nil || cfg.Clock == nil || cfg.Logger == nil {
		return nil, errors.New("reading pages needs a fetcher, robots.txt, politeness, extractors, a clock and a logger")
	}
	if cfg.Task <= 0 {
		cfg.Task = DefaultTask
	}
	return &Reader{cfg}, nil
}

// Known reports whether there is an extractor for the target.
func (r *Reader) Known(t scrape.Target) bool { return r.cfg.Extractors.Version(t) > 0 }

// Read does a task for a workspace, within the time of a task.
func (r *Reader) Read(ctx context.Context, ws kernel.WorkspaceID, t scrape.Task) scrape.Outcome {
	if t.Within <= 0 {
		t.Within = r.cfg.Task
	}
	ctx, cancel := context.WithTimeout(ctx, t.Within)
	defer cancel()
	v := &visit{Reader: r, workspace: ws, task: t, began: r.cfg.Clock.Now(), robots: map[string]scrape.Verdict{}}
	page, err := v.read(ctx)
	out := scrape.Outcome{Fetches: v.fetches, Notes: v.reasons, Fault: scrape.AsFault(err)}
	if err == nil {
		found, err := v.look(page).Extract(t.Target)
		if err != nil {
			return scrape.Outcome{Fetches: v.fetches, Fault: scrape.AsFault(err)}
		}
		found.Reasons = append(slices.Clone(v.reasons), found.Reasons...)
		out.Page, out.Extract = &page, &found
	}
	r.tell(ctx, ws, out)
	return out
}

// tell says how a task ended, for operators.
func (r *Reader) tell(ctx context.Context, ws kernel.WorkspaceID, out scrape.Outcome) {
	for _, f := range out.Fetches {
		if r.cfg.OnFetch != nil {
			r.cfg.OnFetch(f)
		}
		level := slog.LevelInfo
		if f.Reason == scrape.ReasonInternal || f.Reason == scrape.ReasonBrowser {
			level = slog.LevelWarn
		}
		r.cfg.Logger.LogAttrs(ctx, level, "fetch", slog.String("workspace_id", string(ws)), slog.String("domain", f.Domain),
			slog.Int("status", f.Status), slog.String("robots", string(f.Robots)),
			slog.Bool("rendered", f.Rendered), slog.Int64("bytes", f.Bytes), slog.Duration("waited", f.Waited), slog.Duration("took", f.Took),
			slog.String("reason", string(f.Reason)))
	}
	if out.Fault != nil && out.Fault.Unwrap() != nil {
		r.cfg.Logger.LogAttrs(ctx, slog.LevelDebug, "a page could not be read", slog.String("workspace_id", string(ws)),
			slog.Any("error", out.Fault))
	}
}
