package signon_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/signon"
	"github.com/morket/morket/adapters/outbound/signon/signontest"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

const redirect = "https://morket.example/sign-on"

func secrets() auth.SignOn {
	return auth.SignOn{State: "the-state", Nonce: "the-nonce", Verifier: "a-verifier-that-has-the-43-characters-it-must-have"}
}

func client(t *testing.T, issuer string, clock kernel.Clock) *signon.Provider {
	t.Helper()
	p, err := signon.New(signon.Config{
		Issuer: issuer, ClientID: signontest.ClientID, ClientSecret: signontest.ClientSecret, Redirect: redirect,
		AfterLogout: "https://morket.example/login", GroupsClaim: "groups", HTTP: &http.Client{Transport: http.DefaultTransport, Timeout: 10 * time.Second}, Clock: clock,
	})
	require.NoError(t, err)
	return p
}

func TestSigningInAtARealProvider(t *testing.T) {
	t.Parallel()
	ann := signontest.Person{ID: "ann-7", Email: "ann@example.com", First: "Ann", Last: "Lee", Groups: []string{"sales", "staff"}}
	bob := signontest.Person{ID: "bob-8", Email: "bob@example.com", First: "Bob", Last: "Ray", Unverified: true}
	idp := signontest.New(t, redirect, ann, bob)
	p := client(t, idp.Issuer, kernel.SystemClock{})
	s := secrets()
	address, err := p.Begin(t.Context(), s)
	require.NoError(t, err)
	u, err := url.Parse(address)
	require.NoError(t, err)
	require.Equal(t, "S256", u.Query().Get("code_challenge_method"))
	require.NotContains(t, address, s.Verifier)

	back := idp.SignIn(address, "ann-7")
	require.Equal(t, s.State, back.Get("state"))
	v, err := p.Complete(t.Context(), s, back.Get("code"))
	require.NoError(t, err)
	require.NotEmpty(t, v.Token)
	end, err := p.End(t.Context(), v.Token)
	require.NoError(t, err)
	require.Contains(t, end, idp.Issuer+"/end_session?")
	require.Contains(t, end, "id_token_hint="+v.Token)
	v.Token = ""
	require.Equal(t, auth.Vouched{
		Issuer: idp.Issuer, Subject: "ann-7", Email: "ann@example.com", Verified: true, Name: "Ann Lee", Groups: []string{"sales", "staff"},
	}, v)
	_, err = p.Complete(t.Context(), s, back.Get("code"))
	require.Error(t, err, "a code is good once")

	idp.Rotate()
	address, err = p.Begin(t.Context(), s)
	require.NoError(t, err)
	v, err = p.Complete(t.Context(), s, idp.SignIn(address, "bob-8").Get("code"))
	require.NoError(t, err, "the new key is fetched")
	require.False(t, v.Verified)

	address, err = p.Begin(t.Context(), s)
	require.NoError(t, err)
	other := s
	other.Verifier = "another-verifier-that-has-the-43-characters-it-must"
	_, err = p.Complete(t.Context(), other, idp.SignIn(address, "ann-7").Get("code"))
	require.Error(t, err, "a code of another browser's attempt")
}
