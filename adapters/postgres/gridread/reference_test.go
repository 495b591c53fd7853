package gridread_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// refRow is a row as the reference implementation has it.
type refRow struct {
	id    kernel.RowID
	cells map[kernel.ColumnID]json.RawMessage
}

// matches is the plain meaning of a filter.
func matches(f table.Filter, r refRow, now time.Time) bool {
	switch {
	case f.Cond != nil:
		return holds(*f.Cond, r, now)
	case len(f.And) > 0:
		return !slices.ContainsFunc(f.And, func(g table.Filter) bool { return !matches(g, r, now) })
	case len(f.Or) > 0:
		return slices.ContainsFunc(f.Or, func(g table.Filter) bool { return matches(g, r, now) })
	default:
		return true
	}
}

func holds(c table.Condition, r refRow, now time.Time) bool {
	v := r.cells[c.Column.ID]
	empty := kernel.IsNull(v)
	switch c.Op {
	case table.Empty:
		return empty
	case table.NotEmpty:
		return !empty
	case table.HasState:
		return c.State == "empty" && empty || c.State == "value" && !empty
	case table.IsNot:
		return empty || compare(c.Column.Type, v, c.Values[0], true) != 0
	case table.NotContains:
		return empty || !contains(c, v)
	default: // those that an empty cell never meets
	}
	if empty {
		return false
	}
	whole := true // equality is of whole texts, order of their beginnings
	switch c.Op {
	case table.Is:
		return compare(c.Column.Type, v, c.Values[0], whole) == 0
	case table.In:
		return slices.ContainsFunc(c.Values, func(w json.RawMessage) bool {
			if c.Column.Type == table.MultiSelect {
				return hasOption(v, w)
			}
			return compare(c.Column.Type, v, w, whole) == 0
		})
	case table.Less:
		return compare(c.Column.Type, v, c.Values[0], false) < 0
	case table.LessEq:
		return compare(c.Column.Type, v, c.Values[0], false) <= 0
	case table.Greater:
		return compare(c.Column.Type, v, c.Values[0], false) > 0
	case table.GreaterEq:
		return compare(c.Column.Type, v, c.Values[0], false) >= 0
	case table.Between:
		return compare(c.Column.Type, v, c.Values[0], false) >= 0 && compare(c.Column.Type, v, c.Values[1], false) <= 0
	case table.InPeriod:
		from, to := c.Period.Bounds(now, c.Column.Type == table.Date)
		at := moment(v)
		return !at.Before(from) && at.Before(to)
	case table.ContainsAny:
		return slices.ContainsFunc(c.Values, func(part json.RawMessage) bool {
			c.Values = []json.RawMessage{part}
			return contains(c, v)
		})
	default:
		return contains(c, v)
	}
}

func moment(v json.RawMessage) time.Time {
	s, _ := table.TextOf(v)
	if len(s) == len("2006-01-02") {
		s += "T00:00:00Z"
	}
	m, err := table.ParseMoment(s)
	if err != nil {
		panic(err)
	}
	return m
}

func contains(c table.Condition, v json.RawMessage) bool {
	if c.Column.Type == table.MultiSelect {
		return hasOption(v, c.Values[0])
	}
	s, ok := table.TextOf(v)
	if !ok {
		s = string(v)
	}
	part, _ := table.TextOf(c.Values[0])
	if c.Column.Type == table.JSON {
		s, part = lower(s), lower(part)
	} else {
		s, part = kernel.Fold(s), kernel.Fold(part)
	}
	switch c.Op {
	case table.StartsWith:
		return strings.HasPrefix(s, part)
	case table.EndsWith:
		return strings.HasSuffix(s, part)
	default:
		return strings.Contains(s, part)
	}
}

func hasOption(list, option json.RawMessage) bool {
	var names []string
	var name string
	if json.Unmarshal(list, &names) != nil || json.Unmarshal(option, &name) != nil {
		panic("not a list and a name")
	}
	return slices.Contains(names, name)
}

func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// compare orders two values that are not empty.
func compare(t table.Type, a, b json.RawMessage, whole bool) int {
	switch t {
	case table.Number, table.Currency, table.Percent:
		x, _ := new(big.Rat).SetString(string(a))
		y, _ := new(big.Rat).SetString(string(b))
		return x.Cmp(y)
	case table.DateTime:
		return moment(a).Compare(moment(b))
	case table.Boolean, table.MultiSelect, table.Date:
		return bytes.Compare(a, b)
	default:
		x, _ := table.TextOf(a)
		y, _ := table.TextOf(b)
		x, y = kernel.Fold(x), kernel.Fold(y)
		if !whole {
			x, y = first(x), first(y)
		}
		return strings.Compare(x, y)
	}
}

func first(s string) string {
	r := []rune(s)
	return string(r[:min(len(r), 200)])
}

// inOrder sorts rows as the API promises: those of a group together, empty cells last, ties by row id in the direction of the first level.
func inOrder(rows []refRow, q gridview.Query, types map[kernel.ColumnID]table.Type) []refRow {
	out := slices.Clone(rows)
	slices.SortFunc(out, func(a, b refRow) int {
		for _, g := range q.Groups {
			if c := compareGroups(g, types[g.Column], a, b); c != 0 {
				return c
			}
		}
		for _, s := range q.Sort {
			x, y := a.cells[s.Column], b.cells[s.Column]
			if kernel.IsNull(x) || kernel.IsNull(y) {
				if kernel.IsNull(x) != kernel.IsNull(y) {
					if kernel.IsNull(x) {
						return 1
					}
					return -1
				}
				continue
			}
			if c := compare(types[s.Column], x, y, false); c != 0 {
				if s.Dir == table.Descending {
					return -c
				}
				return c
			}
		}
		var dirs []table.Direction
		for _, g := range q.Groups {
			dirs = append(dirs, g.Dir)
		}
		for _, s := range q.Sort {
			dirs = append(dirs, s.Dir)
		}
		if len(dirs) > 0 && dirs[0] == table.Descending {
			return strings.Compare(string(b.id), string(a.id))
		}
		return strings.Compare(string(a.id), string(b.id))
	})
	return out
}
