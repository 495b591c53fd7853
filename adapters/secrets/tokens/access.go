package tokens

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// What every access token says about where it is from and for.
const (
	issuer   = "morket"
	audience = "morket-api"
)

// claims of an access token. There is no role in it: roles are read at each request, so that a change counts at once.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
}

// Access makes an access token that is good for auth.AccessLife.
func (i *Issuer) Access(user kernel.UserID, session kernel.SessionID) (token string, expires time.Time, err error) {
	now := i.clock.Now().Truncate(time.Second) // the resolution of a JWT's times
	expires = now.Add(auth.AccessLife)
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: string(user), ID: i.ids.New("jti"),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		},
		Session: string(session),
	})
	t.Header["kid"] = i.keys[0].id
	token, err = t.SignedString(i.keys[0].access)
	if err != nil {
		return "", expires, fmt.Errorf("sign the access token: %w", err)
	}
	return token, expires, nil
}

// Verify reads an access token. It checks the signature by a key that is ours, issuer, audience and times, nothing else.
func (i *Issuer) Verify(token string) (user kernel.UserID, session kernel.SessionID, jti string, err error) {
	var c claims
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(i.clock.Now), jwt.WithStrictDecoding())
	_, err = parser.ParseWithClaims(token, &c, i.accessKey)
	if errors.Is(err, jwt.ErrTokenExpired) { // the signature is looked at before the times
		return "", "", "", fmt.Errorf("%w: %w", auth.ErrStale, err)
	}
	if err != nil {
		return "", "", "", fmt.Errorf("%w: %w", errToken, err)
	}
	if c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > auth.AccessLife || c.ID == "" {
		return "", "", "", fmt.Errorf("%w: it lives too long or has no id", errToken)
	}
	return kernel.UserID(c.Subject), kernel.SessionID(c.Session), c.ID, nil
}

func (i *Issuer) accessKey(t *jwt.Token) (any, error) {
	for _, k := range i.keys {
		if t.Header["kid"] == k.id {
			return k.access, nil
		}
	}
	return nil, fmt.Errorf("unknown key %v", t.Header["kid"])
}
