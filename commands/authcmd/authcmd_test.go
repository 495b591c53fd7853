package authcmd_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/kernel"
)

func kindOf(err error) kernel.Kind { return kernel.KindOf(err) }

func TestAnAddressHasOneAccount(t *testing.T) {
	t.Parallel()
	w := given(t)
	for _, again := range []string{email, " ANN@example.com "} {
		_, err := w.h.Register(t.Context(), kernel.Meta{}, authcmd.Register{Email: again, Password: better, Name: "Other"})
		require.Equal(t, kernel.KindConflict, kindOf(err), again)
	}
	for name, c := range map[string]authcmd.Register{
		"no address": {Email: "ann", Password: better, Name: "Ann"}, "a weak password": {Email: "b@example.com", Password: "Password123!", Name: "Bob"}, "its own address": {Email: "bob.brown@example.com", Password: "bob.brown@example.com", Name: "Bob"},
		"spaces": {Email: "b@example.com", Password: "        ", Name: "Bob"}, "no name": {Email: "b@example.com", Password: better},
	} {
		_, err := w.h.Register(t.Context(), kernel.Meta{}, c)
		require.Equal(t, kernel.KindInvalid, kindOf(err), name)
	}
}

func TestSigningIn(t *testing.T) {
	t.Parallel()
	w := given(t)
	o := w.signedIn()
	who, err := w.h.Authenticate(t.Context(), o.Access)
	require.NoError(t, err)
	require.Equal(t, w.ann, who.User)
	require.False(t, who.Operator)
	require.False(t, w.good(o.Access+"x"))
	require.False(t, w.good(o.Refresh), "a token of another kind")

	_, wrong := w.login("wrong")
	_, err = w.h.Login(t.Context(), kernel.Meta{}, authcmd.Login{Email: "nobody@example.com", Password: "wrong"})
	require.EqualError(t, err, wrong.Error(), "who has an account is told to nobody")
	require.Equal(t, kernel.KindUnauthorized, kindOf(err))
}

func TestGuessesAreBounded(t *testing.T) {
	t.Parallel()
	w := given(t)
	for range 4 {
		_, err := w.login("wrong")
		require.Equal(t, kernel.KindUnauthorized, kindOf(err))
	}
	w.signedIn() // forgets them
	for range 5 {
		_, err := w.login("wrong")
		require.Equal(t, kernel.KindUnauthorized, kindOf(err))
	}
	_, err := w.login(password)
	require.Equal(t, kernel.KindRateLimited, kindOf(err), "the right one neither")

	_, err = w.h.ChangePassword(t.Context(), w.meta(), authcmd.ChangePassword{Current: "wrong", New: better})
	require.Equal(t, kernel.KindUnauthorized, kindOf(err), "guesses at a change are counted apart")
}

func TestARefreshTokenWorksOnce(t *testing.T) {
	t.Parallel()
	w := given(t)
	o := w.signedIn()
	first, err := w.h.RefreshSession(t.Context(), kernel.Meta{}, o.Refresh)
	require.NoError(t, err)
	w.clock.Advance(time.Hour)
	next, err := w.h.RefreshSession(t.Context(), kernel.Meta{}, first.Value.Refresh)
	require.NoError(t, err)
	require.True(t, w.good(next.Value.Access))
	_, err = w.h.RefreshSession(t.Context(), kernel.Meta{}, o.Refresh)
	require.Error(t, err, "an old one was stolen")
	require.False(t, w.good(next.Value.Access), "so the session is closed")
	_, err = w.h.RefreshSession(t.Context(), kernel.Meta{}, next.Value.Refresh)
	require.Error(t, err)
}

func TestSigningOutCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := given(t)
	one, two := w.signedIn(), w.signedIn()
	_, err := w.h.Logout(t.Context(), kernel.Meta{}, one.Access, one.Refresh)
	require.NoError(t, err)
	require.False(t, w.good(one.Access))
	require.True(t, w.good(two.Access))
	_, err = w.h.RevokeSession(t.Context(), w.meta(), two.Session)
	require.NoError(t, err)
	require.False(t, w.good(two.Access))
}

func TestSigningOutEverywhereElse(t *testing.T) {
	t.Parallel()
	w := given(t)
	one, two, key := w.signedIn(), w.signedIn(), w.key(kernel.RoleMember)
	_, err := w.h.RevokeOtherSessions(t.Context(), w.meta(), two.Session)
	require.NoError(t, err)
	require.False(t, w.good(one.Access))
	require.True(t, w.good(two.Access))
	require.True(t, w.good(key.Key))
	_, err = w.h.RevokeOtherSessions(t.Context(), kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1"}}, "")
	require.Equal(t, kernel.KindForbidden, kindOf(err))
}

func TestANewPasswordClosesSessionsAndKeysIfAsked(t *testing.T) {
	t.Parallel()
	for name, revoke := range map[string]bool{"with keys": true, "without keys": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := given(t)
			o, key := w.signedIn(), w.key(kernel.RoleMember)
			w.clock.Advance(time.Minute)
			_, err := w.h.ChangePassword(t.Context(), w.meta(), authcmd.ChangePassword{Current: password, New: "12345678"})
			require.Equal(t, kernel.KindInvalid, kindOf(err))
			require.True(t, w.good(o.Access))
			_, err = w.h.ChangePassword(t.Context(), w.meta(), authcmd.ChangePassword{Current: password, New: better, RevokeKeys: revoke})
			require.NoError(t, err)
			require.False(t, w.good(o.Access))
			require.Equal(t, !revoke, w.good(key.Key))
			_, err = w.login(password)
			require.Error(t, err)
			_, err = w.login(better)
			require.NoError(t, err)
		})
	}
}

func TestAForgottenPassword(t *testing.T) {
	t.Parallel()
	w := given(t)
	o := w.signedIn()
	_, err := w.h.RequestReset(t.Context(), kernel.Meta{}, "nobody@example.com")
	require.NoError(t, err, "who has an account is told to nobody")
	_, err = w.h.RequestReset(t.Context(), kernel.Meta{}, email)
	require.NoError(t, err)
	token := resetLink.FindString(<-w.mails)
	require.Empty(t, w.mails, "nobody without an account gets a mail")
	reset := func(token string) error {
		_, err := w.h.ResetPassword(t.Context(), kernel.Meta{}, authcmd.ResetPassword{Token: token, Password: better})
		return err
	}
	require.Error(t, reset("x"))
	require.NoError(t, reset(token))
	require.False(t, w.good(o.Access))
	require.Error(t, reset(token), "it works once")

	_, err = w.h.RequestReset(t.Context(), kernel.Meta{}, email)
	require.NoError(t, err)
	token = resetLink.FindString(<-w.mails)
	w.clock.Advance(25 * time.Hour)
	require.Error(t, reset(token), "it runs out")
}

func TestAKeyIsNeverMoreThanItsMaker(t *testing.T) {
	t.Parallel()
	w := given(t)
	key := w.key(kernel.RoleAdmin, "tbl_01JZZZZZZZZZZZZZZZZZZZZZZZ")
	who, err := w.h.Authenticate(t.Context(), key.Key)
	require.NoError(t, err)
	require.Equal(t, kernel.RoleAdmin, who.KeyRole)
	require.Equal(t, workspace, who.KeyWorkspace)
	require.Equal(t, []kernel.TableID{"tbl_01JZZZZZZZZZZZZZZZZZZZZZZZ"}, who.KeyTables)
	w.role = kernel.RoleViewer
	who, err = w.h.Authenticate(t.Context(), key.Key)
	require.NoError(t, err)
	require.Equal(t, kernel.RoleViewer, who.KeyRole)
	w.member = "mem_2"
	require.False(t, w.good(key.Key), "who left and came back has made no keys")
	w.member, w.role = "mem_1", ""
	require.False(t, w.good(key.Key))
}

func TestAKeyEnds(t *testing.T) {
	t.Parallel()
	w := given(t)
	key := w.key(kernel.RoleMember)
	require.True(t, w.good(key.Key))
	end := "A"
	if strings.HasSuffix(key.Key, end) {
		end = "Q"
	}
	require.False(t, w.good(key.Key[:len(key.Key)-1]+end), "made up")
	_, err := w.h.RevokeAPIKey(t.Context(), w.meta(), key.ID)
	require.NoError(t, err)
	require.False(t, w.good(key.Key))

	until := w.clock.Now().Add(time.Hour)
	res, err := w.h.CreateAPIKey(t.Context(), w.meta(), authcmd.CreateAPIKey{Name: "short", Role: kernel.RoleViewer, ExpiresAt: &until})
	require.NoError(t, err)
	require.True(t, w.good(res.Value.Key))
	w.clock.Advance(time.Hour + time.Second)
	require.False(t, w.good(res.Value.Key))

	for name, c := range map[string]authcmd.CreateAPIKey{
		"an owner": {Name: "x", Role: kernel.RoleOwner}, "no role": {Name: "x"}, "no name": {Role: kernel.RoleViewer}, "a table that is none": {Name: "x", Role: kernel.RoleViewer, Tables: []kernel.TableID{"row_1"}},
	} {
		_, err := w.h.CreateAPIKey(t.Context(), w.meta(), c)
		require.Equal(t, kernel.KindInvalid, kindOf(err), name)
	}
	w.role = kernel.RoleMember
	_, err = w.h.CreateAPIKey(t.Context(), w.meta(), authcmd.CreateAPIKey{Name: "x", Role: kernel.RoleAdmin})
	require.Equal(t, kernel.KindForbidden, kindOf(err), "a member makes no admin")
}

func TestTheLogHoldsNothingThatLetsIn(t *testing.T) {
	t.Parallel()
	w := given(t)
	o, key := w.signedIn(), w.key(kernel.RoleMember)
	events, err := w.log.ReadAll(t.Context(), 0, 100)
	require.NoError(t, err)
	for _, e := range events {
		for _, secret := range []string{o.Refresh, o.Access, key.Key, email} {
			require.NotContains(t, string(e.Data), secret, e.Type)
		}
	}
}
