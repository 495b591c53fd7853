package dataopscmd

import (
	"context"
	"fmt"
	"slices"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// dropUnfilled puts the columns that the file doesn't fill into the trash, before the file's own are made, whose names they may have.
func (h *Handlers) dropUnfilled(
	ctx context.Context, tbl *table.Table, cmd Commit, columns []dataops.FileColumn, isNew bool, step table.Step,
) ([]kernel.ColumnID, error) {
	if !cmd.DropUnfilled || isNew {
		return nil, nil
	}
	schema := tbl.Schema()
	for _, c := range schema.Columns {
		if c.Kind != table.Data {
			return nil, kernel.Invalid("drop_unfilled", "the column “%s” fills itself; delete the columns that are not needed one by one", c.Name)
		}
	}
	if n, err := h.rowsNow(ctx, schema); err != nil {
		return nil, err
	} else if n > 0 {
		return nil, kernel.Invalid("drop_unfilled", "the table has rows, whose values would be lost; leave this out")
	}
	mapping := cmd.Mapping
	if len(mapping) == 0 {
		mapping = sameNames(schema, columns)
	}
	filled := map[kernel.ColumnID]bool{}
	for _, m := range mapping {
		filled[m.ColumnID] = true
	}
	var out []kernel.ColumnID
	for _, c := range schema.Columns {
		if filled[c.ID] {
			continue
		}
		if err := tbl.DeleteColumn(c.ID, step); err != nil {
			return nil, fmt.Errorf("drop a column that the file doesn't fill: %w", err)
		}
		out = append(out, c.ID)
	}
	return out, nil
}

// rowsNow is how many rows a table has, by a read model that has everything up to now.
func (h *Handlers) rowsNow(ctx context.Context, s table.Schema) (int64, error) {
	head, err := h.cfg.Store.Head(ctx)
	if err != nil {
		return 0, err
	}
	if _, ok := h.cfg.Wait.Wait(ctx, GridProjection, head); !ok {
		return 0, ctx.Err()
	}
	return h.cfg.Grid.Count(ctx, s.Workspace, s.Table)
}

// giveBack takes back what the import did to the table's columns, once its rows are out: those that it brought go into the trash, and those
// that it had put there come back. Columns stay where other rows are, which may have got values in them since.
func (w *work) giveBack(ctx context.Context, tbl *table.Table, step *undoStep) error {
	if w.imp.NewTable || w.imp.Kept+step.kept.Total() > 0 {
		return nil
	}
	left, err := w.h.cfg.Grid.Count(ctx, w.imp.Workspace, w.imp.TableID)
	if err != nil || left > int64(len(step.gone)) {
		return err
	}
	for _, t := range w.imp.Plan.Targets {
		if _, err := tbl.Live(t.ColumnID); err != nil || !t.NewOptions {
			continue
		}
		if err := tbl.DeleteColumn(t.ColumnID, w.step()); err != nil {
			return err
		}
	}
	for _, id := range slices.Backward(w.imp.Plan.Trashed) { // to the places from which they went
		if tbl.Gone(id) {
			continue
		}
		if _, err := tbl.RestoreColumn(id, w.step()); err != nil {
			return err
		}
	}
	return nil
}
