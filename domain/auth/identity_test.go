package auth_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
)

func TestLinkingAnIdentity(t *testing.T) {
	t.Parallel()
	const issuer = "https://idp.example"
	linked := auth.IdentityLinked{UserID: "usr_1", Issuer: issuer, Key: "k1", At: at(9)}
	ended := auth.PasswordChanged{UserID: "usr_1", At: at(9)}
	proved := auth.PasswordChanged{UserID: "usr_1", PasswordHash: "h2", ByReset: true, At: at(1)}
	without := auth.UserRegistered{UserID: "usr_1", Sealed: []byte("s"), At: at(0)}
	link := func(issuer, key string) func(*auth.User) error {
		return func(u *auth.User) error { return u.LinkIdentity(issuer, key, at(9)) }
	}
	u := domaintest.Given(t, &auth.User{}, registered(), auth.SessionOpened{SessionID: "ses_1"}).When(link(issuer, "k1")).Then(ended, linked)
	require.Empty(t, u.Sessions())
	require.False(t, u.HasPassword())
	domaintest.Given(t, &auth.User{}, withFactor()...).When(link(issuer, "k1")).
		Then(ended, auth.SecondFactorDisabled{UserID: "usr_1", At: at(9)}, linked)
	domaintest.Given(t, &auth.User{}, registered(), proved).When(link(issuer, "k1")).Then(linked)
	domaintest.Given(t, &auth.User{}, without).When(link(issuer, "k1")).Then(linked)
	domaintest.Given(t, &auth.User{}, registered(), linked).When(link(issuer, "k1")).ThenNothing()
	domaintest.Given(t, &auth.User{}, registered(), linked).When(link(issuer, "k2")).ThenRefused("SIGN_ON_OTHER_IDENTITY")
	other := linked
	other.Issuer = "https://other.example"
	domaintest.Given(t, &auth.User{}, registered(), linked).When(link(other.Issuer, "k1")).Then(other)
}

func TestIdentityKeysAreApart(t *testing.T) {
	t.Parallel()
	seen := map[string]kernel.Event{}
	for _, id := range [][2]string{{"https://a", "1"}, {"https://a", "2"}, {"https://b", "1"}, {"https://a\n1", ""}, {"", "https://a\n1"}} {
		key := auth.IdentityKey(id[0], id[1])
		require.Len(t, key, 64)
		require.NotContains(t, seen, key)
		seen[key] = nil
	}
}
