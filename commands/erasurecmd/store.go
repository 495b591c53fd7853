package erasurecmd

import (
	"context"
	"time"

	"github.com/morket/morket/domain/erasure"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Store is a place that may hold something of a person. Every place has one, or says why it holds nothing: a test misses it otherwise.
type Store interface {
	// Place names it for people.
	Place() string
	// Erase erases what the place holds, and says how much that was. Doing it again is harmless.
	Erase(ctx context.Context, s *Search) (int64, error)
	// Verify says how much the place still holds.
	Verify(ctx context.Context, s *Search) (int64, error)
}

// Search is what is looked for. It is not safe for concurrent use.
type Search struct {
	Workspace kernel.WorkspaceID
	Erasure   kernel.ErasureID
	By        int64     // position of the event that has ordered it; 0 while it is only looked
	Since     time.Time // when that was
	Actor     kernel.Actor
	Rows      []erasure.Rows
	Match     *erasure.Matcher
	Hash      erasure.Hash

	rows  map[kernel.RowID]bool
	alive func(doing string)
	noted func(text string) // is told what mentions the person, of an export; nil: nobody asks
}

// Has reports whether the row is one that the erasure is about.
func (s *Search) Has(row kernel.RowID) bool { return s.rows[row] }

// Mentions reports whether a text has one of the addresses or numbers. While it is exported what is held it notes the text and answers
// false, so that the caller goes on behind it.
func (s *Search) Mentions(text string) bool {
	found := s.Match.MentionsEscaped(text)
	if found && s.noted != nil {
		s.noted(text)
		return false
	}
	return found
}

// Alive tells that the work goes on, and with what.
func (s *Search) Alive(doing string) { s.alive(doing) }

// Log is the log as erasures need it.
type Log interface {
	eventstore.Store
	eventstore.WorkspaceReader
	eventstore.Redactor
}

// Keys hashes and signs under keys that are not in the database in the clear.
type Keys interface {
	Sealer
	Hash(ctx context.Context, subject string) (func(data []byte) []byte, error)
	Sign(ctx context.Context, subject string, data []byte) (signature, public []byte, err error)
}

// Backup is a backup that still holds what was erased.
type Backup struct {
	Name      string    `json:"name"`
	TakenAt   time.Time `json:"taken_at"`
	ExpiresAt time.Time `json:"expires_at"` // when the settings have it removed, if further backups are taken
}

// Backups tells of the backups that are kept. It may have none.
type Backups interface {
	Kept(ctx context.Context) ([]Backup, error)
}

// hashSubject is whose key names the persons of a workspace's erasures, and signSubject whose key signs the installation's certificates.
func hashSubject(ws kernel.WorkspaceID) string { return "erasures/" + string(ws) }

const signSubject = "certificates"
