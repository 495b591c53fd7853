package billing

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Account is a workspace's billing, folded.
type Account struct {
	kernel.Root
	customer      string
	customers     map[string]bool // also those before
	orders        map[string]Order
	subscriptions map[string]Subscription
	invoices      map[string]Bill
	payments      map[string]Purchase
	trialed       bool
	freeMonth     string
	trials        map[string]kernel.Credits
	reconciled    Reconciled
	page          string // the last one that was made to subscribe on
}

// Bill is an invoice with the credits that it brought.
type Bill struct {
	Invoice
	Credits kernel.Credits
}

// Purchase is a pack's payment with the credits that it brought, or why it brought none.
type Purchase struct {
	Payment
	Credits kernel.Credits
	Refused string
}

// New returns the billing of a workspace that has bought nothing.
func New() *Account {
	return &Account{
		customers: map[string]bool{},
		orders:    map[string]Order{}, subscriptions: map[string]Subscription{}, invoices: map[string]Bill{}, payments: map[string]Purchase{},
		trials: map[string]kernel.Credits{},
	}
}

// Customer is the workspace's id at Stripe, "" while it has none.
func (a *Account) Customer() string { return a.customer }

// Trialed reports whether the workspace has had its trial.
func (a *Account) Trialed() bool { return a.trialed }

// Order finds a placed order.
func (a *Account) Order(id string) (Order, bool) {
	o, ok := a.orders[id]
	return o, ok
}

// Live is the subscription that the workspace has its plan by: the newest that is trialing, active or past due.
func (a *Account) Live() (Subscription, bool) {
	var live Subscription
	for _, s := range a.subscriptions {
		if s.gives() && (live.ID == "" || newer(s, live)) {
			live = s
		}
	}
	return live, live.ID != ""
}

func newer(a, b Subscription) bool {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID)) > 0
}

func (s Subscription) gives() bool {
	return s.Status == Trialing || s.Status == Active || s.Status == PastDue
}

// Plan is the plan in force.
func (a *Account) Plan() PlanID {
	if s, ok := a.Live(); ok {
		return s.Plan
	}
	return Free
}

// Bills are the invoices, newest first.
func (a *Account) Bills() []Bill {
	return sorted(a.invoices, func(b Bill) (time.Time, string) { return b.Created, b.ID })
}

// Purchases are the payments of packs, newest first.
func (a *Account) Purchases() []Purchase {
	return sorted(a.payments, func(p Purchase) (time.Time, string) { return p.Created, p.ID })
}

func sorted[T any](all map[string]T, by func(T) (time.Time, string)) []T {
	out := make([]T, 0, len(all))
	for _, one := range all {
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b T) int {
		at, aID := by(a)
		bt, bID := by(b)
		return cmp.Or(bt.Compare(at), cmp.Compare(bID, aID))
	})
	return out
}

// Become makes the workspace a customer of Stripe, in place of the one that it was before: none, or one that is not there any more.
func (a *Account) Become(ws kernel.WorkspaceID, customer, before string, at time.Time) error {
	if a.customer != before || a.customer == customer {
		return nil
	}
	return a.Record(a, CustomerMade{Workspace: ws, Customer: customer, At: at.UTC()})
}

// Place notes an order, once.
func (a *Account) Place(o Order, at time.Time) error {
	if _, ok := a.orders[o.ID]; ok {
		return nil
	}
	return a.Record(a, OrderPlaced{Order: o, At: at.UTC()})
}

// Page is the last page that was made to subscribe on, "" if none was.
func (a *Account) Page() string { return a.page }

// StartCheckout notes that a page was made on which the plan is subscribed to, in place of the page before. Two pages that are open would
// be two subscriptions.
func (a *Account) StartCheckout(plan PlanID, session, before string, at time.Time) error {
	if a.page == session {
		return nil
	}
	if a.page != before {
		return kernel.E(kernel.KindConflict, "CONFLICT", "a plan was chosen at the same moment by somebody else; look at it and try again")
	}
	return a.Record(a, CheckoutStarted{Plan: plan, Session: session, At: at.UTC()})
}

// AskChange notes what was asked of Stripe for the subscription.
func (a *Account) AskChange(s Subscription, c Change, to PlanID, at time.Time) error {
	return a.Record(a, PlanChangeAsked{Subscription: s.ID, Change: c, From: s.Plan, To: to, At: at.UTC()})
}

// errStranger refuses an object of another customer than the workspace's.
func (a *Account) errStranger(customer string) error {
	if a.customers[customer] {
		return nil
	}
	return fmt.Errorf("billing: an object of the customer %q was given to an account of %q", customer, a.customer)
}

// ObserveSubscription folds a subscription as it is at Stripe, and returns the credits of a trial that is seen for the first time.
func (a *Account) ObserveSubscription(c Catalog, s Subscription, at time.Time) (kernel.Credits, error) {
	if err := a.errStranger(s.Customer); err != nil {
		return 0, err
	}
	was, seen := a.subscriptions[s.ID]
	if seen && (same(was, s) || was.Status == Canceled || was.Status == IncompleteExpired) {
		return 0, nil
	}
	var credits kernel.Credits
	if plan, ok := c.Plan(s.TrialPlan); ok && !a.trialed {
		credits = plan.TrialCredits // also of a trial that was over when it was first seen
	}
	return credits, a.Record(a, SubscriptionObserved{Subscription: s, Credits: credits, At: at.UTC()})
}

// Vanish folds that a subscription is not at Stripe any more, so it is not paid for.
func (a *Account) Vanish(id string, at time.Time) error {
	s, ok := a.subscriptions[id]
	if !ok || a.Final(KindSubscription, id) {
		return nil
	}
	s.Status, s.NextPlan, s.CancelAtPeriodEnd = Canceled, "", false
	return a.Record(a, SubscriptionObserved{Subscription: s, At: at.UTC()})
}

// ObserveInvoice folds an invoice as it is at Stripe, and returns the credits that it brings if it is seen paid for the first time.
func (a *Account) ObserveInvoice(c Catalog, i Invoice, at time.Time) (kernel.Credits, error) {
	if err := a.errStranger(i.Customer); err != nil {
		return 0, err
	}
	was, seen := a.invoices[i.ID]
	if seen && (same(was.Invoice, i) || was.Status == InvoicePaid || was.Status == InvoiceVoid) {
		return 0, nil
	}
	var credits kernel.Credits
	if i.Status == InvoicePaid {
		credits = c.CreditsOf(i.Lines)
	}
	return credits, a.Record(a, InvoiceObserved{Invoice: i, Credits: credits, At: at.UTC()})
}

// ObservePayment folds a pack's payment as it is at Stripe, and returns the credits that it brings if it is seen paid for the first time.
func (a *Account) ObservePayment(p Payment, at time.Time) (kernel.Credits, error) {
	if err := a.errStranger(p.Customer); err != nil {
		return 0, err
	}
	was, seen := a.payments[p.ID]
	if seen && (same(was.Payment, p) || was.Status == PaymentSucceeded || was.Status == PaymentCanceled) {
		return 0, nil
	}
	e := PaymentObserved{Payment: p, At: at.UTC()}
	if p.Status == PaymentSucceeded {
		e.Credits, e.Refused = a.earned(p)
	}
	return e.Credits, a.Record(a, e)
}

// earned are the credits that a payment brings, or why it brings none.
func (a *Account) earned(p Payment) (kernel.Credits, string) {
	o, ok := a.orders[p.Order]
	switch {
	case !ok:
		return 0, "no such order was placed here"
	case p.Currency != o.Currency:
		return 0, fmt.Sprintf("paid in %s instead of %s", p.Currency, o.Currency)
	case p.Received < o.Price:
		return 0, fmt.Sprintf("%d hundredths were paid of %d", p.Received, o.Price)
	}
	for _, other := range a.payments {
		if other.Order == p.Order && other.Credits > 0 {
			return 0, "another payment of the order has brought its credits"
		}
	}
	return o.Credits, ""
}

// FreeMonth brings the free plan's credits of the month in, once, if the workspace has that plan. A month before the last one is over.
func (a *Account) FreeMonth(c Catalog, at time.Time) (kernel.Credits, error) {
	month := at.UTC().Format("2006-01")
	plan, _ := c.Plan(Free)
	if a.Plan() != Free || month <= a.freeMonth || plan.Credits == 0 {
		return 0, nil
	}
	return plan.Credits, a.Record(a, FreeMonthGranted{Month: month, Credits: plan.Credits, At: at.UTC()})
}

// same reports whether two states of an object are the same in the log.
func same[T any](a, b T) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Apply implements kernel.Aggregate.
func (a *Account) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case CustomerMade:
		a.customer = e.Customer
		a.customers[e.Customer] = true
	case OrderPlaced:
		a.orders[e.Order.ID] = e.Order
	case CheckoutStarted:
		a.page = e.Session
	case PlanChangeAsked:
	case SubscriptionObserved:
		a.subscriptions[e.Subscription.ID] = e.Subscription
		if e.Credits > 0 {
			a.trials[e.Subscription.ID] += e.Credits
		}
		a.trialed = a.trialed || e.Subscription.TrialPlan != ""
	case InvoiceObserved:
		was := a.invoices[e.Invoice.ID]
		a.invoices[e.Invoice.ID] = Bill{Invoice: e.Invoice, Credits: was.Credits + e.Credits}
	case PaymentObserved:
		was := a.payments[e.Payment.ID]
		a.payments[e.Payment.ID] = Purchase{Payment: e.Payment, Credits: was.Credits + e.Credits, Refused: e.Refused}
	case FreeMonthGranted:
		a.freeMonth = e.Month
	case Reconciled:
		a.reconciled = e
	default:
		return kernel.UnknownEvent("billing account", e)
	}
	return nil
}
