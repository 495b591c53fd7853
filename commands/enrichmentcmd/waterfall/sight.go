package waterfall

import (
	"strconv"

	"github.com/morket/morket/domain/enrichment"
)

// maxSights is how many replies of a cell are looked at for their shape.
const maxSights = 24

// sight notes what a vendor's reply to the last call looked like, and what its status came to mean. A provider that asks nobody by HTTP
// has no shape of its own.
func (a *asking) sight(s *step, reply enrichment.Reply, err error) {
	status, body := a.heard.Last()
	p := &a.out.Provenance
	if status == 0 || len(p.Sights) >= maxSights {
		return
	}
	seen := enrichment.Sight{Provider: s.provider.Slug, Of: s.of, Code: strconv.Itoa(status), Meaning: enrichment.MeansFound, Body: body}
	switch {
	case err != nil:
		seen.Meaning = string(enrichment.AsCallError(err).Kind)
	case len(reply.Outputs) == 0:
		seen.Meaning = enrichment.MeansNothing
	}
	p.Sights = append(p.Sights, seen)
}
