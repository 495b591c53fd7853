package hunter

import (
	"context"
	"net/url"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// SearchSlug names the provider.
const SearchSlug = "hunter_domain_search"

// page is how many addresses are asked for: as many as every plan may have at once.
const page = "10"

// Search says what is known of a domain's addresses.
type Search struct{ *api }

// Describe implements enrichment.Caller.
func (*Search) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug:        SearchSlug,
		Name:        "Hunter: search domain",
		Category:    "email",
		Credential:  kind(),
		Auth:        enrichment.AuthKey,
		Price:       price,
		Terms:       terms,
		Description: "Says how a company's email addresses are built, and names up to ten of those that Hunter found on public pages.",
		Limits:      limits(15, 500),
		Inputs: []enrichment.Field{
			{Name: "domain", Label: "Company domain", Type: enrichment.FieldDomain, Required: true},
			{Name: "department", Label: "Department", Type: enrichment.FieldText, Description: "For example sales, it or marketing"},
			{Name: "seniority", Label: "Seniority", Type: enrichment.FieldText, Description: "junior, senior or executive"},
			{Name: "type", Label: "Kind of address", Type: enrichment.FieldText, Description: "personal or generic"},
		},
		Outputs: []enrichment.Field{
			{Name: "pattern", Label: "Pattern", Type: enrichment.FieldText, Description: "For example {first}.{last}"},
			{Name: "organization", Label: "Organization", Type: enrichment.FieldText},
			{Name: "best_email", Label: "Surest address", Type: enrichment.FieldEmail},
			{Name: "best_name", Label: "Its person", Type: enrichment.FieldText},
			{Name: "best_position", Label: "The person's position", Type: enrichment.FieldText},
			{Name: "emails", Label: "Addresses", Type: enrichment.FieldList},
			{Name: "results", Label: "Addresses known", Type: enrichment.FieldNumber},
			{Name: "accept_all", Label: "Takes all addresses", Type: enrichment.FieldBoolean},
			{Name: "disposable", Label: "Disposable", Type: enrichment.FieldBoolean},
			{Name: "webmail", Label: "Webmail", Type: enrichment.FieldBoolean},
		},
	}
}

// Call implements enrichment.Caller.
func (s *Search) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	q := url.Values{"limit": {page}}
	for _, name := range []string{"domain", "department", "seniority", "type"} {
		if v := ask.Inputs[name]; v != "" {
			q.Set(name, v)
		}
	}
	got, found, err := s.get(ctx, ask, "/v2/domain-search", q)
	if err != nil || !found {
		return enrichment.Reply{Missed: nothing(err)}, err
	}
	out, left := wire.Take(got, s.Describe().Outputs, map[string]string{
		"pattern": "data.pattern", "organization": "data.organization", "results": "meta.results", "accept_all": "data.accept_all",
		"disposable": "data.disposable", "webmail": "data.webmail",
	})
	known, _ := wire.Dig(got, "data", "emails").([]any)
	var list []string
	var best any
	top := -1.0
	for _, e := range known[:min(len(known), 100)] {
		address := wire.Text(e, "value")
		if address == "" {
			continue
		}
		list = append(list, address)
		if c := wire.Share(e, "confidence"); c != nil && *c > top {
			best, top = e, *c
		}
	}
	wire.Put(out, "emails", list)
	reply := enrichment.Reply{Outputs: out, LeftOut: left}
	if best != nil {
		wire.Put(out, "best_email", wire.Text(best, "value"))
		wire.Put(out, "best_name", joined(wire.Text(best, "first_name"), wire.Text(best, "last_name")))
		wire.Put(out, "best_position", wire.Text(best, "position"))
		reply.Confidence, reply.SourceURL = &top, source(best)
	}
	if len(list) == 0 && out["pattern"] == nil {
		delete(out, "results")
		reply.Missed = "Hunter knows no address of the domain"
	}
	return reply, nil
}

func joined(first, last string) string {
	if first == "" || last == "" {
		return first + last
	}
	return first + " " + last
}
