package bench

import (
	"fmt"
	"slices"
)

// sheet is a table that is imported from a file, read and edited.
type sheet struct {
	name    string // what its figures are called before a colon; empty for the small one
	file    string
	utf16   bool
	columns []fileColumn
	company string // the column that runs read
	edited  string // the column that is edited
	number  string // that pages are sorted and filtered by
	unique  string // a text that is another one in each row
	of      func(row int) string
	search  func(row int) []string // what people look for: once, in a few rows, in many, nowhere
	is      *isFilter              // a filter for equal texts
}

// isFilter is a filter for one of the words of a column.
type isFilter struct{ column, value string }

// smallSheet is the table of short values that fit into a page of the database by the dozen.
func smallSheet() sheet {
	reference := func(i int) string { return fmt.Sprintf("REF-%08d", i) }
	return sheet{
		file:    "leads.csv",
		utf16:   true,
		columns: fileColumns(),
		company: "Company",
		edited:  "City",
		number:  "Employees",
		unique:  "Reference",
		of:      reference,
		search: func(i int) []string {
			return []string{reference(i), fmt.Sprintf("budget %d", i), "liskov", fmt.Sprint("nowhere ", i)}
		},
	}
}

// title is what a figure of the sheet is called.
func (s sheet) title(figure string) string {
	if s.name == "" {
		return figure
	}
	return s.name + ": " + figure
}

// titled names figures as those of the sheet.
func (s sheet) titled(figures []Ratio) []Ratio {
	out := slices.Clone(figures)
	for i := range out {
		out[i].Name = s.title(out[i].Name)
	}
	return out
}

// field returns the place of a column.
func (s sheet) field(name string) int {
	return slices.IndexFunc(s.columns, func(c fileColumn) bool { return c.name == name })
}

// mapping sends each column of the file to a new column of its type.
func (s sheet) mapping() []map[string]any {
	var out []map[string]any
	for i, c := range s.columns {
		out = append(out, map[string]any{"index": i, "new_column": map[string]any{"name": c.name, "type": c.typ}})
	}
	return out
}
