package stripetwin

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"
)

// Event is something that the twin tells of.
type Event struct {
	ID   string
	Type string
	Body []byte
}

// emit tells of an object as it is now. The lock is held.
func (t *Twin) emit(kind string, o object) {
	id := t.id("evt")
	body := encode(object{
		"id": id, "object": "event", "api_version": stripe.APIVersion, "created": t.now().Unix(), "type": kind, "livemode": false,
		"pending_webhooks": 1, "request": object{"id": nil, "idempotency_key": nil}, "data": object{"object": o},
	})
	t.events = append(t.events, Event{ID: id, Type: kind, Body: body})
	select {
	case t.told <- struct{}{}:
	default:
	}
}

// Events are all that the twin has told of after so many, in order.
func (t *Twin) Events(after int) []Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Event(nil), t.events[min(after, len(t.events)):]...)
}

// Signature signs an event's body as Stripe does, at the time.
func (t *Twin) Signature(e Event, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: e.Body, Secret: t.cfg.Secret, Timestamp: at}).Header
}

// Post delivers an event once.
func (t *Twin) Post(ctx context.Context, address string, e Event) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(e.Body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", t.Signature(e, t.cfg.Now()))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	const most = 1 << 16
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, most)); err != nil {
		return err
	}
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the webhook answered %s", res.Status)
	}
	return nil
}

const (
	latest  = 2 * time.Second // that an event is delivered after it happened
	retries = 5
)

// Deliver sends each event to the address, until ctx ends: a little late, twice, and so out of order.
func (t *Twin) Deliver(ctx context.Context, address string) {
	for sent := 0; ; {
		for _, e := range t.Events(sent) {
			sent++
			for range 2 {
				go t.eventually(ctx, address, e)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.told:
		}
	}
}

func (t *Twin) eventually(ctx context.Context, address string, e Event) {
	for range retries {
		select {
		case <-ctx.Done():
			return
		case <-time.After(rand.N(latest)): //nolint:gosec // no secret
		}
		if t.Post(ctx, address, e) == nil {
			return
		}
	}
}
