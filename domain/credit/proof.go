package credit

import (
	"fmt"

	"github.com/morket/morket/domain/kernel"
)

// Proof checks a ledger entry by entry, in order, in constant memory: numbers without a gap, an unbroken hash chain,
// postings that balance, and no account below zero at any time.
type Proof struct {
	Entries   int64          `json:"entries"`
	HeadSeq   int64          `json:"head_seq"`
	HeadHash  string         `json:"head_hash"`
	Available kernel.Credits `json:"available_mc"`
	Reserved  kernel.Credits `json:"reserved_mc"`
	Spent     kernel.Credits `json:"spent_mc"`
	Brought   kernel.Credits `json:"brought_in_mc" doc:"Everything that came in; equals available + reserved + spent."`
	OK        bool           `json:"ok"`
	FirstBad  *Fault         `json:"first_bad,omitempty"`
}

// Fault is the first entry that doesn't hold.
type Fault struct {
	Seq    int64  `json:"seq"`
	Reason string `json:"reason"`
}

// NewProof starts a check.
func NewProof() *Proof { return &Proof{OK: true} }

// Add checks the next entry. After the first fault it only counts.
func (p *Proof) Add(e Entry) {
	p.Entries++
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
	if reason := p.fault(e); reason != "" {
		p.OK, p.FirstBad = false, &Fault{Seq: e.Seq, Reason: reason}
		return
	}
	p.HeadSeq, p.HeadHash = e.Seq, e.Hash
}

func (p *Proof) fault(e Entry) string {
	var lines kernel.Credits
	for _, l := range e.Lines {
		lines += l.Amount
	}
	switch {
	case e.Seq != p.HeadSeq+1:
		return fmt.Sprintf("entry %d follows entry %d", e.Seq, p.HeadSeq)
	case e.PrevHash != p.HeadHash:
		return "it does not name the hash of the entry before it"
	case e.Hash != e.Sum():
		return "its content does not have its hash"
	case e.Kind == KindDebit && lines != e.Amount:
		return fmt.Sprintf("its lines sum to %s, not %s", lines, e.Amount)
	case p.Available < 0 || p.Reserved < 0:
		return "it takes the account below zero"
	case p.Brought != p.Available+p.Reserved+p.Spent:
		return "the accounts do not sum up"
	}
	return ""
}
