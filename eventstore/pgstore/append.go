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
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, err
	}
	p, err := newPending(a)
	if err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.queue.put(p); err != nil {
		return eventstore.Appended{}, err
	}
	select {
	case ans := <-p.answer:
		return ans.appended, ans.err
	case <-ctx.Done():
		if p.leave() {
			return eventstore.Appended{}, ctx.Err()
		}
		select { // it may have been answered at the same moment
		case ans := <-p.answer:
			return ans.appended, ans.err
		default:
			return eventstore.Appended{}, fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, ctx.Err())
		}
	}
}
