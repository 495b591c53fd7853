package enrichment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// SearchKind says what a search finds.
type SearchKind string

// The kinds of searches.
const (
	FindsPeople    SearchKind = "people"
	FindsCompanies SearchKind = "companies"
)

// SearchFilter is something that a search can look for. A result must have one of its values.
type SearchFilter struct {
	Name    string   `json:"name"`
	Label   string   `json:"label"`
	Hint    string   `json:"hint,omitempty"`
	Options []string `json:"options,omitempty" doc:"The values that are possible; none for any text."`
	Single  bool     `json:"single,omitempty" doc:"It takes one value."`
}

// Search describes a provider's search for many people or companies at once.
type Search struct {
	Slug        string          `json:"slug"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Terms       string          `json:"terms"`
	Kind        SearchKind      `json:"kind" enum:"people,companies"`
	Filters     []SearchFilter  `json:"filters"`
	Fields      []Field         `json:"fields" doc:"What each result has."`
	Keys        []string        `json:"keys" doc:"The fields by which a result is known again, the surest first."`
	PageSize    int             `json:"page_size"`
	PageCredits int             `json:"page_credits" doc:"What a page costs on the vendor's plan; 0 is free, and may be asked again."`
	MaxRows     int             `json:"max_rows" doc:"How far into its results the vendor lets anybody look."`
	Limits      RateLimits      `json:"limits"`
	Credential  *CredentialKind `json:"credential"`
}

// SearchRequest asks for a page of results.
type SearchRequest struct {
	Filters map[string][]string
	Page    int // from 1
	PerPage int
	Secret  map[string]string // must not get into pages, errors or logs
	Hosts   []string
}

// SearchPage is a page of results.
type SearchPage struct {
	Rows  []map[string]any // by the fields' names
	Total int64            // results in all, 0 if the vendor does not say
	// Limits are those that the provider says hold for the key; zero fields say nothing.
	Limits RateLimits
}

// Searcher searches at a provider. Its errors are *CallError where the kind of trouble is known; it neither retries nor waits.
type Searcher interface {
	DescribeSearch() Search
	Search(ctx context.Context, ask SearchRequest) (SearchPage, error)
}

// WithSearches returns the registry with searches.
func (r *Registry) WithSearches(list ...Searcher) (*Registry, error) {
	out := *r
	out.searches = map[string]Searcher{}
	for _, s := range list {
		d := s.DescribeSearch()
		if _, dup := out.searches[d.Slug]; dup || !slugForm.MatchString(d.Slug) || d.Terms == "" || d.Credential == nil || d.PageSize < 1 ||
			d.MaxRows < d.PageSize || len(d.Fields) == 0 {
			return nil, fmt.Errorf("the search %q is double or not described", d.Slug)
		}
		out.searches[d.Slug] = s
	}
	return &out, nil
}

// Searches lists the searches by name.
func (r *Registry) Searches() []Search {
	out := make([]Search, 0, len(r.searches))
	for _, s := range r.searches {
		out = append(out, s.DescribeSearch())
	}
	slices.SortFunc(out, func(a, b Search) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Searcher returns the search with the slug.
func (r *Registry) Searcher(slug string) (Searcher, bool) {
	s, ok := r.searches[slug]
	return s, ok
}

// CheckFilters says what is wrong with filters for the search.
func (s Search) CheckFilters(filters map[string][]string) error {
	var details []kernel.Detail
	for name, values := range filters {
		i := slices.IndexFunc(s.Filters, func(f SearchFilter) bool { return f.Name == name })
		if i < 0 {
			details = append(details, kernel.Detail{Field: "filters", Message: fmt.Sprintf("%s has no filter %q", s.Name, kernel.Shorten(name))})
			continue
		}
		f := s.Filters[i]
		if f.Single && len(values) > 1 {
			details = append(details, kernel.Detail{Field: "filters." + name, Message: "takes one value"})
		}
		for _, v := range values {
			if len(f.Options) > 0 && !slices.Contains(f.Options, v) {
				details = append(details, kernel.Detail{
					Field: "filters." + name, Message: fmt.Sprintf("%q is not one of %s", kernel.Shorten(v), strings.Join(f.Options, ", ")),
				})
			}
		}
	}
	return kernel.Faults(details)
}
