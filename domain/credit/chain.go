package credit

import (
	"fmt"

	"github.com/morket/morket/domain/kernel"
)

// signed is the version of entries that name their workspace and actor and are signed. Those before it, of version 0, are only
// chained; the first signed entry after them covers them, since its hash does.
const signed = 2

// BrokenError says that a ledger does not prove. Such a ledger is closed for writing.
type BrokenError struct {
	Seq    int64
	Reason string
}

// Error implements error.
func (e *BrokenError) Error() string { return fmt.Sprintf("ledger entry %d: %s", e.Seq, e.Reason) }

// chain is how far a ledger has been checked.
type chain struct {
	Seq       int64              `json:"seq"`
	Head      string             `json:"head"`
	Version   int                `json:"v,omitempty"`         // of the last entry
	Workspace kernel.WorkspaceID `json:"workspace,omitempty"` // that the signed entries name
	Key       string             `json:"key,omitempty"`       // that signed the last entry
	// Unproven is the first entry since the last one with a MAC that could be checked; 0 when there is none.
	Unproven int64 `json:"unproven,omitempty"`
}

// next checks that the entry continues the chain and moves the chain to it. It answers why not, or nothing.
func (c *chain) next(k Keys, e Entry) string {
	switch {
	case e.Seq != c.Seq+1:
		return fmt.Sprintf("entry %d follows entry %d", e.Seq, c.Seq)
	case e.PrevHash != c.Head:
		return "it does not name the hash of the entry before it"
	case e.Hash != e.Sum():
		return "its content does not have its hash"
	case e.Version != 0 && e.Version != signed:
		return fmt.Sprintf("it is of version %d, which this release does not know", e.Version)
	case e.Version < c.Version:
		return "it is not signed, although the entry before it is"
	case e.Version == signed && c.Workspace != "" && e.Workspace != c.Workspace:
		return fmt.Sprintf("it belongs to the workspace %s, not to %s", e.Workspace, c.Workspace)
	}
	proven := false
	if e.Version == signed {
		known, ok := k.check(e.Key, e.MAC, macEntry, e.Hash)
		if known && !ok {
			return "its signature is not of its key"
		}
		proven = known
		c.Workspace = e.Workspace
	}
	c.Seq, c.Head, c.Version, c.Key = e.Seq, e.Hash, e.Version, e.Key
	switch {
	case proven: // its hash covers everything before it
		c.Unproven = 0
	case c.Unproven == 0:
		c.Unproven = e.Seq
	}
	return ""
}

// unsigned says what is not proven of a whole chain: entries under a key that is not configured. A ledger from before signing has
// nothing that could be checked.
func (c *chain) unsigned() string {
	if c.Unproven == 0 || c.Version < signed {
		return ""
	}
	return fmt.Sprintf("the entries from %d on are signed with a key (%s) that is not configured", c.Unproven, c.Key)
}

// What is signed is named, so that a signature of one kind is none of another.
const (
	macEntry    = "morket ledger entry v1"
	macHead     = "morket ledger head v1"
	macSnapshot = "morket ledger snapshot v1"
)
