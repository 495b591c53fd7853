// Package credit is the ledger of a workspace: the credits brought in, those set aside for runs, the cost of each answer.
// See README.md for its rules.
package credit

import (
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Errors that a caller may see.
func errInsufficient(need, have kernel.Credits) *kernel.Error {
	return kernel.E(kernel.KindPayment, "INSUFFICIENT_CREDITS",
		"this needs %s credits and %s are available; add credits or make the run smaller", need, have)
}

// ErrInsufficient matches every refusal for lack of credits.
func ErrInsufficient() *kernel.Error {
	return kernel.E(kernel.KindPayment, "INSUFFICIENT_CREDITS", "not enough credits")
}

// ErrCapReached matches every refusal because of a cap.
func ErrCapReached() *kernel.Error {
	return kernel.E(kernel.KindPayment, "SPEND_CAP_REACHED", "a spend cap is reached")
}

func errCap(c Cap) *kernel.Error {
	return kernel.E(kernel.KindPayment, "SPEND_CAP_REACHED", "%s is reached; raise it under Credits, or wait for the next period", c)
}

// ErrClosed matches every refusal because the ledger does not prove.
func ErrClosed() *kernel.Error {
	return kernel.E(kernel.KindConflict, "LEDGER_CLOSED", "the ledger is closed")
}

// ClosedBecause is the refusal of a ledger that does not prove.
func ClosedBecause(reason string) *kernel.Error {
	return kernel.E(kernel.KindConflict, "LEDGER_CLOSED",
		"the credit ledger does not prove and is closed for writing (%s); an operator must find out why and open it again", reason)
}

// Account is the ledger of one workspace, folded.
type Account struct {
	kernel.Root
	s    state
	keys Keys
	by   Author
}

// Author is for whom entries are made, and after which event of the ledger's stream.
type Author struct {
	Workspace    kernel.WorkspaceID
	Actor        kernel.Actor
	AfterVersion int64
	After        int64 // its position in the log
}

type state struct {
	chain
	Closed    string                 `json:"closed,omitempty"` // why
	Available kernel.Credits         `json:"available"`
	Reserved  kernel.Credits         `json:"reserved"`
	Spent     kernel.Credits         `json:"spent"`
	Open      map[string]reservation `json:"open"`
	Caps      []Cap                  `json:"caps"`
	Periods   map[Period]spending    `json:"periods"`
}

type reservation struct {
	Run   kernel.RunID   `json:"run"`
	Left  kernel.Credits `json:"left"`
	Spent kernel.Credits `json:"spent"`
	At    time.Time      `json:"at,omitzero"` // of the first entry
}

// spending is what was spent in the period's latest window.
type spending struct {
	Window string         `json:"window"`
	Spent  kernel.Credits `json:"spent"`
}

// NewAccount returns an account without entries, whose entries the keys sign.
func NewAccount(keys Keys) *Account {
	return &Account{keys: keys, s: state{Open: map[string]reservation{}, Periods: map[Period]spending{}}}
}

// Clone returns a copy to try something on. Nothing is pending in it.
func (a *Account) Clone() *Account {
	c := &Account{s: a.s, keys: a.keys}
	c.s.Open, c.s.Periods = maps.Clone(a.s.Open), maps.Clone(a.s.Periods)
	return c
}

// As makes the following entries those of the author.
func (a *Account) As(by Author) *Account {
	a.by = by
	return a
}

// Check reports whether the ledger may be written to by the workspace: it proves, is the workspace's own, and is not closed.
func (a *Account) Check(ws kernel.WorkspaceID) error {
	switch {
	case a.s.Closed != "":
		return ClosedBecause(a.s.Closed)
	case a.s.Workspace != "" && a.s.Workspace != ws:
		return ClosedBecause("it belongs to another workspace")
	case a.s.unsigned() != "":
		return ClosedBecause(a.s.unsigned())
	}
	return nil
}

// Available is what can be reserved. It is never negative.
func (a *Account) Available() kernel.Credits { return a.s.Available }

// Reserved is what is set aside for runs.
func (a *Account) Reserved() kernel.Credits { return a.s.Reserved }

// Balance is available plus reserved.
func (a *Account) Balance() kernel.Credits { return a.s.Available + a.s.Reserved }

// Caps are the spend caps in force.
func (a *Account) Caps() []Cap { return a.s.Caps }

// Head is the hash of the last entry and its number.
func (a *Account) Head() (seq int64, hash string) { return a.s.Seq, a.s.Head }

// Left is what a reservation still holds; false if it is not open.
func (a *Account) Left(reservation string) (kernel.Credits, bool) {
	r, ok := a.s.Open[reservation]
	return r.Left, ok
}

func (a *Account) entry(kind Kind, amount kernel.Credits, at time.Time) Entry {
	actor := a.by.Actor
	return Entry{
		Version: signed, Workspace: a.by.Workspace, Actor: &actor, AfterVersion: a.by.AfterVersion, After: a.by.After,
		Seq: a.s.Seq + 1, Kind: kind, Amount: amount, At: at.UTC().Truncate(time.Microsecond), PrevHash: a.s.Head,
	}
}

func (a *Account) seal(e Entry) Entry {
	e.Key = a.keys.Current()
	e.Hash = e.Sum()
	_, e.MAC = a.keys.sign(macEntry, e.Hash)
	return e
}

// Seal signs the ledger anew if its last entry is signed with another key than the present one, or not at all.
func (a *Account) Seal(at time.Time) error {
	if a.s.Seq == 0 || a.s.Key == a.keys.Current() {
		return nil
	}
	return a.Record(a, Sealed{a.seal(a.entry(KindSeal, 0, at))})
}

// Close refuses everything until the ledger is opened again.
func (a *Account) Close(reason string, at time.Time) error {
	if a.s.Closed != "" {
		return nil
	}
	return a.Record(a, Closed{Reason: reason, At: at.UTC().Truncate(time.Microsecond)})
}

// Reopen opens a closed ledger, which must have been proven before.
func (a *Account) Reopen(note string, at time.Time) error {
	if a.s.Closed == "" {
		return nil
	}
	return a.Record(a, Reopened{Note: note, At: at.UTC().Truncate(time.Microsecond)})
}

// Grant brings credits in. Only an adjustment may be negative, and none may take the available credits below zero.
func (a *Account) Grant(kind Kind, amount kernel.Credits, note string, at time.Time) error {
	switch kind {
	case KindGrant, KindPurchase, KindTrial, KindRefund:
		if amount <= 0 {
			return kernel.Invalid("amount_mc", "must be more than 0")
		}
	case KindAdjustment:
		if amount == 0 {
			return kernel.Invalid("amount_mc", "must not be 0")
		}
	default:
		return kernel.Invalid("kind", "%q brings no credits in", kind)
	}
	const most = 1_000_000_000_000_000 // keeps every sum far inside 64 bits
	if amount > most || a.Balance()+amount > most {
		return kernel.Invalid("amount_mc", "an account holds at most %s credits", kernel.Credits(most))
	}
	if a.s.Available+amount < 0 {
		return errInsufficient(-amount, a.s.Available)
	}
	e := a.entry(kind, amount, at)
	e.Note = note
	return a.Record(a, Granted{a.seal(e)})
}

// Reserve sets credits aside for a run. A reservation of nothing is allowed: a run of free providers has one too.
func (a *Account) Reserve(id string, run kernel.RunID, table kernel.TableID, amount kernel.Credits, at time.Time) error {
	if amount < 0 {
		return kernel.Invalid("amount_mc", "must not be negative")
	}
	if _, dup := a.s.Open[id]; dup {
		return kernel.E(kernel.KindConflict, "RESERVATION_EXISTS", "the reservation %s is open already", id)
	}
	if amount > a.s.Available {
		return errInsufficient(amount, a.s.Available)
	}
	e := a.entry(KindReservation, amount, at)
	e.Reservation, e.Run, e.Table = id, run, table
	return a.Record(a, Reserved{a.seal(e)})
}

// Debit pays for accepted answers out of a reservation, one line per answer. If the reservation holds too little, the
// missing part is reserved from what is available first; if that does not suffice, or a cap stands against it, nothing
// is paid.
func (a *Account) Debit(id string, lines []Line, at time.Time) error {
	r, ok := a.s.Open[id]
	if !ok {
		return kernel.E(kernel.KindConflict, "RESERVATION_CLOSED", "the reservation %s is not open", id)
	}
	var sum kernel.Credits
	for _, l := range lines {
		if l.Amount < 0 {
			return kernel.Invalid("lines", "the price of %s is negative", l.Provider)
		}
		sum += l.Amount
	}
	if len(lines) == 0 {
		return nil
	}
	if c, hit := a.hits(r, sum, at); hit {
		return errCap(c)
	}
	if more := sum - r.Left; more > 0 {
		if more > a.s.Available {
			return errInsufficient(more, a.s.Available)
		}
		top := a.entry(KindReservation, more, at)
		top.Reservation, top.Run, top.Note = id, r.Run, "more than estimated"
		if err := a.Record(a, Reserved{a.seal(top)}); err != nil {
			return err
		}
	}
	e := a.entry(KindDebit, sum, at)
	e.Reservation, e.Run, e.Lines = id, r.Run, lines
	return a.Record(a, Debited{a.seal(e)})
}

// hits returns the cap that spending sum more would break.
func (a *Account) hits(r reservation, sum kernel.Credits, at time.Time) (Cap, bool) {
	for _, c := range a.s.Caps {
		if (c.Scope == ScopeRun || sum > 0) && a.spentUnder(c, r, at)+sum > c.Limit {
			return c, true
		}
	}
	return Cap{}, false
}

// Release closes a reservation and gives back what it still holds. Releasing one that is not open does nothing.
func (a *Account) Release(id string, at time.Time) error {
	r, ok := a.s.Open[id]
	if !ok {
		return nil
	}
	e := a.entry(KindRelease, r.Left, at)
	e.Reservation, e.Run = id, r.Run
	return a.Record(a, Released{a.seal(e)})
}

// SetCaps replaces the caps.
func (a *Account) SetCaps(caps []Cap) error {
	seen := map[string]bool{}
	for _, c := range caps {
		if err := c.Validate(); err != nil {
			return err
		}
		k := string(c.Scope) + "/" + string(c.Period)
		if seen[k] {
			return kernel.Invalid("caps", "%s is given twice", k)
		}
		seen[k] = true
	}
	return a.Record(a, CapsSet{Caps: caps})
}

// Apply implements kernel.Aggregate.
func (a *Account) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case Granted:
		a.s.Available += e.Amount
		return a.chain(e.Entry)
	case Reserved:
		a.s.Available -= e.Amount
		a.s.Reserved += e.Amount
		r := a.s.Open[e.Reservation]
		if r.Run, r.Left = e.Run, r.Left+e.Amount; r.At.IsZero() {
			r.At = e.At
		}
		a.s.Open[e.Reservation] = r
		return a.chain(e.Entry)
	case Debited:
		a.s.Reserved -= e.Amount
		a.s.Spent += e.Amount
		r := a.s.Open[e.Reservation]
		r.Left, r.Spent = r.Left-e.Amount, r.Spent+e.Amount
		a.s.Open[e.Reservation] = r
		a.spend(e.Entry)
		return a.chain(e.Entry)
	case Released:
		a.s.Reserved -= e.Amount
		a.s.Available += e.Amount
		delete(a.s.Open, e.Reservation)
		return a.chain(e.Entry)
	case Sealed:
		return a.chain(e.Entry)
	case Closed:
		a.s.Closed = e.Reason
		return nil
	case Reopened:
		a.s.Closed = ""
		return nil
	case CapsSet:
		a.s.Caps = e.Caps
		return nil
	default:
		return kernel.UnknownEvent("credit account", e)
	}
}

// spend counts an entry in its periods. A period never goes back: what a process writes whose clock is behind counts in the one that has
// begun, or the two of them would reset each other's caps.
func (a *Account) spend(e Entry) {
	for _, p := range []Period{PeriodDay, PeriodWeek, PeriodMonth} {
		w, cur := p.window(e.At), a.s.Periods[p]
		if w > cur.Window {
			cur = spending{Window: w}
		}
		cur.Spent += e.Amount
		a.s.Periods[p] = cur
	}
}

// chain checks that the entry continues the ledger and that nothing went below zero: a ledger that doesn't add up must
// not be used.
func (a *Account) chain(e Entry) error {
	if reason := a.s.next(a.keys, e); reason != "" {
		return &BrokenError{e.Seq, reason}
	}
	if a.s.Available < 0 || a.s.Reserved < 0 {
		return &BrokenError{e.Seq, "it takes the account below zero"}
	}
	return nil
}

// SnapshotSchema implements eventstore.Snapshotter.
func (a *Account) SnapshotSchema() int { return 2 }

// snapshot is a signed state: what is in the database must not be believed because it is there.
type snapshot struct {
	State json.RawMessage `json:"state"`
	Key   string          `json:"key"`
	MAC   string          `json:"mac"`
}

// MarshalState implements eventstore.Snapshotter.
func (a *Account) MarshalState() (json.RawMessage, error) {
	text, err := json.Marshal(a.s)
	if err != nil {
		return nil, err
	}
	kept := snapshot{State: text}
	kept.Key, kept.MAC = a.keys.sign(macSnapshot, string(text))
	return json.Marshal(kept)
}

// UnmarshalState implements eventstore.Snapshotter.
func (a *Account) UnmarshalState(b json.RawMessage) error {
	var kept snapshot
	if err := json.Unmarshal(b, &kept); err != nil {
		return err
	}
	if _, ok := a.keys.check(kept.Key, kept.MAC, macSnapshot, string(kept.State)); !ok {
		return errors.New("the snapshot is not signed with a known key")
	}
	if err := json.Unmarshal(kept.State, &a.s); err != nil {
		return err
	}
	if a.s.Open == nil {
		a.s.Open = map[string]reservation{}
	}
	if a.s.Periods == nil {
		a.s.Periods = map[Period]spending{}
	}
	return nil
}
