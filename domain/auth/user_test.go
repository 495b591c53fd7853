package auth_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
)

func at(d time.Duration) time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(d) }

func registered() kernel.Event {
	return auth.UserRegistered{UserID: "usr_1", Email: "a@b.co", Name: "A", PasswordHash: "h", At: at(0)}
}

func session(n int) kernel.SessionID { return kernel.SessionID(fmt.Sprintf("ses_%d", n)) }

func TestANewSessionIsOpened(t *testing.T) {
	t.Parallel()
	u := domaintest.Given(t, &auth.User{}, registered()).
		When(func(u *auth.User) error { return u.OpenSession("ses_1", at(1)) }).
		Then(auth.SessionOpened{SessionID: "ses_1", At: at(1)})
	require.True(t, u.HasSession("ses_1"))
}

func TestTheEleventhSessionClosesTheOldest(t *testing.T) {
	t.Parallel()
	history := []kernel.Event{registered()}
	for n := range auth.MaxSessions {
		history = append(history, auth.SessionOpened{SessionID: session(n), At: at(0)})
	}
	u := domaintest.Given(t, &auth.User{}, history...).
		When(func(u *auth.User) error { return u.OpenSession("ses_new", at(1)) }).
		Then(auth.SessionClosed{UserID: "usr_1", SessionID: session(0), Reason: auth.ClosedByLimit, At: at(1)},
			auth.SessionOpened{SessionID: "ses_new", At: at(1)})
	require.Len(t, u.Sessions(), auth.MaxSessions)
	require.False(t, u.HasSession(session(0)))
}

func TestToCloseWhatIsNotOpenChangesNothing(t *testing.T) {
	t.Parallel()
	domaintest.Given(t, &auth.User{}, registered()).
		When(func(u *auth.User) error { return u.CloseSession("ses_9", auth.ClosedByLogout, at(1)) }).ThenNothing()
}

func TestAllOtherSessionsAreClosed(t *testing.T) {
	t.Parallel()
	open := []kernel.Event{registered(), auth.SessionOpened{SessionID: "ses_1"}, auth.SessionOpened{SessionID: "ses_2"}, auth.SessionOpened{SessionID: "ses_3"}}
	u := domaintest.Given(t, &auth.User{}, open...).When(func(u *auth.User) error { return u.CloseOthers("ses_2", at(1)) }).
		Then(auth.SessionClosed{UserID: "usr_1", SessionID: "ses_1", Reason: auth.ClosedByUser, At: at(1)},
			auth.SessionClosed{UserID: "usr_1", SessionID: "ses_3", Reason: auth.ClosedByUser, At: at(1)})
	require.Equal(t, []kernel.SessionID{"ses_2"}, u.Sessions())
	domaintest.Given(t, &auth.User{}, open[:2]...).When(func(u *auth.User) error { return u.CloseOthers("ses_1", at(1)) }).ThenNothing()
}

func TestANewPasswordClosesEverySession(t *testing.T) {
	t.Parallel()
	u := domaintest.Given(t, &auth.User{}, registered(), auth.SessionOpened{SessionID: "ses_1"}, auth.SessionOpened{SessionID: "ses_2"}).
		When(func(u *auth.User) error { return u.ChangePassword("h2", false, at(1)) }).
		Then(auth.PasswordChanged{UserID: "usr_1", PasswordHash: "h2", At: at(1)})
	require.Empty(t, u.Sessions())
	require.Equal(t, "h2", u.PasswordHash())
}

func TestAResetTokenIsGoodOnceAndForAnHour(t *testing.T) {
	t.Parallel()
	asked := auth.PasswordResetRequested{TokenHash: "t", ExpiresAt: at(auth.ResetLife)}
	reset := func(token string, when time.Duration) func(*auth.User) error {
		return func(u *auth.User) error { return u.ResetPassword(token, "h2", false, at(when)) }
	}
	domaintest.Given(t, &auth.User{}, registered(), asked).When(reset("t", auth.ResetLife)).
		Then(auth.PasswordChanged{UserID: "usr_1", PasswordHash: "h2", ByReset: true, At: at(auth.ResetLife)})
	domaintest.Given(t, &auth.User{}, registered(), asked).When(reset("t", auth.ResetLife+1)).ThenRefused("RESET_TOKEN_INVALID")
	domaintest.Given(t, &auth.User{}, registered(), asked).When(reset("other", 0)).ThenRefused("RESET_TOKEN_INVALID")
	domaintest.Given(t, &auth.User{}, registered()).When(reset("", 0)).ThenRefused("RESET_TOKEN_INVALID")
	domaintest.Given(t, &auth.User{}, registered(), asked, auth.PasswordChanged{UserID: "usr_1", PasswordHash: "x"}).When(reset("t", 0)).ThenRefused("RESET_TOKEN_INVALID")
	newer := auth.PasswordResetRequested{TokenHash: "t2", ExpiresAt: at(auth.ResetLife)}
	domaintest.Given(t, &auth.User{}, registered(), asked, newer).When(reset("t", 0)).ThenRefused("RESET_TOKEN_INVALID")
}

func TestASnapshotIsTheWholeState(t *testing.T) {
	t.Parallel()
	u := domaintest.Given(t, &auth.User{}, registered(), auth.SessionOpened{SessionID: "ses_1"}).When(func(*auth.User) error { return nil }).ThenNothing()
	state, err := u.MarshalState()
	require.NoError(t, err)
	var again auth.User
	require.NoError(t, again.UnmarshalState(state))
	require.Equal(t, *u, again)
}

func TestRefreshing(t *testing.T) {
	t.Parallel()
	started := auth.SessionStarted{SessionID: "ses_1", UserID: "usr_1", TokenHash: "t0", At: at(0), ExpiresAt: at(auth.RefreshLife)}
	rotated := auth.SessionRefreshed{SessionID: "ses_1", TokenHash: "t1", At: at(time.Minute), ExpiresAt: at(time.Minute + auth.RefreshLife)}
	twice := auth.SessionRefreshed{SessionID: "ses_1", TokenHash: "t2", At: at(time.Minute + 1), ExpiresAt: at(time.Minute + 1 + auth.RefreshLife)}
	for name, c := range map[string]struct {
		history []kernel.Event
		token   string
		when    time.Duration
		records bool
		refused string
	}{
		"the current token gets its successor":              {[]kernel.Event{started}, "t0", time.Minute, true, ""},
		"a parallel tab gets the same one":                  {[]kernel.Event{started, rotated}, "t0", time.Minute + auth.ParallelWindow, false, ""},
		"later, the token before was stolen":                {[]kernel.Event{started, rotated}, "t0", time.Minute + auth.ParallelWindow + 1, false, "REFRESH_TOKEN_REUSED"},
		"two tokens back, even within the window, is theft": {[]kernel.Event{started, rotated, twice}, "t0", time.Minute + 2, false, "REFRESH_TOKEN_REUSED"},
		"a token too old":                                   {[]kernel.Event{started}, "t0", auth.RefreshLife, false, "UNAUTHORIZED"},
		"a session that never was":                          {nil, "t0", 0, false, "UNAUTHORIZED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story := domaintest.Given(t, &auth.Session{}, c.history...).When(func(s *auth.Session) error { return s.Refresh(c.token, "next", at(c.when)) })
			switch {
			case c.refused != "":
				story.ThenRefused(c.refused)
			case c.records:
				story.Then(auth.SessionRefreshed{SessionID: "ses_1", TokenHash: "next", At: at(c.when), ExpiresAt: at(c.when + auth.RefreshLife)})
			default:
				story.ThenNothing()
			}
		})
	}
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	ends := at(time.Hour)
	made := auth.APIKeyCreated{KeyID: "key_1", Workspace: "ws_1", Name: "k", Role: kernel.RoleMember, Hash: "h", ExpiresAt: &ends, At: at(0)}
	check := func(hash string, when time.Duration) func(*auth.APIKey) error {
		return func(k *auth.APIKey) error { return k.Check(hash, at(when)) }
	}
	domaintest.Given(t, &auth.APIKey{}, made).When(check("h", time.Minute)).ThenNothing()
	domaintest.Given(t, &auth.APIKey{}, made).When(check("x", time.Minute)).ThenRefused("UNAUTHORIZED")
	domaintest.Given(t, &auth.APIKey{}, made).When(check("h", time.Hour)).ThenRefused("UNAUTHORIZED")
	domaintest.Given(t, &auth.APIKey{}).When(check("", 0)).ThenRefused("UNAUTHORIZED")
	revoked := auth.APIKeyRevoked{KeyID: "key_1", Workspace: "ws_1", At: at(1)}
	domaintest.Given(t, &auth.APIKey{}, made, revoked).When(check("h", 1)).ThenRefused("UNAUTHORIZED")
	domaintest.Given(t, &auth.APIKey{}, made).When(func(k *auth.APIKey) error { return k.Revoke("ws_1", at(1)) }).Then(revoked)
	domaintest.Given(t, &auth.APIKey{}, made).When(func(k *auth.APIKey) error { return k.Revoke("ws_2", at(1)) }).ThenRefused("NOT_FOUND")
	owner := made
	owner.Role = kernel.RoleOwner
	domaintest.Given(t, &auth.APIKey{}).When(func(k *auth.APIKey) error { return k.Create(owner) }).ThenRefused("VALIDATION_FAILED")
	past := made
	past.ExpiresAt = &past.At
	domaintest.Given(t, &auth.APIKey{}).When(func(k *auth.APIKey) error { return k.Create(past) }).ThenRefused("VALIDATION_FAILED")
}

func TestAKeyNeverReachesFartherThanItsMaker(t *testing.T) {
	t.Parallel()
	order := []kernel.Role{kernel.RoleViewer, kernel.RoleMember, kernel.RoleAdmin, kernel.RoleOwner}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.IntRange(0, 2).Draw(t, "key")
		maker := rapid.IntRange(0, 3).Draw(t, "maker")
		role, ok := auth.EffectiveRole(order[key], order[maker])
		require.True(t, ok)
		require.Equal(t, order[min(key, maker)], role)
	})
	_, ok := auth.EffectiveRole(kernel.RoleAdmin, kernel.RoleBillingAdmin)
	require.False(t, ok)
}

func TestEmails(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a@b.co", "  First.Last+tag@Sub.Example.COM ", "o'neil@example.ie", "user@bücher.example"} {
		_, err := auth.ParseEmail("email", good)
		require.NoError(t, err, good)
	}
	for _, bad := range []string{"", "a", "@b.co", "a@", "a b@c.co", "A <a@b.co>", "a@b.co,c@d.co", "a@b.co\r\nBcc: x@y.z", "a@.co", "a@co.", "\"a b\"@c.co", string(make([]byte, 300)) + "@b.co"} {
		_, err := auth.ParseEmail("email", bad)
		require.Error(t, err, "%q", bad)
	}
	e, err := auth.ParseEmail("email", " Ann@Example.com")
	require.NoError(t, err)
	require.Equal(t, auth.Email("ann@example.com"), e)
	require.Equal(t, "a***@example.com", e.Masked())
	require.Len(t, e.Key(), 64)
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswordPolicy()
	const email, name = "someone.special@example.com", "Marguerite Lindqvist"
	for _, bad := range []string{
		"", "short12", "password", "PassWord1", "iloveyou", email, string(make([]byte, 73)), "Password123!", "P@ssw0rd2024!", "        ", "\t\t\t\t\t\t\t\t",
		"qwertyuiop123", "1q2w3e4r5t", "aaaaaaaaaaaa", "abcabcabcabc", "12345678", "Summer2024!", "January2025", "letmein!!", "zaq12wsx", "abababababab",
		"SomeoneSpecial", "someone.special1", "Lindqvist", "Marguerite1!", "MargueriteLindqvist", "M4rgu3r1t3", "example.com", "Morket2024!",
		"пароль123", "Пароль1!", "Passwort1!", "ййййййййй", "密码密码密码", "contraseña1", string(make([]byte, 72)), strings.Repeat("ab", 36), "😀😀😀😀",
	} {
		require.Error(t, p.Check("password", bad, email, name), "%q", bad)
	}
	for _, good := range []string{
		"morket-demo", "correct horse battery", "ünïcödé", "another good password", "Xk9$mQ2v", "9f8a7b6c", "Tr0ub4dor&3", "тихая река под мостом", "a smoke test passes here",
		"Marguerite has a green bicycle", strings.Repeat("x", 8) + "kettle raincoat 81",
	} {
		require.NoError(t, p.Check("password", good, email, name), "%q", good)
	}
}

// What an estimate takes is bounded, since the length is.
func TestALongPasswordIsJudgedInNoTime(t *testing.T) {
	t.Parallel()
	p := auth.NewPasswordPolicy()
	for _, hard := range []string{strings.Repeat("4@8({[<3", 9), strings.Repeat("$5+7%2|!", 9), strings.Repeat("a1!", 24), strings.Repeat("p@5$w0rd", 9), strings.Repeat("x", 1<<20)} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = p.Check("password", hard, strings.Repeat("long.name.", 30)+"@example.com", strings.Repeat("Name ", 20))
		}()
		select {
		case <-done:
		case <-time.After(20 * time.Second): // of a loaded machine
			t.Fatalf("%.20q takes too long", hard)
		}
	}
}
