package stripegw

import (
	"context"
	"time"

	"github.com/stripe/stripe-go/v76"
	checkout "github.com/stripe/stripe-go/v76/checkout/session"

	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/domain/billing"
)

func at(unix int64) time.Time {
	if unix == 0 {
		return time.Time{}
	}
	return time.Unix(unix, 0).UTC()
}

// Session implements billingcmd.Gateway.
func (g *Gateway) Session(ctx context.Context, id string) (billingcmd.Session, error) {
	s, err := checkout.Client{B: g.backend, Key: g.key}.Get(id, &stripe.CheckoutSessionParams{Params: look(ctx)})
	if err != nil {
		return billingcmd.Session{}, mapped("fetch a payment page", err)
	}
	var out billingcmd.Session
	if s.PaymentIntent != nil {
		out.Payment = s.PaymentIntent.ID
	}
	if s.Subscription != nil {
		out.Subscription = s.Subscription.ID
	}
	if s.Invoice != nil {
		out.Invoice = s.Invoice.ID
	}
	return out, nil
}

// ScheduleOf implements billingcmd.Gateway.
func (g *Gateway) ScheduleOf(ctx context.Context, id string) (string, error) {
	s, err := g.schedules().Get(id, &stripe.SubscriptionScheduleParams{Params: look(ctx)})
	switch {
	case err != nil:
		return "", mapped("fetch a schedule", err)
	case s.Subscription != nil:
		return s.Subscription.ID, nil
	case s.ReleasedSubscription != nil:
		return s.ReleasedSubscription.ID, nil
	}
	return "", nil
}

// Subscription implements billingcmd.Gateway.
func (g *Gateway) Subscription(ctx context.Context, id string) (billing.Subscription, error) {
	s, err := g.current(ctx, id)
	if err != nil {
		return billing.Subscription{}, err
	}
	out := billing.Subscription{
		ID:                s.ID,
		Status:            billing.SubscriptionStatus(s.Status),
		PeriodStart:       at(s.CurrentPeriodStart),
		PeriodEnd:         at(s.CurrentPeriodEnd),
		CancelAtPeriodEnd: s.CancelAtPeriodEnd,
		NextPlan:          nextPlan(s),
		TrialPlan:         billing.PlanID(s.Metadata[metaTrial]),
		Created:           at(s.Created),
	}
	if s.Customer != nil {
		out.Customer = s.Customer.ID
	}
	if s.Items != nil {
		for _, item := range s.Items.Data {
			if plan := planOf(item.Price); plan != "" {
				out.Plan = plan
			}
		}
	}
	return out, nil
}

func planOf(p *stripe.Price) billing.PlanID {
	if p == nil {
		return ""
	}
	return billing.PlanID(p.Metadata[metaPlan])
}

// nextPlan is the plan of the phase that follows, "" if there is none.
func nextPlan(s *stripe.Subscription) billing.PlanID {
	if s.Schedule == nil || s.Schedule.Status != stripe.SubscriptionScheduleStatusActive {
		return ""
	}
	for _, phase := range s.Schedule.Phases {
		if phase.StartDate >= s.CurrentPeriodEnd {
			return billing.PlanID(phase.Metadata[metaPlan])
		}
	}
	return ""
}

// Invoice implements billingcmd.Gateway. Those of plans have a handful of lines, which all come with the invoice.
func (g *Gateway) Invoice(ctx context.Context, id string) (billing.Invoice, error) {
	i, err := g.invoices().Get(id, &stripe.InvoiceParams{Params: look(ctx)})
	if err != nil {
		return billing.Invoice{}, mapped("fetch an invoice", err)
	}
	out := billing.Invoice{
		ID:        i.ID,
		Number:    i.Number,
		Status:    string(i.Status),
		Reason:    string(i.BillingReason),
		Currency:  string(i.Currency),
		Total:     i.Total,
		Paid:      i.AmountPaid,
		HostedURL: i.HostedInvoiceURL,
		PDF:       i.InvoicePDF,
		Created:   at(i.Created),
	}
	if i.Customer != nil {
		out.Customer = i.Customer.ID
	}
	if i.Subscription != nil {
		out.Subscription = i.Subscription.ID
	}
	if i.Lines != nil {
		for _, l := range i.Lines.Data {
			if plan := planOf(l.Price); plan != "" {
				out.Lines = append(out.Lines, billing.Line{Plan: plan, Amount: l.Amount, UnitPrice: l.Price.UnitAmount})
			}
		}
	}
	return out, nil
}

// bought are how many objects of a kind are listed.
const (
	boughtPage = 100
	boughtMost = 1000
)

// Bought implements billingcmd.Gateway. Payments of invoices are left out.
func (g *Gateway) Bought(ctx context.Context, customer string) (refs []billing.Ref, err error) {
	params := stripe.ListParams{Context: ctx, Limit: stripe.Int64(boughtPage)}
	who := stripe.String(customer)
	subs := g.subscriptions().List(&stripe.SubscriptionListParams{ListParams: params, Customer: who, Status: stripe.String("all")})
	for n := 0; n < boughtMost && subs.Next(); n++ {
		refs = append(refs, billing.Ref{Kind: billing.KindSubscription, ID: subs.Subscription().ID})
	}
	invoices := g.invoices().List(&stripe.InvoiceListParams{ListParams: params, Customer: who})
	for n := 0; n < boughtMost && invoices.Next(); n++ {
		refs = append(refs, billing.Ref{Kind: billing.KindInvoice, ID: invoices.Invoice().ID})
	}
	payments := g.payments().List(&stripe.PaymentIntentListParams{ListParams: params, Customer: who})
	for n := 0; n < boughtMost && payments.Next(); n++ {
		if p := payments.PaymentIntent(); p.Metadata[metaOrder] != "" {
			refs = append(refs, billing.Ref{Kind: billing.KindPayment, ID: p.ID})
		}
	}
	for _, failed := range []error{subs.Err(), invoices.Err(), payments.Err()} {
		if failed != nil {
			return nil, mapped("list what was bought", failed)
		}
	}
	return refs, nil
}

// Payment implements billingcmd.Gateway.
func (g *Gateway) Payment(ctx context.Context, id string) (billing.Payment, error) {
	p, err := g.payments().Get(id, &stripe.PaymentIntentParams{Params: look(ctx)})
	if err != nil {
		return billing.Payment{}, mapped("fetch a payment", err)
	}
	out := billing.Payment{
		ID: p.ID, Order: p.Metadata[metaOrder], Status: string(p.Status), Currency: string(p.Currency), Received: p.AmountReceived,
		Created: at(p.Created),
	}
	if p.Customer != nil {
		out.Customer = p.Customer.ID
	}
	return out, nil
}
