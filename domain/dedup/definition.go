// Package dedup finds the rows of a table that stand for the same thing, and says what becomes of such rows: which of them stays, which
// values it takes over, and how they part again.
package dedup

import (
	"math"

	"github.com/morket/morket/domain/kernel"
)

// Bounds of a scan.
const (
	MaxKeys          = 5
	MinThreshold     = 0.5
	DefaultThreshold = 0.8
	MaxRows          = 1_000_000
	// MaxGroup is how many rows a group has at most, so that a person can look at all of it.
	MaxGroup = 20
	// MaxGroups is how many groups a scan tells of.
	MaxGroups = 200_000
	// MaxKept is how many bytes of keys a scan keeps in memory.
	MaxKept = 256 << 20
	// maxForm is how many bytes of a value count.
	maxForm = 200
)

// Match is how two values of a key are compared.
type Match string

// The ways of comparing.
const (
	Exact   Match = "exact"
	Email   Match = "email"
	Domain  Match = "domain"
	Phone   Match = "phone"
	Name    Match = "name"    // of a person
	Company Match = "company" // with or without its legal form
	Text    Match = "text"
)

// Matches lists the ways of comparing.
func Matches() []Match { return []Match{Exact, Email, Domain, Phone, Name, Company, Text} }

// Key is a column by which rows are compared.
type Key struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	Match    Match           `json:"match" enum:"exact,email,domain,phone,name,company,text"`
}

// Definition is what a scan looks for.
type Definition struct {
	Keys []Key `json:"keys"`
	// Threshold is the least score of two rows that are told as duplicates.
	Threshold float64 `json:"threshold" minimum:"0.5" maximum:"1" doc:"The least score of duplicates; 0.8 is a good begin."`
}

// Validate checks the definition by itself.
func (d Definition) Validate() error {
	fields := []kernel.Checked{
		kernel.Field("keys", d.Keys, kernel.Sized(1, MaxKeys, "choose 1 to %d columns to compare", MaxKeys)),
		kernel.Field("threshold", d.Threshold, kernel.Holds(d.Threshold >= MinThreshold && d.Threshold <= 1 && !math.IsNaN(d.Threshold),
			"must be %v to 1", MinThreshold)),
	}
	seen := map[kernel.ColumnID]bool{}
	for _, k := range d.Keys {
		fields = append(fields,
			kernel.Field("keys", k.ColumnID, kernel.Holds(!seen[k.ColumnID], "name a column twice"),
				kernel.Holds(kernel.ParseID(kernel.PrefixColumn, string(k.ColumnID)) == nil, "must name columns by their ids (col_…)")),
			kernel.Field("keys", k.Match, kernel.OneOf(Matches(), "are compared as exact, email, domain, phone, name, company or text")))
		seen[k.ColumnID] = true
	}
	return kernel.Check(fields...)
}
