package billingcmd

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Signal is that Stripe tells of one of its objects.
type Signal struct {
	Event    string
	Type     string
	Kind     billing.Kind
	Object   string
	Customer string // "" if the object is of none
}

// Receive stores a signal once by its event's id. What it means is found out afterwards, so that Stripe is answered at once.
func (h *Handlers) Receive(ctx context.Context, meta kernel.Meta, s Signal) error {
	if s.Customer == "" {
		return nil // nothing here is without a customer
	}
	meta = meta.As("billing.receive_signal")
	meta.Actor, meta.Workspace = kernel.System(), ""
	meta.IdempotencyKey, meta.Fingerprint = "stripe/"+s.Event, "stripe/"+s.Event
	e := billing.SignalReceived{
		Event: s.Event, Type: s.Type, Kind: s.Kind, Object: s.Object, Customer: s.Customer, At: h.cfg.Clock.Now().UTC(),
	}
	a, err := h.repo.Append(meta, nil, eventstore.At(eventstore.Stream(SignalCategory, s.Customer), eventstore.Any, e))
	if err != nil {
		return err
	}
	a.KeepKey = true
	_, err = h.cfg.Store.Append(ctx, a)
	return err
}

// Types are the events that Handle wants.
func (*Handlers) Types() []string { return kernel.EventTypes(billing.SignalReceived{}) }

// Handle looks at the object that a signal names. Signals are handled one after another, those of a customer in their order.
func (h *Handlers) Handle(ctx context.Context, r eventstore.Recorded) error {
	if h.cfg.Gateway == nil {
		return nil
	}
	var s billing.SignalReceived
	if err := json.Unmarshal(r.Data, &s); err != nil {
		return fmt.Errorf("event %d: %w", r.Position, err)
	}
	ws, err := h.workspaceOf(ctx, s.Customer)
	if err != nil || ws == "" { // a customer of something else that has the same account at Stripe
		return err
	}
	meta := kernel.Meta{Actor: kernel.System(), Workspace: ws, CausationID: s.Event}
	_, err = h.observe(ctx, meta, s.Kind, s.Object)
	return err
}

func (h *Handlers) workspaceOf(ctx context.Context, customer string) (kernel.WorkspaceID, error) {
	events, err := h.cfg.Store.ReadStream(ctx, eventstore.Stream(CustomerCategory, customer), 0, 1)
	if err != nil || len(events) == 0 {
		return "", err
	}
	var e billing.CustomerLinked
	err = json.Unmarshal(events[0].Data, &e)
	return e.Workspace, err
}

// observe fetches an object and folds it, with those that it leads to. One that is not there any more says nothing.
func (h *Handlers) observe(ctx context.Context, meta kernel.Meta, kind billing.Kind, id string) (eventstore.Appended, error) {
	done, err := h.follow(ctx, meta, kind, id)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return done, nil
	}
	return done, err
}

func (h *Handlers) follow(ctx context.Context, meta kernel.Meta, kind billing.Kind, id string) (done eventstore.Appended, err error) {
	switch kind {
	case billing.KindSession:
		s, err := h.cfg.Gateway.Session(ctx, id)
		if err != nil {
			return done, err
		}
		for _, next := range []struct {
			kind billing.Kind
			id   string
		}{{billing.KindPayment, s.Payment}, {billing.KindSubscription, s.Subscription}, {billing.KindInvoice, s.Invoice}} {
			if next.id == "" {
				continue
			}
			if done, err = h.fold(ctx, meta, next.kind, next.id); err != nil {
				return done, err
			}
		}
		return done, nil
	case billing.KindSchedule:
		subscription, err := h.cfg.Gateway.ScheduleOf(ctx, id)
		if err != nil || subscription == "" {
			return done, err
		}
		return h.fold(ctx, meta, billing.KindSubscription, subscription)
	case billing.KindSubscription, billing.KindInvoice, billing.KindPayment:
		return h.fold(ctx, meta, kind, id)
	}
	return done, fmt.Errorf("billing: a signal of the unknown kind %q", kind)
}

// fold fetches an object after the account was loaded, and appends what it says at the version that was loaded: so what is in the log
// about an object was never fetched later than what is appended after it.
func (h *Handlers) fold(ctx context.Context, meta kernel.Meta, kind billing.Kind, id string) (eventstore.Appended, error) {
	return eventstore.Retry(ctx, func(int) (eventstore.Appended, error) {
		a, version, err := h.repo.Load(ctx, string(meta.Workspace))
		if err != nil {
			return eventstore.Appended{}, err
		}
		in, err := h.take(ctx, a, kind, id)
		if err != nil || len(a.Pending()) == 0 {
			return eventstore.Appended{}, err
		}
		return h.append(ctx, meta.As("billing.observe_"+in.noun), a, version, in)
	})
}

// income is what an object brings.
type income struct {
	noun   string
	kind   credit.Kind
	amount kernel.Credits
	note   string
}

// take fetches the object and records what it says.
func (h *Handlers) take(ctx context.Context, a *billing.Account, kind billing.Kind, id string) (in income, err error) {
	now, c := h.cfg.Clock.Now(), h.cfg.Catalog
	switch kind {
	case billing.KindSubscription:
		s, err := h.cfg.Gateway.Subscription(ctx, id)
		if kernel.KindOf(err) == kernel.KindNotFound {
			return income{noun: "subscription"}, a.Vanish(id, now)
		}
		if err != nil {
			return in, err
		}
		in = income{noun: "subscription", kind: credit.KindTrial, note: "trial of " + string(s.TrialPlan) + ", Stripe " + s.ID}
		in.amount, err = a.ObserveSubscription(c, s, now)
		return in, err
	case billing.KindInvoice:
		i, err := h.cfg.Gateway.Invoice(ctx, id)
		if err != nil {
			return in, err
		}
		in = income{noun: "invoice", kind: credit.KindPurchase, note: "invoice " + i.Number + ", Stripe " + i.ID}
		in.amount, err = a.ObserveInvoice(c, i, now)
		return in, err
	case billing.KindPayment:
		p, err := h.cfg.Gateway.Payment(ctx, id)
		if err != nil || p.Order == "" { // the payment of an invoice, which brings its credits itself
			return in, err
		}
		in = income{noun: "payment", kind: credit.KindPurchase, note: "pack, order " + p.Order + ", Stripe " + p.ID}
		in.amount, err = a.ObservePayment(p, now)
		return in, err
	case billing.KindSession, billing.KindSchedule:
	}
	return in, fmt.Errorf("billing: objects of the kind %q are not folded", kind)
}

// append appends what the account has recorded, with the credits in the same append.
func (h *Handlers) append(
	ctx context.Context, meta kernel.Meta, a *billing.Account, version int64, in income,
) (eventstore.Appended, error) {
	own := eventstore.At(h.repo.Stream(string(meta.Workspace)), eventstore.Expected(version), a.Pending()...)
	if in.amount > 0 {
		return h.cfg.Ledger.Commit(ctx, meta, meta.Workspace, nil, func(acct *credit.Account) error {
			return acct.Grant(in.kind, in.amount, in.note, h.cfg.Clock.Now())
		}, own)
	}
	req, err := h.repo.Append(meta, nil, own)
	if err != nil {
		return eventstore.Appended{}, err
	}
	return h.cfg.Store.Append(ctx, req)
}

// FreeMonth brings the free plan's credits of this month in, once, for a workspace that has that plan. It reports whether it did.
func (h *Handlers) FreeMonth(ctx context.Context, meta kernel.Meta) (bool, error) {
	if h.cfg.Gateway == nil {
		return false, nil
	}
	done, err := eventstore.Retry(ctx, func(int) (eventstore.Appended, error) {
		a, version, err := h.repo.Load(ctx, string(meta.Workspace))
		if err != nil {
			return eventstore.Appended{}, err
		}
		amount, err := a.FreeMonth(h.cfg.Catalog, h.cfg.Clock.Now())
		if err != nil || amount == 0 {
			return eventstore.Appended{}, err
		}
		in := income{kind: credit.KindGrant, amount: amount, note: "free plan, " + h.cfg.Clock.Now().UTC().Format("2006-01")}
		return h.append(ctx, meta.As("billing.free_month"), a, version, in)
	})
	return done.Last > 0, err
}
