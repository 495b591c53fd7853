package gridread

import "context"

// Drain makes the indexes that have been wanted until now.
func (x *Indexer) Drain(ctx context.Context) {
	for len(x.wants) > 0 {
		x.serve(ctx, <-x.wants)
	}
}
