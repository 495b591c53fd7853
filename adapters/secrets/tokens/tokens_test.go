package tokens_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/morket/morket/adapters/secrets/tokens"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

func issuer(t *testing.T, keys ...[]byte) (*tokens.Issuer, *kernel.ManualClock, *kernel.IDs) {
	t.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC))
	ids := kernel.NewIDs(clock)
	i, err := tokens.New(clock, ids, keys...)
	require.NoError(t, err)
	return i, clock, ids
}

func TestAccessTokensLiveFifteenMinutes(t *testing.T) {
	t.Parallel()
	i, clock, _ := issuer(t, key(1))
	token, expires, err := i.Access("usr_1", "ses_1")
	require.NoError(t, err)
	require.Equal(t, clock.Now().Truncate(time.Second).Add(15*time.Minute), expires)
	user, session, jti, err := i.Verify(token)
	require.NoError(t, err)
	require.Equal(t, kernel.UserID("usr_1"), user)
	require.Equal(t, kernel.SessionID("ses_1"), session)
	require.NotEmpty(t, jti)
	require.NotContains(t, payload(t, token), "role")
	clock.Advance(15 * time.Minute)
	_, _, _, err = i.Verify(token)
	require.Error(t, err)
}

func payload(t *testing.T, token string) map[string]any {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(b, &m))
	return m
}

// forge signs claims as the issuer does, with what the test changes.
func forge(t *testing.T, i *tokens.Issuer, method jwt.SigningMethod, secret any, change func(head, claims map[string]any)) string {
	t.Helper()
	genuine, _, err := i.Access("usr_1", "ses_1")
	require.NoError(t, err)
	b, err := base64.RawURLEncoding.DecodeString(strings.Split(genuine, ".")[0])
	require.NoError(t, err)
	var head map[string]any
	require.NoError(t, json.Unmarshal(b, &head))
	claims := payload(t, genuine)
	change(head, claims)
	forged := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	for k, v := range head {
		if k != "alg" {
			forged.Header[k] = v
		}
	}
	s, err := forged.SignedString(secret)
	require.NoError(t, err)
	return s
}

func TestForgedAccessTokensAreRefused(t *testing.T) {
	t.Parallel()
	i, clock, _ := issuer(t, key(1))
	nothing := func(_, _ map[string]any) {}
	claim := func(k string, v any) func(_, c map[string]any) { return func(_, c map[string]any) { c[k] = v } }
	good := i.AccessKey()
	now := clock.Now().Unix()
	for name, token := range map[string]string{
		"alg none":             forge(t, i, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nothing),
		"another algorithm":    forge(t, i, jwt.SigningMethodHS512, good, nothing),
		"another key":          forge(t, i, jwt.SigningMethodHS256, key(9), nothing),
		"an unknown key id":    forge(t, i, jwt.SigningMethodHS256, good, func(h, _ map[string]any) { h["kid"] = "nope" }),
		"no key id":            forge(t, i, jwt.SigningMethodHS256, good, func(h, _ map[string]any) { delete(h, "kid") }),
		"a key id of no text":  forge(t, i, jwt.SigningMethodHS256, good, func(h, _ map[string]any) { h["kid"] = []string{"x"} }),
		"another audience":     forge(t, i, jwt.SigningMethodHS256, good, claim("aud", "elsewhere")),
		"no audience":          forge(t, i, jwt.SigningMethodHS256, good, func(_, c map[string]any) { delete(c, "aud") }),
		"another issuer":       forge(t, i, jwt.SigningMethodHS256, good, claim("iss", "elsewhere")),
		"no end":               forge(t, i, jwt.SigningMethodHS256, good, func(_, c map[string]any) { delete(c, "exp") }),
		"a life of a day":      forge(t, i, jwt.SigningMethodHS256, good, claim("exp", now+86400)),
		"expired":              forge(t, i, jwt.SigningMethodHS256, good, claim("exp", now-1)),
		"not yet":              forge(t, i, jwt.SigningMethodHS256, good, claim("nbf", now+60)),
		"issued in the future": forge(t, i, jwt.SigningMethodHS256, good, claim("iat", now+60)),
		"no id":                forge(t, i, jwt.SigningMethodHS256, good, func(_, c map[string]any) { delete(c, "jti") }),
		"no token":             "", "noise": "a.b.c", "dots": "....", "long": strings.Repeat("a", 1<<16),
	} {
		_, _, _, err := i.Verify(token)
		require.Error(t, err, name)
	}
	_, _, _, err := i.Verify(forge(t, i, jwt.SigningMethodHS256, good, nothing))
	require.NoError(t, err, "the forge itself works")
}

func TestKeysAreReplacedWithoutSigningAnybodyOut(t *testing.T) {
	t.Parallel()
	before, _, ids := issuer(t, key(1))
	during, _, _ := issuer(t, key(2), key(1))
	after, _, _ := issuer(t, key(2))
	session := kernel.SessionID(ids.New(kernel.PrefixSession))
	access, _, err := before.Access("usr_1", session)
	require.NoError(t, err)
	refresh, err := before.NewRefresh(session)
	require.NoError(t, err)

	_, _, _, err = during.Verify(access)
	require.NoError(t, err)
	next, err := during.NextRefresh(refresh)
	require.NoError(t, err)
	_, err = after.RefreshSession(next)
	require.NoError(t, err, "the successor is of the new key")
	_, _, _, err = after.Verify(access)
	require.Error(t, err)
	_, err = after.RefreshSession(refresh)
	require.Error(t, err)
}

func TestRefreshTokens(t *testing.T) {
	t.Parallel()
	i, clock, ids := issuer(t, key(1))
	session := kernel.SessionID(ids.New(kernel.PrefixSession))
	first, err := i.NewRefresh(session)
	require.NoError(t, err)
	other, err := i.NewRefresh(session)
	require.NoError(t, err)
	require.NotEqual(t, first, other)
	got, err := i.RefreshSession(first)
	require.NoError(t, err)
	require.Equal(t, session, got)
	next, err := i.NextRefresh(first)
	require.NoError(t, err)
	twin, err := tokens.New(clock, ids, key(1))
	require.NoError(t, err)
	again, err := twin.NextRefresh(first)
	require.NoError(t, err)
	require.Equal(t, next, again, "every process finds the same successor")
	for _, bad := range []string{"", ".", first[:len(first)-1], first + "A", "ses_X" + first[5:], strings.Replace(first, ".", "..", 1), strings.Repeat("x", 1000)} {
		_, err := i.RefreshSession(bad)
		require.Error(t, err, "%q", bad)
	}
}

func TestAPIKeyTexts(t *testing.T) {
	t.Parallel()
	i, _, ids := issuer(t, key(1))
	id := kernel.APIKeyID(ids.New(kernel.PrefixAPIKey))
	k := i.APIKey(id)
	require.True(t, strings.HasPrefix(k, "mk_"))
	require.Equal(t, k, i.APIKey(id))
	got, ok := i.APIKeyID(k)
	require.True(t, ok)
	require.Equal(t, id, got)
	for _, bad := range []string{"", "mk_", "mk__", "mk_short_x", "sk_" + k[3:], strings.ToLower(k)} {
		_, ok := i.APIKeyID(bad)
		require.False(t, ok, "%q", bad)
	}
	mailed, err := i.Mailed()
	require.NoError(t, err)
	require.Regexp(t, `^[0-9a-f]{64}$`, mailed)
}

func TestKeysMustBeLong(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Now())
	for _, keys := range [][][]byte{nil, {key(1)[:31]}, make([][]byte, 17), {key(1), nil}} {
		_, err := tokens.New(clock, kernel.NewIDs(clock), keys...)
		require.Error(t, err)
	}
}

func TestPasswordHashes(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p, err := tokens.NewPasswords(bcrypt.MinCost)
	require.NoError(t, err)
	h, err := p.Hash(ctx, "correct horse battery")
	require.NoError(t, err)
	for password, want := range map[string]bool{"correct horse battery": true, "": false, "correct horse batterx": false, strings.Repeat("x", 100_000): false} {
		ok, err := p.Matches(ctx, h, password)
		require.NoError(t, err)
		require.Equal(t, want, ok)
	}
	long := strings.Repeat("x", auth.MaxPassword)
	h, err = p.Hash(ctx, long)
	require.NoError(t, err)
	ok, err := p.Matches(ctx, h, long+"y")
	require.NoError(t, err)
	require.False(t, ok, "bcrypt alone would not look at the 73rd byte")
	ok, err = p.Matches(ctx, "", "no")
	require.NoError(t, err)
	require.False(t, ok)
	gone, cancel := context.WithCancel(ctx)
	cancel()
	_, err = p.Matches(gone, "garbage", "x")
	require.Error(t, err)
	require.Equal(t, 12, tokens.PasswordCost)
}

// Time can't be compared on a busy machine, so this compares the work: a bcrypt comparison at the same cost.
func TestAnUnknownAccountTakesAsMuchWork(t *testing.T) {
	t.Parallel()
	p, err := tokens.NewPasswords(5)
	require.NoError(t, err)
	h, err := p.Hash(context.Background(), "correct horse battery")
	require.NoError(t, err)
	known, err := bcrypt.Cost([]byte(h))
	require.NoError(t, err)
	require.Equal(t, 5, known)
	unknown, err := bcrypt.Cost(p.Dummy())
	require.NoError(t, err)
	require.Equal(t, known, unknown)
}

// A made-up API key is known by itself; one made under a key that was replaced twice since still shows that it is ours.
func TestAPIKeysShowThatTheyAreOurs(t *testing.T) {
	t.Parallel()
	then, _, ids := issuer(t, key(1))
	id := kernel.APIKeyID(ids.New(kernel.PrefixAPIKey))
	k := then.APIKey(id)
	now, _, _ := issuer(t, key(4), key(3), key(2), key(1))
	got, ok := now.APIKeyID(k)
	require.True(t, ok)
	require.Equal(t, id, got)
	stranger, _, _ := issuer(t, key(9))
	for _, bad := range []string{stranger.APIKey(id), k[:len(k)-1], k + "A", k[:30] + strings.Repeat("A", len(k)-30), strings.ToUpper(k), k + "=", " " + k} {
		_, ok := now.APIKeyID(bad)
		require.False(t, ok, bad)
	}
	token, _, err := then.Access("usr_1", "ses_1")
	require.NoError(t, err)
	_, _, _, err = now.Verify(token)
	require.Error(t, err, "sessions end with the second replacement")
}
