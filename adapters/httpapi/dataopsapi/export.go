package dataopsapi

import (
	"context"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/files/csvfile"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

type exportIn struct {
	httpapi.InWorkspace
	TableID        kernel.TableID `path:"tableId"`
	AsOf           string         `query:"as_of" doc:"Export the table as it was at a log position or a time (RFC 3339)." maxLength:"64"`
	Format         string         `query:"format" enum:"csv,jsonl" default:"csv"`
	View           kernel.ViewID  `query:"view" doc:"Its filter, order and visible columns."`
	Filter         string         `query:"filter" doc:"JSON; narrows the view's filter."`
	Group          string         `query:"group" doc:"col_…:asc,col_…:desc:month; rows of a group lie together. Instead of the view's groups."`
	Sort           string         `query:"sort" doc:"col_…:asc,col_…:desc; instead of the view's order."`
	Fields         string         `query:"fields" doc:"Column ids or names, separated by commas; instead of the view's columns."`
	Search         string         `query:"q"`
	IDs            string         `query:"ids" doc:"Only these rows: ids separated by commas."`
	EscapeFormulas bool           `query:"escape_formulas" default:"true"`
	BOM            bool           `query:"bom" default:"false" doc:"Begin a CSV file with a byte order mark, which some spreadsheet programs need to see that it is UTF-8."`
	Sureness       bool           `query:"sureness" default:"false" doc:"After each column that providers fill, add its confidence in percent and whether it is verified."`
}

// export streams rows as the database hands them out. When the client goes away, ctx ends and with it the query.
func (s service) export(ctx context.Context, p httpapi.Principal, in *exportIn) (func(http.ResponseWriter) error, error) {
	if !p.CanSeeTable(in.TableID) {
		return nil, kernel.NotFound("table", string(in.TableID))
	}
	info, err := s.Grid.Table(ctx, p.Workspace, in.TableID)
	if err != nil {
		return nil, err
	}
	grid, info, err := s.asOf(ctx, info, in.AsOf)
	if err != nil {
		return nil, err
	}
	reader, err := s.Grid.Reader(ctx, p.Workspace)
	if err != nil {
		return nil, err
	}
	asked := gridview.Asked{View: in.View, Filter: in.Filter, Search: in.Search, Group: in.Group, Sort: in.Sort, Fields: in.Fields}
	query, err := asked.Query(reader, info, p.User)
	if err != nil {
		return nil, err
	}
	columns, err := grid.Columns(info, query)
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		return nil, kernel.Invalid("fields", "there is no column to export")
	}
	rows, err := rowIDs(in.IDs)
	if err != nil {
		return nil, err
	}
	query.Sure = in.Sureness
	l := newLayout(info.Schema, columns, in.Sureness)
	x := exported{grid, info, query, l, rows}
	return func(rw http.ResponseWriter) error {
		name := info.Schema.Name + "." + in.Format
		if in.Format == "jsonl" {
			attach(rw, name, "application/x-ndjson")
			return x.jsonLines(ctx, rw)
		}
		attach(rw, name, "text/csv; charset=utf-8")
		if in.BOM {
			if _, err := io.WriteString(rw, csvfile.BOM); err != nil {
				return err
			}
		}
		return x.csv(ctx, rw, in.EscapeFormulas)
	}, nil
}

// asOf returns the reader of the table as of the moment that is asked for, and what the table was.
func (s service) asOf(ctx context.Context, live gridview.Info, asOf string) (Rows, gridview.Info, error) {
	if asOf == "" {
		return s.Grid, live, nil
	}
	asked, err := gridview.ReadAsOf(asOf)
	if err != nil {
		return nil, live, err
	}
	grid, was, _, err := s.Moments.At(ctx, live, asked)
	return grid, was, err
}

// exported is what a file is made of.
type exported struct {
	grid   Rows
	info   gridview.Info
	query  gridview.Query
	layout layout
	rows   []kernel.RowID // only these; all if empty
}

// attach makes a browser save the answer under the name.
func attach(rw http.ResponseWriter, name, contentType string) {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, name)
	rw.Header().Set("Content-Type", contentType)
	rw.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

func (x exported) csv(ctx context.Context, rw io.Writer, escape bool) error {
	l := x.layout
	w := csvfile.NewWriter(rw, ',')
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
	err := x.grid.Export(ctx, x.info, x.query, x.rows, func(row gridview.ExportRow) error {
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

func (x exported) jsonLines(ctx context.Context, rw io.Writer) error {
	l := x.layout
	w, err := csvfile.NewJSONWriter(rw, l.names)
	if err != nil {
		return err
	}
	err = x.grid.Export(ctx, x.info, x.query, x.rows, func(row gridview.ExportRow) error {
		for i := range l.columns {
			w.Field(row.JSON(i))
			if l.sure[i] {
				confidence, verified := sureness(row, i)
				w.Field([]byte(confidence))
				w.Field([]byte(verified))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return w.Flush()
}

// maxIDs is how many rows a request can name.
const maxIDs = 10_000

func rowIDs(list string) ([]kernel.RowID, error) {
	if list == "" {
		return nil, nil
	}
	parts := strings.Split(list, ",")
	if len(parts) > maxIDs {
		return nil, kernel.Invalid("ids", "at most %d rows can be named; use a filter", maxIDs)
	}
	out := make([]kernel.RowID, len(parts))
	for i, id := range parts {
		if err := kernel.ParseID(kernel.PrefixRow, id); err != nil {
			return nil, kernel.Invalid("ids", "%s", err)
		}
		out[i] = kernel.RowID(id)
	}
	return out, nil
}
