// Package techdetect tells what a website is made with: from its page, headers and cookies, and from the domain's DNS.
package techdetect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "tech_detect"

// Provider detects products by signatures of its own.
type Provider struct {
	fetch    func(ctx context.Context, website string) (websiteprofile.Site, error)
	dns      *lookup.DNS
	products []product
}

// New makes the provider. Its signatures are a part of the program, so that they don't read is an error of it.
func New(fetch func(ctx context.Context, website string) (websiteprofile.Site, error), dns *lookup.DNS) (*Provider, error) {
	products, err := parseSignatures(signatureText)
	if err != nil {
		return nil, fmt.Errorf("the signatures of products: %w", err)
	}
	return &Provider{fetch: fetch, dns: dns, products: products}, nil
}

// own are the categories that have an output of their own: that of the first product found.
func own() map[string]string {
	return map[string]string{
		"cms":                  "cms",
		"site builder":         "cms",
		"ecommerce":            "ecommerce",
		"crm":                  "crm",
		"marketing automation": "marketing",
		"chat":                 "chat",
		"payments":             "payments",
		"hosting":              "hosting",
		"cdn":                  "cdn",
		"email":                "email",
	}
}

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	list := func(name, label, doc string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldList, Description: doc}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Technology detection", Category: "company",
		Description: "Tells which of some 260 products a website uses: shops, content management, analytics, advertising, marketing, chat, " +
			"payments, hosting, mail and more. Reads the page, its headers and cookies, and the domain's DNS.",
		Inputs: []enrichment.Field{{
			Name:        "website",
			Label:       "Website",
			Type:        enrichment.FieldText,
			Description: "An address or a domain.",
			Required:    true,
		}},
		Outputs: []enrichment.Field{
			list("technologies", "Technologies", "The names of the products."), list("categories", "Categories", ""),
			list("analytics", "Analytics", ""), list("advertising", "Advertising", ""), text("cms", "Content management"), text("ecommerce", "Shop"),
			text("crm", "CRM"),
			text("marketing", "Marketing"), text("chat", "Chat"), text("payments", "Payments"), text("hosting", "Hosting"), text("cdn", "CDN"),
			text("email", "Mail"),
			{Name: "evidence", Label: "Evidence", Type: enrichment.FieldObject, Description: "By product: what tells it."},
		},
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 16},
		Terms: "Reads one public page of the site under Morket's own name, and asks DNS for the domain.",
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	site, err := p.fetch(ctx, req.Inputs["website"])
	if err != nil {
		return enrichment.Reply{}, err
	}
	seen := look(site)
	by := []enrichment.Evidence{enrichment.ByPage}
	asked, err := p.lookUp(ctx, site.URL.Hostname(), seen)
	if err != nil {
		return enrichment.Reply{}, err
	}
	if asked {
		by = append(by, enrichment.ByDNS)
	}
	found := p.detect(seen)
	if len(found) == 0 {
		return enrichment.Reply{Missed: cmpOr(site.Missed, "the page uses none of the products that are known")}, nil
	}
	sure := 0.9
	return enrichment.Reply{Outputs: outputs(found), Confidence: &sure, SourceURL: site.URL.String(), VerifiedBy: by}, nil
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// lookUp adds what DNS has of the domain; false if it can't be reached, which leaves the page's own marks.
func (p *Provider) lookUp(ctx context.Context, host string, seen sights) (bool, error) {
	domain, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return false, nil //nolint:nilerr // an IP address has no DNS
	}
	for place, ask := range map[place]func(context.Context, string) ([]string, error){inMX: p.dns.MX, inNS: p.dns.NS, inTXT: p.dns.TXT} {
		records, err := ask(ctx, domain)
		switch {
		case errors.Is(err, lookup.ErrNone):
		case errors.Is(err, lookup.ErrUnreachable):
			return false, nil
		case err != nil:
			return false, err
		}
		for _, r := range records {
			seen.add(place, r)
		}
	}
	return true, nil
}

// finding is a product that was found, and by what.
type finding struct {
	product
	by string
}

// detect finds the products, in the order of the signatures.
func (p *Provider) detect(seen sights) []finding {
	var out []finding
	for _, candidate := range p.products {
		for _, m := range candidate.marks {
			if seen.has(m) {
				out = append(out, finding{candidate, m.describe()})
				break
			}
		}
	}
	return out
}

func (m mark) describe() string {
	words := map[place]string{
		inAsset:  "loads",
		inScript: "script has",
		inHTML:   "page has",
		inMeta:   "generator is",
		inCookie: "sets cookie",
		inMX:     "mail goes to",
		inNS:     "name server",
		inTXT:    "DNS text has",
	}
	if m.place == inHeader {
		if m.text == "" {
			return "header " + m.name
		}
		return "header " + m.name + ": " + m.text
	}
	return words[m.place] + " " + m.text
}

func outputs(found []finding) map[string]any {
	var names, categories []string
	evidence := map[string]any{}
	lists := map[string][]string{}
	out := map[string]any{}
	for _, f := range found {
		names = append(names, f.name)
		evidence[f.name] = f.by
		if !slices.Contains(categories, f.category) {
			categories = append(categories, f.category)
		}
		lists[f.category] = append(lists[f.category], f.name)
		if output, has := own()[f.category]; has && out[output] == nil {
			out[output] = f.name
		}
	}
	for _, category := range []string{"analytics", "advertising"} {
		if l := lists[category]; len(l) > 0 {
			out[category] = l
		}
	}
	slices.Sort(names)
	slices.Sort(categories)
	out["technologies"], out["categories"], out["evidence"] = names, categories, evidence
	return out
}

// sights are what is looked at, in lower case, by place; headers by their name.
type sights map[string][]string

func (s sights) add(p place, text string) {
	s[string(p)] = append(s[string(p)], strings.ToLower(text))
}

func (s sights) has(m mark) bool {
	switch m.place {
	case inHeader:
		values, there := s["header "+m.name]
		return there && slices.ContainsFunc(values, func(v string) bool { return strings.Contains(v, m.text) })
	case inMeta, inCookie:
		return slices.ContainsFunc(s[string(m.place)], func(v string) bool { return strings.HasPrefix(v, m.text) })
	case inMX, inNS:
		return slices.ContainsFunc(s[string(m.place)], func(v string) bool {
			return strings.HasSuffix(v, m.text) || strings.HasPrefix(m.text, ".") && v == m.text[1:] ||
				strings.HasSuffix(m.text, "-") && strings.Contains(v, m.text)
		})
	default:
		return slices.ContainsFunc(s[string(m.place)], func(v string) bool { return strings.Contains(v, m.text) })
	}
}
