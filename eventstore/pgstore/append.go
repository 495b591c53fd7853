package pgstore

import (
	"context"
	"fmt"

	"github.com/morket/morket/eventstore"
)

// Append adds to the log. A caller whose context ends while its append is still waiting can be sure that nothing was
// appended; once it is on its way, the answer is ErrUnknownOutcome together with the context's error.
// The append must not be changed afterwards, not even by such a caller.
func (s *Store) Append(ctx context.Context, a eventstore.Append) (eventstore.Appended, error) {
	done, err := s.AppendChain(ctx, []eventstore.Append{a})
	if err != nil {
		return eventstore.Appended{}, err
	}
	return done[0], nil
}

// AppendChain is Append for a chain, which goes into one batch.
func (s *Store) AppendChain(ctx context.Context, chain []eventstore.Append) ([]eventstore.Appended, error) {
	if err := ctx.Err(); err != nil || len(chain) == 0 {
		return nil, err
	}
	p, err := s.newPending(ctx, chain)
	if err != nil {
		return nil, err
	}
	if err := s.queue.enqueue(p); err != nil {
		return nil, err
	}
	select {
	case ans := <-p.answer:
		return ans.done, ans.err
	case <-ctx.Done():
		if p.leave() {
			return nil, ctx.Err()
		}
		select { // it may have been answered at the same moment
		case ans := <-p.answer:
			return ans.done, ans.err
		default:
			return nil, fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, ctx.Err())
		}
	}
}
