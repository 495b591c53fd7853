// Package billingcmd sells plans and packs of credits: it makes the pages on which they are paid for, changes subscriptions, and folds what
// Stripe's objects say, with the credits that they bring in the same append.
package billingcmd

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// The categories of the streams; the id of the first is the workspace's, of the others Stripe's of the customer.
const (
	Category         = "billing"
	CustomerCategory = "stripecustomer"
	SignalCategory   = "stripesignal"
)

// Config is what the handlers need.
type Config struct {
	Store   eventstore.Store
	Codec   *eventstore.Codec
	IDs     *kernel.IDs
	Clock   kernel.Clock
	Ledger  Ledger
	Gateway Gateway // nil: no Stripe is configured
	Catalog billing.Catalog
	// Site is the address that people see, without a slash at its end.
	Site string
}

// Handlers carry out the commands.
type Handlers struct {
	cfg  Config
	repo *eventstore.Repo[*billing.Account]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if cfg.Store == nil || cfg.Codec == nil || cfg.IDs == nil || cfg.Clock == nil || cfg.Ledger == nil {
		return nil, errors.New("billingcmd: Store, Codec, IDs, Clock and Ledger are needed")
	}
	if err := cfg.Catalog.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{cfg: cfg, repo: eventstore.NewRepo(Category, cfg.Store, cfg.Codec, billing.New)}, nil
}

// ErrNotConfigured is the refusal where no Stripe is configured.
func ErrNotConfigured() *kernel.Error {
	return kernel.E(kernel.KindConflict, "BILLING_NOT_CONFIGURED",
		"billing is not set up on this installation; its operator sets MORKET_STRIPE_SECRET_KEY and MORKET_STRIPE_WEBHOOK_SECRET")
}

// Configured reports whether anything can be bought.
func (h *Handlers) Configured() bool { return h.cfg.Gateway != nil }

// Catalog is what is sold.
func (h *Handlers) Catalog() billing.Catalog { return h.cfg.Catalog }

// Account is the workspace's billing as the log has it.
func (h *Handlers) Account(ctx context.Context, ws kernel.WorkspaceID) (*billing.Account, error) {
	a, _, err := h.repo.Load(ctx, string(ws))
	return a, err
}

// Sent is where a person has to go on, or what was done instead.
type Sent struct {
	Change billing.Change `json:"change,omitempty" enum:"none,checkout,upgrade,downgrade,cancel,reactivate" doc:"Of a plan: what was done. checkout: the person subscribes on the page."`
	URL    string         `json:"url,omitempty" doc:"The page of Stripe to go on at."`
}

// commandID names what a request asks for: the same for a repeat under its idempotency key. Stripe acts once under it.
func (h *Handlers) commandID(meta kernel.Meta) string {
	if meta.IdempotencyKey == "" {
		return h.cfg.IDs.New("ord")
	}
	sum := sha256.Sum256([]byte(meta.IdempotencyKey))
	const enough = 16
	return "ord_" + hex.EncodeToString(sum[:enough])
}

func (h *Handlers) page(ws kernel.WorkspaceID, after string) string {
	return h.cfg.Site + "/w/" + string(ws) + "/billing" + after
}

// withCustomer does something for the workspace's customer at Stripe, made if there is none, or if the one that there was is gone.
func (h *Handlers) withCustomer(ctx context.Context, meta kernel.Meta, do func(customer string) error) error {
	if h.cfg.Gateway == nil {
		return ErrNotConfigured()
	}
	a, err := h.Account(ctx, meta.Workspace)
	if err != nil {
		return err
	}
	customer := a.Customer()
	if customer != "" {
		if err := do(customer); kernel.KindOf(err) != kernel.KindNotFound {
			return err
		}
	}
	if customer, err = h.become(ctx, meta, customer); err != nil {
		return err
	}
	return do(customer)
}

// become makes the workspace a customer, in place of the one before.
func (h *Handlers) become(ctx context.Context, meta kernel.Meta, before string) (string, error) {
	ws := meta.Workspace
	made, err := h.cfg.Gateway.NewCustomer(ctx, string(ws)+":after:"+before, NewCustomer{Workspace: ws, Name: string(ws)})
	if err != nil {
		return "", err
	}
	meta.IdempotencyKey, meta.Fingerprint = "", "" // those are the command's own append's
	meta = meta.As("billing.become_customer")
	_, err = h.repo.UpdateBeside(ctx, meta, string(ws), func(a *billing.Account) (any, []eventstore.Change, error) {
		if a.Customer() != before {
			made = a.Customer() // another request was faster
			return nil, nil, nil
		}
		link := eventstore.At(eventstore.Stream(CustomerCategory, made), eventstore.NoStream,
			billing.CustomerLinked{Customer: made, Workspace: ws})
		return nil, []eventstore.Change{link}, a.Become(ws, made, before, h.cfg.Clock.Now())
	})
	return made, err
}

// Purchase makes the page on which a pack is paid for.
func (h *Handlers) Purchase(ctx context.Context, meta kernel.Meta, id billing.PackID) (commands.Result[Sent], error) {
	pack, ok := h.cfg.Catalog.Pack(id)
	if !ok {
		return commands.Result[Sent]{}, kernel.Invalid("pack", "there is no pack %q; GET /billing/plans lists them", kernel.Shorten(string(id)))
	}
	order := billing.Order{
		ID: h.commandID(meta), Pack: pack.ID, Credits: pack.Credits, Price: pack.Price, Currency: h.cfg.Catalog.Currency,
	}
	var page Page
	err := h.withCustomer(ctx, meta, func(customer string) (err error) {
		page, err = h.cfg.Gateway.Checkout(ctx, key(meta, order.ID+":"+customer), Checkout{
			Customer: customer, Workspace: meta.Workspace, Currency: order.Currency, Order: &order,
			Success: h.page(meta.Workspace, "?paid=pack"), Back: h.page(meta.Workspace, ""),
		})
		return err
	})
	if err != nil {
		return commands.Result[Sent]{}, err
	}
	order.Session = page.ID
	return h.answer(ctx, meta.As("billing.purchase"), Sent{URL: page.URL}, func(a *billing.Account) error {
		return a.Place(order, h.cfg.Clock.Now())
	})
}

func key(meta kernel.Meta, id string) string { return string(meta.Workspace) + ":" + id }

func (h *Handlers) answer(
	ctx context.Context, meta kernel.Meta, sent Sent, record func(*billing.Account) error,
) (commands.Result[Sent], error) {
	done, err := h.repo.Update(ctx, meta, string(meta.Workspace), func(a *billing.Account) (any, error) { return sent, record(a) })
	if err != nil {
		return commands.Result[Sent]{}, err
	}
	return commands.Reply(done, sent)
}

// Portal makes the page on which cards, addresses and invoices are looked after.
func (h *Handlers) Portal(ctx context.Context, meta kernel.Meta) (commands.Result[Sent], error) {
	var page Page
	id := h.commandID(meta)
	err := h.withCustomer(ctx, meta, func(customer string) (err error) {
		page, err = h.cfg.Gateway.Portal(ctx, key(meta, id+":"+customer), customer, h.page(meta.Workspace, ""))
		return err
	})
	return commands.Result[Sent]{Value: Sent{URL: page.URL}}, err
}

// Choose has the workspace get the plan: by a page of Stripe if it has no subscription, else by a change of that.
func (h *Handlers) Choose(ctx context.Context, meta kernel.Meta, id billing.PlanID) (commands.Result[Sent], error) {
	if h.cfg.Gateway == nil {
		return commands.Result[Sent]{}, ErrNotConfigured()
	}
	before, change, live, err := h.choice(ctx, meta, id)
	if err != nil || change == billing.ChangeNone {
		return commands.Result[Sent]{Value: Sent{Change: billing.ChangeNone}}, err
	}
	plan, _ := h.cfg.Catalog.Plan(id)
	meta = meta.As("billing.choose_plan")
	if change == billing.ChangeCheckout {
		return h.subscribe(ctx, meta, plan, before)
	}
	look := kernel.Meta{Actor: meta.Actor, Workspace: meta.Workspace, CorrelationID: meta.CorrelationID}
	if err := h.change(ctx, key(meta, h.commandID(meta)), live.ID, change, plan); err != nil {
		if kernel.KindOf(err) != kernel.KindNotFound {
			return commands.Result[Sent]{}, err
		}
		gone := kernel.E(kernel.KindConflict, "SUBSCRIPTION_GONE", "Stripe has this subscription no more; choose a plan again").Because(err)
		_, err = h.observe(ctx, look, billing.KindSubscription, live.ID)
		return commands.Result[Sent]{}, cmp.Or(err, error(gone))
	}
	res, err := h.answer(ctx, meta, Sent{Change: change}, func(a *billing.Account) error {
		return a.AskChange(live, change, id, h.cfg.Clock.Now())
	})
	if err != nil {
		return res, err
	}
	seen, err := h.observe(ctx, look, billing.KindSubscription, live.ID)
	if seen.Last > 0 { // what the caller reads next has it
		res.Position = seen.Last
	}
	if kernel.KindOf(err) == kernel.KindUnavailable { // a signal of Stripe's will say it
		err = nil
	}
	return res, err
}

// choice says what has to be done. The page before, on which a plan may just have been subscribed to, is closed first, so that there is
// one subscription at most.
func (h *Handlers) choice(
	ctx context.Context, meta kernel.Meta, id billing.PlanID,
) (a *billing.Account, change billing.Change, live billing.Subscription, err error) {
	for looked := false; ; looked = true {
		if a, err = h.Account(ctx, meta.Workspace); err != nil {
			return a, "", live, err
		}
		if change, live, err = a.Choose(h.cfg.Catalog, id); err != nil || change != billing.ChangeCheckout || a.Page() == "" || looked {
			return a, change, live, err
		}
		s, err := h.cfg.Gateway.Expire(ctx, key(meta, a.Page()), a.Page())
		if err != nil && kernel.KindOf(err) != kernel.KindNotFound {
			return a, "", live, err
		}
		if s.Subscription == "" {
			return a, change, live, nil
		}
		look := kernel.Meta{Actor: kernel.System(), Workspace: meta.Workspace, CorrelationID: meta.CorrelationID}
		if _, err := h.observe(ctx, look, billing.KindSubscription, s.Subscription); err != nil {
			return a, "", live, err
		}
	}
}

func (h *Handlers) subscribe(
	ctx context.Context, meta kernel.Meta, plan billing.Plan, before *billing.Account,
) (commands.Result[Sent], error) {
	trial := !before.Trialed() && plan.TrialDays > 0
	var page Page
	id := h.commandID(meta)
	err := h.withCustomer(ctx, meta, func(customer string) (err error) {
		page, err = h.cfg.Gateway.Checkout(ctx, key(meta, id+":"+customer), Checkout{
			Customer: customer, Workspace: meta.Workspace, Currency: h.cfg.Catalog.Currency, Plan: plan, Trial: trial,
			Success: h.page(meta.Workspace, "?paid=plan"), Back: h.page(meta.Workspace, ""),
		})
		return err
	})
	if err != nil {
		return commands.Result[Sent]{}, err
	}
	return h.answer(ctx, meta, Sent{Change: billing.ChangeCheckout, URL: page.URL}, func(a *billing.Account) error {
		return a.StartCheckout(plan.ID, page.ID, before.Page(), h.cfg.Clock.Now())
	})
}

func (h *Handlers) change(ctx context.Context, key, subscription string, c billing.Change, plan billing.Plan) error {
	switch c {
	case billing.ChangeUpgrade:
		return h.cfg.Gateway.Upgrade(ctx, key, subscription, plan, h.cfg.Catalog.Currency)
	case billing.ChangeDowngrade:
		return h.cfg.Gateway.Downgrade(ctx, key, subscription, plan, h.cfg.Catalog.Currency)
	case billing.ChangeCancel:
		return h.cfg.Gateway.Cancel(ctx, key, subscription)
	case billing.ChangeReactivate:
		return h.cfg.Gateway.Reactivate(ctx, key, subscription)
	case billing.ChangeNone, billing.ChangeCheckout:
	}
	return nil
}
