package stripetwin

import (
	"fmt"
	"math"
	"time"
)

type subscription struct {
	id, item, customer, price, status string
	start, end, created, trialEnd     time.Time
	cancelAtEnd                       bool
	schedule, latest                  string
	pending                           string    // the price that an upgrade waits to be paid for
	retry                             time.Time // of the payment that failed; zero: none
	tries                             int
	meta                              map[string]string
}

type schedule struct {
	id, sub, status string
	phases          []phase
}

type phase struct {
	start, end time.Time
	price      string
	meta       map[string]string
}

type invoice struct {
	id, number, customer, sub, status, reason, currency string
	total, paid                                         int64
	lines                                               []line
	created                                             time.Time
}

type line struct {
	price     string
	amount    int64
	proration bool
}

func (t *Twin) subscriptionRoutes() {
	t.api("GET /v1/subscriptions/{id}", func(c *call) (any, *failure) {
		if o, ok := t.subs[c.PathValue("id")]; ok {
			return t.showSub(o, c.expands("schedule")), nil
		}
		return nil, missing("subscription", c.PathValue("id"))
	})
	t.api("POST /v1/subscriptions/{id}", t.updateSub)
	t.lists()
	t.api("GET /v1/invoices/{id}", func(c *call) (any, *failure) {
		if o, ok := t.invoices[c.PathValue("id")]; ok {
			return t.showInvoice(o), nil
		}
		return nil, missing("invoice", c.PathValue("id"))
	})
	t.api("POST /v1/subscription_schedules", t.newSchedule)
	t.api("GET /v1/subscription_schedules/{id}", func(c *call) (any, *failure) {
		if o, ok := t.schedules[c.PathValue("id")]; ok {
			return o.show(), nil
		}
		return nil, missing("subscription_schedule", c.PathValue("id"))
	})
	t.api("POST /v1/subscription_schedules/{id}", t.updateSchedule)
	t.api("POST /v1/subscription_schedules/{id}/release", func(c *call) (any, *failure) {
		o := t.schedules[c.PathValue("id")]
		if o == nil || o.status != "active" {
			return nil, missing("subscription_schedule", c.PathValue("id"))
		}
		t.release(o)
		t.tellSub(t.subs[o.sub], "updated")
		return o.show(), nil
	})
}

func month(at time.Time) time.Time { return at.AddDate(0, 1, 0) }

// subscribe makes the subscription of a page that was paid.
func (t *Twin) subscribe(o *session) {
	now := t.now()
	s := &subscription{
		id: t.id("sub"), item: t.id("si"), customer: o.customer, price: o.price, status: "active", start: now, end: month(now), created: now,
		meta: o.meta,
	}
	amount := t.prices[o.price].unit
	if o.trialDays > 0 {
		s.status, s.end, amount = "trialing", now.AddDate(0, 0, int(o.trialDays)), 0
		s.trialEnd = s.end
	}
	t.subs[s.id], o.subscription = s, s.id
	t.tellSub(s, "created")
	i := t.bill(s, "subscription_create", line{price: s.price, amount: amount})
	o.invoice = i.id
}

// bill makes an invoice of the subscription and has it paid by the customer's card; it reports what became of it.
func (t *Twin) bill(s *subscription, reason string, lines ...line) *invoice {
	i := &invoice{
		id: t.id("in"), number: fmt.Sprintf("TWIN-%04d", len(t.invoices)+1), customer: s.customer, sub: s.id, status: "open", reason: reason,
		currency: t.prices[s.price].currency, lines: lines, created: t.now(),
	}
	for _, l := range lines {
		i.total += l.amount
	}
	t.invoices[i.id], s.latest = i, i.id
	t.emit("invoice.created", t.showInvoice(i))
	t.collect(i)
	return i
}

// collect tries to have an open invoice paid.
func (t *Twin) collect(i *invoice) bool {
	if i.total > 0 && t.customers[i.customer].card != good {
		t.emit("invoice.payment_failed", t.showInvoice(i))
		return false
	}
	i.status, i.paid = "paid", max(i.total, 0)
	t.emit("invoice.paid", t.showInvoice(i))
	t.emit("invoice.payment_succeeded", t.showInvoice(i))
	return true
}

func (t *Twin) updateSub(c *call) (any, *failure) {
	s := t.subs[c.PathValue("id")]
	if s == nil {
		return nil, missing("subscription", c.PathValue("id"))
	}
	if s.status == "canceled" {
		return nil, missing("subscription", s.id)
	}
	want, id := c.get("items[0][price]"), c.get("items[0][id]")
	if want != "" && s.schedule != "" {
		return nil, invalid("", "items",
			"The subscription is managed by the subscription schedule `%s`, and updating any items is not allowed.", s.schedule)
	}
	switch c.get("cancel_at_period_end") {
	case "true":
		s.cancelAtEnd = true
	case "false":
		s.cancelAtEnd = false
	}
	behavior, payment, trial := c.get("proration_behavior"), c.get("payment_behavior"), c.get("trial_end")
	if want != "" {
		if id != s.item || t.prices[want] == nil {
			return nil, missing("price", want)
		}
		if behavior != "always_invoice" || payment != "pending_if_incomplete" {
			return nil, invalid("", "proration_behavior", "the twin knows always_invoice with pending_if_incomplete only")
		}
		if t.customers[s.customer].card == noCard {
			return nil, invalid("resource_missing", "", "This customer has no attached payment source or default payment method.")
		}
		t.upgrade(s, want, trial == "now")
	}
	t.tellSub(s, "updated")
	return t.showSub(s, false), nil
}

// upgrade changes the price at once if what the proration asks for is paid; else the change waits for that.
func (t *Twin) upgrade(s *subscription, want string, endTrial bool) {
	now := t.now()
	lines := []line{{want, t.prices[want].unit, false}}
	if !endTrial {
		left := float64(s.end.Sub(now)) / float64(s.end.Sub(s.start))
		share := func(unit int64) int64 { return int64(math.Round(float64(unit) * left)) }
		lines = []line{{s.price, -share(t.prices[s.price].unit), true}, {want, share(t.prices[want].unit), true}}
	}
	s.pending = want
	if i := t.bill(s, "subscription_update", lines...); i.status == "paid" {
		t.applyPending(s, endTrial)
	}
}

func (t *Twin) applyPending(s *subscription, endTrial bool) {
	s.price, s.pending = s.pending, ""
	if endTrial {
		s.status, s.start, s.end = "active", t.now(), month(t.now())
		s.trialEnd = s.start
	}
}

func (t *Twin) newSchedule(c *call) (any, *failure) {
	s := t.subs[c.get("from_subscription")]
	if s == nil {
		return nil, missing("subscription", c.get("from_subscription"))
	}
	if s.schedule != "" {
		return nil, invalid("", "from_subscription", "The subscription `%s` is already attached to a schedule.", s.id)
	}
	o := &schedule{id: t.id("sub_sched"), sub: s.id, status: "active", phases: []phase{{start: s.start, end: s.end, price: s.price}}}
	t.schedules[o.id], s.schedule = o, o.id
	t.emit("subscription_schedule.created", o.show())
	return o.show(), nil
}

func (t *Twin) updateSchedule(c *call) (any, *failure) {
	o := t.schedules[c.PathValue("id")]
	if o == nil || o.status != "active" {
		return nil, missing("subscription_schedule", c.PathValue("id"))
	}
	c.get("end_behavior")
	first, second := "phases[0]", "phases[1]"
	for _, name := range []string{"[items][0][quantity]", "[iterations]", "[proration_behavior]", "[trial_end]"} {
		c.get(first + name)
		c.get(second + name)
	}
	now := phase{
		start: time.Unix(c.number(first+"[start_date]"), 0).UTC(), end: time.Unix(c.number(first+"[end_date]"), 0).UTC(),
		price: c.get(first + "[items][0][price]"),
	}
	next := phase{start: now.end, end: month(now.end), price: c.get(second + "[items][0][price]"), meta: c.meta(second + "[metadata]")}
	if !now.start.Equal(o.phases[0].start) || t.prices[now.price] == nil || t.prices[next.price] == nil {
		return nil, invalid("", first, "The first phase must be the current one, and each phase needs a price.")
	}
	o.phases = []phase{now, next}
	t.emit("subscription_schedule.updated", o.show())
	t.tellSub(t.subs[o.sub], "updated")
	return o.show(), nil
}

func (t *Twin) release(o *schedule) {
	o.status = "released"
	t.subs[o.sub].schedule = ""
	t.emit("subscription_schedule.released", o.show())
}

func (t *Twin) tellSub(s *subscription, what string) {
	t.emit("customer.subscription."+what, t.showSub(s, false))
}

func (t *Twin) showSub(s *subscription, whole bool) object {
	o := object{
		"id": s.id, "object": "subscription", "customer": s.customer, "status": s.status, "current_period_start": s.start.Unix(),
		"current_period_end": s.end.Unix(), "cancel_at_period_end": s.cancelAtEnd, "created": s.created.Unix(), "schedule": ref(s.schedule),
		"latest_invoice": ref(s.latest), "metadata": s.meta, "trial_end": nil,
		"items": list("/v1/subscription_items", object{
			"id": s.item, "object": "subscription_item", "quantity": 1, "price": t.prices[s.price].show(), "subscription": s.id,
		}),
	}
	if !s.trialEnd.IsZero() {
		o["trial_end"] = s.trialEnd.Unix()
	}
	if whole && s.schedule != "" {
		o["schedule"] = t.schedules[s.schedule].show()
	}
	return o
}

func (o *schedule) show() object {
	var phases []any
	for _, p := range o.phases {
		phases = append(phases, object{
			"start_date": p.start.Unix(), "end_date": p.end.Unix(), "metadata": p.meta, "items": []any{object{"price": p.price, "quantity": 1}},
		})
	}
	out := object{"id": o.id, "object": "subscription_schedule", "status": o.status, "phases": phases, "subscription": ref(o.sub)}
	if o.status == "released" {
		out["subscription"], out["released_subscription"] = nil, o.sub
	}
	return out
}

func (t *Twin) showInvoice(i *invoice) object {
	var lines []any
	for n, l := range i.lines {
		lines = append(lines, object{
			"id": fmt.Sprintf("il_%s_%d", i.id, n), "object": "line_item", "amount": l.amount, "currency": i.currency, "quantity": 1,
			"proration": l.proration, "price": t.prices[l.price].show(), "type": "subscription",
		})
	}
	return object{
		"id": i.id, "object": "invoice", "number": i.number, "customer": i.customer, "subscription": ref(i.sub), "status": i.status,
		"billing_reason": i.reason, "currency": i.currency, "total": i.total, "amount_due": max(i.total, 0), "amount_paid": i.paid,
		"created": i.created.Unix(), "lines": list("/v1/invoices/"+i.id+"/lines", lines...),
		"hosted_invoice_url": t.cfg.Base + "/invoice/" + i.id, "invoice_pdf": t.cfg.Base + "/invoice/" + i.id + "?pdf",
	}
}
