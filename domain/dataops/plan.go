package dataops

import (
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Format is the kind of a file.
type Format string

// The formats that can be imported. TSV is CSV with a tab for delimiter.
const (
	CSV   Format = "csv"
	JSONL Format = "jsonl"
)

// Encoding is how a file's bytes stand for characters.
type Encoding string

// The encodings that can be read. A byte order mark is skipped under any of them.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252"
)

// Reading says how to read a file.
type Reading struct {
	Format    Format   `json:"format"`
	Encoding  Encoding `json:"encoding"`
	Delimiter string   `json:"delimiter,omitempty"` // of CSV: one character
	Header    bool     `json:"header"`              // the first record holds the columns' names
}

// FileColumn is a column of the file as the preview shows it. Of JSON Lines, a column is a key of the objects.
type FileColumn struct {
	Index           int             `json:"index"`
	Name            string          `json:"name"`
	SuggestedType   string          `json:"suggested_type"`
	SuggestedColumn kernel.ColumnID `json:"suggested_column,omitempty"`
	Key             string          `json:"key,omitempty"` // of JSON Lines, as it is in the objects
	Samples         []string        `json:"samples"`
}

// Mode says what happens to a row that the table has already.
type Mode string

// The modes.
const (
	Append Mode = "append" // every record becomes a new row
	Upsert Mode = "upsert" // a record whose key columns equal a row's changes that row
)

// Target says which table column takes a column of the file.
type Target struct {
	Index    int             `json:"index"`
	Name     string          `json:"name"` // of the file's column; of JSON Lines the key
	ColumnID kernel.ColumnID `json:"column_id"`
	// NewOptions adds options that a select column doesn't have yet, whatever the plan says: the column was made for this file.
	NewOptions bool `json:"new_options,omitempty"`
}

// Plan is what somebody decided to import, and how.
type Plan struct {
	Reading          Reading           `json:"reading"`
	Targets          []Target          `json:"targets"`
	Width            int               `json:"width"` // how many fields a CSV record has
	Mode             Mode              `json:"mode"`
	KeyColumns       []kernel.ColumnID `json:"key_columns,omitempty"`
	UnescapeFormulas bool              `json:"unescape_formulas,omitempty"`
	CreateOptions    bool              `json:"create_options,omitempty"`
}

// Counts says what became of a file's records so far. Lines counts the file's lines, of which a record may have several.
type Counts struct {
	Lines    int64 `json:"lines"`
	Rows     int64 `json:"rows"`     // records read
	Imported int64 `json:"imported"` // rows added
	Updated  int64 `json:"updated"`  // rows changed
	Skipped  int64 `json:"skipped"`  // records that said nothing new: blank, unchanged, or replaced by a later one
	Failed   int64 `json:"failed"`   // records that could not be taken
	Problems int64 `json:"problems"` // lines of the errors file
}

// Problem is one line of the errors file. Value is shortened to MaxProblemValue characters.
type Problem struct {
	Line   int64  `json:"line"`             // where the record begins, from 1
	Column string `json:"column,omitempty"` // of the file; empty when it is about the whole record
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason"`
	// Kept says that the row was imported all the same, without this value.
	Kept bool `json:"kept,omitempty"`
}

// MaxProblemValue is how many characters of a value a Problem shows.
const MaxProblemValue = 200

// Check says what is wrong with the reading.
func (r Reading) Check() error {
	switch r.Encoding {
	case UTF8, UTF16LE, UTF16BE, Windows1252:
	default:
		return kernel.Invalid("encoding", "%q is not utf-8, utf-16le, utf-16be or windows-1252", r.Encoding)
	}
	switch r.Format {
	case JSONL:
		return nil
	case CSV:
		if len(r.Delimiter) != 1 || r.Delimiter[0] >= utf8.RuneSelf || strings.ContainsAny(r.Delimiter, "\"\r\n\x00") {
			return kernel.Invalid("delimiter", "%q is not one plain character", r.Delimiter)
		}
		return nil
	default:
		return kernel.Invalid("format", "%q is not csv or jsonl", r.Format)
	}
}
