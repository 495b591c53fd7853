package enrichment

import (
	"math"

	"github.com/morket/morket/domain/kernel"
)

// Tally is what a waterfall comes to over recorded replies: what it would be if each question were asked once more and replied the same.
type Tally struct {
	Rows      int64          `json:"rows" doc:"Rows whose outcome is known from recorded replies."`
	Asked     int64          `json:"asked" doc:"Of them, rows for which at least one step is asked."`
	Found     int64          `json:"found" doc:"Of them, rows with an accepted answer."`
	Verified  int64          `json:"verified" doc:"Of the found, those that something else than the provider says too."`
	Cost      kernel.Credits `json:"cost_mc" doc:"Credits for the accepted answers."`
	Bill      Micros         `json:"cost_usd_micros,omitempty" doc:"On the workspace's own bills with vendors that charge by use."`
	LatencyMS int64          `json:"latency_ms" doc:"How long the calls took, all together."`
	Steps     []StepTally    `json:"steps"`
	// Unknown rows are in none of the counts above.
	Unknown  int64    `json:"unknown" doc:"Rows of which a reply that decides is not recorded; they are in no other count."`
	Estimate *Guessed `json:"estimate,omitempty" doc:"What the unknown rows would likely come to, by the steps' hit rates."`
}

// StepTally is one step's part.
type StepTally struct {
	Provider string         `json:"provider"`
	Asked    int64          `json:"asked"`
	Found    int64          `json:"found" doc:"Accepted answers."`
	Rejected int64          `json:"rejected" doc:"Answers that the validator refuses."`
	Missed   int64          `json:"missed" doc:"Rows for which the provider has no answer."`
	Skipped  int64          `json:"skipped" doc:"Rows for which the step is not asked: its condition is not met, an input is empty, or it can't be asked."`
	Unknown  int64          `json:"unknown" doc:"Rows for which no reply of the step is recorded."`
	Cost     kernel.Credits `json:"cost_mc"`
	// HitRate is what the estimate takes of the step; absent where nothing is known of it.
	HitRate *float64 `json:"hit_rate,omitempty" minimum:"0" maximum:"1"`
}

// Guessed is an estimate of what is not known.
type Guessed struct {
	Found     int64          `json:"found"`
	Cost      kernel.Credits `json:"cost_mc"`
	Calls     int64          `json:"calls" doc:"Calls to providers whose replies are not recorded."`
	HalfKnown bool           `json:"half_known,omitempty" doc:"One in two was taken for a step of which nothing is known."`
}

// NewTally begins a tally of the steps.
func NewTally(steps []Step) *Tally {
	t := &Tally{Steps: make([]StepTally, len(steps))}
	for i, s := range steps {
		t.Steps[i].Provider = s.Provider
	}
	return t
}

// Add counts one row's outcome. It belongs to Unknown if its last attempt has no recorded reply.
func (t *Tally) Add(p Provenance, state MarkState) {
	if n := len(p.Attempts); n > 0 && p.Attempts[n-1].Status == StatusNotRecorded {
		t.Unknown++
		t.Steps[p.Attempts[n-1].Step].Unknown++
		return
	}
	t.Rows++
	asked := false
	for _, a := range p.Attempts {
		asked = t.step(a) || asked
	}
	if asked {
		t.Asked++
	}
	t.LatencyMS += p.LatencyMS
	if state == MarkValue {
		t.Found++
		if p.Sureness().Verified() {
			t.Verified++
		}
	}
}

// step counts an attempt and reports whether the provider is asked.
func (t *Tally) step(a Attempt) bool {
	s := &t.Steps[a.Step]
	switch a.Status {
	case StatusSucceeded:
		s.Found++
	case StatusRejected:
		s.Rejected++
	case StatusSkipped, StatusMissingInput, StatusNoKey:
		s.Skipped++
		return false
	default:
		s.Missed++
	}
	s.Asked++
	s.Cost += a.CreditsMC
	t.Cost += a.CreditsMC
	t.Bill += a.Cost
	return true
}

// Guess estimates the unknown rows: each step finds by its hit rate in the known rows or else by the rate that is known of its provider,
// and what it does not find goes to the next. Conditions are left aside.
func (t *Tally) Guess(price func(provider string) kernel.Credits, rates HitRates) {
	known := make([]bool, len(t.Steps))
	hit := make([]float64, len(t.Steps))
	for i := range t.Steps {
		s := &t.Steps[i]
		hit[i], known[i] = rates(s.Provider)
		if s.Asked > 0 {
			hit[i], known[i] = float64(s.Found)/float64(s.Asked), true
		}
		if known[i] {
			rate := hit[i]
			s.HitRate = &rate
		} else {
			hit[i] = unknownHitRate
		}
	}
	if t.Unknown == 0 {
		return
	}
	g := Guessed{}
	var found, calls, cost float64
	open := 0.0
	for i := range t.Steps {
		open += float64(t.Steps[i].Unknown) // those whose recorded replies end here
		found += open * hit[i]
		calls += open
		cost += open * hit[i] * float64(price(t.Steps[i].Provider))
		g.HalfKnown = g.HalfKnown || open > 0 && !known[i]
		open *= 1 - hit[i]
	}
	g.Found, g.Calls, g.Cost = int64(math.Round(found)), int64(math.Round(calls)), kernel.Credits(math.Round(cost))
	t.Estimate = &g
}
