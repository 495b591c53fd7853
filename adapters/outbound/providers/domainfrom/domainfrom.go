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

// Provider finds domains. Those guessed from a name are looked up in DNS; when DNS can't be reached the likeliest guess is given with
// a confidence of 0.2 and marked as unverified.
type Provider struct {
	dns   *lookup.DNS
	lists *emailverifier.Verifier
	key   func(company string) (name, key string)
}

// New makes the provider. key reduces a company's name to its words without legal form and to one word for comparing.
func New(dns *lookup.DNS, key func(string) (name, key string)) *Provider {
	return &Provider{dns: dns, lists: emailverifier.NewVerifier(), key: key}
}

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label, doc string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText, Description: doc}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Domain from email, website or company", Category: "company",
		Description: "Takes the domain out of a work email or website; from a company's name it tries likely domains and keeps one that exists in DNS.",
		Inputs: []enrichment.Field{
			text("email", "Email", "A work address; free mail services are passed over."), text("website", "Website", ""), text("company", "Company", ""),
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
	candidates := p.candidates(company, country)
	if len(candidates) == 0 {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "this is not a company's name")
	}
	for i, c := range candidates {
		exists, err := p.exists(ctx, c)
		if errors.Is(err, lookup.ErrUnreachable) {
			no := false
			r := found(candidates[0], "company name", 0.2, &no)
			r.Outputs["candidates"] = candidates
			return r, nil
		}
		if err != nil {
			return enrichment.Reply{}, err
		}
		if exists {
			yes := true
			r := found(c, "company name", max(0.4, 0.75-0.1*float64(i)), &yes)
			r.Outputs["candidates"] = candidates
			return r, nil
		}
	}
	return enrichment.Reply{}, nil
}

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

const maxCandidates = 6

func (p *Provider) candidates(company, country string) []string {
	name, key := p.key(company)
	key = ascii(key)
	if key == "" || len(key) > 63 {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	add := func(label, tld string) {
		if d, ok := lookup.ASCII(label + "." + tld); ok && !seen[d] && len(out) < maxCandidates {
			seen[d] = true
			out = append(out, d)
		}
	}
	endings := []string{"com"}
	if tld := tldOf(country); tld != "" {
		endings = []string{tld, "com"}
	}
	for _, e := range endings {
		add(key, e)
	}
	words := strings.Fields(name)
	if len(words) > 1 {
		first := ascii(strings.ToLower(words[0]))
		if strings.EqualFold(words[0], "the") && len(words) > 2 {
			first = ascii(strings.ToLower(words[1]))
		}
		if len(first) > 3 {
			add(first, endings[0])
		}
		add(hyphenated(words), endings[0])
		if i := initials(words); len(i) > 2 {
			add(i, endings[0])
		}
	}
	add(key, "io")
	add(key, "org")
	return out
}

func tldOf(country string) string {
	switch c := strings.ToLower(strings.TrimSpace(country)); {
	case c == "us" || c == "usa" || len(c) != 2:
		return ""
	case c == "gb" || c == "uk":
		return "co.uk"
	default:
		return ascii(c)
	}
}

func ascii(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case r == 'ß':
			b.WriteString("ss")
		case r == 'ø':
			b.WriteString("o")
		case r == 'æ':
			b.WriteString("ae")
		}
	}
	return b.String()
}

func hyphenated(words []string) string {
	var parts []string
	for _, w := range words {
		if a := ascii(strings.ToLower(w)); a != "" {
			parts = append(parts, a)
		}
	}
	return strings.Join(parts, "-")
}

func initials(words []string) string {
	var b strings.Builder
	for _, w := range words {
		if a := ascii(strings.ToLower(w)); a != "" {
			b.WriteByte(a[0])
		}
	}
	return b.String()
}
