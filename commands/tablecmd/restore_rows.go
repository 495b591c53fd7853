package tablecmd

import (
	"context"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// RestoreRows takes rows out of the trash.
type RestoreRows struct {
	Table kernel.TableID
	Rows  []kernel.RowID
}

// RestoredRows is the answer.
type RestoredRows struct {
	Restored int `json:"restored"`
}

// Validate checks what doesn't depend on the table.
func (c RestoreRows) Validate() error {
	return kernel.Check(kernel.Field("row_ids", c.Rows,
		kernel.Sized(1, MaxBatchOps, "one call restores 1 to %d rows", MaxBatchOps), kernel.AllIDs[kernel.RowID](kernel.PrefixRow)))
}

// RestoreRows carries out RestoreRows. Rows that are not in the trash stay as they are.
func (h *Handlers) RestoreRows(ctx context.Context, meta kernel.Meta, cmd RestoreRows) (commands.Result[RestoredRows], error) {
	if err := cmd.Validate(); err != nil {
		return commands.Result[RestoredRows]{}, err
	}
	step := h.step(ctx, meta, cmd.Table, "Restore rows")
	return eventstore.Retry(ctx, func(int) (commands.Result[RestoredRows], error) {
		s, err := h.schema(ctx, meta.Workspace, cmd.Table, true)
		if err != nil {
			return commands.Result[RestoredRows]{}, err
		}
		now, err := h.awaitReadModel(ctx, cmd.Table)
		if err != nil {
			return commands.Result[RestoredRows]{}, err
		}
		found, _, err := h.cfg.Rows.Cells(ctx, s, cmd.Rows, nil)
		if err != nil {
			return commands.Result[RestoredRows]{}, err
		}
		var rows []kernel.RowID
		seen := map[kernel.RowID]bool{}
		for _, r := range cmd.Rows {
			row, ok := found[r]
			if !ok {
				return commands.Result[RestoredRows]{}, kernel.Invalid("row_ids", "there is no row %s", r)
			}
			if row.Link.Merged() {
				return commands.Result[RestoredRows]{}, kernel.Invalid("row_ids", "row %s was merged into row %s by the merge %s; un-merge it instead",
					r, row.Link.Into, row.Link.Merge)
			}
			if row.Trashed && !seen[r] {
				seen[r] = true
				rows = append(rows, r)
			}
		}
		answer := RestoredRows{Restored: len(rows)}
		if len(rows) == 0 {
			return commands.Result[RestoredRows]{Value: answer}, nil
		}
		if err := h.room(ctx, cmd.Table, len(rows)); err != nil {
			return commands.Result[RestoredRows]{}, err
		}
		done, err := h.write(ctx, meta, cellWrite{
			schema: s,
			events: movedRows{rows: rows}.restore(cmd.Table, table.FromRestore, step),
			step:   step,
			after:  &now,
		}, answer)
		if err != nil {
			return commands.Result[RestoredRows]{}, err
		}
		return commands.Reply(done, answer)
	})
}

// room refuses rows beyond the table's limit.
func (h *Handlers) room(ctx context.Context, id kernel.TableID, more int) error {
	count, err := h.cfg.Tables.RowCount(ctx, id)
	if err != nil {
		return err
	}
	if count+int64(more) > table.MaxRows {
		return kernel.Invalid("rows", "a table holds at most %d rows and this one has %d; %d more don't fit", table.MaxRows, count, more)
	}
	return nil
}
