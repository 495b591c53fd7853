package enrichmentcmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// AutoRun starts runs for rows that were made or changed. It is nobody's request: the runs are on nobody's behalf.
type AutoRun struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Source    string // whose changes they were: the table's id, or that of an import or a run
	From      AutoMark
	Through   int64 // the log position up to which the changes have been looked at
	Groups    []AutoGroup
}

// AutoGroup is rows that are to be asked for the same columns.
type AutoGroup struct {
	Columns []kernel.ColumnID
	Rows    []kernel.RowID // ascending
}

// AutoMark is how far the changes of a source have been looked at: the stream of enrichment.AutoRunsStarted at a version.
type AutoMark struct {
	Through int64
	Version int64
}

// AutoMark reads how far the changes of a source have been looked at.
func (h *Handlers) AutoMark(ctx context.Context, source string) (AutoMark, error) {
	stream := eventstore.Stream(enrichment.AutoStream, source)
	version, err := h.Store.StreamVersion(ctx, stream)
	if err != nil || version == 0 {
		return AutoMark{}, err
	}
	last, err := h.Store.ReadStream(ctx, stream, version-1, 1)
	if err != nil {
		return AutoMark{}, err
	}
	if len(last) == 0 {
		return AutoMark{}, fmt.Errorf("%s has no event %d", stream, version)
	}
	var e enrichment.AutoRunsStarted
	if err := json.Unmarshal(last[0].Data, &e); err != nil {
		return AutoMark{}, fmt.Errorf("event %d: %w", last[0].Position, err)
	}
	return AutoMark{Through: e.Through, Version: version}, nil
}

// AutoRun carries out an AutoRun: all runs, their reservations and the new mark are one append, so that it happens once however
// often it is tried. Columns whose enrichment can't be run as it stands are left out, with the reason. Somebody else's
// progress, or a change of the table meanwhile, is an eventstore.ConflictError, credits that went meanwhile are
// credit.ErrInsufficient: read the mark and look at the changes again.
func (h *Handlers) AutoRun(ctx context.Context, meta kernel.Meta, c AutoRun) (left map[kernel.ColumnID]error, err error) {
	t, err := h.loadTable(ctx, c.Workspace, c.Table)
	if err != nil {
		return nil, err
	}
	schema, left := t.Schema(), map[kernel.ColumnID]error{}
	var starts []prepared
	for _, g := range c.Groups {
		more, err := h.autoRuns(ctx, c, schema, g, left)
		if err != nil {
			return left, err
		}
		starts = append(starts, more...)
	}
	if len(starts) == 0 {
		return left, nil
	}
	if err := h.afford(ctx, c.Workspace, starts); err != nil {
		return left, err
	}
	changes := []eventstore.Change{eventstore.At(eventstore.Stream(tableCategory, string(c.Table)), eventstore.Expected(schema.Version))}
	paid, mark := false, enrichment.AutoRunsStarted{TableID: c.Table, Through: c.Through}
	for _, p := range starts {
		run := enrichment.NewRun()
		if err := run.Start(p.event); err != nil {
			return left, err
		}
		paid = paid || p.paid
		mark.Runs = append(mark.Runs, run.ID())
		changes = append(changes, eventstore.At(h.runs.Stream(string(run.ID())), eventstore.NoStream, run.Pending()...))
	}
	changes = append(changes, eventstore.At(eventstore.Stream(enrichment.AutoStream, c.Source), eventstore.Expected(c.From.Version), mark))
	meta.Workspace = c.Workspace
	_, err = h.append(ctx, meta.As("enrichment.auto_run"), c.Workspace, paid, nil, reserveAll(starts), changes...)
	return left, err
}

// autoRuns prepares the runs of a group: one, or several where a run can't have so many columns.
func (h *Handlers) autoRuns(
	ctx context.Context, c AutoRun, schema table.Schema, g AutoGroup, left map[kernel.ColumnID]error,
) ([]prepared, error) {
	var usable []kernel.ColumnID
	for _, id := range g.Columns {
		if _, err := h.plans(ctx, c.Workspace, schema, []kernel.ColumnID{id}); err != nil {
			left[id] = err
			continue
		}
		usable = append(usable, id)
	}
	plans, err := h.plans(ctx, c.Workspace, schema, usable)
	if err != nil {
		return nil, err
	}
	var out []prepared
	for part := range slices.Chunk(plans, enrichment.MaxRunColumns) {
		p := prepared{schema: schema, event: enrichment.RunStarted{
			RunID: kernel.RunID(h.IDs.New(kernel.PrefixRun)), TableID: c.Table, Plans: part, Auto: true, At: h.Clock.Now(),
			Selection: enrichment.Selection{Scope: enrichment.ScopeRows, Rows: g.Rows, Position: c.Through},
		}}
		if err := h.price(ctx, c.Workspace, &p, int64(len(g.Rows))); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// afford decides what the runs set aside: what they are likely to cost, as far as there are credits. A run without enough of them
// ends when they are used up, and says so, where a person would have been refused.
func (h *Handlers) afford(ctx context.Context, ws kernel.WorkspaceID, starts []prepared) error {
	if !slices.ContainsFunc(starts, func(p prepared) bool { return p.paid }) {
		return nil
	}
	account, err := h.Ledger.Account(ctx, ws)
	if err != nil {
		return err
	}
	left := account.Available()
	for i := range starts {
		if e := &starts[i].event; starts[i].paid {
			e.Reserved = min(e.Estimate.Likely, left)
			left -= e.Reserved
		}
	}
	return nil
}

func reserveAll(starts []prepared) func(*credit.Account) error {
	return func(a *credit.Account) error {
		for _, p := range starts {
			if !p.paid {
				continue
			}
			if err := a.Reserve(string(p.event.RunID), p.event.RunID, p.event.TableID, p.event.Reserved, p.event.At); err != nil {
				return err
			}
		}
		return nil
	}
}
