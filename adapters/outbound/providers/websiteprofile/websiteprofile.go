// Package websiteprofile reads a company's website by plain HTTP and tells what stands on its first page.
package websiteprofile

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"

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
			text("title", "Title"), text("description", "Description"), text("name", "Name of the site"), text("language", "Language"),
			link("url", "Address"), link("image", "Picture"), link("logo", "Logo"),
			link("linkedin", "LinkedIn"), link("twitter", "X / Twitter"), link("facebook", "Facebook"), link("instagram", "Instagram"),
			link("youtube", "YouTube"), link("github", "GitHub"), link("tiktok", "TikTok"),
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
	page, asked, err := p.visit(ctx, req.Inputs["website"])
	if err != nil {
		return enrichment.Reply{}, err
	}
	return page.reply(asked)
}

// visit gets the page of a website that is given with or without https.
func (p *Provider) visit(ctx context.Context, website string) (page, *url.URL, error) {
	in := strings.TrimSpace(website)
	bare := !strings.Contains(in, "://")
	if bare {
		in = "https://" + in
	}
	u, err := url.Parse(in)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" ||
		!strings.Contains(u.Hostname(), ".") && !strings.Contains(u.Hostname(), ":") || len(in) > maxAddress || u.User != nil {
		return page{}, nil, enrichment.Fail(enrichment.CallBadInput, "this is not a website")
	}
	got, err := p.get(ctx, u)
	if bare && retryPlain(err) {
		plain := *u
		plain.Scheme = "http"
		if second, again := p.get(ctx, &plain); again == nil { // else what was wrong with https is the better reason
			got, err = second, nil
		}
	}
	if err != nil {
		return page{}, nil, enrichment.AsCallError(err)
	}
	return got, u, nil
}

// reply is what the page tells.
func (p page) reply(asked *url.URL) (enrichment.Reply, error) {
	if p.check {
		return enrichment.Reply{Missed: missCheck}, nil
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(bounded(p.html)))
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, "the page can't be read as HTML")
	}
	if why := instead(doc, asked, p); why != "" {
		return enrichment.Reply{Missed: why}, nil
	}
	out := profile(doc, p.url)
	if len(out) == 1 { // nothing but its address
		return enrichment.Reply{Missed: "the page says nothing of itself"}, nil
	}
	return enrichment.Reply{Outputs: out, SourceURL: p.url.String(), VerifiedBy: []enrichment.Evidence{enrichment.ByPage}}, nil
}
