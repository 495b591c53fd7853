package boot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/billingapi"
	"github.com/morket/morket/adapters/outbound/stripegw"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// payments are plans and packs of credits, paid through Stripe where it is configured.
type payments struct {
	core     *core
	handlers *billingcmd.Handlers
	verifier billingapi.Verifier
}

func newPayments(c *core, ledger billingcmd.Ledger) (*payments, error) {
	p := &payments{core: c}
	cfg := billingcmd.Config{
		Store: c.store, Codec: c.codec, IDs: c.ids, Clock: c.clock, Ledger: ledger, Site: strings.TrimRight(c.cfg.PublicURL, "/"),
	}
	var err error
	if cfg.Catalog, err = catalog(c.cfg.BillingCatalog); err != nil {
		return nil, err
	}
	if c.cfg.StripeKey.IsSet() && c.cfg.StripeWebhook.IsSet() { // what is paid for is told by webhooks
		if cfg.Gateway, err = stripegw.New(stripegw.Config{Key: c.cfg.StripeKey.Reveal(), URL: c.cfg.StripeURL}); err != nil {
			return nil, err
		}
		p.verifier = stripegw.NewVerifier(c.cfg.StripeWebhook.Reveal())
	}
	p.handlers, err = billingcmd.New(cfg)
	return p, err
}

const maxCatalog = 1 << 20 // bytes of the file

// catalog reads what is sold from a file, or takes what Morket comes with.
func catalog(path string) (billing.Catalog, error) {
	if path == "" {
		return billing.DefaultCatalog(), nil
	}
	wrong := func(err error) (billing.Catalog, error) {
		return billing.Catalog{}, fmt.Errorf("MORKET_BILLING_CATALOG: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return wrong(err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxCatalog+1))
	if err == nil && len(text) > maxCatalog {
		err = fmt.Errorf("%s is longer than %d bytes", path, maxCatalog)
	}
	if err != nil {
		return wrong(err)
	}
	var c billing.Catalog
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return wrong(fmt.Errorf("%s: %w", path, err))
	}
	if err := c.Validate(); err != nil {
		return wrong(fmt.Errorf("%s: %w", path, err))
	}
	return c, nil
}

func (p *payments) endpoints(a *httpapi.API) {
	billingapi.Register(a, billingapi.Deps{Handlers: p.handlers, Verifier: p.verifier})
}

// parts are the handling of what Stripe tells, one signal after another, and the free plan's credits of each month.
func (p *payments) parts() parts {
	if p.verifier == nil {
		return parts{}
	}
	return parts{
		reactions: []reaction{{name: "billing", types: p.handlers.Types(), handle: p.handlers.Handle}},
		sweeps: []sweeper.Sweep{
			{Name: "free credits", Every: time.Hour, Run: p.free},
			{Name: "billing", Every: time.Hour, Run: p.reconcile},
		},
	}
}

// reconcile compares each customer with Stripe, once a day; a difference is an error in the log, which alarms are made from.
func (p *payments) reconcile(ctx context.Context) (n int, err error) {
	return n, eachStream(ctx, p.core.store, billingcmd.Category, func(stream eventstore.StreamID) error {
		ws := kernel.WorkspaceID(stream.ID())
		found, err := p.handlers.Reconcile(ctx, sweeping(ws))
		if err != nil {
			p.core.log.ErrorContext(ctx, "compare billing with Stripe", "workspace", ws, "error", err)
		}
		for _, d := range found.Differences {
			p.core.log.ErrorContext(ctx, "billing differs from Stripe", "workspace", ws, "object", d.Object, "what", d.What, "there", d.There,
				"here", d.Here)
		}
		if !found.At.IsZero() {
			n++
		}
		return ctx.Err()
	})
}

// free brings the free plan's credits of this month in, for each workspace that has that plan and has not got them yet.
func (p *payments) free(ctx context.Context) (n int, err error) {
	return n, eachStream(ctx, p.core.store, "workspace", func(stream eventstore.StreamID) error {
		ws := kernel.WorkspaceID(stream.ID())
		did, err := p.handlers.FreeMonth(ctx, sweeping(ws))
		if err != nil {
			p.core.log.ErrorContext(ctx, "bring in the free plan's credits", "workspace", ws, "error", err)
		}
		if did {
			n++
		}
		return ctx.Err()
	})
}
