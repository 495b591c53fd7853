package quarantine

import (
	"context"
	"sync/atomic"
)

// Heartbeat is how an activity and its later attempts hear of each other. A flow makes it of Temporal's functions.
type Heartbeat struct {
	Attempt int32                 // the number of this attempt, from 1
	Last    func(last *Mark) bool // reads what the attempts before have left; false if that is nothing
	Stop    <-chan struct{}       // is closed when the worker is told to stop
	Beat    func(Mark)
}

// Attempt is one try of an activity, whose progress is in the log and nowhere else, so that it may be killed and begun again at any point.
type Attempt struct {
	// Ended says that the attempt before this one ended by itself, and Lost that there was one which did not: its worker was lost.
	Ended, Lost bool
	// Beat is a sign of life; doing is for readers of Temporal's pages.
	Beat func(doing string)
}

// Try carries out an attempt. Its heartbeats tell the next attempt whether this one ended by itself: from the moment the worker is told to
// stop, since a stop that takes too long is cut off. The work's context ends then too, so that another worker goes on without waiting for
// a heartbeat that never comes; stopped reports that it had ended, and ctx had not, when the work failed.
func Try(ctx context.Context, h Heartbeat, work func(ctx context.Context, a Attempt) error) (stopped bool, err error) {
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	var last Mark
	ended := h.Last(&last) && EndedBefore(h.Attempt, last)
	var stopping atomic.Bool
	beat := func(doing string) { h.Beat(Mark{Attempt: h.Attempt, Ended: stopping.Load(), Doing: doing}) }
	stop := func() {
		stopping.Store(true)
		beat("")
	}
	go func() {
		select {
		case <-h.Stop:
			stop()
			cancel()
		case <-working.Done():
		}
	}()
	if err = work(working, Attempt{Ended: ended, Lost: h.Attempt > 1 && !ended, Beat: beat}); err != nil {
		stop()
		stopped = working.Err() != nil && ctx.Err() == nil
	}
	return stopped, err
}
