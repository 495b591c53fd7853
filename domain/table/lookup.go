package table

import (
	"encoding/json"
	"strings"

	"github.com/morket/morket/domain/kernel"
)

// Lookup is what fills the cells of a lookup column: it finds the rows of a table whose match column holds the same key as the row's own
// key column, and takes something of them. Its references are by id, so that a rename breaks nothing.
type Lookup struct {
	Table   kernel.TableID  `json:"table_id" doc:"The table that is looked into; the column's own is possible."`
	Key     kernel.ColumnID `json:"key" pattern:"\\S" doc:"The column of this table that holds the key, by id or name; kept by id."`
	Match   kernel.ColumnID `json:"match" pattern:"\\S" doc:"The column of the other table in which the key is found, by id or name; kept by id."`
	Compare Comparison      `json:"compare,omitempty" enum:"text,email,domain,phone,number,date" doc:"As what keys are compared; what fits the two columns if absent."`
	Take    Take            `json:"take" enum:"first,newest,count,filled,list,sum,min,max"`
	Value   kernel.ColumnID `json:"value,omitempty" pattern:"^(.*\\S.*)?$" doc:"The column of the other table that something is taken of, by id or name; kept by id. Absent for count."`
}

// Take is what a lookup takes of the rows that it finds.
type Take string

// What is taken of one row: the oldest or the newest one. Rows are in the order in which they were made.
const (
	TakeFirst  Take = "first"
	TakeNewest Take = "newest"
)

// What is taken of all rows.
const (
	TakeCount  Take = "count"  // how many there are
	TakeFilled Take = "filled" // how many have a value
	TakeList   Take = "list"   // the values, MaxListed at most, joined by commas
	TakeSum    Take = "sum"
	TakeMin    Take = "min"
	TakeMax    Take = "max"
)

// MaxListed is how many values a list shows; of more it says that there are more.
const MaxListed = 100

// Takes returns every Take.
func Takes() []Take {
	return []Take{TakeFirst, TakeNewest, TakeCount, TakeFilled, TakeList, TakeSum, TakeMin, TakeMax}
}

// Known reports whether it is one of Takes.
func (t Take) Known() bool {
	for _, k := range Takes() {
		if k == t {
			return true
		}
	}
	return false
}

// Counts reports whether the take is a number even where no row is found.
func (t Take) Counts() bool { return t == TakeCount || t == TakeFilled }

// Of is the type of what is taken of a column of the type; an error says why it can't be taken.
func (t Take) Of(typ Type) (Type, error) {
	kept := typ
	switch typ { //nolint:exhaustive // the others are what they are
	case Select, MultiSelect, RowIDType: // another table's options are none of this one's
		kept = Text
	case CreatedAt, UpdatedAt:
		kept = DateTime
	case CreatedBy, UpdatedBy:
		kept = User
	}
	switch t {
	case TakeCount, TakeFilled:
		return Number, nil
	case TakeList:
		return LongText, nil
	case TakeSum:
		if !kept.Numeric() {
			return "", bad("only numbers have a sum")
		}
	case TakeMin, TakeMax:
		if !kept.Numeric() && kept != Date && kept != DateTime {
			return "", bad("only numbers and dates have a smallest and a largest one")
		}
	case TakeFirst, TakeNewest:
	default:
		return "", bad("%q can't be taken; use first, newest, count, filled, list, sum, min or max", kernel.Shorten(string(t)))
	}
	return kept, nil
}

// holds reports whether a column of a type can hold what is taken as another type.
func (t Type) holds(taken Type) bool {
	return t == taken || t.Numeric() && taken.Numeric() || t == Text || t == LongText
}

const noMatch = "the column that the lookup matches is in the trash or gone"

// Problem says why the lookup of a column finds nothing in the table as it is now, "" if nothing is wrong. The message names no column and
// no table: their names change.
func (l *Lookup) Problem(own Type, in *Table) string {
	switch {
	case in == nil || in.Purged():
		return "the table that the lookup looks into is gone"
	case in.Gone(l.Match): // for good, whatever becomes of the table: nothing that happens to it is told to such a lookup
		return noMatch
	case in.Trashed():
		return "the table that the lookup looks into is in the trash"
	}
	match, err := in.live(l.Match)
	if err != nil {
		return noMatch
	}
	if !match.Type.matchable() {
		return "the column that the lookup matches holds no keys any more"
	}
	if l.Take == TakeCount {
		return ""
	}
	value, err := in.live(l.Value)
	if err != nil {
		return "the column that the lookup takes is in the trash or gone"
	}
	taken, err := l.Take.Of(value.Type)
	switch {
	case err != nil:
		return "the column that the lookup takes has another type now: " + err.Error()
	case !own.holds(taken):
		return "the column that the lookup takes has another type now; edit the lookup"
	}
	return ""
}

// TypeIn is the type of what the lookup takes in the table, "" if it takes nothing there.
func (l *Lookup) TypeIn(in *Table) Type {
	value, err := in.live(l.Value)
	if err != nil && l.Take != TakeCount {
		return ""
	}
	taken, err := l.Take.Of(value.Type)
	if err != nil {
		return ""
	}
	return taken
}

// Taken is what a lookup column makes of the canonical values that it has found in a column, which come in the order of their rows: one
// for what is taken of one row or by the database, all of a list. more says that a list goes on.
func Taken(own Column, value Column, take Take, found []json.RawMessage, more bool) Computed {
	if take == TakeList {
		return listed(own, value, found, more)
	}
	if len(found) == 0 || kernel.IsNull(found[0]) {
		return Computed{Value: kernel.Null()}
	}
	switch {
	case own.Type.Numeric():
		return takenNumber(string(found[0]))
	case own.Type == Text || own.Type == LongText:
		return takenText(own, Format(value, found[0]))
	default: // a value of the same type, which its own column has checked
		return Computed{Value: found[0]}
	}
}

func takenNumber(s string) Computed {
	n, ok := canonicalNumber(s)
	if !ok {
		return failed(tooLong(s))
	}
	v, err := checkDigits(n, n)
	if err != nil {
		return failed(err)
	}
	return Computed{Value: v}
}

// takenText is a text in a lookup column.
func takenText(own Column, s string) Computed {
	if err := checkText(s, own.Type); err != nil {
		return failed(err)
	}
	return Computed{Value: Quote(s)}
}

func listed(own, value Column, found []json.RawMessage, more bool) Computed {
	if len(found) == 0 {
		return Computed{Value: kernel.Null()}
	}
	texts := make([]string, len(found))
	for i, v := range found {
		texts[i] = Format(value, v)
	}
	s := strings.Join(texts, ", ")
	if more {
		s += ", …"
	}
	return takenText(own, s)
}
