package creditview

import (
	"time"

	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// Filter picks transactions; zero fields pick all.
type Filter struct {
	Kind     credit.Kind
	From, To time.Time
	Run      kernel.RunID
	Before   int64 // only entries with a smaller number
	Limit    int   // 0 is all
}

// Line is a debit line with the entry that holds it.
type Line struct {
	credit.Line
	Seq   int64
	Index int
	Run   kernel.RunID
	Hash  string // of the entry
	At    time.Time
	// Position is that of the entry in the log.
	Position int64
}

// Listed is an entry as the read model has it.
type Listed struct {
	Transaction
	LineCount int
}
