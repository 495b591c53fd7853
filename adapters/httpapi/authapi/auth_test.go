package authapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/domain/kernel"
)

func login(c *apitest.Client, email, password string) *apitest.Answer {
	return c.Call(http.MethodPost, "/auth/login", authapi.LoginBody{Email: email, Password: password})
}

func TestAnAddressHasOneAccount(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.SignUp("ann@example.com")
	w.Client().Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: "ANN@example.com", Password: apitest.Password, Name: "Ann"}).
		Fails(http.StatusConflict, "EMAIL_TAKEN")
	var wg sync.WaitGroup
	var mu sync.Mutex
	made := map[int]int{}
	for range 8 {
		wg.Go(func() {
			a := w.Client().Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: "bob@example.com", Password: apitest.Password, Name: "Bob"})
			mu.Lock()
			defer mu.Unlock()
			made[a.Status]++
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{http.StatusCreated: 1, http.StatusConflict: 7}, made)
}

func TestTheSameRegistrationTwiceIsOneAccount(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	body := authapi.RegisterBody{Email: "ann@example.com", Password: apitest.Password, Name: "Ann"}
	var first, second authapi.SignedIn
	a := w.Client().Call(http.MethodPost, "/auth/register", body, "Idempotency-Key", "k1").OK(&first)
	b := w.Client().Call(http.MethodPost, "/auth/register", body, "Idempotency-Key", "k1").OK(&second)
	require.Equal(t, first.User, second.User)
	require.Equal(t, a.Status, b.Status)
	require.Equal(t, "true", b.Header.Get("Idempotent-Replayed"))
	require.NotEmpty(t, second.AccessToken)
	body.Name = "Another"
	w.Client().Call(http.MethodPost, "/auth/register", body, "Idempotency-Key", "k1").Fails(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
}

func TestWrongEmailAndWrongPasswordLookTheSame(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.SignUp("ann@example.com")
	a := login(w.Client(), "ann@example.com", "not the password").Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	b := login(w.Client(), "nobody@example.com", "not the password").Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	require.Equal(t, a.Error, b.Error)
	require.Empty(t, a.Header.Get("Set-Cookie"))
	login(w.Client(), "not an email", "x").Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	require.NotContains(t, w.Output.String(), "ann@example.com")
	require.Contains(t, w.Output.String(), "a***@example.com")
}

func TestLockout(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"ann@example.com", "nobody@example.com"} {
		w := apitest.New(t)
		w.SignUp("ann@example.com")
		for range 5 {
			login(w.Client(), email, "wrong password").Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
		}
		a := login(w.Client(), email, apitest.Password).Fails(http.StatusTooManyRequests, "LOCKED_OUT")
		require.Equal(t, "900", a.Header.Get("Retry-After"))
		login(w.Client(), strings.ToUpper(email)+" ", apitest.Password).Fails(http.StatusTooManyRequests, "LOCKED_OUT")
		w.Clock.Advance(15 * time.Minute)
		want := http.StatusOK
		if email == "nobody@example.com" {
			want = http.StatusUnauthorized
		}
		require.Equal(t, want, login(w.Client(), email, apitest.Password).Status)
		var rows int
		require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM auth_signals.attempts`).Scan(&rows))
		require.LessOrEqual(t, rows, 1)
	}
}

func TestManyGuessesAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[int]int{}
	for range 20 {
		wg.Go(func() {
			a := login(w.Client(), "nobody@example.com", "guess")
			mu.Lock()
			defer mu.Unlock()
			seen[a.Status]++
		})
	}
	wg.Wait()
	require.Equal(t, map[int]int{http.StatusUnauthorized: 5, http.StatusTooManyRequests: 15}, seen)
}

func TestAnsweredAttemptsAreForgotten(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	for n := range 30 {
		login(w.Client(), fmt.Sprintf("n%d@example.com", n), "guess").Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
		w.Clock.Advance(16 * time.Minute)
	}
	var rows int
	require.NoError(t, w.Pool.QueryRow(t.Context(), `SELECT count(*) FROM auth_signals.attempts`).Scan(&rows))
	require.LessOrEqual(t, rows, 2)
	head, err := w.Log.Head(t.Context())
	require.NoError(t, err)
	require.Zero(t, head, "failures leave nothing in the log")
}

func TestANewPasswordClosesEverySession(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	phone := w.Client()
	var in authapi.SignedIn
	login(phone, "ann@example.com", apitest.Password).OK(&in)
	phone.Token = in.AccessToken
	phone.Call(http.MethodGet, "/auth/me", nil).OK(nil)
	body := authapi.ChangePasswordBody{Current: "wrong password", New: "another good password"}
	ann.Call(http.MethodPost, "/auth/change-password", body).Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	body.Current = apitest.Password
	ann.Call(http.MethodPost, "/auth/change-password", authapi.ChangePasswordBody{Current: apitest.Password, New: "password1"}).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	ann.Call(http.MethodPost, "/auth/change-password", body).OK(nil)
	for _, c := range []*apitest.Client{ann.Client, phone} {
		c.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
		c.Call(http.MethodPost, refreshPath, nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	}
	login(w.Client(), "ann@example.com", apitest.Password).Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	login(w.Client(), "ann@example.com", "another good password").OK(nil)
}

func TestPasswordReset(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	for range 5 {
		login(w.Client(), "ann@example.com", "wrong password").Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	}
	ask := func(email string) *apitest.Answer {
		return w.Client().Call(http.MethodPost, "/auth/password-reset", authapi.RequestResetBody{Email: email}).OK(nil)
	}
	a, b := ask("ann@example.com"), ask("nobody@example.com")
	require.JSONEq(t, string(a.Data), string(b.Data))
	for range 5 {
		ask("ann@example.com")
	}
	w.Auth.Close()
	require.Len(t, w.Mails.All(), 3, "a mailbox is not flooded, and nobody gets none")
	token := w.Mails.Token(t)
	confirm := func(token, password string) *apitest.Answer {
		return w.Client().Call(http.MethodPost, "/auth/password-reset/confirm", authapi.ConfirmResetBody{Token: token, Password: password})
	}
	confirm(token, "short").Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	confirm("", "another good password").Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	for _, bad := range []string{".", token + "0", strings.Split(token, ".")[0] + ".", strings.Repeat("x", 5000)} {
		confirm(bad, "another good password").Fails(http.StatusUnprocessableEntity, "RESET_TOKEN_INVALID")
	}
	confirm(token, "another good password").OK(nil)
	confirm(token, "yet another password").Fails(http.StatusUnprocessableEntity, "RESET_TOKEN_INVALID")
	ann.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	login(w.Client(), "ann@example.com", "another good password").OK(nil) // and the lockout is lifted
}

func TestOperators(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	require.True(t, w.SignUp(apitest.Operator).User.Operator)
	require.False(t, w.SignUp("ann@example.com").User.Operator)
}

// No secret is in the log in any form from which it could be read.
func TestTheLogHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	ws := ann.Workspace("Acme")
	var made struct {
		Key string `json:"key"`
	}
	ann.Call(http.MethodPost, "/workspaces/"+string(ws.ID)+"/api-keys", map[string]string{"name": "k", "role": "member"}, "Idempotency-Key", "k1").OK(&made)
	ann.Call(http.MethodPost, "/workspaces/"+string(ws.ID)+"/invitations", map[string]string{"email": "bob@example.com", "role": "member"}).OK(nil)
	invitation := w.Mails.Token(t)
	first := refreshToken(t, w, ann.Client)
	ann.Call(http.MethodPost, refreshPath, nil).OK(nil)
	ann.Call(http.MethodPost, "/auth/password-reset", authapi.RequestResetBody{Email: "ann@example.com"}).OK(nil)
	w.Auth.Close()
	reset := w.Mails.Token(t)
	events, err := w.Log.ReadAll(t.Context(), 0, 1000)
	require.NoError(t, err)
	var all strings.Builder
	for _, e := range events {
		all.Write(e.Data)
		all.Write(e.Metadata)
	}
	all.WriteString(w.Output.String())
	cmd, found, err := w.Log.Command(t.Context(), string(ann.User.ID)+string(ann.User.ID)+"/"+string(ws.ID)+"/k1")
	require.NoError(t, err)
	require.True(t, found)
	all.Write(cmd.Result)
	for name, secret := range map[string]string{
		"password": apitest.Password, "API key": made.Key, "access token": ann.Token, "refresh token": first, "its successor": refreshToken(t, w, ann.Client),
		"refresh secret": strings.Split(first, ".")[1], "invitation": invitation, "reset token": reset, "reset secret": strings.Split(reset, ".")[1],
	} {
		require.NotEmpty(t, secret, name)
		require.NotContains(t, all.String(), secret, name)
	}
}

func TestHostileInput(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	for _, path := range []string{"/auth/register", "/auth/login", "/auth/password-reset", "/auth/password-reset/confirm"} {
		for body, status := range map[string]int{
			`{"email":"a\u0000@b.co","password":"x","name":"x"}`:        http.StatusUnprocessableEntity,
			`{"email":{"a":1},"password":["x"],"name":7,"token":false}`: http.StatusUnprocessableEntity,
			`{}`:                           http.StatusUnprocessableEntity,
			``:                             http.StatusBadRequest,
			`null`:                         http.StatusUnprocessableEntity,
			`[]`:                           http.StatusUnprocessableEntity,
			`{"email":`:                    http.StatusBadRequest,
			strings.Repeat("[", 100_000):   http.StatusBadRequest,
			strings.Repeat("a", 10<<20):    http.StatusRequestEntityTooLarge,
			"{\"email\":\"\xff\"}":         http.StatusBadRequest,
			`{"email":"\ud800","name":""}`: http.StatusUnprocessableEntity,
		} {
			a := w.Client().Call(http.MethodPost, path, body)
			require.Equal(t, status, a.Status, "%s %.60s: %s", path, body, a.Raw)
			require.NotNil(t, a.Error)
		}
	}
	for _, r := range []authapi.RegisterBody{
		{Email: "", Password: apitest.Password, Name: "x"},
		{Email: "a@b.co", Password: "", Name: "x"},
		{Email: "a@b.co", Password: apitest.Password, Name: " "},
		{Email: "a@b.co", Password: apitest.Password, Name: strings.Repeat("n", 101)},
		{Email: "a@b.co\r\nBcc: x@y.z", Password: apitest.Password, Name: "x"},
		{Email: "a@b.co", Password: strings.Repeat("x", 1000), Name: "x"},
		{Email: "a@b.co", Password: "password1", Name: "x"},
	} {
		w.Client().Call(http.MethodPost, "/auth/register", r).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}
	for _, token := range []string{"x", "mk_x", "mk_01ARZ3NDEKTSV4RRFFQ69G5FAV_x", "eyJhbGciOiJub25lIn0.e30.", strings.Repeat("z", 5000)} {
		c := w.Client()
		c.Token = token
		c.Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	}
	w.Client().Call(http.MethodGet, "/auth/me", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	require.NotContains(t, w.Output.String(), `"level":"ERROR"`)
}

// Guesses at the password from a session must not lock its person out of signing in; the session itself is stopped.
func TestGuessingAtAChangeDoesNotLockSignIn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	body := authapi.ChangePasswordBody{Current: "wrong password", New: "another good password"}
	for range 5 {
		ann.Call(http.MethodPost, "/auth/change-password", body).Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	}
	body.Current = apitest.Password
	ann.Call(http.MethodPost, "/auth/change-password", body).Fails(http.StatusTooManyRequests, "LOCKED_OUT")
	login(w.Client(), "ann@example.com", apitest.Password).OK(nil)
	for range 5 {
		login(w.Client(), "ann@example.com", "wrong password").Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	}
	w.Clock.Advance(14 * time.Minute)
	login(w.Client(), "ann@example.com", apitest.Password).Fails(http.StatusTooManyRequests, "LOCKED_OUT")
	w.Clock.Advance(time.Minute)
	ann.Call(http.MethodPost, "/auth/change-password", body).Fails(http.StatusUnauthorized, "UNAUTHORIZED") // the token has run out, no more
}

// A new password ends the person's API keys when that is asked for, in every workspace, and nobody else's.
func TestANewPasswordMayRevokeTheKeys(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"change", "reset"} {
		w := apitest.New(t)
		ann, bob := w.SignUp("ann@example.com"), w.SignUp("bob@example.com")
		one, two := ann.Workspace("One"), ann.Workspace("Two")
		w.Join(ann, one.ID, bob, kernel.RoleAdmin)
		key := func(p *apitest.Person, ws kernel.WorkspaceID) *apitest.Client {
			var made struct {
				Key string `json:"key"`
			}
			p.Call(http.MethodPost, "/workspaces/"+string(ws)+"/api-keys", map[string]string{"name": "k", "role": "viewer"}).OK(&made)
			c := w.Client()
			c.Token = made.Key
			c.Call(http.MethodGet, "/workspaces/"+string(ws), nil).OK(nil)
			return c
		}
		anns, bobs := []*apitest.Client{key(ann, one.ID), key(ann, two.ID)}, key(bob, one.ID)
		password := apitest.Password
		change := func(next string, revoke bool) {
			w.Clock.Advance(time.Second)
			if by == "change" {
				ann.Call(http.MethodPost, "/auth/change-password", authapi.ChangePasswordBody{Current: password, New: next, RevokeKeys: revoke}).OK(nil)
			} else {
				sent := len(w.Mails.All())
				ann.Call(http.MethodPost, "/auth/password-reset", authapi.RequestResetBody{Email: "ann@example.com"}).OK(nil)
				require.Eventually(t, func() bool { return len(w.Mails.All()) > sent }, time.Minute, time.Millisecond)
				ann.Call(http.MethodPost, "/auth/password-reset/confirm", authapi.ConfirmResetBody{Token: w.Mails.Token(t), Password: next, RevokeKeys: revoke}).OK(nil)
			}
			password = next
			var in authapi.SignedIn
			login(ann.Client, "ann@example.com", password).OK(&in)
			ann.Token = in.AccessToken
		}
		change("another good password", false)
		anns[0].Call(http.MethodGet, "/workspaces/"+string(one.ID), nil).OK(nil)
		change("yet another password", true)
		anns[0].Call(http.MethodGet, "/workspaces/"+string(one.ID), nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
		anns[1].Call(http.MethodGet, "/workspaces/"+string(two.ID), nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
		bobs.Call(http.MethodGet, "/workspaces/"+string(one.ID), nil).OK(nil)
		var left []struct{ Name string }
		ann.Call(http.MethodGet, "/workspaces/"+string(one.ID)+"/api-keys", nil).OK(&left)
		require.Len(t, left, 1, "the list shows bob's alone")
		w.Clock.Advance(time.Second)
		key(ann, one.ID)
	}
}
