package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// ProviderURLs are addresses of this machine that stand in for vendors in development.
type ProviderURLs struct {
	byVendor map[string]string
	ports    []netip.AddrPort
}

// ByVendor returns the addresses.
func (u ProviderURLs) ByVendor() map[string]string { return u.byVendor }

// Ports returns the ports of this machine that they name: those alone may be reached.
func (u ProviderURLs) Ports() []netip.AddrPort { return u.ports }

// Port returns the port of this machine at which the vendor is; none where it is at its own address.
func (u ProviderURLs) Port(vendor string) []netip.AddrPort {
	at, ok := u.byVendor[vendor]
	if !ok {
		return nil
	}
	port, err := standIn(at)
	if err != nil {
		return nil // checked when it was read
	}
	return []netip.AddrPort{port}
}

// UnmarshalText reads the setting: vendor=http://127.0.0.1:port/path, separated by commas.
func (u *ProviderURLs) UnmarshalText(text []byte) error {
	*u = ProviderURLs{byVendor: map[string]string{}}
	for part := range strings.SplitSeq(string(text), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		vendor, address, ok := strings.Cut(part, "=")
		if vendor = strings.TrimSpace(vendor); !ok || vendor == "" {
			return fmt.Errorf("%q is not vendor=http://127.0.0.1:port", part)
		}
		if _, dup := u.byVendor[vendor]; dup {
			return fmt.Errorf("%s has two addresses", vendor)
		}
		port, err := standIn(strings.TrimSpace(address))
		if err != nil {
			return fmt.Errorf("the address of %s: %w", vendor, err)
		}
		u.byVendor[vendor] = strings.TrimSpace(address)
		u.ports = append(u.ports, port)
	}
	return nil
}

// standIn checks that an address is of this machine: no setting may send keys to another place than the vendor's.
func standIn(address string) (netip.AddrPort, error) {
	p, err := url.Parse(address)
	if err != nil || p.Scheme != "http" || p.User != nil || p.RawQuery != "" || p.Fragment != "" {
		return netip.AddrPort{}, errors.New("want http://127.0.0.1:port, with a path at most")
	}
	port, err := netip.ParseAddrPort(p.Host)
	if err != nil || !port.Addr().Unmap().IsLoopback() || port.Port() == 0 {
		return netip.AddrPort{}, errors.New("must be a loopback address with a port, such as 127.0.0.1:8610; a vendor is asked at its own " +
			"address otherwise")
	}
	return netip.AddrPortFrom(port.Addr().Unmap(), port.Port()), nil
}
