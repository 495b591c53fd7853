package crmtwin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const maxTokens = 10_000

// OAuth is the vendor's side of the code flow with PKCE. It asks nobody: whoever opens the page allows the access. It is guarded by the
// twin that has it.
type OAuth struct {
	// ClientID and ClientSecret are those of the app; empty takes any.
	ClientID, ClientSecret string
	// Life is how long an access token is good for; 0 is until it is expired by hand.
	Life time.Duration
	// Rotates says that a refresh token is good for once.
	Rotates bool
	// Prefix of the tokens.
	Prefix string

	codes   map[string]code
	access  map[string]time.Time // when it was made
	refresh []string
}

type code struct {
	redirect, challenge string
	at                  time.Time
}

// The reasons for which a token is refused. Each vendor has words of its own for them.
const (
	BadClient  = "client"
	BadCode    = "code"
	BadRefresh = "refresh"
)

// token makes a token that can't be guessed.
func (o *OAuth) token(kind string) string { return o.Prefix + kind + "-" + rand.Text() }

// Authorize answers the page: it sends the browser back with a code at once.
func (o *OAuth) Authorize(w http.ResponseWriter, r *http.Request, now time.Time) {
	q := r.URL.Query()
	back, err := url.Parse(q.Get("redirect_uri"))
	good := err == nil && (back.Scheme == "http" || back.Scheme == "https") && back.Host != ""
	if !good || o.ClientID != "" && q.Get("client_id") != o.ClientID || q.Get("client_id") == "" {
		http.Error(w, "the client id or the redirect address is not known", http.StatusBadRequest)
		return
	}
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" {
		http.Error(w, "a code challenge is needed", http.StatusBadRequest)
		return
	}
	if o.codes == nil || len(o.codes) > maxTokens {
		o.codes = map[string]code{}
	}
	made := o.token("code")
	o.codes[made] = code{redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), at: now}
	to := back.Query()
	to.Set("code", made)
	to.Set("state", q.Get("state"))
	back.RawQuery = to.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound) //nolint:gosec // a stand-in: where the product, or a test, said
}

// Exchange makes tokens of a code, or says why not.
func (o *OAuth) Exchange(f url.Values, now time.Time) (access, refresh, refused string) {
	if !o.client(f) {
		return "", "", BadClient
	}
	c, ok := o.codes[f.Get("code")]
	delete(o.codes, f.Get("code"))
	const life = 10 * time.Minute
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	proven := base64.RawURLEncoding.EncodeToString(sum[:]) == c.challenge
	if !ok || !proven || c.redirect != f.Get("redirect_uri") || now.Sub(c.at) > life {
		return "", "", BadCode
	}
	refresh = o.token("refresh")
	o.keep(refresh)
	return o.Access(now), refresh, ""
}

func (o *OAuth) client(f url.Values) bool {
	id, secret := f.Get("client_id"), f.Get("client_secret")
	return id != "" && secret != "" && (o.ClientID == "" || id == o.ClientID && secret == o.ClientSecret)
}

func (o *OAuth) keep(refresh string) {
	o.refresh = append(o.refresh, refresh)
	if len(o.refresh) > maxTokens {
		o.refresh = o.refresh[1:]
	}
}

// Access makes an access token.
func (o *OAuth) Access(now time.Time) string {
	if o.access == nil || len(o.access) > maxTokens {
		o.access = map[string]time.Time{}
	}
	access := o.token("access")
	o.access[access] = now
	return access
}

// Refresh makes a new access token, and a new refresh token where they rotate.
func (o *OAuth) Refresh(f url.Values, now time.Time) (access, refresh, refused string) {
	if !o.client(f) {
		return "", "", BadClient
	}
	i := slices.Index(o.refresh, f.Get("refresh_token"))
	if i < 0 {
		return "", "", BadRefresh
	}
	if !o.Rotates {
		return o.Access(now), "", ""
	}
	o.refresh[i] = o.token("refresh")
	return o.Access(now), o.refresh[i], ""
}

// Revoke ends a refresh token; false for one that is not known.
func (o *OAuth) Revoke(refresh string) bool {
	i := slices.Index(o.refresh, refresh)
	if i >= 0 {
		o.refresh = slices.Delete(o.refresh, i, i+1)
	}
	return i >= 0
}

// Good reports the bearer of a request as an access token that is good.
func (o *OAuth) Good(r *http.Request, now time.Time) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && o.Knows(token, now)
}

// Knows reports an access token that is good.
func (o *OAuth) Knows(token string, now time.Time) bool {
	made, ok := o.access[token]
	return ok && (o.Life == 0 || now.Sub(made) < o.Life)
}

// Expire ends all access tokens.
func (o *OAuth) Expire() { o.access = nil }

// Disconnect ends all tokens, as a customer does who removes the app.
func (o *OAuth) Disconnect() { o.access, o.refresh, o.codes = nil, nil, nil }
