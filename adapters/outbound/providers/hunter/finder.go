package hunter

import (
	"context"
	"net/url"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// FinderSlug names the provider.
const FinderSlug = "hunter_email_finder"

// Finder finds a person's address at a domain.
type Finder struct{ *api }

// Describe implements enrichment.Caller.
func (*Finder) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug: FinderSlug, Name: "Hunter: find email", Category: "email", Credential: kind(), Auth: enrichment.AuthKey, Price: price, Terms: terms,
		Description: "Finds the professional email address of a person at a company's domain, with how sure Hunter is.",
		Limits:      limits(15, 500),
		Inputs: []enrichment.Field{
			{Name: "domain", Label: "Company domain", Type: enrichment.FieldDomain, Required: true},
			{Name: "first_name", Label: "First name", Type: enrichment.FieldText},
			{Name: "last_name", Label: "Last name", Type: enrichment.FieldText},
			{Name: "full_name", Label: "Full name", Type: enrichment.FieldText, Description: "In place of first and last name"},
		},
		Outputs: []enrichment.Field{
			{Name: "email", Label: "Email", Type: enrichment.FieldEmail},
			{Name: "score", Label: "Score", Type: enrichment.FieldNumber, Description: "0 to 100, by Hunter"},
			{Name: "status", Label: "Verification", Type: enrichment.FieldText, Description: "valid, accept_all or unknown"},
			{Name: "first_name", Label: "First name", Type: enrichment.FieldText},
			{Name: "last_name", Label: "Last name", Type: enrichment.FieldText},
			{Name: "position", Label: "Position", Type: enrichment.FieldText},
			{Name: "company", Label: "Company", Type: enrichment.FieldText},
			{Name: "linkedin_url", Label: "LinkedIn", Type: enrichment.FieldURL},
			{Name: "phone", Label: "Phone", Type: enrichment.FieldPhone},
		},
	}
}

// Call implements enrichment.Caller.
func (f *Finder) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	in, q := ask.Inputs, url.Values{"domain": {ask.Inputs["domain"]}, "max_duration": {"10"}}
	switch {
	case in["first_name"] != "" && in["last_name"] != "":
		q.Set("first_name", in["first_name"])
		q.Set("last_name", in["last_name"])
	case in["full_name"] != "":
		q.Set("full_name", in["full_name"])
	default:
		return enrichment.Reply{Missed: "a first and a last name, or a full name, is needed"}, nil
	}
	got, found, err := f.get(ctx, ask, "/v2/email-finder", q)
	if err != nil || !found {
		return enrichment.Reply{Missed: nothing(err)}, err
	}
	data := wire.Dig(got, "data")
	if wire.Text(data, "email") == "" { // also told by a 200
		return enrichment.Reply{Missed: nothing(nil)}, nil
	}
	out, left := wire.Take(data, f.Describe().Outputs, map[string]string{
		"email":        "email",
		"score":        "score",
		"status":       "verification.status",
		"first_name":   "first_name",
		"last_name":    "last_name",
		"position":     "position",
		"company":      "company",
		"linkedin_url": "linkedin_url",
		"phone":        "phone_number",
	})
	reply := enrichment.Reply{Outputs: out, LeftOut: left, Confidence: wire.Share(data, "score"), SourceURL: source(data)}
	if out["status"] == "valid" { // its verifier asked the mail server; for accept_all that says nothing
		reply.VerifiedBy = []enrichment.Evidence{enrichment.ByProvider(VerifierSlug)}
	}
	return reply, nil
}

func nothing(err error) string {
	if err != nil {
		return ""
	}
	return "Hunter knows no such address"
}
