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
	MaxSearch        = 200 // characters
)

// Selection fixes the rows of a run. Rows are taken in the order of their ids; the filter and the emptiness of cells are
// looked at when a row's page comes up, so a row that was changed or deleted meanwhile is treated as it then is. A row that was
// made after the run was asked for (its id is greater than Through) is never in it.
type Selection struct {
	Scope  Scope           `json:"scope"`
	Filter json.RawMessage `json:"filter,omitempty"` // of the view or the request
	Search string          `json:"search,omitempty"` // text that a row must hold
	Rows   []kernel.RowID  `json:"rows,omitempty"`   // only these, ascending; with every scope but that of inline records
	First  int64           `json:"first,omitempty"`  // at most so many rows; 0: all
	Force  bool            `json:"force,omitempty"`  // ask even where a cached answer is at hand
	// Recorded says that nobody is asked: the cells become what the column's waterfall makes of the replies that are recorded. Only cells
	// that change by it are in the run.
	Recorded bool         `json:"recorded,omitempty"`
	Through  kernel.RowID `json:"through,omitempty"`
	// Position is the log position that the rows must reflect.
	Position int64 `json:"position,omitempty"`
}

// Over says which rows a run is for, as people are told: what was chosen, without the rows themselves.
type Over struct {
	Scope    Scope  `json:"scope" enum:"all,empty,failed,rows,view,filter,inline"`
	Filtered bool   `json:"filtered,omitempty" doc:"A filter limits the rows."`
	Search   string `json:"search,omitempty" doc:"Text that the rows hold."`
	Rows     int    `json:"rows,omitempty" doc:"How many rows were named."`
	First    int64  `json:"first,omitempty" doc:"At most so many rows."`
	Force    bool   `json:"force,omitempty" doc:"Answers from before are not reused."`
	Recorded bool   `json:"recorded,omitempty" doc:"Nobody is asked: the cells are made anew of recorded replies."`
}

// Over says which rows the selection is of.
func (s Selection) Over() Over {
	return Over{
		Scope:    s.Scope,
		Filtered: !kernel.IsNull(s.Filter),
		Search:   s.Search,
		Rows:     len(s.Rows),
		First:    s.First,
		Force:    s.Force,
		Recorded: s.Recorded,
	}
}
