// Package dnsfacts tells what a domain's DNS records say: its mail hosts, the protection of its mail, its hosting.
package dnsfacts

import (
	"context"
	"errors"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "dns_facts"

// Provider asks DNS.
type Provider struct{ dns *lookup.DNS }

// New makes the provider.
func New(dns *lookup.DNS) *Provider { return &Provider{dns} }

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	list := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldList}
	}
	flag := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldBoolean}
	}
	return enrichment.Provider{
		Slug:        Slug,
		Name:        "DNS facts",
		Category:    "company",
		Description: "Reads a domain's DNS records: mail vendor, SPF, DMARC, name servers, addresses, services that have verified the domain.",
		Inputs:      []enrichment.Field{{Name: "domain", Label: "Domain", Type: enrichment.FieldDomain, Required: true}},
		Outputs: []enrichment.Field{
			text("mail_vendor", "Mail vendor"), list("mx", "Mail servers"), flag("takes_mail", "Takes mail"), text("spf", "SPF record"),
			flag("has_spf", "Has SPF"),
			text("dmarc", "DMARC record"), text("dmarc_policy", "DMARC policy"), flag("has_dmarc", "Has DMARC"), list("nameservers", "Name servers"),
			text("dns_vendor", "DNS vendor"), list("addresses", "Addresses"), list("services", "Services verified in DNS"),
		},
		Auth:       enrichment.AuthNone,
		Idempotent: true,
		Limits:     enrichment.RateLimits{Concurrency: 32},
		Terms:      "Runs here. The domain is asked for in DNS.",
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	in := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(req.Inputs["domain"]), "https://"), "http://")
	in, _, _ = strings.Cut(in, "/")
	domain, ok := lookup.ASCII(in)
	if !ok {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "this is not a domain")
	}
	var r records
	for _, q := range []struct {
		into *[]string
		ask  func(context.Context, string) ([]string, error)
		name string
	}{
		{&r.mx, p.dns.MX, domain},
		{&r.txt, p.dns.TXT, domain},
		{&r.ns, p.dns.NS, domain},
		{&r.ip, p.dns.Addresses, domain},
		{&r.dmarc, p.dns.TXT, "_dmarc." + domain},
	} {
		values, err := q.ask(ctx, q.name)
		switch {
		case errors.Is(err, lookup.ErrNone):
		case errors.Is(err, lookup.ErrUnreachable):
			return enrichment.Reply{}, lookup.Unreachable()
		case err != nil:
			return enrichment.Reply{}, err
		}
		*q.into = values
	}
	if len(r.mx)+len(r.txt)+len(r.ns)+len(r.ip) == 0 {
		return enrichment.Reply{}, nil // there is no such domain
	}
	sure := 1.0
	return enrichment.Reply{Outputs: r.facts(), Confidence: &sure, VerifiedBy: []enrichment.Evidence{enrichment.ByDNS}}, nil
}

type records struct{ mx, txt, ns, ip, dmarc []string }

func (r records) facts() map[string]any {
	out := map[string]any{"takes_mail": len(r.mx) > 0, "has_spf": false, "has_dmarc": false}
	for name, list := range map[string][]string{"mx": r.mx, "nameservers": r.ns, "addresses": r.ip} {
		if len(list) > 0 {
			out[name] = list
		}
	}
	if len(r.mx) > 0 {
		out["mail_vendor"] = vendor(r.mx[0], mailVendors())
	}
	if len(r.ns) > 0 {
		out["dns_vendor"] = vendor(r.ns[0], dnsVendors())
	}
	if spf, ok := record(r.txt, "v=spf1"); ok {
		out["has_spf"], out["spf"] = true, spf
	}
	if dmarc, ok := record(r.dmarc, "v=DMARC1"); ok {
		out["has_dmarc"], out["dmarc"] = true, dmarc
		if policy := tag(dmarc, "p"); policy != "" {
			out["dmarc_policy"] = policy
		}
	}
	if s := services(r.txt); len(s) > 0 {
		out["services"] = s
	}
	return out
}

const maxRecord = 1000

func record(list []string, prefix string) (string, bool) {
	for _, s := range list {
		if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
			return strings.ToValidUTF8(s[:min(len(s), maxRecord)], ""), true
		}
	}
	return "", false
}

// tag reads a tag of a DMARC record (RFC 7489, 6.4).
func tag(s, name string) string {
	for _, part := range strings.Split(s, ";") {
		if k, v, ok := strings.Cut(part, "="); ok && strings.EqualFold(strings.TrimSpace(k), name) {
			return strings.ToLower(strings.TrimSpace(v))
		}
	}
	return ""
}

// vendor names the operator of a host; hosts of unknown operators are named by their last two labels.
func vendor(host string, known [][2]string) string {
	for _, v := range known {
		if host == strings.TrimPrefix(v[0], ".") || strings.HasSuffix(host, v[0]) {
			return v[1]
		}
	}
	labels := strings.Split(host, ".")
	return strings.Join(labels[max(0, len(labels)-2):], ".")
}

func mailVendors() [][2]string {
	return [][2]string{
		{".google.com", "Google Workspace"},
		{".googlemail.com", "Google Workspace"},
		{".mail.protection.outlook.com", "Microsoft 365"},
		{".mx.microsoft", "Microsoft 365"},
		{".outlook.com", "Microsoft"},
		{".pphosted.com", "Proofpoint"},
		{".ppe-hosted.com", "Proofpoint"},
		{".mimecast.com", "Mimecast"},
		{".barracudanetworks.com", "Barracuda"},
		{".iphmx.com", "Cisco Secure Email"},
		{".messagelabs.com", "Symantec"},
		{".zoho.com", "Zoho"},
		{".zoho.eu", "Zoho"},
		{".amazonaws.com", "Amazon SES"},
		{".protonmail.ch", "Proton"},
		{".fastmail.com", "Fastmail"},
		{".messagingengine.com", "Fastmail"},
		{".yandex.net", "Yandex"},
		{".mailgun.org", "Mailgun"},
		{".sendgrid.net", "SendGrid"},
		{".ovh.net", "OVHcloud"},
		{".kundenserver.de", "IONOS"},
		{".ionos.de", "IONOS"},
		{".ionos.com", "IONOS"},
		{".secureserver.net", "GoDaddy"},
		{".hornetsecurity.com", "Hornetsecurity"},
		{".icloud.com", "Apple iCloud"},
		{".rackspace.com", "Rackspace"},
		{".emailsrvr.com", "Rackspace"},
		{".cloudflare.net", "Cloudflare"},
	}
}

func dnsVendors() [][2]string {
	return [][2]string{
		{".ns.cloudflare.com", "Cloudflare"},
		{".cloudflare.com", "Cloudflare"},
		{".googledomains.com", "Google"},
		{".google.com", "Google"},
		{".azure-dns.com", "Microsoft Azure"},
		{".azure-dns.net", "Microsoft Azure"},
		{".domaincontrol.com", "GoDaddy"},
		{".ultradns.net", "UltraDNS"},
		{".ultradns.com", "UltraDNS"},
		{".akam.net", "Akamai"},
		{".nsone.net", "NS1"},
		{".dnsimple.com", "DNSimple"},
		{".registrar-servers.com", "Namecheap"},
		{".ovh.net", "OVHcloud"},
		{".ui-dns.com", "IONOS"},
		{".ui-dns.de", "IONOS"},
		{".gandi.net", "Gandi"},
		{".hetzner.com", "Hetzner"},
		{".dynect.net", "Oracle Dyn"},
		{".markmonitor.com", "MarkMonitor"},
		{".cscdns.net", "CSC"},
	}
}

// services lists what has verified the domain by a text record.
func services(txt []string) []string {
	var out []string
	for _, known := range [][2]string{
		{"google-site-verification=", "Google"},
		{"ms=", "Microsoft"},
		{"facebook-domain-verification=", "Facebook"},
		{"apple-domain-verification=", "Apple"},
		{"atlassian-domain-verification=", "Atlassian"},
		{"docusign=", "DocuSign"},
		{"adobe-idp-site-verification=", "Adobe"},
		{"zoom_verify_", "Zoom"},
		{"stripe-verification=", "Stripe"},
		{"hubspot-developer-verification=", "HubSpot"},
		{"slack-domain-verification=", "Slack"},
		{"dropbox-domain-verification=", "Dropbox"},
		{"notion-domain-verification=", "Notion"},
		{"openai-domain-verification=", "OpenAI"},
		{"mongodb-site-verification=", "MongoDB"},
		{"pardot", "Salesforce Pardot"},
		{"miro-verification=", "Miro"},
		{"figma-domain-verification=", "Figma"},
	} {
		for _, s := range txt {
			if strings.HasPrefix(strings.ToLower(s), known[0]) {
				out = append(out, known[1])
				break
			}
		}
	}
	return out
}
