package dataops

import (
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Summary is what the outside sees of an import.
type Summary struct {
	ID         kernel.ImportID `json:"id"`
	State      State           `json:"state" enum:"uploaded,previewed,importing,completed,partially_completed,failed,cancelled,undone"`
	Filename   string          `json:"filename"`
	Size       int64           `json:"size" doc:"Bytes."`
	TableID    kernel.TableID  `json:"table_id,omitempty"`
	CopyOf     kernel.TableID  `json:"copy_of,omitempty" doc:"The table that is copied: then there is no file, and filename is the table's name."`
	Detected   Reading         `json:"detected"`
	Columns    []FileColumn    `json:"columns"`
	Preview    [][]string      `json:"preview" doc:"The first records, without the header. Long values are shortened."`
	FileRows   int64           `json:"file_rows" doc:"Records of the file, after the header."`
	Notices    []Notice        `json:"notices" doc:"What should be known of the file before it is imported."`
	Sheets     []Sheet         `json:"sheets,omitempty" doc:"Of a workbook: choose one in preview. detected.sheet is the one that is read."`
	Encodings  []Guess         `json:"encodings,omitempty" doc:"Encodings that the file may be in, the likeliest first, with how some of its lines would read."`
	Unsure     bool            `json:"unsure,omitempty" doc:"The encoding is not certain: choose one in preview before commit."`
	Escaped    bool            `json:"escaped_formulas,omitempty" doc:"Apostrophes protect formulas, as in an export; commit takes them away unless told otherwise."`
	LeftOut    []string        `json:"left_out,omitempty" doc:"Columns of the file that go nowhere."`
	Counts     Counts          `json:"counts"`
	Progress   float64         `json:"progress" doc:"0 to 1."`
	Undoing    bool            `json:"undoing,omitempty" doc:"The rows are being taken out of the table again."`
	Undo       *UndoCounts     `json:"undo,omitempty"`
	WaitingFor string          `json:"waiting_for,omitempty" doc:"What the import waits for, for example temporal."`
	Error      string          `json:"error,omitempty"`
	CreatedAt  time.Time       `json:"created_at"`
	FinishedAt *time.Time      `json:"finished_at,omitempty"`
	// Uploader is the kind and id of the uploader; empty for files from before that was recorded.
	Uploader string `json:"-"`
}

// Summary returns what the outside sees of the import. The time of creation is that of its id.
func (i *Import) Summary() Summary {
	s := Summary{
		ID:        i.ID,
		State:     i.State,
		Filename:  i.Filename,
		Size:      i.Size,
		TableID:   i.TableID,
		CopyOf:    i.CopyOf,
		Detected:  i.Reading,
		Columns:   i.Columns,
		Preview:   i.Preview,
		Counts:    i.Counts,
		Progress:  i.Progress(),
		Undoing:   i.Undoing,
		Error:     i.Reason,
		Uploader:  i.Uploader,
		FileRows:  i.Facts.Rows,
		Notices:   i.Facts.Notices,
		Sheets:    i.Facts.Sheets,
		Encodings: i.Guesses,
		Unsure:    i.Unsure,
		Escaped:   i.Facts.Escaped,
		LeftOut:   i.LeftOut(),
	}
	if s.Notices == nil {
		s.Notices = []Notice{}
	}
	if s.Columns == nil {
		s.Columns = []FileColumn{}
	}
	if s.Preview == nil {
		s.Preview = [][]string{}
	}
	if i.Undoing || i.State == StateUndone {
		s.Undo = newUndoCounts(i.Removed, i.Reverted, i.Kept, i.KeptBy, i.UndoReason)
	}
	if at, err := kernel.IDTime(string(i.ID)); err == nil {
		s.CreatedAt = at.UTC()
	}
	return s
}
