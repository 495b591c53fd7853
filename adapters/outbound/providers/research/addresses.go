package research

import (
	"errors"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// addresses are those that may be read. They are compared whole: an address that is not among them, were it only by a letter of its
// query, may have been made up to carry something to its host.
type addresses struct{ known map[string]bool }

func newAddresses() *addresses { return &addresses{map[string]bool{}} }

// add lets an address be read, if it is one of the web.
func (a *addresses) add(raw string) {
	if at := canonical(raw); at != "" {
		a.known[at] = true
	}
}

// addValue lets what a cell names be read: an address, or a domain's first page.
func (a *addresses) addValue(value string) {
	value = strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(value, "https://") || strings.HasPrefix(value, "http://"):
		a.add(value)
	case strings.Contains(value, ".") && !strings.ContainsAny(value, " @\n\t"):
		a.add("https://" + value)
	}
}

// addLinks lets the links of a page be read that stay on its site: the page's author chooses the other ones freely.
func (a *addresses) addLinks(p part) (own []link) {
	site := siteOf(p.URL)
	for _, l := range p.Links {
		if at := canonical(l.URL); at != "" && site != "" && siteOf(at) == site && len(own) < maxLinks {
			a.known[at] = true
			own = append(own, link{at, l.Text})
		}
	}
	return own
}

var errStranger = errors.New("this address may not be read: read only addresses of search results, of the values in the data, and " +
	"links of pages that were read, each as it stands there")

// check returns the address as it is read, if it may be.
func (a *addresses) check(raw string) (string, error) {
	at := canonical(raw)
	if at == "" || !a.known[at] {
		return "", errStranger
	}
	return at, nil
}

// canonical writes an address of the web in one way: without fragment, its host in lower case, with a path. It is empty for anything else.
func canonical(raw string) string {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(raw) > 2000 {
		return ""
	}
	u.Host, u.Fragment, u.RawFragment = strings.ToLower(u.Host), "", ""
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}

// siteOf is the registrable domain of an address, or its host where it has none.
func siteOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if site, err := publicsuffix.EffectiveTLDPlusOne(strings.ToLower(u.Hostname())); err == nil {
		return site
	}
	return strings.ToLower(u.Host)
}
