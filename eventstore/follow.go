package eventstore

import "context"

// Follow continues the traces of the requests that appended the events (kernel.Meta.Trace) with what is done about them now,
// for example "project grid". The function that it returns must be called with the outcome. The context carries the first
// of the traces.
type Follow func(ctx context.Context, doing string, events []Recorded) (context.Context, func(error))

// Begin is f, or nothing when f is nil.
func (f Follow) Begin(ctx context.Context, doing string, events []Recorded) (context.Context, func(error)) {
	if f == nil || len(events) == 0 {
		return ctx, func(error) {}
	}
	return f(ctx, doing, events)
}
