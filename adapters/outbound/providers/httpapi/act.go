package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
)

// Action is one request whose answer says by its status alone whether it was taken.
type Action struct {
	Method  string
	URL     string
	Headers map[string]string
	Body    string // JSON; empty for none
	Key     string // the idempotency key
	Auth    Auth
	Secret  map[string]string
	Hosts   []string // that the secret may be sent to
}

// Act makes the request, once. Its errors are *enrichment.CallError and name neither the address nor what the other side has written: both
// may repeat the key.
func (p *Provider) Act(ctx context.Context, a Action) error {
	u, err := url.Parse(a.URL)
	if err != nil || checkURL(a.URL) != nil {
		return enrichment.Fail(enrichment.CallBadInput, "the row's values make no address")
	}
	if err := (Config{Headers: a.Headers, Body: "", Auth: a.Auth}).checkParts(); err != nil {
		return enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	req, err := http.NewRequestWithContext(ctx, a.Method, u.String(), strings.NewReader(a.Body))
	if err != nil {
		return enrichment.Fail(enrichment.CallBadInput, "the row's values make no address")
	}
	if a.Body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.Method != http.MethodGet {
		wire.SetKey(req, a.Key)
	}
	for name, value := range a.Headers {
		req.Header.Set(name, value)
	}
	if a.Auth.Kind != "" {
		if err := credential.CheckDestination(a.Hosts, req.URL); err != nil {
			return enrichment.Fail(enrichment.CallUnauthorized, err.Error())
		}
		if err := a.Auth.put(req, a.Secret); err != nil {
			return err
		}
	}
	got, err := p.wire.Do(req)
	if err != nil {
		return err
	}
	if trouble := p.wire.Trouble("the receiver", got); trouble != nil {
		return trouble
	}
	return nil
}
