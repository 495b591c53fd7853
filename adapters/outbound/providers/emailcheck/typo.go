package emailcheck

import "strings"

// services are the mail services that people mistype: those with many users whose name is long enough that a letter more or less is
// hardly somebody else's domain.
func services() []string {
	return []string{
		"gmail.com", "googlemail.com", "yahoo.com", "yahoo.co.uk", "yahoo.co.in", "yahoo.co.jp", "yahoo.com.br", "yahoo.fr", "yahoo.de",
		"yahoo.es", "yahoo.it",
		"hotmail.com", "hotmail.co.uk", "hotmail.fr", "hotmail.de", "hotmail.es", "hotmail.it", "outlook.com", "outlook.de", "outlook.fr",
		"icloud.com",
		"protonmail.com", "fastmail.com", "yandex.ru", "yandex.com", "rediffmail.com", "t-online.de", "freenet.de", "wanadoo.fr", "laposte.net",
		"libero.it", "virgilio.it",
		"comcast.net", "verizon.net", "bellsouth.net", "sbcglobal.net", "btinternet.com", "bigpond.com",
	}
}

// suggest names the mail service that a domain was probably meant to be, or "". The lists are no help: they have the mistyped domains,
// too, since somebody takes mail there.
func (p *Provider) suggest(domain string) string {
	switch domain {
	case "mail.com", "email.com", "ymail.com": // services of their own, a letter away from a greater one
		return ""
	}
	likely := ""
	for _, known := range p.services {
		switch {
		case domain == known:
			return ""
		case likely == "" && oneOff(domain, known) && !sameButCountry(domain, known):
			likely = known
		}
	}
	return likely
}

// sameButCountry reports whether two domains differ in their country only, as the branches of one service do.
func sameButCountry(a, b string) bool {
	i, j := strings.LastIndexByte(a, '.'), strings.LastIndexByte(b, '.')
	return a[:i] == b[:j] && len(a)-i == 3 && len(b)-j == 3
}

// oneOff reports whether one letter more, less or other, or two neighbours swapped, makes b of a.
func oneOff(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
