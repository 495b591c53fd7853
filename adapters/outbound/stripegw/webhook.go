package stripegw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
)

// Verifier reads what Stripe sends to the webhook.
type Verifier struct{ secret string }

// NewVerifier takes the endpoint's signing secret.
func NewVerifier(secret string) *Verifier { return &Verifier{secret} }

// ErrSignature is the refusal of what is not signed by Stripe, or was longer than five minutes ago.
func ErrSignature() *kernel.Error {
	return kernel.E(kernel.KindMalformed, "BAD_SIGNATURE",
		"the Stripe-Signature is not that of this endpoint's secret, or is older than five minutes")
}

// Signal checks the signature over the body as it came, and reads which object it is about; false for one that is not looked at. Only ids
// are taken from it, so it may be of any version of Stripe's API.
func (v *Verifier) Signal(body []byte, signature string) (billingcmd.Signal, bool, error) {
	if err := webhook.ValidatePayload(body, signature, v.secret); err != nil {
		return billingcmd.Signal{}, false, ErrSignature().Because(err)
	}
	var e struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Data struct {
			Object struct {
				ID       string          `json:"id"`
				Object   string          `json:"object"`
				Customer json.RawMessage `json:"customer"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return billingcmd.Signal{}, false, kernel.E(kernel.KindMalformed, "MALFORMED", "this is no event of Stripe").Because(err)
	}
	o := e.Data.Object
	s := billingcmd.Signal{Event: e.ID, Type: e.Type, Kind: billing.Kind(o.Object), Object: o.ID, Customer: idOf(o.Customer)}
	if !slices.Contains(billing.Kinds(), s.Kind) {
		return s, false, nil
	}
	for _, id := range []string{s.Event, s.Object} {
		if !fits(id) {
			return s, false, kernel.E(kernel.KindMalformed, "MALFORMED", "this event names no object")
		}
	}
	return s, fits(s.Customer) && len(s.Type) <= maxID, nil
}

// maxID is Stripe's own limit of an id.
const maxID = 255

func fits(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '/' || r == '?' })
}

// idOf reads a reference: an id, or the object itself.
func idOf(raw json.RawMessage) string {
	var id string
	if json.Unmarshal(raw, &id) == nil {
		return id
	}
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &o) != nil {
		return ""
	}
	return o.ID
}

// events are the types that are about objects that are folded.
func events() []string {
	return []string{
		"checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
		"customer.subscription.created", "customer.subscription.updated", "customer.subscription.deleted", "customer.subscription.paused",
		"customer.subscription.resumed", "customer.subscription.trial_will_end", "customer.subscription.pending_update_applied",
		"customer.subscription.pending_update_expired",
		"subscription_schedule.created", "subscription_schedule.updated", "subscription_schedule.released", "subscription_schedule.completed",
		"subscription_schedule.aborted", "subscription_schedule.canceled",
		"invoice.created", "invoice.updated", "invoice.finalized", "invoice.finalization_failed", "invoice.paid", "invoice.payment_failed",
		"invoice.payment_action_required", "invoice.voided", "invoice.marked_uncollectible",
		"payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.requires_action", "payment_intent.canceled",
	}
}

// NewEndpoint has Stripe send events to the address in the version that is read, and returns the signing secret, which Stripe tells once.
func (g *Gateway) NewEndpoint(ctx context.Context, address string) (secret string, err error) {
	there, err := g.Endpoint(ctx, address)
	if err != nil {
		return "", err
	}
	if there.Found {
		return "", fmt.Errorf(
			"stripe has an endpoint for %s already; delete it there first, or take its signing secret from Stripe's pages", address)
	}
	made, err := g.endpoints().New(&stripe.WebhookEndpointParams{
		Params: stripe.Params{Context: ctx}, URL: stripe.String(address), APIVersion: stripe.String(APIVersion),
		EnabledEvents: stripe.StringSlice(events()), Description: stripe.String("Morket"),
	})
	if err != nil {
		return "", mapped("make a webhook endpoint", err)
	}
	return made.Secret, nil
}

// Endpoint is what Stripe has for a webhook.
type Endpoint struct {
	Found   bool
	Enabled bool
	Version string // of the API, in which events come; "" is the account's
}

// Endpoint looks for the webhook of the address. It is how the key is tried as well.
func (g *Gateway) Endpoint(ctx context.Context, address string) (Endpoint, error) {
	const most = 100
	list := g.endpoints().List(&stripe.WebhookEndpointListParams{
		ListParams: stripe.ListParams{Context: ctx, Single: true, Limit: stripe.Int64(most)},
	})
	for list.Next() {
		if e := list.WebhookEndpoint(); e.URL == address {
			return Endpoint{Found: true, Enabled: e.Status == "enabled", Version: e.APIVersion}, nil
		}
	}
	if err := mapped("list webhook endpoints", list.Err()); err != nil {
		var shown *kernel.Error
		if errors.As(err, &shown) {
			return Endpoint{}, errors.New(shown.Message)
		}
		return Endpoint{}, err
	}
	return Endpoint{}, nil
}
