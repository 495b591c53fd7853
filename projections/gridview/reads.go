package gridview

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Query says which rows of a table, in which order, with which columns.
type Query struct {
	Filter table.Filter
	Search string
	Groups []table.Group // rows of a group lie together, before what Sort says
	Sort   []table.Sort
	Fields []kernel.ColumnID // nil for all
	Sure   bool              // exports tell how sure values are
}

// Info is what the grid knows of a table besides its rows.
type Info struct {
	ID          kernel.TableID
	Schema      table.Schema
	Description string
	Owner       kernel.UserID
	Deleted     []table.Column
	Views       []table.View
	RowCount    int64
	Trash       int64
	Last        int64 // position of the table's last change
	Moved       int64 // position at which rows last came or went
	Position    int64 // that the grid has reached
	CreatedAt   time.Time
	UpdatedAt   time.Time
	TrashedAt   *time.Time
	Recompute   *Recompute    // of its formula columns; nil when they are what they should be
	Base        int64         // of a branch: the position at which it began
	Merge       table.MergeOf // of a branch: its last merging
}

// ErrorState is the state of a cell that could not be computed.
const ErrorState = "error"

// Recompute is how far the computing of a table's formula columns has come after a change.
type Recompute struct {
	Columns []kernel.ColumnID
	Done    int64
	Total   int64 // rows, with those in the trash
}

// SettledAt is the position of the last change for what is remembered of the table's rows; -1 while formulas are being computed.
func (i Info) SettledAt() int64 {
	if i.Recompute != nil {
		return -1
	}
	return i.Last
}

// TriedLookup is what a lookup would make of a table's first rows, and of one row.
type TriedLookup struct {
	Rows    int            // that were looked at and have a key
	Matched int            // of these, whose key is found
	Through bool           // the whole table was looked through for them
	Made    table.Computed // of the one row
}

// HasColumn reports whether the table has the column, in the trash or not.
func (i Info) HasColumn(id kernel.ColumnID) bool {
	is := func(c table.Column) bool { return c.ID == id }
	return slices.ContainsFunc(i.Schema.Columns, is) || slices.ContainsFunc(i.Deleted, is)
}

// Summary is a table in a list.
type Summary struct {
	ID          kernel.TableID `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description,omitempty"`
	Owner       kernel.UserID  `json:"owner_id,omitempty" doc:"Absent for a table from before that was recorded."`
	RowCount    int64          `json:"row_count"`
	ColumnCount int            `json:"column_count"`
	CreatedAt   time.Time      `json:"created_at"`
	UpdatedAt   time.Time      `json:"updated_at"`
	TrashedAt   *time.Time     `json:"trashed_at,omitempty"`
}

// DeletedColumn is a column in the trash of a table that is not.
type DeletedColumn struct {
	Table  kernel.TableID
	Name   string // the table's
	Column table.Column
}

// TrashedRow is a row in the trash.
type TrashedRow struct {
	ID        kernel.RowID                        `json:"id"`
	Cells     map[kernel.ColumnID]json.RawMessage `json:"cells"`
	DeletedAt time.Time                           `json:"deleted_at"`
	DeletedBy string                              `json:"deleted_by"`
}

// Page is a window of rows: a JSON array of API rows.
type Page struct {
	Rows     json.RawMessage
	Count    int
	Next     string // cursor; empty at the end
	Position int64
}

// ExportRow is a row on its way out. It is good until the next one is asked for.
type ExportRow interface {
	ID() kernel.RowID
	// Text returns the i-th exported column as table.Format writes it; false for an empty cell. The bytes are good until the next call.
	Text(i int) ([]byte, bool)
	// JSON returns the i-th exported column as the API writes it, null for an empty cell. It is good until the next call.
	JSON(i int) []byte
	// Sureness is how sure the i-th exported column is, of a query that asks for it; without evidence where that is not known.
	Sureness(i int) enrichment.Sureness
}
