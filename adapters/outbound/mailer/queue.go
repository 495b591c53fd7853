package mailer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// ErrFull says that too many mails are waiting.
var ErrFull = errors.New("mailer: too many mails are waiting")

// ErrClosed says that the queue takes no more mails.
var ErrClosed = errors.New("mailer: the queue is closed")

// Queue takes mails at once and sends them in the background, so that no request waits for a mail server. What waits when
// the process dies is lost: each of our mails can be asked for again.
type Queue struct {
	next   Mailer
	logger *slog.Logger
	pauses []time.Duration // before each further try
	ctx    context.Context // ends the pauses and the sending when Close runs out of patience
	cancel context.CancelFunc
	mails  chan Mail
	done   chan struct{}
	mu     sync.Mutex
	closed bool
}

var _ Mailer = (*Queue)(nil)

// NewQueue sends through next, trying again after each of the pauses. size is how many mails may wait.
func NewQueue(next Mailer, size int, logger *slog.Logger, pauses ...time.Duration) *Queue {
	ctx, cancel := context.WithCancel(context.Background()) //nolint:forbidigo // outlives the requests that ask for mails
	q := &Queue{next: next, logger: logger, pauses: pauses, ctx: ctx, cancel: cancel, mails: make(chan Mail, size), done: make(chan struct{})}
	go q.run()
	return q
}

// Send implements Mailer: it takes the mail to be sent soon.
func (q *Queue) Send(_ context.Context, to, subject, text string) error {
	if err := checkAddress(to); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return ErrClosed
	}
	select {
	case q.mails <- Mail{To: to, Subject: subject, Text: text}:
		return nil
	default:
		return ErrFull
	}
}

// Close sends what is waiting, until ctx ends.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.mails)
	}
	q.mu.Unlock()
	defer q.cancel()
	select {
	case <-q.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (q *Queue) run() {
	defer close(q.done)
	for m := range q.mails {
		if err := q.deliver(m); err != nil {
			q.logger.Error("a mail could not be sent", "subject", m.Subject, "error", err)
		}
	}
}

func (q *Queue) deliver(m Mail) error {
	err := q.next.Send(q.ctx, m.To, m.Subject, m.Text)
	for _, pause := range q.pauses {
		if err == nil {
			return nil
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-q.ctx.Done():
			timer.Stop()
			return err
		}
		err = q.next.Send(q.ctx, m.To, m.Subject, m.Text)
	}
	return err
}
