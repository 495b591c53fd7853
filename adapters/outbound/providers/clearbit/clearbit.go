// Package clearbit asks Clearbit's API with a key of before: since 30 April 2025 Clearbit gives no new ones.
package clearbit

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Vendor names Clearbit: its credentials, and its address among the installation's own.
const Vendor = "clearbit"

// Where Clearbit's APIs are.
const (
	PublicPerson  = "https://person.clearbit.com"
	PublicCompany = "https://company.clearbit.com"
)

const (
	price = 3 * kernel.Credit
	terms = "The address or domain goes to Clearbit (HubSpot), under your agreement with it. It counts each address and domain once in a " +
		"billing period, also those that it does not know."
	// queued is when to ask again for what Clearbit looks up in the background.
	queued = 2 * time.Minute
)

type api struct{ wire.API }

// New makes Clearbit's providers. local is an address of this machine for development, empty for none.
func New(client *wire.Client, local string) []enrichment.Caller {
	at := func(public string) *api {
		return &api{wire.API{Client: client, Place: wire.Place{Public: public, Local: local}}}
	}
	return []enrichment.Caller{&Person{at(PublicPerson)}, &Company{at(PublicCompany)}}
}

// describe fills in what both have in common. Asking twice is counted once, so it is idempotent.
func describe(p enrichment.Provider) enrichment.Provider {
	p.Auth, p.Price, p.Terms, p.Idempotent, p.Legacy = enrichment.AuthKey, price, terms, true, true
	p.Limits = enrichment.RateLimits{PerMinute: 600, Concurrency: 5}
	p.Credential = &enrichment.CredentialKind{
		Kind:   Vendor,
		Name:   "Clearbit (existing keys only)",
		Fields: []enrichment.CredentialField{{Name: "api_key", Label: "Secret key (sk_…)"}},
		Hosts:  []string{"person.clearbit.com", "company.clearbit.com"},
		How:    "Only keys from before May 2025 work; Clearbit gives no new ones.",
		URL:    "https://dashboard.clearbit.com/api",
	}
	return p
}

// get asks; found is false where Clearbit knows nothing.
func (a *api) get(ctx context.Context, ask enrichment.Request, path string, query url.Values) (got map[string]any, found bool, err error) {
	req, key, err := a.Request(ctx, ask, http.MethodGet, path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, false, err
	}
	req.SetBasicAuth(key, "")
	return a.Find(req, a.trouble)
}

// trouble reads a status. An error is an object or a list of them.
func (a *api) trouble(got wire.Answer) *enrichment.CallError {
	switch got.Status {
	case http.StatusOK, http.StatusCreated, http.StatusNotFound:
		return nil
	case http.StatusAccepted:
		return &enrichment.CallError{
			Kind:       enrichment.CallPending,
			Message:    "Clearbit looks it up and has it in some minutes",
			RetryAfter: max(queued, a.Wait(got.Header)),
		}
	case http.StatusPaymentRequired:
		return enrichment.Fail(enrichment.CallExhausted, "the Clearbit plan's usage is gone until it is renewed")
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		if strings.HasPrefix(kindOf(got), "rate") {
			break
		}
		return enrichment.Fail(enrichment.CallBadInput, "Clearbit can do nothing with these inputs")
	}
	return a.Trouble("Clearbit", got)
}

// kindOf is the type of an answer's first error.
func kindOf(got wire.Answer) string {
	o, err := got.Object()
	if err != nil {
		return ""
	}
	if list, ok := o["error"].([]any); ok && len(list) > 0 {
		return wire.Text(list[0], "type")
	}
	return wire.Text(o, "error", "type")
}
