package authcmd_test

import (
	"encoding/base32"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// app is an authenticator app.
type app struct {
	w      *world
	secret string
}

func (a app) code() string {
	a.w.t.Helper()
	code, err := totp.GenerateCode(a.secret, a.w.clock.Now())
	require.NoError(a.w.t, err)
	return code
}

// next waits for the next time step.
func (a app) next() string {
	a.w.clock.Advance(30 * time.Second)
	return a.code()
}

// enrolled turns two-step sign-in on for Ann.
func (w *world) enrolled() (app, []string) {
	w.t.Helper()
	begun, err := w.h.BeginSecondFactor(w.t.Context(), w.meta(), password)
	require.NoError(w.t, err)
	a := app{w, begun.Value.Secret}
	on, err := w.h.ConfirmSecondFactor(w.t.Context(), w.meta(), a.code())
	require.NoError(w.t, err)
	return a, on.Value.Codes
}

func (w *world) loginWith(code string) error {
	_, err := w.h.Login(w.t.Context(), kernel.Meta{}, authcmd.Login{Email: email, Password: password, Code: code})
	return err
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	var e *kernel.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, code, e.Code)
}

func TestAPasswordAloneSignsInNoMore(t *testing.T) {
	t.Parallel()
	w := given(t)
	require.NoError(t, w.loginWith(""))
	a, recovery := w.enrolled()
	refused(t, w.loginWith(""), "SECOND_FACTOR_REQUIRED")
	refused(t, w.loginWith(a.code()), "INVALID_CODE") // it was the enrolment's
	code := a.next()
	require.NoError(t, w.loginWith(code))
	refused(t, w.loginWith(code), "INVALID_CODE")
	require.NoError(t, w.loginWith(recovery[3]))
	refused(t, w.loginWith(recovery[3]), "INVALID_CODE")
	state, err := w.h.SecondFactor(t.Context(), w.ann)
	require.NoError(t, err)
	require.True(t, state.On)
	require.Equal(t, auth.RecoveryCodes-1, state.RecoveryCodes)
	_, err = w.h.Login(t.Context(), kernel.Meta{}, authcmd.Login{Email: email, Password: "wrong", Code: a.next()})
	refused(t, err, "INVALID_CREDENTIALS")
	_, err = w.h.Login(t.Context(), kernel.Meta{}, authcmd.Login{Email: email, Password: "wrong"})
	refused(t, err, "INVALID_CREDENTIALS") // that a code is asked for is told with the right password only
}

func TestEnrolling(t *testing.T) {
	t.Parallel()
	w := given(t)
	_, err := w.h.BeginSecondFactor(t.Context(), w.meta(), "not the password")
	refused(t, err, "INVALID_CREDENTIALS")
	for range 10 {
		_, err = w.h.BeginSecondFactor(t.Context(), w.meta(), "short")
		refused(t, err, "VALIDATION_FAILED") // it is no guess
	}
	_, err = w.h.ConfirmSecondFactor(t.Context(), w.meta(), " ")
	refused(t, err, "VALIDATION_FAILED")
	_, err = w.h.ConfirmSecondFactor(t.Context(), w.meta(), "123456")
	refused(t, err, "ENROLMENT_EXPIRED")
	begun, err := w.h.BeginSecondFactor(t.Context(), w.meta(), password)
	require.NoError(t, err)
	require.NotEmpty(t, begun.Value.Picture)
	require.Contains(t, begun.Value.Link, email)
	_, err = w.h.ConfirmSecondFactor(t.Context(), w.meta(), "000000x")
	refused(t, err, "INVALID_CODE")
	require.NoError(t, w.loginWith(""), "an offer asks nobody for a code")
	w.clock.Advance(auth.EnrolLife + time.Second)
	_, err = w.h.ConfirmSecondFactor(t.Context(), w.meta(), app{w, begun.Value.Secret}.code())
	refused(t, err, "ENROLMENT_EXPIRED")
	key := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1", OnBehalfOf: w.ann}, Workspace: workspace}
	_, err = w.h.BeginSecondFactor(t.Context(), key, password)
	require.Equal(t, kernel.KindForbidden, kindOf(err))
}

func TestGuessesOfCodesAreBounded(t *testing.T) {
	t.Parallel()
	w := given(t)
	a, recovery := w.enrolled()
	for range 5 {
		refused(t, w.loginWith("0000-0000"), "INVALID_CODE")
	}
	refused(t, w.loginWith(a.next()), "LOCKED_OUT")
	refused(t, w.loginWith(recovery[0]), "LOCKED_OUT")
	_, err := w.h.DisableSecondFactor(t.Context(), w.meta(), password, a.next())
	refused(t, err, "LOCKED_OUT")
}

func TestACodeSignsInOneOfTwo(t *testing.T) {
	t.Parallel()
	w := given(t)
	a, _ := w.enrolled()
	code := a.next()
	errs := make([]error, 2)
	var wg sync.WaitGroup
	w.serial = &sync.Mutex{}
	for i := range errs {
		wg.Go(func() { errs[i] = w.loginWith(code) })
	}
	wg.Wait()
	if errs[0] == nil {
		refused(t, errs[1], "INVALID_CODE")
	} else {
		require.NoError(t, errs[1])
		refused(t, errs[0], "INVALID_CODE")
	}
}

func TestNewRecoveryCodesReplaceTheOld(t *testing.T) {
	t.Parallel()
	w := given(t)
	a, old := w.enrolled()
	_, err := w.h.NewRecoveryCodes(t.Context(), w.meta(), password, "nonsense")
	refused(t, err, "INVALID_CODE")
	made, err := w.h.NewRecoveryCodes(t.Context(), w.meta(), password, a.next())
	require.NoError(t, err)
	refused(t, w.loginWith(old[0]), "INVALID_CODE")
	require.NoError(t, w.loginWith(made.Value.Codes[0]))
}

func TestTurningItOff(t *testing.T) {
	t.Parallel()
	w := given(t)
	_, err := w.h.DisableSecondFactor(t.Context(), w.meta(), password, "123456")
	refused(t, err, "SECOND_FACTOR_OFF")
	a, _ := w.enrolled()
	_, err = w.h.DisableSecondFactor(t.Context(), w.meta(), "not the password", a.next())
	refused(t, err, "INVALID_CREDENTIALS")
	_, err = w.h.DisableSecondFactor(t.Context(), w.meta(), password, "nonsense")
	refused(t, err, "INVALID_CODE")
	_, err = w.h.DisableSecondFactor(t.Context(), w.meta(), password, a.next())
	require.NoError(t, err)
	require.NoError(t, w.loginWith(""))
}

func TestAnOperatorTurnsItOff(t *testing.T) {
	t.Parallel()
	w := given(t)
	root := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_root"}}
	_, err := w.h.ResetSecondFactor(t.Context(), root, email)
	refused(t, err, "SECOND_FACTOR_OFF")
	_, err = w.h.ResetSecondFactor(t.Context(), root, "nobody@example.com")
	require.Equal(t, kernel.KindNotFound, kindOf(err))
	w.enrolled()
	_, err = w.h.ResetSecondFactor(t.Context(), root, email)
	require.NoError(t, err)
	require.Contains(t, <-w.mails, "turned off two-step sign-in")
	require.NoError(t, w.loginWith(""))
}

func TestTheOperatorAtTheMachineTurnsItOff(t *testing.T) {
	t.Parallel()
	w := given(t)
	off := func(address string) error {
		return authcmd.TurnOffSecondFactor(t.Context(), w.log, w.cfg.Codec, w.clock, address)
	}
	refused(t, off(email), "SECOND_FACTOR_OFF")
	require.Equal(t, kernel.KindNotFound, kindOf(off("nobody@example.com")))
	require.Equal(t, kernel.KindInvalid, kindOf(off("nobody")))
	w.enrolled()
	require.NoError(t, off(" ANN@example.com"))
	require.NoError(t, w.loginWith(""))
}

func TestTheLogHoldsNoSecretOfTheApp(t *testing.T) {
	t.Parallel()
	w := given(t)
	a, recovery := w.enrolled()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(a.secret)
	require.NoError(t, err)
	encoded, err := json.Marshal(raw)
	require.NoError(t, err)
	events, err := w.log.ReadAll(t.Context(), 0, 100)
	require.NoError(t, err)
	for _, e := range events {
		for _, secret := range append(recovery, a.secret, string(encoded)) {
			require.NotContains(t, string(e.Data), secret, e.Type)
		}
	}
}
