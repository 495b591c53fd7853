package authcmd_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// provider is an identity provider that vouches for who is in it.
type provider struct {
	mu     sync.Mutex
	person auth.Vouched
	err    error
	joined []string
}

func (*provider) Begin(_ context.Context, s auth.SignOn) (string, error) {
	return "https://idp.example/auth?state=" + s.State, nil
}

func (p *provider) Complete(_ context.Context, s auth.SignOn, code string) (auth.Vouched, error) {
	if code != "code" || s.Nonce == "" || s.Verifier == "" {
		return auth.Vouched{}, errors.New("a wrong code")
	}
	return p.person, p.err
}

func (*provider) End(context.Context, string) (string, error) { return "https://idp.example/end", nil }

func (p *provider) Admit(_ context.Context, meta kernel.Meta, _ kernel.UserID, role kernel.Role, fixed bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	how := "at first"
	if fixed {
		how = "by groups"
	}
	p.joined = append(p.joined, string(meta.Workspace)+" "+string(role)+" "+how+" "+string(meta.Actor.Kind))
	return nil
}

func annAtIdP() auth.Vouched {
	return auth.Vouched{Issuer: "https://idp.example", Subject: "7", Email: "Ann@Example.com", Verified: true, Name: "Ann Lee", Token: "id token"}
}

// withSignOn is the world with an identity provider that vouches for Ann.
func withSignOn(t *testing.T, change func(*authcmd.SignOn)) (*world, *provider) {
	t.Helper()
	p := &provider{person: annAtIdP()}
	return givenWith(t, func(w *world, c *authcmd.Config) {
		c.SignOn = &authcmd.SignOn{Provider: p, Name: "Okta", Domains: []string{"example.com"}, Joins: p, SignOns: w.tokens}
		if change != nil {
			change(c.SignOn)
		}
	}), p
}

// attempt is a begun single sign-on.
func (w *world) attempt() authcmd.CompleteSignOn {
	w.t.Helper()
	begun, err := w.h.BeginSignOn(w.t.Context())
	require.NoError(w.t, err)
	_, state, _ := strings.Cut(begun.RedirectTo, "state=")
	return authcmd.CompleteSignOn{State: state, Code: "code", Cookie: begun.Cookie}
}

func (w *world) complete(c authcmd.CompleteSignOn) (authcmd.SignedOn, error) {
	res, err := w.h.CompleteSignOn(w.t.Context(), kernel.Meta{}, c)
	return res.Value, err
}

func TestAnAttemptIsOfOneBrowserAndForOnce(t *testing.T) {
	t.Parallel()
	w, _ := withSignOn(t, nil)
	mine, other := w.attempt(), w.attempt()
	old := w.attempt()
	for name, c := range map[string]authcmd.CompleteSignOn{
		"no cookie":               {State: mine.State, Code: "code"},
		"another browser's":       {State: mine.State, Code: "code", Cookie: other.Cookie},
		"no state":                {Code: "code", Cookie: mine.Cookie},
		"a made-up cookie":        {State: mine.State, Code: "code", Cookie: mine.Cookie[:len(mine.Cookie)-4] + "AAAA"},
		"a longer life":           {State: mine.State, Code: "code", Cookie: strings.Replace(mine.Cookie, ".", ".1", 1)},
		"the parts of a cookie":   {State: mine.State, Code: "code", Cookie: ".."},
		"a cookie without a body": {State: mine.State, Code: "code", Cookie: "."},
	} {
		_, err := w.complete(c)
		require.Error(t, err, name)
		refused(t, err, "SIGN_ON_EXPIRED")
	}
	done, err := w.complete(mine)
	require.NoError(t, err)
	require.True(t, w.good(done.Access))
	require.Equal(t, "id token", done.Token)
	_, err = w.complete(mine)
	refused(t, err, "SIGN_ON_EXPIRED")
	other.Code, other.Error = "", "access_denied"
	_, err = w.complete(other)
	refused(t, err, "SIGN_ON_REFUSED")
	w.clock.Advance(auth.SignOnLife + time.Second)
	_, err = w.complete(old)
	refused(t, err, "SIGN_ON_EXPIRED")
}

func TestSomebodyNewGetsAnAccountWithoutAPassword(t *testing.T) {
	t.Parallel()
	w, p := withSignOn(t, nil)
	p.person.Subject, p.person.Email, p.person.Name = "9", "new@example.com", ""
	first, err := w.complete(w.attempt())
	require.NoError(t, err)
	require.Equal(t, "new@example.com", first.User.Email)
	require.Equal(t, "new", first.User.Name)
	p.person.Email = "renamed@example.com"
	again, err := w.complete(w.attempt())
	require.NoError(t, err)
	require.Equal(t, first.User.ID, again.User.ID, "a person is known by the provider's id, not by the address")
	for _, guess := range []string{"", " ", "hash of "} {
		_, err = w.h.Login(t.Context(), kernel.Meta{}, authcmd.Login{Email: "new@example.com", Password: guess})
		refused(t, err, "INVALID_CREDENTIALS")
	}
	require.Empty(t, p.joined, "there is no workspace to join")
}

// Anybody could have registered the address before its person came by single sign-on.
func TestALinkedAccountIsTheProvidersPersonAlone(t *testing.T) {
	t.Parallel()
	w, _ := withSignOn(t, nil)
	before := w.signedIn()
	a, _ := w.enrolled()
	done, err := w.complete(w.attempt())
	require.NoError(t, err)
	require.Equal(t, w.ann, done.User.ID)
	require.False(t, w.good(before.Access), "sessions of before are closed")
	refused(t, w.loginWith(a.next()), "INVALID_CREDENTIALS")
	again, err := w.complete(w.attempt())
	require.NoError(t, err)
	require.True(t, w.good(done.Access), "only the first time")
	require.Equal(t, w.ann, again.User.ID)
}

func TestAProvedAddressKeepsItsPassword(t *testing.T) {
	t.Parallel()
	w, _ := withSignOn(t, nil)
	_, err := w.h.RequestReset(t.Context(), kernel.Meta{}, email)
	require.NoError(t, err)
	_, err = w.h.ResetPassword(t.Context(), kernel.Meta{}, authcmd.ResetPassword{Token: resetLink.FindString(<-w.mails), Password: better})
	require.NoError(t, err)
	_, err = w.complete(w.attempt())
	require.NoError(t, err)
	_, err = w.login(better)
	require.NoError(t, err)
}

func TestWhoMaySignInByTheProvider(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*auth.Vouched)
		err     error
		refused string
	}{
		"an unverified address":       {func(v *auth.Vouched) { v.Verified = false }, nil, "EMAIL_UNVERIFIED"},
		"no address":                  {func(v *auth.Vouched) { v.Email = "" }, nil, "EMAIL_UNVERIFIED"},
		"no address but a text":       {func(v *auth.Vouched) { v.Email = "a@example.com, b@example.com" }, nil, "EMAIL_UNVERIFIED"},
		"another domain":              {func(v *auth.Vouched) { v.Email = "ann@evil.example" }, nil, "SIGN_ON_NOT_ALLOWED"},
		"a domain that ends the same": {func(v *auth.Vouched) { v.Email = "ann@notexample.com" }, nil, "SIGN_ON_NOT_ALLOWED"},
		"a domain below it":           {func(v *auth.Vouched) { v.Email = "ann@evil.example.com" }, nil, "SIGN_ON_NOT_ALLOWED"},
		"a token that can't be right": {func(*auth.Vouched) {}, errors.New("another nonce"), "SIGN_ON_FAILED"},
		"no answer":                   {func(*auth.Vouched) {}, authcmd.ErrProviderUnreachable, "SIGN_ON_UNREACHABLE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := withSignOn(t, nil)
			p.err = c.err
			c.change(&p.person)
			head, err := w.log.Head(t.Context())
			require.NoError(t, err)
			_, err = w.complete(w.attempt())
			refused(t, err, c.refused)
			after, err := w.log.Head(t.Context())
			require.NoError(t, err)
			require.Equal(t, head, after, "nothing was done")
			_, err = w.login(password)
			require.NoError(t, err, "the account with the address is as it was")
		})
	}
}

func TestAnAddressThatWasGivenToAnotherPerson(t *testing.T) {
	t.Parallel()
	w, p := withSignOn(t, nil)
	_, err := w.complete(w.attempt())
	require.NoError(t, err)
	p.person.Subject = "8"
	_, err = w.complete(w.attempt())
	refused(t, err, "SIGN_ON_OTHER_IDENTITY")
}

func TestRolesByGroups(t *testing.T) {
	t.Parallel()
	const admin, member, viewer = kernel.RoleAdmin, kernel.RoleMember, kernel.RoleViewer
	byGroup := map[string]kernel.Role{"admins": admin, "sales": member, "all": viewer}
	for name, c := range map[string]struct {
		groups []string
		role   kernel.Role // the default
		joins  string      // empty: refused
	}{
		"the strongest counts":       {[]string{"all", "admins", "sales"}, "", "admin by groups system"},
		"one":                        {[]string{"x", "sales"}, viewer, "member by groups system"},
		"none has the default":       {[]string{"x"}, viewer, "viewer at first system"},
		"none without a default":     {[]string{"x"}, "", ""},
		"names are compared exactly": {[]string{"Admins", "admins "}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, p := withSignOn(t, func(s *authcmd.SignOn) { s.Workspace, s.Groups, s.Role = workspace, byGroup, c.role })
			p.person.Groups = c.groups
			_, err := w.complete(w.attempt())
			if c.joins == "" {
				refused(t, err, "SIGN_ON_NOT_ALLOWED")
				require.Empty(t, p.joined)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{string(workspace) + " " + c.joins}, p.joined)
		})
	}
}

func TestPasswordsAreForOperatorsOnly(t *testing.T) {
	t.Parallel()
	w, _ := withSignOn(t, nil)
	root, err := w.h.Register(t.Context(), kernel.Meta{}, authcmd.Register{Email: "root@example.com", Password: password, Name: "Root"})
	require.NoError(t, err)
	require.True(t, root.Value.Operator)
	w.only()
	refused(t, w.loginWith(""), "SIGN_ON_ONLY")
	_, err = w.login("wrong")
	refused(t, err, "INVALID_CREDENTIALS")
	_, err = w.h.Login(t.Context(), kernel.Meta{}, authcmd.Login{Email: "root@example.com", Password: password})
	require.NoError(t, err, "somebody must get in when the provider is away")
	_, err = w.h.Register(t.Context(), kernel.Meta{}, authcmd.Register{Email: "x@example.com", Password: password, Name: "X"})
	refused(t, err, "SIGN_ON_ONLY")
	for _, address := range []string{email, "root@example.com"} {
		_, err = w.h.RequestReset(t.Context(), kernel.Meta{}, address)
		require.NoError(t, err)
	}
	require.Contains(t, <-w.mails, string(root.Value.ID), "the operator's is the only mail")
	w.h.Close()
	require.Empty(t, w.mails)
}

func TestTwoFirstSignOnsAtOnceAreOneAccount(t *testing.T) {
	t.Parallel()
	w, p := withSignOn(t, nil)
	p.person.Subject, p.person.Email = "9", "new@example.com"
	w.serial = &sync.Mutex{}
	attempts := []authcmd.CompleteSignOn{w.attempt(), w.attempt(), w.attempt(), w.attempt()}
	ids := make([]kernel.UserID, len(attempts))
	var wg sync.WaitGroup
	for i, a := range attempts {
		wg.Go(func() {
			done, err := w.complete(a)
			if err == nil {
				ids[i] = done.User.ID
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		require.NotEmpty(t, id)
		require.Equal(t, ids[0], id)
	}
}

func TestWithoutAProviderThereIsNoSingleSignOn(t *testing.T) {
	t.Parallel()
	w := given(t)
	require.Nil(t, w.h.SignOnWay())
	_, err := w.h.BeginSignOn(t.Context())
	require.Equal(t, kernel.KindForbidden, kindOf(err))
	_, err = w.complete(authcmd.CompleteSignOn{State: "s", Code: "c", Cookie: "c"})
	require.Equal(t, kernel.KindForbidden, kindOf(err))
}
