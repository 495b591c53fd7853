package websiteprofile

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/domain/enrichment"
)

// Site is a website's page as other providers read it.
type Site struct {
	URL     *url.URL // where redirects led
	Doc     *goquery.Document
	Header  http.Header
	Cookies []*http.Cookie
	// Missed says why the page is not the site's own: a browser check, a parked domain, a wall. Doc is nil then.
	Missed string
}

// Fetch gets the page of a website, bounded and without what makes a tree larger than its text. Its errors are *enrichment.CallError.
func (p *Provider) Fetch(ctx context.Context, website string) (Site, error) {
	got, asked, err := p.visit(ctx, website)
	if err != nil {
		return Site{}, err
	}
	site := Site{URL: got.url, Header: got.header, Cookies: got.cookies}
	if got.check {
		site.Missed = missCheck
		return site, nil
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(bounded(got.html)))
	if err != nil {
		return Site{}, enrichment.Fail(enrichment.CallBadReply, "the page can't be read as HTML")
	}
	if site.Missed = instead(doc, asked, got); site.Missed == "" {
		site.Doc = doc
	}
	return site, nil
}
