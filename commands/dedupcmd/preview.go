package dedupcmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// previewed is how many groups a preview shows.
const previewed = 20

// Previewed is what a merge would do.
type Previewed struct {
	Groups int `json:"groups" doc:"That would be merged."`
	Rows   int `json:"rows" doc:"That would be hidden."`
	// Samples are the first groups.
	Samples []Sample `json:"samples"`
}

// Sample is what would become of one group.
type Sample struct {
	Group    int            `json:"group"`
	Survivor kernel.RowID   `json:"survivor"`
	Hidden   []kernel.RowID `json:"hidden"`
	Taken    []Field        `json:"taken" doc:"Values that the row that stays takes over."`
}

// Field is a value that would be taken over.
type Field struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	From     kernel.RowID    `json:"from"`
	Value    json.RawMessage `json:"value"`
	Old      json.RawMessage `json:"old"`
}

// Preview says what a merge would do, without doing it.
func (h *Handlers) Preview(ctx context.Context, ws kernel.WorkspaceID, cmd Merge) (Previewed, error) {
	out := Previewed{Samples: []Sample{}}
	if err := h.checkMerge(ctx, ws, cmd); err != nil {
		return out, err
	}
	s, err := h.cfg.Tables.Schema(ctx, ws, cmd.Table)
	if err != nil {
		return out, err
	}
	targets, err := h.targets(ctx, cmd.Scan, cmd.Plan, 0)
	if err != nil {
		return out, err
	}
	columns := writable(s)
	for len(targets) > 0 {
		part := targets[:min(len(targets), mergeBatch)]
		targets = targets[len(part):]
		want := columns
		if len(out.Samples) == previewed {
			want = nil // the rest is only counted
		}
		found, _, err := h.cfg.Grid.Cells(ctx, s, rowsOf(part), want)
		if err != nil {
			return out, err
		}
		for _, t := range part {
			rows := liveRows(t, found)
			if len(rows) < 2 { //nolint:mnd // two rows or more are merged
				continue
			}
			out.Groups, out.Rows = out.Groups+1, out.Rows+len(rows)-1
			if len(out.Samples) < previewed {
				out.Samples = append(out.Samples, sampleOf(cmd.Plan, t, rows, columns))
			}
		}
	}
	return out, nil
}

func sampleOf(p dedup.Plan, t target, rows []dedup.Row, columns []kernel.ColumnID) Sample {
	stays, taken := p.Merge(t.choice, rows, columns)
	out := Sample{Group: t.number, Survivor: stays, Hidden: []kernel.RowID{}, Taken: []Field{}}
	for _, r := range rows {
		if r.ID != stays {
			out.Hidden = append(out.Hidden, r.ID)
		}
	}
	for _, f := range taken {
		out.Taken = append(out.Taken, Field{f.Column, f.From, f.Value, f.Old})
	}
	return out
}

// writable are the columns whose values a merge decides about.
func writable(s table.Schema) []kernel.ColumnID {
	var out []kernel.ColumnID
	for _, c := range s.Columns {
		if c.Writable() {
			out = append(out, c.ID)
		}
	}
	return out
}
