package historyview

import (
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Entry is one thing that happened to a row or a cell.
type Entry struct {
	Position   int64                 `json:"position"`
	At         time.Time             `json:"at"`
	ColumnID   kernel.ColumnID       `json:"column_id,omitempty" doc:"Absent where the row as a whole was deleted or restored."`
	Value      json.RawMessage       `json:"value"`
	Previous   json.RawMessage       `json:"previous"`
	Actor      Actor                 `json:"actor"`
	Source     table.Source          `json:"source"`
	RunID      kernel.RunID          `json:"run_id,omitempty"`
	ImportID   kernel.ImportID       `json:"import_id,omitempty"`
	FromRow    kernel.RowID          `json:"from_row_id,omitempty" doc:"The row that a merge took the value from."`
	State      string                `json:"state,omitempty" doc:"In which a run left the cell, if not with a value."`
	Message    string                `json:"message,omitempty"`
	Provider   string                `json:"provider,omitempty"`
	Credits    *kernel.Credits       `json:"credits_mc,omitempty" doc:"What the answer cost; absent where no provider was asked."`
	Confidence *float64              `json:"confidence,omitempty" minimum:"0" maximum:"1"`
	Verified   *bool                 `json:"verified,omitempty" doc:"Whether anything else than the provider says the same; absent where that is not known."`
	VerifiedBy []enrichment.Evidence `json:"verified_by,omitempty" doc:"What says the same: input, dns, mx, page or provider: and its slug."`
	SourceURL  string                `json:"source_url,omitempty"`
	Latency    *int64                `json:"latency_ms,omitempty" doc:"How long the provider took; absent where none was asked."`
	Cached     bool                  `json:"cached,omitempty"`
	Attempts   []enrichment.Attempt  `json:"attempts,omitempty"`
	RequestID  string                `json:"request_id,omitempty"`
}

// Actor is the cause of the change.
type Actor struct {
	Kind kernel.ActorKind `json:"kind"`
	ID   string           `json:"id,omitempty"`
	User kernel.UserID    `json:"user_id,omitempty" doc:"The person behind it."`
	Name string           `json:"name,omitempty"`
}
