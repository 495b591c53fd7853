package signon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
)

// Bounds of what a provider answers.
const (
	Timeout     = 10 * time.Second // of one request
	maxBody     = 1 << 20
	describedBy = time.Hour // how long its description is used
	skew        = time.Minute
)

// Config is what a Provider needs.
type Config struct {
	Issuer       string // the provider's address, exactly as it calls itself
	ClientID     string
	ClientSecret string
	Redirect     string // where the provider sends browsers back to
	AfterLogout  string // where it sends them after a sign-out
	GroupsClaim  string // the claim with the person's groups
	HTTP         *http.Client
	Clock        kernel.Clock
}

// Provider is an OpenID Connect provider. It is asked for its description when it is first needed, so that Morket starts without it.
type Provider struct {
	cfg  Config
	http *http.Client

	mu        sync.Mutex
	described *description
	at        time.Time
}

// description is what the provider says of itself, with its keys, which are fetched again when a token names an unknown one.
type description struct {
	*oidc.Provider
	End string `json:"end_session_endpoint"`
}

// New makes the client.
func New(cfg Config) (*Provider, error) {
	if cfg.Issuer == "" || cfg.ClientID == "" || cfg.Redirect == "" || cfg.HTTP == nil || cfg.Clock == nil {
		return nil, errors.New("signon needs an Issuer, ClientID, Redirect, HTTP and Clock")
	}
	bounded := *cfg.HTTP
	bounded.Transport = limited{cfg.HTTP.Transport}
	return &Provider{cfg: cfg, http: &bounded}, nil
}

// limited ends bodies that are longer than maxBody with an error.
type limited struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.RoundTripper.RoundTrip(r)
	if err == nil {
		res.Body = http.MaxBytesReader(nil, res.Body, maxBody)
	}
	return res, err
}

// describe returns the provider's description. An old one is used on while the provider does not answer.
func (p *Provider) describe(ctx context.Context) (*description, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.cfg.Clock.Now()
	if p.described != nil && !kernel.Passed(now, p.at, describedBy) {
		return p.described, nil
	}
	found, err := oidc.NewProvider(p.context(ctx), p.cfg.Issuer)
	if err != nil {
		if p.described != nil {
			return p.described, nil
		}
		var mismatch *oidc.IssuerMismatchError
		if errors.As(err, &mismatch) {
			return nil, fmt.Errorf("the provider calls itself %q, not %q: set MORKET_OIDC_ISSUER to that", mismatch.Discovered, mismatch.Provided)
		}
		return nil, fmt.Errorf("%w: %w", authcmd.ErrProviderUnreachable, err)
	}
	d := &description{Provider: found}
	if err := found.Claims(d); err != nil {
		return nil, fmt.Errorf("read the provider's description: %w", err)
	}
	p.described, p.at = d, now
	return d, nil
}

// context carries the bounded client to the libraries.
func (p *Provider) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.http)
}

func (p *Provider) oauth(d *description) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret, Endpoint: d.Endpoint(), RedirectURL: p.cfg.Redirect,
		Scopes: []string{oidc.ScopeOpenID, oidc.ScopeProfile, oidc.ScopeEmail},
	}
}

// Begin implements authcmd.IdentityProvider.
func (p *Provider) Begin(ctx context.Context, s auth.SignOn) (string, error) {
	d, err := p.describe(ctx)
	if err != nil {
		return "", err
	}
	return p.oauth(d).AuthCodeURL(s.State, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)), nil
}

// Complete implements authcmd.IdentityProvider.
func (p *Provider) Complete(ctx context.Context, s auth.SignOn, code string) (auth.Vouched, error) {
	d, err := p.describe(ctx)
	if err != nil {
		return auth.Vouched{}, err
	}
	ctx = p.context(ctx)
	token, err := p.oauth(d).Exchange(ctx, code, oauth2.VerifierOption(s.Verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) && refused.Response != nil && refused.Response.StatusCode < http.StatusInternalServerError {
			return auth.Vouched{}, fmt.Errorf("the provider refused the code: %s", refused.ErrorCode) // its text may repeat what we sent
		}
		return auth.Vouched{}, fmt.Errorf("%w: trade the code: %w", authcmd.ErrProviderUnreachable, err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return auth.Vouched{}, errors.New("the provider gave no ID token")
	}
	c, err := p.verify(ctx, d, raw, s.Nonce, token.AccessToken)
	if err != nil {
		return auth.Vouched{}, err
	}
	if c.Email == "" || p.cfg.GroupsClaim != "" && len(c.groups) == 0 {
		if err := p.ask(ctx, d, token, c); err != nil {
			return auth.Vouched{}, err
		}
	}
	return auth.Vouched{
		Issuer: p.cfg.Issuer, Subject: c.Subject, Email: c.Email, Verified: bool(c.Verified), Name: c.Name, Groups: c.groups, Token: raw,
	}, nil
}

// End implements authcmd.IdentityProvider (OpenID Connect RP-Initiated Logout 1.0).
func (p *Provider) End(ctx context.Context, token string) (string, error) {
	d, err := p.describe(ctx)
	if err != nil || d.End == "" {
		return "", err
	}
	u, err := url.Parse(d.End)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" {
		return "", errors.New("the provider's end_session_endpoint is no address")
	}
	q := u.Query()
	q.Set("client_id", p.cfg.ClientID)
	q.Set("post_logout_redirect_uri", p.cfg.AfterLogout)
	if token != "" {
		q.Set("id_token_hint", token)
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
