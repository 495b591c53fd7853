package table

import (
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// branch is what only a branch has.
type branch struct {
	Of    kernel.TableID `json:"of"`
	By    kernel.UserID  `json:"by,omitempty"`
	Merge MergeOf        `json:"merge,omitzero"`
}

// MergeState is where a merge stands.
type MergeState string

// The states.
const (
	MergeRunning   MergeState = "running"
	MergeCompleted MergeState = "completed"
	MergeFailed    MergeState = "failed"
)

// MergeOf is the last merging of a branch into its table, and where it stands.
type MergeOf struct {
	Begun  MergeBegun `json:"begun"`
	State  MergeState `json:"state"`
	After  MergePlace `json:"after"`
	Done   Merged     `json:"done"`
	Reason string     `json:"reason,omitempty"`
	Killed int        `json:"killed,omitempty"` // workers lost since it last came further
	Ended  time.Time  `json:"ended,omitzero"`
}

// Running reports whether the merge has something left to do.
func (m MergeOf) Running() bool { return m.State == MergeRunning }

// Limits of branches.
const (
	// MaxBranches is how many branches a table has at most: each keeps what the table changes.
	MaxBranches = 20
	// MaxMergeChoices is how many conflicts one merge settles one by one.
	MaxMergeChoices = 1000
)

// NotOnBranch says that something is for tables only.
func NotOnBranch() error {
	return kernel.E(kernel.KindConflict, "NOT_ON_BRANCH",
		"this can't be done on a branch: on a branch cells are edited, and rows added and deleted; do it in the table itself")
}

// BranchOf returns the table that this is a branch of; empty for a table.
func (t *Table) BranchOf() kernel.TableID {
	if t.s.Branch == nil {
		return ""
	}
	return t.s.Branch.Of
}

// BranchedBy returns the person that made the branch.
func (t *Table) BranchedBy() kernel.UserID {
	if t.s.Branch == nil {
		return ""
	}
	return t.s.Branch.By
}

// Merge is the branch's last merging into its table; without a state if there was none.
func (t *Table) Merge() MergeOf {
	if t.s.Branch == nil {
		return MergeOf{}
	}
	return t.s.Branch.Merge
}

// Branch records the beginning of a branch of this table, with the columns that it has and the views that the maker's person sees.
func (t *Table) Branch(m Maker, id kernel.TableID, name string) (*Table, error) {
	name, err := cleanName("name", name)
	if err != nil {
		return nil, err
	}
	columns := slices.Clone(t.s.Columns)
	for i, c := range columns {
		if c.Kind == LookupKind {
			return nil, kernel.E(kernel.KindConflict, "BRANCH_LOOKUPS",
				"the table looks “%s” up in another table; a table with lookup columns can't be branched: delete the column first, or "+
					"duplicate the table", c.Name)
		}
		if c.Kind == Enrichment {
			columns[i].Kind, columns[i].Enrichment = Data, nil
		}
	}
	b := &Table{s: state{ID: id, Workspace: t.s.Workspace}}
	views := slices.DeleteFunc(slices.Clone(t.s.Views), func(v View) bool { return !v.VisibleTo(m.By) })
	return b, b.Record(b, Branched{
		BranchID: id, WorkspaceID: t.s.Workspace, TableID: t.s.ID, Name: name, By: m.By, Columns: columns, Views: views, Tick: t.s.Tick,
	})
}

// RenameBranch gives a branch another name.
func (t *Table) RenameBranch(name string) error {
	name, err := cleanName("name", name)
	if err != nil || name == t.s.Name {
		return err
	}
	return t.Record(t, Renamed{TableID: t.s.ID, Name: name, Old: t.s.Name})
}

// Discard removes a branch for good.
func (t *Table) Discard() error {
	switch {
	case t.s.Purged:
		return nil
	case t.Merge().Running():
		return errMerging()
	}
	return t.Record(t, Discarded{BranchID: t.s.ID})
}

func errMerging() error {
	return kernel.E(kernel.KindConflict, "BRANCH_MERGING", "the branch is being merged into its table; wait for the end of that")
}

// Writable returns an error while nothing may be written: while the branch is being merged.
func (s Schema) Writable() error {
	if s.Merging {
		return errMerging()
	}
	return nil
}

// BeginMerge begins the merging into the table.
func (t *Table) BeginMerge(e MergeBegun) error {
	if t.Merge().Running() {
		return errMerging()
	}
	e.BranchID, e.TableID = t.s.ID, t.BranchOf()
	return t.Record(t, e)
}

// AdvanceMerge says how far the merge has come.
func (t *Table) AdvanceMerge(after MergePlace, done Merged) error {
	return t.Record(t, MergeAdvanced{BranchID: t.s.ID, MergeID: t.Merge().Begun.MergeID, After: after, Done: done})
}

// LoseMerge notes that a worker was lost over the merge, and answers how many were since it last came further.
func (t *Table) LoseMerge() (killed int, err error) {
	if !t.Merge().Running() {
		return 0, nil
	}
	err = t.Record(t, MergeWorkerLost{BranchID: t.s.ID, MergeID: t.Merge().Begun.MergeID})
	return t.Merge().Killed, err
}

// EndMerge ends the merge; hindrance says what stood in its way, empty for nothing.
func (t *Table) EndMerge(hindrance string, at time.Time) error {
	m := t.Merge()
	if !m.Running() {
		return nil
	}
	return t.Record(t, MergeEnded{BranchID: t.s.ID, MergeID: m.Begun.MergeID, Done: m.Done, Reason: hindrance, At: at})
}

func (t *Table) applyBranch(e kernel.Event) {
	if made, ok := e.(Branched); ok {
		t.s = state{
			ID: made.BranchID, Workspace: made.WorkspaceID, Name: made.Name, Owner: made.By, Columns: slices.Clone(made.Columns),
			Views: slices.Clone(made.Views), Tick: made.Tick, Version: t.s.Version, Branch: &branch{Of: made.TableID, By: made.By},
		}
		return
	}
	if t.s.Branch == nil {
		return
	}
	if _, ok := e.(Discarded); ok {
		t.s = state{ID: t.s.ID, Workspace: t.s.Workspace, Trashed: true, Purged: true, Version: t.s.Version, Branch: t.s.Branch}
		return
	}
	b := *t.s.Branch
	switch e := e.(type) {
	case MergeBegun:
		b.Merge = MergeOf{Begun: e, State: MergeRunning}
	case MergeAdvanced:
		b.Merge.After, b.Merge.Done, b.Merge.Killed = e.After, e.Done, 0
	case MergeWorkerLost:
		b.Merge.Killed++
	case MergeEnded:
		b.Merge.State, b.Merge.Reason, b.Merge.Ended, b.Merge.Done = MergeCompleted, e.Reason, e.At, e.Done
		if e.Reason != "" {
			b.Merge.State = MergeFailed
		}
		b.Merge.Begun.Plan = MergePlan{} // nobody needs it any more
	}
	t.s.Branch = &b
}

// Validate checks what doesn't depend on the table.
func (p MergePlan) Validate() error {
	sides := []Side{"", KeepTable, TakeBranch}
	if err := kernel.Check(
		kernel.Field("conflicts", p.Conflicts, kernel.OneOf(sides, "choose table or branch, not %q", p.Conflicts)),
		kernel.Field("choices", p.Choices,
			kernel.Sized(0, MaxMergeChoices, "one merge settles at most %d conflicts one by one", MaxMergeChoices)),
		kernel.Field("columns", p.Columns, kernel.Sized(0, MaxColumns, "a table has at most %d columns", MaxColumns)),
	); err != nil {
		return err
	}
	for i, c := range p.Choices {
		if err := c.validate(); err != nil {
			return kernel.Invalid("choices", "choices[%d]: %s", i, err)
		}
	}
	return nil
}

func (c MergeChoice) validate() error {
	switch {
	case kernel.ParseID(kernel.PrefixRow, string(c.Row)) != nil:
		return bad("%q is not a row id (row_…)", kernel.Shorten(string(c.Row)))
	case c.Keep != KeepTable && c.Keep != TakeBranch && c.Keep != ByHand:
		return bad("keep is table, branch or value, not %q", kernel.Shorten(string(c.Keep)))
	case c.Keep == ByHand && (c.Column == "" || len(c.Value) == 0):
		return bad("a value by hand needs a column and a value")
	case len(c.Value) > MaxMergeValue:
		return bad("a value by hand has at most %d bytes", MaxMergeValue)
	}
	return nil
}

// MaxMergeValue is how many bytes a value by hand has at most; a longer one is edited on the branch.
const MaxMergeValue = 8_000
