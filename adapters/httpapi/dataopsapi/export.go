package dataopsapi

import (
	"context"
	"mime"
	"net/http"
	"strings"

	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

type exportIn struct {
	httpapi.InWorkspace
	TableID        kernel.TableID   `path:"tableId"`
	AsOf           string           `query:"as_of" doc:"Export the table as it was at a log position or a time (RFC 3339)." maxLength:"64"`
	Format         tablefile.Format `query:"format" enum:"csv,jsonl,json,xlsx,parquet" default:"csv"`
	View           kernel.ViewID    `query:"view" doc:"Its filter, order and visible columns."`
	Filter         string           `query:"filter" doc:"JSON; narrows the view's filter."`
	Group          string           `query:"group" doc:"col_…:asc,col_…:desc:month; rows of a group lie together. Instead of the view's groups."`
	Sort           string           `query:"sort" doc:"col_…:asc,col_…:desc; instead of the view's order."`
	Fields         string           `query:"fields" doc:"Column ids or names, separated by commas; instead of the view's columns."`
	Search         string           `query:"q"`
	IDs            string           `query:"ids" doc:"Only these rows: ids separated by commas."`
	EscapeFormulas bool             `query:"escape_formulas" default:"true"`
	BOM            bool             `query:"bom" default:"false" doc:"Begin a CSV file with a byte order mark, which some spreadsheet programs need to see that it is UTF-8."`
	Sureness       bool             `query:"sureness" default:"false" doc:"After each column that providers fill, add its confidence in percent and whether it is verified."`
}

// export streams rows as the database hands them out. When the client goes away, ctx ends and with it the query.
func (s service) export(ctx context.Context, p httpapi.Principal, in *exportIn) (func(http.ResponseWriter) error, error) {
	if !p.CanSeeTable(in.TableID) {
		return nil, kernel.NotFound("table", string(in.TableID))
	}
	rows, err := rowIDs(in.IDs)
	if err != nil {
		return nil, err
	}
	file, err := tablefile.NewTables(s.Grid, s.Moments).Open(ctx, p.Workspace, in.TableID, p.User, dataops.ExportAsk{
		Format: string(in.Format), AsOf: in.AsOf, View: in.View, Filter: in.Filter, Group: in.Group, Sort: in.Sort, Fields: in.Fields,
		Search: in.Search, Rows: rows, EscapeFormulas: in.EscapeFormulas, BOM: in.BOM, Sureness: in.Sureness,
	})
	if err != nil {
		return nil, err
	}
	return func(rw http.ResponseWriter) error {
		attach(rw, file.Name(), in.Format.ContentType())
		return file.Write(ctx, rw)
	}, nil
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
