package tablefile

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/morket/morket/adapters/files/parquetfile"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// parquet writes Parquet. Each column has a type of its own before the first row, so the numbers are looked through first for how many
// digits they have: all of them are exact.
func (f *file) parquet(ctx context.Context, out io.Writer) error {
	digits, err := f.digits(ctx)
	if err != nil {
		return err
	}
	l := f.Layout
	var columns []parquetfile.Column
	for i, c := range l.columns {
		columns = append(columns, column(c, digits[c.ID]))
		if l.sure[i] {
			at := len(columns)
			columns = append(columns, parquetfile.Column{Name: l.names[at], Kind: parquetfile.Decimal, Precision: 18, Scale: 1},
				parquetfile.Column{Name: l.names[at+1], Kind: parquetfile.Boolean})
		}
	}
	w, err := parquetfile.NewWriter(out, columns)
	if err != nil {
		return err
	}
	at := make([]parquetfile.Kind, 0, len(l.columns))
	for i, n := 0, 0; i < len(l.columns); i, n = i+1, n+1 {
		if at = append(at, columns[n].Kind); l.sure[i] {
			n += 2
		}
	}
	err = f.each(ctx, func(row gridview.ExportRow) error {
		for i := range l.columns {
			if err := value(w, at[i], row, i); err != nil {
				return err
			}
			if l.sure[i] {
				surely(w, row, i)
			}
		}
		return w.End()
	})
	if err != nil {
		return err
	}
	return w.Close()
}

// digits are the most that the numbers of a column have before and after their point.
type digits struct{ before, after int }

func (f *file) digits(ctx context.Context) (map[kernel.ColumnID]digits, error) {
	q := f.Query
	q.Sort, q.Groups, q.Sure, q.Fields = nil, nil, false, []kernel.ColumnID{}
	for _, c := range f.Layout.columns {
		if c.Type.Numeric() {
			q.Fields = append(q.Fields, c.ID)
		}
	}
	out := map[kernel.ColumnID]digits{}
	if len(q.Fields) == 0 {
		return out, nil
	}
	most := make([]digits, len(q.Fields))
	err := f.rows.Export(ctx, f.Info, q, f.Only, func(row gridview.ExportRow) error {
		for i := range most {
			if v, ok := row.Text(i); ok {
				before, after := parquetfile.Digits(v)
				most[i] = digits{max(most[i].before, before), max(most[i].after, after)}
			}
		}
		return nil
	})
	for i, id := range q.Fields {
		out[id] = most[i]
	}
	return out, err
}

// int64Digits is how many digits the narrower of the two decimals has.
const int64Digits = 18

// column is a table's column in Parquet. Numbers whose digits together are more than a decimal takes are text.
func column(c table.Column, d digits) parquetfile.Column {
	out := parquetfile.Column{Name: c.Name, Kind: parquetfile.Text}
	switch c.Type {
	case table.Number, table.Currency, table.Percent:
		if c.Format != nil && c.Format.Decimals != nil && d.before+*c.Format.Decimals <= int64Digits {
			d.after = max(d.after, *c.Format.Decimals)
		}
		switch {
		case d.before+d.after <= int64Digits:
			out.Kind, out.Precision, out.Scale = parquetfile.Decimal, int64Digits, d.after
		case d.before+d.after <= parquetfile.MaxPrecision:
			out.Kind, out.Precision, out.Scale = parquetfile.Decimal, parquetfile.MaxPrecision, d.after
		}
	case table.Boolean:
		out.Kind = parquetfile.Boolean
	case table.Date:
		out.Kind = parquetfile.Date
	case table.DateTime, table.CreatedAt, table.UpdatedAt:
		out.Kind = parquetfile.Timestamp
	case table.MultiSelect:
		out.Kind = parquetfile.List
	case table.JSON:
		out.Kind = parquetfile.JSON
	default:
	}
	return out
}

func value(w *parquetfile.Writer, kind parquetfile.Kind, row gridview.ExportRow, i int) error {
	if kind == parquetfile.List {
		var texts []string
		if err := json.Unmarshal(row.JSON(i), &texts); err != nil {
			return fmt.Errorf("export the list %s: %w", row.JSON(i), err)
		}
		if texts == nil {
			w.Null()
		} else {
			w.List(texts)
		}
		return nil
	}
	v, ok := row.Text(i)
	if !ok {
		w.Null()
		return nil
	}
	switch kind {
	case parquetfile.Decimal:
		w.Decimal(v)
	case parquetfile.Boolean:
		w.Bool(string(v) == "true")
	case parquetfile.Date:
		day, err := time.Parse(time.DateOnly, string(v))
		if err != nil {
			return fmt.Errorf("export the day %q: %w", v, err)
		}
		w.Date(day)
	case parquetfile.Timestamp:
		at, err := table.ParseMoment(string(v))
		if err != nil {
			return fmt.Errorf("export the time %q: %w", v, err)
		}
		w.Timestamp(at)
	default:
		w.Text(v)
	}
	return nil
}

// surely writes how sure a column is.
func surely(w *parquetfile.Writer, row gridview.ExportRow, i int) {
	confidence, verified := sureness(row, i)
	if confidence == "" {
		w.Null()
	} else {
		w.Decimal([]byte(confidence))
	}
	if verified == "" {
		w.Null()
	} else {
		w.Bool(verified == "true")
	}
}
