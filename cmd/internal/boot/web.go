package boot

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/cmd/internal/schemas"
	"github.com/morket/morket/ui"
)

// newAPI makes the API with every module's endpoints, the documents and the user interface.
func newAPI(c *core, with *means, m *modules, health []httpapi.Dependency) (*httpapi.API, error) {
	cfg := c.cfg
	a := httpapi.New(httpapi.Config{
		Authenticator:  authapi.Authenticator(m.accounts.auth),
		Memberships:    m.accounts.workspaces,
		Limiter:        with.shared.limiter,
		Limits:         limits(cfg),
		Commands:       c.store,
		Positions:      with.registry,
		IDs:            c.ids,
		Clock:          c.clock,
		Logger:         c.log,
		Origins:        cfg.Origins,
		Secure:         hasTLS(cfg.PublicURL),
		FingerprintKey: m.accounts.tokens.FingerprintKey(),
		Down:           databaseDown,
		Version:        Version,
		Around:         append(c.tracing.Around(), c.people.note),
		Meter:          c.metrics,
		Watch:          c.watch,
		Access:         m.audit.recorder,
		Streams:        streams(cfg),
		Proxies:        networks(cfg.TrustedProxies),
		BranchOf:       m.tables.branchOf,
	})
	m.endpoints(a)
	a.ServeHealth(health)
	serveMetrics(a, cfg, c.metrics.Handler())
	if err := a.ServeDocs(); err != nil {
		return nil, err
	}
	events, err := schemas.Files()
	if err != nil {
		return nil, err
	}
	a.Router().StaticFS("/schemas/events", events)
	if files, built := ui.Dist(); built {
		a.ServeUI(files)
	}
	return a, nil
}

func hasTLS(url string) bool { return strings.HasPrefix(url, "https://") }

// networks writes prefixes as the router takes them.
func networks(prefixes []netip.Prefix) []*net.IPNet {
	out := make([]*net.IPNet, len(prefixes))
	for i, p := range prefixes {
		p = p.Masked()
		out[i] = &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
	}
	return out
}

func limits(cfg config.Config) map[httpapi.Class]int {
	if cfg.RateGeneral == 0 {
		return nil
	}
	return map[httpapi.Class]int{
		httpapi.General: cfg.RateGeneral, httpapi.Grid: cfg.RateGrid, httpapi.Auth: cfg.RateAuth, httpapi.Failed: cfg.RateFailed,
		httpapi.Enrichment: cfg.RateEnrichment, httpapi.Admin: cfg.RateAdmin,
	}
}

func streams(cfg config.Config) httpapi.StreamLimits {
	transfers := httpapi.Slots{User: cfg.TransfersUser, Workspace: cfg.TransfersWorkspace}
	return httpapi.StreamLimits{
		Events:  httpapi.Slots{User: cfg.StreamsUser, Workspace: cfg.StreamsWorkspace},
		Files:   transfers,
		Uploads: transfers,
	}
}

// dependencies are what /readiness asks, those of the modules last.
func dependencies(c *core, with *means, keeper *supervisor, all []parts) []httpapi.Dependency {
	out := []httpapi.Dependency{
		{Name: "postgres", Needed: true, Check: func(ctx context.Context) error { return c.pool.Ping(ctx) }},
		{Name: "temporal", Check: with.flows.check},
		{Name: "parts", Check: keeper.check},
		{Name: "version", Needed: true, Check: c.presence.Models().Check},
		newDisks(c.cfg).dependency(),
	}
	if c.cfg.AMQPURL.IsSet() {
		out = append(out, httpapi.Dependency{Name: "rabbitmq", Check: func(ctx context.Context) error {
			if err := amqpbus.Check(ctx, c.cfg.AMQPURL.Reveal()); err != nil {
				return fmt.Errorf("events wait in the log: %w", err)
			}
			return nil
		}})
	}
	out = append(out, with.shared.dependencies()...)
	for _, p := range all {
		out = slices.Concat(out, p.dependencies)
	}
	return out
}

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
)

// newWeb makes a web server whose requests end with ctx.
func newWeb(ctx context.Context, handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
}
