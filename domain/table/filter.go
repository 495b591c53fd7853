package table

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Op is how a filter compares.
type Op string

// The operators. Text is compared by its folded form (kernel.Fold), without regard to case and accents. A negative operator also
// matches empty cells.
const (
	Is          Op = "is"
	IsNot       Op = "is_not"
	Contains    Op = "contains"
	ContainsAny Op = "contains_any" // one of several texts
	NotContains Op = "not_contains"
	StartsWith  Op = "starts_with"
	EndsWith    Op = "ends_with"
	Empty       Op = "empty"
	NotEmpty    Op = "not_empty"
	Less        Op = "lt"
	LessEq      Op = "lte"
	Greater     Op = "gt"
	GreaterEq   Op = "gte"
	Between     Op = "between" // both ends included
	In          Op = "in"
	InPeriod    Op = "relative"
	HasState    Op = "state"
)

// Filter is a checked filter: exactly one of its fields is set, or none, which matches every row.
type Filter struct {
	And  []Filter
	Or   []Filter
	Cond *Condition
}

// Condition is one comparison with a column.
type Condition struct {
	Column Column
	Op     Op
	// Values are what the operator compares with, in the column's canonical form (for contains and its like: the text as a JSON
	// string): none for empty and not_empty, two for between, any number for in and contains_any, else one.
	Values []json.RawMessage
	Period Period // of relative
	State  string // of state
}

// node is a filter as it is written.
type node struct {
	And    *[]json.RawMessage `json:"and"`
	Or     *[]json.RawMessage `json:"or"`
	Column *string            `json:"column"`
	Op     Op                 `json:"op"`
	Value  json.RawMessage    `json:"value"`
}

// All reports whether the filter matches every row.
func (f Filter) All() bool { return f.And == nil && f.Or == nil && f.Cond == nil }

// Conditions returns every condition in the filter.
func (f Filter) Conditions() []Condition {
	if f.Cond != nil {
		return []Condition{*f.Cond}
	}
	var out []Condition
	for _, g := range append(slices.Clone(f.And), f.Or...) {
		out = append(out, g.Conditions()...)
	}
	return out
}

// ParseFilter is Reader.Filter in UTC.
func ParseFilter(raw json.RawMessage, s Schema) (Filter, error) { return Reader{}.Filter(raw, s) }

// Filter checks a filter as the API takes it against the table; nothing or null is the filter that matches all. Written values
// are read like those of cells.
func (r Reader) Filter(raw json.RawMessage, s Schema) (Filter, error) {
	raw = bytes.TrimSpace(raw)
	if kernel.IsNull(raw) {
		return Filter{}, nil
	}
	p := filterParser{reader: r, schema: s}
	f, err := p.parse(raw, "filter", 0)
	return f, err
}

type filterParser struct {
	reader Reader
	schema Schema
	nodes  int
}

func (p *filterParser) parse(raw json.RawMessage, at string, depth int) (Filter, error) {
	if p.nodes++; p.nodes > MaxFilterNodes || depth > 10 {
		return Filter{}, kernel.Invalid(at, "the filter is too large: at most %d conditions, nested at most 10 deep", MaxFilterNodes)
	}
	var n node
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&n); err != nil || dec.More() {
		return Filter{}, kernel.Invalid(at, `write {"and":[…]}, {"or":[…]} or {"column":"col_…","op":"is","value":…}`)
	}
	set := 0
	for _, b := range []bool{n.And != nil, n.Or != nil, n.Column != nil} {
		if b {
			set++
		}
	}
	switch {
	case set != 1:
		return Filter{}, kernel.Invalid(at, "give exactly one of and, or, column")
	case n.And != nil:
		list, err := p.list(*n.And, at+".and", depth)
		return Filter{And: list}, err
	case n.Or != nil:
		list, err := p.list(*n.Or, at+".or", depth)
		return Filter{Or: list}, err
	}
	c, err := p.condition(n, at)
	return Filter{Cond: c}, err
}

func (p *filterParser) list(raws []json.RawMessage, at string, depth int) ([]Filter, error) {
	out := make([]Filter, 0, len(raws))
	for i, raw := range raws {
		f, err := p.parse(raw, fmt.Sprintf("%s[%d]", at, i), depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (p *filterParser) condition(n node, at string) (*Condition, error) {
	col, ok := p.schema.Find(*n.Column)
	if !ok {
		return nil, kernel.Invalid(at+".column", "the table has no column %q", kernel.Shorten(*n.Column))
	}
	if !slices.Contains(OpsOf(col.Type), n.Op) {
		return nil, kernel.Invalid(at+".op", "%q is not possible for %s; possible are %s", n.Op, quoteName(col), opNames(col.Type))
	}
	c := &Condition{Column: col, Op: n.Op}
	field := at + ".value"
	switch n.Op {
	case Empty, NotEmpty:
		if !kernel.IsNull(n.Value) {
			return nil, kernel.Invalid(field, "%s takes no value", n.Op)
		}
		return c, nil
	case HasState:
		return c, c.state(n.Value, field)
	case InPeriod:
		return c, c.period(n.Value, field)
	case In, Between, ContainsAny:
		return c, p.values(c, n.Value, field)
	default: // one value
	}
	v, err := p.operand(col, n.Op, n.Value)
	if err != nil {
		return nil, kernel.Invalid(field, "%s", err)
	}
	c.Values = []json.RawMessage{v}
	return c, nil
}

func (p *filterParser) values(c *Condition, raw json.RawMessage, field string) error {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || raw == nil || list == nil {
		return kernel.Invalid(field, "%s takes a list", c.Op)
	}
	if c.Op == Between && len(list) != 2 {
		return kernel.Invalid(field, "between takes a list of two values")
	}
	most := 1000
	if c.Op == ContainsAny { // each is looked for by itself
		most = 50
	}
	if len(list) > most {
		return kernel.Invalid(field, "%s takes a list of at most %d values", c.Op, most)
	}
	for i, raw := range list {
		v, err := p.operand(c.Column, c.Op, raw)
		if err != nil {
			return kernel.Invalid(fmt.Sprintf("%s[%d]", field, i), "%s", err)
		}
		c.Values = append(c.Values, v)
	}
	return nil
}

// operand checks a value that a column is compared with.
func (p *filterParser) operand(col Column, op Op, raw json.RawMessage) (json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if kernel.IsNull(raw) {
		return nil, bad("give a value; for empty cells use the operator empty")
	}
	s, isText := str(raw)
	if isText && strings.IndexByte(s, 0) >= 0 {
		return nil, bad("the text holds a NUL character; remove it")
	}
	if asText(col.Type, op) {
		if !isText || s == "" {
			return nil, bad("%s expects a text that is not empty, not %s", op, shape(raw))
		}
		if len(s) > MaxCellChars {
			return nil, bad("the text is longer than %d bytes", MaxCellChars)
		}
		return Quote(s), nil
	}
	switch col.Type {
	case CreatedAt, UpdatedAt, DateTime:
		col.Type = DateTime
	case RowIDType:
		if kernel.ParseID(kernel.PrefixRow, s) != nil {
			return nil, bad("%q is not a row id (row_…)", kernel.Shorten(s))
		}
		return Quote(s), nil
	default: // a value as in a cell
	}
	col.Kind = Data // what is compared is read as what is written, also for a column whose cells are computed
	v, _, err := p.reader.Value(col, raw, true)
	if err == nil && kernel.IsNull(v) {
		return nil, bad("give a value; for empty cells use the operator empty")
	}
	return v, err
}

// asText reports whether the operator compares with a text that need not be a value of the column.
func asText(t Type, op Op) bool {
	if slices.Contains([]Op{Contains, ContainsAny, NotContains, StartsWith, EndsWith}, op) {
		return true
	}
	if t == MultiSelect {
		return op == In
	}
	return t.Textual() || t == User || t == CreatedBy || t == UpdatedBy
}

// OpsOf returns the operators that are possible with a type.
func OpsOf(t Type) []Op {
	every := []Op{Empty, NotEmpty, HasState}
	switch t {
	case Number, Currency, Percent:
		return append(every, Is, IsNot, Less, LessEq, Greater, GreaterEq, Between, In)
	case Date, DateTime:
		return append(every, Is, IsNot, Less, LessEq, Greater, GreaterEq, Between, In, InPeriod)
	case CreatedAt, UpdatedAt:
		return []Op{Empty, NotEmpty, Is, IsNot, Less, LessEq, Greater, GreaterEq, Between, In, InPeriod}
	case Boolean:
		return append(every, Is, IsNot)
	case MultiSelect:
		return append(every, Is, IsNot, Contains, ContainsAny, NotContains, In)
	case JSON:
		return append(every, Contains, ContainsAny, NotContains)
	case RowIDType:
		return []Op{Is, IsNot, In}
	case User:
		return append(every, Is, IsNot, In)
	case CreatedBy, UpdatedBy:
		return []Op{Empty, NotEmpty, Is, IsNot, In}
	default:
		return append(every, Is, IsNot, Contains, ContainsAny, NotContains, StartsWith, EndsWith, Less, LessEq, Greater, GreaterEq, Between, In)
	}
}

func opNames(t Type) string {
	names := make([]string, 0, 16)
	for _, o := range OpsOf(t) {
		names = append(names, string(o))
	}
	return strings.Join(names, ", ")
}

// CellStates returns the states that a cell can be in besides empty and value.
func CellStates() []string {
	return []string{
		"queued", "running", "retrying", "rate_limited", "awaiting_callback", "error", "skipped", "stale",
		"not_found", "unverified", "verified",
	}
}

func (c *Condition) state(raw json.RawMessage, field string) error {
	s, ok := str(bytes.TrimSpace(raw))
	if !ok || !slices.Contains(append(CellStates(), "empty", "value"), s) {
		return kernel.Invalid(field, "the state is empty, value, %s", strings.Join(CellStates(), ", "))
	}
	c.State = s
	return nil
}
