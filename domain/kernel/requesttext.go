package kernel

import "strings"

// HostIsFixed reports whether the host of an address with {{references}} is written out: no value decides which host is asked and gets
// the key.
func HostIsFixed(address string) bool {
	_, rest, _ := strings.Cut(address, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return !strings.HasPrefix(address, "{{") && !strings.Contains(rest, "{{")
}

// IsHeaderToken reports whether a text may be the name of a header (RFC 9110, 5.6.2).
func IsHeaderToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}
