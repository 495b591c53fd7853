package stripegw

import (
	"context"

	"github.com/stripe/stripe-go/v76"

	"github.com/morket/morket/domain/billing"
)

// current fetches a subscription with its schedule. It is changed as it is at Stripe now, not as the log last saw it.
func (g *Gateway) current(ctx context.Context, id string) (*stripe.Subscription, error) {
	s, err := g.subscriptions().Get(id, &stripe.SubscriptionParams{Params: look(ctx, "schedule")})
	return s, mapped("fetch a subscription", err)
}

// free undoes what is to happen at the period's end: a subscription that has a schedule can't be changed.
func (g *Gateway) free(ctx context.Context, key string, s *stripe.Subscription) error {
	if s.Schedule != nil && (s.Schedule.Status == stripe.SubscriptionScheduleStatusActive ||
		s.Schedule.Status == stripe.SubscriptionScheduleStatusNotStarted) {
		_, err := g.schedules().Release(s.Schedule.ID, &stripe.SubscriptionScheduleReleaseParams{Params: once(ctx, key, "release")})
		if err != nil {
			return mapped("release a schedule", err)
		}
	}
	if s.CancelAtPeriodEnd {
		_, err := g.subscriptions().Update(s.ID, &stripe.SubscriptionParams{
			Params: once(ctx, key, "keep"), CancelAtPeriodEnd: stripe.Bool(false),
		})
		return mapped("keep a subscription", err)
	}
	return nil
}

// ready fetches a subscription and the price of the plan that it is to have, and frees it for the change.
func (g *Gateway) ready(
	ctx context.Context, key, id string, plan billing.Plan, currency string,
) (s *stripe.Subscription, price string, err error) {
	if s, err = g.current(ctx, id); err != nil {
		return nil, "", err
	}
	if price, err = g.price(ctx, plan, currency); err != nil {
		return nil, "", err
	}
	return s, price, g.free(ctx, key, s)
}

// Upgrade implements billingcmd.Gateway. A trial ends by it, since what is upgraded to is paid for.
func (g *Gateway) Upgrade(ctx context.Context, key, id string, plan billing.Plan, currency string) error {
	s, price, err := g.ready(ctx, key, id, plan, currency)
	if err != nil {
		return err
	}
	p := &stripe.SubscriptionParams{
		Params:            once(ctx, key, "upgrade"),
		ProrationBehavior: stripe.String("always_invoice"),
		PaymentBehavior:   stripe.String("pending_if_incomplete"),
	}
	for _, item := range s.Items.Data {
		p.Items = append(p.Items, &stripe.SubscriptionItemsParams{ID: stripe.String(item.ID), Price: stripe.String(price)})
	}
	if s.Status == stripe.SubscriptionStatusTrialing {
		p.TrialEndNow = stripe.Bool(true)
	}
	_, err = g.subscriptions().Update(id, p)
	return mapped("upgrade a subscription", err)
}

// Downgrade implements billingcmd.Gateway: a schedule of what is left of the period, and of the other plan from then on.
func (g *Gateway) Downgrade(ctx context.Context, key, id string, plan billing.Plan, currency string) error {
	s, price, err := g.ready(ctx, key, id, plan, currency)
	if err != nil {
		return err
	}
	made, err := g.schedules().New(&stripe.SubscriptionScheduleParams{
		Params: once(ctx, key, "schedule"), FromSubscription: stripe.String(id),
	})
	if err != nil {
		return mapped("schedule a downgrade", err)
	}
	now := &stripe.SubscriptionSchedulePhaseParams{
		StartDate: stripe.Int64(s.CurrentPeriodStart), EndDate: stripe.Int64(s.CurrentPeriodEnd),
	}
	if s.TrialEnd > s.CurrentPeriodStart {
		now.TrialEnd = stripe.Int64(s.TrialEnd)
	}
	for _, item := range s.Items.Data {
		now.Items = append(now.Items, &stripe.SubscriptionSchedulePhaseItemParams{
			Price: stripe.String(item.Price.ID), Quantity: stripe.Int64(item.Quantity),
		})
	}
	_, err = g.schedules().Update(made.ID, &stripe.SubscriptionScheduleParams{
		Params:      once(ctx, key, "phases"),
		EndBehavior: stripe.String(string(stripe.SubscriptionScheduleEndBehaviorRelease)),
		Phases: []*stripe.SubscriptionSchedulePhaseParams{now, {
			Items:             []*stripe.SubscriptionSchedulePhaseItemParams{{Price: stripe.String(price), Quantity: stripe.Int64(1)}},
			Iterations:        stripe.Int64(1),
			ProrationBehavior: stripe.String("none"),
			Metadata:          map[string]string{metaPlan: string(plan.ID)},
		}},
	})
	return mapped("schedule a downgrade", err)
}

// Cancel implements billingcmd.Gateway, in place of what else is to happen then.
func (g *Gateway) Cancel(ctx context.Context, key, id string) error {
	if err := g.Reactivate(ctx, key, id); err != nil {
		return err
	}
	_, err := g.subscriptions().Update(id, &stripe.SubscriptionParams{Params: once(ctx, key, "cancel"), CancelAtPeriodEnd: stripe.Bool(true)})
	return mapped("cancel a subscription", err)
}

// Reactivate implements billingcmd.Gateway.
func (g *Gateway) Reactivate(ctx context.Context, key, id string) error {
	s, err := g.current(ctx, id)
	if err != nil {
		return err
	}
	return g.free(ctx, key, s)
}
