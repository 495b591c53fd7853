package webhookflow

import (
	"time"
)

// Delivery is a line of a webhook's delivery log.
type Delivery struct {
	Position  int64
	Type      string
	State     State
	Attempts  int        // in the present round
	DueAt     *time.Time // of the next attempt, while it waits
	CreatedAt time.Time
	EndedAt   *time.Time
	Status    int    // of the latest attempt; 0: there was none, or no answer
	Error     string // of the latest attempt
}

// Health is how a webhook fares.
type Health struct {
	Waiting      int // up to 10,000
	FailingSince *time.Time
	LastSuccess  *time.Time
	LastFailure  *time.Time
	NotBefore    *time.Time // it is let be until then after failures in a row
	Replaying    bool
}
