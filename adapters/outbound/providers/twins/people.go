package twins

import "strings"

// pattern is how a domain's addresses are built.
func pattern(domain string) string {
	return []string{"{first}.{last}", "{f}{last}", "{first}"}[share("pattern "+domain)%3]
}

// addressOf is the address of a person by the domain's pattern; empty without a name.
func addressOf(first, last, domain string) string {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' {
				return r
			}
			return -1
		}, strings.ToLower(s))
	}
	first, last = plain(first), plain(last)
	if first == "" || last == "" {
		return ""
	}
	return strings.NewReplacer("{first}", first, "{last}", last, "{f}", first[:1]).Replace(pattern(domain)) + "@" + strings.ToLower(domain)
}

// split takes a full name apart at its last space.
func split(full string) (first, last string) {
	full = strings.TrimSpace(full)
	if i := strings.LastIndexByte(full, ' '); i > 0 {
		return full[:i], full[i+1:]
	}
	return full, ""
}

// company is a name for a domain.
func company(domain string) string {
	name, _, _ := strings.Cut(strings.ToLower(domain), ".")
	if name == "" {
		return ""
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func industry(domain string) string {
	return []string{"software", "retail", "banking", "insurance", "logistics", "biotechnology", "energy"}[share("industry "+domain)%7]
}
