package auth_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
)

func offered() kernel.Event {
	return auth.SecondFactorOffered{UserID: "usr_1", Sealed: []byte("s"), At: at(0), ExpiresAt: at(auth.EnrolLife)}
}

func withFactor(more ...kernel.Event) []kernel.Event {
	on := auth.SecondFactorEnabled{UserID: "usr_1", Step: 10, Recovery: []string{"r1", "r2"}, At: at(1)}
	return append([]kernel.Event{registered(), offered(), on}, more...)
}

func TestASecondFactorIsOfferedAndThenInForce(t *testing.T) {
	t.Parallel()
	enable := func(when time.Duration) func(*auth.User) error {
		return func(u *auth.User) error { return u.EnableSecondFactor(10, []string{"r1", "r2"}, at(when)) }
	}
	offer := func(u *auth.User) error { return u.OfferSecondFactor([]byte("s"), at(0)) }
	u := domaintest.Given(t, &auth.User{}, registered()).When(offer).Then(offered())
	require.False(t, u.HasSecondFactor(), "until the app has shown that it has the secret")
	u = domaintest.Given(t, &auth.User{}, registered(), offered()).When(enable(1)).Then(withFactor()[2])
	require.True(t, u.HasSecondFactor())
	require.Equal(t, []byte("s"), u.SecondFactorSecret())
	domaintest.Given(t, &auth.User{}, registered()).When(enable(1)).ThenRefused("ENROLMENT_EXPIRED")
	domaintest.Given(t, &auth.User{}, registered(), offered()).When(enable(auth.EnrolLife + 1)).ThenRefused("ENROLMENT_EXPIRED")
	domaintest.Given(t, &auth.User{}, withFactor()...).When(enable(2)).ThenRefused("SECOND_FACTOR_ON")
	domaintest.Given(t, &auth.User{}, withFactor()...).When(offer).ThenRefused("SECOND_FACTOR_ON")
}

func TestACodeIsGoodOnce(t *testing.T) {
	t.Parallel()
	used := auth.SecondFactorUsed{UserID: "usr_1", Step: 12, At: at(2)}
	spent := auth.RecoveryCodeUsed{UserID: "usr_1", Hash: "r1", Left: 1, At: at(2)}
	off := auth.SecondFactorDisabled{UserID: "usr_1", At: at(2)}
	replaced := auth.RecoveryCodesReplaced{UserID: "usr_1", Recovery: []string{"r3"}, At: at(2)}
	code := func(step int64) func(*auth.User) error {
		return func(u *auth.User) error { return u.TakeCode(step, at(2)) }
	}
	recovery := func(hash string) func(*auth.User) error {
		return func(u *auth.User) error { return u.TakeRecoveryCode(hash, at(2)) }
	}
	for name, c := range map[string]struct {
		history []kernel.Event
		take    func(*auth.User) error
		records kernel.Event
	}{
		"the next code":                             {withFactor(), code(12), used},
		"the code of the enrolment":                 {withFactor(), code(10), nil},
		"one that was used":                         {withFactor(used), code(12), nil},
		"one of a step before":                      {withFactor(used), code(11), nil},
		"without a second factor":                   {[]kernel.Event{registered()}, code(12), nil},
		"a recovery code":                           {withFactor(), recovery("r1"), spent},
		"a recovery code that was used":             {withFactor(spent), recovery("r1"), nil},
		"a recovery code that is none":              {withFactor(), recovery("r9"), nil},
		"no recovery code":                          {withFactor(), recovery(""), nil},
		"a recovery code of before":                 {withFactor(replaced), recovery("r1"), nil},
		"a recovery code after the end of it":       {withFactor(off), recovery("r1"), nil},
		"a code after the end of the second factor": {withFactor(off), code(12), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story := domaintest.Given(t, &auth.User{}, c.history...).When(c.take)
			if c.records == nil {
				story.ThenRefused("INVALID_CODE")
			} else {
				story.Then(c.records)
			}
		})
	}
}

func TestASecondFactorEnds(t *testing.T) {
	t.Parallel()
	off := func(u *auth.User) error { return u.DisableSecondFactor(true, at(2)) }
	u := domaintest.Given(t, &auth.User{}, withFactor()...).When(off).Then(auth.SecondFactorDisabled{UserID: "usr_1", ByOperator: true, At: at(2)})
	require.False(t, u.HasSecondFactor())
	domaintest.Given(t, &auth.User{}, registered(), offered()).When(off).ThenRefused("SECOND_FACTOR_OFF")
	domaintest.Given(t, &auth.User{}, registered()).When(func(u *auth.User) error { return u.ReplaceRecoveryCodes(nil, at(2)) }).ThenRefused("SECOND_FACTOR_OFF")
}

func TestASnapshotHoldsTheSecondFactor(t *testing.T) {
	t.Parallel()
	u := domaintest.Given(t, &auth.User{}, withFactor()...).When(func(*auth.User) error { return nil }).ThenNothing()
	state, err := u.MarshalState()
	require.NoError(t, err)
	var again auth.User
	require.NoError(t, again.UnmarshalState(state))
	require.Equal(t, *u, again)
}
