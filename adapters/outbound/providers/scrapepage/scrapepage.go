// Package scrapepage asks the scraper for a page: what it says, the job that it advertises, or the person that it is of.
package scrapepage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// Slug names the provider.
const Slug = "scrape_page"

// Reader does tasks of scraping.
type Reader interface {
	Read(ctx context.Context, ws kernel.WorkspaceID, t scrape.Task) scrape.Outcome
}

// Provider reads pages through the scraper.
type Provider struct{ reader Reader }

// New makes the provider.
func New(reader Reader) *Provider { return &Provider{reader} }

// Config is a step's config.
type Config struct {
	Target scrape.Target `json:"target"` // page when empty
	Mode   scrape.Mode   `json:"mode"`   // auto when empty
}

const schema = `{"type":"object","additionalProperties":false,"properties":{
"target":{"type":"string","enum":["page","job_posting","profile_page"],"default":"page","description":"What is looked for on the page"},
"mode":{"type":"string","enum":["auto","never","always"],"default":"auto",
  "description":"When the browser is used: when the page needs it, never, or always"}}}`

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	field := func(kind enrichment.FieldType, pairs ...string) (out []enrichment.Field) {
		for i := 0; i+1 < len(pairs); i += 2 {
			out = append(out, enrichment.Field{Name: pairs[i], Label: pairs[i+1], Type: kind})
		}
		return out
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Web page", Category: "web", ConfigSchema: json.RawMessage(schema),
		Description: "Reads any public page, in a browser when its scripts make it: readable text, links and what it says of itself; a job " +
			"that it advertises; the person that it is of.",
		Inputs: []enrichment.Field{{Name: "url", Label: "Address of the page", Type: enrichment.FieldText, Required: true}},
		Outputs: slices.Concat(
			field(enrichment.FieldText, "title", "Title", "description", "Description", "text", "Readable text", "language", "Language", "site_name",
				"Name of the site", "author", "Author", "published_at", "Published",
				"modified_at", "Changed", "company", "Company", "location", "Location", "employment_type", "Employment", "salary_currency",
				"Currency of the salary", "salary_unit", "Salary per", "posted_at", "Job posted",
				"valid_through", "Job open until", "identifier", "Number of the job", "industry", "Industry", "skills", "Skills", "name",
				"Name of the person", "first_name", "First name", "last_name", "Last name",
				"job_title", "Job title", "bio", "About the person"),
			field(enrichment.FieldURL, "url", "Address", "canonical", "Canonical address", "image", "Picture", "company_url", "Company's website",
				"website", "Person's website"),
			field(enrichment.FieldEmail, "email", "Email"), field(enrichment.FieldPhone, "phone", "Phone"),
			field(enrichment.FieldNumber, "words", "Words", "salary_min", "Salary from", "salary_max", "Salary to"),
			field(enrichment.FieldBoolean, "remote", "Remote"),
			field(enrichment.FieldList, "links", "Links", "headings", "Headings", "emails", "Emails", "feeds", "Feeds", "profiles", "Profiles"),
			field(enrichment.FieldObject, "open_graph", "OpenGraph", "json_ld", "JSON-LD", "locations", "Locations"),
		),
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 16},
		Terms: "Reads public pages under Morket's own name, as often as is polite and where robots.txt allows it. It signs in nowhere and " +
			"works around nothing.",
	}
}

func parse(raw json.RawMessage) (Config, error) {
	c := Config{Target: scrape.TargetPage, Mode: scrape.ModeAuto}
	if len(raw) == 0 {
		return c, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, errors.New("the config is not what its schema says")
	}
	if !slices.Contains([]scrape.Target{scrape.TargetPage, scrape.TargetJob, scrape.TargetProfile}, c.Target) {
		return c, fmt.Errorf("no target is called %q", kernel.Shorten(string(c.Target)))
	}
	if !slices.Contains([]scrape.Mode{scrape.ModeAuto, scrape.ModeNever, scrape.ModeAlways}, c.Mode) {
		return c, fmt.Errorf("no mode is called %q", kernel.Shorten(string(c.Mode)))
	}
	return c, nil
}

// CheckConfig implements enrichment.Configurable.
func (*Provider) CheckConfig(config json.RawMessage) ([]enrichment.Field, error) {
	_, err := parse(config)
	return nil, err
}

// within is how long a page may take: less than a call may, so that what is known by then is told.
const within = 25 * time.Second

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	cfg, err := parse(req.Config)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	out := p.reader.Read(ctx, req.Workspace, scrape.Task{URL: req.Inputs["url"], Target: cfg.Target, Mode: cfg.Mode, Within: within})
	if out.Fault != nil {
		return Failed(out.Fault)
	}
	reply := enrichment.Reply{Outputs: map[string]any{}, SourceURL: out.Page.URL, VerifiedBy: []enrichment.Evidence{enrichment.ByPage}}
	outputs := p.Describe().Outputs
	for name, v := range out.Extract.Fields {
		if f, known := enrichment.FieldOf(outputs, name); known && v != nil {
			reply.Outputs[name] = shaped(f.Type, v)
		}
	}
	if len(reply.Outputs) == 0 || len(reply.Outputs) == 1 && reply.Outputs["url"] != nil {
		return enrichment.Reply{Missed: strings.Join(out.Extract.Reasons, "; ")}, nil
	}
	return reply, nil
}

// shaped writes lists of objects as lists of the texts that count in them.
func shaped(t enrichment.FieldType, v any) any {
	list, ok := v.([]any)
	if t != enrichment.FieldList || !ok {
		return v
	}
	out := make([]string, 0, len(list))
	for _, e := range list {
		m, _ := e.(map[string]any)
		for _, name := range []string{"url", "text"} {
			if s, _ := m[name].(string); s != "" {
				out = append(out, s)
				break
			}
		}
	}
	return out
}

// again is when another try makes sense where nothing else is known.
const again = 10 * time.Second

// Failed says what a fault means to a run. A site that is ill is no fault of the provider.
func Failed(f *scrape.Fault) (enrichment.Reply, error) {
	var kind enrichment.CallKind
	switch f.Reason {
	case scrape.ReasonChallenge:
		return enrichment.Reply{Missed: f.Message}, nil
	case scrape.ReasonBadAddress, scrape.ReasonRobots, scrape.ReasonNotPage, scrape.ReasonNoBrowser:
		kind = enrichment.CallBadInput
	case scrape.ReasonStatus:
		kind = enrichment.CallUnreachable
		if f.Status == 404 || f.Status == 410 { //nolint:mnd // RFC 9110: not found, gone
			kind = enrichment.CallBadInput
		}
	case scrape.ReasonResting, scrape.ReasonRobotsAway, scrape.ReasonBusy, scrape.ReasonNoProxy:
		return enrichment.Reply{}, &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: f.Message, RetryAfter: max(f.Retry, again)}
	case scrape.ReasonUnreachable, scrape.ReasonTimeout:
		kind = enrichment.CallUnreachable
	case scrape.ReasonCancelled:
		kind = enrichment.CallTimeout
	default:
		kind = enrichment.CallFailed
	}
	return enrichment.Reply{}, enrichment.Fail(kind, f.Message)
}
