package credential

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// MaxHosts is how many hosts a credential may name.
const MaxHosts = 20

var hostName = regexp.MustCompile(`^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// NormaliseHosts checks the hosts that a credential may be sent to: names such as api.example.com, or *.example.com for all names below
// one. They are returned in lower case, in order, each once.
func NormaliseHosts(hosts []string) ([]string, error) {
	if len(hosts) > MaxHosts {
		return nil, kernel.Invalid("hosts", "must be at most %d hosts", MaxHosts)
	}
	out := make([]string, 0, len(hosts))
	for i, h := range hosts {
		field := fmt.Sprintf("hosts[%d]", i)
		h = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(h)), ".")
		if len(h) > 253 || !hostName.MatchString(h) && !loopback(h) {
			return nil, kernel.Invalid(field, "must be the name of a host such as api.example.com, or *.example.com for all below it; without "+
				"https://, port or path, names beyond ASCII as xn--…")
		}
		if rest, wild := strings.CutPrefix(h, "*."); wild && !strings.Contains(rest, ".") {
			return nil, kernel.Invalid(field, "must name at least two parts after the star, such as *.example.com")
		}
		if ip, err := netip.ParseAddr(h); err == nil && !ip.IsLoopback() {
			return nil, kernel.Invalid(field, "must be a name, not an address")
		}
		out = append(out, h)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Errors of CheckDestination.
var (
	ErrNoHosts = errors.New("the credential names no hosts; name those that it may be sent to under Settings, Credentials")
	ErrHTTP    = errors.New("a credential is sent by https only")
)

// CheckDestination refuses to send a credential anywhere but by https to one of its hosts. Plain http is possible to this machine only,
// which connections from outside are refused to unless the installation allows them for development.
func CheckDestination(hosts []string, to *url.URL) error {
	if len(hosts) == 0 {
		return ErrNoHosts
	}
	host := strings.TrimSuffix(strings.ToLower(to.Hostname()), ".")
	if to.Scheme != "https" && (to.Scheme != "http" || !loopback(host)) {
		return ErrHTTP
	}
	for _, h := range hosts {
		if h == host {
			return nil
		}
		if below, wild := strings.CutPrefix(h, "*."); wild && strings.HasSuffix(host, "."+below) {
			return nil
		}
	}
	return fmt.Errorf("the credential may not be sent to %.100s, only to %s; its hosts are set under Settings, Credentials", host,
		strings.Join(hosts, ", "))
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
