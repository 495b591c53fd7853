package boot

import (
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/adapters/httpapi/tableapi"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/historyread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/projections"
)

// tables is the grid: its commands, its read model, its history and the live stream.
type tables struct {
	handlers *tablecmd.Handlers
	grid     *gridread.Grid
	history  *historyread.Queries
	indexer  *gridread.Indexer
	hub      *livestream.Hub
}

func (p *Platform) tables(b *bus, positions projections.Positions, zones tablecmd.Zones) (*tables, error) {
	t := &tables{grid: gridread.NewGrid(p.rows, p.clock).InZones(zones), history: historyread.NewQueries(p.rows, p.store, p.codec)}
	t.indexer = t.grid.NewIndexer(p.pool, p.log.With("part", "indexer"))
	var err error
	t.hub, err = livestream.NewHub(livestream.Config{Subscriber: b.subscribe(""), Log: p.tail, Codec: p.codec, Logger: p.log.With("part", "live")})
	if err != nil {
		return nil, err
	}
	t.handlers, err = tablecmd.New(tablecmd.Config{
		Store: p.store, Codec: p.codec, IDs: p.ids, Clock: p.clock, Rows: t.grid, Tables: t.grid, History: t.history, Waiter: positions, Zones: zones,
	})
	return t, err
}

func (p *Platform) registerTables(a *httpapi.API, t *tables) {
	tableapi.Register(a, tableapi.Deps{
		Handlers: t.handlers, Grid: t.grid, History: t.history, Hub: t.hub, Names: workspaceread.NewQueries(p.rows, p.ring), Clock: p.clock,
	})
}
