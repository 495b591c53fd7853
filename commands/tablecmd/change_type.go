package tablecmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// ChangeType changes a column's type and converts its values.
type ChangeType struct {
	Table   kernel.TableID
	Column  kernel.ColumnID
	Type    table.Type
	Options []table.Option
	Lossy   bool // values that don't convert may become empty
	DryRun  bool
}

// Sample is a value that doesn't convert.
type Sample struct {
	RowID kernel.RowID    `json:"row_id"`
	Value json.RawMessage `json:"value"`
}

// ChangedType is the answer: how many values convert, and some of those that don't.
type ChangedType struct {
	Converted     int      `json:"converted"`
	Unconvertible int      `json:"unconvertible"`
	Samples       []Sample `json:"samples"`
}

const (
	maxSamples = 10
	scanPage   = 5_000
)

// ChangeType carries out ChangeType. It looks at every value first and refuses to lose one unless told so. The options that a
// select needs are made of the values.
func (h *Handlers) ChangeType(ctx context.Context, meta kernel.Meta, cmd ChangeType) (commands.Result[ChangedType], error) {
	step := h.step("Change type")
	for range attempts {
		t, version, err := h.repo.Load(ctx, string(cmd.Table))
		if err == nil {
			err = t.In(meta.Workspace, cmd.Table)
		}
		if err != nil {
			return commands.Result[ChangedType]{}, err
		}
		if !cmd.Type.Known() {
			return commands.Result[ChangedType]{}, kernel.Invalid("type", "%q is not a column type", cmd.Type)
		}
		old, to, err := t.Retype(h.maker, cmd.Column, cmd.Type, cmd.Options)
		if err != nil {
			return commands.Result[ChangedType]{}, err
		}
		now, err := h.settle(ctx, cmd.Table)
		if err != nil {
			return commands.Result[ChangedType]{}, err
		}
		answer, names, err := h.tryConvert(ctx, t.Schema(), meta.Workspace, old, to)
		if err != nil || cmd.DryRun || old.Type == to.Type {
			return commands.Result[ChangedType]{Value: answer}, err
		}
		if answer.Unconvertible > 0 && !cmd.Lossy {
			return commands.Result[ChangedType]{}, kernel.E(kernel.KindConflict, "LOSSY_CONVERSION",
				"%d values of %s can't become %s and would be emptied; correct them, or ask with lossy", answer.Unconvertible, old.Name, to.Type)
		}
		if len(names) > 0 {
			for _, n := range names {
				to.Options = append(to.Options, table.Option{Name: n})
			}
			if old, to, err = t.Retype(h.maker, cmd.Column, cmd.Type, to.Options[len(old.Options):]); err != nil {
				return commands.Result[ChangedType]{}, err
			}
		}
		if err := t.ChangeType(old, to, cmd.Lossy, step); err != nil {
			return commands.Result[ChangedType]{}, err
		}
		changes := append(now.guards, atVersion(structureOf(cmd.Table), version, t.Pending()), atVersion(cellsOf(cmd.Table), now.cells, nil))
		done, again, err := h.append(ctx, meta, answer, changes...)
		h.forget(cmd.Table)
		if err != nil {
			return commands.Result[ChangedType]{}, err
		}
		if !again {
			return commands.Reply(done, answer)
		}
	}
	return commands.Result[ChangedType]{}, tooBusy()
}

// tryConvert counts what a change of type would do, and collects the options that it needs.
func (h *Handlers) tryConvert(ctx context.Context, s table.Schema, ws kernel.WorkspaceID, from, to table.Column) (ChangedType, []string, error) {
	answer := ChangedType{Samples: []Sample{}}
	var names []string
	seen := map[string]bool{}
	for _, o := range to.Options {
		seen[o.Name] = true
	}
	var after kernel.RowID
	for {
		rows, err := h.cfg.Rows.Select(ctx, ws, s.Table, table.Filter{}, "", after, scanPage)
		if err != nil || len(rows) == 0 {
			return answer, names, err
		}
		after = rows[len(rows)-1]
		found, _, err := h.cfg.Rows.Cells(ctx, s, rows, []kernel.ColumnID{from.ID})
		if err != nil {
			return answer, names, err
		}
		for _, id := range rows {
			v := found[id].Values[from.ID]
			if kernel.IsNull(v) {
				continue
			}
			wanted := table.OptionNames(from, to, v)
			if _, ok := table.Convert(from, to, v); !ok && (len(wanted) == 0 || len(seen)+len(wanted) > table.MaxOptions) {
				answer.Unconvertible++
				if len(answer.Samples) < maxSamples {
					answer.Samples = append(answer.Samples, Sample{id, v})
				}
				continue
			}
			for _, n := range wanted {
				if !seen[n] {
					seen[n] = true
					names = append(names, n)
				}
			}
			answer.Converted++
		}
	}
}
