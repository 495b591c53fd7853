package tableapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
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
	Sort   string `query:"sort" doc:"col_…:asc,col_…:desc; instead of the view's order." maxLength:"2000"`
	Fields string `query:"fields" doc:"Column ids separated by commas; instead of the view's columns." maxLength:"10000"`
}

// query checks a selection against the table.
func (s service) query(ctx context.Context, info gridview.Info, p httpapi.Principal, sel Selection, ord Ordering) (gridview.Query, error) {
	q := gridview.Query{Search: sel.Search}
	reader, err := s.Grid.Reader(ctx, p.Workspace)
	if err != nil {
		return q, err
	}
	own, err := reader.Filter(json.RawMessage(sel.Filter), info.Schema)
	if err != nil {
		return q, err
	}
	q.Filter = own
	if sel.View != "" {
		if err := viewQuery(reader, info, p, sel.View, own, &q); err != nil {
			return q, err
		}
	}
	if ord.Sort != "" {
		if q.Sort, err = parseSort(ord.Sort, info.Schema); err != nil {
			return q, err
		}
	}
	if ord.Fields != "" {
		q.Fields = []kernel.ColumnID{}
		for _, f := range strings.Split(ord.Fields, ",") {
			c, ok := info.Schema.Find(f)
			if !ok {
				return q, kernel.Invalid("fields", "there is no column %q", f)
			}
			q.Fields = append(q.Fields, c.ID)
		}
	}
	return q, nil
}

// viewQuery takes over what a view says. A column that the view uses and that is in the trash now no longer counts.
func viewQuery(reader table.Reader, info gridview.Info, p httpapi.Principal, id kernel.ViewID, own table.Filter, q *gridview.Query) error {
	i := slices.IndexFunc(info.Views, func(v table.View) bool { return v.ID == id && v.VisibleTo(p.User) })
	if i < 0 {
		return kernel.NotFound("view", string(id))
	}
	view := info.Views[i]
	if filter, err := reader.Filter(view.Filter, info.Schema); err == nil && !filter.All() {
		q.Filter = filter
		if !own.All() {
			q.Filter = table.Filter{And: []table.Filter{filter, own}}
		}
	}
	for _, o := range view.Sort {
		if _, ok := info.Schema.Column(o.Column); ok {
			q.Sort = append(q.Sort, o)
		}
	}
	hidden := map[kernel.ColumnID]bool{}
	for _, c := range view.Columns {
		hidden[c.ID] = c.Hidden
	}
	for _, c := range info.Schema.Columns {
		if !hidden[c.ID] {
			q.Fields = append(q.Fields, c.ID)
		}
	}
	return nil
}

func parseSort(s string, schema table.Schema) ([]table.Sort, error) {
	var out []table.Sort
	for _, part := range strings.Split(s, ",") {
		name, dir := part, "asc"
		if i := strings.LastIndexByte(part, ':'); i >= 0 {
			name, dir = part[:i], part[i+1:]
		}
		c, ok := schema.Find(name)
		if !ok {
			return nil, kernel.Invalid("sort", "there is no column %q; write col_…:asc,col_…:desc", name)
		}
		out = append(out, table.Sort{Column: c.ID, Dir: table.Direction(dir)})
	}
	return out, table.CheckSorts(out, schema)
}
