package gridview

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Asked is what a request says of the rows that it wants, as it is written in a URL.
type Asked struct {
	View   kernel.ViewID
	Filter string // as JSON; it narrows the view's
	Search string
	Group  string // instead of the view's groups
	Sort   string // instead of the view's order
	Fields string // instead of the view's columns
}

// Query checks what is asked for against the table, for a user who may see the view.
func (a Asked) Query(reader table.Reader, info Info, user kernel.UserID) (Query, error) {
	q := Query{Search: a.Search}
	own, err := reader.Filter(json.RawMessage(a.Filter), info.Schema)
	if err != nil {
		return q, err
	}
	if a.View != "" {
		if err := q.takeView(reader, info, user, a.View); err != nil {
			return q, err
		}
	}
	switch {
	case q.Filter.All():
		q.Filter = own
	case !own.All():
		q.Filter = table.Filter{And: []table.Filter{q.Filter, own}}
	}
	if a.Group != "" {
		if q.Groups, err = table.ReadGroups(a.Group, info.Schema); err != nil {
			return q, err
		}
	}
	if a.Sort != "" {
		if q.Sort, err = table.ReadSorts(a.Sort, info.Schema); err != nil {
			return q, err
		}
	}
	if a.Fields != "" {
		q.Fields, err = readFields(a.Fields, info.Schema)
	}
	return q, err
}

// takeView takes over what a view says. A column that the view uses and that is in the trash now no longer counts.
func (q *Query) takeView(reader table.Reader, info Info, user kernel.UserID, id kernel.ViewID) error {
	i := slices.IndexFunc(info.Views, func(v table.View) bool { return v.ID == id && v.VisibleTo(user) })
	if i < 0 {
		return kernel.NotFound("view", string(id))
	}
	view := info.Views[i]
	if filter, err := reader.Filter(view.Filter, info.Schema); err == nil {
		q.Filter = filter
	}
	there := func(id kernel.ColumnID) bool { _, ok := info.Schema.Column(id); return ok }
	q.Groups = slices.DeleteFunc(slices.Clone(view.Groups), func(g table.Group) bool {
		return table.CheckGroups([]table.Group{g},
			info.Schema) != nil
	})
	q.Sort = slices.DeleteFunc(slices.Clone(view.Sort), func(o table.Sort) bool { return !there(o.Column) })
	q.Fields = []kernel.ColumnID{}
	listed := map[kernel.ColumnID]bool{}
	for _, c := range view.Columns {
		listed[c.ID] = true
		if there(c.ID) && !c.Hidden {
			q.Fields = append(q.Fields, c.ID)
		}
	}
	for _, c := range info.Schema.Columns {
		if !listed[c.ID] {
			q.Fields = append(q.Fields, c.ID)
		}
	}
	return nil
}

func readFields(list string, s table.Schema) ([]kernel.ColumnID, error) {
	out := []kernel.ColumnID{}
	for _, f := range strings.Split(list, ",") {
		c, ok := s.Find(f)
		if !ok {
			return nil, kernel.Invalid("fields", "there is no column %q", kernel.Shorten(f))
		}
		out = append(out, c.ID)
	}
	return out, nil
}
