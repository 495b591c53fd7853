package signon

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/morket/morket/commands/authcmd"
)

const (
	maxSubject = 255 // OpenID Connect Core 1.0, 2
	maxGroups  = 1000
	maxClaim   = 1000 // bytes of a name or a group
	// oldest is how long ago a token may have been made: it was asked for a moment ago.
	oldest = 10 * time.Minute
)

// claims is what the provider says of the person.
type claims struct {
	Subject  string  `json:"sub"`
	Party    string  `json:"azp"`
	Email    string  `json:"email"`
	Verified boolean `json:"email_verified"`
	Name     string  `json:"name"`

	groups []string
}

// boolean is true, or the text of it, which some providers send.
type boolean bool

// UnmarshalJSON reads true and "true" as true, all else as false.
func (b *boolean) UnmarshalJSON(text []byte) error {
	*b = string(text) == "true" || string(text) == `"true"`
	return nil
}

// verify checks the ID token: signature by the provider's keys and an asymmetric algorithm, issuer, audience, times, authorised party,
// nonce, and the access token's hash if it has one.
func (p *Provider) verify(ctx context.Context, d *description, raw, nonce, access string) (*claims, error) {
	now := p.cfg.Clock.Now()
	verifier := d.Verifier(&oidc.Config{ClientID: p.cfg.ClientID, Now: func() time.Time { return now.Add(-skew) }})
	t, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("check the ID token: %w", err)
	}
	var c claims
	if err := t.Claims(&c); err != nil {
		return nil, fmt.Errorf("read the ID token: %w", err)
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(nonce)) != 1:
		return nil, errors.New("the ID token has another nonce: it is of another sign-in")
	case c.Party != "" && c.Party != p.cfg.ClientID, c.Party == "" && len(t.Audience) > 1:
		return nil, errors.New("the ID token was made for another client")
	case t.IssuedAt.After(now.Add(skew)), t.IssuedAt.Before(now.Add(-oldest)):
		return nil, fmt.Errorf("the ID token was made at %s, which is not a moment ago: are the clocks right?", t.IssuedAt.UTC())
	case c.Subject == "" || len(c.Subject) > maxSubject:
		return nil, errors.New("the ID token names no person")
	}
	if t.AccessTokenHash != "" {
		if err := t.VerifyAccessToken(access); err != nil {
			return nil, fmt.Errorf("check the access token: %w", err)
		}
	}
	if err := p.groupsOf(t.Claims, &c); err != nil {
		return nil, err
	}
	return &c, c.bounded()
}

// ask completes the claims by what the provider's user info endpoint says of the same person.
func (p *Provider) ask(ctx context.Context, d *description, token *oauth2.Token, c *claims) error {
	if d.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := d.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("%w: ask for the person: %w", authcmd.ErrProviderUnreachable, err)
	}
	if info.Subject != c.Subject {
		return errors.New("the user info is of another person than the ID token") // OpenID Connect Core 1.0, 5.3.2
	}
	var more claims
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("read the user info: %w", err)
	}
	if c.Email == "" { // an address and whether it is verified come from one place
		c.Email, c.Verified = more.Email, more.Verified
	}
	if c.Name == "" {
		c.Name = more.Name
	}
	if len(c.groups) == 0 {
		if err := p.groupsOf(info.Claims, c); err != nil {
			return err
		}
	}
	return c.bounded()
}

// groupsOf reads the claim with the groups: a list of names, or one name.
func (p *Provider) groupsOf(read func(any) error, c *claims) error {
	if p.cfg.GroupsClaim == "" {
		return nil
	}
	var all map[string]json.RawMessage
	if err := read(&all); err != nil {
		return fmt.Errorf("read the groups: %w", err)
	}
	text, ok := all[p.cfg.GroupsClaim]
	if !ok {
		return nil
	}
	var one string
	if json.Unmarshal(text, &one) == nil {
		c.groups = []string{one}
		return nil
	}
	if err := json.Unmarshal(text, &c.groups); err != nil {
		return fmt.Errorf("the claim %q is no list of groups", p.cfg.GroupsClaim)
	}
	return nil
}

func (c *claims) bounded() error {
	long := func(s string) bool { return len(s) > maxClaim }
	if long(c.Name) || long(c.Email) || len(c.groups) > maxGroups || slices.ContainsFunc(c.groups, long) {
		return errors.New("the provider says more of the person than can be read")
	}
	return nil
}
