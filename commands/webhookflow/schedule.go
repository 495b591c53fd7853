package webhookflow

import "time"

// schedule holds the pauses before the attempts at one item.
func schedule() []time.Duration {
	return []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour}
}

// MaxAttempts is how often an item is tried in one round.
func MaxAttempts() int { return len(schedule()) }

// jitterShare is how far a pause may be off, so that what failed together doesn't come back together.
const jitterShare = 0.1

// MaxPause is longer than any pause: nothing is put off for longer.
func MaxPause() time.Duration { return 12 * time.Hour }

// jittered is the pause or a little more or less; jitter is from 0 to 1.
func jittered(d time.Duration, jitter float64) time.Duration {
	return d + time.Duration(float64(d)*jitterShare*(2*jitter-1))
}

// pauseBefore returns the pause before the attempt after so many; jitter is from 0 to 1. After the last one it stays as long as that.
func pauseBefore(attempts int, jitter float64) time.Duration {
	s := schedule()
	return jittered(s[min(attempts, len(s)-1)], jitter)
}

// A receiver that fails several times in a row is let be for a while, so that its attempts are not used up on what is waiting.
const (
	failuresInARow = 5
	restMin        = 5 * time.Second
	restMax        = 5 * time.Minute
	// statusGone is 410: nothing is there any more, and nothing will be (RFC 9110, section 15.5.11).
	statusGone = 410
	// asksMax is how long a receiver may ask to be let be, by Retry-After.
	asksMax = time.Hour
	// holdTime is after which time a worker asks, before it sends, whether the endpoint queue is still its own. It is less than the silence
	// after which a process is taken for dead: one that stood still must not send beside its successor.
	holdTime = 2 * time.Second
)

// A receiver that has taken nothing for longOutage is not expected back in minutes: it is asked again after a quarter of the time that it
// has been away.
const (
	longOutage  = time.Hour
	outageShare = 4
	outageMax   = 10 * time.Hour
)

// headPause returns the pause before the first item of an ordered endpoint queue is tried again. Everything waits for that one, so it is
// tried by how the receiver fares, not by how often it was tried itself.
func headPause(failures int, failing time.Duration, jitter float64) time.Duration {
	twice := restMin << min(failures-1, 20)
	d := min(twice, restMax)
	if failing >= longOutage {
		d = min(max(d, failing/outageShare), outageMax, twice)
	}
	return jittered(d, jitter)
}

// rest returns how long an endpoint queue is let be after so many failures in a row.
func cooldown(failures int) time.Duration {
	if failures < failuresInARow {
		return 0
	}
	d := restMin << min(failures-failuresInARow, 10)
	return min(d, restMax)
}
