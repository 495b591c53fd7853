package projections

import (
	"cmp"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/morket/morket/domain/kernel"
)

// Limits are the numbers of a Runner or Reactor. Zero takes the default.
type Limits struct {
	BatchEvents     int           // applied in one transaction at most; default 2,000
	BatchBytes      int           // of event data in one transaction, about; default 4 MB
	PollMin         time.Duration // between looks at the log while the bus doesn't deliver; default 20 ms
	PollMax         time.Duration // between looks at the log while the bus does; default 1 s
	CheckpointEvery time.Duration // how long a position without wanted events may stay undurable; default 1 s
	BackoffMin      time.Duration // after a transient error; default 50 ms
	BackoffMax      time.Duration // default 5 s
	Gather          time.Duration // how long the first event waits for others that may go into one batch with it; default 0
	// Yield reports whether people are at work. A consumer that may wait for them rests after each batch as long as the batch took.
	Yield         func() bool   // may be nil
	RetryFirst    time.Duration // until a parked stream is tried again, doubling each time; default 60 s
	RetryAttempts int           // until a parked stream is left to a person; default 5
	Deserted      time.Duration // after so long without a move towards the head nobody keeps a live read model up to date; default 15 s
}

func (l Limits) withDefaults() Limits {
	return Limits{
		BatchEvents:     cmp.Or(l.BatchEvents, 2000),
		BatchBytes:      cmp.Or(l.BatchBytes, 4<<20),
		PollMin:         cmp.Or(l.PollMin, 20*time.Millisecond),
		PollMax:         cmp.Or(l.PollMax, time.Second),
		CheckpointEvery: cmp.Or(l.CheckpointEvery, time.Second),
		BackoffMin:      cmp.Or(l.BackoffMin, 50*time.Millisecond),
		BackoffMax:      cmp.Or(l.BackoffMax, 5*time.Second),
		Gather:          l.Gather,
		Yield:           l.Yield,
		RetryFirst:      cmp.Or(l.RetryFirst, time.Minute),
		RetryAttempts:   cmp.Or(l.RetryAttempts, 5),
		Deserted:        cmp.Or(l.Deserted, 15*time.Second),
	}
}

// longestRetry is the longest pause before a parked stream is tried again.
func (l Limits) longestRetry() time.Duration { return l.RetryFirst << max(0, l.RetryAttempts-1) }

// pauses are those between retries of what fails for a while.
func (l Limits) pauses() backoff.BackOff { return kernel.Doubling(l.BackoffMin, l.BackoffMax) }
