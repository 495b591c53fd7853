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
	// What vendors that charge by use put on the workspace's own bills.
	LikelyBill Micros `json:"likely_usd_micros,omitempty" doc:"On your own bills with vendors that charge by use, in millionths of a US dollar; guessed from the steps' configs."`
	MaxBill    Micros `json:"max_usd_micros,omitempty" doc:"The most that it can be on those bills: by each step's budgets, or by its bounds where it has none."`
}

// ProviderEstimate is one provider's part in it.
type ProviderEstimate struct {
	Provider string         `json:"provider"`
	Calls    int64          `json:"calls"`
	Likely   kernel.Credits `json:"likely_mc"`
	// LikelyBill is on the workspace's own bill with the vendor, where that charges by use.
	LikelyBill Micros `json:"likely_usd_micros,omitempty"`
}

// HitRates tells which share of a provider's asked records got an accepted answer so far; false when nothing is known.
type HitRates func(provider string) (rate float64, known bool)

// unknownHitRate is assumed of a provider without a past.
const unknownHitRate = 0.5

// Charges tells what a step's calls cost on the workspace's own bill with its vendor; false where the vendor doesn't charge by use.
type Charges func(Step) (RecordCost, Budgets, bool)

// EstimateRun sums up over the columns: at the least nothing is found or everything is cached; at the most each record is
// answered by its dearest step; likely is each step reached by what the steps before it leave open. A vendor charges for what
// it is asked, so at the most every step is asked for every record.
func EstimateRun(plans []Plan, rows int64, price func(provider string) kernel.Credits, rates HitRates, charges Charges) Estimate {
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
			likely, most := bills(s, open, rows, charges)
			est.PerProvider[i].LikelyBill += likely
			est.LikelyBill += likely
			est.MaxBill += most
			open *= 1 - rate
			dearest = max(dearest, price(s.Provider))
		}
		est.Max += dearest * kernel.Credits(rows)
	}
	est.Likely = min(est.Likely, est.Max)
	return est
}

// bills are what a step that is likely asked for so many of the rows costs on its vendor's bill: likely, and at the most.
func bills(s Step, asked float64, rows int64, charges Charges) (likely, most Micros) {
	c, budgets, charged := charges(s)
	if !charged {
		return 0, 0
	}
	most = c.Most * Micros(rows)
	if budgets.Run > 0 {
		most = min(most, budgets.Run)
	}
	return min(Micros(math.Ceil(asked*float64(c.Likely))), most), most
}
