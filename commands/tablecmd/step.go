package tablecmd

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// StepRecord is a step of undo as the history has it.
type StepRecord struct {
	ID        string         `json:"id"`
	Position  int64          `json:"position"` // of its first event
	Label     string         `json:"label"`
	At        time.Time      `json:"at"`
	Actor     string         `json:"actor"`
	Cells     int            `json:"cells"`
	Rows      int            `json:"rows"`
	Kind      string         `json:"kind"`
	Money     kernel.Credits `json:"money_mc,omitempty"`
	Undone    bool           `json:"-"`
	Effective string         `json:"-"` // the step whose events undo or redo would take back
	Positions []int64        `json:"-"` // of the effective step's events, ascending
}

// Past is a value that a cell had, and the position of the event that set it.
type Past struct {
	Value    json.RawMessage
	Position int64
}
