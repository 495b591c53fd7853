package websiteprofile

import (
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/domain/enrichment"
)

// Read tells what stands on a page that somebody else has fetched, by the names of the provider's outputs. why says what was sent in the
// place of the site, "" if it is the site.
func Read(html string, asked, final *url.URL) (fields map[string]any, why string) {
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(Bound(html)))
	if err != nil {
		return nil, "the page can't be read as HTML"
	}
	if why := instead(doc, asked, page{url: final, html: html}); why != "" {
		return nil, why
	}
	return profile(doc, final), ""
}

// Fields are the names of what Read tells.
func Fields() []string {
	var out []string
	for _, f := range (*Provider)(nil).Describe().Outputs {
		out = append(out, f.Name)
	}
	return out
}

// Decode makes UTF-8 of a page, by its Content-Type and what it says of itself.
func Decode(body []byte, contentType string) string { return decode(body, contentType) }

// Bound makes of a page one whose tree is no larger than the page.
func Bound(html string) string { return bounded(html) }

var _ enrichment.Caller = (*Provider)(nil)
