package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
)

func passkey(n int) auth.Passkey {
	return auth.Passkey{
		ID: kernel.PasskeyID(fmt.Sprintf("pky_%d", n)), Key: auth.CredentialKey([]byte{byte(n)}), Sealed: []byte("s"), Name: []byte("n"), Count: 5, CreatedAt: at(1),
	}
}

func added(n int) kernel.Event {
	p := passkey(n)
	return auth.PasskeyAdded{UserID: "usr_1", PasskeyID: p.ID, Key: p.Key, Sealed: p.Sealed, Name: p.Name, Count: p.Count, At: p.CreatedAt}
}

func removed(n int, when time.Duration) kernel.Event {
	return auth.PasskeyRemoved{UserID: "usr_1", PasskeyID: passkey(n).ID, At: at(when)}
}

func withPasskeys(more ...kernel.Event) []kernel.Event {
	return append([]kernel.Event{registered(), added(1), added(2)}, more...)
}

func TestPasskeysAreAddedRenamedAndRemoved(t *testing.T) {
	t.Parallel()
	u := domaintest.Given(t, &auth.User{}, registered()).When(func(u *auth.User) error { return u.AddPasskey(passkey(1)) }).Then(added(1))
	require.Equal(t, []auth.Passkey{passkey(1)}, u.Passkeys())
	renamed := auth.PasskeyRenamed{UserID: "usr_1", PasskeyID: "pky_2", Name: []byte("new"), At: at(3)}
	u = domaintest.Given(t, &auth.User{}, withPasskeys()...).
		When(func(u *auth.User) error { return u.RenamePasskey("pky_2", []byte("new"), at(3)) }).Then(renamed)
	require.Equal(t, []byte("new"), u.Passkeys()[1].Name)
	require.Equal(t, []byte("n"), u.Passkeys()[0].Name)
	u = domaintest.Given(t, &auth.User{}, withPasskeys()...).
		When(func(u *auth.User) error { return u.RemovePasskey("pky_1", at(3)) }).Then(removed(1, 3))
	require.Len(t, u.Passkeys(), 1)
	domaintest.Given(t, &auth.User{}, withPasskeys(removed(1, 3))...).
		When(func(u *auth.User) error { return u.RemovePasskey("pky_1", at(4)) }).ThenRefused("NOT_FOUND")
	domaintest.Given(t, &auth.User{}, withPasskeys()...).
		When(func(u *auth.User) error { return u.RenamePasskey("pky_3", nil, at(4)) }).ThenRefused("NOT_FOUND")
	full := []kernel.Event{registered()}
	for n := range auth.MaxPasskeys {
		full = append(full, added(n))
	}
	domaintest.Given(t, &auth.User{}, full...).When(func(u *auth.User) error { return u.AddPasskey(passkey(99)) }).ThenRefused("TOO_MANY_PASSKEYS")
}

func TestACounterGrows(t *testing.T) {
	t.Parallel()
	used := func(count uint32) kernel.Event {
		return auth.PasskeyUsed{UserID: "usr_1", PasskeyID: "pky_1", Count: count, At: at(2)}
	}
	without := auth.PasskeyAdded{UserID: "usr_1", PasskeyID: "pky_1", Key: passkey(1).Key, At: at(1)}
	blocked := auth.PasskeyBlocked{UserID: "usr_1", PasskeyID: "pky_1", Count: 5, Last: 5, At: at(2)}
	for name, c := range map[string]struct {
		history []kernel.Event
		count   uint32
		refused string
	}{
		"the next one":                     {withPasskeys(), 6, ""},
		"one far beyond":                   {withPasskeys(), 1 << 31, ""},
		"the same":                         {withPasskeys(), 5, "PASSKEY_COPIED"},
		"one before":                       {withPasskeys(used(9)), 8, "PASSKEY_COPIED"},
		"none after some":                  {withPasskeys(), 0, "PASSKEY_COPIED"},
		"never any":                        {[]kernel.Event{registered(), without}, 0, ""},
		"the first after none":             {[]kernel.Event{registered(), without}, 1, ""},
		"a blocked one's next":             {withPasskeys(blocked), 6, "PASSKEY_COPIED"},
		"a removed one's":                  {withPasskeys(removed(1, 2)), 6, "INVALID_PASSKEY"},
		"one that the account has not had": {[]kernel.Event{registered()}, 6, "INVALID_PASSKEY"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story := domaintest.Given(t, &auth.User{}, c.history...).When(func(u *auth.User) error { return u.UsePasskey(passkey(1).Key, c.count, at(2)) })
			if c.refused != "" {
				story.ThenRefused(c.refused)
				return
			}
			u := story.Then(used(c.count))
			require.Equal(t, at(2), u.Passkeys()[0].UsedAt)
		})
	}
	block := func(u *auth.User) error { return u.BlockPasskey(passkey(1).Key, 5, at(2)) }
	u := domaintest.Given(t, &auth.User{}, withPasskeys()...).When(block).Then(blocked)
	require.Equal(t, at(2), u.Passkeys()[0].BlockedAt)
	require.Zero(t, u.Passkeys()[1].BlockedAt)
	domaintest.Given(t, &auth.User{}, withPasskeys(blocked)...).When(block).ThenNothing()
	domaintest.Given(t, &auth.User{}, registered()).When(block).ThenNothing()
}

// Of two devices with one key, at most the one that is ahead gets in, and none once both have been seen.
func TestTwoDevicesWithOneKeyDontBothGoOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := &auth.User{}
		require.NoError(t, u.Apply(registered()))
		require.NoError(t, u.Apply(added(1)))
		counts, last := [2]uint32{5, 5}, uint32(5)
		blocked := false
		for _, device := range rapid.SliceOfN(rapid.IntRange(0, 1), 1, 20).Draw(t, "devices") {
			counts[device]++
			err := u.UsePasskey(passkey(1).Key, counts[device], at(2))
			ahead := counts[device] > last
			require.Equal(t, ahead && !blocked, err == nil)
			if err == nil {
				last = counts[device]
				continue
			}
			require.ErrorIs(t, err, auth.ErrPasskeyCopied())
			require.NoError(t, u.BlockPasskey(passkey(1).Key, counts[device], at(2)))
			blocked = true
		}
	})
}

// Until a mailed link was used, anybody could have registered the address and added passkeys.
func TestPasskeysOfSomebodyElseEndWithTheFirstProofOfTheAddress(t *testing.T) {
	t.Parallel()
	asked := auth.PasswordResetRequested{TokenHash: "t", ExpiresAt: at(auth.ResetLife)}
	reset := func(u *auth.User) error { return u.ResetPassword("t", "h2", false, at(3)) }
	changed := auth.PasswordChanged{UserID: "usr_1", PasswordHash: "h2", ByReset: true, At: at(3)}
	domaintest.Given(t, &auth.User{}, withPasskeys(asked)...).When(reset).Then(removed(1, 3), removed(2, 3), changed)
	proved := auth.PasswordChanged{UserID: "usr_1", PasswordHash: "h", ByReset: true, At: at(0)}
	u := domaintest.Given(t, &auth.User{}, registered(), proved, added(1), asked).When(reset).Then(changed)
	require.Len(t, u.Passkeys(), 1)
	link := func(u *auth.User) error { return u.LinkIdentity("https://idp", "k", at(3)) }
	linked := auth.IdentityLinked{UserID: "usr_1", Issuer: "https://idp", Key: "k", At: at(3)}
	domaintest.Given(t, &auth.User{}, registered(), added(1)).When(link).
		Then(auth.PasswordChanged{UserID: "usr_1", At: at(3)}, removed(1, 3), linked)
	domaintest.Given(t, &auth.User{}, registered(), proved, added(1)).When(link).Then(linked)
}

func TestASnapshotHoldsThePasskeys(t *testing.T) {
	t.Parallel()
	blocked := auth.PasskeyBlocked{UserID: "usr_1", PasskeyID: "pky_1", Count: 5, Last: 5, At: at(2)}
	u := domaintest.Given(t, &auth.User{}, withPasskeys(blocked)...).When(func(*auth.User) error { return nil }).ThenNothing()
	state, err := u.MarshalState()
	require.NoError(t, err)
	var again auth.User
	require.NoError(t, again.UnmarshalState(state))
	require.Equal(t, *u, again)
}
