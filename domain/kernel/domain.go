package kernel

import (
	"net/url"
	"strings"
)

// DomainOf is the host of a web address, without www and in lower case, or the domain of an email address; "" if the text has none.
func DomainOf(s string) string {
	s = strings.TrimSpace(s)
	if at := strings.LastIndexByte(s, '@'); at >= 0 && !strings.Contains(s, "/") {
		s = s[at+1:]
	}
	if !strings.Contains(s, "//") {
		s = "//" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
}
