package searchapi

import (
	"context"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

// Question is a search without a place in its results; it is what can be saved.
type Question struct {
	Q          string  `json:"q,omitempty" maxLength:"1000" doc:"Words, \"phrases\" and field:value. Empty finds all rows that the filters let through."`
	Fuzziness  string  `json:"fuzziness,omitempty" enum:"AUTO,0,1,2" doc:"By how many letters a word may differ; AUTO by its length."`
	Filters    Filters `json:"filters,omitempty"`
	Sort       string  `json:"sort,omitempty" enum:"score,created,updated,name" doc:"By score, or without q by the last change."`
	Descending bool    `json:"descending,omitempty" doc:"Of the orders other than score, which is always best first."`
}

// Filters pick rows: those that have one of the values of each list.
type Filters struct {
	Tables    []kernel.TableID `json:"tables,omitempty" maxItems:"100" pattern:"^tbl_[0-7][0-9A-HJKMNP-TV-Z]{25}$" patternDescription:"an id tbl_…"`
	Providers []string         `json:"providers,omitempty" maxItems:"100"`
	States    []string         `json:"states,omitempty" maxItems:"100" doc:"value, not_found, error, skipped"`
	Tags      []string         `json:"tags,omitempty" maxItems:"100" doc:"Values of select columns."`
	Created   Range            `json:"created,omitempty"`
	Updated   Range            `json:"updated,omitempty"`
}

// Range is a span of time.
type Range struct {
	From *time.Time `json:"from,omitempty" doc:"Inclusive."`
	To   *time.Time `json:"to,omitempty" doc:"Exclusive."`
}

func (r Range) span() searchview.Range {
	var out searchview.Range
	if r.From != nil {
		out.From = *r.From
	}
	if r.To != nil {
		out.To = *r.To
	}
	return out
}

// Page says which of the results to answer.
type Page struct {
	Limit       int    `json:"limit,omitempty" minimum:"1" maximum:"100" doc:"20 by default."`
	Offset      int    `json:"offset,omitempty" minimum:"0"`
	SearchAfter string `json:"search_after,omitempty" doc:"meta.next_cursor of the page before; instead of offset."`
	Facets      bool   `json:"facets,omitempty" doc:"Also count the values of what was found, in meta.facets."`
}

// Search is a search.
type Search struct {
	Question
	Page
}

func (s Search) query() searchview.Query {
	return searchview.Query{
		Text: s.Q, Fuzziness: searchview.Fuzziness(s.Fuzziness), Sort: searchview.Sort(s.Sort), Descending: s.Descending,
		Filter: searchview.Filter{
			Tables: s.Filters.Tables, Providers: s.Filters.Providers, States: s.Filters.States, Tags: s.Filters.Tags,
			Created: s.Filters.Created.span(), Updated: s.Filters.Updated.span(),
		},
		Limit: s.Limit, Offset: s.Offset, After: s.SearchAfter, Facets: s.Facets,
	}
}

type searchIn struct {
	httpapi.InWorkspace
	Body Search
}

func (s service) search(ctx context.Context, p httpapi.Principal, in *searchIn) ([]searchview.Hit, httpapi.Meta, error) {
	return s.find(ctx, p, in.Body)
}

func (s service) find(ctx context.Context, p httpapi.Principal, body Search) ([]searchview.Hit, httpapi.Meta, error) {
	res, err := searchview.Search(ctx, s.Searcher, p.Workspace, p.CanSeeTable, body.query())
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	return res.Hits, httpapi.Meta{NextCursor: res.Next, Total: &res.Total, Facets: facets(res.Facets)}, nil
}

func facets(found map[string][]searchview.Bucket) map[string][]httpapi.Bucket {
	if found == nil {
		return nil
	}
	out := make(map[string][]httpapi.Bucket, len(found))
	for name, list := range found {
		out[name] = make([]httpapi.Bucket, len(list))
		for i, b := range list {
			out[name][i] = httpapi.Bucket(b)
		}
	}
	return out
}

type suggestIn struct {
	httpapi.InWorkspace
	Q string `query:"q" required:"true" minLength:"2" maxLength:"100" doc:"What was typed."`
}

func (s service) suggest(ctx context.Context, p httpapi.Principal, in *suggestIn) ([]searchview.Suggestion, httpapi.Meta, error) {
	list, err := searchview.Suggest(ctx, s.Searcher, p.Workspace, p.CanSeeTable, in.Q)
	return list, httpapi.Meta{}, err
}
