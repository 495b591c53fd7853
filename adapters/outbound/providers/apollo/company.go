package apollo

import (
	"context"
	"net/http"
	"net/url"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// CompanySlug names the provider.
const CompanySlug = "apollo_company"

// Company tells about a company.
type Company struct{ *api }

// Describe implements enrichment.Caller.
func (*Company) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	return enrichment.Provider{
		Slug:        CompanySlug,
		Name:        "Apollo: company facts",
		Category:    "company",
		Credential:  kind(),
		Auth:        enrichment.AuthKey,
		Price:       price,
		Limits:      limits(),
		Terms:       terms,
		Description: "Tells about a company by its domain: size, industry, revenue, place, funding, technologies.",
		Inputs:      []enrichment.Field{{Name: "domain", Label: "Company domain", Type: enrichment.FieldDomain, Required: true}},
		Outputs: []enrichment.Field{
			text("name", "Company"),
			{Name: "domain", Label: "Domain", Type: enrichment.FieldDomain},
			{Name: "employees", Label: "Employees", Type: enrichment.FieldNumber},
			text("industry", "Industry"),
			{Name: "annual_revenue", Label: "Revenue a year (USD)", Type: enrichment.FieldNumber},
			{Name: "founded_year", Label: "Founded", Type: enrichment.FieldNumber},
			text("description", "Description"), text("city", "City"), text("state", "State"), text("country", "Country"),
			{Name: "phone", Label: "Phone", Type: enrichment.FieldPhone},
			{Name: "website", Label: "Website", Type: enrichment.FieldURL},
			{Name: "linkedin_url", Label: "LinkedIn", Type: enrichment.FieldURL},
			{Name: "keywords", Label: "Keywords", Type: enrichment.FieldList},
			{Name: "technologies", Label: "Technologies", Type: enrichment.FieldList},
			{Name: "total_funding", Label: "Funding (USD)", Type: enrichment.FieldNumber},
		},
	}
}

// Call implements enrichment.Caller.
func (c *Company) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	got, said, err := c.ask(ctx, ask, http.MethodGet, "/organizations/enrich?"+url.Values{"domain": {ask.Inputs["domain"]}}.Encode(), nil)
	if err != nil {
		return enrichment.Reply{}, err
	}
	company := wire.Dig(got, "organization")
	if company == nil {
		return enrichment.Reply{Missed: "Apollo knows no such company", Limits: said}, nil
	}
	out, left := wire.Take(company, c.Describe().Outputs, map[string]string{
		"name":           "name",
		"domain":         "primary_domain",
		"employees":      "estimated_num_employees",
		"industry":       "industry",
		"annual_revenue": "annual_revenue",
		"founded_year":   "founded_year",
		"description":    "short_description",
		"city":           "city",
		"state":          "state",
		"country":        "country",
		"phone":          "phone",
		"website":        "website_url",
		"linkedin_url":   "linkedin_url",
		"keywords":       "keywords",
		"technologies":   "technology_names",
		"total_funding":  "total_funding",
	})
	if site, ok := out["website"].(string); ok {
		out["website"] = address(site)
	}
	return enrichment.Reply{Outputs: out, LeftOut: left, Limits: said}, nil
}
