package waterfall

import (
	"sync"

	"github.com/morket/morket/domain/enrichment"
)

// bills are what the metered steps of a run cost on the workspace's own bills, with what calls under way may cost.
type bills struct {
	mu     sync.Mutex
	billed map[enrichment.Metering]enrichment.Micros
}

// take sets aside the most that a record may cost; false means that the step's budget for the run leaves too little.
func (b *bills) take(m enrichment.Metering, l enrichment.Budgets) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if l.Run > 0 && b.billed[m]+l.Record > l.Run {
		return false
	}
	if b.billed == nil {
		b.billed = map[enrichment.Metering]enrichment.Micros{}
	}
	b.billed[m] += l.Record
	return true
}

// settle puts what the record did cost in the place of what was set aside. Of an answer that was lost the most is taken.
func (b *bills) settle(m enrichment.Metering, l enrichment.Budgets, cost enrichment.Micros, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !lost {
		b.billed[m] += cost - l.Record
	}
}
