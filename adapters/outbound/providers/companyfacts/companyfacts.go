// Package companyfacts reads what a company must say of itself on its own site: legal name, postal address, numbers in registers and for
// tax. It reads the first page, and the imprint or legal notice that it leads to.
package companyfacts

import (
	"context"
	"slices"
	"time"

	"github.com/morket/morket/adapters/outbound/providers/scrapepage"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/scrape"
)

// Slug names the provider.
const Slug = "company_facts"

// Provider reads pages through the scraper.
type Provider struct{ reader scrapepage.Reader }

// New makes the provider.
func New(reader scrapepage.Reader) *Provider { return &Provider{reader} }

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Company facts", Category: "company",
		Description: "Reads a company's own site and its imprint or legal notice: legal name, postal address, numbers in the trade register " +
			"and for VAT, phone, email, employees and year of founding where they are stated. Numbers count only with right check digits.",
		Inputs: []enrichment.Field{{Name: "website", Label: "Website or domain", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{
			text("legal_name", "Legal name"), text("address", "Postal address"), text("street", "Street"), text("postal_code", "Postal code"),
			text("city", "City"), text("country", "Country"),
			text("vat_id", "VAT number"), text("registration_number", "Registration number"), text("register", "Register"),
			{Name: "phone", Label: "Phone", Type: enrichment.FieldPhone},
			{Name: "email", Label: "Email", Type: enrichment.FieldEmail},
			{Name: "employees", Label: "Employees", Type: enrichment.FieldNumber},
			{Name: "founded", Label: "Founded in", Type: enrichment.FieldNumber},
			{Name: "url", Label: "Where it stands", Type: enrichment.FieldURL},
		},
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 16},
		Terms: "Reads up to three public pages of the site under Morket's own name, as often as is polite and where robots.txt allows it.",
	}
}

const (
	maxPages = 3
	within   = 25 * time.Second // of all pages: less than a call may take, so that what is known by then is told
)

// Call implements enrichment.Caller. The page that is made to say who the company is comes before the first page, and what it leaves out is
// taken from there.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ask := func(url string) scrape.Outcome {
		return p.reader.Read(ctx, req.Workspace, scrape.Task{URL: url, Target: scrape.TargetImprint, Within: within})
	}
	home := ask(req.Inputs["website"])
	if home.Fault != nil {
		return scrapepage.Failed(home.Fault)
	}
	found := []map[string]any{home.Extract.Fields}
	source := home.Page.URL
	more, _ := home.Extract.Fields["legal_pages"].([]string)
	for _, url := range more[:min(len(more), maxPages-1)] {
		if whole(found) {
			break
		}
		if out := ask(url); out.Fault == nil && out.Extract.Fields["legal_name"] != nil {
			found = slices.Insert(found, len(found)-1, out.Extract.Fields)
			if len(found) == 2 { //nolint:mnd // the first besides the home page
				source = out.Page.URL
			}
		}
	}
	return p.reply(found, source), nil
}

// whole reports that nothing is left to look for.
func whole(found []map[string]any) bool {
	for _, name := range []string{"legal_name", "address", "registration_number"} {
		if !slices.ContainsFunc(found, func(f map[string]any) bool { return f[name] != nil }) {
			return false
		}
	}
	return true
}

// reply takes each fact from the first page that has it. The parts of an address are of one page.
func (p *Provider) reply(found []map[string]any, source string) enrichment.Reply {
	reply := enrichment.Reply{Outputs: map[string]any{}, SourceURL: source, VerifiedBy: []enrichment.Evidence{enrichment.ByPage}}
	address := slices.IndexFunc(found, func(f map[string]any) bool { return f["address"] != nil })
	for _, f := range p.Describe().Outputs {
		switch f.Name {
		case "street", "postal_code", "city":
			if address >= 0 && found[address][f.Name] != nil {
				reply.Outputs[f.Name] = found[address][f.Name]
			}
			continue
		case "url":
			continue
		}
		for _, page := range found {
			if page[f.Name] != nil {
				reply.Outputs[f.Name] = page[f.Name]
				break
			}
		}
	}
	if len(reply.Outputs) == 0 || len(reply.Outputs) == 1 && reply.Outputs["country"] != nil {
		return enrichment.Reply{Missed: "the site does not say who the company is"}
	}
	reply.Outputs["url"] = source
	return reply
}
