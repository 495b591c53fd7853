package dataopscmd

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// keptOutReason says why a row is left out. What it has is not repeated.
const keptOutReason = "the row is about a person who was erased in this workspace and may not come back"

// keptOut returns what tells whether a text may not come into the workspace; nil where there is nothing of the kind.
func (h *Handlers) keptOut(ctx context.Context, ws kernel.WorkspaceID) (func(string) bool, error) {
	if h.cfg.KeptOut == nil {
		return nil, nil //nolint:nilnil // nothing is kept out
	}
	return h.cfg.KeptOut.In(ctx, ws)
}

// unsee takes out of what is shown of a file the records that may not come in. Samples of columns don't tell their records, so all go.
func (h *Handlers) unsee(ctx context.Context, ws kernel.WorkspaceID, s *sight) error {
	in, err := h.keptOut(ctx, ws)
	if err != nil || in == nil {
		return err
	}
	met := false
	for i, record := range s.preview {
		if slices.ContainsFunc(record, in) {
			s.preview[i], met = make([]string, len(record)), true
		}
	}
	for _, c := range s.columns {
		met = met || slices.ContainsFunc(c.Samples, in)
	}
	for i := range s.columns {
		if met {
			s.columns[i].Samples = []string{}
		}
	}
	return nil
}

// leaveOut takes the rows out of a batch that may not come in, and says so. Nor may what was wrong with other rows tell of somebody.
func (r resolver) leaveOut(c *cells, o *outcome) {
	if r.keptOut == nil {
		return
	}
	for i := range o.problems {
		r.blank(&o.problems[i])
	}
	left := cells{schema: c.schema, columns: c.columns, skipped: c.skipped, failed: c.failed, options: c.options, problems: c.problems}
	left.values = make([][]json.RawMessage, len(c.values))
	for row, line := range c.lines {
		if r.about(c, row) {
			o.reject(line, "", keptOutReason)
			continue
		}
		for i := range c.values {
			left.values[i] = append(left.values[i], c.values[i][row])
		}
		left.lines, left.nexts = append(left.lines, line), append(left.nexts, c.nexts[row])
	}
	*c = left
}

func (r resolver) about(c *cells, row int) bool {
	for i := range c.values {
		if v := c.values[i][row]; !kernel.IsNull(v) && r.keptOut(string(v)) {
			return true
		}
	}
	return false
}

func (r resolver) blank(p *dataops.Problem) {
	found := r.keptOut(p.Value)
	for _, f := range p.Row {
		found = found || r.keptOut(f)
	}
	if found {
		p.Value, p.Row = "", nil
	}
}
