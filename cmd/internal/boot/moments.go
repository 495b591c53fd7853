package boot

import (
	"context"
	"time"

	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/httpapi/tableapi"
	"github.com/morket/morket/adapters/postgres/dataopsread"
	"github.com/morket/morket/adapters/postgres/enrichmentread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/dataopsview"
	"github.com/morket/morket/projections/enrichmentview"
	"github.com/morket/morket/projections/gridview"
)

// newMoments makes what reads tables as they were.
func newMoments(c *core, positions projections.Positions, zones gridread.Zones) (*gridread.Moments, error) {
	w := momentWriters{
		imports: dataopsread.NewQueries(c.rows), runs: enrichmentread.NewQueries(c.rows, c.clock, c.ring), positions: positions,
	}
	return gridread.NewMoments(gridread.MomentConfig{
		DB: c.rows, Pool: c.pool, Store: c.read, Log: c.store, Codec: c.codec, IDs: c.ids, Clock: c.clock, Zones: zones, Writers: w.of,
		Busy: c.people.busy, Logger: c.log.With("part", "moments"),
	})
}

// momentWriters knows which imports and runs have written to a table.
type momentWriters struct {
	imports   *dataopsread.Queries
	runs      *enrichmentread.Queries
	positions projections.Positions
}

// writersCatchUp is for how long what knows of imports and runs is waited for.
const writersCatchUp = 5 * time.Second

// of implements gridread.WritersOf.
func (w momentWriters) of(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, until int64) ([]eventstore.StreamID, error) {
	wait, cancel := context.WithTimeout(ctx, writersCatchUp)
	defer cancel()
	for _, name := range []string{dataopsview.Name, enrichmentview.Name} {
		if reached, ok := w.positions.Wait(wait, name, until); !ok {
			err := kernel.E(kernel.KindUnavailable, "CATCHING_UP", "%s is catching up (at %d of %d); try again in a moment", name, reached, until)
			err.RetryAfter = time.Second
			return nil, err
		}
	}
	imports, err := w.imports.ImportsOf(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	runs, err := w.runs.RunsOf(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	out := make([]eventstore.StreamID, 0, len(imports)+len(runs))
	for _, i := range imports {
		out = append(out, eventstore.Stream(dataops.ImportStream, string(i)))
	}
	for _, r := range runs {
		out = append(out, eventstore.Stream(enrichmentcmd.RunCategory, string(r)))
	}
	return out, nil
}

// tableMoments are the moments of the API of tables.
type tableMoments struct{ *gridread.Moments }

// At implements tableapi.Moments.
func (m tableMoments) At(
	ctx context.Context, live gridview.Info, asked gridview.AsOf,
) (tableapi.Grid, gridview.Info, gridview.Moment, error) {
	return m.Moments.At(ctx, live, asked)
}

// Diff implements tableapi.Moments.
func (m tableMoments) Diff(
	ctx context.Context, live gridview.Info, from gridview.AsOf, to *gridview.AsOf,
) (tableapi.Diff, error) {
	return m.Moments.Diff(ctx, live, from, to)
}

// fileMoments are those of exports.
type fileMoments struct{ *gridread.Moments }

// At implements tablefile.Moments.
func (m fileMoments) At(
	ctx context.Context, live gridview.Info, asked gridview.AsOf,
) (tablefile.Grid, gridview.Info, gridview.Moment, error) {
	return m.Moments.At(ctx, live, asked)
}
