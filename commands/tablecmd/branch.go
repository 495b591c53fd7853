package tablecmd

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Branches tells of branches and compares them with their tables.
type Branches interface {
	BranchCount(ctx context.Context, of kernel.TableID) (int, error)
	// MergedBy returns the branch of a table that a merge is merging now; empty if none is.
	MergedBy(ctx context.Context, of kernel.TableID, merge string) (kernel.TableID, error)
	// Begin is the position at which a branch began, and those of the last events of the branch and of its table.
	Begin(ctx context.Context, ws kernel.WorkspaceID, branch kernel.TableID) (base, own, of int64, err error)
	// Count counts what a merge would take over, and how much of that are conflicts.
	Count(ctx context.Context, q DivergedQuery) (all, conflicts int64, err error)
	// Page lists what a branch has otherwise than its table, in the order of the rows' ids.
	Page(ctx context.Context, q DivergedQuery) (page []Diverged, next table.MergePlace, err error)
}

// DivergedQuery chooses a part of what a branch has otherwise than its table.
type DivergedQuery struct {
	Workspace kernel.WorkspaceID
	Branch    kernel.TableID
	Columns   []kernel.ColumnID // only cells of these, and no rows; all if empty
	After     table.MergePlace
	Limit     int
}

// Divergence is the kind of what is otherwise.
type Divergence string

// The kinds. A revived row is one that the table has deleted while the branch has changed it.
const (
	CellDiverged Divergence = "cell"
	RowNew       Divergence = "row_added"
	RowGone      Divergence = "row_removed"
	RowRevived   Divergence = "row_revived"
)

// Diverged is one thing that a branch has otherwise than its table.
type Diverged struct {
	Kind          Divergence
	Row           kernel.RowID
	Column        kernel.ColumnID
	Table, Branch json.RawMessage
	Conflict      bool
}

// Branched is the answer of the commands on a branch.
type Branched struct {
	ID   kernel.TableID `json:"id" doc:"brn_…: in the place of a table's id, it reads and edits the branch."`
	Name string         `json:"name"`
	Of   kernel.TableID `json:"table_id"`
}

func noBranches() error {
	return kernel.E(kernel.KindUnsupported, "NO_BRANCHES", "this server does not keep branches")
}

// CreateBranch begins a branch of a table.
type CreateBranch struct {
	Table kernel.TableID
	Name  string
}

// CreateBranch carries out CreateBranch. Nothing is copied: the branch begins with what the table holds before its first event.
func (h *Handlers) CreateBranch(ctx context.Context, meta kernel.Meta, cmd CreateBranch) (commands.Result[Branched], error) {
	if h.cfg.Branches == nil {
		return commands.Result[Branched]{}, noBranches()
	}
	id := kernel.TableID(h.cfg.IDs.New(kernel.PrefixBranch))
	maker, err := h.makerIn(ctx, meta.Workspace)
	if err != nil {
		return commands.Result[Branched]{}, err
	}
	maker.By = meta.Actor.User()
	return eventstore.Retry(ctx, func(int) (commands.Result[Branched], error) {
		if kernel.ParseID(kernel.PrefixTable, string(cmd.Table)) != nil {
			return commands.Result[Branched]{}, kernel.NotFound("table", string(cmd.Table))
		}
		t, version, err := h.repo.Load(ctx, string(cmd.Table))
		if err == nil {
			err = t.In(meta.Workspace, cmd.Table)
		}
		if err != nil {
			return commands.Result[Branched]{}, err
		}
		n, err := h.cfg.Branches.BranchCount(ctx, cmd.Table)
		if err != nil {
			return commands.Result[Branched]{}, err
		}
		if n >= table.MaxBranches {
			return commands.Result[Branched]{}, kernel.E(kernel.KindConflict, "TOO_MANY_BRANCHES",
				"a table has at most %d branches; discard one of them first", table.MaxBranches)
		}
		b, err := t.Branch(maker, id, cmd.Name)
		if err != nil {
			return commands.Result[Branched]{}, err
		}
		answer := Branched{ID: id, Name: b.Name(), Of: cmd.Table}
		done, err := h.append(ctx, meta, answer, eventstore.At(structureOf(cmd.Table), eventstore.Expected(version)),
			eventstore.At(structureOf(id), eventstore.NoStream, b.Pending()...))
		return result(done, err, answer)
	})
}

// RenameBranch gives a branch another name.
type RenameBranch struct {
	Table, Branch kernel.TableID
	Name          string
}

// RenameBranch carries out RenameBranch.
func (h *Handlers) RenameBranch(ctx context.Context, meta kernel.Meta, cmd RenameBranch) (commands.Result[Branched], error) {
	var answer Branched
	done, err := h.updateBranch(ctx, meta, cmd.Table, cmd.Branch, func(b *table.Table) (any, error) {
		err := b.RenameBranch(cmd.Name)
		answer = Branched{ID: cmd.Branch, Name: b.Name(), Of: cmd.Table}
		return answer, err
	})
	return result(done, err, answer)
}

// DiscardBranch removes a branch for good.
type DiscardBranch struct{ Table, Branch kernel.TableID }

// DiscardBranch carries out DiscardBranch. What it holds besides its events is freed.
func (h *Handlers) DiscardBranch(ctx context.Context, meta kernel.Meta, cmd DiscardBranch) (commands.Result[Done], error) {
	return reply[Done](h.updateBranch(ctx, meta, cmd.Table, cmd.Branch, func(b *table.Table) (any, error) { return Done{}, b.Discard() }))
}

// updateBranch changes a branch of a table.
func (h *Handlers) updateBranch(
	ctx context.Context, meta kernel.Meta, of, id kernel.TableID, fn func(*table.Table) (any, error),
) (eventstore.Appended, error) {
	if !id.IsBranch() {
		return eventstore.Appended{}, kernel.NotFound("branch", string(id))
	}
	defer h.forget(id)
	done, err := h.repo.Update(ctx, meta, string(id), func(b *table.Table) (any, error) {
		if b.Holds(meta.Workspace, id) != nil || b.BranchOf() != of {
			return nil, kernel.NotFound("branch", string(id))
		}
		return fn(b)
	})
	if err != nil {
		return done, fmt.Errorf("change branch %s: %w", id, err)
	}
	return done, nil
}
