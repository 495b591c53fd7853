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
	store     analyticsview.Store
	projector projections.Projector
	client    *clickhouse.Client // nil without ClickHouse
	side      *sidestore.Store   // nil without ClickHouse
}

// clickHousePace is how often ClickHouse is written to at most when little happens.
const clickHousePace = 250 * time.Millisecond

func (p *Platform) openAnalytics() (*analytics, error) {
	if !p.cfg.ClickHouseURL.IsSet() {
		return &analytics{store: analyticsread.NewQueries(p.rows), projector: analyticsview.New(analyticsview.Name, analyticsread.Open)}, nil
	}
	a := &analytics{projector: analyticsview.New(analyticsview.NameClickHouse, clickhouse.OpenAnalytics)}
	var err error
	if a.client, err = clickhouse.Open(p.cfg.ClickHouseURL.Reveal()); err != nil {
		return nil, fmt.Errorf("CLICKHOUSE_URL: %w", err)
	}
	engine := clickhouse.NewEngine(a.client, clickhouse.AnalyticsModel(clickhouse.RollAt))
	a.side, err = sidestore.New(sidestore.Config{
		Base: p.read, Marks: postgres.NewMarks(p.pool).Of(p.presence.Models()), Engine: engine, Name: "ClickHouse", Head: p.store.Head, History: p.history.ID, Clock: p.clock,
		Logger: p.log.With("part", "clickhouse"), Pace: clickHousePace,
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

func (s *server) registerAnalytics(a *httpapi.API) {
	analyticsapi.Register(a, analyticsapi.Deps{
		Store: s.analytics.store, Projection: s.analytics.projector.Name(), Cache: s.shared.cache, Zones: s.accounts.workspaces, Clock: s.clock,
	})
}
