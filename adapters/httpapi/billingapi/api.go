// Package billingapi is the HTTP side of billing: plans and packs, what a workspace has bought, and the pages of Stripe to pay on.
package billingapi

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

const tag = "billing"

// WebhookPath is where Stripe sends its events, below the public address.
const WebhookPath = httpapi.Base + "/billing/webhooks/stripe"

// Deps is what the endpoints need.
type Deps struct {
	Handlers *billingcmd.Handlers
	Verifier Verifier // nil: no Stripe is configured
}

// Verifier checks the signature over a body as it came, and reads what it is about; false for what is not looked at.
type Verifier interface {
	Signal(body []byte, signature string) (billingcmd.Signal, bool, error)
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	httpapi.Read(a, httpapi.Op{
		ID: "list-plans", Method: http.MethodGet, Path: "/billing/plans", Tag: tag, Summary: "Plans and packs of credits, with their prices",
		Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.plans)
	httpapi.Read(a, httpapi.Op{
		ID: "get-billing", Method: http.MethodGet, Path: "W/billing", Tag: tag, Summary: "The plan in force, and what is to become of it",
		Action: workspace.ReadCredits, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.state)
	httpapi.Read(a, httpapi.Op{
		ID: "list-invoices", Method: http.MethodGet, Path: "W/billing/invoices", Tag: tag,
		Summary: "Invoices and payments of packs, newest first, with the credits that each brought",
		Action:  workspace.ManageBilling, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.invoices)
	httpapi.Write(a, httpapi.Op{
		ID: "choose-plan", Method: http.MethodPost, Path: "W/billing/checkout", Tag: tag, Summary: "Get a plan",
		Description: "Without a subscription the answer has the page of Stripe to subscribe on. With one, a dearer plan is in force at once " +
			"and what is left of the month is paid for; a cheaper one, or free, begins at the period's end; the present one again undoes that.",
		Action: workspace.ManageBilling, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.choose)
	httpapi.Write(a, httpapi.Op{
		ID: "open-billing-portal", Method: http.MethodPost, Path: "W/billing/portal", Tag: tag,
		Summary: "Get the page of Stripe where cards, address and invoices are looked after",
		Action:  workspace.ManageBilling, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.portal)
	httpapi.Write(a, httpapi.Op{
		ID: "purchase-credits", Method: http.MethodPost, Path: "W/billing/credits/purchase", Tag: tag,
		Summary: "Get the page of Stripe to pay for a pack of credits on",
		Action:  workspace.ManageBilling, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.purchase)
	httpapi.Write(a, httpapi.Op{
		ID: "receive-stripe-event", Method: http.MethodPost, Path: "/billing/webhooks/stripe", Tag: tag,
		Summary: "For Stripe: that one of its objects has changed",
		Description: "An event of Stripe, signed by Stripe-Signature over the body as it came. " +
			"The event is stored once and answered at once; its object is fetched after.",
		Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.Unlimited, MaxBody: maxEvent,
	}, s.signal)
}

// maxEvent is how large an event of Stripe may be, in bytes.
const maxEvent = 512 << 10

type service struct{ Deps }

// Plans is what is sold.
type Plans struct {
	billing.Catalog
	Configured bool `json:"configured" doc:"Whether anything can be bought on this installation."`
}

func (s service) plans(context.Context, httpapi.Principal, *struct{}) (Plans, httpapi.Meta, error) {
	return Plans{Catalog: s.Handlers.Catalog(), Configured: s.Handlers.Configured()}, httpapi.Meta{}, nil
}

// State is a workspace's plan.
type State struct {
	Configured        bool           `json:"configured" doc:"Whether anything can be bought on this installation."`
	Setup             string         `json:"setup,omitempty" doc:"What its operator has to set, if not."`
	Plan              billing.PlanID `json:"plan"`
	Status            string         `json:"status,omitempty" doc:"Stripe's of the subscription: trialing, active or past_due. Absent without one."`
	PeriodEnd         *time.Time     `json:"period_end,omitempty"`
	CancelAtPeriodEnd bool           `json:"cancel_at_period_end"`
	NextPlan          billing.PlanID `json:"next_plan,omitempty" doc:"In force from the period's end on."`
	TrialAvailable    bool           `json:"trial_available" doc:"The workspace has had no trial yet."`
	Reconciled        *Reconciled    `json:"reconciled,omitempty" doc:"The last comparison with Stripe, which is made each day."`
	Customer          bool           `json:"customer" doc:"The workspace is known to Stripe."`
}

// Reconciled is a comparison with Stripe and the ledger.
type Reconciled struct {
	At          time.Time            `json:"at"`
	Objects     int                  `json:"objects" doc:"Subscriptions, invoices and payments that were compared."`
	Differences []billing.Difference `json:"differences" doc:"At most 100."`
}

type inWorkspace struct{ httpapi.InWorkspace }

func (s service) state(ctx context.Context, p httpapi.Principal, _ *inWorkspace) (State, httpapi.Meta, error) {
	a, err := s.Handlers.Account(ctx, p.Workspace)
	if err != nil {
		return State{}, httpapi.Meta{}, err
	}
	out := State{Configured: s.Handlers.Configured(), Plan: a.Plan(), TrialAvailable: !a.Trialed(), Customer: a.Customer() != ""}
	if !out.Configured {
		out.Setup = billingcmd.ErrNotConfigured().Message
	}
	if r := a.LastReconciled(); !r.At.IsZero() {
		out.Reconciled = &Reconciled{At: r.At, Objects: r.Objects, Differences: append([]billing.Difference{}, r.Differences...)}
	}
	if live, ok := a.Live(); ok {
		out.Status, out.CancelAtPeriodEnd, out.NextPlan = string(live.Status), live.CancelAtPeriodEnd, live.NextPlan
		out.PeriodEnd = &live.PeriodEnd
	}
	return out, httpapi.Meta{}, nil
}

// Bill is an invoice or a pack's payment.
type Bill struct {
	ID        string         `json:"id" doc:"Stripe's."`
	Kind      string         `json:"kind" enum:"invoice,pack"`
	Number    string         `json:"number,omitempty"`
	Status    string         `json:"status" doc:"Stripe's."`
	Currency  string         `json:"currency"`
	Total     int64          `json:"total_cents"`
	Credits   kernel.Credits `json:"credits_mc" doc:"That it brought."`
	Refused   string         `json:"refused,omitempty" doc:"Why a payment brought none."`
	Created   time.Time      `json:"created"`
	HostedURL string         `json:"hosted_url,omitempty" doc:"Stripe's page of the invoice, where an open one is paid."`
	PDF       string         `json:"pdf,omitempty"`
}

type pageIn struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) invoices(ctx context.Context, p httpapi.Principal, in *pageIn) ([]Bill, httpapi.Meta, error) {
	from := 0
	if in.Cursor != "" {
		var err error
		if from, err = strconv.Atoi(in.Cursor); err != nil || from < 0 {
			return nil, httpapi.Meta{}, kernel.Invalid("cursor", "is not one that this endpoint gave")
		}
	}
	a, err := s.Handlers.Account(ctx, p.Workspace)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	all := merged(a.Bills(), a.Purchases())
	from = min(from, len(all))
	to := min(from+in.Limit, len(all))
	var meta httpapi.Meta
	if to < len(all) {
		meta.NextCursor = strconv.Itoa(to)
	}
	return all[from:to], meta, nil
}

// merged are both, which are sorted, newest first.
func merged(bills []billing.Bill, packs []billing.Purchase) []Bill {
	out := make([]Bill, 0, len(bills)+len(packs))
	for len(bills)+len(packs) > 0 {
		if len(packs) == 0 || len(bills) > 0 && !bills[0].Created.Before(packs[0].Created) {
			b := bills[0]
			out = append(out, Bill{
				ID: b.ID, Kind: "invoice", Number: b.Number, Status: b.Status, Currency: b.Currency, Total: b.Total, Credits: b.Credits,
				Created: b.Created, HostedURL: b.HostedURL, PDF: b.PDF,
			})
			bills = bills[1:]
			continue
		}
		p := packs[0]
		out = append(out, Bill{
			ID: p.ID, Kind: "pack", Status: p.Status, Currency: p.Currency, Total: p.Received, Credits: p.Credits, Refused: p.Refused,
			Created: p.Created,
		})
		packs = packs[1:]
	}
	return out
}

type chooseIn struct {
	httpapi.InWorkspace
	Body struct {
		Plan billing.PlanID `json:"plan" maxLength:"40" doc:"One of GET /billing/plans."`
	}
}

func (s service) choose(ctx context.Context, meta kernel.Meta, in *chooseIn) (commands.Result[billingcmd.Sent], error) {
	return s.Handlers.Choose(ctx, meta, in.Body.Plan)
}

func (s service) portal(ctx context.Context, meta kernel.Meta, _ *inWorkspace) (commands.Result[billingcmd.Sent], error) {
	return s.Handlers.Portal(ctx, meta)
}

type purchaseIn struct {
	httpapi.InWorkspace
	Body struct {
		Pack billing.PackID `json:"pack" maxLength:"40" doc:"One of GET /billing/plans."`
	}
}

func (s service) purchase(ctx context.Context, meta kernel.Meta, in *purchaseIn) (commands.Result[billingcmd.Sent], error) {
	return s.Handlers.Purchase(ctx, meta, in.Body.Pack)
}

type signalIn struct {
	Signature string `header:"Stripe-Signature" maxLength:"2000" required:"true"`
}

// Received answers Stripe.
type Received struct {
	Received bool `json:"received"`
}

func (s service) signal(ctx context.Context, meta kernel.Meta, in *signalIn) (commands.Result[Received], error) {
	done := commands.Result[Received]{Value: Received{Received: true}}
	if s.Verifier == nil {
		return done, billingcmd.ErrNotConfigured()
	}
	body, err := io.ReadAll(httpapi.Echo(ctx).Request().Body) // as it came, and no longer than MaxBody
	if err != nil {
		return done, err
	}
	signal, looked, err := s.Verifier.Signal(body, in.Signature)
	if err != nil || !looked {
		return done, err
	}
	return done, s.Handlers.Receive(ctx, meta, signal)
}
