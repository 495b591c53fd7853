package boot

import (
	"github.com/morket/morket/adapters/secrets/passkeys"
	"github.com/morket/morket/commands/authcmd"
)

// newPasskeys makes the sign-in by passkeys, nil if browsers can't use them at the public URL.
func newPasskeys(publicURL string, ceremonies authcmd.Ceremonies) (*authcmd.Passkeys, error) {
	domain, origin, ok := passkeys.Site(publicURL)
	if !ok {
		return nil, nil //nolint:nilnil // they are optional
	}
	checker, err := passkeys.New(domain, origin)
	if err != nil {
		return nil, err
	}
	return &authcmd.Passkeys{Checker: checker, Ceremonies: ceremonies, Domain: domain, Origin: origin}, nil
}
