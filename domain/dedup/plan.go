package dedup

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Decision is what a person makes of a group.
type Decision string

// The decisions. Rows of a distinct group are not told as duplicates of each other again; Open takes a decision back.
const (
	Open     Decision = "open"
	Skipped  Decision = "skipped"
	Distinct Decision = "distinct"
)

// Decisions lists the decisions.
func Decisions() []Decision { return []Decision{Open, Skipped, Distinct} }

// Rule says which of several values, or rows, is taken. Empty values are never taken over others.
type Rule string

// The rules. Complete is the longest value, or the row with the most values.
const (
	Survivor  Rule = "survivor" // what the row that stays has, or else the first other
	Newest    Rule = "newest"
	Oldest    Rule = "oldest"
	Complete  Rule = "most_complete"
	Confident Rule = "most_confident"
	Ranked    Rule = "rank"
)

// RowRules and FieldRules list the rules for the row that stays, and for its values.
func RowRules() []Rule { return []Rule{Newest, Oldest, Complete} }

// FieldRules lists the rules for values.
func FieldRules() []Rule { return []Rule{Survivor, Newest, Oldest, Complete, Confident, Ranked} }

// Bounds of a plan.
const (
	MaxChoices = 1_000 // groups that one call names
	MaxFields  = 200
	maxRanks   = 100
)

// FieldRule says which value a column's cell has after the merge.
type FieldRule struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	Rule     Rule            `json:"rule" enum:"survivor,newest,oldest,most_complete,most_confident,rank"`
	// RankBy is the column that says where a row is from, and Ranks its values, the best first.
	RankBy kernel.ColumnID `json:"rank_by,omitempty" doc:"For rank: the column that says where a row is from."`
	Ranks  []string        `json:"ranks,omitempty" doc:"For rank: that column's values, the most trusted first."`
}

// Choice is what a person has chosen for one group.
type Choice struct {
	Group    int                              `json:"group" minimum:"1"`
	Survivor kernel.RowID                     `json:"survivor,omitempty" doc:"The row that stays; without it the plan's rule says."`
	Rows     []kernel.RowID                   `json:"rows,omitempty" doc:"Merge only these rows of the group."`
	Fields   map[kernel.ColumnID]kernel.RowID `json:"fields,omitempty" doc:"The row whose value a column takes."`
}

// Plan says which groups are merged, and how.
type Plan struct {
	MinScore float64     `json:"min_score,omitempty" doc:"Merge all open groups with at least this score; 0 for those that are named only."`
	Choices  []Choice    `json:"groups,omitempty" doc:"Groups that are merged as they were chosen."`
	Survivor Rule        `json:"survivor" enum:"newest,oldest,most_complete" doc:"Which row of a group stays."`
	Default  Rule        `json:"default" enum:"survivor,newest,oldest,most_complete,most_confident" doc:"For columns without a rule of their own."`
	Fields   []FieldRule `json:"fields,omitempty"`
}

// Validate checks the plan by itself.
func (p Plan) Validate() error {
	fields := []kernel.Checked{
		kernel.Field("groups", p.Choices, kernel.Sized(0, MaxChoices, "one call names at most %d groups; use min_score for more", MaxChoices),
			kernel.Holds(len(p.Choices) > 0 || p.MinScore > 0, "name groups, or say with min_score from which score on they are merged")),
		kernel.Field("min_score", p.MinScore, kernel.Holds(p.MinScore == 0 || p.MinScore >= MinThreshold && p.MinScore <= 1,
			"must be %v to 1", MinThreshold)),
		kernel.Field("survivor", p.Survivor, kernel.OneOf(RowRules(), "must be newest, oldest or most_complete")),
		kernel.Field("default", p.Default,
			kernel.Holds(p.Default != Ranked && slices.Contains(FieldRules(), p.Default), "is no rule for all columns")),
		kernel.Field("fields", p.Fields, kernel.Sized(0, MaxFields, "at most %d columns have rules", MaxFields)),
	}
	for _, f := range p.Fields {
		fields = append(fields, kernel.Field("fields", f.Rule, kernel.OneOf(FieldRules(), "is no rule"),
			kernel.Holds(f.Rule != Ranked || f.RankBy != "" && len(f.Ranks) > 0 && len(f.Ranks) <= maxRanks,
				"rank needs rank_by and 1 to %d ranks", maxRanks)))
	}
	seen := map[int]bool{}
	for _, c := range p.Choices {
		fields = append(fields, kernel.Field("groups", c.Group, kernel.Holds(c.Group > 0 && !seen[c.Group], "must each be named once")),
			kernel.Field("groups", c.Rows, kernel.Holds(len(c.Rows) != 1 && len(c.Rows) <= MaxGroup, "need two rows or more")),
			kernel.Field("groups", c.Fields, kernel.Sized(0, MaxFields, "at most %d columns are chosen", MaxFields)))
		seen[c.Group] = true
	}
	return kernel.Check(fields...)
}

// Row is a row of a group as it is now.
type Row struct {
	ID         kernel.RowID
	Values     map[kernel.ColumnID]json.RawMessage
	Changed    map[kernel.ColumnID]int64   // position of each cell's last change
	Confidence map[kernel.ColumnID]float64 // of values that a provider gave
}

func (r Row) value(c kernel.ColumnID) json.RawMessage { return kernel.OrNull(r.Values[c]) }

func (r Row) filled() (n int) {
	for _, v := range r.Values {
		if !kernel.IsNull(v) {
			n++
		}
	}
	return n
}

// Taken is a value that the row that stays takes over from another one.
type Taken struct {
	Column     kernel.ColumnID
	From       kernel.RowID
	Value, Old json.RawMessage
}

// Merge says which row of a group stays and what it takes over from the others. The rows are in the group's order; columns are those that
// can be written.
func (p Plan) Merge(c Choice, rows []Row, columns []kernel.ColumnID) (kernel.RowID, []Taken) {
	stays := p.stays(c, rows)
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(rank(a.ID != stays), rank(b.ID != stays)) })
	rules := make(map[kernel.ColumnID]FieldRule, len(p.Fields))
	for _, f := range p.Fields {
		rules[f.ColumnID] = f
	}
	var out []Taken
	for _, col := range columns {
		rule, ok := rules[col]
		if !ok {
			rule = FieldRule{ColumnID: col, Rule: p.Default}
		}
		from := rule.choose(rows)
		if row, ok := c.Fields[col]; ok {
			if i := slices.IndexFunc(rows, func(r Row) bool { return r.ID == row }); i >= 0 {
				from = i
			}
		}
		if v, old := rows[from].value(col), rows[0].value(col); from > 0 && !bytes.Equal(v, old) {
			out = append(out, Taken{Column: col, From: rows[from].ID, Value: v, Old: old})
		}
	}
	return stays, out
}

func rank(later bool) int {
	if later {
		return 1
	}
	return 0
}

// stays is the row of a group that stays.
func (p Plan) stays(c Choice, rows []Row) kernel.RowID {
	if slices.ContainsFunc(rows, func(r Row) bool { return r.ID == c.Survivor }) {
		return c.Survivor
	}
	best := rows[0]
	for _, r := range rows[1:] {
		var better bool
		switch p.Survivor {
		case Oldest:
			better = r.ID < best.ID // ids are in the order of time
		case Complete:
			better = r.filled() > best.filled()
		default:
			better = r.ID > best.ID
		}
		if better {
			best = r
		}
	}
	return best.ID
}

// choose says of which row the value is taken: the first among equals, where the row that stays is first.
func (f FieldRule) choose(rows []Row) int {
	best := -1
	for i, r := range rows {
		if kernel.IsNull(r.value(f.ColumnID)) {
			continue
		}
		if best < 0 || f.better(r, rows[best]) {
			best = i
		}
	}
	return max(best, 0)
}

func (f FieldRule) better(a, b Row) bool {
	col := f.ColumnID
	switch f.Rule {
	case Newest:
		return a.Changed[col] > b.Changed[col]
	case Oldest:
		return a.Changed[col] < b.Changed[col]
	case Complete:
		return utf8.RuneCount(a.value(col)) > utf8.RuneCount(b.value(col))
	case Confident:
		return a.Confidence[col] > b.Confidence[col]
	case Ranked:
		return f.rankOf(a) < f.rankOf(b)
	default:
		return false
	}
}

// rankOf is the place of a row's source; one that is not named comes last.
func (f FieldRule) rankOf(r Row) int {
	var source string
	if json.Unmarshal(r.value(f.RankBy), &source) != nil {
		return len(f.Ranks)
	}
	if i := slices.IndexFunc(f.Ranks, func(s string) bool { return kernel.Fold(s) == kernel.Fold(source) }); i >= 0 {
		return i
	}
	return len(f.Ranks)
}

// Set is a cell's value after rows have parted.
type Set struct {
	Row    kernel.RowID
	Column kernel.ColumnID
	Value  json.RawMessage
}

// Part says which cells are set when the rows of a merge part: the row that stayed has again what it had, and what was edited since goes to
// the row that the value was from. now is that row as it is; rows are those that come back.
func Part(now Row, taken []Taken, rows map[kernel.RowID]Row) []Set {
	var out []Set
	for _, t := range taken {
		current := now.value(t.Column)
		if back, ok := rows[t.From]; ok && !bytes.Equal(current, t.Value) && !bytes.Equal(back.value(t.Column), current) {
			out = append(out, Set{t.From, t.Column, current})
		}
		if !bytes.Equal(current, kernel.OrNull(t.Old)) {
			out = append(out, Set{now.ID, t.Column, kernel.OrNull(t.Old)})
		}
	}
	return out
}
