// Package delivery sends events to webhooks: at least once, under the same message id however often, in order where a webhook asks
// for it.
//
// A webhook with something to send is a lane. One worker at a time has the lane, by a lease that it renews with each outcome; when a
// worker dies, the lease runs out and another worker goes on. So order and the number of connections to one receiver need no further
// care, and a receiver that hangs holds up nobody else.
package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
)

// Lane is a webhook that a worker has taken.
type Lane struct {
	ID           kernel.WebhookID
	Workspace    kernel.WorkspaceID
	URL          string          // as far as it may be shown, if SealedURL has it
	SealedURL    *webhook.Sealed // nil: URL is in clear
	Ordered      bool
	Secrets      []webhook.Secret
	Lease        string     // names this taking of the lane
	Failures     int        // in a row
	FailingSince *time.Time // the first of them
	LastSuccess  *time.Time
}

// Item is an event that waits to be sent.
type Item struct {
	Position  int64
	Round     int // grows when somebody asks for the event once more
	Attempts  int // in this round
	CreatedAt time.Time
}

// State says what has become of a delivery.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Delivered State = "delivered"
	Failed    State = "failed" // given up
)

// Attempt is one try to deliver an item.
type Attempt struct {
	At         time.Time
	Took       time.Duration
	Request    map[string]string // headers, redacted
	Status     int               // 0: there was no answer
	Error      string            // why it counts as a failure, in words
	Response   map[string]string // headers, redacted
	Body       string            // of the answer, its beginning
	BodyCut    bool
	RetryAfter time.Duration // what the receiver asked for
}

// Outcome is what an attempt means for its item.
type Outcome struct {
	Item    Item
	Attempt Attempt
	State   State
	DueAt   time.Time // of the next attempt, of Waiting
	Hasten  bool      // the receiver is back: what has come since it took something last is due now, its attempts so far forgotten
}

// ErrLost says that another worker has the lane now.
var ErrLost = errors.New("another worker has the lane")

// Queue keeps what waits.
type Queue interface {
	// Claim takes up to n lanes that have something due at now and that nobody has, until the lease ends.
	Claim(ctx context.Context, now, until time.Time, n int) ([]Lane, error)
	// Due returns items of the lane that are due at now: of an ordered lane the first ones by position, as far as they are due,
	// else by the time they are due at.
	Due(ctx context.Context, lane Lane, now time.Time, limit int) ([]Item, error)
	// Record keeps an outcome and renews the lease. ErrLost comes after the outcome was kept.
	Record(ctx context.Context, lane Lane, o Outcome, until time.Time) error
	// Release gives the lane back; nobody takes it before the time, unless somebody has wanted it tried at once meanwhile.
	Release(ctx context.Context, lane Lane, before time.Time) error
	// Replay puts a piece of what somebody wants sent once more into the queue, and reports whether there was anything to do.
	Replay(ctx context.Context, now time.Time) (bool, error)
	// Prune forgets some of what ended before the time, and reports whether there is more.
	Prune(ctx context.Context, before time.Time) (bool, error)
}

// Events gives the body that is sent for an event: a CloudEvent. False when the event doesn't leave the product.
type Events interface {
	Body(ctx context.Context, position int64) (id string, body []byte, ok bool, err error)
}

// Secrets opens signing secrets, the one in force first, and addresses.
type Secrets interface {
	Address(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, plain string, sealed *webhook.Sealed) (string, error)
	Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, secrets []webhook.Secret) ([]string, error)
}

// Sender posts a body. Whatever goes wrong is in the Attempt.
type Sender interface {
	Send(ctx context.Context, url string, headers map[string]string, body []byte) Attempt
}

// Stopper turns a webhook off.
type Stopper interface {
	// GiveUp is for one that has taken nothing for webhook.GiveUpAfter.
	GiveUp(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, failingSince time.Time) error
	// Gone turns a webhook off whose receiver said at the time that nothing is there any more.
	Gone(ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, at time.Time) error
}
