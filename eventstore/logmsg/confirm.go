package logmsg

import "fmt"

// PartialError is the error of a publisher that could not publish all messages of a call: the first Confirmed of them are
// safe with the bus, what became of the others is unknown.
type PartialError struct {
	Confirmed int
	Err       error
}

// Error tells how many messages are safe, and what went wrong after them.
func (e *PartialError) Error() string {
	return fmt.Sprintf("only the first %d messages were confirmed: %v", e.Confirmed, e.Err)
}

// Unwrap returns what went wrong.
func (e *PartialError) Unwrap() error { return e.Err }
