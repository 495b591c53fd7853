package tablefile

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// Rows hands out the rows that a query chooses, or those of them that are named.
type Rows interface {
	Export(ctx context.Context, info gridview.Info, q gridview.Query, rows []kernel.RowID, fn func(gridview.ExportRow) error) error
}

// Source is what of a table is written.
type Source struct {
	Info   gridview.Info
	Query  gridview.Query
	Only   []kernel.RowID // nil for all rows of the query
	Layout Layout
}

// Options say how it is written.
type Options struct {
	Format         Format
	EscapeFormulas bool           // CSV: protect texts that programs run as formulas
	BOM            bool           // CSV: begin with a byte order mark
	Zone           *time.Location // XLSX, whose times have no zone: that of the clock they show; UTC if nil
}

// Write writes the file as the rows come. What it has written when it fails is no whole file.
func Write(ctx context.Context, w io.Writer, rows Rows, s Source, o Options) error {
	f := file{rows: rows, Source: s, Options: o}
	switch o.Format {
	case CSV:
		return f.csv(ctx, w)
	case JSONL, JSON:
		return f.json(ctx, w)
	case XLSX:
		return f.workbook(ctx, w)
	case Parquet:
		return f.parquet(ctx, w)
	default:
		return fmt.Errorf("there is no format %q", o.Format)
	}
}

// file is a file on its way.
type file struct {
	Source
	Options
	rows Rows
}

func (f *file) each(ctx context.Context, fn func(gridview.ExportRow) error) error {
	return f.rows.Export(ctx, f.Info, f.Query, f.Only, fn)
}

func (f *file) csv(ctx context.Context, out io.Writer) error {
	l, escape := f.Layout, f.EscapeFormulas
	if f.BOM {
		if _, err := io.WriteString(out, csvfile.BOM); err != nil {
			return err
		}
	}
	w := csvfile.NewWriter(out, ',')
	risky := make([]bool, len(l.columns))
	for i, c := range l.columns {
		risky[i] = escape && text(c.Type)
	}
	for _, name := range l.names {
		if escape {
			name = dataops.EscapeFormula(name)
		}
		w.Field(name)
	}
	w.End()
	err := f.each(ctx, func(row gridview.ExportRow) error {
		for i := range l.columns {
			b, _ := row.Text(i)
			if len(b) == 0 && l.alone() {
				break // End writes it as a quoted empty field
			}
			if risky[i] && len(b) > 0 && dataops.MayEscape(b[0]) {
				w.Field(dataops.EscapeFormula(string(b)))
			} else {
				w.Bytes(b)
			}
			if l.sure[i] {
				confidence, verified := sureness(row, i)
				w.Field(confidence)
				w.Field(verified)
			}
		}
		w.End()
		return w.Err()
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// text reports whether the cells are text that a spreadsheet program could take for a formula.
func text(t table.Type) bool { return t.Textual() || t == table.MultiSelect || t == table.User }

// json writes JSON Lines, or one array.
func (f *file) json(ctx context.Context, out io.Writer) error {
	begin := csvfile.NewJSONWriter
	if f.Format == JSON {
		begin = csvfile.NewJSONArrayWriter
	}
	l := f.Layout
	w, err := begin(out, l.names)
	if err != nil {
		return err
	}
	err = f.each(ctx, func(row gridview.ExportRow) error {
		for i := range l.columns {
			w.Field(row.JSON(i))
			if l.sure[i] {
				confidence, verified := sureness(row, i)
				w.Field([]byte(confidence))
				w.Field([]byte(verified))
			}
		}
		return w.Err()
	})
	if err != nil {
		return err
	}
	return w.Close()
}
