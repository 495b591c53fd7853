package clearbit

import (
	"context"
	"net/url"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// The providers' slugs.
const (
	PersonSlug  = "clearbit_person"
	CompanySlug = "clearbit_company"
)

func text(name, label string) enrichment.Field {
	return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
}

// Person tells about the person of an address.
type Person struct{ *api }

// Describe implements enrichment.Caller.
func (*Person) Describe() enrichment.Provider {
	return describe(enrichment.Provider{
		Slug:        PersonSlug,
		Name:        "Clearbit: person (existing keys only)",
		Category:    "people",
		Description: "Tells about the person behind an email address.",
		Inputs:      []enrichment.Field{{Name: "email", Label: "Email", Type: enrichment.FieldEmail, Required: true}},
		Outputs: []enrichment.Field{
			text("name", "Full name"), text("first_name", "First name"), text("last_name", "Last name"), text("title", "Title"),
			text("role", "Role"), text("seniority", "Seniority"),
			text("company", "Company"), text("location", "Place"), text("linkedin", "LinkedIn handle"),
			{Name: "company_domain", Label: "Company domain", Type: enrichment.FieldDomain},
		},
	})
}

// Call implements enrichment.Caller.
func (p *Person) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	got, found, err := p.get(ctx, ask, "/v2/people/find", url.Values{"email": {ask.Inputs["email"]}})
	if err != nil {
		return enrichment.Reply{}, err
	}
	if !found {
		return enrichment.Reply{Missed: "Clearbit does not know the address"}, nil
	}
	out, left := wire.Take(got, p.Describe().Outputs, map[string]string{
		"name":           "name.fullName",
		"first_name":     "name.givenName",
		"last_name":      "name.familyName",
		"title":          "employment.title",
		"role":           "employment.role",
		"seniority":      "employment.seniority",
		"company":        "employment.name",
		"company_domain": "employment.domain",
		"location":       "location",
		"linkedin":       "linkedin.handle",
	})
	return enrichment.Reply{Outputs: out, LeftOut: left}, nil
}

// Company tells about the company of a domain.
type Company struct{ *api }

// Describe implements enrichment.Caller.
func (*Company) Describe() enrichment.Provider {
	return describe(enrichment.Provider{
		Slug:        CompanySlug,
		Name:        "Clearbit: company (existing keys only)",
		Category:    "company",
		Description: "Tells about the company of a domain.",
		Inputs:      []enrichment.Field{{Name: "domain", Label: "Company domain", Type: enrichment.FieldDomain, Required: true}},
		Outputs: []enrichment.Field{
			text("name", "Company"), text("legal_name", "Legal name"), text("description", "Description"), text("sector", "Sector"),
			text("industry", "Industry"), text("location", "Place"),
			{Name: "domain", Label: "Domain", Type: enrichment.FieldDomain},
			{Name: "employees", Label: "Employees", Type: enrichment.FieldNumber},
			{Name: "founded_year", Label: "Founded", Type: enrichment.FieldNumber},
			{Name: "tags", Label: "Tags", Type: enrichment.FieldList},
			{Name: "technologies", Label: "Technologies", Type: enrichment.FieldList},
			{Name: "phone", Label: "Phone", Type: enrichment.FieldPhone},
		},
	})
}

// Call implements enrichment.Caller.
func (c *Company) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	got, found, err := c.get(ctx, ask, "/v2/companies/find", url.Values{"domain": {ask.Inputs["domain"]}})
	if err != nil {
		return enrichment.Reply{}, err
	}
	if !found {
		return enrichment.Reply{Missed: "Clearbit does not know the domain"}, nil
	}
	out, left := wire.Take(got, c.Describe().Outputs, map[string]string{
		"name":         "name",
		"legal_name":   "legalName",
		"domain":       "domain",
		"description":  "description",
		"sector":       "category.sector",
		"industry":     "category.industry",
		"employees":    "metrics.employees",
		"founded_year": "foundedYear",
		"location":     "location",
		"tags":         "tags",
		"technologies": "tech",
		"phone":        "phone",
	})
	return enrichment.Reply{Outputs: out, LeftOut: left}, nil
}
