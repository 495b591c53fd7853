package tokens

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/domain/auth"
)

// SignOn begins a single sign-on that is good until then. All its secrets follow from the attempt's cookie, which only the browser that
// began it has, and from our key: so nothing is stored, and a state alone completes nothing.
func (i *Issuer) SignOn(until time.Time) (auth.SignOn, error) {
	secret, err := random()
	if err != nil {
		return auth.SignOn{}, err
	}
	body := base64.RawURLEncoding.EncodeToString(secret) + "." + strconv.FormatInt(until.Unix(), 36)
	return i.keys[0].attempt(body), nil
}

// SignOnOf reads the cookie of a single sign-on; false if it is none of ours, or too old.
func (i *Issuer) SignOnOf(cookie string) (auth.SignOn, bool) {
	at := strings.LastIndexByte(cookie, '.')
	if at < 0 || len(cookie) > 200 {
		return auth.SignOn{}, false
	}
	body := cookie[:at]
	tag, err := base64.RawURLEncoding.Strict().DecodeString(cookie[at+1:])
	if err != nil {
		return auth.SignOn{}, false
	}
	for _, k := range i.keys {
		if !hmac.Equal(tag, mac(k.signOn, "tag", body)) {
			continue
		}
		_, ends, _ := strings.Cut(body, ".")
		until, err := strconv.ParseInt(ends, 36, 64)
		return k.attempt(body), err == nil && i.clock.Now().Unix() < until
	}
	return auth.SignOn{}, false
}

func (k keyset) attempt(body string) auth.SignOn {
	derive := func(purpose string) string { return base64.RawURLEncoding.EncodeToString(mac(k.signOn, purpose, body)) }
	return auth.SignOn{Cookie: body + "." + derive("tag"), State: derive("state"), Nonce: derive("nonce"), Verifier: derive("verifier")}
}
