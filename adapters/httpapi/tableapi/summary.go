package tableapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/gridview"
)

func registerSummary(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID:       "summarize-column",
		Branches: true,
		Method:   http.MethodGet,
		Path:     "W/tables/{tableId}/columns/{columnId}/summary",
		Tag:      tag,
		Summary:  "What a column's values come to",
		Description: "Counts, and by the column's type sum, average, smallest, largest, histogram or the most frequent values, of the rows " +
			"that the query selects.",
		Action:     workspace.ReadTables,
		Projection: grid,
		Rate:       httpapi.Grid,
		Scope:      httpapi.TableInPath,
	}, s.summary)
	httpapi.Read(a, httpapi.Op{
		ID:          "list-groups",
		Branches:    true,
		Method:      http.MethodGet,
		Path:        "W/tables/{tableId}/rows:groups",
		Tag:         tag,
		Summary:     "The groups of rows, with what the rows of each come to",
		Description: "As a tree is read: each group before those in it. The rows of list-rows with the same group lie in the same order.",
		Action:      workspace.ReadTables,
		Projection:  grid,
		Rate:        httpapi.Grid,
		Scope:       httpapi.TableInPath,
	}, s.groups)
}

type listGroups struct {
	InTable
	AsOf
	Selection
	Group      string `query:"group" doc:"col_…:asc,col_…:desc:month, up to 3 levels; instead of the view's groups." maxLength:"2000"`
	Aggregates string `query:"aggregates" doc:"col_…:sum,col_…:max: sum, avg, min, max, filled or empty of a column's cells." maxLength:"4000"`
	Offset     int64  `query:"offset" minimum:"0" maximum:"10000000" doc:"Groups before the first one."`
	Limit      int    `query:"limit" minimum:"1" maximum:"5000" default:"1000"`
}

func (s service) groups(ctx context.Context, p httpapi.Principal, in *listGroups) (gridview.Groups, httpapi.Meta, error) {
	v, err := s.view(ctx, p, in.TableID, in.AsOf)
	if err != nil {
		return gridview.Groups{}, httpapi.Meta{}, err
	}
	q, err := s.query(ctx, v.info, p, in.Selection, Ordering{Group: in.Group})
	if err != nil {
		return gridview.Groups{}, httpapi.Meta{}, err
	}
	if len(q.Groups) == 0 {
		return gridview.Groups{}, httpapi.Meta{}, kernel.Invalid("group", "name a column to group by, or a view that groups rows")
	}
	of, err := table.ReadAggregates(in.Aggregates, v.info.Schema)
	if err != nil {
		return gridview.Groups{}, httpapi.Meta{}, err
	}
	out, err := v.grid.Groups(ctx, v.info, q, of, in.Offset, in.Limit)
	return out, v.meta, err
}

type columnSummary struct {
	InColumn
	AsOf
	Selection
}

func (s service) summary(ctx context.Context, p httpapi.Principal, in *columnSummary) (gridview.ColumnSummary, httpapi.Meta, error) {
	v, err := s.view(ctx, p, in.TableID, in.AsOf)
	if err != nil {
		return gridview.ColumnSummary{}, httpapi.Meta{}, err
	}
	c, ok := v.info.Schema.Column(in.ColumnID)
	if !ok {
		return gridview.ColumnSummary{}, httpapi.Meta{}, kernel.NotFound("column", string(in.ColumnID))
	}
	q, err := s.query(ctx, v.info, p, in.Selection, Ordering{})
	if err != nil {
		return gridview.ColumnSummary{}, httpapi.Meta{}, err
	}
	out, err := v.grid.Summary(ctx, v.info, q, c)
	return out, v.meta, err
}
