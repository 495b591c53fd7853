package waterfall

import (
	"math"
	"slices"
	"strings"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

const (
	// unsaid is what the answer of a provider counts that doesn't say how sure it is.
	unsaid = 0.5
	// surest is the most that agreement makes of a confidence: providers copy from each other.
	surest = 0.99
	// maxEvidence is how much evidence is kept of an answer, and maxEvidenceChars how long each may be.
	maxEvidence, maxEvidenceChars = 8, 60
)

// refusal is an answer of the cell's waterfall that its step did not accept.
type refusal struct {
	provider string
	value    string
	sure     enrichment.Sureness
}

// sureness is how sure an answer of the provider is in the light of the answers that were refused before. The rule: a provider that
// gave the same value verifies it, and the two are wrong together only if both are wrong, so the confidence c of one and d of another
// make 1 − (1 − c)(1 − d), at most 0.99. Each provider counts once. What agrees is the value as it is compared, see compared.
func (a *asking) sureness(provider string, value any, reply enrichment.Reply) enrichment.Sureness {
	sure := bounded(reply.Sureness())
	same := compared(value)
	counted := map[enrichment.Evidence]bool{enrichment.ByProvider(provider): true}
	for _, by := range sure.VerifiedBy {
		counted[by] = true
	}
	for _, r := range a.refused {
		by := enrichment.ByProvider(r.provider)
		if counted[by] || r.value != same || same == "" {
			continue
		}
		counted[by] = true
		both := min(surest, 1-(1-said(sure))*(1-said(r.sure)))
		both = max(both, said(sure)) // what was surer before stays so
		sure.Confidence = &both
		if len(sure.VerifiedBy) < maxEvidence {
			sure.VerifiedBy = append(slices.Clone(sure.VerifiedBy), by)
		}
	}
	return sure
}

func said(s enrichment.Sureness) float64 {
	if s.Confidence == nil {
		return unsaid
	}
	return *s.Confidence
}

// bounded keeps a confidence that is one, and evidence of bounded size.
func bounded(s enrichment.Sureness) enrichment.Sureness {
	if c := s.Confidence; c != nil {
		if math.IsNaN(*c) || math.IsInf(*c, 0) {
			s.Confidence = nil
		} else {
			within := min(1, max(0, *c))
			s.Confidence = &within
		}
	}
	by := []enrichment.Evidence{}
	for _, e := range s.VerifiedBy {
		if e != "" && len(e) <= maxEvidenceChars && len(by) < maxEvidence && !slices.Contains(by, e) {
			by = append(by, e)
		}
	}
	s.VerifiedBy = by
	return s
}

// compared is the form in which two answers are compared: without case and marks, and of a link without scheme, www and the last slash.
func compared(value any) string {
	s := kernel.Fold(strings.TrimSpace(enrichment.Text(value)))
	for _, scheme := range []string{"https://", "http://"} {
		if rest, is := strings.CutPrefix(s, scheme); is {
			return strings.TrimSuffix(strings.TrimPrefix(rest, "www."), "/")
		}
	}
	return s
}
