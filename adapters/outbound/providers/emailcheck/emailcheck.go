// Package emailcheck says how good an email address is: its syntax, whether its domain takes mail, whether it is disposable, free or a
// role, and what a mistyped domain was probably meant to be.
package emailcheck

import (
	"context"
	"net/netip"
	"strings"

	emailverifier "github.com/AfterShip/email-verifier"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
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
	inside   func(netip.Addr) bool
}

// New makes the provider. inside reports addresses that mail from outside can't reach (safedial.Inside).
func New(dns *lookup.DNS, inside func(netip.Addr) bool) *Provider {
	return &Provider{
		dns:      dns,
		inside:   inside,
		lists:    emailverifier.NewVerifier().DisableSMTPCheck().DisableGravatarCheck().DisableCatchAllCheck(),
		services: services(),
	}
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
			flag("syntax_ok", "Syntax is right"), text("mx", "Takes mail", "yes, implicit (an address, but no mail server is named), no or unknown"),
			text("mx_host", "Mail server", ""),
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
	a, fault := parse(req.Inputs["email"])
	if fault != "" {
		out := map[string]any{"status": "invalid", "reason": "this is not an email address: " + fault, "syntax_ok": false, "score": 0}
		return reply(out, 1, enrichment.ByInput), nil
	}
	out := map[string]any{
		"email": a.local + "@" + a.domain, "domain": a.domain, "syntax_ok": true, "disposable": p.disposable(a.domain),
		"free": p.lists.IsFreeDomain(a.domain), "role": p.role(a.local),
	}
	if s := p.suggest(a.domain); s != "" {
		out["suggestion"] = a.local + "@" + s
	}
	to, err := p.deliver(ctx, a.domain)
	if err != nil {
		return enrichment.Reply{}, err
	}
	out["mx"] = to.takes
	if to.host != "" {
		out["mx_host"] = to.host
	}
	v := conclude(a, to, out)
	out["status"], out["reason"], out["score"] = v.status, v.reason, v.score
	if to.takes == "unknown" {
		return reply(out, v.sure), nil
	}
	return reply(out, v.sure, enrichment.ByMX), nil
}

func reply(out map[string]any, confidence float64, by ...enrichment.Evidence) enrichment.Reply {
	return enrichment.Reply{Outputs: out, Confidence: &confidence, VerifiedBy: by}
}

// disposable looks for the domain and each one above it: services give away names below theirs.
func (p *Provider) disposable(domain string) bool {
	for strings.Contains(domain, ".") {
		if p.lists.IsDisposable(domain) {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// role looks at the local part without what follows a plus, which only sorts the mail.
func (p *Provider) role(local string) bool {
	name, _, _ := strings.Cut(strings.ToLower(strings.Trim(local, `"`)), "+")
	return p.lists.IsRoleAccount(name) || p.lists.IsRoleAccount(strings.NewReplacer("-", "", "_", "", ".", "").Replace(name))
}

// verdict is what the findings come to, and how sure that is.
type verdict struct {
	status, reason string
	score          int
	sure           float64
}

// conclude sums the findings up: the worst one decides, and the reason names it.
func conclude(a address, to delivery, out map[string]any) verdict {
	switch {
	case to.takes == "no":
		return verdict{"invalid", to.reason, 0, 0.95}
	case out["disposable"] == true:
		return verdict{"risky", "a disposable address", 10, 0.95}
	case a.mixed:
		return verdict{"risky", "it mixes the letters of several scripts, as imitations of an address do", 10, 0.9}
	case out["suggestion"] != nil:
		return verdict{"risky", "the domain looks mistyped", 30, 0.7}
	case to.takes == "unknown":
		return verdict{"unknown", "the syntax is right; DNS is not reachable or denies what exists, so the domain could not be checked", 50, 0.5}
	case a.quoted:
		return verdict{"risky", "the part before the @ is in quotes, which is allowed but which many services refuse", 40, 0.7}
	case a.utf8:
		return verdict{"risky", "the part before the @ needs mail servers that take other scripts (SMTPUTF8)", 50, 0.7}
	case out["role"] == true:
		return verdict{"risky", "a role, not a person", 60, 0.8}
	case to.takes == "implicit":
		return verdict{"valid", "the syntax is right; the domain names no mail server (MX), so mail goes to its own address", 65, 0.6}
	default:
		return verdict{"valid", "the syntax is right and the domain takes mail", 90, 0.85}
	}
}
