package hubspot

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// tokens is where tokens are made. The numbered version of it ends in February 2027, so there is no choice.
const tokens = "/oauth/2026-03/token" //nolint:gosec // a path

// scopes are the rights that are asked for.
func scopes() []string {
	out := []string{"oauth"}
	for _, object := range []string{contacts, companies, "deals"} {
		out = append(out, "crm.objects."+object+".read", "crm.objects."+object+".write", "crm.schemas."+object+".read")
	}
	return out
}

// AuthorizeURL implements crm.Authorizer.
func (c *Connector) AuthorizeURL(a crm.Authorization) string {
	q := url.Values{
		"client_id": {a.ClientID}, "redirect_uri": {a.Redirect}, "scope": {strings.Join(scopes(), " ")}, "state": {a.State},
		"code_challenge": {crmwire.Challenge(a.Verifier)}, "code_challenge_method": {"S256"},
	}
	return c.app + "/oauth/authorize?" + q.Encode()
}

// Exchange implements crm.Authorizer.
func (c *Connector) Exchange(ctx context.Context, a crm.Authorization, code string) (crm.Grant, error) {
	return c.token(ctx, crm.Grant{ClientID: a.ClientID, ClientSecret: a.ClientSecret}, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.Redirect}, "code_verifier": {a.Verifier},
	})
}

// Refresh implements crm.Authorizer. HubSpot's refresh tokens stay as they are; one that came anew would be taken.
func (c *Connector) Refresh(ctx context.Context, g crm.Grant) (crm.Grant, error) {
	return c.token(ctx, g, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {g.Refresh}})
}

func (c *Connector) token(ctx context.Context, g crm.Grant, form url.Values) (crm.Grant, error) {
	form.Set("client_id", g.ClientID)
	form.Set("client_secret", g.ClientSecret)
	a, err := c.wire.Do(ctx, crmwire.Request{
		Method: http.MethodPost, URL: c.api + tokens, Body: form, Secrets: []string{g.Access}, Changes: true,
	})
	if err != nil {
		return crm.Grant{}, err
	}
	if e := refused(a); e != nil {
		return crm.Grant{}, e
	}
	var got struct {
		Access  crmwire.Text  `json:"access_token"`
		Refresh crmwire.Text  `json:"refresh_token"`
		Expires int64         `json:"expires_in"`
		Scopes  crmwire.Texts `json:"scopes"`
	}
	if err := a.Into(&got); err != nil {
		return crm.Grant{}, err
	}
	refresh := string(got.Refresh)
	if refresh == "" {
		refresh = g.Refresh
	}
	if got.Access == "" || refresh == "" {
		return crm.Grant{}, &crm.CallError{Kind: crm.CallFailed, Message: "HubSpot gave an answer without tokens", Lost: true}
	}
	g.Access, g.Refresh = string(got.Access), refresh
	if len(got.Scopes) > 0 {
		g.Scopes = got.Scopes
	}
	g.Expires = time.Time{}
	const most = 366 * 24 * 3600
	if got.Expires > 0 {
		g.Expires = c.clock.Now().UTC().Add(time.Duration(min(got.Expires, most)) * time.Second)
	}
	return g, nil
}

// refused says why no token came. Only HubSpot's word that the code or the refresh token is not valid ends a grant; all else may
// pass, so that a good grant is never thrown away.
func refused(a *crmwire.Answer) *crm.CallError {
	said := heard(a)
	if a.OK() && !said.failed() {
		return nil
	}
	switch {
	case said.is("BAD_REFRESH_TOKEN", "BAD_AUTH_CODE", "invalid_grant"):
		return crmwire.Fail(crm.CallDenied, a.Say("HubSpot refuses the access: "+said.words()))
	case said.is("BAD_CLIENT_ID", "BAD_CLIENT_SECRET", "invalid_client", "BAD_REDIRECT_URI"):
		return crmwire.Fail(crm.CallInvalid, a.Say("HubSpot refuses the app's id, secret or redirect address: "+said.words()))
	}
	e := failure(a)
	if e.Kind != crm.CallLimited && e.Kind != crm.CallBusy {
		e.Kind = crm.CallFailed
	}
	return e
}

// Revoke implements crm.Authorizer.
func (c *Connector) Revoke(ctx context.Context, g crm.Grant) error {
	a, err := c.wire.Do(ctx, crmwire.Request{Method: http.MethodPost, URL: c.api + tokens + "/revoke", Body: url.Values{
		"token": {g.Refresh}, "token_type_hint": {"refresh_token"}, "client_id": {g.ClientID}, "client_secret": {g.ClientSecret},
	}, Secrets: []string{g.Access}, Changes: true})
	if err != nil {
		return err
	}
	e := failure(a)
	if e == nil || a.Status == http.StatusNotFound || heard(a).is("BAD_REFRESH_TOKEN", "BAD_TOKEN", "invalid_token", "invalid_grant") {
		return nil
	}
	return e
}

// Account implements crm.Reader.
func (c *Connector) Account(ctx context.Context, g crm.Grant) (crm.Account, error) {
	a, err := c.ask(ctx, g, crmwire.Request{Method: http.MethodPost, URL: c.api + tokens + "/introspect", Body: url.Values{
		"token": {g.Access}, "token_type_hint": {"access_token"}, "client_id": {g.ClientID}, "client_secret": {g.ClientSecret},
	}})
	if err != nil {
		return crm.Account{}, err
	}
	var got struct {
		Active *bool        `json:"active"`
		Hub    crmwire.Text `json:"hub_id"`
		Domain crmwire.Text `json:"hub_domain"`
		User   crmwire.Text `json:"user"`
	}
	if err := a.Into(&got); err != nil {
		return crm.Account{}, err
	}
	if got.Active != nil && !*got.Active {
		return crm.Account{}, crmwire.Fail(crm.CallExpired, "HubSpot says that the access token is not valid any more")
	}
	if got.Hub == "" {
		return crm.Account{}, crmwire.Fail(crm.CallFailed, "HubSpot gave an answer without an account")
	}
	name := string(got.Domain)
	if name == "" {
		name = "HubSpot " + string(got.Hub)
	}
	return crm.Account{ID: string(got.Hub), Name: a.Say(name), User: a.Say(string(got.User))}, nil
}
