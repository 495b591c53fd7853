package wire

import (
	"net/url"
	"strings"

	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
)

// Place is where a vendor's API is.
type Place struct {
	// Public is the vendor's own address, without a slash at its end.
	Public string
	// Local is an address of this machine that the installation names for development; empty for none. It is asked for a credential
	// whose hosts name that machine, so a key made for the vendor never goes there.
	Local string
}

// For returns the address that a credential of the hosts is sent to; an error if it may be sent to neither.
func (p Place) For(hosts []string) (string, error) {
	if p.Local != "" {
		if u, err := url.Parse(p.Local); err == nil && credential.CheckDestination(hosts, u) == nil {
			return strings.TrimSuffix(p.Local, "/"), nil
		}
	}
	u, err := url.Parse(p.Public)
	if err == nil {
		err = credential.CheckDestination(hosts, u)
	}
	if err != nil {
		return "", enrichment.Fail(enrichment.CallUnauthorized, err.Error())
	}
	return p.Public, nil
}

// Destination is For without an error, for enrichment.Directed: what can't be sent would go to the vendor.
func (p Place) Destination(hosts []string) string {
	if at, err := p.For(hosts); err == nil {
		return at
	}
	return p.Public
}

// Key takes the API key out of a credential; an error if there is none that a header can hold.
func Key(secret map[string]string) (string, error) {
	for _, name := range []string{"api_key", "token", "key", "value", "access_token"} {
		key := strings.TrimSpace(secret[name])
		if key == "" {
			continue
		}
		if strings.ContainsFunc(key, func(r rune) bool { return r < ' ' || r > '~' }) {
			return "", enrichment.Fail(enrichment.CallUnauthorized, "the credential's key holds characters that no key has")
		}
		return key, nil
	}
	return "", enrichment.Fail(enrichment.CallUnauthorized, "the credential holds no api_key or token")
}
