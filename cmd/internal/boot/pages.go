package boot

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/morket/morket/adapters/cache/rediscache"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/scrape/browser"
	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/adapters/scrape/extract/companywebsite"
	"github.com/morket/morket/adapters/scrape/extract/imprint"
	"github.com/morket/morket/adapters/scrape/extract/jobposting"
	"github.com/morket/morket/adapters/scrape/extract/page"
	"github.com/morket/morket/adapters/scrape/extract/profilepage"
	"github.com/morket/morket/adapters/scrape/fetch"
	"github.com/morket/morket/adapters/scrape/politeness"
	"github.com/morket/morket/adapters/scrape/robots"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/scrapecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Pages reads pages of the open web.
type Pages struct {
	*scrapecmd.Reader

	pool       *browser.Pool // nil without Chromium
	gate       *politeness.Gate
	extractors *extract.Registry
}

// PagesConfig is what pages are read with. Measure is around each request by plain HTTP and OnFetch is told of each page; both may be nil.
type PagesConfig struct {
	Settings config.Config
	Clock    kernel.Clock
	Logger   *slog.Logger
	Measure  func(http.RoundTripper) http.RoundTripper
	OnFetch  func(scrape.Fetch)
}

// webStandIn names the pages of this machine that stand in for the web, among the vendors' stand-ins.
const webStandIn = "web"

// robotsToken is the name by which sites address Morket in robots.txt.
const robotsToken = "Morket"

// NewPages makes it as the settings say. Chromium is started with the first page that needs it.
func NewPages(cfg PagesConfig) (*Pages, error) {
	s := cfg.Settings
	dial := safedial.Config{Allow: s.DialAllow, AllowPorts: s.ProviderURLs.Port(webStandIn), Resolver: safedial.NewResolver(s.DNSServer)}
	client := safedial.NewClient(dial)
	if cfg.Measure != nil {
		client.Transport = cfg.Measure(client.Transport)
	}
	agent := s.ScrapeAgent
	if agent == "" {
		agent = "Mozilla/5.0 (compatible; Morket/" + Version + "; +https://github.com/morket/morket)"
	}
	p := &Pages{}
	rules, err := robots.New(robots.Config{Client: client, Body: safedial.Body, Agent: agent, Token: robotsToken, Clock: cfg.Clock})
	if err != nil {
		return nil, err
	}
	if p.gate, err = newGate(s, cfg.Clock); err != nil {
		return nil, err
	}
	refused := func(err error) bool { return errors.Is(err, safedial.ErrRefused) }
	fetcher, err := fetch.New(fetch.Config{
		Client:  client,
		Body:    safedial.Body,
		Decode:  websiteprofile.Decode,
		Agent:   agent,
		Refused: refused,
		Clock:   cfg.Clock,
	})
	if err != nil {
		return nil, err
	}
	p.extractors, err = extract.NewRegistry(websiteprofile.Bound,
		page.Extractor{}, jobposting.Extractor{}, profilepage.Extractor{}, companywebsite.New(websiteprofile.Read, websiteprofile.Fields()),
		imprint.Extractor{})
	if err != nil {
		return nil, err
	}
	reader := scrapecmd.ReaderConfig{
		Fetcher: fetcher, Robots: rules, Gate: p.gate, Extractors: p.extractors, Clock: cfg.Clock, Logger: cfg.Logger, OnFetch: cfg.OnFetch,
	}
	p.pool, err = browser.New(browser.Config{
		Program: s.ChromiumBin,
		Dialer:  safedial.NewDialer(dial),
		Agent:   agent,
		Logger:  cfg.Logger,
		Size:    s.ScrapeContexts,
	})
	switch {
	case err == nil:
		reader.Renderer = p.pool
	case !errors.Is(err, browser.ErrMissing):
		return nil, err
	}
	p.Reader, err = scrapecmd.NewReader(reader)
	return p, err
}

func newGate(s config.Config, clock kernel.Clock) (*politeness.Gate, error) {
	rules := politeness.Default()
	if s.ScrapeRules != "" {
		var err error
		if rules, err = politeness.Load(s.ScrapeRules); err != nil {
			return nil, fmt.Errorf("MORKET_SCRAPE_RULES: %w", err)
		}
	}
	counter, err := politeness.NewMemory(clock)
	if err != nil {
		return nil, err
	}
	return politeness.New(politeness.Config{Rules: rules, Counter: counter, Clock: clock})
}

// counted counts pages.
func counted(m *telemetry.Metrics) func(scrape.Fetch) {
	return func(f scrape.Fetch) {
		outcome := "read"
		if f.Reason != "" {
			outcome = string(f.Reason)
		}
		m.Fetch(outcome, f.Rendered, f.Waited, f.Took)
	}
}

// share has all processes ask domains as one visitor, through Redis when there is one.
func (p *Pages) share(r *rediscache.Client) {
	if r != nil {
		p.gate.Share(func(own politeness.Counter) politeness.Counter { return politeness.NewShared(r, own) })
	}
}

// Close ends the browser.
func (p *Pages) Close() {
	if p != nil && p.pool != nil {
		p.pool.Close()
	}
}
