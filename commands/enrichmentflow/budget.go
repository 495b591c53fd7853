package enrichmentflow

import (
	"sync"

	"github.com/morket/morket/domain/kernel"
)

// budget is a waterfall.Budget: what the run may spend before it would meet its own limit or the end of the credits.
type budget struct {
	mu     sync.Mutex
	left   kernel.Credits
	limit  string // why there is not more
	reason string // set when something was refused for lack of credits
}

func (p *budget) fill(left kernel.Credits, limit string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left, p.limit = left, limit
}

// Take implements waterfall.Budget.
func (p *budget) Take(price kernel.Credits) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if price > p.left {
		return false
	}
	p.left -= price
	return true
}

// Return implements waterfall.Budget.
func (p *budget) Return(price kernel.Credits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left += price
}

// empty notes that the run has to end for lack of credits; without a reason it is the limit that stood against Take.
func (p *budget) empty(reason string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if reason == "" {
		reason = p.limit
	}
	if p.reason == "" {
		p.reason = reason
	}
}

// spent is why the run has to end, "" while it need not.
func (p *budget) spent() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.reason
}
