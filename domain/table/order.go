package table

import (
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// ReadSorts reads an order as it is written in a URL, col_…:asc,col_…:desc, and checks it against the table.
func ReadSorts(text string, s Schema) ([]Sort, error) {
	var out []Sort
	for _, part := range strings.Split(text, ",") {
		name, dir := part, string(Ascending)
		if i := strings.LastIndexByte(part, ':'); i >= 0 {
			name, dir = part[:i], part[i+1:]
		}
		c, ok := s.Find(name)
		if !ok {
			return nil, kernel.Invalid("sort", "there is no column %q; write col_…:asc,col_…:desc", kernel.Shorten(name))
		}
		out = append(out, Sort{Column: c.ID, Dir: Direction(dir)})
	}
	return out, CheckSorts(out, s)
}

// ReadGroups reads a grouping as it is written in a URL, col_…:asc,col_…:desc:month, and checks it against the table.
func ReadGroups(text string, s Schema) ([]Group, error) {
	var out []Group
	for _, part := range strings.Split(text, ",") {
		words := strings.Split(part, ":")
		g := Group{Column: kernel.ColumnID(words[0]), Dir: Ascending}
		if len(words) > 1 {
			g.Dir = Direction(words[1])
		}
		if len(words) > 2 {
			g.Unit = Unit(words[2])
		}
		if len(words) > 3 {
			return nil, kernel.Invalid("group", "write col_…:asc,col_…:desc:month")
		}
		out = append(out, g)
	}
	return out, CheckGroups(out, s)
}

// ReadAggregates reads what is asked of a grouping's columns as it is written in a URL, col_…:sum,col_…:max, and checks it.
func ReadAggregates(text string, s Schema) ([]Aggregate, error) {
	if text == "" {
		return nil, nil
	}
	var out []Aggregate
	for _, part := range strings.Split(text, ",") {
		id, of, _ := strings.Cut(part, ":")
		out = append(out, Aggregate{Column: kernel.ColumnID(id), Of: AggregateFunc(of)})
	}
	return out, CheckAggregates(out, s)
}
