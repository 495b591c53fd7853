package billing

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// SubscriptionStatus is Stripe's status of a subscription.
type SubscriptionStatus string

// The statuses that a workspace has its plan by, and those that are final.
const (
	Trialing          SubscriptionStatus = "trialing"
	Active            SubscriptionStatus = "active"
	PastDue           SubscriptionStatus = "past_due"
	Canceled          SubscriptionStatus = "canceled"
	IncompleteExpired SubscriptionStatus = "incomplete_expired"
)

// Stripe's statuses of an invoice and of a payment that are looked at.
const (
	InvoicePaid      = "paid"
	InvoiceVoid      = "void"
	PaymentSucceeded = "succeeded"
	PaymentCanceled  = "canceled"
)

// Subscription is a subscription as Stripe had it when it was fetched.
type Subscription struct {
	ID                string             `json:"id"`
	Customer          string             `json:"customer"`
	Status            SubscriptionStatus `json:"status"`
	Plan              PlanID             `json:"plan"`
	PeriodStart       time.Time          `json:"period_start"`
	PeriodEnd         time.Time          `json:"period_end"`
	CancelAtPeriodEnd bool               `json:"cancel_at_period_end,omitempty"`
	NextPlan          PlanID             `json:"next_plan,omitempty"`  // in force from the period's end on: a downgrade
	TrialPlan         PlanID             `json:"trial_plan,omitempty"` // whose trial it began with
	Created           time.Time          `json:"created"`
}

// Line is a line of an invoice that is of a plan's price.
type Line struct {
	Plan      PlanID `json:"plan"`
	Amount    int64  `json:"amount_cents"`     // negative for what a proration gives back
	UnitPrice int64  `json:"unit_price_cents"` // of a whole month
}

// Invoice is an invoice as Stripe had it when it was fetched.
type Invoice struct {
	ID           string    `json:"id"`
	Number       string    `json:"number,omitempty"`
	Customer     string    `json:"customer"`
	Subscription string    `json:"subscription,omitempty"`
	Status       string    `json:"status"`
	Reason       string    `json:"reason,omitempty"` // Stripe's billing_reason
	Currency     string    `json:"currency"`
	Total        int64     `json:"total_cents"`
	Paid         int64     `json:"paid_cents"`
	Lines        []Line    `json:"lines,omitempty"`
	HostedURL    string    `json:"hosted_url,omitempty"`
	PDF          string    `json:"pdf,omitempty"`
	Created      time.Time `json:"created"`
}

// Payment is a payment of a pack as Stripe had it when it was fetched.
type Payment struct {
	ID       string    `json:"id"`
	Customer string    `json:"customer"`
	Order    string    `json:"order"`
	Status   string    `json:"status"`
	Currency string    `json:"currency"`
	Received int64     `json:"received_cents"`
	Created  time.Time `json:"created"`
}

// Order is a pack as it was offered when its payment page was made.
type Order struct {
	ID       string         `json:"id"`
	Pack     PackID         `json:"pack"`
	Credits  kernel.Credits `json:"credits_mc"`
	Price    int64          `json:"price_cents"`
	Currency string         `json:"currency"`
	Session  string         `json:"session"`
}

// CustomerMade says that the workspace has become a customer of Stripe.
type CustomerMade struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Customer  string             `json:"customer"`
	At        time.Time          `json:"at"`
}

// CustomerLinked says in the customer's own stream which workspace it is.
type CustomerLinked struct {
	Customer  string             `json:"customer"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
}

// OrderPlaced says that a payment page was made for a pack.
type OrderPlaced struct {
	Order Order     `json:"order"`
	At    time.Time `json:"at"`
}

// CheckoutStarted says that a page was made on which a plan is subscribed to.
type CheckoutStarted struct {
	Plan    PlanID    `json:"plan"`
	Session string    `json:"session"`
	At      time.Time `json:"at"`
}

// PlanChangeAsked says what was asked of Stripe for a subscription; what has become of it is observed.
type PlanChangeAsked struct {
	Subscription string    `json:"subscription"`
	Change       Change    `json:"change"`
	From         PlanID    `json:"from"`
	To           PlanID    `json:"to"`
	At           time.Time `json:"at"`
}

// SubscriptionObserved is a subscription that has changed, with the credits of a trial that has begun.
type SubscriptionObserved struct {
	Subscription Subscription   `json:"subscription"`
	Credits      kernel.Credits `json:"credits_mc,omitempty"`
	At           time.Time      `json:"at"`
}

// InvoiceObserved is an invoice that has changed, with the credits that it brought if it is seen paid for the first time.
type InvoiceObserved struct {
	Invoice Invoice        `json:"invoice"`
	Credits kernel.Credits `json:"credits_mc,omitempty"`
	At      time.Time      `json:"at"`
}

// PaymentObserved is a pack's payment that has changed, with the credits that it brought if it is seen paid for the first time, or why it
// brought none.
type PaymentObserved struct {
	Payment Payment        `json:"payment"`
	Credits kernel.Credits `json:"credits_mc,omitempty"`
	Refused string         `json:"refused,omitempty"`
	At      time.Time      `json:"at"`
}

// FreeMonthGranted says that the free plan's credits of a month (UTC, as 2006-01) were brought in.
type FreeMonthGranted struct {
	Month   string         `json:"month"`
	Credits kernel.Credits `json:"credits_mc"`
	At      time.Time      `json:"at"`
}

// MaxDifferences is how many differences a reconciliation names.
const MaxDifferences = 100

// Difference is something about one of Stripe's objects that is not the same in two places.
type Difference struct {
	Object string `json:"object" doc:"Stripe's id of it."`
	What   string `json:"what" doc:"status or paid: at Stripe and here; credits: as folded, and in the ledger."`
	There  string `json:"there"`
	Here   string `json:"here"`
}

// Reconciled says that all that Stripe has of the workspace was compared with what is here, and what differs.
type Reconciled struct {
	At          time.Time    `json:"at"`
	Objects     int          `json:"objects"`
	Differences []Difference `json:"differences,omitempty"`
}

// Ref names one of Stripe's objects.
type Ref struct {
	Kind Kind
	ID   string
}

// SignalReceived says that Stripe has told of one of its objects.
type SignalReceived struct {
	Event    string    `json:"event"` // Stripe's id of it
	Type     string    `json:"type"`
	Kind     Kind      `json:"kind"`
	Object   string    `json:"object"`
	Customer string    `json:"customer"`
	At       time.Time `json:"at"`
}

// Kind is the kind of one of Stripe's objects.
type Kind string

// The kinds of objects that are folded.
const (
	KindSession      Kind = "checkout.session"
	KindSubscription Kind = "subscription"
	KindSchedule     Kind = "subscription_schedule"
	KindInvoice      Kind = "invoice"
	KindPayment      Kind = "payment_intent"
)

// Kinds lists the kinds of objects that are folded.
func Kinds() []Kind {
	return []Kind{KindSession, KindSubscription, KindSchedule, KindInvoice, KindPayment}
}

// EventType names the event.
func (CustomerMade) EventType() string { return "billing.customer_made.v1" }

// EventType names the event.
func (CustomerLinked) EventType() string { return "billing.customer_linked.v1" }

// EventType names the event.
func (OrderPlaced) EventType() string { return "billing.order_placed.v1" }

// EventType names the event.
func (CheckoutStarted) EventType() string { return "billing.checkout_started.v1" }

// EventType names the event.
func (PlanChangeAsked) EventType() string { return "billing.plan_change_asked.v1" }

// EventType names the event.
func (SubscriptionObserved) EventType() string { return "billing.subscription_observed.v1" }

// EventType names the event.
func (InvoiceObserved) EventType() string { return "billing.invoice_observed.v1" }

// EventType names the event.
func (PaymentObserved) EventType() string { return "billing.payment_observed.v1" }

// EventType names the event.
func (FreeMonthGranted) EventType() string { return "billing.free_month_granted.v1" }

// EventType names the event.
func (Reconciled) EventType() string { return "billing.reconciled.v1" }

// EventType names the event.
func (SignalReceived) EventType() string { return "billing.signal_received.v1" }

// Events lists the module's events.
func Events() []kernel.Event {
	return []kernel.Event{
		CustomerMade{},
		CustomerLinked{},
		OrderPlaced{},
		CheckoutStarted{},
		PlanChangeAsked{},
		SubscriptionObserved{},
		InvoiceObserved{},
		PaymentObserved{},
		FreeMonthGranted{},
		Reconciled{},
		SignalReceived{},
	}
}
