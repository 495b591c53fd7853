package billingcmd

import (
	"context"

	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Gateway is Stripe. What changes something there is called with a key under which Stripe acts once. Its errors are such that a caller may
// see: KindUnavailable when Stripe can't be asked now, KindNotFound when the object is not there.
type Gateway interface {
	Pages
	Changes
	Objects
}

// Pages makes customers, and the pages of Stripe that a person is sent to.
type Pages interface {
	NewCustomer(ctx context.Context, key string, c NewCustomer) (id string, err error)
	Checkout(ctx context.Context, key string, c Checkout) (Page, error)
	// Expire closes a payment page that is open, and says what has come of one that was used.
	Expire(ctx context.Context, key, session string) (Session, error)
	Portal(ctx context.Context, key, customer, returnTo string) (Page, error)
}

// Changes changes subscriptions.
type Changes interface {
	// Upgrade changes the plan now. It takes effect only if what the proration asks for is paid.
	Upgrade(ctx context.Context, key, subscription string, plan billing.Plan, currency string) error
	// Downgrade changes the plan at the period's end.
	Downgrade(ctx context.Context, key, subscription string, plan billing.Plan, currency string) error
	// Cancel ends the subscription at the period's end.
	Cancel(ctx context.Context, key, subscription string) error
	// Reactivate undoes what is to happen at the period's end.
	Reactivate(ctx context.Context, key, subscription string) error
}

// Objects fetches Stripe's objects as they are now.
type Objects interface {
	Session(ctx context.Context, id string) (Session, error)
	// ScheduleOf is the subscription that a schedule is of, "" if it is of none.
	ScheduleOf(ctx context.Context, id string) (subscription string, err error)
	Subscription(ctx context.Context, id string) (billing.Subscription, error)
	Invoice(ctx context.Context, id string) (billing.Invoice, error)
	// Bought are the customer's subscriptions, invoices and payments, the newest thousand of each.
	Bought(ctx context.Context, customer string) ([]billing.Ref, error)
	// Payment answers without an order for a payment that is not a pack's.
	Payment(ctx context.Context, id string) (billing.Payment, error)
}

// NewCustomer is a workspace that becomes a customer.
type NewCustomer struct {
	Workspace kernel.WorkspaceID
	Name      string
}

// Checkout is what a payment page is for: a pack, if there is an order, or else a plan.
type Checkout struct {
	Customer  string
	Workspace kernel.WorkspaceID
	Currency  string
	Plan      billing.Plan
	Trial     bool
	Order     *billing.Order
	Success   string // where the person goes after it
	Back      string // where the person goes without paying
}

// Page is a page of Stripe.
type Page struct {
	ID  string
	URL string
}

// Session is a payment page with what has come of it; ids are "" of what has not.
type Session struct {
	Payment, Subscription, Invoice string
}

// Ledger is the credits' ledger.
type Ledger interface {
	Commit(
		ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, result any, decide func(*credit.Account) error,
		changes ...eventstore.Change,
	) (eventstore.Appended, error)
}
