// Package domainfrom finds a company's internet domain: in an email address or a website, else by trying what its name suggests.
package domainfrom

import (
	"context"
	"errors"
	"strings"

	emailverifier "github.com/AfterShip/email-verifier"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "domain_from"

// Provider finds domains. Those guessed from a name are looked up in DNS; when DNS can't be reached the likeliest guess is given
// and marked as unverified.
type Provider struct {
	dns   *lookup.DNS
	lists *emailverifier.Verifier
	name  func(company string) (name, form string)
}

// New makes the provider. name takes the legal form off a company's name.
func New(dns *lookup.DNS, name func(string) (name, form string)) *Provider {
	return &Provider{dns: dns, lists: emailverifier.NewVerifier(), name: name}
}

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label, doc string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText, Description: doc}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Domain from email, website or company", Category: "company",
		Description: "Takes the domain out of a work email or website; from a company's name it tries likely domains and keeps one that " +
			"exists in DNS.",
		Inputs: []enrichment.Field{
			text("email", "Email", "A work address; free mail services are passed over."), text("website", "Website", ""),
			text("company", "Company", ""),
			text("country", "Country", "Two-letter code, for the guess's ending"),
		},
		Outputs: []enrichment.Field{
			{Name: "domain", Label: "Domain", Type: enrichment.FieldDomain},
			text("source", "Found in", "email, website or company name"),
			{Name: "verified", Label: "Exists in DNS", Type: enrichment.FieldBoolean},
			{Name: "candidates", Label: "Candidates", Type: enrichment.FieldList},
		},
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 32},
		Terms: "Runs here. Domains are asked for in DNS; email addresses and names go nowhere.",
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	in := req.Inputs
	if in["email"] == "" && in["website"] == "" && in["company"] == "" {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "give an email, a website or a company")
	}
	if d, ok := p.fromWebsite(in["website"]); ok {
		return found(d, "website", 0.95, nil), nil
	}
	if d, ok := p.fromEmail(in["email"]); ok {
		return found(d, "email", 0.9, nil), nil
	}
	if in["company"] == "" {
		return enrichment.Reply{}, nil
	}
	if d, ok := p.fromWebsite(in["company"]); ok && !strings.Contains(in["company"], " ") {
		return found(d, "company name", 0.8, nil), nil // "amazon.com"
	}
	return p.fromCompany(ctx, in["company"], in["country"])
}

func found(domain, source string, sure float64, verified *bool) enrichment.Reply {
	out := map[string]any{"domain": domain, "source": source}
	if verified != nil {
		out["verified"] = *verified
	}
	return enrichment.Reply{Outputs: out, Confidence: &sure, VerifiedBy: evidence(verified)}
}

// evidence is what speaks for a domain: the input that has it, or DNS, which was asked for one that was made up.
func evidence(verified *bool) []enrichment.Evidence {
	switch {
	case verified == nil:
		return []enrichment.Evidence{enrichment.ByInput}
	case *verified:
		return []enrichment.Evidence{enrichment.ByDNS}
	default:
		return nil
	}
}

// fromCompany tries what the name suggests, the likeliest first.
func (p *Provider) fromCompany(ctx context.Context, company, country string) (enrichment.Reply, error) {
	name, form := p.name(company)
	list := guesses(name, form, country)
	if len(list) == 0 {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "this is not a company's name")
	}
	candidates := make([]string, len(list))
	for i, g := range list {
		candidates[i] = g.domain
	}
	for _, g := range list {
		exists, err := p.exists(ctx, g.domain)
		if errors.Is(err, lookup.ErrUnreachable) {
			no := false
			r := found(candidates[0], "company name", unseen*list[0].likely, &no)
			r.Outputs["candidates"] = candidates
			return r, nil
		}
		if err != nil {
			return enrichment.Reply{}, err
		}
		if exists {
			yes := true
			r := found(g.domain, "company name", seen+(surest-seen)*g.likely, &yes)
			r.Outputs["candidates"] = candidates
			return r, nil
		}
	}
	return enrichment.Reply{}, nil
}

// Confidences of domains that were made of a name. The likelihoods were learnt on listed companies, whose domains are easier to guess than
// those of others, so a guess counts half of it. One that exists counts seen at least and surest at most: it may be somebody else's.
const (
	unseen = 0.5
	seen   = 0.4
	surest = 0.8
)

// exists reports whether the domain takes mail or has an address: a company's own domain does.
func (p *Provider) exists(ctx context.Context, domain string) (bool, error) {
	switch _, err := p.dns.MX(ctx, domain); {
	case err == nil || errors.Is(err, lookup.ErrNullMX):
		return true, nil
	case !errors.Is(err, lookup.ErrNone):
		return false, err
	}
	_, err := p.dns.Addresses(ctx, domain)
	if errors.Is(err, lookup.ErrNone) {
		return false, nil
	}
	return err == nil, err
}

// Candidates are the domains that a company's name suggests, the likeliest first, at most 8. Nothing is looked up. name takes the legal
// form off a name.
func Candidates(name func(string) (name, form string), company, country string) []string {
	bare, form := name(company)
	var out []string
	for _, g := range guesses(bare, form, country) {
		out = append(out, g.domain)
	}
	return out
}
