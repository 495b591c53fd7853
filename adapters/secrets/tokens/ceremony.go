package tokens

import (
	"crypto/hmac"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Ceremony begins the making or showing of a passkey, for one purpose and until then. The challenge follows from the attempt and from our
// key, so nothing is stored; an attempt for one purpose has no challenge for another.
func (i *Issuer) Ceremony(purpose string, until time.Time) (attempt string, challenge []byte, err error) {
	secret, err := random()
	if err != nil {
		return "", nil, err
	}
	body := base64.RawURLEncoding.EncodeToString(secret) + "." + strconv.FormatInt(until.Unix(), 36)
	k := i.keys[0]
	return body + "." + base64.RawURLEncoding.EncodeToString(k.ceremony("tag", purpose, body)), k.ceremony("challenge", purpose, body), nil
}

// CeremonyOf returns the challenge of an attempt; false if it is none of ours for the purpose, or too old.
func (i *Issuer) CeremonyOf(purpose, attempt string) ([]byte, bool) {
	at := strings.LastIndexByte(attempt, '.')
	if at < 0 || len(attempt) > 200 {
		return nil, false
	}
	body := attempt[:at]
	tag, err := base64.RawURLEncoding.Strict().DecodeString(attempt[at+1:])
	if err != nil {
		return nil, false
	}
	for _, k := range i.keys {
		if !hmac.Equal(tag, k.ceremony("tag", purpose, body)) {
			continue
		}
		_, ends, _ := strings.Cut(body, ".")
		until, err := strconv.ParseInt(ends, 36, 64)
		return k.ceremony("challenge", purpose, body), err == nil && i.clock.Now().Unix() < until
	}
	return nil, false
}

func (k keyset) ceremony(part, purpose, body string) []byte {
	return mac(k.passkey, part, purpose+"\n"+body)
}
