package waterfall

import (
	"time"

	"github.com/morket/morket/domain/enrichment"
)

// limited notes that a step met a rate limit which ends after the pause; without one, as long as a provider may be paused for.
func (a *asking) limited(at *enrichment.Attempt, pause time.Duration) {
	if pause <= 0 {
		pause = longestPause
	}
	if a.session.cfg.Patience.Limits && pause <= LongestWait {
		a.postpone(a.session.engine.Clock.Now().Add(pause), at.Provider+": "+message(*at))
	}
}

// limitedOut reports whether the cell waits for the step that it was just at, which may be asked again later, rather than going on to the
// next: the order of a waterfall is its owner's, and a provider that is merely busy must not cost the price of the one after it.
func (a *asking) limitedOut() bool {
	attempts := a.out.Provenance.Attempts
	if len(attempts) == 0 {
		return false
	}
	switch attempts[len(attempts)-1].Status {
	case enrichment.AttemptStatus(enrichment.CallRateLimited), enrichment.AttemptStatus(enrichment.CallPending):
		return a.putOff()
	default:
		return false
	}
}

// resting notes that a step's server is given a rest until then.
func (a *asking) resting(until time.Time) {
	if a.session.cfg.Patience.Rests {
		a.postpone(until, "")
	}
}

// postpone notes when the cell may go on, at the earliest.
func (a *asking) postpone(until time.Time, why string) {
	if a.out.Until.IsZero() || until.Before(a.out.Until) {
		a.out.Until, a.out.Waits = until, why
	}
}

// putOff reports whether the cell is put off: no answer was accepted and a step could not be asked yet. A cell for which a provider
// has answered that must not be asked twice ends now; asking again would ask that one again too.
func (a *asking) putOff() bool {
	if a.out.Until.IsZero() || a.out.Stopped || a.out.NoBudget || a.out.Mark.State == enrichment.MarkValue {
		return false
	}
	for _, at := range a.out.Provenance.Attempts {
		if at.Calls == 0 || a.plan.steps[at.Step].provider.Idempotent {
			if a.out.Waits == "" && at.Status == enrichment.StatusBreakerOpen {
				a.out.Waits = at.Provider + ": " + message(at)
			}
			continue
		}
		switch at.Status {
		case enrichment.StatusNotFound, enrichment.StatusRejected, enrichment.AttemptStatus(enrichment.CallBadReply), enrichment.StatusUnknown:
			return false
		default:
		}
	}
	return true
}

// hold is how long a call is held for a pause: only briefly where the cell can be put off, else as long as usual.
func (a *asking) hold(usual time.Duration) time.Duration {
	if a.session.cfg.Patience.Limits {
		return maxHold
	}
	return usual
}
