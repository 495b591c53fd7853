// Package companywebsite finds what a company's site says of the company.
package companywebsite

import (
	"net/url"

	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/domain/scrape"
)

// Profile reads a company's page; it is the reader that the provider of website profiles has, so that both find the same. why says what was
// sent in the place of the site, "" if it is the site.
type Profile func(html string, asked, final *url.URL) (fields map[string]any, why string)

// Extractor implements extract.Extractor.
type Extractor struct {
	profile Profile
	fields  []string
}

// New makes the extractor; fields are the names of all that profile can find.
func New(profile Profile, fields []string) *Extractor { return &Extractor{profile, fields} }

// Target implements extract.Extractor.
func (*Extractor) Target() scrape.Target { return scrape.TargetCompany }

// Version implements extract.Extractor.
func (*Extractor) Version() int { return 1 }

// Fields implements extract.Extractor.
func (e *Extractor) Fields() []string { return e.fields }

// Extract implements extract.Extractor.
func (e *Extractor) Extract(d *extract.Document) (map[string]any, []string) {
	found, why := e.profile(d.HTML, d.URL, d.URL)
	if why != "" {
		return nil, []string{why}
	}
	return found, nil
}
