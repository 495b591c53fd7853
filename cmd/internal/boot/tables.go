package boot

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/livestream"
	"github.com/morket/morket/adapters/httpapi/tableapi"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/historyread"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/commands/mergeflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections"
)

// tables is the grid: its commands, its read model, its history and the live stream.
type tables struct {
	core     *core
	handlers *tablecmd.Handlers
	grid     *gridread.Grid
	history  *historyread.Queries
	moments  *gridread.Moments
	indexer  *gridread.Indexer
	hub      *livestream.Hub
	presence *livestream.Presence
	merges   *tablecmd.Merges
	flows    *flows
}

// workspaceFacts is what tables must know of workspaces.
type workspaceFacts interface {
	tablecmd.Zones
	tablecmd.Members
}

func newTables(
	c *core, b *bus, f *flows, positions projections.Positions, workspaces workspaceFacts,
) (*tables, error) {
	t := &tables{
		core: c, flows: f, grid: gridread.NewGrid(c.rows, c.clock).InZones(workspaces),
		history: historyread.NewQueries(c.rows, c.store, c.codec),
	}
	t.indexer = t.grid.NewIndexer(c.pool, c.log.With("part", "indexer"))
	var err error
	if t.moments, err = newMoments(c, positions, workspaces); err != nil {
		return nil, err
	}
	t.hub, err = livestream.NewHub(livestream.Config{
		Subscriber: b.subscribe(""),
		Log:        c.tail,
		Codec:      c.codec,
		Logger:     c.log.With("part", "live"),
	})
	if err != nil {
		return nil, err
	}
	t.presence, err = livestream.NewPresence(livestream.PresenceConfig{
		Publisher: b.presence, Subscriber: b.presences, Hub: t.hub, Clock: c.clock, Logger: c.log.With("part", "presence"),
	})
	if err != nil {
		return nil, err
	}
	t.handlers, err = tablecmd.New(tablecmd.Config{
		Store:   c.store,
		Codec:   c.codec,
		IDs:     c.ids,
		Clock:   c.clock,
		Rows:    t.grid,
		Tables:  t.grid,
		History: t.history,
		Waiter:  positions,
		Zones:   workspaces,
		Members: workspaces,
		Moments: gridread.NewPastOf(t.grid, t.moments),

		Branches: gridread.NewBranched(t.grid),
	})
	t.merges = tablecmd.NewMerges(t.handlers)
	return t, err
}

func (t *tables) endpoints(a *httpapi.API) {
	tableapi.Register(a, tableapi.Deps{
		Handlers: t.handlers,
		Grid:     t.grid,
		History:  t.history,
		Moments:  tableMoments{t.moments},
		Branches: tableBranches{t.grid},
		Hub:      t.hub,
		Presence: t.presence,
		Names:    workspaceread.NewQueries(t.core.rows, t.core.ring),
		Clock:    t.core.clock,
	})
}

func (t *tables) parts() parts {
	starts := mergeflow.NewReactor(t.flows.client)
	return parts{
		reactions: []reaction{{name: mergeflow.ReactorName, types: starts.Types(), handle: starts.Handle}},
		flows: []flow{{
			register: func(r worker.Registry) { mergeflow.Register(r, mergeflow.NewActivities(t.merges)) },
			underway: func(ctx context.Context, each func(reconcile.Flow) error) error {
				same := func(id kernel.TableID) kernel.TableID { return id }
				return reconcile.Pages(ctx, t.grid.Merging, same, func(id kernel.TableID) error { return each(mergeflow.Underway(id)) })
			},
		}},
		tasks: []task{
			{name: "indexer", run: t.indexer.Run},
			{name: "live streams", run: t.hub.Run},
			{name: "presence", run: t.presence.Run},
			{name: "moments", run: t.moments.Run},
		},
		sweeps: []sweeper.Sweep{{
			Name:  "trash",
			Every: 6 * time.Hour,
			Run:   t.sweepTrash,
		}, {Name: "ticks", Every: 5 * time.Minute, Run: t.sweepTicks}, {Name: "moments", Every: 5 * time.Minute, Run: t.moments.Sweep}},
		hangUp: t.hub.Close,
	}
}

// sweepTrash removes for good what has been in the trash for its time.
func (t *tables) sweepTrash(ctx context.Context) (n int, err error) {
	var after kernel.TableID
	for {
		list, e := t.grid.InTrash(ctx, t.core.clock.Now().Add(-table.TrashTime), after, sweepBatch)
		if err = errors.Join(err, e); e != nil || len(list) == 0 {
			return n, err
		}
		for _, trashed := range list {
			done, e := t.handlers.Purge(ctx, sweeping(trashed.Workspace), trashed.Table)
			n, err = n+done, errors.Join(err, e)
		}
		after = list[len(list)-1].Table
	}
}

// sweepTicks records the time for tables whose formulas ask for it, once a day or an hour.
func (t *tables) sweepTicks(ctx context.Context) (n int, err error) {
	var after kernel.TableID
	for {
		list, e := t.grid.Timed(ctx, after, sweepBatch)
		if err = errors.Join(err, e); e != nil || len(list) == 0 {
			return n, err
		}
		done, e := each(list, func(timed gridread.Timed) (bool, error) {
			return t.handlers.Tick(ctx, sweeping(timed.Workspace), timed.Table)
		})
		n, err = n+done, errors.Join(err, e)
		after = list[len(list)-1].Table
	}
}
