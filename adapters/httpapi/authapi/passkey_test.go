package authapi_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/adapters/secrets/passkeys/passkeystest"
	"github.com/morket/morket/commands/authcmd"
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func unb64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(s)
	require.NoError(t, err)
	return b
}

func made(t *testing.T, d *passkeystest.Device, o authapi.PasskeyOffer) authapi.AddPasskeyBody {
	t.Helper()
	m := d.Make(unb64(t, o.UserHandle), unb64(t, o.Challenge))
	return authapi.AddPasskeyBody{
		Attempt: o.Attempt, Name: "Laptop", CredentialID: b64(m.ID), ClientData: b64(m.ClientData), Attestation: b64(m.Attestation), Transports: m.Transports,
	}
}

func answer(t *testing.T, w *apitest.World, d *passkeystest.Device) authapi.PasskeyAnswer {
	t.Helper()
	var r authapi.PasskeyRequest
	w.Client().Call(http.MethodPost, "/auth/passkey-sign-in/begin", nil).OK(&r)
	require.Equal(t, apitest.PasskeyDomain, r.Domain)
	s := d.Show(unb64(t, r.Challenge))
	return authapi.PasskeyAnswer{
		Attempt: r.Attempt, CredentialID: b64(s.ID), UserHandle: b64(s.User), ClientData: b64(s.ClientData), AuthenticatorData: b64(s.AuthenticatorData), Signature: b64(s.Signature),
	}
}

func device(t *testing.T) *passkeystest.Device {
	t.Helper()
	return passkeystest.New(t, apitest.PasskeyDomain, "https://"+apitest.PasskeyDomain)
}

func TestAPasskey(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, d := w.SignUp("ann@example.com"), device(t)
	var options authapi.SignInOptions
	w.Client().Call(http.MethodGet, "/auth/options", nil).OK(&options)
	require.Equal(t, "https://"+apitest.PasskeyDomain, options.Passkeys.Origin)
	ann.Call(http.MethodPost, "/auth/passkeys/begin", authapi.BeginPasskeyBody{Password: "not the password"}).Fails(http.StatusUnauthorized, "INVALID_CREDENTIALS")
	var offer authapi.PasskeyOffer
	ann.Call(http.MethodPost, "/auth/passkeys/begin", authapi.BeginPasskeyBody{Password: apitest.Password}).OK(&offer)
	require.Equal(t, "ann@example.com", offer.Email)
	require.Equal(t, []int64{-8, -7, -257}, offer.Algorithms)
	body := made(t, d, offer)
	for name, change := range map[string]func(*authapi.AddPasskeyBody){
		"no base64url": func(b *authapi.AddPasskeyBody) { b.Attestation = "a+b/" }, "half a byte": func(b *authapi.AddPasskeyBody) { b.ClientData = "AB" },
		"too long": func(b *authapi.AddPasskeyBody) { b.CredentialID = strings.Repeat("A", 2000) }, "no name": func(b *authapi.AddPasskeyBody) { b.Name = " " },
	} {
		t.Log(name)
		wrong := body
		change(&wrong)
		ann.Call(http.MethodPost, "/auth/passkeys", wrong).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}
	var added authcmd.Passkey
	ann.Call(http.MethodPost, "/auth/passkeys", body).OK(&added)
	require.Equal(t, "Laptop", added.Name)
	ann.Call(http.MethodPost, "/auth/passkeys", body).Fails(http.StatusUnprocessableEntity, "PASSKEY_EXPIRED")
	var own authcmd.OwnPasskeys
	ann.Call(http.MethodGet, "/auth/passkeys", nil).OK(&own)
	require.Equal(t, []authcmd.Passkey{added}, own.Passkeys)

	shown := answer(t, w, d)
	var in authapi.SignedIn
	a := w.Client().Call(http.MethodPost, "/auth/passkey-sign-in", shown)
	a.OK(&in)
	require.Equal(t, "ann@example.com", in.User.Email)
	require.Contains(t, a.Header.Get("Set-Cookie"), "HttpOnly")
	again := w.Client().Call(http.MethodPost, "/auth/passkey-sign-in", shown).Fails(http.StatusUnprocessableEntity, "PASSKEY_EXPIRED")
	require.Empty(t, again.Header.Get("Set-Cookie"))

	eve := w.SignUp("eve@example.com")
	path := "/auth/passkeys/" + string(added.ID)
	eve.Call(http.MethodPatch, path, authapi.RenamePasskeyBody{Name: "Mine"}).Fails(http.StatusNotFound, "NOT_FOUND")
	eve.Call(http.MethodDelete, path, authapi.RemovePasskeyBody{Password: apitest.Password}).Fails(http.StatusNotFound, "NOT_FOUND")
	ann.Call(http.MethodPatch, path, authapi.RenamePasskeyBody{Name: "Work"}).OK(nil)
	ann.Call(http.MethodGet, "/auth/passkeys", nil).OK(&own)
	require.Equal(t, "Work", own.Passkeys[0].Name)
	ann.Call(http.MethodDelete, path, authapi.RemovePasskeyBody{Password: apitest.Password}).OK(nil)
	w.Client().Call(http.MethodPost, "/auth/passkey-sign-in", answer(t, w, d)).Fails(http.StatusUnauthorized, "INVALID_PASSKEY")
	for _, secret := range []string{body.Attestation, shown.Signature, shown.Attempt, offer.Challenge} {
		require.NotContains(t, w.Output.String(), secret)
	}
}

func TestAPasskeyAfterThePassword(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, d := w.SignUp("ann@example.com"), device(t)
	var begun authapi.Enrolment
	ann.Call(http.MethodPost, "/auth/second-factor", authapi.BeginSecondFactorBody{Password: apitest.Password}).OK(&begun)
	code := func() string {
		w.Clock.Advance(30 * time.Second)
		c, err := totp.GenerateCode(begun.Secret, w.Clock.Now())
		require.NoError(t, err)
		return c
	}
	ann.Call(http.MethodPost, "/auth/second-factor/confirm", authapi.ConfirmSecondFactorBody{Code: code()}).OK(nil)
	ann.Call(http.MethodPost, "/auth/passkeys/begin", authapi.BeginPasskeyBody{Password: apitest.Password}).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	var offer authapi.PasskeyOffer
	ann.Call(http.MethodPost, "/auth/passkeys/begin", authapi.BeginPasskeyBody{Password: apitest.Password, Code: code()}).OK(&offer)
	ann.Call(http.MethodPost, "/auth/passkeys", made(t, d, offer)).OK(nil)
	body := authapi.LoginBody{Email: "ann@example.com", Password: apitest.Password}
	w.Client().Call(http.MethodPost, "/auth/login", body).Fails(http.StatusUnauthorized, "SECOND_FACTOR_REQUIRED")
	shown := answer(t, w, d)
	body.Passkey = &shown
	w.Client().Call(http.MethodPost, "/auth/login", body).OK(nil)
	w.Client().Call(http.MethodPost, "/auth/login", body).Fails(http.StatusUnprocessableEntity, "PASSKEY_EXPIRED")
}
