package apollo

import (
	"context"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// PersonSlug names the provider.
const PersonSlug = "apollo_person"

// Person finds a person.
type Person struct{ *api }

// Describe implements enrichment.Caller.
func (*Person) Describe() enrichment.Provider {
	text := func(name, label string) enrichment.Field {
		return enrichment.Field{Name: name, Label: label, Type: enrichment.FieldText}
	}
	return enrichment.Provider{
		Slug:        PersonSlug,
		Name:        "Apollo: find person",
		Category:    "people",
		Credential:  kind(),
		Auth:        enrichment.AuthKey,
		Price:       price,
		Limits:      limits(),
		Terms:       terms,
		Description: "Finds a person by name and company, email address, LinkedIn page or Apollo id: work email, title, company, places.",
		Inputs: []enrichment.Field{
			text("first_name", "First name"), text("last_name", "Last name"), text("name", "Full name"),
			{Name: "email", Label: "Email", Type: enrichment.FieldEmail},
			{Name: "domain", Label: "Company domain", Type: enrichment.FieldDomain},
			text("organization_name", "Company"),
			{Name: "linkedin_url", Label: "LinkedIn", Type: enrichment.FieldURL},
			{Name: "apollo_id", Label: "Apollo id", Type: enrichment.FieldText, Description: "As a search for people tells it."},
		},
		Outputs: []enrichment.Field{
			{Name: "email", Label: "Email", Type: enrichment.FieldEmail},
			{Name: "email_status", Label: "Email status", Type: enrichment.FieldText, Description: "verified, guessed or unavailable, by Apollo"},
			text("name", "Full name"), text("first_name", "First name"), text("last_name", "Last name"), text("title", "Title"),
			text("seniority", "Seniority"), text("headline", "Headline"),
			{Name: "linkedin_url", Label: "LinkedIn", Type: enrichment.FieldURL},
			text("city", "City"), text("state", "State"), text("country", "Country"), text("company", "Company"),
			{Name: "company_domain", Label: "Company domain", Type: enrichment.FieldDomain},
			{Name: "employees", Label: "Employees of the company", Type: enrichment.FieldNumber},
			text("industry", "Industry"),
			{Name: "employers", Label: "Employers so far", Type: enrichment.FieldList},
		},
	}
}

// Call implements enrichment.Caller.
func (p *Person) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	in := ask.Inputs
	named := in["name"] != "" || in["first_name"] != "" && in["last_name"] != ""
	placed := in["domain"] != "" || in["organization_name"] != ""
	if in["email"] == "" && in["linkedin_url"] == "" && in["apollo_id"] == "" && (!named || !placed) {
		return enrichment.Reply{Missed: "an email address, a LinkedIn page, an Apollo id, or a name with a company is needed"}, nil
	}
	body := map[string]string{}
	for _, f := range p.Describe().Inputs {
		if v := in[f.Name]; v != "" {
			body[strings.TrimPrefix(f.Name, "apollo_")] = v
		}
	}
	got, said, err := p.ask(ctx, ask, http.MethodPost, "/people/match", body)
	if err != nil {
		return enrichment.Reply{}, err
	}
	person := wire.Dig(got, "person")
	if person == nil {
		return enrichment.Reply{Missed: "Apollo knows no such person", Limits: said}, nil
	}
	out, left := wire.Take(person, p.Describe().Outputs, map[string]string{
		"email":          "email",
		"email_status":   "email_status",
		"name":           "name",
		"first_name":     "first_name",
		"last_name":      "last_name",
		"title":          "title",
		"seniority":      "seniority",
		"headline":       "headline",
		"linkedin_url":   "linkedin_url",
		"city":           "city",
		"state":          "state",
		"country":        "country",
		"company":        "organization.name",
		"company_domain": "organization.primary_domain",
		"employees":      "organization.estimated_num_employees",
		"industry":       "organization.industry",
	})
	var before []string
	jobs, _ := wire.Dig(person, "employment_history").([]any)
	for _, j := range jobs[:min(len(jobs), 50)] {
		if name := wire.Text(j, "organization_name"); name != "" {
			before = append(before, name)
		}
	}
	wire.Put(out, "employers", before)
	reply := enrichment.Reply{Outputs: locked(out), LeftOut: left, Confidence: sure(out), Limits: said}
	if out["email_status"] == "verified" {
		reply.VerifiedBy = []enrichment.Evidence{enrichment.ByProvider(PersonSlug)}
	}
	return reply, nil
}

// locked leaves out the address that Apollo puts in the place of one that has not been paid for.
func locked(out map[string]any) map[string]any {
	if email, _ := out["email"].(string); strings.HasPrefix(email, "email_not_unlocked@") {
		delete(out, "email")
	}
	return out
}

// sure is how sure an answer is by the status of its address: Apollo gives no number.
func sure(out map[string]any) *float64 {
	c := 0.0
	switch out["email_status"] {
	case "verified":
		c = 0.95
	case "likely to engage", "extrapolated", "guessed", "likely_to_engage":
		c = 0.6
	case "unverified", "unavailable", "bounced", "pending_manual_fulfillment":
		c = 0.3
	default:
		return nil
	}
	return &c
}
