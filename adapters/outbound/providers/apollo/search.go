package apollo

import (
	"context"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// Slugs of the searches.
const (
	PeopleSearchSlug  = "apollo_people"
	CompanySearchSlug = "apollo_companies"
)

// Apollo shows at most 500 pages of 100 results of a search, its display limit.
const (
	searchPage  = 100
	searchLimit = 50_000
)

// Searches makes Apollo's searches. local is an address of this machine for development, empty for none.
func Searches(client *wire.Client, local string) []enrichment.Searcher {
	a := &api{wire.API{Client: client, Place: wire.Place{Public: Public, Local: local}}}
	return []enrichment.Searcher{&peopleSearch{a}, &companySearch{a}}
}

func sizes() []string {
	return []string{
		"1,10", "11,20", "21,50", "51,100", "101,200", "201,500", "501,1000", "1001,2000", "2001,5000", "5001,10000", "10001,1000000",
	}
}

func seniorities() []string {
	return []string{"owner", "founder", "c_suite", "partner", "vp", "head", "director", "manager", "senior", "entry", "intern"}
}

func filter(name, label, hint string, options ...string) enrichment.SearchFilter {
	return enrichment.SearchFilter{Name: name, Label: label, Hint: hint, Options: options}
}

func field(name, label string, t enrichment.FieldType) enrichment.Field {
	return enrichment.Field{Name: name, Label: label, Type: t}
}

type peopleSearch struct{ *api }

// DescribeSearch implements enrichment.Searcher.
func (*peopleSearch) DescribeSearch() enrichment.Search {
	keywords := filter("q_keywords", "Keywords", "Words anywhere in what is known of the person")
	keywords.Single = true
	return enrichment.Search{
		Slug: PeopleSearchSlug,
		Name: "Apollo: people",
		Description: "People by title, place and company. The search is free on plans that have it and tells no addresses: a column of " +
			"Apollo: find person adds them by the Apollo id.",
		Terms: terms,
		Kind:  enrichment.FindsPeople,
		Filters: []enrichment.SearchFilter{
			filter("person_titles", "Titles", "sales director"),
			filter("person_seniorities", "Seniority", "", seniorities()...),
			filter("person_locations", "Person locations", "Berlin, Germany"),
			filter("organization_locations", "Company locations", "Germany"),
			filter("q_organization_domains_list", "Company domains", "apollo.io"),
			filter("organization_num_employees_ranges", "Employees", "", sizes()...),
			keywords,
		},
		Fields: []enrichment.Field{
			field("apollo_id", "Apollo id", enrichment.FieldText),
			field("name", "Name", enrichment.FieldText),
			field("first_name", "First name", enrichment.FieldText),
			field("last_name", "Last name", enrichment.FieldText),
			field("title", "Title", enrichment.FieldText),
			field("email", "Email", enrichment.FieldEmail),
			field("linkedin_url", "LinkedIn", enrichment.FieldURL),
			field("city", "City", enrichment.FieldText),
			field("country", "Country", enrichment.FieldText),
			field("company", "Company", enrichment.FieldText),
			field("company_domain", "Company domain", enrichment.FieldDomain),
		},
		Keys:       []string{"apollo_id", "linkedin_url", "email"},
		PageSize:   searchPage,
		MaxRows:    searchLimit,
		Limits:     limits(),
		Credential: kind(),
	}
}

// Search implements enrichment.Searcher. A newer answer masks last names, which are then left out; the first name stands for the name.
func (p *peopleSearch) Search(ctx context.Context, ask enrichment.SearchRequest) (enrichment.SearchPage, error) {
	got, page, err := p.search(ctx, ask, "/mixed_people/api_search")
	if err != nil {
		return page, err
	}
	page.Rows = rows(got, p.DescribeSearch().Fields, map[string]string{
		"apollo_id":      "id",
		"name":           "name",
		"first_name":     "first_name",
		"last_name":      "last_name",
		"title":          "title",
		"email":          "email",
		"linkedin_url":   "linkedin_url",
		"city":           "city",
		"country":        "country",
		"company":        "organization.name",
		"company_domain": "organization.primary_domain",
	}, "people", "contacts")
	for _, row := range page.Rows {
		if row["name"] == nil && row["first_name"] != nil {
			first, _ := row["first_name"].(string)
			last, _ := row["last_name"].(string)
			row["name"] = strings.TrimSpace(first + " " + last)
		}
		locked(row)
	}
	return page, nil
}

type companySearch struct{ *api }

// DescribeSearch implements enrichment.Searcher.
func (*companySearch) DescribeSearch() enrichment.Search {
	name := filter("q_organization_name", "Name", "A part of the company's name")
	name.Single = true
	return enrichment.Search{
		Slug:        CompanySearchSlug,
		Name:        "Apollo: companies",
		Description: "Companies by place, size and keywords. A page of 100 costs one credit of your Apollo plan.",
		Terms:       terms,
		Kind:        enrichment.FindsCompanies,
		Filters: []enrichment.SearchFilter{
			filter("organization_locations", "Seats", "Germany"),
			filter("organization_not_locations", "Seats to leave out", "Ireland"),
			filter("organization_num_employees_ranges", "Employees", "", sizes()...),
			filter("q_organization_keyword_tags", "Keywords", "logistics"),
			filter("q_organization_domains_list", "Domains", "apollo.io"),
			name,
		},
		Fields: []enrichment.Field{
			field("apollo_id", "Apollo id", enrichment.FieldText),
			field("name", "Company", enrichment.FieldText),
			field("domain", "Domain", enrichment.FieldDomain),
			field("website", "Website", enrichment.FieldURL),
			field("linkedin_url", "LinkedIn", enrichment.FieldURL),
			field("phone", "Phone", enrichment.FieldPhone),
			field("employees", "Employees", enrichment.FieldNumber),
			field("industry", "Industry", enrichment.FieldText),
			field("founded_year", "Founded", enrichment.FieldNumber),
			field("city", "City", enrichment.FieldText),
			field("country", "Country", enrichment.FieldText),
		},
		Keys:        []string{"domain", "linkedin_url", "apollo_id"},
		PageSize:    searchPage,
		PageCredits: 1,
		MaxRows:     searchLimit,
		Limits:      limits(),
		Credential:  kind(),
	}
}

// Search implements enrichment.Searcher. Companies that the team has made accounts are in a list of their own, with other names.
func (c *companySearch) Search(ctx context.Context, ask enrichment.SearchRequest) (enrichment.SearchPage, error) {
	got, page, err := c.search(ctx, ask, "/mixed_companies/search")
	if err != nil {
		return page, err
	}
	paths := map[string]string{
		"apollo_id":    "id",
		"name":         "name",
		"domain":       "primary_domain",
		"website":      "website_url",
		"linkedin_url": "linkedin_url",
		"phone":        "phone",
		"employees":    "estimated_num_employees",
		"industry":     "industry",
		"founded_year": "founded_year",
		"city":         "city",
		"country":      "country",
	}
	fields := c.DescribeSearch().Fields
	page.Rows = rows(got, fields, paths, "organizations")
	paths["apollo_id"], paths["domain"] = "organization_id", "domain"
	page.Rows = append(page.Rows, rows(got, fields, paths, "accounts")...)
	return page, nil
}

// search asks for a page, and reads how many results there are: newer answers say it at their top.
func (a *api) search(ctx context.Context, ask enrichment.SearchRequest, path string) (map[string]any, enrichment.SearchPage, error) {
	body := map[string]any{"page": ask.Page, "per_page": ask.PerPage}
	for name, values := range ask.Filters {
		body[name] = values
		if name == "q_keywords" || name == "q_organization_name" {
			body[name] = strings.Join(values, " ")
		}
	}
	got, said, err := a.ask(ctx, enrichment.Request{Secret: ask.Secret, Hosts: ask.Hosts}, http.MethodPost, path, body)
	page := enrichment.SearchPage{Limits: said}
	if err != nil {
		return nil, page, err
	}
	for _, at := range [][]string{{"total_entries"}, {"pagination", "total_entries"}} {
		if n, ok := wire.Number(got, at...); ok {
			if total, err := n.Int64(); err == nil && total >= 0 {
				page.Total = total
			}
		}
	}
	return got, page, nil
}

// rows takes the fields of each object in the lists. What is none is left out, and at most two pages' worth is taken.
func rows(got map[string]any, fields []enrichment.Field, paths map[string]string, lists ...string) []map[string]any {
	var out []map[string]any
	for _, name := range lists {
		list, _ := got[name].([]any)
		for _, v := range list[:min(len(list), 2*searchPage)] {
			row, _ := wire.Take(v, fields, paths)
			if len(row) == 0 {
				continue
			}
			if site, ok := row["website"].(string); ok {
				row["website"] = address(site)
			}
			if at, ok := row["linkedin_url"].(string); ok { // written both ways, so that equal ones are known again
				row["linkedin_url"] = strings.Replace(address(at), "http://", "https://", 1)
			}
			out = append(out, row)
		}
	}
	return out
}
