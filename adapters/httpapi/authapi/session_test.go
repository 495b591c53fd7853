package authapi_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/authview"
)

const refreshPath = "/auth/refresh"

// refreshToken returns the client's refresh cookie.
func refreshToken(t *testing.T, w *apitest.World, c *apitest.Client) string {
	t.Helper()
	u, err := url.Parse(w.URL + "/api/v1/auth/refresh")
	require.NoError(t, err)
	for _, k := range c.HTTP.Jar.Cookies(u) {
		if k.Name == "morket_refresh" {
			return k.Value
		}
	}
	return ""
}

// withToken is a client that has just this refresh cookie, as a thief would.
func withToken(t *testing.T, w *apitest.World, token string) *apitest.Client {
	t.Helper()
	c := w.Client()
	u, err := url.Parse(w.URL + "/api/v1/auth/refresh")
	require.NoError(t, err)
	c.HTTP.Jar.SetCookies(u, []*http.Cookie{{Name: "morket_refresh", Value: token, Path: "/api/v1/auth"}})
	return c
}

func TestTheCookieIsOutOfReach(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	a := w.Client().Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: "ann@example.com", Password: apitest.Password, Name: "Ann"}).OK(nil)
	cookie := a.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/api/v1/auth", "Max-Age=604800"} {
		require.Contains(t, cookie, want)
	}
	require.NotContains(t, cookie, "Secure", "this world is development on loopback")
	require.NotContains(t, string(a.Raw), strings.Split(strings.TrimPrefix(cookie, "morket_refresh="), ";")[0])
}

func TestAStolenRefreshTokenClosesTheSession(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	stolen := refreshToken(t, w, ann.Client)
	var in authapi.SignedIn
	ann.Call(http.MethodPost, refreshPath, nil).OK(&in)
	ann.Token = in.AccessToken
	w.Clock.Advance(11 * time.Second)
	withToken(t, w, stolen).Call(http.MethodPost, refreshPath, nil).Fails(http.StatusUnauthorized, "REFRESH_TOKEN_REUSED")
	ann.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	ann.Call(http.MethodPost, refreshPath, nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	login(w.Client(), "ann@example.com", apitest.Password).OK(nil)
}

func TestParallelTabsGetTheSameSuccessor(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	token := refreshToken(t, w, ann.Client)
	var wg sync.WaitGroup
	var mu sync.Mutex
	successors := map[string]int{}
	for range 8 {
		tab := withToken(t, w, token)
		wg.Go(func() {
			tab.Call(http.MethodPost, refreshPath, nil).OK(nil)
			mu.Lock()
			defer mu.Unlock()
			successors[refreshToken(t, w, tab)]++
		})
	}
	wg.Wait()
	require.Len(t, successors, 1)
	for next := range successors {
		require.NotEqual(t, token, next)
		withToken(t, w, next).Call(http.MethodPost, refreshPath, nil).OK(nil)
	}
}

func TestForgedRefreshTokensDoNoHarm(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	good := refreshToken(t, w, ann.Client)
	parts := strings.Split(good, ".")
	for _, bad := range []string{"", "x", parts[0], parts[0] + "." + parts[1], parts[0] + ".AAAA." + parts[2], strings.Repeat("a", 4000)} {
		withToken(t, w, bad).Call(http.MethodPost, refreshPath, nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	}
	ann.Call(http.MethodPost, refreshPath, nil).OK(nil)
}

func TestARefreshTokenLivesSevenDays(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	token := refreshToken(t, w, ann.Client)
	w.Clock.Advance(auth.RefreshLife)
	withToken(t, w, token).Call(http.MethodPost, refreshPath, nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
}

func TestLogoutCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	token := refreshToken(t, w, ann.Client)
	ann.Call(http.MethodGet, "/auth/me", nil).OK(nil) // it is cached now
	ann.Call(http.MethodPost, "/auth/logout", nil).OK(nil)
	ann.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	require.Empty(t, refreshToken(t, w, ann.Client))
	withToken(t, w, token).Call(http.MethodPost, refreshPath, nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	w.Client().Call(http.MethodPost, "/auth/logout", nil).OK(nil)
}

func TestAnotherProcessNoticesWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	ann.Call(http.MethodGet, "/auth/me", nil).OK(nil)
	other := apitest.Twin(t, w) // a second process on the same log
	_, err := other.ChangePassword(t.Context(), kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: string(ann.User.ID)}}, apitest.NewPassword())
	require.NoError(t, err)
	w.Clock.Advance(5 * time.Second)
	ann.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
}

func TestElevenSessions(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	first := w.SignUp("ann@example.com")
	var last authapi.SignedIn
	for range auth.MaxSessions {
		login(w.Client(), "ann@example.com", apitest.Password).OK(&last)
		w.Clock.Advance(time.Second)
	}
	first.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	first.Token = last.AccessToken
	var list []authview.Session
	first.Call(http.MethodGet, "/auth/sessions", nil).OK(&list)
	require.Len(t, list, auth.MaxSessions)
	require.True(t, list[0].Current)
	require.False(t, list[1].Current)
	require.Contains(t, list[0].Client, "Go-http-client")
	require.Contains(t, list[0].Client, "127.0.0.1")

	first.Call(http.MethodDelete, "/auth/sessions/"+string(list[3].ID), nil).OK(nil)
	first.Call(http.MethodDelete, "/auth/sessions/"+string(list[3].ID), nil).Fails(http.StatusNotFound, "NOT_FOUND")
	first.Call(http.MethodGet, "/auth/sessions", nil).OK(&list)
	require.Len(t, list, auth.MaxSessions-1)
	bob := w.SignUp("bob@example.com")
	bob.Call(http.MethodDelete, "/auth/sessions/"+string(list[0].ID), nil).Fails(http.StatusNotFound, "NOT_FOUND")
}

func TestASessionThatCanNotBeRefreshedAnyMoreIsClosed(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	id, err := w.Auth.Authenticate(t.Context(), ann.Token)
	require.NoError(t, err)
	expired, err := w.Auth.ExpireSession(t.Context(), kernel.Meta{Actor: kernel.System()}, id.Session)
	require.NoError(t, err)
	require.False(t, expired, "it can be refreshed")
	w.Clock.Advance(auth.RefreshLife)
	for _, want := range []bool{true, false} {
		expired, err := w.Auth.ExpireSession(t.Context(), kernel.Meta{Actor: kernel.System()}, id.Session)
		require.NoError(t, err)
		require.Equal(t, want, expired, "once")
	}
	events, err := w.Log.ReadStream(t.Context(), eventstore.Stream("user", string(id.User)), 0, 100)
	require.NoError(t, err)
	require.Contains(t, string(events[len(events)-1].Data), string(auth.ClosedByExpiry))
	expired, err = w.Auth.ExpireSession(t.Context(), kernel.Meta{Actor: kernel.System()}, "ses_unknown")
	require.NoError(t, err)
	require.False(t, expired)
}

func TestSigningOutEverywhereElse(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	phone := w.Client()
	var in authapi.SignedIn
	login(phone, "ann@example.com", apitest.Password).OK(&in)
	phone.Token = in.AccessToken
	ann.Call(http.MethodDelete, "/auth/sessions", nil).OK(nil)
	phone.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	var left []authview.Session
	ann.Call(http.MethodGet, "/auth/sessions", nil).OK(&left)
	require.Len(t, left, 1)
	require.True(t, left[0].Current)
}
