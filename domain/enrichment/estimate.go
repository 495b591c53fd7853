package enrichment

import (
	"math"

	"github.com/morket/morket/domain/kernel"
)

// Estimate is what a run will cost.
type Estimate struct {
	Records     int64              `json:"records"` // cells that will be asked for
	Min         kernel.Credits     `json:"min_mc"`
	Likely      kernel.Credits     `json:"likely_mc"`
	Max         kernel.Credits     `json:"max_mc"`
	PerProvider []ProviderEstimate `json:"per_provider"`
}

// ProviderEstimate is one provider's part in it.
type ProviderEstimate struct {
	Provider string         `json:"provider"`
	Calls    int64          `json:"calls"`
	Likely   kernel.Credits `json:"likely_mc"`
}

// HitRates tells which share of a provider's asked records got an accepted answer so far; false when nothing is known.
type HitRates func(provider string) (rate float64, known bool)

// unknownHitRate is assumed of a provider without a past.
const unknownHitRate = 0.5

// EstimateRun sums up over the columns: at the least nothing is found or everything is cached; at the most each record is
// answered by its dearest step; likely is each step reached by what the steps before it leave open.
func EstimateRun(plans []Plan, rows int64, price func(provider string) kernel.Credits, rates HitRates) Estimate {
	est := Estimate{Records: rows * int64(len(plans)), PerProvider: []ProviderEstimate{}}
	index := map[string]int{}
	for _, plan := range plans {
		open, dearest := float64(rows), kernel.Credits(0)
		for _, s := range plan.Config.Steps {
			rate, known := rates(s.Provider)
			if !known {
				rate = unknownHitRate
			}
			rate = math.Min(1, math.Max(0, rate))
			i, ok := index[s.Provider]
			if !ok {
				i = len(est.PerProvider)
				index[s.Provider] = i
				est.PerProvider = append(est.PerProvider, ProviderEstimate{Provider: s.Provider})
			}
			cost := kernel.Credits(math.Ceil(open * rate * float64(price(s.Provider))))
			est.PerProvider[i].Calls += int64(math.Ceil(open))
			est.PerProvider[i].Likely += cost
			est.Likely += cost
			open *= 1 - rate
			dearest = max(dearest, price(s.Provider))
		}
		est.Max += dearest * kernel.Credits(rows)
	}
	est.Likely = min(est.Likely, est.Max)
	return est
}
