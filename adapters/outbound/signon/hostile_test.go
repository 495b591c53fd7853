package signon_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/signon/signontest"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// hostile is a provider that answers what a test wants.
type hostile struct {
	url     string
	key     *rsa.PrivateKey
	answers map[string]func(http.ResponseWriter)
}

func says(v any) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(v)
	}
}

func newHostile(t *testing.T) *hostile {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	h := &hostile{key: key, answers: map[string]func(http.ResponseWriter){}}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer, ok := h.answers[r.URL.Path]; ok {
			answer(w)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(s.Close)
	h.url = s.URL
	h.answers["/.well-known/openid-configuration"] = says(map[string]any{
		"issuer": h.url, "authorization_endpoint": h.url + "/auth", "token_endpoint": h.url + "/token", "jwks_uri": h.url + "/keys",
		"userinfo_endpoint": h.url + "/info", "id_token_signing_alg_values_supported": []string{"RS256", "HS256", "none"},
	})
	b64 := base64.RawURLEncoding.EncodeToString
	h.answers["/keys"] = says(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "k1", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes()),
	}}})
	return h
}

// gives makes the token endpoint answer with an ID token.
func (h *hostile) gives(token string) {
	h.answers["/token"] = says(map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": token})
}

func (h *hostile) claims(now time.Time) jwt.MapClaims {
	return jwt.MapClaims{
		"iss": h.url, "aud": signontest.ClientID, "sub": "ann-7", "nonce": "the-nonce", "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"email": "ann@example.com", "email_verified": true, "name": "Ann", "groups": []string{"sales"},
	}
}

func sign(t *testing.T, method jwt.SigningMethod, key any, kid string, c jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, c)
	token.Header["kid"] = kid
	text, err := token.SignedString(key)
	require.NoError(t, err)
	return text
}

func TestWhatATokenMustSay(t *testing.T) { //nolint:tparallel // one provider gives one token after the other
	t.Parallel()
	h := newHostile(t)
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	now := clock.Now()
	with := func(name string, value any) func(jwt.MapClaims) {
		return func(c jwt.MapClaims) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}
	}
	rs := func(change func(jwt.MapClaims)) string {
		c := h.claims(now)
		change(c)
		return sign(t, jwt.SigningMethodRS256, h.key, "k1", c)
	}
	nothing := func(jwt.MapClaims) {}
	for name, c := range map[string]struct {
		token string
		wrong string // empty: it is good
	}{
		"an honest one":                         {rs(nothing), ""},
		"clocks half a minute apart":            {rs(with("iat", now.Add(30*time.Second).Unix())), ""},
		"run out within the allowance":          {rs(with("exp", now.Add(-30*time.Second).Unix())), ""},
		"two audiences and the party":           {rs(func(c jwt.MapClaims) { c["aud"], c["azp"] = []string{"morket", "b"}, "morket" }), ""},
		"another nonce":                         {rs(with("nonce", "another")), "another nonce"},
		"no nonce":                              {rs(with("nonce", nil)), "another nonce"},
		"another issuer":                        {rs(with("iss", "https://evil.example")), "different provider"},
		"another audience":                      {rs(with("aud", "another")), "expected audience"},
		"two audiences and no party":            {rs(with("aud", []string{"morket", "another"})), "another client"},
		"another party":                         {rs(with("azp", "another")), "another client"},
		"no person":                             {rs(with("sub", "")), "names no person"},
		"a person of 256 bytes":                 {rs(with("sub", strings.Repeat("x", 256))), "names no person"},
		"run out":                               {rs(with("exp", now.Add(-2*time.Minute).Unix())), "expired"},
		"without an end":                        {rs(with("exp", nil)), "expired"},
		"made in the future":                    {rs(with("iat", now.Add(5*time.Minute).Unix())), "clocks"},
		"made an hour ago":                      {rs(with("iat", now.Add(-time.Hour).Unix())), "clocks"},
		"not made at any time":                  {rs(with("iat", nil)), "clocks"},
		"of another access token":               {rs(with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA")), "access token"},
		"of too many groups":                    {rs(with("groups", make([]string, 1001))), "more of the person"},
		"of groups that are none":               {rs(with("groups", map[string]int{"a": 1})), "no list of groups"},
		"unsigned":                              {sign(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, "k1", h.claims(now)), "unexpected signature algorithm"},
		"signed by the client's secret":         {sign(t, jwt.SigningMethodHS256, []byte(signontest.ClientSecret), "k1", h.claims(now)), "unexpected signature algorithm"},
		"signed by a stranger":                  {sign(t, jwt.SigningMethodRS256, stranger, "k1", h.claims(now)), "signature"},
		"signed by a stranger under a new name": {sign(t, jwt.SigningMethodRS256, stranger, "k2", h.claims(now)), "signature"},
		"none":                                  {"", "ID token"},
	} {
		t.Run(name, func(t *testing.T) {
			h.gives(c.token)
			v, err := client(t, h.url, clock).Complete(t.Context(), secrets(), "code")
			if c.wrong != "" {
				require.ErrorContains(t, err, c.wrong)
				require.NotErrorIs(t, err, authcmd.ErrProviderUnreachable)
				require.Empty(t, v)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "ann-7", v.Subject)
		})
	}
}

func TestWhenAnAddressIsVerified(t *testing.T) { //nolint:tparallel // the same
	t.Parallel()
	h := newHostile(t)
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	for name, c := range map[string]struct {
		claim    any
		verified bool
	}{"true": {true, true}, "the text": {"true", true}, "false": {false, false}, "nothing": {nil, false}, "a number": {1, false}, "another text": {"yes", false}} {
		t.Run(name, func(t *testing.T) {
			claims := h.claims(clock.Now())
			claims["email_verified"] = c.claim
			h.gives(sign(t, jwt.SigningMethodRS256, h.key, "k1", claims))
			v, err := client(t, h.url, clock).Complete(t.Context(), secrets(), "code")
			require.NoError(t, err)
			require.Equal(t, c.verified, v.Verified)
		})
	}
}

func TestUserInfoCompletesTheToken(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	claims := h.claims(clock.Now())
	delete(claims, "email") // but not email_verified, which is about no address then
	h.gives(sign(t, jwt.SigningMethodRS256, h.key, "k1", claims))
	complete := func() (auth.Vouched, error) { return client(t, h.url, clock).Complete(t.Context(), secrets(), "code") }
	h.answers["/info"] = says(map[string]any{"sub": "ann-7", "email": "ann@example.com"})
	v, err := complete()
	require.NoError(t, err)
	require.Equal(t, "ann@example.com", v.Email)
	require.False(t, v.Verified)
	h.answers["/info"] = says(map[string]any{"sub": "bob-8", "email": "bob@example.com", "email_verified": true})
	_, err = complete()
	require.ErrorContains(t, err, "another person")
}

func TestAProviderThatFails(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	fails := func(status int) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { http.Error(w, `{"error":"invalid_grant"}`, status) }
	}
	endless := func(w http.ResponseWriter) { _, _ = w.Write([]byte(`{"issuer":"` + strings.Repeat("x", 2<<20) + `"}`)) }
	for name, c := range map[string]struct {
		path        string
		answer      func(http.ResponseWriter)
		unreachable bool
	}{
		"no description":           {"/.well-known/openid-configuration", fails(http.StatusInternalServerError), true},
		"an endless description":   {"/.well-known/openid-configuration", endless, true},
		"a description of another": {"/.well-known/openid-configuration", says(map[string]any{"issuer": "https://evil.example"}), false},
		"the code is refused":      {"/token", fails(http.StatusBadRequest), false},
		"no answer to the code":    {"/token", fails(http.StatusBadGateway), true},
		"no token":                 {"/token", says(map[string]any{"access_token": "a", "token_type": "Bearer"}), false},
		"no keys":                  {"/keys", fails(http.StatusNotFound), false},
		"endless keys":             {"/keys", endless, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHostile(t)
			h.gives(sign(t, jwt.SigningMethodRS256, h.key, "k1", h.claims(clock.Now())))
			h.answers[c.path] = c.answer
			_, err := client(t, h.url, clock).Complete(t.Context(), secrets(), "code")
			require.Error(t, err)
			if c.unreachable {
				require.ErrorIs(t, err, authcmd.ErrProviderUnreachable)
			} else {
				require.NotErrorIs(t, err, authcmd.ErrProviderUnreachable)
			}
		})
	}
}

func TestAnOldDescriptionServesWhileTheProviderIsAway(t *testing.T) {
	t.Parallel()
	h := newHostile(t)
	clock := kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	p := client(t, h.url, clock)
	_, err := p.Begin(t.Context(), secrets())
	require.NoError(t, err)
	delete(h.answers, "/.well-known/openid-configuration")
	clock.Advance(2 * time.Hour)
	_, err = p.Begin(t.Context(), secrets())
	require.NoError(t, err)
}
