package tokens

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"image/png"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/morket/morket/domain/auth"
)

// Codes makes and checks the codes of authenticator apps (TOTP, RFC 6238: SHA-1, six digits, 30 seconds, which is what all apps
// can do), and recovery codes.
type Codes struct{}

const (
	codePeriod   = 30               // seconds of a time step
	codeSkew     = 1                // steps that an app's clock may be off, RFC 6238, 5.2
	secretBytes  = 20               // of SHA-1, RFC 4226, 4
	pictureSize  = 220              // pixels of the QR code's side
	recoveryBits = 80               // of a recovery code: too many to guess, so a plain hash of it keeps it
	codeSpace    = " -\t\r\n\u00a0" // what people and apps write between the parts of a code
)

// NewSecret makes the secret of an app.
func (Codes) NewSecret() ([]byte, error) {
	b := make([]byte, secretBytes)
	if _, err := rand.Read(b); err != nil {
		return nil, fmt.Errorf("tokens: read randomness: %w", err)
	}
	return b, nil
}

// Step returns the time step that the code is of, if it is one around the moment.
func (Codes) Step(secret []byte, code string, at time.Time) (step int64, ok bool) {
	code = clean(code)
	now := at.Unix() / codePeriod
	for s := now - codeSkew; s <= now+codeSkew; s++ { // all are compared: the time doesn't tell which
		match, err := hotp.ValidateCustom(code, uint64(s), Text(secret), // times are after 1970
			hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && match {
			step, ok = s, true
		}
	}
	return step, ok
}

// Text is the secret as people type it into an app.
func Text(secret []byte) string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
}

// Link is the secret as apps read it from a picture; the account is shown beside the codes.
func (Codes) Link(secret []byte, account string) (text, link string) {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/Morket:" + account}
	u.RawQuery = "secret=" + Text(secret) + "&issuer=Morket&algorithm=SHA1&digits=6&period=30" // in the order that apps know
	return Text(secret), u.String()
}

// Picture draws the link as a QR code in PNG.
func (Codes) Picture(link string) ([]byte, error) {
	key, err := otp.NewKeyFromURL(link)
	if err != nil {
		return nil, fmt.Errorf("tokens: read the link of the secret: %w", err)
	}
	img, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return nil, fmt.Errorf("tokens: draw the QR code: %w", err)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("tokens: write the QR code: %w", err)
	}
	return b.Bytes(), nil
}

// Recovery makes recovery codes, xxxx-xxxx-xxxx-xxxx.
func (Codes) Recovery() ([]string, error) {
	out := make([]string, auth.RecoveryCodes)
	for n := range out {
		b := make([]byte, recoveryBits/8)
		if _, err := rand.Read(b); err != nil {
			return nil, fmt.Errorf("tokens: read randomness: %w", err)
		}
		s := strings.ToLower(Text(b))
		out[n] = s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
	}
	return out, nil
}

// RecoveryHash returns the hash by which a recovery code is kept, however it is typed.
func (Codes) RecoveryHash(code string) string {
	return auth.Hash("recovery/" + strings.ToLower(clean(code)))
}

// clean takes away what stands between the parts of a code.
func clean(code string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(codeSpace, r) {
			return -1
		}
		return r
	}, code)
}
