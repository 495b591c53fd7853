// Package stripegw is Stripe as the billing gateway: customers, payment pages, subscriptions, and objects as they are now.
package stripegw

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"time"

	"github.com/stripe/stripe-go/v76"
	portal "github.com/stripe/stripe-go/v76/billingportal/session"
	checkout "github.com/stripe/stripe-go/v76/checkout/session"
	"github.com/stripe/stripe-go/v76/customer"
	"github.com/stripe/stripe-go/v76/invoice"
	"github.com/stripe/stripe-go/v76/paymentintent"
	"github.com/stripe/stripe-go/v76/price"
	"github.com/stripe/stripe-go/v76/subscription"
	"github.com/stripe/stripe-go/v76/subscriptionschedule"
	"github.com/stripe/stripe-go/v76/webhookendpoint"

	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
)

// APIVersion is the version of Stripe's API that this speaks; stripe-go sends it with each request.
const APIVersion = stripe.APIVersion

// The members of Stripe's metadata by which its objects are known again.
const (
	metaPlan      = "morket_plan"
	metaTrial     = "morket_trial"
	metaOrder     = "morket_order"
	metaWorkspace = "morket_workspace"
)

const (
	timeout = 20 * time.Second // of a request
	maxBody = 4 << 20          // bytes of an answer
)

// Config is what the gateway needs.
type Config struct {
	Key string // the secret or restricted key
	// URL stands in for Stripe's own address: a loopback address only, or else the key would go somewhere else.
	URL string
}

// Gateway asks Stripe. Nothing is asked again by itself: under what key is the caller's to say, and when as well.
type Gateway struct {
	backend stripe.Backend
	key     string
}

var _ billingcmd.Gateway = (*Gateway)(nil)

// New makes the gateway; nothing is asked yet.
func New(cfg Config) (*Gateway, error) {
	if cfg.Key == "" {
		return nil, errors.New("stripegw: a key is needed")
	}
	base := stripe.APIURL
	if cfg.URL != "" {
		if err := loopback(cfg.URL); err != nil {
			return nil, err
		}
		base = cfg.URL
	}
	client := &http.Client{
		Timeout:       timeout,
		Transport:     bounded{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Gateway{key: cfg.Key, backend: stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(base),
		HTTPClient:        client,
		MaxNetworkRetries: stripe.Int64(0),
		EnableTelemetry:   stripe.Bool(false),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})}, nil
}

func loopback(address string) error {
	u, err := url.Parse(address)
	if err == nil {
		var ip netip.AddrPort
		if ip, err = netip.ParseAddrPort(u.Host); err == nil && u.Scheme == "http" && ip.Addr().Unmap().IsLoopback() {
			return nil
		}
	}
	return errors.New("stripegw: another address than Stripe's must be http:// on a loopback address with a port")
}

// bounded cuts answers that are longer than any of Stripe's.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxBody), res.Body}
	}
	return res, err
}

// once are parameters of a request under a key, as part names one of several requests of a command.
func once(ctx context.Context, key, part string) stripe.Params {
	return stripe.Params{Context: ctx, IdempotencyKey: stripe.String(key + ":" + part)}
}

func look(ctx context.Context, expand ...string) stripe.Params {
	p := stripe.Params{Context: ctx}
	for _, field := range expand {
		p.AddExpand(field)
	}
	return p
}

// NewCustomer implements billingcmd.Gateway.
func (g *Gateway) NewCustomer(ctx context.Context, key string, c billingcmd.NewCustomer) (string, error) {
	made, err := customer.Client{B: g.backend, Key: g.key}.New(&stripe.CustomerParams{
		Params:   once(ctx, key, "customer"),
		Name:     stripe.String(c.Name),
		Metadata: map[string]string{metaWorkspace: string(c.Workspace)},
	})
	if err != nil {
		return "", mapped("make a customer", err)
	}
	return made.ID, nil
}

// Checkout implements billingcmd.Gateway.
func (g *Gateway) Checkout(ctx context.Context, key string, c billingcmd.Checkout) (billingcmd.Page, error) {
	p := &stripe.CheckoutSessionParams{
		Params:            once(ctx, key, "checkout"),
		Customer:          stripe.String(c.Customer),
		ClientReferenceID: stripe.String(string(c.Workspace)),
		SuccessURL:        stripe.String(c.Success),
		CancelURL:         stripe.String(c.Back),
	}
	if c.Order != nil {
		payFor(p, c)
	} else if err := g.subscribeTo(ctx, p, c); err != nil {
		return billingcmd.Page{}, err
	}
	made, err := checkout.Client{B: g.backend, Key: g.key}.New(p)
	if err != nil {
		return billingcmd.Page{}, mapped("make a payment page", err)
	}
	return billingcmd.Page{ID: made.ID, URL: made.URL}, nil
}

// payFor makes the page one for a pack, whose payment names the order.
func payFor(p *stripe.CheckoutSessionParams, c billingcmd.Checkout) {
	p.Mode = stripe.String(string(stripe.CheckoutSessionModePayment))
	p.LineItems = []*stripe.CheckoutSessionLineItemParams{{
		Quantity: stripe.Int64(1),
		PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
			Currency:    stripe.String(c.Currency),
			UnitAmount:  stripe.Int64(c.Order.Price),
			ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(c.Order.Credits.String() + " credits")},
		},
	}}
	p.PaymentIntentData = &stripe.CheckoutSessionPaymentIntentDataParams{
		Metadata: map[string]string{metaOrder: c.Order.ID, metaWorkspace: string(c.Workspace)},
	}
}

// subscribeTo makes the page one for a plan. A trial asks for no card, and ends by itself without one.
func (g *Gateway) subscribeTo(ctx context.Context, p *stripe.CheckoutSessionParams, c billingcmd.Checkout) error {
	id, err := g.price(ctx, c.Plan, c.Currency)
	if err != nil {
		return err
	}
	p.Mode = stripe.String(string(stripe.CheckoutSessionModeSubscription))
	p.LineItems = []*stripe.CheckoutSessionLineItemParams{{Quantity: stripe.Int64(1), Price: stripe.String(id)}}
	p.SubscriptionData = &stripe.CheckoutSessionSubscriptionDataParams{Metadata: map[string]string{metaWorkspace: string(c.Workspace)}}
	if c.Trial {
		p.PaymentMethodCollection = stripe.String(string(stripe.CheckoutSessionPaymentMethodCollectionIfRequired))
		p.SubscriptionData.Metadata[metaTrial] = string(c.Plan.ID)
		p.SubscriptionData.TrialPeriodDays = stripe.Int64(int64(c.Plan.TrialDays))
		p.SubscriptionData.TrialSettings = &stripe.CheckoutSessionSubscriptionDataTrialSettingsParams{
			EndBehavior: &stripe.CheckoutSessionSubscriptionDataTrialSettingsEndBehaviorParams{
				MissingPaymentMethod: stripe.String(string(stripe.SubscriptionTrialSettingsEndBehaviorMissingPaymentMethodCancel)),
			},
		}
	}
	return nil
}

// Expire implements billingcmd.Gateway. Stripe refuses to close a page that was used or has expired.
func (g *Gateway) Expire(ctx context.Context, key, session string) (billingcmd.Session, error) {
	_, err := checkout.Client{B: g.backend, Key: g.key}.Expire(session, &stripe.CheckoutSessionExpireParams{Params: once(ctx, key, "expire")})
	if err := mapped("close a payment page", err); err != nil && kernel.KindOf(err) == kernel.KindUnavailable {
		return billingcmd.Session{}, err
	}
	return g.Session(ctx, session)
}

// Portal implements billingcmd.Gateway.
func (g *Gateway) Portal(ctx context.Context, key, customer, returnTo string) (billingcmd.Page, error) {
	made, err := portal.Client{B: g.backend, Key: g.key}.New(&stripe.BillingPortalSessionParams{
		Params: once(ctx, key, "portal"), Customer: stripe.String(customer), ReturnURL: stripe.String(returnTo),
	})
	if err != nil {
		return billingcmd.Page{}, mapped("make a portal page", err)
	}
	return billingcmd.Page{ID: made.ID, URL: made.URL}, nil
}

// price is the plan's price at Stripe, made when it is needed for the first time. Its lookup key holds the amount: a plan that costs
// something else from now on has another price, and subscriptions that there are keep the old one.
func (g *Gateway) price(ctx context.Context, plan billing.Plan, currency string) (string, error) {
	lookup := "morket_" + string(plan.ID) + "_" + currency + "_" + strconv.FormatInt(plan.Price, 10) + "_month"
	prices := price.Client{B: g.backend, Key: g.key}
	list := prices.List(&stripe.PriceListParams{
		ListParams: stripe.ListParams{Context: ctx, Single: true}, Active: stripe.Bool(true), LookupKeys: []*string{stripe.String(lookup)},
	})
	for list.Next() {
		return list.Price().ID, nil
	}
	if err := list.Err(); err != nil {
		return "", mapped("look for a price", err)
	}
	made, err := prices.New(&stripe.PriceParams{
		Params:      once(ctx, lookup, "price"),
		Currency:    stripe.String(currency),
		UnitAmount:  stripe.Int64(plan.Price),
		LookupKey:   stripe.String(lookup),
		Recurring:   &stripe.PriceRecurringParams{Interval: stripe.String(string(stripe.PriceRecurringIntervalMonth))},
		ProductData: &stripe.PriceProductDataParams{Name: stripe.String("Morket " + plan.Name)},
		Metadata:    map[string]string{metaPlan: string(plan.ID)},
	})
	if err != nil {
		return "", mapped("make a price", err)
	}
	return made.ID, nil
}

func (g *Gateway) subscriptions() subscription.Client {
	return subscription.Client{B: g.backend, Key: g.key}
}

func (g *Gateway) schedules() subscriptionschedule.Client {
	return subscriptionschedule.Client{B: g.backend, Key: g.key}
}

func (g *Gateway) invoices() invoice.Client { return invoice.Client{B: g.backend, Key: g.key} }

func (g *Gateway) payments() paymentintent.Client {
	return paymentintent.Client{B: g.backend, Key: g.key}
}

func (g *Gateway) endpoints() webhookendpoint.Client {
	return webhookendpoint.Client{B: g.backend, Key: g.key}
}
