package table

import (
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Group is one level of a grouping. Rows are in one group when the column's order can't tell their values apart: texts by their
// first 200 characters, without regard to case and accents. Dates are in one group by day or a longer Unit. Empty cells are a group.
type Group struct {
	Column kernel.ColumnID `json:"column"`
	Unit   Unit            `json:"unit,omitempty" enum:"day,week,month,quarter,year" doc:"Of dates: what is one group; a day if it is left out. Weeks begin on Monday."`
	Dir    Direction       `json:"dir" enum:"asc,desc"`
}

// Unit is the length of a group of dates, in the workspace's time zone.
type Unit string

// The units.
const (
	ByDay     Unit = "day"
	ByWeek    Unit = "week"
	ByMonth   Unit = "month"
	ByQuarter Unit = "quarter"
	ByYear    Unit = "year"
)

// Units returns the units that dates are grouped by.
func Units() []Unit { return []Unit{ByDay, ByWeek, ByMonth, ByQuarter, ByYear} }

// Aggregate is what a group's rows come to in a column.
type Aggregate struct {
	Column kernel.ColumnID `json:"column"`
	Of     AggregateFunc   `json:"of" enum:"sum,avg,min,max,filled,empty"`
}

// AggregateFunc is how the values of a group become one.
type AggregateFunc string

// The aggregates: Filled and Empty count cells; averages have at most 6 decimals.
const (
	Sum     AggregateFunc = "sum"
	Average AggregateFunc = "avg"
	Min     AggregateFunc = "min"
	Max     AggregateFunc = "max"
	Filled  AggregateFunc = "filled"
	Unset   AggregateFunc = "empty"
)

// Dated reports whether values of the type are grouped by a Unit.
func (t Type) Dated() bool {
	return slices.Contains([]Type{Date, DateTime, CreatedAt, UpdatedAt}, t)
}

// Groupable reports whether rows can be grouped by values of the type.
func (t Type) Groupable() bool { return t != JSON && t != RowIDType }

// AggregatesOf returns the aggregates that are possible with a type.
func AggregatesOf(t Type) []AggregateFunc {
	switch {
	case t.Numeric():
		return []AggregateFunc{Sum, Average, Min, Max, Filled, Unset}
	case t == Date || t == DateTime:
		return []AggregateFunc{Min, Max, Filled, Unset}
	default:
		return []AggregateFunc{Filled, Unset}
	}
}

// CheckGroups checks the levels of a grouping against the table.
func CheckGroups(groups []Group, s Schema) error {
	if len(groups) > MaxGroups {
		return kernel.Invalid("group", "at most %d levels are possible", MaxGroups)
	}
	seen := map[kernel.ColumnID]bool{}
	for i, g := range groups {
		field := fmt.Sprintf("group[%d]", i)
		c, ok := s.Column(g.Column)
		switch {
		case !ok:
			return kernel.Invalid(field, "there is no column %q", kernel.Shorten(string(g.Column)))
		case seen[c.ID]:
			return kernel.Invalid(field, "the column %q is there twice", c.Name)
		case !c.Type.Groupable():
			return kernel.Invalid(field, "rows can't be grouped by %s, whose type is %s", quoteName(c), c.Type)
		case g.Unit != "" && !c.Type.Dated():
			return kernel.Invalid(field, "only dates are grouped by %s, and the type of %s is %s", kernel.Shorten(string(g.Unit)), quoteName(c),
				c.Type)
		case g.Unit != "" && !slices.Contains(Units(), g.Unit):
			return kernel.Invalid(field, "the unit is day, week, month, quarter or year, not %q", kernel.Shorten(string(g.Unit)))
		case g.Dir != Ascending && g.Dir != Descending:
			return kernel.Invalid(field, "the direction is asc or desc, not %q", kernel.Shorten(string(g.Dir)))
		}
		seen[c.ID] = true
	}
	return nil
}

// CheckAggregates checks what is asked of a grouping's columns against the table.
func CheckAggregates(list []Aggregate, s Schema) error {
	if len(list) > MaxAggregates {
		return kernel.Invalid("aggregates", "at most %d are possible", MaxAggregates)
	}
	seen := map[kernel.ColumnID]bool{}
	for i, a := range list {
		field := fmt.Sprintf("aggregates[%d]", i)
		c, ok := s.Column(a.Column)
		switch {
		case !ok:
			return kernel.Invalid(field, "there is no column %q", kernel.Shorten(string(a.Column)))
		case seen[c.ID]:
			return kernel.Invalid(field, "the column %q is there twice", c.Name)
		case !slices.Contains(AggregatesOf(c.Type), a.Of):
			return kernel.Invalid(field, "%q is not possible for %s; possible are %s", kernel.Shorten(string(a.Of)), quoteName(c),
				aggregateNames(c.Type))
		}
		seen[c.ID] = true
	}
	return nil
}

func aggregateNames(t Type) string {
	var names []string
	for _, f := range AggregatesOf(t) {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}
