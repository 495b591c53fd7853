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

// Limits of one ReplaceText.
const (
	// ReplaceRows is how many rows one call looks at, at most: of those in which the text may be.
	ReplaceRows = 5_000
	// replaceBytes is how much text one call writes, at most, but for a last row.
	replaceBytes = 8 << 20
	// MaxReplaceSamples is how many changes, and how many cells that can't be changed, an answer lists.
	MaxReplaceSamples = 5
)

// ReplaceText puts a text in the place of another in the cells of the rows that the filter selects, from after a row on. One call does a
// part: the calls of one gesture are one step of undo, and their caller can tell how far they are and stop.
type ReplaceText struct {
	Table   kernel.TableID
	Filter  json.RawMessage
	Search  string
	Columns []string // ids or names; empty for all
	Find    table.TextSearch
	With    string
	After   kernel.RowID
	DryRun  bool
}

// ReplacedText is the answer.
type ReplacedText struct {
	Cells   int             `json:"cells" doc:"Cells that were changed, or would be."`
	Rows    int             `json:"rows"`
	Refused int             `json:"refused" doc:"Cells that match and stay as they are: the column would not take the new text."`
	Samples []ReplaceSample `json:"samples,omitempty" doc:"A few of the changes."`
	Misfits []ReplaceSample `json:"misfits,omitempty" doc:"A few of the refused cells."`
	Next    kernel.RowID    `json:"next,omitempty" doc:"More rows may hold the text: go on with after."`
}

// ReplaceSample is one cell with the text before and after.
type ReplaceSample struct {
	Row    kernel.RowID    `json:"row_id"`
	Column kernel.ColumnID `json:"column_id"`
	Before string          `json:"before"`
	After  string          `json:"after"`
	Reason string          `json:"reason,omitempty" doc:"Why the column does not take it."`
}

// Validate checks what doesn't depend on the table.
func (c ReplaceText) Validate() error {
	if len(c.With) > table.MaxSearchText {
		return kernel.Invalid("replace", "the new text has %d bytes; at most %d are possible", len(c.With), table.MaxSearchText)
	}
	if c.After != "" && kernel.ParseID(kernel.PrefixRow, string(c.After)) != nil {
		return kernel.Invalid("after", "%q is not a row id (row_…)", kernel.Shorten(string(c.After)))
	}
	return nil
}

// ReplaceText carries out ReplaceText.
func (h *Handlers) ReplaceText(ctx context.Context, meta kernel.Meta, cmd ReplaceText) (commands.Result[ReplacedText], error) {
	if err := cmd.Validate(); err != nil {
		return commands.Result[ReplacedText]{}, err
	}
	pattern, err := cmd.Find.Pattern()
	if err != nil {
		return commands.Result[ReplacedText]{}, err
	}
	step := h.step(ctx, meta, cmd.Table, "Replace text")
	return eventstore.Retry(ctx, func(int) (commands.Result[ReplacedText], error) {
		r := &replacing{h: h, meta: meta, cmd: cmd, pattern: pattern, step: step}
		done, err := r.run(ctx)
		return result(done, err, r.answer)
	})
}

// replacing is one attempt at ReplaceText.
type replacing struct {
	h       *Handlers
	meta    kernel.Meta
	cmd     ReplaceText
	pattern table.TextPattern
	step    table.Step

	schema  table.Schema
	columns []table.Column
	reader  table.Reader
	changes []table.CellChange
	written int // bytes of values, old and new
	answer  ReplacedText
}

func (r *replacing) run(ctx context.Context) (done eventstore.Appended, err error) {
	if r.schema, err = r.h.schema(ctx, r.meta.Workspace, r.cmd.Table, true); err != nil {
		return done, err
	}
	if r.reader, err = r.h.reader(ctx, r.meta.Workspace); err != nil {
		return done, err
	}
	filter, err := r.reader.Filter(r.cmd.Filter, r.schema)
	if err != nil {
		return done, err
	}
	if r.columns, err = table.Searched(r.schema, r.cmd.Columns); err != nil {
		return done, err
	}
	r.columns = slices.DeleteFunc(r.columns, func(c table.Column) bool { return !c.Writable() })
	if len(r.columns) == 0 {
		return done, kernel.Invalid("columns", "none of these columns can be written")
	}
	now, err := r.h.awaitReadModel(ctx, r.cmd.Table)
	if err != nil {
		return done, err
	}
	if err := r.collect(ctx, filter); err != nil || r.cmd.DryRun || len(r.changes) == 0 {
		return done, err
	}
	events := editEvents(r.cmd.Table, r.changes, now.head, table.FromBulk, r.step)
	if done, err = r.h.write(ctx, r.meta, cellWrite{schema: r.schema, events: events, step: r.step, after: &now}, r.answer); err != nil {
		return done, fmt.Errorf("replace text: %w", err)
	}
	return done, nil
}

// collect finds the changes in the next rows that may hold the text.
func (r *replacing) collect(ctx context.Context, filter table.Filter) error {
	may := r.pattern.Candidates(r.columns)
	if !filter.All() {
		may = table.Filter{And: []table.Filter{filter, may}}
	}
	rows, err := r.h.cfg.Rows.Select(ctx, r.meta.Workspace, r.cmd.Table, may, r.cmd.Search, r.cmd.After, ReplaceRows+1)
	if err != nil {
		return err
	}
	more := len(rows) > ReplaceRows
	rows = rows[:min(len(rows), ReplaceRows)]
	cols := make([]kernel.ColumnID, len(r.columns))
	for i, c := range r.columns {
		cols[i] = c.ID
	}
	found, _, err := r.h.cfg.Rows.Cells(ctx, r.schema, rows, cols)
	if err != nil {
		return err
	}
	for i, row := range rows {
		full := r.replaceIn(row, found[row]) >= replaceBytes
		if last := i == len(rows)-1; full && !last || last && more {
			r.answer.Next = row
			return nil
		}
	}
	return nil
}

// replaceIn notes what is to change in a row, and returns how much text the call writes so far.
func (r *replacing) replaceIn(row kernel.RowID, cells table.RowCells) int {
	before := len(r.changes)
	for _, c := range r.columns {
		old := cells.Values[c.ID]
		text := table.Format(c, old)
		if text == "" || !r.pattern.In(text) {
			continue
		}
		sample := ReplaceSample{Row: row, Column: c.ID, Before: kernel.Shorten(text)}
		next := r.pattern.Replace(text, r.cmd.With)
		sample.After = kernel.Shorten(next)
		v, err := r.reader.Formatted(c, next)
		switch {
		case err != nil:
			r.answer.Refused++
			sample.Reason = storable(err.Error())
			r.answer.Misfits = sampled(r.answer.Misfits, sample)
		case string(v) != string(old):
			r.written += len(v) + len(old)
			r.changes = append(r.changes, table.CellChange{Row: row, Column: c.ID, Value: v, Old: old})
			r.answer.Cells++
			r.answer.Samples = sampled(r.answer.Samples, sample)
		}
	}
	if len(r.changes) > before {
		r.answer.Rows++
	}
	return r.written
}

func sampled(list []ReplaceSample, s ReplaceSample) []ReplaceSample {
	if len(list) == MaxReplaceSamples {
		return list
	}
	return append(list, s)
}
