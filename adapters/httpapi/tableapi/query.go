package tableapi

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/gridview"
)

type rawJSON = json.RawMessage

// Selection is how rows are selected in a URL.
type Selection struct {
	View   kernel.ViewID `query:"view" doc:"Its filter, order and visible columns."`
	Filter string        `query:"filter" doc:"A filter as JSON; it narrows the view's." maxLength:"20000"`
	Search string        `query:"q" doc:"Text that one of the text columns contains." maxLength:"500"`
}

// Ordering is how rows are ordered and which columns are shown, in a URL.
type Ordering struct {
	Group  string `query:"group" doc:"col_…:asc,col_…:desc:month; rows of a group lie together. Instead of the view's groups." maxLength:"2000"`
	Sort   string `query:"sort" doc:"col_…:asc,col_…:desc; instead of the view's order." maxLength:"2000"`
	Fields string `query:"fields" doc:"Column ids separated by commas; instead of the view's columns." maxLength:"10000"`
}

// query checks a selection against the table.
func (s service) query(ctx context.Context, info gridview.Info, p httpapi.Principal, sel Selection, ord Ordering) (gridview.Query, error) {
	reader, err := s.Grid.Reader(ctx, p.Workspace)
	if err != nil {
		return gridview.Query{}, err
	}
	asked := gridview.Asked{View: sel.View, Filter: sel.Filter, Search: sel.Search, Group: ord.Group, Sort: ord.Sort, Fields: ord.Fields}
	return asked.Query(reader, info, p.User)
}
