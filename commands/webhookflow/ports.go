// Package webhookflow sends events to webhooks: at least once, under the same message id however often, in order where a webhook asks
// for it.
//
// A webhook with something to send is an endpoint queue. One worker at a time has the endpoint queue, for as long as its process gives
// signs of life; when the process dies another worker goes on within seconds. So order and the number of connections to one receiver need
// no further care, and a receiver that hangs holds up nobody else.
//
// All times that decide something are the queue's own: the workers' clocks may be wrong.
package webhookflow

import (
	"context"
	"errors"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
)

// EndpointQueue is a webhook that a worker has taken.
type EndpointQueue struct {
	ID           kernel.WebhookID
	Workspace    kernel.WorkspaceID
	URL          string          // as far as it may be shown, if SealedURL has it
	SealedURL    *webhook.Sealed // nil: URL is in clear
	Ordered      bool
	Secrets      []webhook.Secret
	Lease        string     // names this taking of the endpoint queue
	Lost         bool       // the process that had the endpoint queue before ended without giving it back
	Taken        time.Time  // now, by the queue's clock, as all times here
	Failures     int        // in a row
	FailingSince *time.Time // the first of them
	LastSuccess  *time.Time
}

// Item is an event that waits to be sent.
type Item struct {
	Position  int64
	Round     int // grows when somebody asks for the event once more
	Attempts  int // in this round
	Lost      int // processes that have ended while they delivered it
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
	Pause   time.Duration // until the next attempt, of Waiting
	Unsent  bool          // nothing was sent, which says nothing about the receiver
	Hasten  bool          // the receiver is back: what has come since it took something last is due now, its attempts so far forgotten
}

// ErrLost says that another worker has the endpoint queue now.
var ErrLost = errors.New("another worker has the endpoint queue")

// Queue keeps what waits.
type Queue interface {
	// Claim takes up to n endpoint queues that have something due, that no other living process has and that no worker of this process
	// has, also when another worker has been given them meanwhile: two workers of a process must not send side by side.
	Claim(ctx context.Context, n int) ([]EndpointQueue, error)
	// Due returns items of the endpoint queue that are due: of an ordered endpoint queue the first ones by position, as far as they are due,
	// else by the time they are due at. What is due later than MaxPause from now, which a clock that was wrong has said, is due now. An
	// endpoint queue that is another worker's has nothing due for this one.
	Due(ctx context.Context, endpoint EndpointQueue, limit int) ([]Item, error)
	// Hold returns ErrLost if the endpoint queue is another worker's.
	Hold(ctx context.Context, endpoint EndpointQueue) error
	// Mark keeps how many processes an item will have cost if this one ends before the item's outcome is recorded. It returns ErrLost, and
	// keeps nothing, if the endpoint queue is another worker's.
	Mark(ctx context.Context, endpoint EndpointQueue, item Item, lost int) error
	// Record keeps outcomes, in their order. What was delivered in a round stays so against any other outcome of that round; and what was
	// refused or given up waits no more until there is another round. ErrLost says that the endpoint queue is another worker's now: then
	// deliveries were kept, and every attempt, but no other outcome, since what waits is the other worker's to decide.
	Record(ctx context.Context, endpoint EndpointQueue, outcomes []Outcome) error
	// Release gives the endpoint queue back; nobody takes it before the pause is over, unless somebody has wanted it tried at once
	// meanwhile. It ends each endpoint queue's time with its worker, also when it fails, and does nothing to an endpoint queue that is
	// another worker's.
	Release(ctx context.Context, endpoint EndpointQueue, pause time.Duration) error
	// Replay puts a piece of what somebody wants sent once more into the queue, and reports whether there was anything to do.
	Replay(ctx context.Context) (bool, error)
	// Prune forgets some of what ended longer ago than that, and reports whether there is more.
	Prune(ctx context.Context, keep time.Duration) (bool, error)
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
