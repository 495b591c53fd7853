package backup

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Format is the version of the file's format that this package writes, and the newest that it reads.
const Format = 1

// Header says what a backup was taken of.
type Header struct {
	Format   int              `json:"format"`
	Version  string           `json:"version"` // of the program that wrote it
	TakenAt  time.Time        `json:"taken_at"`
	History  string           `json:"history"`  // that the log was in
	Position int64            `json:"position"` // of the log's last event
	Schemas  map[string]int64 `json:"schemas"`  // the last migration of each
	Tables   []TableColumns   `json:"tables"`
}

// TableColumns is a table and the columns of it that a backup has, in the order of its rows' fields.
type TableColumns struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// Keys are the secrets that what is sealed in the log can't be opened without, in the form of their settings.
type Keys struct {
	Master  string `json:"master"`
	Signing string `json:"signing"`
}

// Manifest is what a whole backup has.
type Manifest struct {
	Tables  []Sum `json:"tables"`
	Objects Sum   `json:"objects"` // Rows of them; the hash is of a line for each, "key bytes hash"
}

// Sum is what a body has in it.
type Sum struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Rows is the number of rows in all tables.
func (m Manifest) Rows() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Bytes is the size of all that is in the tables and objects.
func (m Manifest) Bytes() int64 {
	n := m.Objects.Bytes
	for _, t := range m.Tables {
		n += t.Bytes
	}
	return n
}

// Table is a table of which a backup has rows. Tables come in an order in which they can be filled.
type Table struct {
	Name    string   // with its schema
	Columns []string // empty: all that the table has; otherwise the others are given by the table's defaults
	Where   string   // SQL; empty: all rows
	OrderBy string   // SQL; empty: any order
}

const (
	headerName   = "header.json"
	keysName     = "keys.json"
	manifestName = "manifest.json"
	tablePrefix  = "tables/"
	objectPrefix = "objects/"
)

// Errors of files that are not read.
var (
	// ErrDamaged says that a file is not as it was written.
	ErrDamaged = errors.New("the backup is damaged or was cut off; take another one")
	// ErrPassphrase says that the passphrase isn't that of the file.
	ErrPassphrase = errors.New("the passphrase is not the one that the backup was sealed with")
	// ErrForeign says that a file is no backup.
	ErrForeign = errors.New("the file is not a backup of Morket")
	// ErrNewer says that a later version of the program wrote the file.
	ErrNewer = errors.New("the backup was made by a later version of Morket: restore it with that version")
)

// validate refuses a header that this version could not follow.
func (h Header) validate() error {
	switch {
	case h.Format > Format:
		return fmt.Errorf("%w (its format is %d, this version reads up to %d)", ErrNewer, h.Format, Format)
	case h.Format < 1, h.Position < 0, h.History == "":
		return fmt.Errorf("%w: its header says nothing", ErrDamaged)
	}
	return nil
}

// fits refuses tables that this version does not have, or that it would have to have.
func (h Header) fits(tables []Table) error {
	for _, t := range tables {
		if !slices.ContainsFunc(h.Tables, func(c TableColumns) bool { return c.Table == t.Name }) && h.Format == Format {
			return fmt.Errorf("%w: it has no table %s", ErrDamaged, t.Name)
		}
	}
	for i, c := range h.Tables {
		if !slices.ContainsFunc(tables, func(t Table) bool { return c.Table == t.Name }) {
			return fmt.Errorf("%w (it has the table %s)", ErrNewer, c.Table)
		}
		if slices.ContainsFunc(h.Tables[:i], func(b TableColumns) bool { return b.Table == c.Table }) || len(c.Columns) == 0 {
			return fmt.Errorf("%w: the table %s", ErrDamaged, c.Table)
		}
	}
	return nil
}

func decode(body []byte, what string, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, what, err)
	}
	return nil
}
