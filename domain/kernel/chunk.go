package kernel

import (
	"encoding/json"
	"fmt"
)

// Chunk is a block of cells stored by column: Cols[c][i] is the value of column c in row Rows[i]. A value is the
// column type's canonical JSON; null is an empty cell. Every column has exactly one value per row.
//
// A chunk is kept to MaxChunkCells cells and about MaxChunkBytes bytes, so that an event stays small however large the
// import, paste or run is.
type Chunk struct {
	Rows []RowID                        `json:"rows"`
	Cols map[ColumnID][]json.RawMessage `json:"cols"`
}

// Limits of one chunk. One row wider than the byte limit still travels whole.
const (
	MaxChunkCells = 1000
	MaxChunkBytes = 64 << 10
)

// Cells returns how many cells the chunk holds.
func (c Chunk) Cells() int { return len(c.Rows) * len(c.Cols) }

// Check says whether every column has one value per row.
func (c Chunk) Check() error {
	for id, vs := range c.Cols {
		if len(vs) != len(c.Rows) {
			return fmt.Errorf("column %s has %d values for %d rows", id, len(vs), len(c.Rows))
		}
	}
	return nil
}

// Null is the JSON of an empty cell.
func Null() json.RawMessage { return json.RawMessage("null") }

// IsNull reports whether the value is an empty cell.
func IsNull(v json.RawMessage) bool { return len(v) == 0 || string(v) == "null" }

// OrNull is the value as JSON has it: null for an empty cell.
func OrNull(v json.RawMessage) json.RawMessage {
	if IsNull(v) {
		return Null()
	}
	return v
}
