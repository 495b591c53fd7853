package enrichment

import (
	"math"
	"strconv"
)

// Evidence names what says the same as an answer, besides the guess itself.
type Evidence string

// The kinds of evidence. ByProvider makes those of another provider.
const (
	ByInput Evidence = "input" // the answer stands in what was asked, or follows from it by fixed rules
	ByDNS   Evidence = "dns"   // the domain name system has what the answer names
	ByMX    Evidence = "mx"    // the domain takes mail
	ByPage  Evidence = "page"  // a page that was fetched says so
)

// ByProvider is the evidence of a provider that gave the same answer, or checked it at its source.
func ByProvider(slug string) Evidence { return Evidence("provider:" + slug) }

// Sureness says how sure an answer is.
type Sureness struct {
	// Confidence is how likely the answer is right, 0 to 1; people are shown percent. Nil: nobody says.
	Confidence *float64
	// VerifiedBy is what else says the same. Empty: the answer is a guess, however confident. Nil: it is not known, as of answers that
	// were recorded before evidence was.
	VerifiedBy []Evidence
}

// Percent writes a confidence as people are shown it.
func Percent(confidence float64) string {
	return strconv.FormatFloat(math.Round(confidence*1000)/10, 'f', -1, 64) + " %"
}

// Verified reports whether anything else says the same.
func (s Sureness) Verified() bool { return len(s.VerifiedBy) > 0 }

// Unverified reports whether it is known that nothing else says the same.
func (s Sureness) Unverified() bool { return s.VerifiedBy != nil && len(s.VerifiedBy) == 0 }
