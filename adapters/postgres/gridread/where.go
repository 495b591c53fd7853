package gridread

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// keyChars is how much of a text counts in an order and in its index: a btree entry holds at most 2,704 bytes.
const keyChars = 200

// sortKey is the expression that a column is sorted, compared and indexed by, and the type that a parameter is cast to.
func sortKey(c table.Column) (expr, cast string) {
	name := column(c.ID)
	switch c.Type {
	case table.CreatedAt:
		return "_created", "timestamptz"
	case table.UpdatedAt:
		return "_updated", "timestamptz"
	case table.CreatedBy:
		return "_cby", "text"
	case table.UpdatedBy:
		return "_by", "text"
	case table.RowIDType:
		return "id", "uuid"
	case table.Number, table.Currency, table.Percent:
		return name, "numeric"
	case table.Boolean:
		return name, "boolean"
	case table.Date:
		return name, "date"
	case table.DateTime:
		return fmt.Sprintf("left(%s, %d)", name, utcWidth), "text"
	case table.MultiSelect:
		return fmt.Sprintf(`left((%s)::text, %d) COLLATE "C"`, name, keyChars), "text"
	case table.JSON:
		return fmt.Sprintf("lower(left(%s, %d))", name, keyChars), "text"
	default:
		return fmt.Sprintf("lower(left(%s, %d))", foldedText(c.ID), keyChars), "text"
	}
}

// args collects the parameters of a statement.
type args struct{ list []any }

func (a *args) add(v any) string {
	a.list = append(a.list, v)
	return fmt.Sprintf("$%d", len(a.list))
}

// where writes a filter as SQL; values are parameters always.
func where(f table.Filter, a *args, now time.Time) (string, error) {
	switch {
	case f.Cond != nil:
		return condition(*f.Cond, a, now)
	case len(f.And) > 0:
		return join(f.And, " AND ", a, now)
	case len(f.Or) > 0:
		return join(f.Or, " OR ", a, now)
	default:
		return "true", nil
	}
}

func join(list []table.Filter, with string, a *args, now time.Time) (string, error) {
	parts := make([]string, len(list))
	for i, f := range list {
		p, err := where(f, a, now)
		if err != nil {
			return "", err
		}
		parts[i] = p
	}
	return "(" + strings.Join(parts, with) + ")", nil
}

func condition(c table.Condition, a *args, now time.Time) (string, error) {
	expr, cast := sortKey(c.Column)
	raw := expr // what is empty or not
	if sqlType(c.Column.Type) != "" {
		raw = column(c.Column.ID)
	}
	switch c.Op {
	case table.Empty:
		return raw + " IS NULL", nil
	case table.NotEmpty:
		return raw + " IS NOT NULL", nil
	case table.HasState:
		return state(c, raw, a), nil
	case table.InPeriod:
		from, to := c.Period.Bounds(now, c.Column.Type == table.Date)
		return fmt.Sprintf("(%s >= %s::%s AND %s < %s::%s)", expr, a.add(moment(c.Column.Type, from)), cast, expr,
			a.add(moment(c.Column.Type, to)), cast), nil
	case table.ContainsAny:
		return containsAny(c, expr, raw, a)
	case table.Contains, table.NotContains, table.StartsWith, table.EndsWith:
		return matches(c, expr, raw, a)
	default:
		return compare(c, expr, cast, raw, a)
	}
}

func moment(t table.Type, m time.Time) string {
	switch t {
	case table.Date:
		return m.Format("2006-01-02")
	case table.DateTime:
		return m.UTC().Format(utcForm)
	default:
		return m.Format(time.RFC3339Nano)
	}
}

func state(c table.Condition, raw string, a *args) string {
	entry := fmt.Sprintf("_s -> '%s' ->> 's'", short(string(c.Column.ID)))
	evidence := fmt.Sprintf("_s -> '%s' ->> 'v'", short(string(c.Column.ID)))
	switch c.State {
	case gridview.Unverified:
		return fmt.Sprintf("(%s IS NOT NULL AND %s = '')", raw, evidence)
	case gridview.Verified:
		return fmt.Sprintf("(%s IS NOT NULL AND %s <> '')", raw, evidence)
	case "value":
		return fmt.Sprintf("(%s IS NOT NULL AND %s IS NULL)", raw, entry)
	case "empty":
		return fmt.Sprintf("(%s IS NULL AND %s IS NULL)", raw, entry)
	default:
		return fmt.Sprintf("%s = %s", entry, a.add(c.State))
	}
}

// containsAny writes one condition for each text, so that an index of trigrams serves each.
func containsAny(c table.Condition, expr, raw string, a *args) (string, error) {
	parts := []string{"false"}
	for _, v := range c.Values {
		one := c
		one.Op, one.Values = table.Contains, []json.RawMessage{v}
		sql, err := matches(one, expr, raw, a)
		if err != nil {
			return "", err
		}
		parts = append(parts, sql)
	}
	return "(" + strings.Join(parts, " OR ") + ")", nil
}

// matches writes the operators that look into a text.
func matches(c table.Condition, expr, raw string, a *args) (string, error) {
	s, _ := table.TextOf(c.Values[0])
	if c.Column.Type == table.MultiSelect {
		sql := fmt.Sprintf("%s @> jsonb_build_array(%s::text)", raw, a.add(s))
		if c.Op == table.NotContains {
			return fmt.Sprintf("(%s IS NULL OR NOT %s)", raw, sql), nil
		}
		return sql, nil
	}
	text := raw
	switch {
	case sqlType(c.Column.Type) != sqlType(table.Text): // numbers, days and checkboxes, for find and replace
		text = asText(raw)
	case foldsText(c.Column.Type):
		text, s = foldedText(c.Column.ID), kernel.Fold(s)
	}
	switch c.Op {
	case table.Contains:
		return fmt.Sprintf("%s ILIKE %s", text, a.add("%"+likeEscape(s)+"%")), nil
	case table.NotContains:
		return fmt.Sprintf("(%s IS NULL OR %s NOT ILIKE %s)", raw, text, a.add("%"+likeEscape(s)+"%")), nil
	case table.EndsWith:
		return fmt.Sprintf("%s ILIKE %s", text, a.add("%"+likeEscape(s))), nil
	default:
		if utf8.RuneCountInString(s) >= keyChars {
			return fmt.Sprintf("%s ILIKE %s", text, a.add(likeEscape(s)+"%")), nil
		}
		return fmt.Sprintf("%s LIKE %s", expr, a.add(likeEscape(s)+"%")), nil
	}
}

func likeEscape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// compare writes equality, order and membership.
func compare(c table.Condition, expr, cast, raw string, a *args) (string, error) {
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		s, err := operand(c.Column.Type, v)
		if err != nil {
			return "", err
		}
		values[i] = s
	}
	if c.Column.Type == table.MultiSelect {
		return multiSelect(c, raw, values, a)
	}
	param := func(i int) string { return a.add(values[i]) + "::" + cast }
	switch c.Op {
	case table.Is, table.IsNot:
		var sql string
		if foldsText(c.Column.Type) && utf8.RuneCountInString(values[0]) >= keyChars {
			sql = fmt.Sprintf("(%s = left(%s, %d) AND lower(%s) = %s)", expr, param(0), keyChars, foldedText(c.Column.ID), a.add(values[0]))
		} else {
			sql = fmt.Sprintf("%s = %s", expr, param(0))
		}
		if c.Op == table.IsNot {
			return fmt.Sprintf("(%s IS NULL OR NOT %s)", raw, sql), nil
		}
		return sql, nil
	case table.In:
		if foldsText(c.Column.Type) {
			return fmt.Sprintf("(%s = ANY(%s::text[]) AND lower(%s) = ANY(%s::text[]))", expr, a.add(clipped(values)), foldedText(c.Column.ID),
				a.add(values)), nil
		}
		return fmt.Sprintf("%s = ANY(%s::text[]::%s[])", expr, a.add(values), cast), nil
	default: // order
	}
	if foldsText(c.Column.Type) {
		values = clipped(values)
	}
	if c.Op == table.Between {
		return fmt.Sprintf("(%s >= %s AND %s <= %s)", expr, param(0), expr, param(1)), nil
	}
	signs := map[table.Op]string{table.Less: "<", table.LessEq: "<=", table.Greater: ">", table.GreaterEq: ">="}
	sign, ok := signs[c.Op]
	if !ok {
		return "", fmt.Errorf("the operator %s has no SQL", c.Op)
	}
	return fmt.Sprintf("%s %s %s", expr, sign, param(0)), nil
}

func multiSelect(c table.Condition, raw string, values []string, a *args) (string, error) {
	switch c.Op {
	case table.Is:
		return fmt.Sprintf("%s = %s::jsonb", raw, a.add(values[0])), nil
	case table.IsNot:
		return fmt.Sprintf("%s IS DISTINCT FROM %s::jsonb", raw, a.add(values[0])), nil
	case table.In:
		return fmt.Sprintf("%s ?| %s::text[]", raw, a.add(values)), nil
	default:
		return "", fmt.Errorf("the operator %s has no SQL for lists", c.Op)
	}
}

func clipped(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		r := []rune(v)
		out[i] = string(r[:min(len(r), keyChars)])
	}
	return out
}

// operand is a value of a condition as a parameter to compare the sort key with.
func operand(t table.Type, v json.RawMessage) (string, error) {
	s, isText := table.TextOf(v)
	switch {
	case t == table.MultiSelect || !isText:
		if isText {
			return s, nil
		}
		return string(v), nil
	case foldsText(t):
		return kernel.Fold(s), nil
	case t == table.RowIDType:
		key, err := kernel.RowID(s).Key()
		if err != nil {
			return "", err
		}
		return hex.EncodeToString(key[:]), nil
	case t == table.DateTime:
		m, err := table.ParseMoment(s)
		if err != nil {
			return "", err
		}
		return m.UTC().Format(utcForm), nil
	default:
		return s, nil
	}
}
