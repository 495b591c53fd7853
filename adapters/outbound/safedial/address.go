package safedial

import (
	"encoding/binary"
	"net/netip"
)

// refusedV4 and refusedV6 are the special-purpose address blocks of IANA's registries (RFC 6890 and those after it), as far as they are
// not globally reachable.
var refusedV4 = prefixes( //nolint:gochecknoglobals // a constant table
	"0.0.0.0/8",        // this network
	"10.0.0.0/8",       // private
	"100.64.0.0/10",    // carrier-grade NAT
	"127.0.0.0/8",      // loopback
	"169.254.0.0/16",   // link-local, and the clouds' metadata at 169.254.169.254
	"172.16.0.0/12",    // private
	"192.0.0.0/24",     // protocol assignments, and Oracle's metadata at 192.0.0.192
	"192.88.99.0/24",   // 6to4 relays
	"192.168.0.0/16",   // private
	"198.18.0.0/15",    // benchmarks
	"224.0.0.0/4",      // multicast
	"240.0.0.0/4",      // reserved, broadcast
	"168.63.129.16/32", // Azure's host
)

var refusedV6 = prefixes( //nolint:gochecknoglobals // a constant table
	"::/128",         // unspecified
	"::1/128",        // loopback
	"100::/64",       // discard
	"64:ff9b:1::/48", // local-use NAT64
	"2001::/23",      // protocol assignments (Teredo is looked into before)
	"5f00::/16",      // segment routing
	"fc00::/7",       // unique local, and AWS's metadata at fd00:ec2::254
	"fe80::/10",      // link-local
	"fec0::/10",      // site-local
	"ff00::/8",       // multicast
)

// documentation are addresses that are in no network at all (RFC 5737, 3849, 9637).
var documentation = prefixes( //nolint:gochecknoglobals // a constant table
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20",
)

var (
	nat64  = netip.MustParsePrefix("64:ff9b::/96")    //nolint:gochecknoglobals // RFC 6052
	sixTo4 = netip.MustParsePrefix("2002::/16")       //nolint:gochecknoglobals // RFC 3056
	teredo = netip.MustParsePrefix("2001::/32")       //nolint:gochecknoglobals // RFC 4380
	compat = netip.MustParsePrefix("::/96")           //nolint:gochecknoglobals // RFC 4291, deprecated
	transl = netip.MustParsePrefix("::ffff:0:0:0/96") //nolint:gochecknoglobals // RFC 2765, IPv4-translated
	global = netip.MustParsePrefix("2000::/3")        //nolint:gochecknoglobals // all of global unicast
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		out[i] = netip.MustParsePrefix(t)
	}
	return out
}

// Public reports whether the address is on the public internet.
func Public(ip netip.Addr) bool { return !Inside(ip) && !documents(ip) }

// Inside reports whether the address is one within a network or a machine, or of no machine: what the public internet doesn't carry.
// Addresses of documentation are not inside; they are nowhere.
func Inside(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	if !ip.IsValid() {
		return true
	}
	if ip.Is4() {
		return in(refusedV4, ip)
	}
	if hidden, ok := hidden(ip); ok {
		return Inside(hidden)
	}
	return !global.Contains(ip) && !nat64.Contains(ip) || in(refusedV6, ip)
}

func documents(ip netip.Addr) bool {
	ip = ip.WithZone("").Unmap()
	if hidden, ok := hidden(ip); ok && ip.Is6() {
		ip = hidden
	}
	return in(documentation, ip)
}

func in(list []netip.Prefix, ip netip.Addr) bool {
	for _, p := range list {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}

// hidden returns the IPv4 address that an IPv6 address leads to.
func hidden(ip netip.Addr) (netip.Addr, bool) {
	b := ip.As16()
	switch {
	case ip == netip.IPv6Unspecified() || ip == netip.IPv6Loopback():
		return netip.Addr{}, false
	case nat64.Contains(ip), compat.Contains(ip), transl.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixTo4.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	case teredo.Contains(ip): // the client's address is stored inverted
		var v4 [4]byte
		binary.BigEndian.PutUint32(v4[:], ^binary.BigEndian.Uint32(b[12:16]))
		return netip.AddrFrom4(v4), true
	default:
		return netip.Addr{}, false
	}
}
