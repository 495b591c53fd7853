// Package emailfinder makes a person's work address of the name and the company's domain, by the pattern of the domain's addresses.
package emailfinder

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"slices"
	"strings"

	emailverifier "github.com/AfterShip/email-verifier"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "email_finder"

// Provider finds addresses. It asks no mail server whether an address exists, so what it finds is a guess, however likely: only another
// provider can verify it.
type Provider struct {
	dns   *lookup.DNS
	lists *emailverifier.Verifier
	split func(full string) (first, last string)
}

// New makes the provider; split takes a full name apart.
func New(dns *lookup.DNS, split func(full string) (first, last string)) *Provider {
	return &Provider{dns: dns, lists: emailverifier.NewVerifier(), split: split}
}

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label, doc string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText, Description: doc}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Email by pattern", Category: "person",
		Description: "Makes a work email of a person's name and a company's domain: by the pattern that verified addresses of the domain in " +
			"this workspace show, else by the most frequent ones. The domain must take mail; the address itself is not asked for, so it is a guess.",
		Inputs: []enrichment.Field{
			{Name: "domain", Label: "Domain", Type: enrichment.FieldText, Description: "Of the company; a website will do.", Required: true},
			text("first_name", "First name", ""), text("last_name", "Last name", ""),
			text("full_name", "Full name", "Instead of first and last name."),
			text("example", "A known address", "Of anybody at the company: its form tells the pattern where none is known."),
		},
		Outputs: []enrichment.Field{
			{Name: "email", Label: "Email", Type: enrichment.FieldEmail},
			text("pattern", "Pattern", "For example {first}.{last}"), text("basis", "Basis", "Where the pattern is from, in words."),
			{Name: "candidates", Label: "Candidates", Type: enrichment.FieldList, Description: "The likeliest first."},
			text("mx", "Takes mail", "yes, implicit, no or unknown"),
		},
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 32},
		Terms: "Runs here. The domain is asked for in DNS; names and addresses go nowhere.",
	}
}

const maxInput = 300 // bytes of each

// LearnsFrom implements enrichment.Learning.
func (p *Provider) LearnsFrom(in map[string]string) string {
	d, err := p.domain(in["domain"])
	if err != nil {
		return ""
	}
	return d
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	in := req.Inputs
	for _, v := range in {
		if len(v) > maxInput {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "an input is too long")
		}
	}
	domain, err := p.domain(in["domain"])
	if err != nil {
		return enrichment.Reply{}, err
	}
	first, last := in["first_name"], in["last_name"]
	if first == "" && last == "" {
		first, last = p.split(in["full_name"])
	}
	if first == "" && last == "" {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "give a first and a last name, or a full name")
	}
	k := knowledge(in, domain)
	list := k.rank(first, last)
	if len(list) == 0 {
		return enrichment.Reply{Missed: "the name can't be written in Latin letters"}, nil
	}
	mx, err := p.takesMail(ctx, domain)
	if err != nil {
		return enrichment.Reply{}, err
	}
	if mx == mxNo {
		return enrichment.Reply{Missed: domain + " takes no mail"}, nil
	}
	sure := list[0].likely * mx.factor()
	out := map[string]any{"email": list[0].local + "@" + domain, "pattern": string(list[0].pattern), "basis": k.basis, "mx": string(mx)}
	candidates := make([]string, len(list))
	for i, g := range list {
		candidates[i] = g.local + "@" + domain
	}
	out["candidates"] = candidates
	return enrichment.Reply{Outputs: out, Confidence: &sure}, nil
}

// domain takes a domain, a website or an address; free mail has no pattern of a company.
func (p *Provider) domain(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if at := strings.LastIndexByte(s, '@'); at >= 0 {
		s = s[at+1:]
	}
	if _, rest, ok := strings.Cut(s, "://"); ok {
		s = rest
	}
	s, _, _ = strings.Cut(s, "/")
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "www."), ":")
	d, ok := lookup.ASCII(s)
	if !ok || !strings.Contains(d, ".") {
		return "", enrichment.Fail(enrichment.CallBadInput, "this is not a domain")
	}
	if p.lists.IsFreeDomain(d) || p.lists.IsDisposable(d) {
		return "", enrichment.Fail(enrichment.CallBadInput, d+" gives addresses to everybody; it is not a company's domain")
	}
	return d, nil
}

// mx says whether a domain takes mail.
type mx string

const (
	mxYes      mx = "yes"
	mxImplicit mx = "implicit" // by its address, without naming a mail server (RFC 5321, 5.1)
	mxNo       mx = "no"
	mxUnknown  mx = "unknown"
)

// factor is what is left of a guess's likelihood by what is known of the mail servers.
func (m mx) factor() float64 {
	switch m {
	case mxYes:
		return 0.95
	case mxImplicit:
		return 0.6
	case mxNo:
		return 0
	default:
		return 0.7
	}
}

func (p *Provider) takesMail(ctx context.Context, domain string) (mx, error) {
	_, err := p.dns.MX(ctx, domain)
	switch {
	case err == nil:
		return mxYes, nil
	case errors.Is(err, lookup.ErrNullMX):
		return mxNo, nil
	case errors.Is(err, lookup.ErrUnreachable):
		return mxUnknown, nil
	case !errors.Is(err, lookup.ErrNone):
		return "", err
	}
	switch _, err = p.dns.Addresses(ctx, domain); {
	case err == nil:
		return mxImplicit, nil
	case errors.Is(err, lookup.ErrNone):
		return mxNo, nil
	case errors.Is(err, lookup.ErrUnreachable):
		return mxUnknown, nil
	default:
		return "", err
	}
}

// known is how likely each pattern is at a domain, and why.
type known struct {
	shares []enrichment.MailGuess
	basis  string
}

// The weight of the frequencies of all companies beside addresses of the domain, and that of an address whose name is not known.
const (
	priorWeight   = 2.0
	exampleWeight = 1.0
)

// knowledge sums up what is known of the domain's patterns.
func knowledge(in map[string]string, domain string) known {
	seen := enrichment.ParsePatterns(in[enrichment.PatternsSeen])
	counts, total := map[enrichment.MailPattern]float64{}, 0.0
	for p, n := range seen {
		counts[p] += float64(n)
		total += float64(n)
	}
	k := known{basis: "the most frequent patterns of companies"}
	if total > 0 {
		k.basis = fmt.Sprintf("verified addresses of %s in this workspace: %s", domain,
			strings.ReplaceAll(in[enrichment.PatternsSeen], "=", " × "))
	} else if shapes := shapesOf(in["example"], domain); len(shapes) > 0 {
		k.basis = "the form of the known address"
		for _, p := range shapes {
			counts[p] += exampleWeight * 4 / float64(len(shapes)) //nolint:mnd // an address outweighs the frequencies
		}
		total = exampleWeight * 4 //nolint:mnd // the same
	}
	for _, g := range enrichment.MailPatterns() {
		g.Share = (counts[g.Pattern] + priorWeight*g.Share) / (total + priorWeight)
		k.shares = append(k.shares, g)
	}
	slices.SortStableFunc(k.shares, func(a, b enrichment.MailGuess) int {
		switch {
		case a.Share > b.Share:
			return -1
		case a.Share < b.Share:
			return 1
		default:
			return 0
		}
	})
	return k
}

// shapesOf are the patterns that an address may be by, judged by its form alone; none where the form tells nothing.
func shapesOf(address, domain string) []enrichment.MailPattern {
	a, err := mail.ParseAddress(address)
	if err != nil {
		return nil
	}
	local, of, _ := strings.Cut(strings.ToLower(a.Address), "@")
	if of != domain {
		return nil
	}
	for _, sign := range []string{".", "_", "-"} {
		before, after, ok := strings.Cut(local, sign)
		switch {
		case !ok || before == "" || after == "" || strings.Contains(after, sign):
			continue
		case len(before) == 1:
			return []enrichment.MailPattern{enrichment.MailPattern("{f}" + sign + "{last}")}
		case len(after) == 1:
			return []enrichment.MailPattern{enrichment.MailPattern("{first}" + sign + "{l}")}
		default:
			return []enrichment.MailPattern{enrichment.MailPattern("{first}" + sign + "{last}")}
		}
	}
	return nil
}

// address is a guess at a person's address.
type address struct {
	local   string
	pattern enrichment.MailPattern
	likely  float64
}

const maxCandidates = 8

// rank makes the person's likeliest addresses. Patterns that make the same one share its likelihood.
func (k known) rank(first, last string) []address {
	var out []address
	for _, g := range k.shares {
		local, ok := g.Pattern.Fill(first, last)
		if !ok || local == "" {
			continue
		}
		if i := slices.IndexFunc(out, func(a address) bool { return a.local == local }); i >= 0 {
			out[i].likely += g.Share
			continue
		}
		out = append(out, address{local, g.Pattern, g.Share})
	}
	return out[:min(len(out), maxCandidates)]
}
