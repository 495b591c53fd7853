package enrichment

import (
	"context"
	"sync"
)

// Heard is what a call's server answered last: its status, and its answer as JSON. It is for the shape of replies.
type Heard struct {
	mu     sync.Mutex
	status int
	body   any
}

type heardKey struct{}

// Hearing returns a context in which Hear tells of a call's answers.
func Hearing(ctx context.Context) (context.Context, *Heard) {
	h := &Heard{}
	return context.WithValue(ctx, heardKey{}, h), h
}

// Hear tells of an answer to the listener of the context: its status, and its body as it was decoded, nil for none.
func Hear(ctx context.Context, status int, body any) {
	h, ok := ctx.Value(heardKey{}).(*Heard)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status, h.body = status, body
}

// Last is the last answer; the status is 0 where there was none.
func (h *Heard) Last() (status int, body any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.status, h.body
}
