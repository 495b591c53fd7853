// Package table is the grid's model: a table's structure as an aggregate, the types of its columns with the exact form of
// their values, and the events of its rows and cells. Rows are no aggregate: an edit is checked against the Schema, and
// that the schema is still in force is checked by the append itself.
package table

// Limits of a table.
const (
	MaxColumns     = 200
	MaxRows        = 1_000_000
	MaxNameChars   = 100
	MaxCellChars   = 8_000    // of a value by default
	MaxCellBytes   = 64 << 10 // of a long text or JSON value
	MaxOptions     = 1_000    // of a select column
	MaxViews       = 200      // of all members together
	MaxFilterNodes = 200      // of one filter
	MaxDigits      = 38       // of a number
	MaxSorts       = 8        // levels of an order
	MaxGroups      = 3        // levels of a grouping
	MaxAggregates  = 50       // of a grouping
	MaxColours     = 20       // rules of a view
)
