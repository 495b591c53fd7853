package boot

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/dataopsapi"
	"github.com/morket/morket/adapters/postgres/dataopsread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/dataopsflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections"
)

// dataOps is bringing files in and taking tables out.
type dataOps struct {
	core     *core
	objects  *objects
	handlers *dataopscmd.Handlers
	importer *dataopscmd.Importer
	reads    *dataopsread.Queries
	grid     *gridread.Grid
	flows    *flows
}

func newDataOps(c *core, f *flows, grid *gridread.Grid, positions projections.Positions, zones dataopscmd.Zones) (*dataOps, error) {
	d := &dataOps{core: c, grid: grid, flows: f, reads: dataopsread.NewQueries(c.rows)}
	var err error
	if d.objects, err = newObjects(c.base); err != nil {
		return nil, err
	}
	cfg := dataopscmd.Config{
		Store:   c.store,
		Codec:   c.codec,
		IDs:     c.ids,
		Clock:   c.clock,
		Files:   d.objects.store,
		Formats: tablefile.Imports{},
		Grid:    dataopsread.NewGrid(grid),
		Wait:    positions,
		Zones:   zones,
	}
	if d.handlers, err = dataopscmd.New(cfg); err != nil {
		return nil, err
	}
	d.importer, err = dataopscmd.NewImporter(dataopscmd.ImporterConfig{
		Config: cfg,
		Logger: c.log.With("part", "import"),
		Ward:   c.ward,
		Watch:  c.watch,
	})
	return d, err
}

func (d *dataOps) endpoints(a *httpapi.API) {
	dataopsapi.Register(a, dataopsapi.Deps{Handlers: d.handlers, Reads: d.reads, Grid: d.grid, Waiting: d.flows.waiting})
}

func (d *dataOps) parts() parts {
	starts := dataopsflow.NewReactor(d.flows.client)
	return parts{
		reactions: []reaction{{name: dataopsflow.ReactorName, types: starts.Types(), handle: starts.Handle}},
		flows: []flow{{
			register: func(r worker.Registry) { dataopsflow.Register(r, dataopsflow.NewActivities(d.importer)) },
			underway: d.underway,
		}},
		tasks: []task{{name: "objects", role: config.RoleWorker, run: d.objects.sweep}},
		sweeps: []sweeper.Sweep{
			{Name: "uploads", Every: time.Hour, Run: d.sweepUploads},
			{Name: "files", Every: time.Hour, Run: d.sweepFiles},
		},
		dependencies: d.objects.dependencies(),
	}
}

// underway tells of the imports that the log says are under way.
func (d *dataOps) underway(ctx context.Context, each func(reconcile.Flow) error) error {
	return reconcile.Pages(ctx, d.reads.Unfinished, func(u dataopsread.Unfinished) kernel.ImportID { return u.Import },
		func(u dataopsread.Unfinished) error { return each(dataopsflow.Underway(u.Import, u.Undoing)) })
}

// uploadsWait is how long an upload waits that nobody commits.
const uploadsWait = 24 * time.Hour

// sweepUploads removes uploads that nobody has committed for a day.
func (d *dataOps) sweepUploads(ctx context.Context) (int, error) {
	list, err := d.reads.Waiting(ctx, d.core.clock.Now().Add(-uploadsWait), sweepBatch)
	if err != nil {
		return 0, err
	}
	return each(list, func(u dataopsread.Upload) (bool, error) {
		return d.handlers.Expire(ctx, sweeping(u.Workspace), u.Import)
	})
}

// sweepFiles removes files of imports that nothing needs any longer, which could not be removed when they ended.
func (d *dataOps) sweepFiles(ctx context.Context) (n int, err error) {
	var failed error
	err = d.objects.store.List(ctx, func(key string) error {
		dropped, err := d.handlers.DropLeftover(ctx, key)
		if dropped {
			n++
		}
		failed = errors.Join(failed, err)
		if n == sweepBatch || ctx.Err() != nil {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = ctx.Err()
	}
	return n, errors.Join(failed, err)
}

// errEnough ends a listing.
var errEnough = errors.New("enough")
