package boot

import (
	"context"
	"io"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/findapi"
	"github.com/morket/morket/adapters/postgres/findread"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/commands/findcmd"
	"github.com/morket/morket/commands/findflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/find"
	"github.com/morket/morket/domain/kernel"
)

// finds is finding rows at a provider.
type finds struct {
	core     *core
	flows    *flows
	searches *enrichment.Registry
	handlers *findcmd.Handlers
	runner   *findcmd.Runner
	reads    *findread.Queries
}

// findsConfig is what finding is made from.
type findsConfig struct {
	Searches    *enrichment.Registry
	Shared      *shared
	Credentials *credentials
	Imports     *dataopscmd.Handlers
}

func newFinds(c *core, f *flows, cfg findsConfig) (*finds, error) {
	s := &finds{core: c, flows: f, searches: cfg.Searches, reads: findread.NewQueries(c.rows)}
	var err error
	s.handlers, err = findcmd.New(findcmd.Config{
		Store:       c.store,
		Codec:       c.codec,
		IDs:         c.ids,
		Clock:       c.clock,
		Searches:    cfg.Searches,
		Credentials: cfg.Credentials.handlers,
		Secrets:     cfg.Credentials,
		Quotas:      cfg.Shared.quotas,
	})
	if err != nil {
		return nil, err
	}
	s.runner, err = findcmd.NewRunner(findcmd.RunnerConfig{
		Handlers: s.handlers,
		Sealer:   c.ring,
		Imports:  foundRows{cfg.Imports},
		Logger:   c.log.With("part", "find"),
	})
	return s, err
}

func (s *finds) endpoints(a *httpapi.API) {
	findapi.Register(a, findapi.Deps{Handlers: s.handlers, Reads: s.reads, Searches: s.searches.Searches})
}

func (s *finds) parts() parts {
	starts := findflow.NewReactor(s.flows.client)
	return parts{
		reactions: []reaction{{name: findflow.ReactorName, types: starts.Types(), handle: starts.Handle}},
		flows: []flow{{
			register: func(r worker.Registry) { findflow.Register(r, findflow.NewActivities(s.runner)) },
			underway: func(ctx context.Context, each func(reconcile.Flow) error) error {
				same := func(id kernel.FindID) kernel.FindID { return id }
				return reconcile.Pages(ctx, s.reads.Unfinished, same, func(id kernel.FindID) error { return each(findflow.Underway(id)) })
			},
		}},
		sweeps: []sweeper.Sweep{{Name: "found", Every: 24 * time.Hour, Run: s.sweep}}, //nolint:mnd // a day
	}
}

// sweep destroys keys of runs that ended without doing it. A run has a day.
func (s *finds) sweep(ctx context.Context) (int, error) {
	n, err := s.core.ring.DestroyOlder(ctx, find.Keys, s.core.clock.Now().Add(-2*findflow.ActivityTimeout))
	return int(n), err
}

// foundRows brings what was found into a table by an import.
type foundRows struct{ imports *dataopscmd.Handlers }

// Upload implements findcmd.Imports.
func (f foundRows) Upload(
	ctx context.Context, meta kernel.Meta, table kernel.TableID, name string, lines io.Reader,
) (kernel.ImportID, error) {
	res, err := f.imports.Upload(ctx, meta, dataopscmd.Upload{Filename: name, Body: lines, TableID: table})
	return res.Value.ID, err
}

// Begin implements findcmd.Imports. A field that no result has is in no line, and goes nowhere.
func (f foundRows) Begin(ctx context.Context, meta kernel.Meta, id kernel.ImportID, d find.Definition) error {
	summary, waits, err := f.imports.Look(ctx, meta.Workspace, id)
	if err != nil || !waits {
		return err
	}
	columns := map[string]kernel.ColumnID{}
	for _, t := range d.Targets {
		columns[t.Field] = t.ColumnID
	}
	cmd := dataopscmd.Commit{ImportID: id, TableID: d.TableID, Mode: dataops.Append, KeepRows: true, CreateOptions: true}
	for _, c := range summary.Columns {
		to, ok := columns[c.Key]
		if !ok {
			continue
		}
		cmd.Mapping = append(cmd.Mapping, dataopscmd.Mapping{Index: c.Index, ColumnID: to})
		if to == d.Key {
			cmd.Mode, cmd.KeyColumns = dataops.AddNew, []string{string(d.Key)}
		}
	}
	if len(cmd.Mapping) == 0 {
		return kernel.Invalid("targets", "no result has any of the fields")
	}
	_, err = f.imports.Commit(ctx, meta, cmd)
	return err
}
