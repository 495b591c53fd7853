package delivery

import "time"

// schedule holds the pauses before the attempts at one item.
func schedule() []time.Duration {
	return []time.Duration{0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour}
}

// MaxAttempts is how often an item is tried in one round.
func MaxAttempts() int { return len(schedule()) }

// jitterShare is how far a pause may be off, so that what failed together doesn't come back together.
const jitterShare = 0.1

// pauseBefore returns the pause before the attempt after so many; dice is from 0 to 1. After the last one it stays as long as that.
func pauseBefore(attempts int, dice float64) time.Duration {
	s := schedule()
	d := s[min(attempts, len(s)-1)]
	return d + time.Duration(float64(d)*jitterShare*(2*dice-1))
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
)

// rest returns how long a lane is let be after so many failures in a row.
func rest(failures int) time.Duration {
	if failures < failuresInARow {
		return 0
	}
	d := restMin << min(failures-failuresInARow, 10)
	return min(d, restMax)
}
