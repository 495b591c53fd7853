package boot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/erasureapi"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/cmd/internal/backup"
	"github.com/morket/morket/commands/erasurecmd"
	"github.com/morket/morket/commands/erasureflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// erasures is erasing what a workspace holds about a person.
type erasures struct {
	core     *core
	flows    *flows
	handlers *erasurecmd.Handlers
}

func newErasures(c *core, m *modules, v *views, with *means) (*erasures, error) {
	x := &erasures{core: c, flows: with.flows}
	var err error
	x.handlers, err = erasurecmd.New(erasurecmd.Config{
		Log: c.store, Codec: c.codec, IDs: c.ids, Clock: c.clock, Keys: c.ring, Grid: m.tables.grid,
		Tables: heldTables{m.tables.grid}, Wait: with.registry,
		Backups: keptBackups{m.operations}, Places: erasedPlaces(c, m, v, with.bus), Notes: remains(c),
	})
	return x, err
}

func (x *erasures) endpoints(a *httpapi.API) {
	erasureapi.Register(a, erasureapi.Deps{Handlers: x.handlers})
}

func (x *erasures) parts() parts {
	starts := erasureflow.NewReactor(x.flows.client)
	return parts{
		reactions: []reaction{{name: erasureflow.ReactorName, types: starts.Types(), handle: starts.Handle}},
		flows: []flow{{
			register: func(r worker.Registry) { erasureflow.Register(r, erasureflow.NewActivities(x.handlers)) },
			underway: x.underway,
		}},
	}
}

// underway tells of the erasures that work is to be done for. Each workspace that has ever had one has one short stream.
func (x *erasures) underway(ctx context.Context, each func(reconcile.Flow) error) error {
	return eachStream(ctx, x.core.store, erasure.Stream, func(stream eventstore.StreamID) error {
		ws := kernel.WorkspaceID(stream.ID())
		open, err := x.handlers.Underway(ctx, ws)
		for _, e := range open {
			err = errors.Join(err, each(erasureflow.Underway(ws, e.ID, e.State)))
		}
		return err
	})
}

// heldTables are the tables as a person's export names them.
type heldTables struct{ grid *gridread.Grid }

// Named implements erasurecmd.Tables.
func (h heldTables) Named(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID,
) (name string, columns map[kernel.ColumnID]string, err error) {
	info, err := h.grid.Any(ctx, ws, id)
	if err != nil {
		return "", nil, err
	}
	columns = map[kernel.ColumnID]string{}
	for _, c := range append(slices.Clone(info.Deleted), info.Schema.Columns...) {
		columns[c.ID] = c.Name
	}
	return info.Schema.Name, columns, nil
}

// Row implements erasurecmd.Tables.
func (h heldTables) Row(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, row kernel.RowID) (json.RawMessage, error) {
	info, err := h.grid.Any(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	cells, err := h.grid.Row(ctx, info, row)
	if kernel.KindOf(err) == kernel.KindNotFound {
		return nil, nil
	}
	return cells, err
}

// keptBackups are the backups and the archived bases that are kept, with when the settings have them removed.
type keptBackups struct{ of *operations }

const aDay = 24 * time.Hour

// Kept implements erasurecmd.Backups.
func (k keptBackups) Kept(ctx context.Context) (out []erasurecmd.Backup, err error) {
	cfg := k.of.core.cfg
	if shelf := k.of.backups.shelf; shelf != nil {
		list, err := shelf.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range list {
			days := max(1, cfg.BackupDays, cfg.BackupWeeks*7) //nolint:mnd // a week
			out = append(out, keptUntil(b.Name, b.TakenAt, days))
		}
	}
	if a := k.of.archive; a != nil {
		archive, err := backup.OpenArchive(ctx, a.store, cfg.Passphrase.Reveal(), k.of.core.clock, false)
		if errors.Is(err, backup.ErrNoArchive) {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		c, err := archive.List(ctx)
		if err != nil {
			return nil, err
		}
		for _, b := range c.Bases {
			days := max(1, cfg.ArchiveDays) + int(cfg.ArchiveBaseEvery/aDay) + 1 // until the next base is as old as the oldest moment
			out = append(out, keptUntil("archive "+b.Name, b.TakenAt, days))
		}
	}
	return out, nil
}

func keptUntil(name string, taken time.Time, days int) erasurecmd.Backup {
	return erasurecmd.Backup{Name: name, TakenAt: taken, ExpiresAt: taken.Add(time.Duration(days) * aDay)}
}
