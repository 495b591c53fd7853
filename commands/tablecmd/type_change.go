package tablecmd

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// typeChange is one attempt at ChangeType.
type typeChange struct {
	h      *Handlers
	meta   kernel.Meta
	cmd    ChangeType
	by     table.Rules
	schema table.Schema
	answer ChangedType
}

func (c *typeChange) run(ctx context.Context, step table.Step) (done eventstore.Appended, err error) {
	h, cmd := c.h, c.cmd
	t, version, err := h.repo.Load(ctx, string(cmd.Table))
	if err == nil {
		err = t.In(c.meta.Workspace, cmd.Table)
	}
	if err != nil {
		return done, err
	}
	c.schema = t.Schema()
	now, err := h.awaitReadModel(ctx, cmd.Table)
	if err != nil {
		return done, err
	}
	wanted := table.Retyped{Type: cmd.Type, Options: cmd.Options, Form: cmd.Form, Format: cmd.Format}
	old, _, err := t.Retype(h.maker, cmd.Column, wanted)
	if err != nil {
		return done, err
	}
	if err := c.findForm(ctx, old, &wanted); err != nil {
		return done, err
	}
	old, to, err := t.Retype(h.maker, cmd.Column, wanted)
	if err != nil {
		return done, err
	}
	names, err := c.tryConvert(ctx, old, to)
	if err != nil || cmd.DryRun || old.Type == to.Type {
		return done, err
	}
	if err := c.refuse(old, to); err != nil {
		return done, err
	}
	if len(names) > 0 {
		for _, n := range names {
			wanted.Options = append(slices.Clip(wanted.Options), table.Option{Name: n})
		}
		if old, to, err = t.Retype(h.maker, cmd.Column, wanted); err != nil {
			return done, err
		}
	}
	if err := t.ChangeType(old, to, c.by, cmd.Lossy, step); err != nil {
		return done, err
	}
	changes := append(now.guards, atVersion(structureOf(cmd.Table), version, t.Pending()), atVersion(cellsOf(cmd.Table), now.cells, nil))
	done, err = h.append(ctx, c.meta, c.answer, changes...)
	h.forget(cmd.Table)
	return done, err
}

// refuse refuses to lose a value that may not be lost, and to guess.
func (c *typeChange) refuse(old, to table.Column) error {
	if len(c.answer.Open) > 0 {
		return kernel.E(kernel.KindConflict, "FORM_OPEN",
			"the values of %s can be read in more than one way; say in form how they are written (decimal, or date_order)", old.Name)
	}
	if c.answer.Unconvertible > 0 && !c.cmd.Lossy {
		return kernel.E(kernel.KindConflict, "LOSSY_CONVERSION",
			"%d values of %s can't become %s and would be emptied; correct them, or ask with lossy", c.answer.Unconvertible, old.Name, to.Type)
	}
	return nil
}

// findForm finds how written values are to be read, as far as that is not said.
func (c *typeChange) findForm(ctx context.Context, from table.Column, to *table.Retyped) error {
	if !from.Type.Textual() && from.Type != table.LongText || !to.Type.Numeric() && to.Type != table.Date && to.Type != table.DateTime {
		return nil
	}
	f := table.NewFinder()
	err := c.each(ctx, from, func(_ kernel.RowID, v json.RawMessage) error {
		f.Add(table.Format(from, v))
		return nil
	})
	if err != nil {
		return err
	}
	c.answer.Choices = f.Choices(to.Type)
	if to.Form == nil {
		to.Form, c.answer.Open = f.Decide(to.Type)
	}
	c.answer.Form = to.Form
	if to.Type != table.Currency {
		return nil
	}
	if to.Format == nil {
		to.Format = &table.NumberFormat{}
		if from.Format != nil {
			*to.Format = *from.Format
		}
	}
	if to.Format.Currency == "" && len(c.answer.Choices) > 0 {
		to.Format.Currency = c.answer.Choices[0].Currency
	}
	c.answer.Currency = table.Column{Format: to.Format}.CurrencyCode()
	return nil
}

// tryConvert counts what a change of type would do, and collects the options that it needs.
func (c *typeChange) tryConvert(ctx context.Context, from, to table.Column) ([]string, error) {
	c.answer.Samples = []Sample{}
	var names []string
	seen := map[string]bool{}
	for _, o := range to.Options {
		seen[o.Name] = true
	}
	err := c.each(ctx, from, func(id kernel.RowID, v json.RawMessage) error {
		wanted := table.OptionNames(from, to, v, &c.by)
		as, ok := table.Convert(from, to, v, &c.by)
		if !ok && (len(wanted) == 0 || len(seen)+len(wanted) > table.MaxOptions) {
			c.answer.Unconvertible++
			if len(c.answer.Samples) < maxSamples {
				c.answer.Samples = append(c.answer.Samples, Sample{id, v})
			}
			return nil
		}
		for _, n := range wanted {
			if !seen[n] {
				seen[n] = true
				names = append(names, n)
			}
		}
		if c.answer.Choices != nil && len(c.answer.ReadAs) < maxSamples {
			c.answer.ReadAs = append(c.answer.ReadAs, ReadAs{id, v, as})
		}
		c.answer.Converted++
		return nil
	})
	return names, err
}

// each calls fn with every value of a column that is not empty.
func (c *typeChange) each(ctx context.Context, col table.Column, fn func(kernel.RowID, json.RawMessage) error) error {
	var after kernel.RowID
	for {
		rows, err := c.h.cfg.Rows.Select(ctx, c.meta.Workspace, c.schema.Table, table.Filter{}, "", after, scanPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		after = rows[len(rows)-1]
		found, _, err := c.h.cfg.Rows.Cells(ctx, c.schema, rows, []kernel.ColumnID{col.ID})
		if err != nil {
			return err
		}
		for _, id := range rows {
			if v := found[id].Values[col.ID]; !kernel.IsNull(v) {
				if err := fn(id, v); err != nil {
					return err
				}
			}
		}
	}
}
