package tableapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/gridview"
)

func registerSummary(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID:          "summarize-column",
		Method:      http.MethodGet,
		Path:        "W/tables/{tableId}/columns/{columnId}/summary",
		Tag:         tag,
		Summary:     "What a column's values come to",
		Description: "Counts, and by the column's type sum, average, smallest, largest, histogram or the most frequent values, of the rows that the query selects.",
		Action:      workspace.ReadTables,
		Projection:  grid,
		Rate:        httpapi.Grid,
		Scope:       httpapi.TableInPath,
	}, s.summary)
}

type columnSummary struct {
	InColumn
	Selection
}

func (s service) summary(ctx context.Context, p httpapi.Principal, in *columnSummary) (gridview.ColumnSummary, httpapi.Meta, error) {
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return gridview.ColumnSummary{}, httpapi.Meta{}, err
	}
	c, ok := info.Schema.Column(in.ColumnID)
	if !ok {
		return gridview.ColumnSummary{}, httpapi.Meta{}, kernel.NotFound("column", string(in.ColumnID))
	}
	q, err := s.query(ctx, info, p, in.Selection, Ordering{})
	if err != nil {
		return gridview.ColumnSummary{}, httpapi.Meta{}, err
	}
	out, err := s.Grid.Summary(ctx, info, q, c)
	return out, httpapi.Meta{Position: info.Position}, err
}
