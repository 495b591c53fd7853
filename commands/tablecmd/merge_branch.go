package tablecmd

import (
	"context"
	"fmt"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// MergeBranch begins to merge a branch into its table.
type MergeBranch struct {
	Table, Branch kernel.TableID
	Plan          table.MergePlan
}

// BegunMerge is the answer.
type BegunMerge struct {
	ID        kernel.BranchMergeID `json:"id" doc:"Of the merge; also the step of undo in the table."`
	Changes   int64                `json:"changes" doc:"What will be taken over, as far as it is no conflict that the table keeps."`
	Conflicts int64                `json:"conflicts"`
}

// maxPlanBytes is how large a plan is at most: it is in one event.
const maxPlanBytes = 200 << 10

// MergeBranch carries out MergeBranch. Until the merge has ended nothing is written on the branch.
func (h *Handlers) MergeBranch(ctx context.Context, meta kernel.Meta, cmd MergeBranch) (commands.Result[BegunMerge], error) {
	if h.cfg.Branches == nil {
		return commands.Result[BegunMerge]{}, noBranches()
	}
	if err := cmd.Plan.Validate(); err != nil {
		return commands.Result[BegunMerge]{}, err
	}
	if !cmd.Branch.IsBranch() {
		return commands.Result[BegunMerge]{}, kernel.NotFound("branch", string(cmd.Branch))
	}
	merge := kernel.BranchMergeID(h.cfg.IDs.New(kernel.PrefixBranchMerge))
	return eventstore.Retry(ctx, func(int) (commands.Result[BegunMerge], error) { return h.beginMerge(ctx, meta, cmd, merge) })
}

func (h *Handlers) beginMerge(
	ctx context.Context, meta kernel.Meta, cmd MergeBranch, merge kernel.BranchMergeID,
) (res commands.Result[BegunMerge], err error) {
	s, err := h.schema(ctx, meta.Workspace, cmd.Branch, true)
	if err == nil && s.Of != cmd.Table {
		err = kernel.NotFound("branch", string(cmd.Branch))
	}
	if err != nil {
		return res, err
	}
	plan, err := h.readPlan(ctx, meta.Workspace, s, cmd.Plan)
	if err != nil {
		return res, err
	}
	now, err := h.awaitReadModel(ctx, cmd.Branch)
	if err != nil {
		return res, err
	}
	e := table.MergeBegun{MergeID: merge, Plan: plan, By: meta.Actor.User(), At: h.cfg.Clock.Now()}
	if e.Base, e.Branch, e.Table, err = h.cfg.Branches.Begin(ctx, meta.Workspace, cmd.Branch); err != nil {
		return res, err
	}
	q := DivergedQuery{Workspace: meta.Workspace, Branch: cmd.Branch, Columns: plan.Columns}
	all, conflicts, err := h.cfg.Branches.Count(ctx, q)
	if err != nil {
		return res, err
	}
	switch {
	case all == 0:
		return res, kernel.E(kernel.KindConflict, "NOTHING_TO_MERGE", "the branch has nothing that the table doesn't have")
	case plan.Conflicts == "" && conflicts > int64(len(plan.Choices)):
		return res, kernel.E(kernel.KindConflict, "CONFLICTS", "%d cells or rows were changed on both sides and %d of these are settled; "+
			"say what becomes of the others with conflicts: table or branch", conflicts, len(plan.Choices))
	}
	answer := BegunMerge{ID: merge, Changes: all, Conflicts: conflicts}
	b, version, err := h.repo.Load(ctx, string(cmd.Branch))
	if err == nil && version != s.Version {
		err = eventstore.ErrStale
	}
	if err == nil {
		err = b.BeginMerge(e)
	}
	if err != nil {
		return res, err
	}
	defer h.forget(cmd.Branch)
	done, err := h.append(ctx, meta, answer, eventstore.At(structureOf(cmd.Branch), eventstore.Expected(version), b.Pending()...),
		atVersion(cellsOf(cmd.Branch), now.cells, nil))
	return result(done, err, answer)
}

// readPlan names the plan's columns by their ids, and reads its values by hand as they would be typed.
func (h *Handlers) readPlan(ctx context.Context, ws kernel.WorkspaceID, s table.Schema, p table.MergePlan) (table.MergePlan, error) {
	reader, err := h.reader(ctx, ws)
	if err != nil {
		return p, err
	}
	out := table.MergePlan{Conflicts: p.Conflicts, Choices: make([]table.MergeChoice, len(p.Choices))}
	for i, name := range p.Columns {
		col, ok := s.Find(string(name))
		if !ok {
			return p, kernel.Invalid(fmt.Sprintf("columns[%d]", i), "the branch has no column %q", kernel.Shorten(string(name)))
		}
		out.Columns = append(out.Columns, col.ID)
	}
	size := 0
	for i, c := range p.Choices {
		if c.Column != "" {
			col, ok := s.Find(string(c.Column))
			if !ok {
				return p, kernel.Invalid(fmt.Sprintf("choices[%d]", i), "the branch has no column %q", kernel.Shorten(string(c.Column)))
			}
			c.Column = col.ID
			if c.Keep == table.ByHand {
				if c.Value, _, err = readValue(reader, col, c.Value, true); err != nil {
					return p, kernel.Invalid(fmt.Sprintf("choices[%d]", i), "%s", err)
				}
			}
		}
		if c.Keep != table.ByHand {
			c.Value = nil
		}
		if size += len(c.Value) + len(c.Row) + len(c.Column); size > maxPlanBytes {
			return p, kernel.Invalid("choices", "the choices are too large; edit long values on the branch instead")
		}
		out.Choices[i] = c
	}
	return out, nil
}
