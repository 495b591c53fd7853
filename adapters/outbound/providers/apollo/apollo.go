// Package apollo asks Apollo's API (docs.apollo.io): a person by what is known of them, a company by its domain.
package apollo

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Vendor names Apollo: its credentials, and its address among the installation's own.
const Vendor = "apollo"

// Public is where Apollo's API is.
const Public = "https://api.apollo.io"

const (
	price = 2 * kernel.Credit
	terms = "What the inputs name goes to Apollo (apollo.io), under your agreement with it. Apollo charges your plan for each record that " +
		"it finds paid data for."
)

type api struct{ wire.API }

// New makes Apollo's providers. local is an address of this machine for development, empty for none.
func New(client *wire.Client, local string) []enrichment.Caller {
	a := &api{wire.API{Client: client, Place: wire.Place{Public: Public, Local: local}}}
	return []enrichment.Caller{&Person{a}, &Company{a}}
}

func kind() *enrichment.CredentialKind {
	return &enrichment.CredentialKind{
		Kind: Vendor, Name: "Apollo", Fields: []enrichment.CredentialField{{Name: "api_key", Label: "API key"}}, Hosts: []string{"api.apollo.io"},
		How: "In Apollo: Settings, Integrations, API, Create new key. " +
			"Give it people/match, organizations/enrich and the searches, or make it a master key.",
		URL: "https://app.apollo.io/#/settings/integrations/api", Provable: true,
	}
}

// limits are those of paid plans; what a key's plan allows is in the headers of each answer. Apollo counts by team and endpoint.
func limits() enrichment.RateLimits { return enrichment.RateLimits{PerMinute: 1000, Concurrency: 10} }

// ask makes a request; body may be nil. The limits are those that Apollo says hold for the key.
func (a *api) ask(
	ctx context.Context, ask enrichment.Request, method, path string, body any,
) (map[string]any, enrichment.RateLimits, error) {
	none := enrichment.RateLimits{}
	var text []byte
	var err error
	if body != nil {
		if text, err = json.Marshal(body); err != nil {
			return nil, none, enrichment.Fail(enrichment.CallBadInput, "the inputs make no request")
		}
	}
	req, key, err := a.Request(ctx, ask, method, "/api/v1"+path, text)
	if err != nil {
		return nil, none, err
	}
	req.Header.Set("X-Api-Key", key)
	req.Header.Set("Cache-Control", "no-cache")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	got, err := a.Do(req)
	if err != nil {
		return nil, none, err
	}
	got.Heard(ctx)
	said := windows(got.Header)
	if ce := a.trouble(got); ce != nil {
		ce.Limits = said
		return nil, said, ce
	}
	o, err := got.Object()
	return o, said, err
}

// windows reads the limits of a key's three windows. A window without a limit has an empty header, as an answer to a key that is refused
// has none.
func windows(h http.Header) enrichment.RateLimits {
	read := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSpace(h.Get(name)))
		if err != nil || n < 0 || n > 1_000_000 {
			return 0
		}
		return n
	}
	return enrichment.RateLimits{
		PerMinute: read("X-Rate-Limit-Minute"),
		PerHour:   read("X-Rate-Limit-Hourly"),
		PerDay:    read("X-Rate-Limit-24-Hour"),
	}
}

// trouble reads a status. A refused key is told in plain text, everything else in JSON.
func (a *api) trouble(got wire.Answer) *enrichment.CallError {
	switch got.Status {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		return enrichment.Fail(enrichment.CallUnauthorized, "Apollo refuses the key")
	case http.StatusForbidden:
		return enrichment.Fail(enrichment.CallUnauthorized,
			"the Apollo key may not use this endpoint; give it the right in Apollo, or make it a master key")
	case http.StatusPaymentRequired:
		return enrichment.Fail(enrichment.CallExhausted, "the Apollo plan's credits are used up")
	case http.StatusTooManyRequests:
		return &enrichment.CallError{
			Kind:       enrichment.CallRateLimited,
			Message:    "Apollo was asked too often",
			RetryAfter: max(time.Second, a.Wait(got.Header)),
		}
	case http.StatusUnprocessableEntity, http.StatusBadRequest:
		says := ""
		if o, err := got.Object(); err == nil {
			says = strings.ToLower(wire.Text(o, "error") + " " + wire.Text(o, "error_message") + " " + wire.Text(o, "message"))
		}
		if strings.Contains(says, "insufficient credits") || strings.Contains(says, "out of credits") {
			return enrichment.Fail(enrichment.CallExhausted, "the Apollo plan's credits are used up")
		}
		return enrichment.Fail(enrichment.CallBadInput, "Apollo can do nothing with these inputs")
	default:
		if got.Status > 200 && got.Status < 300 {
			return enrichment.Fail(enrichment.CallBadReply, "Apollo answers "+strconv.Itoa(got.Status)+", which it does not document")
		}
		return a.Trouble("Apollo", got)
	}
}

// Prove implements enrichment.Prover: the profile costs nothing.
func (a *api) Prove(ctx context.Context, secret map[string]string, hosts []string) (string, error) {
	got, _, err := a.ask(ctx, enrichment.Request{
		Secret: secret,
		Hosts:  hosts,
	}, http.MethodGet, "/users/api_profile?"+url.Values{"include_credit_usage": {"true"}}.Encode(), nil)
	if err != nil {
		return "", err
	}
	if wire.Dig(got, "id") == nil && wire.Dig(got, "team_id") == nil && wire.Dig(got, "user") == nil {
		return "", enrichment.Fail(enrichment.CallBadReply, "Apollo's profile names nobody")
	}
	return "Apollo takes the key", nil
}

// address is a web address that a text names; without a scheme it is taken to be https.
func address(text string) string {
	if text == "" || strings.Contains(text, "://") {
		return text
	}
	return "https://" + text
}
