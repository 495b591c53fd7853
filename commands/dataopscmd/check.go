package dataopscmd

import (
	"context"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Report is what an import would lose.
type Report struct {
	Rows    int64          `json:"rows" doc:"Records of the file that are not blank."`
	Lossy   int64          `json:"lossy" doc:"Rows that would lose a value, or be left out."`
	Broken  int64          `json:"broken" doc:"Of those, rows that can't be read at all."`
	Columns []ColumnReport `json:"columns" doc:"Where values would be lost."`
	Samples []Lost         `json:"samples" doc:"Of rows that can't be read."`
	LeftOut []string       `json:"left_out" doc:"Columns of the file that go nowhere."`
	Full    int64          `json:"full,omitempty" doc:"Rows beyond what a table takes."`
}

// ColumnReport says what one column would lose.
type ColumnReport struct {
	Column  string `json:"column"`
	Values  int64  `json:"values"`
	Samples []Lost `json:"samples"`
}

// Lost is a value that would be lost.
type Lost struct {
	Line   int64  `json:"line"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

const maxLost = 5

// Checking is a check that can begin.
type Checking struct {
	h    *Handlers
	plan *planned
	file *source
}

// StartCheck decides, as Commit would, what of the file goes where, without changing anything. The caller closes it.
func (h *Handlers) StartCheck(ctx context.Context, meta kernel.Meta, cmd Commit) (*Checking, error) {
	if cmd.Mode == "" {
		cmd.Mode = dataops.Append
	}
	if err := cmd.Validate(); err != nil {
		return nil, err
	}
	p, err := h.plan(ctx, meta, cmd)
	if err != nil {
		return nil, err
	}
	file, err := h.open(ctx, p.imp.Object, p.imp.Next.Offset)
	if err != nil {
		return nil, err
	}
	return &Checking{h: h, plan: p, file: file}, nil
}

// Close gives the file back.
func (c *Checking) Close() { _ = c.file.Close() } // it was only read

// Run reads the whole file as Commit would have it imported and says what would be lost. progress is told now and then how much has been
// read, 0 to 1.
func (c *Checking) Run(ctx context.Context, progress func(float64)) (Report, error) {
	imp := c.plan.imp
	plan, from := imp.Plan, imp.Next
	r := Report{Columns: []ColumnReport{}, Samples: []Lost{}, LeftOut: append([]string{}, imp.LeftOut()...)}
	records, err := c.h.records(c.file, dataops.ReadOptions{Reading: plan.Reading, From: from, Width: plan.Width, Keys: keyNames(imp)})
	if err != nil {
		return r, err
	}
	conv, limits := newConverter(plan, c.plan.table.Schema()), Limits{}.withDefaults()
	for {
		b, err := readBatch(records, from, limits, len(plan.Targets))
		if err != nil {
			return r, err
		}
		from = b.next
		r.add(conv.convert(b), int64(len(b.rows)))
		progress(min(1, float64(from.Offset)/float64(max(1, imp.Size))))
		if b.last {
			break
		}
		if err := ctx.Err(); err != nil {
			return r, err
		}
	}
	r.Full = max(0, r.Rows-table.MaxRows)
	return r, nil
}

// add counts what a batch would lose.
func (r *Report) add(c *cells, rows int64) {
	r.Rows += rows - c.skipped
	last := int64(-1)
	for _, p := range c.problems {
		if p.Line != last {
			r.Lossy++
			last = p.Line
		}
		lost := Lost{Line: p.Line, Value: p.Value, Reason: p.Reason}
		if p.Column == "" {
			r.Broken++
			if len(r.Samples) < maxLost {
				r.Samples = append(r.Samples, lost)
			}
			continue
		}
		at := -1
		for i := range r.Columns {
			if r.Columns[i].Column == p.Column {
				at = i
			}
		}
		if at < 0 {
			at = len(r.Columns)
			r.Columns = append(r.Columns, ColumnReport{Column: p.Column})
		}
		col := &r.Columns[at]
		if col.Values++; len(col.Samples) < maxLost {
			col.Samples = append(col.Samples, lost)
		}
	}
}
