// Package quarantine keeps a piece of work that kills its worker from doing so for ever, and from taking other work with it. It is the
// same for pages of runs and stretches of imports; events that projections and reactors apply, and deliveries to webhooks, are counted
// where their progress is kept:
//
//   - How often a worker was lost over a piece of work is in that work's own stream, written by the successor before it goes on.
//     After MostKills it has failed; the reason is Reason.
//   - A worker that ends in order, because it was told to stop or met an error, is not lost. Temporal remembers which it was
//     (Try): its attempts count both.
//   - A process dies with everything in it. So work over which a worker was lost is a suspect, and of those a process does one at a time
//     (Ward): the second loss is then that one's and not its neighbours'.
package quarantine

import (
	"context"
	"fmt"
	"time"
)

// MostKills is how many workers may be lost over a piece of work before it has failed.
const MostKills = 2

// Reason says why a piece of work is given up.
func Reason(work string) string {
	return fmt.Sprintf("%s was given up: the program ended %d times while it worked on it", work, MostKills)
}

// Ward lets one suspect of a process in at a time.
type Ward struct{ place chan struct{} }

// NewWard makes a ward; a process has one.
func NewWard() *Ward { return &Ward{place: make(chan struct{}, 1)} }

// Enter waits for the place and gives a sign of life every so often meanwhile; leave must follow unless it answers an error, which is
// that of ctx.
func (w *Ward) Enter(ctx context.Context, every time.Duration, alive func()) (leave func(), err error) {
	sign := time.NewTicker(every)
	defer sign.Stop()
	for {
		select {
		case w.place <- struct{}{}:
			return func() { <-w.place }, nil
		case <-sign.C:
			alive()
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Mark is what an attempt of an activity leaves with its heartbeats for the next one.
type Mark struct {
	Attempt int32  `json:"attempt"`
	Ended   bool   `json:"ended,omitempty"` // it has ended by itself, or was told to stop
	Doing   string `json:"doing,omitempty"` // for readers of Temporal's pages
}

// EndedBefore reports whether the attempt before this one ended by itself. Without a word from it, it is taken to have been lost.
func EndedBefore(attempt int32, last Mark) bool { return last.Ended && last.Attempt == attempt-1 }
