package salesforce

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/morket/morket/adapters/crm/crmwire"
	"github.com/morket/morket/domain/crm"
)

// AuthorizeURL implements crm.Authorizer. An instance that is no address of Salesforce's has none.
func (c *Connector) AuthorizeURL(a crm.Authorization) string {
	at, err := c.login(a.Instance)
	if err != nil {
		return ""
	}
	q := url.Values{
		"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {a.Redirect}, "scope": {"api refresh_token"}, "state": {a.State},
		"code_challenge": {crmwire.Challenge(a.Verifier)}, "code_challenge_method": {"S256"},
	}
	return at + "/services/oauth2/authorize?" + q.Encode()
}

// Exchange implements crm.Authorizer.
func (c *Connector) Exchange(ctx context.Context, a crm.Authorization, code string) (crm.Grant, error) {
	at, err := c.login(a.Instance)
	if err != nil {
		return crm.Grant{}, err
	}
	return c.token(ctx, at, crm.Grant{ClientID: a.ClientID, ClientSecret: a.ClientSecret}, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {a.Redirect}, "code_verifier": {a.Verifier},
	})
}

// Refresh implements crm.Authorizer. Where the organisation rotates refresh tokens the old one is dead from then on. It is asked at the
// organisation's own address, which knows sandboxes and My Domains alike.
func (c *Connector) Refresh(ctx context.Context, g crm.Grant) (crm.Grant, error) {
	at, err := c.instance(g.Instance)
	if err != nil {
		return crm.Grant{}, err
	}
	return c.token(ctx, at, g, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {g.Refresh}})
}

func (c *Connector) token(ctx context.Context, at string, g crm.Grant, form url.Values) (crm.Grant, error) {
	form.Set("client_id", g.ClientID)
	form.Set("client_secret", g.ClientSecret)
	a, err := c.wire.Do(ctx, crmwire.Request{
		Method: http.MethodPost, URL: at + "/services/oauth2/token", Body: form, Secrets: []string{g.Access}, Changes: true,
	})
	if err != nil {
		return crm.Grant{}, err
	}
	if e := refused(a, form.Get("grant_type") == "refresh_token"); e != nil {
		return crm.Grant{}, e
	}
	var got struct {
		Access   crmwire.Text `json:"access_token"`
		Refresh  crmwire.Text `json:"refresh_token"`
		Instance crmwire.Text `json:"instance_url"`
		Scope    crmwire.Text `json:"scope"`
	}
	if err := a.Into(&got); err != nil {
		return crm.Grant{}, err
	}
	if got.Instance == "" {
		got.Instance = crmwire.Text(g.Instance)
	}
	if got.Refresh == "" {
		got.Refresh = crmwire.Text(g.Refresh)
	}
	if got.Access == "" || got.Refresh == "" {
		return crm.Grant{}, &crm.CallError{
			Kind: crm.CallFailed, Message: "Salesforce gave an answer without tokens; the app needs the scopes api and refresh_token", Lost: true,
		}
	}
	if g.Instance, err = c.instance(string(got.Instance)); err != nil {
		return crm.Grant{}, err
	}
	g.Access, g.Refresh, g.Expires = string(got.Access), string(got.Refresh), time.Time{} // Salesforce doesn't say how long it is good for
	if got.Scope != "" {
		g.Scopes = strings.Fields(string(got.Scope))
	}
	return g, nil
}

// refused says why no token came. Salesforce gives the same error for a grant that is gone and for one that another refresh holds, and
// tells them apart by its words alone. Only words that are known to mean the end do end a grant: a good one is never thrown away.
func refused(a *crmwire.Answer, refresh bool) *crm.CallError {
	var said struct {
		Error crmwire.Text `json:"error"`
		Words crmwire.Text `json:"error_description"`
	}
	if len(a.Body) > 0 {
		_ = json.Unmarshal(a.Body, &said) // what could be read is what there is
	}
	if a.OK() && said.Error == "" {
		return nil
	}
	words := strings.ToLower(string(said.Words))
	say := func(kind crm.CallKind, what string) *crm.CallError {
		return crmwire.Fail(kind, a.Say(what+": "+string(said.Words)))
	}
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(words, p) {
				return true
			}
		}
		return false
	}
	switch {
	case said.Error == "invalid_grant" && (has("already being processed") || refresh && has("expired authorization code")):
		return say(crm.CallBusy, "another refresh is under way")
	case said.Error == "invalid_grant" && (!refresh || has("expired access/refresh token", "inactive", "hasn't approved", "not approved",
		"token validity expired", "revoked", "invalid refresh token")):
		return say(crm.CallDenied, "Salesforce refuses the access")
	case said.Error == "invalid_client_id" || said.Error == "invalid_client" || said.Error == "redirect_uri_mismatch":
		return say(crm.CallInvalid, "Salesforce refuses the app's consumer key, secret or callback URL")
	}
	e := a.Trouble(string(said.Error + " " + said.Words))
	switch e.Kind {
	case crm.CallLimited, crm.CallBusy:
	default:
		e.Kind = crm.CallFailed
	}
	return e
}

// Revoke implements crm.Authorizer.
func (c *Connector) Revoke(ctx context.Context, g crm.Grant) error {
	at, err := c.instance(g.Instance)
	if err != nil {
		return err
	}
	a, err := c.wire.Do(ctx, crmwire.Request{
		Method: http.MethodPost, URL: at + "/services/oauth2/revoke", Body: url.Values{"token": {g.Refresh}}, Changes: true,
		Secrets: []string{g.Access, g.ClientSecret},
	})
	if err != nil {
		return err
	}
	if a.OK() || a.Status == http.StatusBadRequest { // it knows no such token any more
		return nil
	}
	return a.Trouble("")
}

// Account implements crm.Reader. Who allowed the access is told only where the app's scopes let it.
func (c *Connector) Account(ctx context.Context, g crm.Grant) (crm.Account, error) {
	rows, _, err := c.query(ctx, g, "query", "SELECT Id, Name FROM Organization LIMIT 1")
	if err != nil {
		return crm.Account{}, err
	}
	if len(rows) == 0 || rows[0].text("Id") == "" {
		return crm.Account{}, crmwire.Fail(crm.CallFailed, "Salesforce gave an answer without an organisation")
	}
	out := crm.Account{ID: rows[0].text("Id"), Name: rows[0].text("Name")}
	at, err := c.instance(g.Instance)
	if err != nil {
		return crm.Account{}, err
	}
	a, err := c.wire.Do(ctx, crmwire.Request{Method: http.MethodGet, URL: at + "/services/oauth2/userinfo", Bearer: g.Access})
	if err != nil {
		return crm.Account{}, err
	}
	var who struct {
		User crmwire.Text `json:"preferred_username"`
	}
	if a.OK() {
		if err := a.Into(&who); err != nil {
			return crm.Account{}, err
		}
	}
	out.User = string(who.User)
	return out, nil
}
