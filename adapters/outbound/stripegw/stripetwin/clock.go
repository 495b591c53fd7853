package stripetwin

import (
	"slices"
	"time"
)

// A payment that fails is tried again three times within a week; then the subscription is canceled.
const day = 24 * time.Hour

func pauses() []time.Duration { return []time.Duration{day, 2 * day, 4 * day} }

// Now is the twin's time.
func (t *Twin) Now() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.now()
}

// Advance moves the twin's clock on, as a test clock of Stripe: what falls due on the way happens at its time, in order.
func (t *Twin) Advance(by time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	until := t.now().Add(by)
	for {
		s, due := t.next(until)
		if s == nil {
			break
		}
		t.ahead += max(due.Sub(t.now()), 0)
		if !s.retry.IsZero() && s.retry.Equal(due) {
			t.tryAgain(s)
		} else {
			t.renew(s)
		}
	}
	t.ahead += until.Sub(t.now())
}

// next is the subscription with what falls due first, nil if nothing does until then.
func (t *Twin) next(until time.Time) (first *subscription, due time.Time) {
	ids := make([]string, 0, len(t.subs))
	for id := range t.subs {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		s := t.subs[id]
		if s.status == "canceled" {
			continue
		}
		at := s.end
		if !s.retry.IsZero() && s.retry.Before(at) {
			at = s.retry
		}
		if !at.After(until) && (first == nil || at.Before(due)) {
			first, due = s, at
		}
	}
	return first, due
}

// renew is what happens at a period's end.
func (t *Twin) renew(s *subscription) {
	trial := s.status == "trialing"
	if s.cancelAtEnd || trial && t.customers[s.customer].card == noCard {
		t.end(s)
		return
	}
	if o := t.schedules[s.schedule]; o != nil {
		if last := o.phases[len(o.phases)-1]; len(o.phases) > 1 && last.start.Equal(s.end) {
			s.price = last.price
		} else {
			t.release(o)
		}
	}
	s.start, s.end = s.end, month(s.end)
	if trial {
		s.status = "active"
	}
	i := t.bill(s, "subscription_cycle", line{price: s.price, amount: t.prices[s.price].unit})
	if i.status != "paid" {
		s.status, s.tries, s.retry = "past_due", 0, t.now().Add(pauses()[0])
	}
	t.tellSub(s, "updated")
}

func (t *Twin) tryAgain(s *subscription) {
	i := t.invoices[s.latest]
	if i.status == "paid" || t.collect(i) {
		t.recovered(s)
		return
	}
	if s.tries++; s.tries >= len(pauses()) {
		t.end(s)
		return
	}
	s.retry = t.now().Add(pauses()[s.tries])
	t.tellSub(s, "updated")
}

func (t *Twin) recovered(s *subscription) {
	s.retry, s.tries = time.Time{}, 0
	if s.status == "past_due" {
		s.status = "active"
	}
	t.tellSub(s, "updated")
}

func (t *Twin) end(s *subscription) {
	if o := t.schedules[s.schedule]; o != nil {
		t.release(o)
	}
	s.status, s.retry, s.cancelAtEnd = "canceled", time.Time{}, false
	t.tellSub(s, "deleted")
}

// SetCard changes what the customer pays with: "good", "declined" or "" for no card.
func (t *Twin) SetCard(customerID, with string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.customers[customerID]; c != nil {
		c.card = card(with)
	}
}

// PayInvoice does what a person does on an open invoice's page: pays it with a good card.
func (t *Twin) PayInvoice(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := t.invoices[id]
	if i == nil || i.status != "open" {
		return false
	}
	t.customers[i.customer].card = good
	t.collect(i)
	s := t.subs[i.sub]
	switch {
	case s == nil || s.status == "canceled":
	case s.pending != "" && i.reason == "subscription_update":
		t.applyPending(s, s.status == "trialing")
		t.tellSub(s, "updated")
	default:
		t.recovered(s)
	}
	return true
}
