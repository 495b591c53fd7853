package boot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/bus/amqpbus"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
)

// register adds every module's endpoints.
func (s *server) register(a *httpapi.API) {
	s.registerAccounts(a, s.accounts, s.tables.handlers)
	s.registerTables(a, s.tables)
	s.registerDataOps(a, s.dataOps, s.flows.waiting)
	s.registerEnrichments(a, s.enrich, s.flows.waiting)
	s.registerCredits(a, s.credits, s.enrich.keyed, s.tables.grid)
	s.registerFeed(a, s.feed)
	s.registerSearch(a, s.search)
	s.registerAnalytics(a)
	s.registerWebhooks(a, s.webhooks, s.tables.handlers)
	s.registerOperations(a, s.operate)
	s.registerAudit(a)
}

func (s *server) authenticator() httpapi.Authenticator { return authapi.Authenticator(s.accounts.auth) }

func hasTLS(url string) bool { return strings.HasPrefix(url, "https://") }

// dependencies are what /readiness asks.
func (s *server) dependencies() []httpapi.Dependency {
	all := []httpapi.Dependency{
		{Name: "postgres", Needed: true, Check: func(ctx context.Context) error { return s.pool.Ping(ctx) }},
		{Name: "temporal", Check: s.flows.check},
		{Name: "parts", Check: s.keeper.check},
		{Name: "version", Needed: true, Check: s.presence.Models().Check},
		s.disks().dependency(),
	}
	if s.cfg.AMQPURL.IsSet() {
		all = append(all, httpapi.Dependency{Name: "rabbitmq", Check: func(ctx context.Context) error {
			if err := amqpbus.Check(ctx, s.cfg.AMQPURL.Reveal()); err != nil {
				return fmt.Errorf("events wait in the log: %w", err)
			}
			return nil
		}})
	}
	return slices.Concat(all, s.shared.dependencies(), s.objects.dependencies(), s.operate.backups.dependencies(), s.analytics.dependencies(), s.searchDependency())
}

// beforeStop ends what would keep the web server from stopping.
func (s *server) beforeStop() {
	s.feed.hub.Close()
	s.tables.hub.Close()
}
