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
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// dataOps is bringing files in and taking tables out.
type dataOps struct {
	core     *core
	objects  *objects
	handlers *dataopscmd.Handlers
	exports  *dataopscmd.Exports
	links    dataopsapi.Links
	importer *dataopscmd.Importer
	reads    *dataopsread.Queries
	grid     *gridread.Grid
	moments  *gridread.Moments
	flows    *flows
}

func newDataOps(c *core, f *flows, t *tables, positions projections.Positions, people *accounts) (*dataOps, error) {
	d := &dataOps{core: c, grid: t.grid, moments: t.moments, flows: f, reads: dataopsread.NewQueries(c.rows), links: people.tokens}
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
		Grid:    dataopsread.NewGrid(t.grid),
		Wait:    positions,
		Zones:   people.workspaces,
		KeptOut: c.keptOut,
	}
	if d.handlers, err = dataopscmd.New(cfg); err != nil {
		return nil, err
	}
	d.exports, err = dataopscmd.NewExports(dataopscmd.ExportsConfig{
		Store:  c.store,
		Codec:  c.codec,
		IDs:    c.ids,
		Clock:  c.clock,
		Files:  d.objects.store,
		Tables: tablefile.NewTables(t.grid, fileMoments{t.moments}),
		Rights: exportRights{people.workspaces},
		Watch:  c.watch,
	})
	if err != nil {
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
	dataopsapi.Register(a, dataopsapi.Deps{
		Handlers: d.handlers, Reads: d.reads, Grid: d.grid, Moments: fileMoments{d.moments}, Waiting: d.flows.waiting,
		Exports: d.exports, Links: d.links,
	})
}

func (d *dataOps) parts() parts {
	starts, exports := dataopsflow.NewReactor(d.flows.client), dataopsflow.NewExportReactor(d.flows.client)
	return parts{
		reactions: []reaction{
			{name: dataopsflow.ReactorName, types: starts.Types(), handle: starts.Handle},
			{name: dataopsflow.ExportReactorName, types: exports.Types(), handle: exports.Handle},
		},
		flows: []flow{{
			register: func(r worker.Registry) { dataopsflow.Register(r, dataopsflow.NewActivities(d.importer)) },
			underway: d.underway,
		}, {
			register: func(r worker.Registry) { dataopsflow.RegisterExports(r, dataopsflow.NewExportActivities(d.exports)) },
			underway: d.exportsUnderway,
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

// exportsUnderway tells of the exports that the log says are under way. Each workspace that has ever had one has one short stream.
func (d *dataOps) exportsUnderway(ctx context.Context, each func(reconcile.Flow) error) error {
	return eachStream(ctx, d.core.store, dataops.ExportStream, func(stream eventstore.StreamID) error {
		ws := kernel.WorkspaceID(stream.ID())
		running, err := d.exports.Underway(ctx, ws)
		for _, id := range running {
			err = errors.Join(err, each(dataopsflow.ExportUnderway(ws, id)))
		}
		return err
	})
}

// exportRights knows who may export.
type exportRights struct{ workspaces *workspacecmd.Handlers }

// MayExport implements dataopscmd.ExportRights.
func (r exportRights) MayExport(ctx context.Context, ws kernel.WorkspaceID, user kernel.UserID) (bool, error) {
	role, ok, err := r.workspaces.Role(ctx, ws, user)
	return ok && workspace.Allowed(role, workspace.ExportData), err
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

// sweepFiles removes files of imports that nothing needs any longer, which could not be removed when they ended, and exported files whose
// time is over.
func (d *dataOps) sweepFiles(ctx context.Context) (n int, err error) {
	var failed error
	err = d.objects.store.List(ctx, func(key string) error {
		for _, drop := range []func(context.Context, string) (bool, error){d.handlers.DropLeftover, d.exports.DropLeftover} {
			dropped, err := drop(ctx, key)
			if dropped {
				n++
			}
			failed = errors.Join(failed, err)
		}
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
