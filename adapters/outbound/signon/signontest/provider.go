// Package signontest runs a real OpenID Connect provider for tests: zitadel's, in this process.
package signontest

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// The client that the provider knows.
const (
	ClientID     = "morket"
	ClientSecret = "a secret of the client"
	password     = "the password at the provider"
)

// Person is an account at the provider.
type Person struct {
	ID, Email, First, Last string
	Unverified             bool
	Groups                 []string
}

// Provider is a running provider.
type Provider struct {
	Issuer string

	t        testing.TB
	redirect string
	people   []Person
	handler  atomic.Pointer[http.Handler]
}

// New starts a provider whose client may be led back to the redirect address. It ends with the test.
func New(t testing.TB, redirect string, people ...Person) *Provider {
	t.Helper()
	p := &Provider{t: t, redirect: redirect, people: people}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.handler.Load()).ServeHTTP(w, r) }))
	t.Cleanup(s.Close)
	p.Issuer = s.URL
	p.Rotate()
	return p
}

// Rotate gives the provider another signing key; the one before is known no longer.
func (p *Provider) Rotate() {
	clients := map[string]*storage.Client{ClientID: storage.WebClient(ClientID, ClientSecret, p.redirect)}
	handler := http.Handler(exampleop.SetupServer(p.Issuer, keep{storage.NewStorageWithClients(p, clients), p}, nil, false))
	p.handler.Store(&handler)
}

// ExampleClientID implements storage.UserStore.
func (*Provider) ExampleClientID() string { return "" }

// GetUserByID implements storage.UserStore.
func (p *Provider) GetUserByID(id string) *storage.User {
	for _, one := range p.people {
		if one.ID == id {
			return &storage.User{
				ID: one.ID, Username: one.ID, Password: password, FirstName: one.First, LastName: one.Last, Email: one.Email,
				EmailVerified: !one.Unverified,
			}
		}
	}
	return nil
}

// GetUserByUsername implements storage.UserStore: people sign in by their ids.
func (p *Provider) GetUserByUsername(name string) *storage.User { return p.GetUserByID(name) }

// keep is zitadel's storage, which knows of groups, too.
type keep struct {
	*storage.Storage
	of *Provider
}

// SetUserinfoFromToken implements op.Storage.
func (k keep) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	err := k.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
	for _, one := range k.of.people {
		if err == nil && one.ID == info.Subject && len(one.Groups) > 0 {
			info.AppendClaims("groups", one.Groups)
		}
	}
	return err
}

var _ op.Storage = keep{}

// SignIn is a browser in which the person signs in at the address. It answers with what the provider leads back with.
func (p *Provider) SignIn(address, id string) url.Values {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(p.t, err)
	var back url.Values
	browser := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), p.redirect) {
			back = r.URL.Query()
			return http.ErrUseLastResponse
		}
		return nil
	}}
	get := func(send func() (*http.Response, error)) *url.URL {
		res, err := send()
		require.NoError(p.t, err)
		require.NoError(p.t, res.Body.Close())
		return res.Request.URL
	}
	login := get(func() (*http.Response, error) { return browser.Get(address) }) //nolint:noctx // it ends with the test's server
	if back != nil {
		return back
	}
	form := url.Values{"username": {id}, "password": {password}, "id": {login.Query().Get("authRequestID")}}
	get(func() (*http.Response, error) { return browser.PostForm(p.Issuer+"/login/username", form) }) //nolint:noctx // as above
	require.NotNil(p.t, back, "the provider did not lead back")
	return back
}
