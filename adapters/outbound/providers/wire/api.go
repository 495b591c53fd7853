package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/morket/morket/domain/enrichment"
)

// API is a vendor's API: how it is asked, and where it is.
type API struct {
	*Client
	Place Place
}

// Destination implements enrichment.Directed.
func (a API) Destination(_ json.RawMessage, hosts []string) string { return a.Place.Destination(hosts) }

// Request begins a request to the path for a call's credential, and returns the key for it to be signed with.
func (a API) Request(
	ctx context.Context, ask enrichment.Request, method, path string, body []byte,
) (req *http.Request, key string, err error) {
	if key, err = Key(ask.Secret); err != nil {
		return nil, "", err
	}
	at, err := a.Place.For(ask.Hosts)
	if err != nil {
		return nil, "", err
	}
	if req, err = http.NewRequestWithContext(ctx, method, at+path, bytes.NewReader(body)); err != nil {
		return nil, "", enrichment.Fail(enrichment.CallBadInput, "the inputs make no address")
	}
	return req, key, nil
}

// Find sends a request and reads its answer; found is false for a 404. trouble says what a vendor's status means, nil for none.
func (a API) Find(req *http.Request, trouble func(Answer) *enrichment.CallError) (got map[string]any, found bool, err error) {
	answer, err := a.Do(req)
	if err != nil {
		return nil, false, err
	}
	answer.Heard(req.Context())
	if ce := trouble(answer); ce != nil {
		return nil, false, ce
	}
	if answer.Status == http.StatusNotFound {
		return nil, false, nil
	}
	got, err = answer.Object()
	return got, true, err
}
