package systemtest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/signon/signontest"
)

// cookiesOf are the cookies that an answer sets, as a browser sends them back; those that it takes away are left out.
func cookiesOf(r reply) map[string]string {
	out := map[string]string{}
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		if c.MaxAge >= 0 {
			out[c.Name] = c.Name + "=" + c.Value
		}
	}
	return out
}

// signedOn signs a person in by the provider, as a browser does.
func signedOn(s *server, idp *signontest.Provider, person string) reply {
	s.t.Helper()
	c := &client{t: s.t, base: s.url}
	begun := c.call(http.StatusOK, http.MethodPost, "/api/v1/auth/sign-on", nil)
	var to struct {
		RedirectTo string `json:"redirect_to"`
	}
	require.NoError(s.t, json.Unmarshal(begun.Data, &to))
	require.Contains(s.t, begun.Header.Get("Set-Cookie"), "HttpOnly")
	require.Contains(s.t, begun.Header.Get("Set-Cookie"), "SameSite=Strict")
	back := idp.SignIn(to.RedirectTo, person)
	body := map[string]string{"state": back.Get("state"), "code": back.Get("code")}
	_, err := c.try(s.t.Context(), http.MethodPost, "/api/v1/auth/sign-on/complete", body) // of another browser, which spoils nothing
	require.NoError(s.t, err)
	r, err := c.try(s.t.Context(), http.MethodPost, "/api/v1/auth/sign-on/complete", body, "Cookie", cookiesOf(begun)["morket_sign_on"])
	require.NoError(s.t, err)
	again := c.call(http.StatusUnauthorized, http.MethodPost, "/api/v1/auth/sign-on/complete", body, "Cookie", cookiesOf(begun)["morket_sign_on"])
	require.Equal(s.t, "SIGN_ON_EXPIRED", again.Error.Code)
	return r
}

// People sign in by a real OpenID Connect provider, get an account and a role by their groups, and are signed out there, too.
func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	owner := signUp(t, s)
	idp := signontest.New(t, s.url+"/sign-on",
		signontest.Person{ID: "ann", Email: "ann@corp.example", First: "Ann", Last: "Lee", Groups: []string{"sales", "staff"}},
		signontest.Person{ID: "bob", Email: "bob@corp.example", First: "Bob", Last: "Ray", Unverified: true, Groups: []string{"sales"}},
		signontest.Person{ID: "eve", Email: "eve@evil.example", First: "Eve", Last: "X", Groups: []string{"sales"}},
		signontest.Person{ID: "tom", Email: "tom@corp.example", First: "Tom", Last: "Y"})
	s.stop()
	workspace := strings.TrimPrefix(owner.ws, "/api/v1/workspaces/")
	s.env = append(s.env, "MORKET_OIDC_ISSUER="+idp.Issuer, "MORKET_OIDC_CLIENT_ID="+signontest.ClientID, "MORKET_OIDC_NAME=Corp login",
		"MORKET_OIDC_CLIENT_SECRET="+signontest.ClientSecret, "MORKET_OIDC_DOMAINS=corp.example", "MORKET_OIDC_WORKSPACE="+workspace,
		"MORKET_OIDC_ROLES=sales=member,bosses=admin", "MORKET_DIAL_ALLOW=127.0.0.1/32")
	s.start()
	c := &client{t: t, base: s.url}
	require.Contains(t, string(c.call(http.StatusOK, http.MethodGet, "/api/v1/auth/options", nil).Data), `"name":"Corp login"`)

	for person, code := range map[string]string{"bob": "EMAIL_UNVERIFIED", "eve": "SIGN_ON_NOT_ALLOWED", "tom": "SIGN_ON_NOT_ALLOWED"} {
		r := signedOn(s, idp, person)
		require.Equal(t, http.StatusForbidden, r.Status, person)
		require.Equal(t, code, r.Error.Code, person)
		require.NotContains(t, cookiesOf(r), "morket_refresh")
	}

	first := signedOn(s, idp, "ann")
	require.Equal(t, http.StatusOK, first.Status, "%s", first.Raw)
	ann := &client{t: t, base: s.url}
	ann.signedIn(first)
	ann.wrote(first)
	var me struct {
		User struct {
			Email string `json:"email"`
			Name  string `json:"name"`
		} `json:"user"`
		Workspaces []struct{ ID, Role string } `json:"workspaces"`
	}
	require.NoError(t, json.Unmarshal(ann.call(http.StatusOK, http.MethodGet, "/api/v1/auth/me", nil).Data, &me))
	require.Equal(t, "ann@corp.example", me.User.Email)
	require.Equal(t, "Ann Lee", me.User.Name)
	require.Len(t, me.Workspaces, 1)
	require.Equal(t, workspace, me.Workspaces[0].ID)
	require.Equal(t, "member", me.Workspaces[0].Role)
	ann.ws = owner.ws
	ann.call(http.StatusOK, http.MethodGet, ann.ws+"/tables", nil)

	idp.Rotate()
	second := signedOn(s, idp, "ann")
	require.Equal(t, http.StatusOK, second.Status, "%s", second.Raw)
	cookies := cookiesOf(second)
	out := c.call(http.StatusOK, http.MethodPost, "/api/v1/auth/logout", nil, "Cookie", cookies["morket_refresh"]+"; "+cookies["morket_sign_on_token"])
	require.Contains(t, string(out.Data), idp.Issuer+"/end_session?")
	c.call(http.StatusUnauthorized, http.MethodPost, "/api/v1/auth/refresh", nil, "Cookie", cookies["morket_refresh"])
	ann.call(http.StatusOK, http.MethodGet, "/api/v1/auth/me", nil)
	s.verify()
}

// An operator at the machine gets a person in again who has lost the app and the recovery codes.
func TestTwoStepSignInAndItsReset(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.start()
	c := register(t, s, "two-step@example.com")
	me := &client{t: t, base: s.url, token: c.token} // of no workspace
	const password = "correct horse battery"
	body := map[string]any{"password": password}
	begun := in[struct{ Secret string }](me, http.StatusOK, http.MethodPost, "/api/v1/auth/second-factor", body)
	code, err := totp.GenerateCode(begun.Secret, time.Now())
	require.NoError(t, err)
	codes := in[struct {
		Codes []string `json:"recovery_codes"`
	}](me, http.StatusOK, http.MethodPost, "/api/v1/auth/second-factor/confirm", map[string]string{"code": code}).Codes
	login := func(status int, code string) reply {
		return (&client{t: t, base: s.url}).call(status, http.MethodPost, "/api/v1/auth/login", map[string]any{"email": "two-step@example.com", "password": password, "code": code})
	}
	require.Equal(t, "SECOND_FACTOR_REQUIRED", login(http.StatusUnauthorized, "").Error.Code)
	login(http.StatusOK, codes[0])
	out, exit := s.tool("reset-second-factor", "two-step@example.com")
	require.Zero(t, exit, out)
	s.eventually(doneWithin, "the password alone signs in", func() bool {
		r, err := (&client{t: t, base: s.url}).try(t.Context(), http.MethodPost, "/api/v1/auth/login", map[string]any{"email": "two-step@example.com", "password": password})
		return err == nil && r.Status == http.StatusOK
	})
	out, exit = s.tool("reset-second-factor", "nobody@example.com")
	require.NotZero(t, exit)
	require.Contains(t, out, "no user")
}
