package boot

import (
	"context"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/adapters/files/objectstore"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/dataopsapi"
	"github.com/morket/morket/adapters/postgres/dataopsread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/dataopsflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// imports is bringing files in and taking tables out.
type dataOps struct {
	handlers *dataopscmd.Handlers
	importer *dataopscmd.Importer
	grid     *gridread.Grid
}

func (p *Platform) dataOps(files objectstore.Store, grid *gridread.Grid, positions projections.Positions, zones dataopscmd.Zones) (*dataOps, error) {
	cfg := dataopscmd.Config{Store: p.store, Codec: p.codec, IDs: p.ids, Clock: p.clock, Files: files, Formats: csvfile.Formats{}, Grid: dataopsread.NewGrid(grid), Wait: positions, Zones: zones}
	i := &dataOps{grid: grid}
	var err error
	if i.handlers, err = dataopscmd.New(cfg); err != nil {
		return nil, err
	}
	i.importer, err = dataopscmd.NewImporter(dataopscmd.ImporterConfig{
		Config: cfg, Logger: p.log.With("part", "import"), Ward: p.ward,
	})
	return i, err
}

// flow adds the import's workflow to the worker and returns the reactor that starts it.
func (i *dataOps) flow(p *Platform, f *flows) reaction {
	reads := dataopsread.NewQueries(p.rows)
	f.sources = append(f.sources, func(ctx context.Context, each func(reconcile.Flow) error) error {
		return reconcile.Pages(ctx, reads.Unfinished, func(u dataopsread.Unfinished) kernel.ImportID { return u.Import },
			func(u dataopsread.Unfinished) error { return each(dataopsflow.Underway(u.Import, u.Undoing)) })
	})
	f.register = append(f.register, func(r worker.Registry) { dataopsflow.Register(r, dataopsflow.NewActivities(i.importer)) })
	r := dataopsflow.NewReactor(f.client)
	return reaction{name: dataopsflow.ReactorName, types: r.Types(), handle: r.Handle}
}

func (p *Platform) registerDataOps(a *httpapi.API, i *dataOps, waiting func() string) {
	dataopsapi.Register(a, dataopsapi.Deps{Handlers: i.handlers, Reads: dataopsread.NewQueries(p.rows), Grid: i.grid, Waiting: waiting})
}
