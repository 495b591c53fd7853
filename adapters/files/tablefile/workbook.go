package tablefile

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/morket/morket/adapters/files/xlsxfile"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Widths of columns, in characters.
const (
	narrow = 12
	usual  = 20
	wide   = 40
)

// workbook writes XLSX. Texts are texts, also those that begin like formulas, so none has to be protected.
func (f *file) workbook(ctx context.Context, out io.Writer) error {
	l := f.Layout
	var columns []xlsxfile.Column
	for i, c := range l.columns {
		columns = append(columns, xlsxfile.Column{Name: c.Name, Width: width(c.Type)})
		if l.sure[i] {
			at := len(columns)
			columns = append(columns, xlsxfile.Column{Name: l.names[at], Width: narrow}, xlsxfile.Column{Name: l.names[at+1], Width: narrow})
		}
	}
	w, err := xlsxfile.NewWriter(out, f.Info.Schema.Name, columns)
	if err != nil {
		return err
	}
	err = f.each(ctx, func(row gridview.ExportRow) error {
		for i, c := range l.columns {
			if err := f.cell(w, c.Type, row, i); err != nil {
				return err
			}
			if l.sure[i] {
				confidence, verified := sureness(row, i)
				if confidence == "" {
					w.Blank()
				} else {
					w.Number([]byte(confidence))
				}
				if verified == "" {
					w.Blank()
				} else {
					w.Bool(verified == "true")
				}
			}
		}
		return w.End()
	})
	if err != nil {
		return err
	}
	return w.Close()
}

func width(t table.Type) int {
	switch t {
	case table.Boolean, table.Date, table.Number, table.Currency, table.Percent:
		return narrow
	case table.LongText, table.JSON:
		return wide
	default:
		return usual
	}
}

func (f *file) cell(w *xlsxfile.Writer, t table.Type, row gridview.ExportRow, i int) error {
	v, ok := row.Text(i)
	if !ok || len(v) == 0 {
		w.Blank()
		return nil
	}
	switch t {
	case table.Number, table.Currency:
		w.Number(v)
	case table.Percent:
		w.Percent(v)
	case table.Boolean:
		w.Bool(string(v) == "true")
	case table.Date:
		day, err := time.Parse(time.DateOnly, string(v))
		if err != nil {
			return fmt.Errorf("export the day %q: %w", v, err)
		}
		w.Date(day)
	case table.DateTime, table.CreatedAt, table.UpdatedAt:
		at, err := table.ParseMoment(string(v))
		if err != nil {
			return fmt.Errorf("export the time %q: %w", v, err)
		}
		zone := f.Zone
		if zone == nil {
			zone = time.UTC
		}
		w.DateTime(at.In(zone))
	default:
		w.Text(string(v))
	}
	return nil
}
