package crm

import "context"

// TakeTurn waits until a request may be sent. changes says that it counts by Vendor.Changes too. An error is the call's: nothing was sent.
type TakeTurn func(ctx context.Context, changes bool) error

type turnKey struct{}

// WithTurns has the requests of one call take their turns. A call of a connector may need several: the vendor's limits count requests.
func WithTurns(ctx context.Context, take TakeTurn) context.Context {
	return context.WithValue(ctx, turnKey{}, take)
}

// Turn waits for a request's turn. A connector calls it before each request.
func Turn(ctx context.Context, changes bool) error {
	if take, ok := ctx.Value(turnKey{}).(TakeTurn); ok {
		return take(ctx, changes)
	}
	return nil
}
