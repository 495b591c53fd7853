// Package find is looking for people and companies at a provider, so that they become rows of a table: what is looked for, and how far a
// run has come.
package find

import (
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Bounds of a definition.
const (
	MaxName       = 100    // characters
	MaxFilters    = 20     // of a search
	MaxValues     = 100    // of one filter
	MaxValue      = 200    // bytes of a filter's value
	MaxTargets    = 50     // columns that are filled
	MaxRows       = 50_000 // of a run
	MaxCredits    = 10_000 // of the vendor's plan that a run may use
	MaxFieldBytes = 2_000  // of one value that was found
)

// Target says which column a field of the results goes into.
type Target struct {
	Field    string          `json:"field"`
	ColumnID kernel.ColumnID `json:"column_id"`
}

// Definition is what is looked for, and where it goes.
type Definition struct {
	Name         string              `json:"name"`
	Search       string              `json:"search" doc:"The search's slug, as list-searches gives it."`
	CredentialID kernel.CredentialID `json:"credential_id"`
	Filters      map[string][]string `json:"filters" doc:"By the names of the search's filters."`
	TableID      kernel.TableID      `json:"table_id"`
	Targets      []Target            `json:"targets"`
	// Key is the column by which duplicates are left out.
	Key        kernel.ColumnID `json:"key,omitempty" doc:"The column by which a result that the table has already is left out; none adds all."`
	MaxRows    int             `json:"max_rows" doc:"Of one run."`
	MaxCredits int             `json:"max_credits" doc:"Of the vendor's plan that one run may use."`
}

// Validate checks the definition by itself.
func (d Definition) Validate() error {
	named := strings.TrimSpace(d.Name) != "" && utf8.ValidString(d.Name) && utf8.RuneCountInString(d.Name) <= MaxName &&
		!strings.ContainsFunc(d.Name, func(r rune) bool { return r < ' ' })
	fields := []kernel.Checked{
		kernel.Field("name", d.Name, kernel.Holds(named, "must have 1 to %d characters", MaxName)),
		kernel.Field("table_id", d.TableID, kernel.Holds(kernel.ParseID(kernel.PrefixTable, string(d.TableID)) == nil, "must name a table")),
		kernel.Field("credential_id", d.CredentialID,
			kernel.Holds(kernel.ParseID(kernel.PrefixCredential, string(d.CredentialID)) == nil, "must name a credential")),
		kernel.Field("targets", d.Targets, kernel.Sized(1, MaxTargets, "say into which columns the results go, at most %d", MaxTargets)),
		kernel.Field("max_rows", d.MaxRows, kernel.Holds(d.MaxRows >= 1 && d.MaxRows <= MaxRows, "must be 1 to %d", MaxRows)),
		kernel.Field("max_credits", d.MaxCredits, kernel.Holds(d.MaxCredits >= 0 && d.MaxCredits <= MaxCredits, "must be 0 to %d", MaxCredits)),
	}
	seen, keyed := map[kernel.ColumnID]bool{}, d.Key == ""
	for _, t := range d.Targets {
		fields = append(fields, kernel.Field("targets", t.ColumnID, kernel.Holds(!seen[t.ColumnID], "two fields go into the same column")))
		seen[t.ColumnID] = true
		keyed = keyed || t.ColumnID == d.Key
	}
	fields = append(fields, kernel.Field("key", d.Key, kernel.Holds(keyed, "must be one of the columns that are filled")))
	return kernel.Check(append(fields, d.filterFields()...)...)
}

// CheckFilters checks the filters alone.
func (d Definition) CheckFilters() error { return kernel.Check(d.filterFields()...) }

func (d Definition) filterFields() []kernel.Checked {
	out := []kernel.Checked{
		kernel.Field("filters", d.Filters, kernel.Sized(1, MaxFilters, "say what to look for, by 1 to %d filters", MaxFilters)),
	}
	for name, values := range d.Filters {
		out = append(out, kernel.Field("filters."+kernel.Shorten(name), values, kernel.Holds(fine(values),
			"must have 1 to %d values of at most %d bytes", MaxValues, MaxValue)))
	}
	return out
}

func fine(values []string) bool {
	for _, v := range values {
		if strings.TrimSpace(v) == "" || len(v) > MaxValue || !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			return false
		}
	}
	return len(values) >= 1 && len(values) <= MaxValues
}
