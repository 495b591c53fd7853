package domainfrom

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/morket/morket/adapters/outbound/providers/lookup"
	"github.com/morket/morket/domain/enrichment"
)

// maxCandidates is how many domains are tried for a name.
const maxCandidates = 8

// guess is a domain that a name suggests, with how likely it is by the rules.
type guess struct {
	domain string
	likely float64
}

// guesses are the likeliest domains of a company, the likeliest first. name is without legal form, which form is.
func guesses(name, form, country string) []guess {
	n := parseName(name, form)
	labels := n.labels()
	endings := endingsFor(codeOf(country), isPrivate(form))
	size := sizeOf(n)
	best := map[string]float64{}
	for _, l := range labels {
		for _, e := range endings {
			domain, ok := lookup.ASCII(l.text + "." + e.text)
			if !ok {
				continue
			}
			likely := weights[l.way][size] * e.share * lengthFactor(len(l.text))
			best[domain] = max(best[domain], likely)
		}
	}
	if own, ok := ownDomain(name); ok { // Wix.com Ltd.
		best[own] = 1
	}
	out := make([]guess, 0, len(best))
	for d, p := range best {
		out = append(out, guess{d, p})
	}
	slices.SortFunc(out, func(a, b guess) int {
		if c := cmp.Compare(b.likely, a.likely); c != 0 {
			return c
		}
		return strings.Compare(a.domain, b.domain)
	})
	return out[:min(len(out), maxCandidates)]
}

// ownDomain is the domain that a name is.
func ownDomain(name string) (string, bool) {
	if strings.ContainsAny(name, " @/") || !strings.Contains(name, ".") {
		return "", false
	}
	if suffix, icann := publicsuffix.PublicSuffix(strings.ToLower(name)); !icann || suffix == strings.ToLower(name) || len(suffix) < 2 {
		return "", false
	}
	return registered(strings.ToLower(name))
}

// sizes is how many classes of names are told apart by their number of words.
const sizes = 4

// sizeOf is the class of a name.
func sizeOf(n named) int { return min(len(n.words), sizes) - 1 }

// lengthFactor makes less of labels that are too short to be had by this company, or longer than people like to type.
func lengthFactor(n int) float64 {
	switch {
	case n < 2:
		return 0.1
	case n == 2:
		return 0.5
	case n > 24:
		return 0.4
	case n > 18:
		return 0.75
	default:
		return 1
	}
}

func isPrivate(form string) bool {
	for _, w := range split(form) {
		if private[enrichment.Latin(strings.ReplaceAll(w, ".", ""))] {
			return true
		}
	}
	return false
}

// ending is what a domain ends with, and the share of companies that have theirs under it.
type ending struct {
	text  string
	share float64
}

// endingsFor are the endings of a country's companies.
func endingsFor(code string, private bool) []ending {
	own := endingsOf(code)
	if len(own) == 0 {
		return []ending{{"com", 0.96}, {"io", 0.01}, {"net", 0.01}, {"org", 0.01}}
	}
	national := nationalShare[code]
	if national == 0 {
		national = nationalElsewhere
	}
	if private {
		national = max(national, nationalPrivate)
	}
	out := []ending{{"com", 1 - national}}
	share := national
	for i, e := range own {
		s := share
		if i < len(own)-1 {
			s *= 0.8
		}
		out = append(out, ending{e, s})
		share -= s
	}
	return out
}
