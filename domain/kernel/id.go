package kernel

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
)

// Ids are a prefix that names the kind, then a ULID, so that they sort by creation time.
type (
	// UserID names a person: usr_…
	UserID string
	// WorkspaceID names a workspace: ws_…
	WorkspaceID string
	// SessionID names a sign-in: ses_…
	SessionID string
	// APIKeyID names an API key: key_…
	APIKeyID string
	// PasskeyID names a passkey of a person: pky_…
	PasskeyID string
	// InvitationID names an invitation: inv_…
	InvitationID string
	// FolderID names a folder of tables: fld_…
	FolderID string
	// TableID names a table: tbl_…, or a branch of one: brn_…
	TableID string
	// BranchID names a branch: brn_…; in the place of a table's id it is a TableID.
	BranchID string
	// BranchMergeID names the merging of a branch into its table: mrg_…
	BranchMergeID string
	// ColumnID names a column: col_…
	ColumnID string
	// RowID names a row: row_…
	RowID string
	// ViewID names a view: viw_…
	ViewID string
	// ImportID names an import: imp_…
	ImportID string
	// ExportID names a file that is made of a table: exp_…
	ExportID string
	// ErasureID names an erasure of what is kept about a person: era_…
	ErasureID string
	// RunID names a run of enrichments: run_…
	RunID string
	// CredentialID names a stored secret: crd_…
	CredentialID string
	// SavedSearchID names a saved search: sch_…
	SavedSearchID string
	// WebhookID names an address that events are sent to: whk_…
	WebhookID string
	// SourceID names a saved search for rows at a provider: src_…
	SourceID string
	// FindID names one run of such a search: fnd_…
	FindID string
	// DedupID names one job of looking for duplicates, merging rows or taking them apart: dup_…
	DedupID string
	// ThreadID names a thread of comments: thr_…
	ThreadID string
	// CommentID names a comment: cmt_…
	CommentID string
	// ConnectionID names a connection to an account of a CRM: con_…
	ConnectionID string
	// SyncID names a saved way of bringing rows into a CRM: syn_…
	SyncID string
	// SyncRunID names one run of it: syr_…
	SyncRunID string
	// WorkflowID names a workflow: wfl_…
	WorkflowID string
	// WorkflowRunID names one run of a workflow: wfr_…
	WorkflowRunID string
)

// Prefixes of the ids, without the underscore.
const (
	PrefixUser        = "usr"
	PrefixWorkspace   = "ws"
	PrefixSession     = "ses"
	PrefixAPIKey      = "key"
	PrefixPasskey     = "pky"
	PrefixInvitation  = "inv"
	PrefixTable       = "tbl"
	PrefixBranch      = "brn"
	PrefixBranchMerge = "mrg"
	PrefixColumn      = "col"
	PrefixRow         = "row"
	PrefixView        = "viw"
	PrefixImport      = "imp"
	PrefixExport      = "exp"
	PrefixErasure     = "era"
	PrefixRun         = "run"
	PrefixCredential  = "crd"
	PrefixSavedSearch = "sch"
	PrefixRequest     = "req"
	PrefixWebhook     = "whk"
	PrefixSource      = "src"
	PrefixFind        = "fnd"
	PrefixDedup       = "dup"
	PrefixThread      = "thr"
	PrefixComment     = "cmt"
	PrefixConnection  = "con"
	PrefixSync        = "syn"
	PrefixSyncRun     = "syr"
	PrefixWorkflow    = "wfl"
	PrefixWorkflowRun = "wfr"
)

// IDs makes ids. It is safe for concurrent use, and the ids made by one IDs ascend, also when its clock jumps.
type IDs struct {
	clock   Clock
	mu      sync.Mutex
	entropy *ulid.MonotonicEntropy
	least   uint64 // milliseconds that no id lies before
}

// NewIDs makes ids stamped by the clock with randomness from crypto/rand.
func NewIDs(clock Clock) *IDs { return NewIDsFrom(clock, rand.Reader) }

// NewIDsFrom takes its randomness from r; tests use it for repeatable ids.
func NewIDsFrom(clock Clock, r io.Reader) *IDs {
	return &IDs{clock: clock, entropy: ulid.Monotonic(r, 0)}
}

// New returns the next id with the prefix.
func (g *IDs) New(prefix string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.least = max(g.least, ulid.Timestamp(g.clock.Now()))
	id, err := ulid.New(g.least, g.entropy)
	if err != nil { // the millisecond's 80 bits ran over, or the reader failed: the next millisecond starts anew
		g.least++
		id = ulid.MustNew(g.least, rand.Reader)
	}
	return prefix + "_" + id.String()
}

// After makes all further ids greater than those of the time, also under a wrong clock: the order of ids is that of their making, also
// when a clock is set back.
func (g *IDs) After(t time.Time) {
	if t.UnixMilli() < 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.least = max(g.least, ulid.Timestamp(t)+1)
}

// ParseID checks that s is an id with the prefix.
func ParseID(prefix, s string) error {
	body, ok := strings.CutPrefix(s, prefix+"_")
	if !ok {
		return fmt.Errorf("%q is not an id of the form %s_…", Shorten(s), prefix)
	}
	if _, err := ulid.ParseStrict(body); err != nil || strings.ToUpper(body) != body {
		return fmt.Errorf("%q is not an id of the form %s_…", Shorten(s), prefix)
	}
	return nil
}

// IsBranch reports whether the id is a branch's.
func (id TableID) IsBranch() bool { return ParseID(PrefixBranch, string(id)) == nil }

// HoldsRows reports whether the id is a table's or a branch's: of what rows can be in.
func (id TableID) HoldsRows() bool { return ParseID(PrefixTable, string(id)) == nil || id.IsBranch() }

// RowKey is a row id as 16 bytes, the form in which the read model stores it; RowKey order is RowID order.
type RowKey [16]byte

// Key returns the row id as 16 bytes.
func (id RowID) Key() (RowKey, error) {
	if err := ParseID(PrefixRow, string(id)); err != nil {
		return RowKey{}, err
	}
	u, err := ulid.ParseStrict(string(id[len(PrefixRow)+1:]))
	return RowKey(u), err
}

// RowID returns the id that the key stands for.
func (k RowKey) RowID() RowID { return RowID(PrefixRow + "_" + ulid.ULID(k).String()) }

// IDTime returns the creation time in an id (to the millisecond).
func IDTime(id string) (time.Time, error) {
	_, body, ok := strings.Cut(id, "_")
	if !ok {
		return time.Time{}, fmt.Errorf("%q is not an id", id)
	}
	u, err := ulid.ParseStrict(body)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is not an id: %w", id, err)
	}
	return ulid.Time(u.Time()), nil
}
