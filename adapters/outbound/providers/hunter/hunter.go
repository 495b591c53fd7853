// Package hunter asks Hunter's API v2 (hunter.io/api-documentation/v2): an email address of a person at a domain, whether an address
// takes mail, and what is known of a domain's addresses.
package hunter

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

// Vendor names Hunter: its credentials, and its address among the installation's own.
const Vendor = "hunter"

// Public is where Hunter's API is.
const Public = "https://api.hunter.io"

// price is what an accepted answer costs by default.
const price = kernel.Credit

const terms = "The name, domain or address goes to Hunter (hunter.io), under your agreement with it. It charges your plan for each " +
	"search that finds something and each verification."

// api is Hunter's API.
type api struct{ wire.API }

// New makes Hunter's providers. local is an address of this machine for development, empty for none.
func New(client *wire.Client, local string) []enrichment.Caller {
	a := &api{wire.API{Client: client, Place: wire.Place{Public: Public, Local: local}}}
	return []enrichment.Caller{&Finder{a}, &Verifier{a}, &Search{a}}
}

func kind() *enrichment.CredentialKind {
	return &enrichment.CredentialKind{
		Kind: Vendor, Name: "Hunter", Fields: []enrichment.CredentialField{{Name: "api_key", Label: "API key"}}, Hosts: []string{"api.hunter.io"},
		How: "Sign in at hunter.io and copy the key under API. The free plan has one.", URL: "https://hunter.io/api-keys", Provable: true,
	}
}

// limits are Hunter's, with room for requests that come a little closer together than they were sent: one too many in a second costs a
// pause.
func limits(perSecond, perMinute int) enrichment.RateLimits {
	return enrichment.RateLimits{PerSecond: perSecond - 1, PerMinute: perMinute * 9 / 10, Concurrency: 10}
}

// get asks; found is false where Hunter has no answer.
func (a *api) get(ctx context.Context, ask enrichment.Request, path string, query url.Values) (got map[string]any, found bool, err error) {
	req, key, err := a.Request(ctx, ask, http.MethodGet, path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("X-Api-Key", key) // not in the address, where keys get into logs
	wire.SetKey(req, ask.Key)
	return a.Find(req, a.trouble)
}

const (
	pollAfter  = 5 * time.Second // a verification under way: the same address is asked again, and counts once
	oddServer  = 10 * time.Minute
	rateWindow = 2 * time.Second // Hunter says neither what is left nor when to come back; the second's limit is met first
)

// trouble reads a status. Hunter's are its own: 403 is asked too often, 429 the plan's usage gone, 451 a person who objected, 202 still at
// work, 222 a mail server that answered oddly. Its own client reads 402 and 429 in another way, so what the error says counts before its
// number; and in doubt the usage is taken for gone, which stops, rather than the rate, which would be asked again.
func (a *api) trouble(got wire.Answer) *enrichment.CallError {
	switch got.Status {
	case http.StatusOK, http.StatusNotFound:
		return nil
	case http.StatusAccepted:
		return pending("Hunter is still at work on it", max(pollAfter, a.Wait(got.Header)))
	case 222:
		return pending("the address's mail server answered oddly; Hunter asks for another try later", oddServer)
	case http.StatusUnavailableForLegalReasons:
		return enrichment.Fail(enrichment.CallObjected, "the person has objected to Hunter's processing of data about them")
	case http.StatusConflict:
		return pending("Hunter is still at work on the same question", max(pollAfter, a.Wait(got.Header)))
	}
	says := said(got)
	switch {
	case got.Status >= 500 || got.Status == http.StatusRequestTimeout || got.Status < 400:
		return a.Trouble("Hunter", got)
	case got.Status == http.StatusPaymentRequired, names(says, "usage", "quota", "monthly", "credits", "upgrade", "your plan"):
		return enrichment.Fail(enrichment.CallExhausted, "the Hunter plan's usage is gone until it is renewed")
	case names(says, "rate", "per second", "per minute", "too many requests", "too_many_requests"):
		return a.tooOften(got)
	case got.Status == http.StatusUnauthorized, got.Status == http.StatusForbidden &&
		names(says, "key", "permission", "not authori", "forbidden"):
		return enrichment.Fail(enrichment.CallUnauthorized, "Hunter refuses the key")
	case got.Status == http.StatusForbidden:
		return a.tooOften(got)
	case got.Status == http.StatusTooManyRequests:
		return enrichment.Fail(enrichment.CallExhausted, "the Hunter plan's usage is gone until it is renewed")
	default:
		return enrichment.Fail(enrichment.CallBadInput, "Hunter can do nothing with these inputs")
	}
}

func (a *api) tooOften(got wire.Answer) *enrichment.CallError {
	wait := a.Wait(got.Header)
	if wait == 0 {
		wait = rateWindow
	}
	return &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "Hunter was asked too often", RetryAfter: wait}
}

func pending(message string, again time.Duration) *enrichment.CallError {
	return &enrichment.CallError{Kind: enrichment.CallPending, Message: message, RetryAfter: again}
}

// said is what an error says of itself, in lower case: the ids and details of its errors.
func said(got wire.Answer) string {
	o, err := got.Object()
	if err != nil {
		return ""
	}
	list, _ := o["errors"].([]any)
	var out strings.Builder
	for _, e := range list[:min(len(list), 10)] {
		out.WriteString(wire.Text(e, "id") + " " + wire.Text(e, "details") + " ")
	}
	return strings.ToLower(out.String())
}

func names(says string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(says, w) {
			return true
		}
	}
	return false
}

// Prove implements enrichment.Prover: /account costs nothing.
func (a *api) Prove(ctx context.Context, secret map[string]string, hosts []string) (string, error) {
	got, _, err := a.get(ctx, enrichment.Request{Secret: secret, Hosts: hosts}, "/v2/account", url.Values{})
	if err != nil {
		return "", err
	}
	says := "Hunter takes the key"
	if plan := wire.Text(got, "data", "plan_name"); plan != "" {
		says += ", plan " + plan
	}
	used, ok := wire.Number(got, "data", "requests", "searches", "used")
	if most, has := wire.Number(got, "data", "requests", "searches", "available"); ok && has {
		says += ", " + used.String() + " of " + most.String() + " searches used"
	}
	return says, nil
}

// source is the address of the first page on which Hunter saw an email address.
func source(v any) string {
	list, _ := wire.Dig(v, "sources").([]any)
	for _, s := range list[:min(len(list), 20)] {
		if at := wire.Text(s, "uri"); strings.HasPrefix(at, "http://") || strings.HasPrefix(at, "https://") {
			return at
		}
	}
	return ""
}
