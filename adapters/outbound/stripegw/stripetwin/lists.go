package stripetwin

import (
	"cmp"
	"slices"
)

// lists adds what is listed of a customer, newest first.
func (t *Twin) lists() {
	t.api("GET /v1/subscriptions", func(c *call) (any, *failure) {
		c.get("status")
		return listOf(c, t.subs, func(s *subscription) string { return s.customer },
			func(s *subscription) any { return t.showSub(s, false) }), nil
	})
	t.api("GET /v1/invoices", func(c *call) (any, *failure) {
		return listOf(c, t.invoices, func(i *invoice) string { return i.customer }, func(i *invoice) any { return t.showInvoice(i) }), nil
	})
	t.api("GET /v1/payment_intents", func(c *call) (any, *failure) {
		return listOf(c, t.payments, func(p *payment) string { return p.customer }, func(p *payment) any { return p.show() }), nil
	})
}

func listOf[T any](c *call, all map[string]T, of func(T) string, show func(T) any) object {
	limit, after := int(c.number("limit")), c.get("starting_after")
	customer := c.get("customer")
	var ids []string
	for id, o := range all {
		if of(o) == customer && (after == "" || id < after) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(b, a) })
	more := len(ids) > limit
	var out []any
	for _, id := range ids[:min(limit, len(ids))] {
		out = append(out, show(all[id]))
	}
	l := list(c.URL.Path, out...)
	l["has_more"] = more
	return l
}

// Forget loses all customers with what is theirs, as a test mode does whose data is deleted.
func (t *Twin) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.customers)
	clear(t.sessions)
	clear(t.subs)
	clear(t.schedules)
	clear(t.invoices)
	clear(t.payments)
}

// Alter changes what was paid of an invoice without telling, as no Stripe would.
func (t *Twin) Alter(id string, cents int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if i := t.invoices[id]; i != nil {
		i.paid += cents
	}
}
