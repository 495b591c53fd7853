package doctor

import (
	"context"
	"strings"

	"github.com/morket/morket/adapters/httpapi/billingapi"
	"github.com/morket/morket/adapters/outbound/stripegw"
	"github.com/morket/morket/cmd/internal/config"
)

// stripe tries the key, and looks whether Stripe sends events here in the version that is read.
func stripe(ctx context.Context, cfg config.Config) Finding {
	if !cfg.StripeKey.IsSet() {
		return good("not set: nothing can be bought; MORKET_STRIPE_SECRET_KEY and MORKET_STRIPE_WEBHOOK_SECRET turn billing on")
	}
	g, err := stripegw.New(stripegw.Config{Key: cfg.StripeKey.Reveal(), URL: cfg.StripeURL})
	if err != nil {
		return failure("correct MORKET_STRIPE_URL", "%v", err)
	}
	address := strings.TrimRight(cfg.PublicURL, "/") + billingapi.WebhookPath
	e, err := g.Endpoint(ctx, address)
	const do = "run morket stripe-endpoint, which makes it and prints MORKET_STRIPE_WEBHOOK_SECRET; delete an old one at Stripe first"
	switch {
	case err != nil:
		return failure("check MORKET_STRIPE_SECRET_KEY, and that api.stripe.com can be reached", "%v", err)
	case !e.Found:
		return warning(do, "the key works, but Stripe has no endpoint for %s: payments would bring no credits", address)
	case !cfg.StripeWebhook.IsSet():
		return failure("set MORKET_STRIPE_WEBHOOK_SECRET to the signing secret of the endpoint "+address, "nothing can be bought without it")
	case !e.Enabled:
		return failure("enable it at Stripe", "the endpoint %s is disabled: payments bring no credits", address)
	case e.Version != stripegw.APIVersion:
		return warning(do,
			"the endpoint sends events of version %q instead of %s; their ids can be read, what else they hold is not used", e.Version,
			stripegw.APIVersion)
	}
	return good("the key works, and events come to %s in version %s", address, e.Version)
}
