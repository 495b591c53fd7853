package enrichment

import "context"

type nextCallKey struct{}

// WithNextCall returns a context in which NextCall asks next for leave.
func WithNextCall(ctx context.Context, next func(context.Context) error) context.Context {
	return context.WithValue(ctx, nextCallKey{}, next)
}

// NextCall waits until a provider may ask its server once more for the question that it is at work on, for the next page of an answer. That
// is a call of its own: it counts against the limits and in the attempt. Without an engine it is allowed at once. It is not for
// several goroutines.
func NextCall(ctx context.Context) error {
	next, ok := ctx.Value(nextCallKey{}).(func(context.Context) error)
	if !ok {
		return ctx.Err()
	}
	return next(ctx)
}
