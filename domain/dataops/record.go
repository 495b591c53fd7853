package dataops

import "io"

// Record is one record of a file. Its slices are good until the next one is read.
type Record struct {
	Line   int64    // where it begins, from 1
	Fields [][]byte // of CSV the text; of other formats each value's JSON, nil for a key that the object lacks
	Next   Mark     // where the following record begins

	// Problem says why the record cannot be taken; Excerpt shows the beginning of the record. Fields is empty if it could not be cut
	// into fields.
	Problem string
	Excerpt string
	// Surplus are the fields beyond the width that are not empty; Problem tells of them.
	Surplus [][]byte
	// Notice says what is strange in a record that was taken all the same.
	Notice string
	// Unknown names keys of a JSON object that no column stands for, each only once in a file.
	Unknown []string
}

// Limits of a file and what is in it.
const (
	MaxFileBytes   = 1 << 30   // of an upload
	MaxFieldBytes  = 64 << 10  // of one field
	MaxRecordBytes = 4 << 20   // of one record
	MaxFields      = 20_000    // of one record of CSV; more than any spreadsheet has
	MaxColumns     = 1000      // of a file; a table takes fewer
	MaxTableRows   = 1_000_000 // of a table
	MaxHeaderLine  = 1000      // the line on which a table begins
	PreviewRows    = 10
	SampleRows     = 1000 // looked at to suggest types
)

// Shorten cuts a text to MaxProblemValue characters.
func Shorten(s string) string {
	n := 0
	for i := range s {
		if n++; n > MaxProblemValue {
			return s[:i] + "…"
		}
	}
	return s
}

// ReadOptions says how to read a file.
type ReadOptions struct {
	Reading Reading
	// From is where to start: the zero Mark, or a Record's Next. The source must stand there already.
	From Mark
	// Width is how many fields a CSV record has; 0 takes any number. A shorter record is filled with empty fields, a longer
	// one is a problem.
	Width int
	// Keys are those of JSON Lines that become fields, in this order.
	Keys []string
	// OnlyKeys reads nothing of JSON Lines but which keys there are, in Record.Unknown.
	OnlyKeys bool
}

// Records reads a file.
type Records interface {
	// Next returns the next record or io.EOF. Records that are broken come with a Problem; an error is one of the source.
	Next() (Record, error)
}

// Observer is a Records that meets things which the importer of the file should know before.
type Observer interface {
	// Notices tells of what has been met so far.
	Notices() []Notice
}

// Inspector is written a whole file and then tells what it is.
type Inspector interface {
	io.Writer
	// Detect tells how to read the file. Its error is one that the uploader may see: the file cannot be imported.
	Detect(filename string) (Detection, error)
}

// Object is a file in the object store.
type Object struct {
	Key    string
	Size   int64
	SHA256 string // hexadecimal
}

// TooManyFields is the problem of a record of CSV with more than MaxFields.
const TooManyFields = "has more than 20,000 fields"
