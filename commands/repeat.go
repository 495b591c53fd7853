package commands

import (
	"context"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Repeat returns the first answer when the meta's idempotency key was used for the same request before. Handlers whose rules
// would refuse a repeat (an invitation can be accepted once) ask it first. The same key with another request is
// eventstore.ErrKeyReused.
func Repeat[R any](ctx context.Context, log eventstore.Writer, meta kernel.Meta) (Result[R], bool, error) {
	if meta.IdempotencyKey == "" {
		return Result[R]{}, false, nil
	}
	first, found, err := log.Command(ctx, meta.IdempotencyKey)
	if err != nil || !found {
		return Result[R]{}, false, err
	}
	if first.Fingerprint != meta.Fingerprint {
		return Result[R]{}, false, eventstore.ErrKeyReused
	}
	var none R
	res, err := Reply(eventstore.Appended{First: first.First, Last: first.Last, Replayed: true, Result: first.Result}, none)
	return res, true, err
}
