package billingcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Reconcile looks at all that Stripe has of the workspace. What no signal has told of is folded now; what is final here is compared with
// Stripe, and with the entries of the ledger that name it. The outcome is an event, once a day at most.
func (h *Handlers) Reconcile(ctx context.Context, meta kernel.Meta) (billing.Reconciled, error) {
	var out billing.Reconciled
	if h.cfg.Gateway == nil {
		return out, nil
	}
	a, err := h.Account(ctx, meta.Workspace)
	if err != nil || a.Customer() == "" || !a.Due(h.cfg.Clock.Now()) {
		return out, err
	}
	refs, err := h.cfg.Gateway.Bought(ctx, a.Customer())
	if err != nil && kernel.KindOf(err) != kernel.KindNotFound { // a customer that is gone has nothing
		return out, err
	}
	for _, ref := range refs {
		if a.Final(ref.Kind, ref.ID) {
			continue
		}
		if _, err := h.observe(ctx, meta, ref.Kind, ref.ID); err != nil {
			return out, err
		}
	}
	books, err := h.books(ctx, meta.Workspace)
	if err != nil {
		return out, err
	}
	if a, err = h.Account(ctx, meta.Workspace); err != nil {
		return out, err
	}
	if out, err = h.compare(ctx, a, refs, books); err != nil {
		return out, err
	}
	_, err = h.repo.Update(ctx, meta.As("billing.reconcile"), string(meta.Workspace), func(a *billing.Account) (any, error) {
		return nil, a.Reconcile(out)
	})
	return out, err
}

// mark is before Stripe's id in the note of a ledger entry.
const mark = "Stripe "

// books are the credits that the ledger says each of Stripe's objects has brought.
func (h *Handlers) books(ctx context.Context, ws kernel.WorkspaceID) (map[string]kernel.Credits, error) {
	const page = 1000
	granted, out := (credit.Granted{}).EventType(), map[string]kernel.Credits{}
	for version := int64(0); ; {
		events, err := h.cfg.Store.ReadStream(ctx, eventstore.Stream("credit", string(ws)), version, page)
		if err != nil || len(events) == 0 {
			return out, err
		}
		for _, r := range events {
			version = r.Version
			if r.Type != granted {
				continue
			}
			var e credit.Granted
			if err := json.Unmarshal(r.Data, &e); err != nil {
				return nil, fmt.Errorf("event %d: %w", r.Position, err)
			}
			if _, id, ok := strings.Cut(e.Note, mark); ok && (e.Kind == credit.KindPurchase || e.Kind == credit.KindTrial) {
				out[id] += e.Amount
			}
		}
	}
}

// compare holds what is here against Stripe and the ledger.
func (h *Handlers) compare(
	ctx context.Context, a *billing.Account, refs []billing.Ref, books map[string]kernel.Credits,
) (billing.Reconciled, error) {
	out := billing.Reconciled{At: h.cfg.Clock.Now().UTC(), Objects: len(refs)}
	differ := func(object, what, there, here string) {
		if there != here && len(out.Differences) < billing.MaxDifferences {
			out.Differences = append(out.Differences, billing.Difference{Object: object, What: what, There: there, Here: here})
		}
	}
	here := map[string]kernel.Credits{}
	for _, b := range a.Bills() {
		here[b.ID] = b.Credits
		if !listed(refs, b.ID) {
			continue // older than what Stripe lists
		}
		i, err := h.cfg.Gateway.Invoice(ctx, b.ID)
		if err != nil {
			return out, err
		}
		differ(b.ID, "status", i.Status, b.Status)
		differ(b.ID, "paid", amount(i.Paid, i.Currency), amount(b.Paid, b.Currency))
	}
	for _, p := range a.Purchases() {
		here[p.ID] = p.Credits
		if !listed(refs, p.ID) {
			continue
		}
		got, err := h.cfg.Gateway.Payment(ctx, p.ID)
		if err != nil {
			return out, err
		}
		differ(p.ID, "status", got.Status, p.Status)
		differ(p.ID, "paid", amount(got.Received, got.Currency), amount(p.Received, p.Currency))
	}
	for id, credits := range a.Trials() {
		here[id] = credits
	}
	for _, id := range objects(here, books) {
		differ(id, "credits", here[id].String(), books[id].String())
	}
	return out, nil
}

func listed(refs []billing.Ref, id string) bool {
	return slices.ContainsFunc(refs, func(r billing.Ref) bool { return r.ID == id })
}

func amount(cents int64, currency string) string {
	const hundred = 100
	return fmt.Sprintf("%d.%02d %s", cents/hundred, cents%hundred, strings.ToUpper(currency))
}

// objects are those of either, in order.
func objects(a, b map[string]kernel.Credits) []string {
	var ids []string
	for _, all := range []map[string]kernel.Credits{a, b} {
		for id := range all {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
