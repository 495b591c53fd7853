// Package emailcheck says how good an email address is: its syntax, whether its domain takes mail, whether it is disposable, free or a
// role, and what a mistyped domain was probably meant to be.
package emailcheck

import (
	"context"
	"errors"
	"net/mail"
	"strings"

	emailverifier "github.com/AfterShip/email-verifier"

	"github.com/morket/morket/adapters/providers/lookup"
	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "email_check"

// Provider checks addresses. The lists of disposable and free domains and of roles are those of AfterShip/email-verifier; nothing of
// it is used that opens a connection.
type Provider struct {
	dns      *lookup.DNS
	lists    *emailverifier.Verifier
	services []string
}

// New makes the provider.
func New(dns *lookup.DNS) *Provider {
	return &Provider{dns: dns, lists: emailverifier.NewVerifier().DisableSMTPCheck().DisableGravatarCheck().DisableCatchAllCheck(), services: services()}
}

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label, doc string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText, Description: doc}
	}
	flag := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldBoolean}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Email check", Category: "email",
		Description: "Checks an email address: syntax, mail servers of its domain, disposable, free and role addresses, typing errors.",
		Inputs:      []enrichment.Field{{Name: "email", Label: "Email", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{
			text("status", "Status", "valid, risky, invalid or unknown"), text("reason", "Reason", "why, in words"),
			{Name: "email", Label: "Clean email", Type: enrichment.FieldEmail},
			{Name: "domain", Label: "Domain", Type: enrichment.FieldDomain},
			flag("syntax_ok", "Syntax is right"), text("mx", "Takes mail", "yes, no or unknown"), text("mx_host", "Mail server", ""),
			flag("disposable", "Disposable"), flag("free", "Free mail service"), flag("role", "Role address"),
			{Name: "suggestion", Label: "Did you mean", Type: enrichment.FieldEmail},
			{Name: "score", Label: "Score 0 to 100", Type: enrichment.FieldNumber},
		},
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 64},
		Terms: "Runs here. The domain is asked for in DNS; the address itself goes nowhere.",
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	in := strings.TrimSpace(req.Inputs["email"])
	local, domain, ok := split(in)
	if !ok {
		return reply(map[string]any{"status": "invalid", "reason": "this is not an email address", "syntax_ok": false, "score": 0}, 1), nil
	}
	out := map[string]any{
		"email": local + "@" + domain, "domain": domain, "syntax_ok": true, "disposable": p.lists.IsDisposable(domain),
		"free": p.lists.IsFreeDomain(domain), "role": p.lists.IsRoleAccount(strings.ToLower(local)),
	}
	if s := p.suggest(domain); s != "" {
		out["suggestion"] = local + "@" + s
	}
	if err := p.mx(ctx, domain, out); err != nil {
		return enrichment.Reply{}, err
	}
	confidence := conclude(out)
	return reply(out, confidence), nil
}

func reply(out map[string]any, confidence float64) enrichment.Reply {
	return enrichment.Reply{Outputs: out, Confidence: &confidence}
}

// split takes an address apart. Quoted local parts and address literals exist by RFC 5321 but belong to no contact.
func split(s string) (local, domain string, ok bool) {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return "", "", false
	}
	at := strings.LastIndexByte(s, '@')
	local = s[:at]
	domain, ok = lookup.ASCII(s[at+1:])
	if !ok || len(local) > 64 || strings.ContainsAny(local, "\" \t,;:<>[]()\\") || strings.Contains(local, "..") {
		return "", "", false
	}
	return local, domain, true
}

// mx asks whether the domain takes mail: by MX, or by an address of its own (RFC 5321, 5.1).
func (p *Provider) mx(ctx context.Context, domain string, out map[string]any) error {
	hosts, err := p.dns.MX(ctx, domain)
	if errors.Is(err, lookup.ErrNone) {
		if _, aerr := p.dns.Addresses(ctx, domain); aerr == nil {
			hosts, err = []string{domain}, nil
		} else {
			err = aerr
		}
	}
	switch {
	case err == nil:
		out["mx"], out["mx_host"] = "yes", hosts[0]
	case errors.Is(err, lookup.ErrNone):
		out["mx"] = "no"
	case errors.Is(err, lookup.ErrUnreachable):
		out["mx"] = "unknown"
	default:
		return err
	}
	return nil
}

// conclude sums the findings up and says how sure the verdict is.
func conclude(out map[string]any) float64 {
	set := func(status, reason string, score int, sure float64) float64 {
		out["status"], out["reason"], out["score"] = status, reason, score
		return sure
	}
	switch {
	case out["mx"] == "no":
		return set("invalid", "the domain takes no mail", 0, 0.95)
	case out["disposable"] == true:
		return set("risky", "a disposable address", 10, 0.95)
	case out["suggestion"] != nil:
		return set("risky", "the domain looks mistyped", 30, 0.7)
	case out["mx"] == "unknown":
		return set("unknown", "the syntax is right; DNS is not reachable or denies what exists, so the domain could not be checked", 50, 0.5)
	case out["role"] == true:
		return set("risky", "a role, not a person", 60, 0.8)
	default:
		return set("valid", "the syntax is right and the domain takes mail", 90, 0.85)
	}
}
