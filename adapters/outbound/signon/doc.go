// Package signon is the client of an OpenID Connect provider: discovery, the authorisation code flow with PKCE, and what has to be
// checked of its answers (OpenID Connect Core 1.0, 3.1.3.7; RFC 9700).
package signon
