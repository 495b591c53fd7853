package stripetwin

import (
	"strings"
)

type customer struct {
	id, name string
	meta     map[string]string
	card     card
}

// card is what a customer pays with.
type card string

const (
	noCard   card = ""
	good     card = "good"
	declined card = "declined"
)

type price struct {
	id, lookup, currency, product, interval string
	unit                                    int64
	meta                                    map[string]string
}

type session struct {
	id, mode, customer, price, success, cancel, status string
	currency, item                                     string
	amount                                             int64
	meta                                               map[string]string // of the payment or the subscription
	trialDays                                          int64
	cardOptional                                       bool
	payment, subscription, invoice                     string
	created                                            int64
}

type payment struct {
	id, customer, status, currency string
	amount, received, created      int64
	meta                           map[string]string
}

func (t *Twin) routes() {
	t.api("POST /v1/customers", t.newCustomer)
	t.api("GET /v1/customers/{id}", func(c *call) (any, *failure) {
		if o, ok := t.customers[c.PathValue("id")]; ok {
			return o.show(), nil
		}
		return nil, missing("customer", c.PathValue("id"))
	})
	t.api("GET /v1/prices", t.listPrices)
	t.api("POST /v1/prices", t.newPrice)
	t.api("POST /v1/checkout/sessions", t.newSession)
	t.api("GET /v1/checkout/sessions/{id}", func(c *call) (any, *failure) {
		if o, ok := t.sessions[c.PathValue("id")]; ok {
			return t.showSession(o), nil
		}
		return nil, missing("checkout.session", c.PathValue("id"))
	})
	t.api("POST /v1/checkout/sessions/{id}/expire", func(c *call) (any, *failure) {
		o := t.sessions[c.PathValue("id")]
		if o == nil {
			return nil, missing("checkout.session", c.PathValue("id"))
		}
		if o.status != "open" {
			return nil, invalid("", "",
				"Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `%s`.", o.status)
		}
		o.status = "expired"
		t.emit("checkout.session.expired", t.showSession(o))
		return t.showSession(o), nil
	})
	t.api("POST /v1/billing_portal/sessions", t.newPortal)
	t.api("GET /v1/payment_intents/{id}", func(c *call) (any, *failure) {
		if o, ok := t.payments[c.PathValue("id")]; ok {
			return o.show(), nil
		}
		return nil, missing("payment_intent", c.PathValue("id"))
	})
	t.api("POST /v1/webhook_endpoints", t.newEndpoint)
	t.api("GET /v1/webhook_endpoints", func(c *call) (any, *failure) {
		c.get("limit")
		var all []any
		for _, e := range t.endpoints {
			all = append(all, e.show())
		}
		return list("/v1/webhook_endpoints", all...), nil
	})
	t.subscriptionRoutes()
	t.pages()
}

func (t *Twin) newCustomer(c *call) (any, *failure) {
	o := &customer{id: t.id("cus"), name: c.get("name"), meta: c.meta("metadata")}
	t.customers[o.id] = o
	t.emit("customer.created", o.show())
	return o.show(), nil
}

func (o *customer) show() object {
	return object{"id": o.id, "object": "customer", "name": o.name, "metadata": o.meta}
}

func (t *Twin) listPrices(c *call) (any, *failure) {
	active, want := c.get("active"), c.get("lookup_keys[0]")
	c.get("limit")
	var found []any
	for _, p := range t.prices {
		if active != "false" && (want == "" || p.lookup == want) {
			found = append(found, p.show())
		}
	}
	return list("/v1/prices", found...), nil
}

func (t *Twin) newPrice(c *call) (any, *failure) {
	o := &price{
		id: t.id("price"), lookup: c.get("lookup_key"), currency: c.get("currency"), unit: c.number("unit_amount"),
		product: c.get("product_data[name]"), interval: c.get("recurring[interval]"), meta: c.meta("metadata"),
	}
	for _, p := range t.prices {
		if p.lookup == o.lookup {
			return nil, invalid("", "lookup_key", "A price (`%s`) already uses that lookup key.", p.id)
		}
	}
	t.prices[o.id] = o
	return o.show(), nil
}

func (p *price) show() object {
	return object{
		"id": p.id, "object": "price", "active": true, "currency": p.currency, "unit_amount": p.unit, "lookup_key": p.lookup,
		"metadata": p.meta, "type": "recurring", "recurring": object{"interval": p.interval, "interval_count": 1}, "product": "prod_" + p.id,
	}
}

const item = "line_items[0]"

func (t *Twin) newSession(c *call) (any, *failure) {
	o := &session{
		id: t.id("cs_test"), mode: c.get("mode"), customer: c.get("customer"), success: c.get("success_url"), cancel: c.get("cancel_url"),
		status: "open", created: t.now().Unix(),
	}
	c.get("client_reference_id")
	if t.customers[o.customer] == nil {
		return nil, missing("customer", o.customer)
	}
	if c.number(item+"[quantity]") != 1 {
		return nil, invalid("parameter_missing", item, "Missing required param: line_items[0][quantity].")
	}
	switch o.mode {
	case "payment":
		o.amount, o.currency = c.number(item+"[price_data][unit_amount]"), c.get(item+"[price_data][currency]")
		o.item, o.meta = c.get(item+"[price_data][product_data][name]"), c.meta("payment_intent_data[metadata]")
	case "subscription":
		o.price = c.get(item + "[price]")
		p := t.prices[o.price]
		if p == nil {
			return nil, missing("price", o.price)
		}
		o.amount, o.currency, o.item, o.meta = p.unit, p.currency, p.product, c.meta("subscription_data[metadata]")
		o.trialDays = c.number("subscription_data[trial_period_days]")
		o.cardOptional = c.get("payment_method_collection") == "if_required"
		c.get("subscription_data[trial_settings][end_behavior][missing_payment_method]")
	default:
		return nil, invalid("parameter_missing", "mode", "Invalid mode: must be one of payment or subscription")
	}
	t.sessions[o.id] = o
	return t.showSession(o), nil
}

func (t *Twin) showSession(o *session) object {
	status, url := "unpaid", any(nil)
	switch o.status {
	case "open":
		url = t.cfg.Base + "/pay/" + o.id
	case "complete":
		status = "paid"
	}
	return object{
		"id": o.id, "object": "checkout.session", "mode": o.mode, "customer": o.customer, "status": o.status, "payment_status": status,
		"url": url, "amount_total": o.amount, "currency": o.currency, "payment_intent": ref(o.payment),
		"subscription": ref(o.subscription), "invoice": ref(o.invoice), "created": o.created,
	}
}

func (o *payment) show() object {
	return object{
		"id": o.id, "object": "payment_intent", "customer": o.customer, "status": o.status, "currency": o.currency, "amount": o.amount,
		"amount_received": o.received, "metadata": o.meta, "created": o.created,
	}
}

// Pay does what a person does on the page: pays with a good card, or with one that is declined. A trial needs no card.
func (t *Twin) Pay(sessionID string, with string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	o := t.sessions[sessionID]
	if o == nil || o.status != "open" {
		return false
	}
	c := t.customers[o.customer]
	if card(with) == declined {
		if o.mode == "payment" {
			t.settle(o, "requires_payment_method", 0)
			t.emit("payment_intent.payment_failed", t.payments[o.payment].show())
		}
		return false
	}
	if card(with) == noCard && !o.cardOptional {
		return false
	}
	if card(with) != noCard {
		c.card = card(with)
	}
	o.status = "complete"
	if o.mode == "payment" {
		t.settle(o, "succeeded", o.amount)
		t.emit("payment_intent.succeeded", t.payments[o.payment].show())
	} else {
		t.subscribe(o)
	}
	t.emit("checkout.session.completed", t.showSession(o))
	return true
}

func (t *Twin) settle(o *session, status string, received int64) {
	p := t.payments[o.payment]
	if p == nil {
		p = &payment{id: t.id("pi"), customer: o.customer, currency: o.currency, amount: o.amount, meta: o.meta, created: t.now().Unix()}
		t.payments[p.id], o.payment = p, p.id
	}
	p.status, p.received = status, received
}

func (t *Twin) newPortal(c *call) (any, *failure) {
	o := t.customers[c.get("customer")]
	if o == nil {
		return nil, missing("customer", c.get("customer"))
	}
	back := c.get("return_url")
	return object{
		"id": t.id("bps"), "object": "billing_portal.session", "customer": o.id, "return_url": back,
		"url": t.cfg.Base + "/portal/" + o.id + "?return=" + escape(back),
	}, nil
}

func (t *Twin) newEndpoint(c *call) (any, *failure) {
	e := endpoint{id: t.id("we"), url: c.get("url"), version: c.get("api_version")}
	c.get("description")
	for name := range c.form {
		if strings.HasPrefix(name, "enabled_events[") {
			c.get(name)
		}
	}
	t.endpoints = append(t.endpoints, e)
	shown := e.show()
	shown["secret"] = t.cfg.Secret
	return shown, nil
}

func (e endpoint) show() object {
	return object{"id": e.id, "object": "webhook_endpoint", "url": e.url, "api_version": e.version, "status": "enabled"}
}
