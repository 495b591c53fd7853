package dataopscmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Report is what an import would lose, as the table is now.
type Report struct {
	Rows    int64          `json:"rows" doc:"Records of the file that are not blank."`
	Lossy   int64          `json:"lossy" doc:"Rows that would lose a value, or be left out."`
	Failed  int64          `json:"failed" doc:"Of those, rows that would be left out as a whole."`
	Broken  int64          `json:"broken" doc:"Of those, rows that can't be read at all."`
	Columns []ColumnReport `json:"columns" doc:"Where values would be lost."`
	Samples []Lost         `json:"samples" doc:"Of rows that can't be read."`
	LeftOut []string       `json:"left_out" doc:"Columns of the file that go nowhere."`
	Full    int64          `json:"full,omitempty" doc:"Rows beyond what the table takes."`
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
	file, err := h.open(ctx, p.imp.Object, p.imp.Plan.Reading, p.imp.Next)
	if err != nil {
		return nil, err
	}
	return &Checking{h: h, plan: p, file: file}, nil
}

// Close gives the file back.
func (c *Checking) Close() { _ = c.file.Close() } // it was only read

// Run reads the whole file as Commit would have it imported, looks rows up as the importer would, and says what would be lost. It is the
// same code that decides in both, in batches of the same size, so what is told before is what happens if nobody changes the table
// meanwhile. progress is told now and then how much has been read, 0 to 1.
func (c *Checking) Run(ctx context.Context, progress func(float64)) (Report, error) {
	imp := c.plan.imp
	plan, from := imp.Plan, imp.Next
	r := Report{Columns: []ColumnReport{}, Samples: []Lost{}, LeftOut: append([]string{}, imp.LeftOut()...)}
	records, err := c.h.records(c.file, dataops.ReadOptions{Reading: plan.Reading, From: from, Width: plan.Width, Keys: keyNames(imp)})
	if err != nil {
		return r, err
	}
	room, err := c.room(ctx)
	if err != nil {
		return r, err
	}
	keptOut, err := c.h.keptOut(ctx, imp.Workspace)
	if err != nil {
		return r, err
	}
	conv, limits, decide := newConverter(plan, c.plan.table.Schema()), c.h.cfg.Limits, c.resolver(room)
	decide.keptOut = keptOut
	for {
		b, err := readBatch(records, from, limits, len(plan.Targets))
		if err != nil {
			return r, err
		}
		from = b.next
		cells := conv.convert(b)
		conv.grow(cells.options)
		o, err := decide.resolve(ctx, cells, room)
		if err != nil {
			return r, err
		}
		room -= int64(o.fresh)
		r.add(cells, o, int64(len(b.rows)))
		progress(min(1, float64(from.Offset)/float64(max(1, imp.Size))))
		if b.last {
			return r, nil
		}
		if err := ctx.Err(); err != nil {
			return r, err
		}
	}
}

// room is how many rows the table still takes.
func (c *Checking) room(ctx context.Context) (int64, error) {
	if c.plan.before == nil {
		return c.h.cfg.Limits.Rows, nil
	}
	count, err := c.h.rowsNow(ctx, c.plan.table.Schema())
	return max(0, c.h.cfg.Limits.Rows-count), err
}

// resolver looks rows up among those that are there now. A key column that the import brings has no values yet. Keys of rows that would
// be new are remembered only where room may run out, which is where they matter.
func (c *Checking) resolver(room int64) resolver {
	plan, before := c.plan.imp.Plan, c.plan.before
	r := resolver{plan: plan, limit: c.h.cfg.Limits.Rows}
	if c.plan.imp.Facts.Rows > room {
		r.added = map[string]struct{}{}
	}
	if before == nil {
		return r
	}
	for _, key := range plan.KeyColumns {
		if _, ok := before.Column(key); !ok {
			return r
		}
	}
	r.find = func(ctx context.Context, keys [][]json.RawMessage, _ []kernel.ColumnID) ([][]GridRow, int64, error) {
		return c.h.cfg.Grid.Find(ctx, *before, plan.KeyColumns, keys, plan.KeyColumns)
	}
	return r
}

// add counts what a batch would lose.
func (r *Report) add(c *cells, o *outcome, rows int64) {
	r.Rows += rows - c.skipped
	r.Failed += c.failed + o.failed
	r.Full += int64(len(o.beyond))
	beyond := map[int64]bool{}
	for _, line := range o.beyond {
		beyond[line] = true
	}
	last := int64(-1)
	for _, p := range o.problems {
		if p.Line != last {
			r.Lossy++
			last = p.Line
		}
		lost := Lost{Line: p.Line, Value: p.Value, Reason: p.Reason}
		switch {
		case p.Column != "":
			r.column(p.Column).note(lost)
		case beyond[p.Line] && p.Value == "":
		default:
			r.Broken++
			if len(r.Samples) < maxLost {
				r.Samples = append(r.Samples, lost)
			}
		}
	}
}

func (r *Report) column(name string) *ColumnReport {
	for i := range r.Columns {
		if r.Columns[i].Column == name {
			return &r.Columns[i]
		}
	}
	r.Columns = append(r.Columns, ColumnReport{Column: name})
	return &r.Columns[len(r.Columns)-1]
}

func (c *ColumnReport) note(lost Lost) {
	if c.Values++; len(c.Samples) < maxLost {
		c.Samples = append(c.Samples, lost)
	}
}
