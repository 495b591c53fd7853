package credit

import (
	"fmt"
	"strconv"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Proof checks a ledger entry by entry, in order, in memory that does not grow with it: numbers without a gap, an unbroken chain of
// hashes that are signed, the workspace, the actors and the positions that the signatures name, postings that balance, no account
// below zero at any time, and everything that is known of the ledger from elsewhere: signed heads, an expected entry, the balance
// that is shown.
type Proof struct {
	Entries   int64          `json:"entries"`
	HeadSeq   int64          `json:"head_seq"`
	HeadHash  string         `json:"head_hash"`
	Available kernel.Credits `json:"available_mc"`
	Reserved  kernel.Credits `json:"reserved_mc"`
	Spent     kernel.Credits `json:"spent_mc"`
	Brought   kernel.Credits `json:"brought_in_mc" doc:"Everything that came in; equals available + reserved + spent."`
	Unsigned  int64          `json:"unsigned_entries" doc:"Entries from before entries were signed; the first signed one covers them."`
	Heads     int            `json:"signed_heads" doc:"Signed heads that the ledger was compared with."`
	OK        bool           `json:"ok"`
	FirstBad  *Fault         `json:"first_bad,omitempty"`

	workspace kernel.WorkspaceID
	keys      Keys
	chain     chain
	witnesses map[int64][]witness
	position  int64           // of the last entry
	recent    map[int64]int64 // version to position, of the stream's last maxAhead events
	shown     *Shown
}

// maxAhead is how many events may be decided before the first of them has its position: more than a chain of appends holds.
const maxAhead = 4096

// Fault is the first thing that doesn't hold.
type Fault struct {
	Seq    int64  `json:"seq"`
	Reason string `json:"reason"`
}

// witness is what is known of an entry from outside the ledger.
type witness struct {
	hash     string
	position int64 // 0: not known
	says     string
}

// Shown is an account as a read model shows it, as of an entry.
type Shown struct {
	Seq                        int64
	Hash                       string
	Available, Reserved, Spent kernel.Credits
}

// Placed is an entry with what the log says of it.
type Placed struct {
	Entry
	StreamVersion int64
	Position      int64
	By            kernel.Actor
}

// NewProof starts a check of the workspace's ledger.
func NewProof(ws kernel.WorkspaceID, keys Keys) *Proof {
	return &Proof{OK: true, workspace: ws, keys: keys, witnesses: map[int64][]witness{}, recent: map[int64]int64{}}
}

// Witness tells the proof of a signed head, before the entries. One that its key did not sign is itself a fault.
func (p *Proof) Witness(h HeadSigned) {
	p.Heads++
	known, ok := h.signed(p.keys)
	switch {
	case h.Workspace != p.workspace:
		p.fail(h.Seq, fmt.Sprintf("a head of the workspace %s is among this one's", h.Workspace))
	case known && !ok:
		p.fail(h.Seq, fmt.Sprintf("the head of %s is not signed by its key", h.At.Format(time.DateOnly)))
	default:
		p.witnesses[h.Seq] = append(p.witnesses[h.Seq], witness{h.Hash, h.Position, "the head that was signed on " + h.At.Format(time.DateOnly)})
	}
}

// Expect tells the proof of an entry that the ledger must hold, before the entries.
func (p *Proof) Expect(seq int64, hash string) {
	p.witnesses[seq] = append(p.witnesses[seq], witness{hash: hash, says: "the expected entry"})
}

// Compare tells the proof what a read model shows, before the entries. It is compared at the entry that it is of.
func (p *Proof) Compare(s Shown) { p.shown = &s }

// Add checks the next entry. After the first fault it only counts.
func (p *Proof) Add(e Placed) {
	p.Entries++
	if e.Version < signed {
		p.Unsigned++
	}
	if !p.OK {
		return
	}
	for _, post := range e.Postings() {
		switch post.Account {
		case AccountAvailable:
			p.Available += post.Amount
		case AccountReserved:
			p.Reserved += post.Amount
		case AccountSpent:
			p.Spent += post.Amount
		case AccountOutside:
			p.Brought -= post.Amount
		}
	}
	for _, check := range []func(Placed) string{p.link, p.sum, p.place, p.outside} {
		if reason := check(e); reason != "" {
			p.fail(e.Seq, reason)
			return
		}
	}
	p.HeadSeq, p.HeadHash = e.Seq, e.Hash
	p.position = e.Position
	p.Pass(e.StreamVersion, e.Position)
}

// Pass tells the proof of an event of the stream that is no entry.
func (p *Proof) Pass(version, position int64) {
	p.recent[version] = position
	delete(p.recent, version-maxAhead)
}

// End completes the check after the last entry: everything that was known of the ledger must have been met.
func (p *Proof) End() {
	if !p.OK {
		return
	}
	if reason := p.chain.unsigned(); reason != "" {
		p.fail(p.chain.Unproven, reason)
		return
	}
	for seq, list := range p.witnesses {
		if seq > p.HeadSeq || seq < 1 {
			p.fail(seq, fmt.Sprintf("the ledger ends at entry %d, but %s is entry %d", p.HeadSeq, list[0].says, seq))
			return
		}
	}
	if p.shown != nil && p.shown.Seq > p.HeadSeq {
		p.fail(p.shown.Seq, fmt.Sprintf("the balance that is shown is of entry %d, but the ledger ends at entry %d", p.shown.Seq, p.HeadSeq))
	}
}

func (p *Proof) fail(seq int64, reason string) {
	if p.OK {
		p.OK, p.FirstBad = false, &Fault{Seq: seq, Reason: reason}
	}
}

// link checks the chain, the signature, and the workspace that it names.
func (p *Proof) link(e Placed) string {
	if e.Version == signed && e.Workspace != p.workspace {
		return fmt.Sprintf("it belongs to the workspace %s", e.Workspace)
	}
	return p.chain.next(p.keys, e.Entry)
}

func (p *Proof) sum(e Placed) string {
	var lines kernel.Credits
	for _, l := range e.Lines {
		lines += l.Amount
	}
	switch {
	case e.Kind == KindDebit && lines != e.Amount:
		return fmt.Sprintf("its lines sum to %s, not %s", lines, e.Amount)
	case e.Kind == KindSeal && e.Amount != 0:
		return "a seal moves credits"
	case p.Available < 0 || p.Reserved < 0:
		return "it takes the account below zero"
	case p.Brought != p.Available+p.Reserved+p.Spent:
		return "the accounts do not sum up"
	}
	return ""
}

// place checks the actor and the position. An entry names the position of one of those before it, so positions can't be moved.
func (p *Proof) place(e Placed) string {
	if e.Position <= p.position {
		return "its position is not after that of the entry before it"
	}
	if e.Version < signed {
		return ""
	}
	switch {
	case e.Actor == nil || *e.Actor != e.By:
		return "its actor is not the one that was signed"
	case e.AfterVersion >= e.StreamVersion || e.AfterVersion < 0:
		return "it names an event that comes later"
	case e.AfterVersion > 0 && p.recent[e.AfterVersion] != e.After:
		return fmt.Sprintf("the event of version %d was at position %d when it was made, which is not where it is now", e.AfterVersion, e.After)
	case e.AfterVersion == 0 && e.StreamVersion > maxAhead:
		return "it names no event before it"
	}
	return ""
}

// outside compares the entry with what is known of it from elsewhere.
func (p *Proof) outside(e Placed) string {
	for _, w := range p.witnesses[e.Seq] {
		if w.hash != e.Hash || (w.position != 0 && w.position != e.Position) {
			return "it is not " + w.says
		}
	}
	s := p.shown
	if s == nil || s.Seq != e.Seq {
		return ""
	}
	if s.Hash != e.Hash || s.Available != p.Available || s.Reserved != p.Reserved || s.Spent != p.Spent {
		return fmt.Sprintf("the balance that is shown for it, %s available, %s reserved and %s spent, is not the ledger's: %s, %s and %s",
			s.Available, s.Reserved, s.Spent, p.Available, p.Reserved, p.Spent)
	}
	return ""
}

// SignHead makes the witness of a ledger that has been proven, false if it has no entries.
func (p *Proof) SignHead(at time.Time) (HeadSigned, bool) {
	if !p.OK || p.HeadSeq == 0 {
		return HeadSigned{}, false
	}
	h := HeadSigned{
		Workspace: p.workspace, Seq: p.HeadSeq, Hash: p.HeadHash, Position: p.position, Available: p.Available, Reserved: p.Reserved,
		At: at.UTC().Truncate(time.Microsecond),
	}
	h.Key, h.MAC = p.keys.sign(h.parts()...)
	return h, true
}

func (h HeadSigned) parts() []string {
	return []string{
		macHead, string(h.Workspace), strconv.FormatInt(h.Seq, 10), h.Hash, strconv.FormatInt(h.Position, 10),
		strconv.FormatInt(int64(h.Available), 10), strconv.FormatInt(int64(h.Reserved), 10), h.At.Format(time.RFC3339Nano),
	}
}

func (h HeadSigned) signed(k Keys) (known, ok bool) { return k.check(h.Key, h.MAC, h.parts()...) }
