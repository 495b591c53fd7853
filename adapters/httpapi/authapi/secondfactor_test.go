package authapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/commands/authcmd"
)

func TestTwoStepSignIn(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	code := func(secret string) string {
		w.Clock.Advance(30 * time.Second)
		c, err := totp.GenerateCode(secret, w.Clock.Now())
		require.NoError(t, err)
		return c
	}
	var state authcmd.SecondFactor
	ann.Call(http.MethodGet, "/auth/second-factor", nil).OK(&state)
	require.False(t, state.On)
	ann.Call(http.MethodPost, "/auth/second-factor", authapi.BeginSecondFactorBody{Password: "not the password"}).Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	var begun authapi.Enrolment
	ann.Call(http.MethodPost, "/auth/second-factor", authapi.BeginSecondFactorBody{Password: apitest.Password}).OK(&begun)
	require.Equal(t, "\x89PNG", string(begun.Picture[:4]))
	var shown authapi.RecoveryCodes
	ann.Call(http.MethodPost, "/auth/second-factor/confirm", authapi.ConfirmSecondFactorBody{Code: code(begun.Secret)}, "Idempotency-Key", "once").OK(&shown)
	require.Len(t, shown.Codes, 10)
	ann.Call(http.MethodPost, "/auth/second-factor/confirm", authapi.ConfirmSecondFactorBody{Code: code(begun.Secret)}, "Idempotency-Key", "once").
		Fails(http.StatusConflict, "SECOND_FACTOR_ON")

	body := authapi.LoginBody{Email: "ann@example.com", Password: apitest.Password}
	a := w.Client().Call(http.MethodPost, "/auth/login", body).Fails(http.StatusUnauthorized, "SECOND_FACTOR_REQUIRED")
	require.Empty(t, a.Header.Get("Set-Cookie"))
	body.Code = "nonsense"
	w.Client().Call(http.MethodPost, "/auth/login", body).Fails(http.StatusUnauthorized, "INVALID_CODE")
	body.Code = code(begun.Secret)
	w.Client().Call(http.MethodPost, "/auth/login", body).OK(nil)
	body.Code = shown.Codes[0]
	w.Client().Call(http.MethodPost, "/auth/login", body).OK(nil)
	ann.Call(http.MethodGet, "/auth/second-factor", nil).OK(&state)
	require.True(t, state.On)
	require.Equal(t, 9, state.RecoveryCodes)
	for _, secret := range append(shown.Codes, begun.Secret) {
		require.NotContains(t, w.Output.String(), secret)
	}

	ann.Call(http.MethodPost, "/admin/users/reset-second-factor", authapi.ResetSecondFactorBody{Email: "ann@example.com"}).Fails(http.StatusForbidden, "FORBIDDEN")
	root := w.SignUp(apitest.Operator)
	root.Call(http.MethodPost, "/admin/users/reset-second-factor", authapi.ResetSecondFactorBody{Email: "ann@example.com"}).OK(nil)
	login(w.Client(), "ann@example.com", apitest.Password).OK(nil)
}

func TestTurningTwoStepSignInOff(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	var begun authapi.Enrolment
	ann.Call(http.MethodPost, "/auth/second-factor", authapi.BeginSecondFactorBody{Password: apitest.Password}).OK(&begun)
	c, err := totp.GenerateCode(begun.Secret, w.Clock.Now())
	require.NoError(t, err)
	var shown, again authapi.RecoveryCodes
	ann.Call(http.MethodPost, "/auth/second-factor/confirm", authapi.ConfirmSecondFactorBody{Code: c}).OK(&shown)
	ann.Call(http.MethodPost, "/auth/second-factor/recovery-codes", authapi.SecondFactorBody{Password: apitest.Password, Code: shown.Codes[0]}).OK(&again)
	require.NotEqual(t, shown, again)
	ann.Call(http.MethodDelete, "/auth/second-factor", authapi.SecondFactorBody{Password: apitest.Password, Code: shown.Codes[1]}).Fails(http.StatusUnauthorized, "INVALID_CODE")
	ann.Call(http.MethodDelete, "/auth/second-factor", authapi.SecondFactorBody{Password: apitest.Password, Code: again.Codes[1]}).OK(nil)
	login(w.Client(), "ann@example.com", apitest.Password).OK(nil)
}
