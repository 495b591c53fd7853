package gridread

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// queryKey names the order and selection of a query: cursors and row offsets of one are not another's. Types count, since a place
// holds values of the sorted columns; names and options don't.
func queryKey(q gridview.Query, s table.Schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q", s.Table, q.Search)
	for _, o := range q.Groups {
		c, _ := s.Column(o.Column)
		fmt.Fprintf(&b, " by %s %s %s %s", o.Column, c.Type, o.Unit, o.Dir)
	}
	for _, o := range q.Sort {
		c, _ := s.Column(o.Column)
		fmt.Fprintf(&b, " %s %s %s", o.Column, c.Type, o.Dir)
	}
	writeKey(&b, q.Filter)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:12])
}

func writeKey(b *strings.Builder, f table.Filter) {
	if c := f.Cond; c != nil {
		fmt.Fprintf(b, " %s %s %s %q %v %q", c.Column.ID, c.Column.Type, c.Op, c.Values, c.Period, c.State)
		return
	}
	b.WriteString(" and(")
	for _, g := range f.And {
		writeKey(b, g)
	}
	b.WriteString(") or(")
	for _, g := range f.Or {
		writeKey(b, g)
	}
	b.WriteString(")")
}

// plan is a query made ready for SQL.
type plan struct {
	info   gridview.Info
	query  gridview.Query
	fields []table.Column
	keys   []planKey // of the order, without the row id that breaks ties
	now    time.Time
	// reaches are tried in turn until the page is full.
	reaches []reach
}

// reach is a way to find the rows of a page.
type reach int

const (
	whole    reach = iota // as Postgres thinks best
	nearest               // among the next nearestRows rows of the order: it also tells whether many rows match
	near                  // among the next nearRows rows of the order: enough where many rows match
	matching              // all rows that match, put in order afterwards: enough where few do
)

// nearRows is how far near goes. A search looks at them in about five milliseconds, and finds a page if one row in forty matches.
const nearRows = 2_000

// Of a page that is found in nearRows rows, nearestRows hold nearestHits or more, as a rule. With fewer the index is asked at once.
const nearestRows, nearestHits = 100, 2

// planKey is a level of the order: first those of the groups, then those of the sort.
type planKey struct {
	column     table.Column
	unit       table.Unit // of a group of dates
	expr, cast string
	desc       bool
}

func newPlan(info gridview.Info, q gridview.Query, now time.Time) (*plan, error) {
	p := &plan{info: info, query: q, now: now, reaches: []reach{whole}}
	for _, o := range q.Groups {
		c, ok := info.Schema.Column(o.Column)
		if !ok {
			return nil, kernel.Invalid("group", "there is no column %q", o.Column)
		}
		p.keys = append(p.keys, groupKey(c, o, now.Location()))
	}
	for _, o := range q.Sort {
		c, ok := info.Schema.Column(o.Column)
		if !ok {
			return nil, kernel.Invalid("sort", "there is no column %q", o.Column)
		}
		expr, cast := sortKey(c)
		p.keys = append(p.keys, planKey{column: c, expr: expr, cast: cast, desc: o.Dir == table.Descending})
	}
	for _, c := range info.Schema.Columns {
		if q.Fields == nil || slices.Contains(q.Fields, c.ID) {
			p.fields = append(p.fields, c)
		}
	}
	return p, nil
}

// desc is the direction of the row id, that of the order's first level: so one btree serves the order both ways.
func (p *plan) desc() bool { return len(p.keys) > 0 && p.keys[0].desc }

// from is the table and what rows must meet, as SQL.
func (p *plan) from(a *args) (string, error) {
	cond, err := p.where(a)
	return "rm_grid." + liveRows(p.info.ID) + " WHERE " + cond, err
}

func (p *plan) where(a *args) (string, error) {
	cond, err := where(p.query.Filter, a, p.now)
	return registered(p.info.ID) + " AND " + cond + " AND " + search(p.query.Search, p.info.Schema, a), err
}

// rows is the table and what rows must meet to be in the phase after the place, within the reach. OFFSET 0 keeps Postgres from
// looking into the inner query, and so from going through the order.
func (p *plan) rows(r reach, at *place, ph phase, a *args) (string, error) {
	cond, err := p.where(a)
	if err != nil {
		return "", err
	}
	from, after := "rm_grid."+liveRows(p.info.ID), p.after(at, ph, a)
	switch r {
	case nearest, near:
		n := nearRows
		if r == nearest {
			n = nearestRows
		}
		return fmt.Sprintf("(SELECT * FROM %s WHERE %s ORDER BY %s LIMIT %d) AS near WHERE %s", from, after, p.order(ph), n, cond), nil
	case matching:
		return fmt.Sprintf("(SELECT * FROM %s WHERE %s AND %s OFFSET 0) AS matching", from, cond, after), nil
	default:
		return fmt.Sprintf("%s WHERE %s AND %s", from, cond, after), nil
	}
}

// order is the ORDER BY. In a phase (see place) the first level has values only, or none.
func (p *plan) order(phase phase) string {
	var parts []string
	for i, k := range p.keys {
		if i == 0 && phase == nulls {
			continue
		}
		switch {
		case i == 0 && k.desc && phase == values: // the index read backwards
			parts = append(parts, k.expr+" DESC NULLS FIRST")
		case k.desc:
			parts = append(parts, k.expr+" DESC NULLS LAST")
		default:
			parts = append(parts, k.expr+" ASC NULLS LAST")
		}
	}
	id := "id"
	if p.desc() {
		id = "id DESC"
	}
	return strings.Join(append(parts, id), ", ")
}

// phase splits an order in two: the rows whose first level has a value, then those where it is empty. So each half is one
// range of a btree.
type phase int

const (
	values phase = iota
	nulls
	bothPhases // of what reads the whole order at once
)

// place is where a page begins: after the row with these sort keys. A nil key is an empty cell.
type place struct {
	Keys []*string `json:"k,omitempty"`
	Row  string    `json:"r"` // the row id as hex
	Of   string    `json:"q"` // the query's key
}

func (p *place) phase() phase {
	if len(p.Keys) > 0 && p.Keys[0] == nil {
		return nulls
	}
	return values
}

func (p *place) cursor() string {
	b, err := json.Marshal(p)
	if err != nil { // strings only
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string, p *plan) (*place, error) {
	wrong := kernel.E(kernel.KindMalformed, "INVALID_CURSOR",
		"the cursor is not one that this list gave for this filter and sort; start again without it")
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, wrong
	}
	var at place
	if json.Unmarshal(b, &at) != nil || at.Of != queryKey(p.query, p.info.Schema) || len(at.Keys) != len(p.keys) {
		return nil, wrong
	}
	if k, err := hex.DecodeString(at.Row); err != nil || len(k) != 16 {
		return nil, wrong
	}
	for _, k := range at.Keys {
		if k != nil && strings.ContainsRune(*k, 0) {
			return nil, wrong
		}
	}
	return &at, nil
}

// after is the condition that a row comes after the place, within the phase.
func (p *plan) after(at *place, ph phase, a *args) string {
	gt := ">"
	if p.desc() {
		gt = "<"
	}
	if at == nil || at.phase() != ph {
		return p.inPhase(ph)
	}
	row := a.add(at.Row) + "::uuid"
	if len(p.keys) == 0 {
		return "id " + gt + " " + row
	}
	first := p.keys[0]
	if ph == values && len(p.keys) == 1 {
		return fmt.Sprintf("%s IS NOT NULL AND (%s, id) %s (%s::%s, %s)", first.expr, first.expr, gt, a.add(*at.Keys[0]), first.cast, row)
	}
	if ph == nulls {
		return first.expr + " IS NULL AND " + p.afterFrom(at, 1, gt, row, a)
	}
	return fmt.Sprintf("%s IS NOT NULL AND %s %s= %s::%s AND %s", first.expr, first.expr, gt, a.add(*at.Keys[0]), first.cast,
		p.afterFrom(at, 0, gt, row, a))
}

// afterFrom spells the order out from level i on: beyond in this level, or equal and beyond in the next.
func (p *plan) afterFrom(at *place, i int, gt, row string, a *args) string {
	if i == len(p.keys) {
		return "id " + gt + " " + row
	}
	k := p.keys[i]
	next := p.afterFrom(at, i+1, gt, row, a)
	if at.Keys[i] == nil { // empty cells are last: only the next levels can be beyond
		return fmt.Sprintf("(%s IS NULL AND %s)", k.expr, next)
	}
	sign := ">"
	if k.desc {
		sign = "<"
	}
	v := a.add(*at.Keys[i]) + "::" + k.cast
	return fmt.Sprintf("(%s %s %s OR %s IS NULL OR (%s = %s AND %s))", k.expr, sign, v, k.expr, k.expr, v, next)
}

func (p *plan) inPhase(ph phase) string {
	switch {
	case len(p.keys) == 0:
		return "true"
	case ph == nulls:
		return p.keys[0].expr + " IS NULL"
	default:
		return p.keys[0].expr + " IS NOT NULL"
	}
}
