package boot

import (
	"context"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/dedupapi"
	"github.com/morket/morket/adapters/postgres/dedupread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/commands/dedupcmd"
	"github.com/morket/morket/commands/dedupflow"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/dedupview"
	"github.com/morket/morket/projections/gridview"
)

// dedups is looking for duplicates, merging rows and taking them apart.
type dedups struct {
	flows    *flows
	handlers *dedupcmd.Handlers
	runner   *dedupcmd.Runner
	reads    *dedupread.Queries
	rows     dedupapi.Rows
}

func newDedups(c *core, f *flows, t *tables) (*dedups, error) {
	d := &dedups{flows: f, reads: dedupread.NewQueries(c.rows), rows: wholeRows{t.grid}.read}
	var err error
	d.handlers, err = dedupcmd.New(dedupcmd.Config{
		Store:  c.store,
		Codec:  c.codec,
		IDs:    c.ids,
		Clock:  c.clock,
		Tables: reworked{t.handlers},
		Grid:   scanned{t.grid},
		Known:  d.reads,
	})
	if err != nil {
		return nil, err
	}
	d.runner, err = dedupcmd.NewRunner(d.handlers)
	return d, err
}

func (d *dedups) endpoints(a *httpapi.API) {
	dedupapi.Register(a, dedupapi.Deps{Handlers: d.handlers, Reads: d.reads, Rows: d.rows})
}

func (d *dedups) parts() parts {
	starts := dedupflow.NewReactor(d.flows.client)
	return parts{
		reactions: []reaction{{name: dedupflow.ReactorName, types: starts.Types(), handle: starts.Handle}},
		flows: []flow{{
			register: func(r worker.Registry) { dedupflow.Register(r, dedupflow.NewActivities(d.runner)) },
			underway: func(ctx context.Context, each func(reconcile.Flow) error) error {
				same := func(id kernel.DedupID) kernel.DedupID { return id }
				return reconcile.Pages(ctx, d.reads.Unfinished, same, func(id kernel.DedupID) error { return each(dedupflow.Underway(id)) })
			},
		}},
	}
}

// scanned reads the rows of a table one after the other.
type scanned struct{ *gridread.Grid }

// Scan implements dedupcmd.Grid.
func (s scanned) Scan(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, columns []kernel.ColumnID, fn func(row kernel.RowID, texts []string) error,
) error {
	info, err := s.Table(ctx, ws, id)
	if err != nil {
		return err
	}
	fields, err := s.Columns(info, gridview.Query{Fields: columns})
	if err != nil {
		return err
	}
	place := make([]int, len(fields)) // of each exported column among those asked for
	for i, f := range fields {
		for k, c := range columns {
			if c == f.ID {
				place[i] = k
			}
		}
	}
	texts := make([]string, len(columns))
	return s.Export(ctx, info, gridview.Query{Fields: columns}, nil, func(r gridview.ExportRow) error {
		clear(texts)
		for i := range fields {
			if b, ok := r.Text(i); ok {
				texts[place[i]] = string(b)
			}
		}
		return fn(r.ID(), texts)
	})
}

// reworked changes rows for the jobs.
type reworked struct{ tables *tablecmd.Handlers }

// Schema implements dedupcmd.Tables.
func (r reworked) Schema(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (table.Schema, error) {
	return r.tables.Schema(ctx, ws, id)
}

// Settle implements dedupcmd.Tables.
func (r reworked) Settle(ctx context.Context, id kernel.TableID) error {
	return r.tables.Settle(ctx, id)
}

// Rework implements dedupcmd.Tables.
func (r reworked) Rework(
	ctx context.Context, meta kernel.Meta, w dedupcmd.Rework, decide func(dedupcmd.Seen) (dedupcmd.Decided, error),
) error {
	cmd := tablecmd.Rework{Table: w.Table, Rows: w.Rows, Await: []string{dedupview.Name}, Source: w.Source, Step: w.Step}
	return r.tables.Rework(ctx, meta, cmd, func(seen tablecmd.Seen) (tablecmd.Decided, error) {
		d, err := decide(dedupcmd.Seen(seen))
		return tablecmd.Decided(d), err
	})
}

// wholeRows reads rows with all columns that hold values.
type wholeRows struct{ grid *gridread.Grid }

func (w wholeRows) read(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, rows []kernel.RowID,
) (map[kernel.RowID]table.RowCells, error) {
	info, err := w.grid.Table(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	var columns []kernel.ColumnID
	for _, c := range info.Schema.Columns {
		if c.Writable() || c.Kind.Computed() {
			columns = append(columns, c.ID)
		}
	}
	found, _, err := w.grid.Cells(ctx, info.Schema, rows, columns)
	return found, err
}
