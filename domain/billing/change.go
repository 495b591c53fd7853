package billing

import "github.com/morket/morket/domain/kernel"

// Change is what becomes of a subscription when a plan is chosen.
type Change string

// The changes.
const (
	ChangeNone       Change = "none"
	ChangeCheckout   Change = "checkout"   // there is no subscription: Stripe's page makes one
	ChangeUpgrade    Change = "upgrade"    // now, and what is left of the month is paid for
	ChangeDowngrade  Change = "downgrade"  // at the period's end
	ChangeCancel     Change = "cancel"     // at the period's end
	ChangeReactivate Change = "reactivate" // what was to happen at the period's end does not
)

// Choose says what has to be done so that the workspace has the plan.
func (a *Account) Choose(c Catalog, id PlanID) (Change, Subscription, error) {
	want, ok := c.Plan(id)
	if !ok {
		return "", Subscription{}, kernel.Invalid("plan", "there is no plan %q; GET /billing/plans lists them", kernel.Shorten(string(id)))
	}
	live, subscribed := a.Live()
	has, known := c.Plan(live.Plan)
	switch {
	case !subscribed && id == Free:
		return ChangeNone, live, nil
	case !subscribed:
		return ChangeCheckout, live, nil
	case live.Status == PastDue && id != Free:
		return "", live, kernel.E(kernel.KindConflict, "PAYMENT_DUE",
			"the last payment has failed; pay it in the billing portal first, then change the plan")
	case id == Free && live.CancelAtPeriodEnd:
		return ChangeNone, live, nil
	case id == Free:
		return ChangeCancel, live, nil
	case id == live.Plan && (live.CancelAtPeriodEnd || live.NextPlan != ""):
		return ChangeReactivate, live, nil
	case id == live.Plan || id == live.NextPlan:
		return ChangeNone, live, nil
	case known && want.Price < has.Price:
		return ChangeDowngrade, live, nil
	}
	return ChangeUpgrade, live, nil
}
