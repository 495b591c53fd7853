package hunter

import (
	"context"
	"net/url"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// VerifierSlug names the provider.
const VerifierSlug = "hunter_email_verifier"

// Verifier says whether an address takes mail.
type Verifier struct{ *api }

// Describe implements enrichment.Caller.
func (*Verifier) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug:        VerifierSlug,
		Name:        "Hunter: verify email",
		Category:    "email",
		Credential:  kind(),
		Auth:        enrichment.AuthKey,
		Price:       price,
		Terms:       terms,
		Description: "Says whether an email address takes mail: Hunter looks at its form, its domain's mail servers, and asks them.",
		Limits:      limits(10, 300),
		Inputs:      []enrichment.Field{{Name: "email", Label: "Email", Type: enrichment.FieldEmail, Required: true}},
		Outputs: []enrichment.Field{
			{Name: "status", Label: "Status", Type: enrichment.FieldText, Description: "valid, invalid, accept_all, webmail, disposable or unknown"},
			{Name: "deliverable", Label: "Deliverable", Type: enrichment.FieldBoolean, Description: "Empty where Hunter can't tell"},
			{Name: "score", Label: "Score", Type: enrichment.FieldNumber, Description: "0 to 100, by Hunter"},
			{Name: "accept_all", Label: "Takes all addresses", Type: enrichment.FieldBoolean},
			{Name: "disposable", Label: "Disposable", Type: enrichment.FieldBoolean},
			{Name: "webmail", Label: "Webmail", Type: enrichment.FieldBoolean},
			{Name: "mx_records", Label: "Mail servers", Type: enrichment.FieldBoolean},
			{Name: "smtp_check", Label: "Mailbox answered", Type: enrichment.FieldBoolean},
			{Name: "block", Label: "Refused to tell", Type: enrichment.FieldBoolean},
		},
	}
}

// Call implements enrichment.Caller.
func (v *Verifier) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	got, found, err := v.get(ctx, ask, "/v2/email-verifier", url.Values{"email": {ask.Inputs["email"]}})
	if err != nil || !found {
		return enrichment.Reply{Missed: nothing(err)}, err
	}
	data := wire.Dig(got, "data")
	same := map[string]string{}
	for _, name := range []string{"status", "score", "accept_all", "disposable", "webmail", "mx_records", "smtp_check", "block"} {
		same[name] = name
	}
	out, left := wire.Take(data, v.Describe().Outputs, same)
	switch out["status"] {
	case "valid":
		out["deliverable"] = true
	case "invalid":
		out["deliverable"] = false
	case nil:
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, "Hunter's answer has no status")
	}
	reply := enrichment.Reply{Outputs: out, LeftOut: left, Confidence: wire.Share(data, "score"), SourceURL: source(data)}
	if out["smtp_check"] == true && out["accept_all"] != true {
		reply.VerifiedBy = []enrichment.Evidence{enrichment.ByMX}
	}
	return reply, nil
}
