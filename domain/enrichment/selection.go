package enrichment

import (
	"encoding/json"

	"github.com/morket/morket/domain/kernel"
)

// Scope says which rows of a table a run is for.
type Scope string

// The scopes.
const (
	ScopeAll    Scope = "all"
	ScopeEmpty  Scope = "empty"  // rows in which one of the columns is empty; only the empty cells are asked
	ScopeFailed Scope = "failed" // rows in which one of the columns has failed; only the failed cells are asked
	ScopeRows   Scope = "rows"
	ScopeView   Scope = "view"
	ScopeFilter Scope = "filter"
	ScopeInline Scope = "inline" // the records came with the request
)

// Limits of a run.
const (
	MaxSelectedRows  = 50_000 // row ids in one request
	MaxInlineRecords = 10_000
	MaxRunColumns    = 20
)

// Selection fixes the rows of a run. Rows are taken in the order of their ids; the filter and the emptiness of cells are
// looked at when a row's page comes up, so a row that was changed or deleted meanwhile is treated as it then is. A row that was
// made after the run was asked for (its id is greater than Through) is never in it.
type Selection struct {
	Scope  Scope           `json:"scope"`
	Filter json.RawMessage `json:"filter,omitempty"` // of the view or the request
	Rows   []kernel.RowID  `json:"rows,omitempty"`   // ascending
	First  int64           `json:"first,omitempty"`  // at most so many rows; 0: all
	Force  bool            `json:"force,omitempty"`  // ask even where a cached answer is at hand
	// Recorded says that nobody is asked: the cells become what the column's waterfall makes of the replies that are recorded. Only cells
	// that change by it are in the run.
	Recorded bool         `json:"recorded,omitempty"`
	Through  kernel.RowID `json:"through,omitempty"`
	// Position is the log position that the rows must reflect.
	Position int64 `json:"position,omitempty"`
}
