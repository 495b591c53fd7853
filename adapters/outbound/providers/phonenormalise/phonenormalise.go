// Package phonenormalise brings phone numbers into one form and says what they are.
package phonenormalise

import (
	"context"
	"strings"

	"github.com/nyaruka/phonenumbers"

	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "phone_normalise"

// Provider normalises by the numbering plans of Google's libphonenumber.
type Provider struct{}

// New makes the provider.
func New() Provider { return Provider{} }

// Describe implements enrichment.Caller.
func (Provider) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug:        Slug,
		Name:        "Phone normalise",
		Category:    "phone",
		Description: "Brings a phone number into E.164 form and tells its country, kind and whether it can exist.",
		Inputs: []enrichment.Field{
			{Name: "phone", Label: "Phone", Type: enrichment.FieldText, Required: true},
			{Name: "country", Label: "Country", Type: enrichment.FieldText, Description: "ISO code or name; for numbers without +. US when empty."},
		},
		Outputs: []enrichment.Field{
			{Name: "e164", Label: "E.164", Type: enrichment.FieldPhone},
			{Name: "national", Label: "National form", Type: enrichment.FieldText},
			{Name: "international", Label: "International form", Type: enrichment.FieldText},
			{Name: "country", Label: "Country", Type: enrichment.FieldText},
			{Name: "calling_code", Label: "Calling code", Type: enrichment.FieldNumber},
			{Name: "type", Label: "Kind of line", Type: enrichment.FieldText},
			{Name: "valid", Label: "Valid", Type: enrichment.FieldBoolean},
			{Name: "extension", Label: "Extension", Type: enrichment.FieldText},
			{Name: "reason", Label: "Reason", Type: enrichment.FieldText, Description: "Why it is not valid, in words."},
		},
		Auth:       enrichment.AuthNone,
		Idempotent: true,
		Limits:     enrichment.RateLimits{Concurrency: 64},
		Terms:      "Runs here; nothing leaves this machine.",
	}
}

// Call implements enrichment.Caller.
func (Provider) Call(_ context.Context, req enrichment.Request) (enrichment.Reply, error) {
	in := strings.TrimSpace(req.Inputs["phone"])
	if len(in) > maxInput {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "this is not a phone number")
	}
	region, known := regionOf(req.Inputs["country"])
	if !known {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "the country is not known; give its two-letter code")
	}
	n, refused := parse(in, region)
	if refused != "" {
		sure := 0.95
		return enrichment.Reply{
			Outputs:    map[string]any{"valid": false, "reason": refused},
			Confidence: &sure,
			VerifiedBy: []enrichment.Evidence{enrichment.ByInput},
		}, nil
	}
	valid := phonenumbers.IsValidNumber(n)
	out := map[string]any{"valid": valid, "calling_code": float64(n.GetCountryCode()), "type": kind(phonenumbers.GetNumberType(n))}
	if ext := n.GetExtension(); ext != "" {
		out["extension"] = ext
	}
	sure := 0.6
	if valid {
		out["e164"] = phonenumbers.Format(n, phonenumbers.E164)
		out["national"] = phonenumbers.Format(n, phonenumbers.NATIONAL)
		out["international"] = phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
		out["country"] = phonenumbers.GetRegionCodeForNumber(n)
		sure = 0.95
	} else {
		out["reason"] = "no such number can exist in the country's numbering plan"
	}
	return enrichment.Reply{Outputs: out, Confidence: &sure, VerifiedBy: []enrichment.Evidence{enrichment.ByInput}}, nil
}

// regionOf takes a two-letter code or one of the names that tables often hold.
func regionOf(country string) (string, bool) {
	c := strings.ToUpper(strings.TrimSpace(country))
	switch c {
	case "", "USA", "UNITED STATES", "UNITED STATES OF AMERICA", "AMERICA":
		return "US", true
	case "UK", "UNITED KINGDOM", "GREAT BRITAIN", "ENGLAND":
		return "GB", true
	case "GERMANY", "DEUTSCHLAND":
		return "DE", true
	case "SWITZERLAND", "SCHWEIZ":
		return "CH", true
	case "AUSTRIA", "ÖSTERREICH":
		return "AT", true
	case "FRANCE":
		return "FR", true
	case "SPAIN", "ESPAÑA":
		return "ES", true
	case "ITALY", "ITALIA":
		return "IT", true
	case "NETHERLANDS", "NEDERLAND":
		return "NL", true
	case "CANADA":
		return "CA", true
	case "IRELAND":
		return "IE", true
	case "INDIA":
		return "IN", true
	case "AUSTRALIA":
		return "AU", true
	default:
		return c, phonenumbers.GetSupportedRegions()[c]
	}
}

func kind(t phonenumbers.PhoneNumberType) string {
	switch t {
	case phonenumbers.FIXED_LINE:
		return "fixed line"
	case phonenumbers.MOBILE:
		return "mobile"
	case phonenumbers.FIXED_LINE_OR_MOBILE:
		return "fixed line or mobile"
	case phonenumbers.TOLL_FREE:
		return "toll-free"
	case phonenumbers.PREMIUM_RATE:
		return "premium rate"
	case phonenumbers.VOIP:
		return "VoIP"
	default:
		return "unknown"
	}
}
