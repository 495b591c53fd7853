package credit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Kind is the kind of a ledger entry.
type Kind string

// The kinds. Grants, purchases, trials, refunds and adjustments bring credits in; a reservation sets some aside for a
// run; a debit pays for accepted answers out of a reservation; a release gives back what a run did not need.
const (
	KindGrant       Kind = "grant"
	KindPurchase    Kind = "purchase"
	KindTrial       Kind = "trial"
	KindRefund      Kind = "refund"
	KindAdjustment  Kind = "adjustment"
	KindExpiry      Kind = "expiry"
	KindReservation Kind = "reservation"
	KindDebit       Kind = "debit"
	KindRelease     Kind = "release"
	// KindSeal moves nothing: it signs the ledger anew when the key has been changed.
	KindSeal Kind = "seal"
)

// Line is what one accepted answer cost. AnswerHash is the SHA-256 of the answer's event entry, so a debit can be traced
// to what earned it.
type Line struct {
	Row        kernel.RowID    `json:"row_id"`
	Column     kernel.ColumnID `json:"column_id"`
	Provider   string          `json:"provider"`
	Attempt    int             `json:"attempt"`
	Amount     kernel.Credits  `json:"amount_mc"`
	AnswerHash string          `json:"answer_hash"`
}

// Entry is one line of the ledger. Amount is positive for what moves; which way follows from the kind (an adjustment may be negative).
// Entries are chained: Hash covers the entry and the hash before it, and MAC signs the hash with a key that is not in the database.
// Workspace and Actor are those of the append, so that neither can be exchanged. AfterVersion and After name an event of the ledger's
// stream that was in the log when this entry was decided, and its position: an entry's own position is given only when it is appended.
type Entry struct {
	Version      int                `json:"v,omitempty"` // 0: not signed, of a release before signing
	Workspace    kernel.WorkspaceID `json:"workspace_id,omitempty"`
	Actor        *kernel.Actor      `json:"actor,omitempty"`
	AfterVersion int64              `json:"after_version,omitempty"`
	After        int64              `json:"after_position,omitempty"`
	Key          string             `json:"key,omitempty"` // the id of the key
	MAC          string             `json:"mac,omitempty"` // HMAC-SHA-256 of the hash, in hex

	Seq         int64          `json:"seq"`
	Kind        Kind           `json:"kind"`
	Amount      kernel.Credits `json:"amount_mc"`
	Reservation string         `json:"reservation_id,omitempty"`
	Run         kernel.RunID   `json:"run_id,omitempty"`
	Table       kernel.TableID `json:"table_id,omitempty"`
	Lines       []Line         `json:"lines,omitempty"`
	Note        string         `json:"note,omitempty"`
	At          time.Time      `json:"at"`
	PrevHash    string         `json:"prev_hash"`
	Hash        string         `json:"hash"`
}

// Sum computes the hash that the entry must have: SHA-256 over its JSON without Hash and MAC.
func (e Entry) Sum() string {
	e.Hash, e.MAC = "", ""
	b, err := json.Marshal(e)
	if err != nil { // strings, integers and a time always marshal
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Posting is one side of an entry in double-entry form.
type Posting struct {
	Account string
	Amount  kernel.Credits
}

// The ledger's accounts.
const (
	AccountOutside   = "outside"   // where credits come from
	AccountAvailable = "available" // free to reserve
	AccountReserved  = "reserved"  // set aside for runs
	AccountSpent     = "spent"     // paid for answers
)

// Postings returns the entry's two sides; they always sum to zero.
func (e Entry) Postings() [2]Posting {
	from, to := AccountOutside, AccountAvailable
	switch e.Kind {
	case KindReservation:
		from, to = AccountAvailable, AccountReserved
	case KindDebit:
		from, to = AccountReserved, AccountSpent
	case KindRelease:
		from, to = AccountReserved, AccountAvailable
	case KindExpiry:
		from, to = AccountAvailable, AccountOutside
	case KindGrant, KindPurchase, KindTrial, KindRefund, KindAdjustment, KindSeal:
	}
	return [2]Posting{{from, -e.Amount}, {to, e.Amount}}
}

// Granted brings credits in: a grant, purchase, trial, refund or adjustment.
type Granted struct{ Entry }

// Reserved sets credits aside for a run.
type Reserved struct{ Entry }

// Debited pays for accepted answers out of a reservation.
type Debited struct{ Entry }

// Released gives the rest of a reservation back; the reservation is closed.
type Released struct{ Entry }

// CapsSet replaces the workspace's spend caps.
type CapsSet struct {
	Caps []Cap `json:"caps"`
}

// Sealed signs the ledger anew under another key. It moves nothing.
type Sealed struct{ Entry }

// Closed says that the ledger did not prove. Nothing is written to it until it is opened again.
type Closed struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Reopened says that the ledger proves again, and what an operator found.
type Reopened struct {
	Note string    `json:"note"`
	At   time.Time `json:"at"`
}

// HeadSigned is a witness of how far a ledger had come, in a stream of its own and in everything that follows the log: a ledger that
// was cut or exchanged later no longer holds it.
type HeadSigned struct {
	Workspace kernel.WorkspaceID `json:"workspace_id"`
	Seq       int64              `json:"seq"`
	Hash      string             `json:"hash"`
	Position  int64              `json:"position"` // of the entry in the log
	Available kernel.Credits     `json:"available_mc"`
	Reserved  kernel.Credits     `json:"reserved_mc"`
	At        time.Time          `json:"at"`
	Key       string             `json:"key"`
	MAC       string             `json:"mac"`
}

// EventType names the event.
func (Sealed) EventType() string { return "credit.sealed.v1" }

// EventType names the event.
func (Closed) EventType() string { return "credit.closed.v1" }

// EventType names the event.
func (Reopened) EventType() string { return "credit.reopened.v1" }

// EventType names the event.
func (HeadSigned) EventType() string { return "ledger.head_signed.v1" }

// EventType names the event.
func (Granted) EventType() string { return "credit.granted.v1" }

// EventType names the event.
func (Reserved) EventType() string { return "credit.reserved.v1" }

// EventType names the event.
func (Debited) EventType() string { return "credit.debited.v1" }

// EventType names the event.
func (Released) EventType() string { return "credit.released.v1" }

// EventType names the event.
func (CapsSet) EventType() string { return "credit.caps_set.v1" }

// Entries lists the events that are entries of the ledger.
func Entries() []kernel.Event {
	return []kernel.Event{Granted{}, Reserved{}, Debited{}, Released{}, Sealed{}}
}

// Events lists the module's events.
func Events() []kernel.Event {
	return append(Entries(), CapsSet{}, Closed{}, Reopened{}, HeadSigned{})
}
