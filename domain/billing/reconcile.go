package billing

import (
	"maps"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// reconcileEvery is how often an account is compared with Stripe.
const reconcileEvery = 24 * time.Hour

// Due reports whether the account is to be compared with Stripe.
func (a *Account) Due(now time.Time) bool {
	return kernel.Passed(now, a.reconciled.At, reconcileEvery)
}

// LastReconciled is the last comparison with Stripe, its time zero if there was none.
func (a *Account) LastReconciled() Reconciled { return a.reconciled }

// Reconcile notes a comparison with Stripe.
func (a *Account) Reconcile(r Reconciled) error { return a.Record(a, r) }

// Trials are the credits that subscriptions brought by a trial.
func (a *Account) Trials() map[string]kernel.Credits { return maps.Clone(a.trials) }

// Final reports whether the object is here in a state that stays.
func (a *Account) Final(k Kind, id string) bool {
	switch k {
	case KindInvoice:
		status := a.invoices[id].Status
		return status == InvoicePaid || status == InvoiceVoid
	case KindPayment:
		status := a.payments[id].Status
		return status == PaymentSucceeded || status == PaymentCanceled
	case KindSubscription:
		status := a.subscriptions[id].Status
		return status == Canceled || status == IncompleteExpired
	case KindSession, KindSchedule:
	}
	return false
}
