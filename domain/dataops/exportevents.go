package dataops

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// ExportStream is the category of the streams of exports, one for each workspace.
const ExportStream = "exports"

// ExportAsk is what of a table is written, and how. It has the members of the request for a file, as they were sent.
type ExportAsk struct {
	Format         string         `json:"format"`
	AsOf           string         `json:"as_of,omitempty"` // a moment; empty is how the table is when it is written
	View           kernel.ViewID  `json:"view,omitempty"`
	Filter         string         `json:"filter,omitempty"`
	Group          string         `json:"group,omitempty"`
	Sort           string         `json:"sort,omitempty"`
	Fields         string         `json:"fields,omitempty"`
	Search         string         `json:"q,omitempty"`
	Rows           []kernel.RowID `json:"rows,omitempty"` // only these
	EscapeFormulas bool           `json:"escape_formulas,omitempty"`
	BOM            bool           `json:"bom,omitempty"`
	Sureness       bool           `json:"sureness,omitempty"`
}

// ExportRequested says that somebody wants a table as a file that is made in the background.
type ExportRequested struct {
	ExportID  kernel.ExportID    `json:"export_id"`
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	TableID   kernel.TableID     `json:"table_id"`
	Name      string             `json:"name"` // of the file
	Ask       ExportAsk          `json:"ask"`
	Rows      int64              `json:"rows,omitempty"` // of the table then
	By        kernel.UserID      `json:"by"`             // whose views and rights it has
}

// ExportProgressed says how many rows have been written.
type ExportProgressed struct {
	ExportID kernel.ExportID `json:"export_id"`
	Rows     int64           `json:"rows"`
}

// ExportFinished says that the file lies in the object store, and until when.
type ExportFinished struct {
	ExportID  kernel.ExportID `json:"export_id"`
	Object    string          `json:"object"`
	Size      int64           `json:"size"` // bytes
	Rows      int64           `json:"rows"`
	ExpiresAt time.Time       `json:"expires_at"`
}

// ExportFailed says that the file can't be made.
type ExportFailed struct {
	ExportID kernel.ExportID `json:"export_id"`
	Reason   string          `json:"reason"`
}

// ExportCancelled says that somebody stopped the export, or threw its file away.
type ExportCancelled struct {
	ExportID kernel.ExportID `json:"export_id"`
}

// ExportExpired says that the file's time was over and it was removed.
type ExportExpired struct {
	ExportID kernel.ExportID `json:"export_id"`
}

// EventType returns the event's type.
func (ExportRequested) EventType() string { return "export.requested.v1" }

// EventType returns the event's type.
func (ExportProgressed) EventType() string { return "export.progressed.v1" }

// EventType returns the event's type.
func (ExportFinished) EventType() string { return "export.finished.v1" }

// EventType returns the event's type.
func (ExportFailed) EventType() string { return "export.failed.v1" }

// EventType returns the event's type.
func (ExportCancelled) EventType() string { return "export.cancelled.v1" }

// EventType returns the event's type.
func (ExportExpired) EventType() string { return "export.expired.v1" }
