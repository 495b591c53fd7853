package tablecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// MaxByFilter is how many rows one command by filter changes at most: what fits into one append.
const MaxByFilter = 50_000

// UpdateByFilter sets cells of every row that the filter selects.
type UpdateByFilter struct {
	Table  kernel.TableID
	Filter json.RawMessage
	Search string
	Set    map[string]json.RawMessage // by column id or name
	DryRun bool
}

// UpdatedByFilter is the answer.
type UpdatedByFilter struct {
	Matched int `json:"matched"`
	Updated int `json:"updated"`
}

// UpdateByFilter carries out UpdateByFilter.
func (h *Handlers) UpdateByFilter(ctx context.Context, meta kernel.Meta, cmd UpdateByFilter) (commands.Result[UpdatedByFilter], error) {
	step := h.step(ctx, meta, cmd.Table, "Update rows by filter")
	var answer UpdatedByFilter
	selected := filtered{cmd.Table, cmd.Filter, cmd.Search, step}
	done, err := h.byFilter(ctx, meta, selected, func(
		ctx context.Context, s table.Schema, rows []kernel.RowID, seen int64,
	) ([]kernel.Event, any, error) {
		set, err := h.parseSet(ctx, s, cmd.Set)
		if err != nil {
			return nil, nil, err
		}
		answer = UpdatedByFilter{Matched: len(rows)}
		if cmd.DryRun || len(rows) == 0 {
			return nil, answer, nil
		}
		cols := make([]kernel.ColumnID, 0, len(set))
		for c := range set {
			cols = append(cols, c)
		}
		slices.Sort(cols)
		found, _, err := h.cfg.Rows.Cells(ctx, s, rows, cols)
		if err != nil {
			return nil, nil, err
		}
		var changes []table.CellChange
		changed := map[kernel.RowID]bool{}
		for _, row := range rows {
			for _, c := range cols {
				if old := found[row].Values[c]; string(old) != string(set[c]) {
					changed[row] = true
					changes = append(changes, table.CellChange{Row: row, Column: c, Value: set[c], Old: old})
				}
			}
		}
		answer.Updated = len(changed)
		return editEvents(s.Table, changes, seen, table.FromBulk, step), answer, nil
	})
	return result(done, err, answer)
}

func (h *Handlers) parseSet(
	ctx context.Context, s table.Schema, raw map[string]json.RawMessage,
) (map[kernel.ColumnID]json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, kernel.Invalid("set", "name at least one column and its value")
	}
	reader, err := h.reader(ctx, s.Workspace)
	if err != nil {
		return nil, err
	}
	out := map[kernel.ColumnID]json.RawMessage{}
	for name, v := range raw {
		field := "set[" + name + "]"
		col, ok := s.Find(name)
		if !ok {
			return nil, kernel.Invalid(field, "the table has no column %q", name)
		}
		if !col.Writable() {
			return nil, kernel.Invalid(field, "%s %s", col.Name, col.Refusal())
		}
		parsed, _, err := reader.Value(col, v, false)
		if err != nil {
			return nil, kernel.Invalid(field, "%s", err)
		}
		out[col.ID] = parsed
	}
	return out, nil
}

// DeleteByFilter puts every row that the filter selects into the trash.
type DeleteByFilter struct {
	Table  kernel.TableID
	Filter json.RawMessage
	Search string
	DryRun bool
}

// DeletedByFilter is the answer.
type DeletedByFilter struct {
	Matched int `json:"matched"`
	Deleted int `json:"deleted"`
}

// DeleteByFilter carries out DeleteByFilter.
func (h *Handlers) DeleteByFilter(ctx context.Context, meta kernel.Meta, cmd DeleteByFilter) (commands.Result[DeletedByFilter], error) {
	step := h.step(ctx, meta, cmd.Table, "Delete rows by filter")
	var answer DeletedByFilter
	selected := filtered{cmd.Table, cmd.Filter, cmd.Search, step}
	done, err := h.byFilter(ctx, meta, selected, func(
		_ context.Context, s table.Schema, rows []kernel.RowID, _ int64,
	) ([]kernel.Event, any, error) {
		answer = DeletedByFilter{Matched: len(rows)}
		if cmd.DryRun {
			return nil, answer, nil
		}
		answer.Deleted = len(rows)
		return deleteEvents(s.Table, rows, table.FromDelete, step), answer, nil
	})
	return result(done, err, answer)
}

type filtered struct {
	table  kernel.TableID
	filter json.RawMessage
	search string
	step   table.Step
}

// byFilter selects rows as they are at the log's head, has events made of them, and appends those if nothing has changed
// meanwhile.
func (h *Handlers) byFilter(ctx context.Context, meta kernel.Meta, f filtered,
	events func(context.Context, table.Schema, []kernel.RowID, int64) ([]kernel.Event, any, error),
) (eventstore.Appended, error) {
	return eventstore.Retry(ctx, func(int) (eventstore.Appended, error) {
		s, err := h.schema(ctx, meta.Workspace, f.table, true)
		if err != nil {
			return eventstore.Appended{}, err
		}
		reader, err := h.reader(ctx, s.Workspace)
		if err != nil {
			return eventstore.Appended{}, err
		}
		filter, err := reader.Filter(f.filter, s)
		if err != nil {
			return eventstore.Appended{}, err
		}
		now, err := h.awaitReadModel(ctx, f.table)
		if err != nil {
			return eventstore.Appended{}, err
		}
		rows, err := h.cfg.Rows.Select(ctx, meta.Workspace, f.table, filter, f.search, "", MaxByFilter+1)
		if err != nil {
			return eventstore.Appended{}, err
		}
		if len(rows) > MaxByFilter {
			return eventstore.Appended{}, kernel.E(kernel.KindTooLarge, "TOO_MANY_ROWS",
				"the filter selects more than %d rows, which is more than one command changes; narrow it", MaxByFilter)
		}
		list, answer, err := events(ctx, s, rows, now.head)
		if err != nil || len(list) == 0 {
			return eventstore.Appended{}, err
		}
		done, err := h.write(ctx, meta, cellWrite{schema: s, events: list, step: f.step, after: &now}, answer)
		if err != nil {
			return done, fmt.Errorf("change rows by filter: %w", err)
		}
		return done, nil
	})
}
