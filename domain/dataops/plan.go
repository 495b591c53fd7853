package dataops

import (
	"slices"
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
	JSON  Format = "json" // a document: an array of objects
	XLSX  Format = "xlsx" // a workbook, of which one sheet is read
)

// Keyed reports whether the file's columns are the keys of objects. Otherwise they are the fields of each record, and its first one may
// name them.
func (f Format) Keyed() bool { return f == JSONL || f == JSON }

// Typed reports whether the fields of the file's records are JSON values, which say whether they are texts or numbers. Otherwise they are
// texts.
func (f Format) Typed() bool { return f != CSV }

// Encoding is how a file's bytes stand for characters.
type Encoding string

// Encodings that the code names. A byte order mark is skipped under any of them.
const (
	UTF8        Encoding = "utf-8"
	UTF16LE     Encoding = "utf-16le"
	UTF16BE     Encoding = "utf-16be"
	Windows1252 Encoding = "windows-1252"
)

// Encodings lists those that can be read, by the names of the WHATWG Encoding Standard (IBM's code pages by IANA's), the usual ones first.
// ISO-8859-1 is read as windows-1252, which has all of its characters.
func Encodings() []Encoding {
	return []Encoding{
		UTF8, UTF16LE, UTF16BE, Windows1252, "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255", "windows-1256",
		"windows-1257", "windows-1258", "windows-874", "iso-8859-2", "iso-8859-3", "iso-8859-4", "iso-8859-5", "iso-8859-6", "iso-8859-7",
		"iso-8859-8", "iso-8859-10", "iso-8859-13", "iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r", "koi8-u", "macintosh",
		"x-mac-cyrillic", "ibm437", "ibm850", "ibm852", "ibm866", "shift_jis", "euc-jp", "gbk", "gb18030", "big5", "euc-kr",
	}
}

// Known is the encoding by one of its names, in any case.
func (e Encoding) Known() (Encoding, bool) {
	name := Encoding(strings.ToLower(string(e)))
	for alias, of := range map[Encoding]Encoding{
		"iso-8859-1":  Windows1252,
		"latin1":      Windows1252,
		"us-ascii":    UTF8,
		"utf8":        UTF8,
		"cp1252":      Windows1252,
		"iso-8859-9":  "windows-1254",
		"shift-jis":   "shift_jis",
		"sjis":        "shift_jis",
		"gb2312":      "gbk",
		"mac-roman":   "macintosh",
		"x-mac-roman": "macintosh",
		"cp437":       "ibm437",
		"cp850":       "ibm850",
		"cp852":       "ibm852",
		"cp866":       "ibm866",
		"cp1250":      "windows-1250",
		"cp1251":      "windows-1251",
	} {
		if name == alias {
			return of, true
		}
	}
	return name, slices.Contains(Encodings(), name)
}

// Reading says how to read a file.
type Reading struct {
	Format    Format   `json:"format"`
	Encoding  Encoding `json:"encoding"`
	Delimiter string   `json:"delimiter,omitempty"` // of CSV: one character
	Header    bool     `json:"header"`              // the first record holds the columns' names
	// HeaderLine is the line, from 1, on which the table begins: its header or, without one, its first record. What is above is left out.
	// 0 is the file's first record.
	HeaderLine int64 `json:"header_line,omitempty"`
	// Sheet is the name of the workbook's sheet that is read.
	Sheet string `json:"sheet,omitempty"`
	// Escape is how a quote stands in quotes: doubled when it is empty, or after a backslash, as MySQL writes it.
	Escape string `json:"escape,omitempty"`
}

// Offset is where in the file the reading of what follows the mark begins. A workbook is read from its beginning: the mark's line is a row
// of the sheet.
func (r Reading) Offset(m Mark) int64 {
	if r.Format == XLSX {
		return 0
	}
	return m.Offset
}

// OneColumn is the delimiter of a file that has none: the unit separator, which stands in no text.
const OneColumn = "\x1f"

// Backslash is the other value of Reading.Escape.
const Backslash = "\\"

// Guess is an encoding that a file may be in, and how its first lines with other than plain letters would read then.
type Guess struct {
	Encoding Encoding `json:"encoding"`
	Samples  []string `json:"samples"`
}

// Sheet is a sheet of a workbook.
type Sheet struct {
	Name   string `json:"name"`
	Hidden bool   `json:"hidden,omitempty"`
}

// Notice tells something about a file that its importer should know before.
type Notice struct {
	Code    string `json:"code" doc:"For programs, for example title_lines or encoding_unsure."`
	Message string `json:"message"`
	Ask     bool   `json:"ask,omitempty" doc:"The import does not begin before this was decided."`
}

// Codes of notices.
const (
	NoticeEncodingUnsure = "encoding_unsure"
	NoticeEncodingMark   = "encoding_mark"
	NoticeEncodingMixed  = "encoding_mixed"
	NoticeTitleLines     = "title_lines"
	NoticeNames          = "column_names"
	NoticeEmptyColumns   = "empty_columns"
	NoticeSurplus        = "surplus_fields"
	NoticeBrokenRecords  = "broken_records"
	NoticeFormulas       = "escaped_formulas"
	NoticeTooManyColumns = "too_many_columns"
	NoticeNoRows         = "no_rows"
	NoticeSheets         = "sheets"
	NoticeHidden         = "hidden_rows"
	NoticeMerged         = "merged_cells"
	NoticeErrorCells     = "error_cells"
	NoticeNoResults      = "formulas_without_results"
)

// Detection is what a file seems to be.
type Detection struct {
	Reading Reading
	Guesses []Guess // of a file that is not UTF-8 or UTF-16, the likeliest first
	Unsure  bool    // somebody has to choose the encoding
	Notices []Notice
	Sheets  []Sheet // of a workbook
}

// Facts are what a look through the whole file has found.
type Facts struct {
	Rows    int64    `json:"rows"`              // records after the header, blank ones not counted
	Escaped bool     `json:"escaped,omitempty"` // apostrophes protect formulas, as in an export
	Notices []Notice `json:"notices,omitempty"`
	Sheets  []Sheet  `json:"sheets,omitempty"` // of a workbook
}

// Form says how a column's numbers and dates are written; an empty member is not decided. Its members are those of a table column's form.
type Form struct {
	Decimal   string `json:"decimal,omitempty" enum:"point,comma" doc:"What stands before the fraction of a number."`
	DateOrder string `json:"date_order,omitempty" enum:"dmy,mdy,ymd" doc:"The order of a date's day, month and year."`
	Zone      string `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name of the zone of times without one; the workspace's if absent."`
}

// What a column's values may leave open of its form.
const (
	OpenDecimal   = "decimal"
	OpenDateOrder = "date_order"
)

// Word is a text that may stand for an empty cell, such as N/A.
type Word struct {
	Text  string `json:"text"`
	Count int64  `json:"count"`
}

// FileColumn is a column of the file as the preview shows it. Of JSON Lines, a column is a key of the objects.
type FileColumn struct {
	Index           int             `json:"index"`
	Name            string          `json:"name" doc:"Fit for a table's column."`
	Header          string          `json:"header,omitempty" doc:"The name in the file, where it is another."`
	SuggestedType   string          `json:"suggested_type" doc:"By all values of the file."`
	SuggestedColumn kernel.ColumnID `json:"suggested_column,omitempty"`
	SuggestSkip     bool            `json:"suggest_skip,omitempty" doc:"Nothing to import: it is empty, or says what was wrong in an errors file."`
	Key             string          `json:"key,omitempty"` // of JSON Lines, as it is in the objects
	Samples         []string        `json:"samples"`
	Form            *Form           `json:"form,omitempty" doc:"How numbers and dates are written, by all values."`
	Open            []string        `json:"open,omitempty" doc:"What the values leave open of the form: decimal, date_order."`
	Currency        string          `json:"currency,omitempty"`
	Decimals        *int            `json:"decimals,omitempty"`
	EmptyWords      []Word          `json:"empty_words,omitempty" doc:"Texts among typed values that mean an empty cell; commit takes them so unless told otherwise."`
}

// Mode says what happens to a row that the table has already.
type Mode string

// The modes.
const (
	Append Mode = "append" // every record becomes a new row
	Upsert Mode = "upsert" // a record whose key columns equal a row's changes that row
	// AddNew leaves out a record whose key columns equal a row's, or an earlier record's. One without a key becomes a new row.
	AddNew Mode = "add_new"
)

// Keyed reports whether rows are looked up by their key columns.
func (m Mode) Keyed() bool { return m == Upsert || m == AddNew }

// Target says which table column takes a column of the file.
type Target struct {
	Index    int             `json:"index"`
	Name     string          `json:"name"` // of the file's column; of JSON Lines the key
	ColumnID kernel.ColumnID `json:"column_id"`
	// NewOptions adds options that a select column doesn't have yet, also against the plan: the column was made for this file.
	NewOptions bool `json:"new_options,omitempty"`
	// Form is how the file writes the column's values, where the table's column has no form or another.
	Form *Form `json:"form,omitempty"`
	// Empty are texts, in lower case, that mean an empty cell.
	Empty []string `json:"empty,omitempty"`
	// From is where the values come from, of an import that copies a table.
	From *From `json:"from,omitempty"`
}

// From is the column of the copied table whose values a target takes, and its type at the time.
type From struct {
	ColumnID kernel.ColumnID `json:"column_id"`
	Type     string          `json:"type"`
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
	// KeepRows takes a row with a value that its column can't take, without that value. Otherwise the row is left out.
	KeepRows bool `json:"keep_rows,omitempty"`
	// Trashed are columns of the table, empty then, that went into the trash because the file doesn't fill them.
	Trashed []kernel.ColumnID `json:"trashed,omitempty"`
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
	// Row is the record as the file has it, on the first of its problems.
	Row []string `json:"row,omitempty"`
}

// ErrorColumns are what an errors file has beside the columns of the file. When it is imported again, they are left out.
func ErrorColumns() []string { return []string{"import_line", "import_result", "import_problem"} }

// MaxProblemValue is how many characters of a value a Problem shows.
const MaxProblemValue = 200

// Choice is how a file is read by somebody's word; what is nil stays as it was found.
type Choice struct {
	Format     *Format
	Encoding   *Encoding // chosen, which makes it certain
	Delimiter  *string
	Header     *bool
	HeaderLine *int64
	Escape     *string
	Sheet      *string
}

// Choose applies a choice, and says what is wrong with it.
func (r Reading) Choose(c Choice) (Reading, error) {
	if c.Format != nil {
		if *c.Format != r.Format && (*c.Format == XLSX || r.Format == XLSX) {
			return r, kernel.Invalid("format", "a workbook can't be read as another format, nor another file as a workbook")
		}
		r.Format = *c.Format
	}
	if r.Format == CSV && r.Delimiter == "" {
		r.Delimiter = ","
	}
	if c.Encoding != nil {
		known, ok := c.Encoding.Known()
		if r.Encoding = known; !ok {
			r.Encoding = *c.Encoding
		}
	}
	if c.HeaderLine != nil {
		r.HeaderLine = *c.HeaderLine
	}
	if c.Escape != nil {
		r.Escape = *c.Escape
	}
	if c.Delimiter != nil {
		r.Delimiter = *c.Delimiter
	}
	if c.Header != nil {
		r.Header = *c.Header
	}
	if c.Sheet != nil {
		r.Sheet = *c.Sheet
	}
	return r, r.Check()
}

// Check says what is wrong with the reading.
func (r Reading) Check() error {
	if _, ok := r.Encoding.Known(); !ok {
		return kernel.Invalid("encoding", "%q is no encoding that can be read; write for example utf-8, windows-1252 or shift_jis", r.Encoding)
	}
	if r.HeaderLine < 0 || r.HeaderLine > MaxHeaderLine {
		return kernel.Invalid("header_line", "choose a line from 1 to %d", MaxHeaderLine)
	}
	if r.Escape != "" && r.Escape != Backslash {
		return kernel.Invalid("escape", "a quote in quotes is doubled or after a backslash")
	}
	switch r.Format {
	case JSONL, JSON, XLSX:
		return nil
	case CSV:
		if len(r.Delimiter) != 1 || r.Delimiter[0] >= utf8.RuneSelf || strings.ContainsAny(r.Delimiter, "\"\r\n\x00") {
			return kernel.Invalid("delimiter", "%q is not one plain character", r.Delimiter)
		}
		return nil
	default:
		return kernel.Invalid("format", "%q is not csv, jsonl, json or xlsx", r.Format)
	}
}
