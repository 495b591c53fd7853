package auth

import "time"

// SignOnLife is how long a single sign-on may take.
const SignOnLife = 10 * time.Minute

// SignOn is the secrets of one single sign-on.
type SignOn struct {
	Cookie   string // binds it to the browser that began it
	State    string // comes back with the provider's answer (RFC 6749, 10.12)
	Nonce    string // comes back within the token (OpenID Connect Core 1.0, 15.5.2)
	Verifier string // shows that the code is ours (PKCE, RFC 7636)
}

// Vouched is the person for whom an identity provider vouches.
type Vouched struct {
	Issuer   string
	Subject  string
	Email    string
	Verified bool // the provider knows that the address is the person's
	Name     string
	Groups   []string
	Token    string // the ID token, which the provider is shown at the sign-out
}
