package dataopscmd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func tableForm(f *dataops.Form) *table.Form {
	if f == nil {
		return nil
	}
	return &table.Form{Decimal: table.DecimalSign(f.Decimal), DateOrder: table.DateOrder(f.DateOrder), Zone: f.Zone}
}

// form is how the file writes the column's values: as the mapping says, else as was found.
func (m Mapping) form(c dataops.FileColumn) dataops.Form {
	var out dataops.Form
	if c.Form != nil {
		out = *c.Form
	}
	if m.Form != nil {
		if m.Form.Decimal != "" {
			out.Decimal = m.Form.Decimal
		}
		if m.Form.DateOrder != "" {
			out.DateOrder = m.Form.DateOrder
		}
		if m.Form.Zone != "" {
			out.Zone = m.Form.Zone
		}
	}
	return out
}

// draft is the new column for a column of the file.
func (m Mapping) draft(c dataops.FileColumn) table.Draft {
	form := m.form(c)
	d := table.Draft{Name: m.NewColumn.Name, Type: m.NewColumn.Type, Form: tableForm(&form)}
	currency := cmp.Or(m.NewColumn.Currency, c.Currency)
	if d.Type == table.Currency && currency != "" || d.Type.Numeric() && c.Decimals != nil {
		d.Format = &table.NumberFormat{Decimals: c.Decimals}
		if d.Type == table.Currency {
			d.Format.Currency = currency
		}
	}
	return d
}

// formFor is the form in which a column's values are read; nil where the type has none. What the values leave open has to be said, by the
// mapping or by the table's column.
func formFor(field string, m Mapping, c dataops.FileColumn, col table.Column) (*dataops.Form, error) {
	form := m.form(c)
	if !slices.Contains([]string{"", string(table.Point), string(table.Comma)}, form.Decimal) {
		return nil, kernel.Invalid(field+".form.decimal", "choose point or comma")
	}
	if !slices.Contains([]string{"", string(table.DayFirst), string(table.MonthFirst), string(table.YearFirst)}, form.DateOrder) {
		return nil, kernel.Invalid(field+".form.date_order", "choose dmy, mdy or ymd")
	}
	own := table.Form{}
	if col.Form != nil {
		own = *col.Form
	}
	switch {
	case col.Type.Numeric():
		form.DateOrder, form.Zone = "", ""
		if form.Decimal == "" {
			form.Decimal = string(own.Decimal)
		}
		if form.Decimal == "" && slices.Contains(c.Open, dataops.OpenDecimal) {
			return nil, kernel.Invalid(field+".form.decimal",
				"the numbers of “%s” can be read with a decimal point or a decimal comma (%s); say which", c.Name, sample(c))
		}
	case col.Type == table.Date || col.Type == table.DateTime:
		form.Decimal = ""
		if form.DateOrder == "" {
			form.DateOrder = string(own.DateOrder)
		}
		if form.Zone == "" {
			form.Zone = own.Zone
		}
		if form.DateOrder == "" && slices.Contains(c.Open, dataops.OpenDateOrder) {
			return nil, kernel.Invalid(field+".form.date_order", "the dates of “%s” can be read with the day or the month first (%s); say which",
				c.Name, sample(c))
		}
	default:
		return nil, nil //nolint:nilnil // the type has no form
	}
	return &form, nil
}

func sample(c dataops.FileColumn) string {
	if len(c.Samples) == 0 {
		return "no values"
	}
	return c.Samples[0]
}

// emptyFor are the texts that mean an empty cell of the column. Texts are never empty.
func emptyFor(m Mapping, c dataops.FileColumn, col table.Column) []string {
	if col.Type == table.Text || col.Type == table.LongText || col.Type == table.JSON {
		return nil
	}
	var out []string
	if m.Empty != nil {
		for _, w := range *m.Empty {
			out = append(out, strings.ToLower(strings.TrimSpace(w)))
		}
		return out
	}
	for _, w := range c.EmptyWords {
		if w := strings.ToLower(w.Text); !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// setZone notes in which zone times without one are, so that the rest of an import after a change of the workspace's zone is in the same.
func (h *Handlers) setZone(ctx context.Context, s table.Schema, targets []dataops.Target) error {
	if h.cfg.Zones == nil {
		return nil
	}
	zone := ""
	for i := range targets {
		col, _ := s.Column(targets[i].ColumnID)
		if col.Type != table.DateTime || targets[i].Form == nil || targets[i].Form.Zone != "" {
			continue
		}
		if zone == "" {
			var err error
			if zone, err = h.cfg.Zones.TimeZone(ctx, s.Workspace); err != nil {
				return fmt.Errorf("find the workspace's time zone: %w", err)
			}
		}
		targets[i].Form.Zone = zone
	}
	return nil
}
