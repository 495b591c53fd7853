// Package websiteprofile reads a company's website by plain HTTP and tells what stands on its first page.
package websiteprofile

import (
	"context"
	"errors"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html/charset"

	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "website_profile"

// Fetch reads at most limit bytes of a response's body, after decompression.
type Fetch func(res *http.Response, limit int64) (body []byte, cut bool, err error)

// Provider reads websites. Its client must refuse addresses that are not public.
type Provider struct {
	client *http.Client
	body   Fetch
	agent  string
}

// New makes the provider; agent is the User-Agent under which sites see it.
func New(client *http.Client, body Fetch, agent string) *Provider {
	return &Provider{client, body, agent}
}

const maxPage = 2 << 20

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	link := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldURL}
	}
	list := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldList}
	}
	return enrichment.Provider{
		Slug: Slug, Name: "Website profile", Category: "company",
		Description: "Reads the first page of a website: title, description, social links, email addresses, phone numbers, language.",
		Inputs:      []enrichment.Field{{Name: "website", Label: "Website or domain", Type: enrichment.FieldText, Required: true}},
		Outputs: []enrichment.Field{
			text("title", "Title"), text("description", "Description"), text("name", "Name of the site"), text("language", "Language"), link("url", "Address"), link("image", "Picture"),
			link("linkedin", "LinkedIn"), link("twitter", "X / Twitter"), link("facebook", "Facebook"), link("instagram", "Instagram"), link("youtube", "YouTube"), link("github", "GitHub"), link("tiktok", "TikTok"),
			{Name: "email", Label: "Email", Type: enrichment.FieldEmail},
			list("emails", "Emails"),
			{Name: "phone", Label: "Phone", Type: enrichment.FieldText},
			list("phones", "Phones"),
			text("address", "Postal address"), list("keywords", "Keywords"), text("generator", "Made with"),
		},
		Auth: enrichment.AuthNone, Idempotent: true, Limits: enrichment.RateLimits{Concurrency: 24},
		Terms: "Reads one public page of the site, as a browser would, under Morket's own name.",
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, req enrichment.Request) (enrichment.Reply, error) {
	in := strings.TrimSpace(req.Inputs["website"])
	bare := !strings.Contains(in, "://")
	if bare {
		in = "https://" + in
	}
	u, err := url.Parse(in)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || !strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") || len(in) > 2000 || u.User != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "this is not a website")
	}
	page, err := p.get(ctx, u)
	if err != nil && bare && retryPlain(err) { // some sites know http only
		u.Scheme = "http"
		page, err = p.get(ctx, u)
	}
	if err != nil {
		return enrichment.Reply{}, err
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(bounded(page.html)))
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, "the page can't be read as HTML")
	}
	out := profile(doc, page.url)
	if len(out) == 1 { // nothing but its address
		return enrichment.Reply{}, nil
	}
	return enrichment.Reply{Outputs: out, SourceURL: page.url.String()}, nil
}

func retryPlain(err error) bool {
	var ce *enrichment.CallError
	return errors.As(err, &ce) && ce.Kind == enrichment.CallUnreachable && !strings.Contains(ce.Message, "DNS") && !strings.Contains(ce.Message, "public")
}

type page struct {
	url  *url.URL
	html string
}

func (p *Provider) get(ctx context.Context, u *url.URL) (page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return page{}, enrichment.Fail(enrichment.CallBadInput, "this is not a website")
	}
	req.Header.Set("User-Agent", p.agent)
	req.Header.Set("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.1")
	req.Header.Set("Accept-Language", "en;q=0.8,*;q=0.5")
	res, err := p.client.Do(req) //nolint:bodyclose // p.body closes it
	if err != nil {
		return page{}, explain(ctx, err)
	}
	body, _, err := p.body(res, maxPage)
	if err != nil {
		return page{}, explain(ctx, err)
	}
	switch {
	case res.StatusCode == http.StatusNotFound || res.StatusCode == http.StatusGone:
		return page{}, enrichment.Fail(enrichment.CallBadInput, "the site has no such page")
	case res.StatusCode >= 400:
		return page{}, enrichment.Fail(enrichment.CallUnreachable, "the site answers "+res.Status)
	}
	contentType := res.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(contentType); err == nil && kind != "text/html" && kind != "application/xhtml+xml" && kind != "text/plain" {
		return page{}, enrichment.Fail(enrichment.CallBadInput, "the address is no web page but "+kind)
	}
	enc, _, _ := charset.DetermineEncoding(body[:min(len(body), 1024)], contentType)
	text, err := enc.NewDecoder().Bytes(body)
	if err != nil {
		text = body
	}
	return page{url: res.Request.URL, html: strings.ToValidUTF8(strings.ReplaceAll(string(text), "\x00", ""), "")}, nil
}

// explain says in words why a site could not be read. None of it is a fault of this provider, so its breaker stays closed.
func explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return enrichment.Fail(enrichment.CallUnreachable, "the site did not answer in time")
	}
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return enrichment.Fail(enrichment.CallUnreachable, "there is no such site in DNS")
	case errors.As(err, &dns):
		return enrichment.Fail(enrichment.CallUnreachable, "DNS is not reachable")
	case strings.Contains(err.Error(), "not on the public internet"):
		return enrichment.Fail(enrichment.CallBadInput, "the address is not on the public internet")
	case errors.As(err, &timeout) && timeout.Timeout():
		return enrichment.Fail(enrichment.CallUnreachable, "the site did not answer in time")
	case strings.Contains(err.Error(), "redirects"):
		return enrichment.Fail(enrichment.CallUnreachable, "the site redirects without end")
	default:
		return enrichment.Fail(enrichment.CallUnreachable, "the site could not be reached")
	}
}
