package waterfall

import (
	"cmp"
	"sync"

	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
)

// witness keeps the exchanges of a step's call until leave, with the secret blanked out of them. A provider may ask from several
// goroutines, and one that is late is not listened to any more. Of a provider whose answers may not be kept, a run keeps no body.
func (a *asking) witness(s *step, at *enrichment.Attempt, redact *credential.Redactor) (w enrichment.Witness, leave func()) {
	var mu sync.Mutex
	left := false
	limit := cmp.Or(a.session.cfg.Bodies, enrichment.KeptBody)
	tell := func(x enrichment.Exchange) {
		if s.provider.NoRecord && a.session.cfg.Bodies == 0 {
			x.Request, x.Body = "", ""
		}
		x.Step = at.Step
		x.URL, x.Request, x.Body = redact.Text(x.URL), redact.Text(x.Request), redact.Text(x.Body)
		for name, v := range x.Headers {
			x.Headers[name] = redact.Text(v)
		}
		mu.Lock()
		defer mu.Unlock()
		if left {
			return
		}
		at.HTTPStatus = x.Status
		a.out.Provenance.Exchanges = enrichment.KeepExchanges(append(a.out.Provenance.Exchanges, x), limit)
	}
	leave = func() {
		mu.Lock()
		defer mu.Unlock()
		left = true
	}
	return enrichment.Witness{Limit: limit, Tell: tell}, leave
}
