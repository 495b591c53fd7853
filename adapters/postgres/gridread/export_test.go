package gridread

import (
	"context"

	"github.com/morket/morket/domain/kernel"
)

// MeasureBy has formulas measured by another clock.
func (s *Structures) MeasureBy(c kernel.Clock) { s.clock = c }

// Drain makes the indexes that have been wanted until now.
func (x *Indexer) Drain(ctx context.Context) {
	for len(x.wants) > 0 {
		x.serve(ctx, <-x.wants)
	}
}
