package projections

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/eventstore"
)

// Copy tells the copies of one projection's read model apart.
type Copy string

// The slots.
const (
	Live       Copy = ""        // what readers see
	Next       Copy = "next"    // being rebuilt, to be swapped with the live one
	VerifyCopy Copy = "verify"  // rebuilt to be compared with the live one
	Reacted    Copy = "reactor" // a reactor's: a checkpoint and no read model
)

// Location is where a copy of a read model and its checkpoint are kept.
type Location struct {
	Projection string
	Copy       Copy
}

// LiveOf is the location that readers of the projection see.
func LiveOf(projection string) Location { return Location{Projection: projection} }

// String names the location: the projection's name, and the copy after two underscores unless it is the live one.
func (p Location) String() string {
	if p.Copy == Live {
		return p.Projection
	}
	return p.Projection + "__" + string(p.Copy)
}

// Checkpoint is how far the read model at a location has come.
type Checkpoint struct {
	Location Location
	Version  int   // of the projector that made the read model
	Position int64 // the last position applied
	// Revision grows with each change that the position doesn't show: a stream parked or replayed, a swap. It makes what a
	// second runner remembers of the location out of date, so that it reads it again.
	Revision int64
}

// Parked is a stream that a projection has set aside because an event of it could not be applied. Its events from that
// one on are left out until they are replayed in order.
type Parked struct {
	Location  Location
	Stream    eventstore.StreamID
	Position  int64 // of the first event not applied
	Version   int64 // of that event in its stream
	EventType string
	Error     string
	Attempts  int
	// RetryAt is when the runner tries again by itself; zero when it has given up and waits for a person.
	RetryAt time.Time
	// SkipReason is set to have that first event left out for good; the runner then goes on after it.
	SkipReason string
}

// Step is one change of a read model. Either all of it happens or nothing.
type Step struct {
	To     int64                           // the new position
	Apply  func(context.Context, Tx) error // may be nil
	Park   []Parked                        // added, or replaced when the stream is parked already
	Unpark []eventstore.StreamID
}

// Checkpoints keeps where the projections are.
type Checkpoints interface {
	// Checkpoint returns the location's checkpoint, false if there is no such location.
	Checkpoint(ctx context.Context, location Location) (Checkpoint, bool, error)
	// Advance makes the step and moves the checkpoint, in one transaction, if the checkpoint still is from; else it answers
	// ErrMoved and nothing has happened. It returns the new checkpoint.
	Advance(ctx context.Context, from Checkpoint, step Step) (Checkpoint, error)
	// Transient reports whether an error of Advance is about the store rather than about the events: the same step may
	// succeed later.
	Transient(err error) bool
}

// DeadLetters keeps the parked streams.
type DeadLetters interface {
	// Parked lists the location's parked streams by position.
	Parked(ctx context.Context, location Location) ([]Parked, error)
	// Retry makes the runner replay a parked stream soon. With a skip reason, its first event is left out for good. False
	// means the stream is not parked.
	Retry(ctx context.Context, location Location, stream eventstore.StreamID, skipReason string, at time.Time) (bool, error)
}

// Epochs makes, compares and swaps copies of read models.
type Epochs interface {
	// Create makes an empty read model at the location, at position 0. At the live location and a reactor's it leaves one that exists
	// alone and answers its checkpoint; at the others it drops it first.
	Create(ctx context.Context, location Location, version int) (Checkpoint, error)
	// Finish makes what is better made when the tables are full, such as indexes.
	Finish(ctx context.Context, location Location) error
	// Swap puts the next read model in the live one's place, in one transaction. While it holds the live one's checkpoint it
	// calls catchUp, which must bring next at least as far, else it answers ErrBehind. Without a live read model, next
	// becomes it and catchUp isn't called.
	Swap(ctx context.Context, projection string, catchUp func(ctx context.Context, live Checkpoint) error) (Checkpoint, error)
	// Drop removes a location and what it holds.
	Drop(ctx context.Context, location Location) error
	// Checksums sums up each table of the location, all at one moment, with the checkpoint at that moment. ErrUnsettled says that
	// the location has put work off.
	Checksums(ctx context.Context, location Location) (Checkpoint, map[string]Checksum, error)
}

// Store keeps read models with their checkpoints and parked streams.
type Store interface {
	Checkpoints
	DeadLetters
	Attempts
	Epochs
}

// Checksum is a table's row count and a sum over its rows that doesn't depend on their order.
type Checksum struct {
	Rows int64
	Sum  string
}

// What a Store may answer.
var (
	ErrMoved  = errors.New("the projection's checkpoint has moved")
	ErrBehind = errors.New("the rebuilt read model has not come as far as the live one")
)
