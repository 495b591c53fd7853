package dataopscmd

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// cells are the rows of a batch in the form of the table: by column, as a chunk.
type cells struct {
	schema   table.Schema
	columns  []table.Column
	values   [][]json.RawMessage // values[c][i] of columns[c] in row i
	lines    []int64
	nexts    []dataops.Mark
	problems []dataops.Problem
	failed   int64
	skipped  int64
	options  []newOption // to be added to the table
}

type newOption struct {
	column kernel.ColumnID
	name   string
}

// converter turns records into cells of a table whose schema stands still.
type converter struct {
	plan    dataops.Plan
	schema  table.Schema
	fields  []fieldTarget
	missing []dataops.Target // whose column is gone
	options map[newOption]bool
	counts  map[kernel.ColumnID]int // of options, with the new ones
}

type fieldTarget struct {
	dataops.Target
	column table.Column // with the form in which the file writes its values
}

func newConverter(plan dataops.Plan, schema table.Schema) *converter {
	c := &converter{plan: plan, schema: schema, options: map[newOption]bool{}, counts: map[kernel.ColumnID]int{}}
	for _, t := range plan.Targets {
		if col, ok := schema.Column(t.ColumnID); ok && col.Writable() {
			if t.Form != nil {
				col.Form = tableForm(t.Form)
			}
			c.fields = append(c.fields, fieldTarget{t, col})
			c.counts[col.ID] = len(col.Options)
		} else {
			c.missing = append(c.missing, t)
		}
	}
	return c
}

// convert makes the batch's cells. A record with a value that its column can't take is left out as a whole.
func (c *converter) convert(b *batch) *cells {
	clear(c.options)
	out := &cells{schema: c.schema, values: make([][]json.RawMessage, len(c.fields))}
	for i, f := range c.fields {
		out.columns = append(out.columns, f.column)
		out.values[i] = make([]json.RawMessage, 0, len(b.rows))
		c.counts[f.column.ID] = len(f.column.Options)
	}
	for _, row := range b.rows {
		c.row(b, row, out)
	}
	return out
}

func (c *converter) row(b *batch, row rawRow, out *cells) {
	told := len(out.problems)
	c.warn(row, out)
	surplus := len(row.surplus) > 0
	if row.problem != "" && (!surplus || !c.plan.KeepRows) {
		out.failed++
		out.problems = append(out.problems, dataops.Problem{
			Line:   row.line,
			Value:  row.excerpt,
			Reason: row.problem,
			Row:    b.fields(row, c.plan.Reading.Format),
		})
		return
	}
	if surplus {
		out.problems = append(out.problems, dataops.Problem{
			Line:   row.line,
			Value:  dataops.Shorten(strings.Join(row.surplus, ", ")),
			Reason: row.problem + "; what is too much is left out",
			Kept:   true,
		})
	}
	n, blank, bad := len(out.lines), true, surplus
	mark := len(out.options)
	for i, f := range c.fields {
		text, ok := b.field(row, f.Index)
		v, fresh, err := kernel.Null(), []string(nil), error(nil)
		if ok && text != "" && !f.empty(text) {
			v, fresh, err = c.value(f, text)
		}
		if err == nil {
			err = c.noteOptions(f.column, fresh, out)
		}
		if err != nil {
			bad, v = true, kernel.Null()
			out.problems = append(out.problems, c.badValue(row, f, text, err))
		}
		blank = blank && kernel.IsNull(v)
		out.values[i] = append(out.values[i], v)
	}
	if bad {
		out.problems[told].Row = b.fields(row, c.plan.Reading.Format)
	}
	if !blank && (!bad || c.plan.KeepRows) {
		out.lines, out.nexts = append(out.lines, row.line), append(out.nexts, row.next)
		return
	}
	for i := range out.values {
		out.values[i] = out.values[i][:n]
	}
	c.forgetOptions(out, mark)
	if !bad {
		out.skipped++
		return
	}
	out.failed++
	for i := told; i < len(out.problems); i++ { // nothing of the row is left
		out.problems[i].Kept = out.problems[i].Kept && !blank
	}
}

func (c *converter) badValue(row rawRow, f fieldTarget, text string, err error) dataops.Problem {
	return dataops.Problem{
		Line:   row.line,
		Column: f.Name,
		Value:  dataops.Shorten(plain(text, c.plan.Reading.Format)),
		Reason: err.Error(),
		Kept:   c.plan.KeepRows,
	}
}

// warn says what is strange about a row that is taken all the same.
func (c *converter) warn(row rawRow, out *cells) {
	for _, key := range row.unknown {
		out.problems = append(out.problems, dataops.Problem{
			Line:   row.line,
			Column: dataops.Shorten(key),
			Reason: "the key was not there when the columns were chosen; its values are left out",
			Kept:   true,
		})
	}
	if row.notice != "" && row.problem == "" {
		out.problems = append(out.problems, dataops.Problem{Line: row.line, Value: row.excerpt, Reason: row.notice, Kept: true})
	}
}

// empty reports whether the text means an empty cell.
func (f fieldTarget) empty(text string) bool {
	return len(f.Empty) > 0 && len(text) <= maxEmptyWord &&
		slices.Contains(f.Empty, strings.ToLower(strings.TrimSpace(strings.Trim(text, `"`))))
}

// maxEmptyWord is how long a text may be that means an empty cell.
const maxEmptyWord = 40

// value reads one field.
func (c *converter) value(f fieldTarget, text string) (json.RawMessage, []string, error) {
	create := c.plan.CreateOptions || f.NewOptions
	switch {
	case c.plan.Reading.Format == dataops.XLSX && strings.HasPrefix(text, `"`): // what a person has typed
		return table.ParseText(f.column, plain(text, dataops.XLSX), create)
	case c.plan.Reading.Format.Typed():
		return jsonValue(f.column, json.RawMessage(text), create)
	}
	if c.plan.UnescapeFormulas {
		text = dataops.UnescapeFormula(text)
	}
	return table.ParseText(f.column, text, create)
}

// jsonValue takes a JSON value as the API would, or else as text that stands for it: a number in a string for a number
// column, a number for a text column.
func jsonValue(col table.Column, raw json.RawMessage, create bool) (json.RawMessage, []string, error) {
	v, fresh, err := table.Parse(col, raw, create)
	if err == nil {
		return v, fresh, nil
	}
	text, ok := table.TextOf(raw)
	if !ok {
		text = string(raw)
	}
	if v, fresh, textErr := table.ParseText(col, text, create); textErr == nil {
		return v, fresh, nil
	}
	return nil, nil, err
}

// noteOptions remembers options that have to be added for the row.
func (c *converter) noteOptions(col table.Column, fresh []string, out *cells) error {
	for _, name := range fresh {
		o := newOption{col.ID, strings.Clone(name)}
		if c.options[o] {
			continue
		}
		if c.counts[col.ID] >= table.MaxOptions {
			return fmt.Errorf("%s has %d options already, which is the most that are possible", col.Name, table.MaxOptions)
		}
		c.counts[col.ID]++
		c.options[o] = true
		out.options = append(out.options, o)
	}
	return nil
}

// grow adds the options that a batch brought to the columns, as the table has them when the next one comes.
func (c *converter) grow(options []newOption) {
	for _, o := range options {
		for i := range c.fields {
			if col := &c.fields[i].column; col.ID == o.column {
				col.Options = append(slices.Clip(col.Options), table.Option{Name: o.name})
			}
		}
	}
}

// forgetOptions takes back what a row noted that is left out.
func (c *converter) forgetOptions(out *cells, mark int) {
	for _, o := range out.options[mark:] {
		delete(c.options, o)
		c.counts[o.column]--
	}
	out.options = out.options[:mark]
}
