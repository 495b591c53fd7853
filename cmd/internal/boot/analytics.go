package boot

import (
	"context"
	"fmt"
	"time"
	_ "time/tzdata" // the zones that people ask in, also on machines without them

	"github.com/morket/morket/adapters/clickhouse"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/analyticsapi"
	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/analyticsread"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/analyticsview"
	"github.com/morket/morket/projections/sidestore"
)

// analytics is where the analytics are kept: in ClickHouse when there is one, else in Postgres.
type analytics struct {
	core      *core
	store     analyticsview.Store
	projector projections.Projector
	client    *clickhouse.Client // nil without ClickHouse
	side      *sidestore.Store   // nil without ClickHouse
}

// clickHousePace is how often ClickHouse is written to at most when little happens.
const clickHousePace = 250 * time.Millisecond

func openAnalytics(c *core) (*analytics, error) {
	if !c.cfg.ClickHouseURL.IsSet() {
		return &analytics{
			core:      c,
			store:     analyticsread.NewQueries(c.rows),
			projector: analyticsview.New(analyticsview.Name, analyticsread.Open),
		}, nil
	}
	a := &analytics{core: c, projector: analyticsview.New(analyticsview.NameClickHouse, clickhouse.OpenAnalytics)}
	var err error
	if a.client, err = clickhouse.Open(c.cfg.ClickHouseURL.Reveal()); err != nil {
		return nil, fmt.Errorf("CLICKHOUSE_URL: %w", err)
	}
	engine := clickhouse.NewEngine(a.client, clickhouse.AnalyticsModel(clickhouse.RollAt))
	a.side, err = sidestore.New(sidestore.Config{
		Base: c.read, Marks: postgres.NewMarks(c.pool).Of(c.presence.Models()), Engine: engine, Name: "ClickHouse", Head: c.store.Head,
		History: c.history.ID, Clock: c.clock, Logger: c.log.With("part", "clickhouse"), Pace: clickHousePace,
	})
	a.store = clickhouse.NewAnalytics(engine, a.side)
	return a, err
}

func (a *analytics) dependencies() []httpapi.Dependency {
	if a.client == nil {
		return nil
	}
	return []httpapi.Dependency{{Name: "clickhouse", Check: func(ctx context.Context) error {
		if err := a.client.Ping(ctx); err != nil {
			return fmt.Errorf("no analytics until it is back: %w", err)
		}
		return a.side.Ready(ctx, a.projector.Name())
	}}}
}

func (a *analytics) close() error {
	if a.client == nil {
		return nil
	}
	return a.client.Close()
}

// analysis answers questions about runs and credits.
type analysis struct {
	kept   *analytics
	shared *shared
	zones  analyticsapi.Zones
}

func (m *analysis) endpoints(a *httpapi.API) {
	analyticsapi.Register(a, analyticsapi.Deps{
		Store: m.kept.store, Projection: m.kept.projector.Name(), Cache: m.shared.cache, Zones: m.zones, Clock: m.kept.core.clock,
	})
}

func (m *analysis) parts() parts { return parts{dependencies: m.kept.dependencies()} }
