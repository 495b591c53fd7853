package boot

import (
	"context"
	"log/slog"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/projections"
)

// modules are the modules of the product. This is the one place that knows all of them.
type modules struct {
	accounts    *accounts
	tables      *tables
	dataOps     *dataOps
	dedups      *dedups
	enrichments *enrichments
	finds       *finds
	crms        *crms
	credits     *credits
	payments    *payments
	credentials *credentials
	feed        *feed
	searches    *searches
	comments    *comments
	analysis    *analysis
	webhooks    *webhooks
	workflows   *workflows
	scraper     *scraper
	operations  *operations
	erasures    *erasures
	audit       *audit
}

// all lists them, in the order of the API's document.
func (m *modules) all() []module {
	return []module{
		m.accounts, m.tables, m.dataOps, m.dedups, m.enrichments, m.finds, m.crms, m.credits, m.payments, m.credentials, m.feed, m.searches,
		m.comments, m.analysis, m.webhooks, m.workflows, m.scraper, m.operations, m.erasures, m.audit,
	}
}

func (m *modules) endpoints(a *httpapi.API) {
	for _, one := range m.all() {
		one.endpoints(a)
	}
}

// parts are those of all modules together.
func (m *modules) parts() []parts {
	var out []parts
	for _, one := range m.all() {
		out = append(out, one.parts())
	}
	return out
}

// means are what modules share beside the core.
type means struct {
	bus      *bus
	shared   *shared
	flows    *flows
	registry *projections.Registry
	monitor  *projections.Monitor
}

func newMeans(ctx context.Context, c *core) (*means, error) {
	m := &means{bus: newBus(c), registry: projections.NewRegistry(c.read), monitor: projections.NewMonitor(c.store, c.clock)}
	var err error
	if m.shared, err = newShared(ctx, c); err != nil {
		return nil, err
	}
	m.flows, err = newFlows(ctx, c)
	return m, err
}

// close ends them after everything that uses them.
func (m *means) close(log *slog.Logger) {
	m.flows.client.Close()
	m.bus.close(log)
	m.shared.close(log)
}

// connect makes the modules that bring rows from vendors and push rows to them.
func (m *modules) connect(p *Platform, with *means) (err error) {
	c := p.core
	m.finds, err = newFinds(c, with.flows, findsConfig{
		Searches:    p.providers,
		Shared:      with.shared,
		Credentials: m.credentials,
		Imports:     m.dataOps.handlers,
	})
	if err != nil {
		return err
	}
	connectors, err := Connectors(c.cfg, c.clock, measured(c.metrics, "crm"))
	if err != nil {
		return err
	}
	m.crms, err = newCRMs(c, with.flows, crmsConfig{
		Connectors: connectors,
		Shared:     with.shared,
		Rows:       m.tables.grid.ForRuns(with.registry),
		Tables:     m.tables.handlers,
		Waiter:     with.registry,
	})
	return err
}

// newModules makes the modules, each after those that it names.
func newModules(ctx context.Context, p *Platform, with *means) (*modules, error) {
	c := p.core
	m := &modules{credentials: newCredentials(c, p.providers), feed: newFeed(c, with.bus), searches: newSearches(c, p.views)}
	var err error
	if m.audit, err = newAudit(c); err != nil {
		return nil, err
	}
	if m.accounts, err = newAccounts(ctx, c, with.bus, m.audit.recorder); err != nil {
		return nil, err
	}
	zones := m.accounts.workspaces
	if m.tables, err = newTables(c, with.bus, with.flows, with.registry, zones); err != nil {
		return nil, err
	}
	m.accounts.tables = m.tables.handlers
	if m.comments, err = newComments(c, m.tables, with.registry, m.accounts.workspaces); err != nil {
		return nil, err
	}
	if m.credits, err = newCredits(c, m.tables.grid); err != nil {
		return nil, err
	}
	if m.payments, err = newPayments(c, m.credits.ledger); err != nil {
		return nil, err
	}
	if m.dataOps, err = newDataOps(c, with.flows, m.tables, with.registry, m.accounts); err != nil {
		return nil, err
	}
	if m.dedups, err = newDedups(c, with.flows, m.tables); err != nil {
		return nil, err
	}
	m.enrichments, err = newEnrichments(c, with.flows, enrichmentConfig{
		Providers:   p.providers,
		Shared:      with.shared,
		Grid:        m.tables.grid,
		Positions:   with.registry,
		Ledger:      m.credits.ledger,
		Credentials: m.credentials,
	})
	if err != nil {
		return nil, err
	}
	if err = m.connect(p, with); err != nil {
		return nil, err
	}
	m.analysis = &analysis{kept: p.views.analytics, shared: with.shared, zones: zones}
	if m.webhooks, err = newWebhooks(ctx, c, m.accounts.mails, m.tables.handlers); err != nil {
		return nil, err
	}
	if m.workflows, err = newWorkflows(c, with.flows, m, with.shared, with.registry); err != nil {
		return nil, err
	}
	p.pages.share(with.shared.redis)
	if m.scraper, err = newScraper(c, with.flows, p.pages); err != nil {
		return nil, err
	}
	if m.operations, err = newOperations(ctx, c, with.monitor); err != nil {
		return nil, err
	}
	m.erasures, err = newErasures(c, m, p.views, with)
	return m, err
}
