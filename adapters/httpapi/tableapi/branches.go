package tableapi

import (
	"context"
	"net/http"
	"slices"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/gridview"
)

// Branches reads branches of tables.
type Branches interface {
	Branches(ctx context.Context, ws kernel.WorkspaceID, of kernel.TableID) ([]gridview.Branch, error)
	CompareBranch(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (BranchDiff, error)
}

// BranchDiff compares a branch with its table, or with what it began from.
type BranchDiff interface {
	// Sides are the branch and its table.
	Sides() (branch, of gridview.Info)
	// Left lists the columns that can't be compared.
	Left() []gridview.Unmergeable
	Count(ctx context.Context, q gridview.Diverging) (gridview.Diverged, error)
	// Page lists divergences in the order of the rows' ids, and where the next page begins; its row is empty at the end.
	Page(ctx context.Context, q gridview.Diverging) (page []gridview.Divergence, next gridview.Place, err error)
}

func registerBranches(a *httpapi.API, s service) {
	const read, edit = workspace.ReadTables, workspace.EditRows
	const all, one = "W/tables/{tableId}/branches", "W/tables/{tableId}/branches/{branchId}"
	httpapi.Read(a, httpapi.Op{
		ID: "list-branches", Method: http.MethodGet, Path: all, Tag: tag, Summary: "The branches of a table, oldest first", Action: read,
		Projection: grid, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.branches)
	httpapi.Write(a, httpapi.Op{
		ID: "create-branch", Method: http.MethodPost, Path: all, Tag: tag, Summary: "Begin a branch of a table",
		Description: "Nothing is copied. The branch's id (brn_…) in the place of a table's reads and edits it: cells, rows, undo and " +
			"history. Columns can't be changed there and nothing runs on it. A table has at most 20 branches.",
		Action: edit, Status: http.StatusCreated, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.createBranch)
	httpapi.Write(a, httpapi.Op{
		ID: "rename-branch", Method: http.MethodPut, Path: one, Tag: tag, Summary: "Give a branch another name", Action: edit,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.renameBranch)
	httpapi.Write(a, httpapi.Op{
		ID: "discard-branch", Method: http.MethodDelete, Path: one, Tag: tag, Summary: "Remove a branch for good", Action: edit,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.discardBranch)
	httpapi.Read(a, httpapi.Op{
		ID: "list-divergences", Method: http.MethodGet, Path: one + "/diff", Tag: tag,
		Summary: "What a branch has otherwise than its table, cell by cell", Action: read, Projection: grid, Scope: httpapi.TableInPath,
		Description: "In the order of the rows' ids. Cells of formulas are left out: they follow from others.", Rate: httpapi.General,
	}, s.divergences)
	httpapi.Read(a, httpapi.Op{
		ID: "count-divergences", Method: http.MethodGet, Path: one + "/diff:count", Tag: tag,
		Summary: "How much a branch has otherwise than its table, and how much of it are conflicts", Action: read, Projection: grid,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.countDivergences)
	httpapi.Write(a, httpapi.Op{
		ID: "merge-branch", Method: http.MethodPost, Path: one + "/merge", Tag: tag, Summary: "Merge a branch into its table",
		Description: "A job: list-branches tells how far it is. All of it is one step of undo in the table. A conflict is a cell or row that " +
			"was changed on both sides to something else; choices settle them one by one and conflicts all others.",
		Action: edit, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.mergeBranch)
}

func (s service) branches(ctx context.Context, p httpapi.Principal, in *InTable) ([]gridview.Branch, httpapi.Meta, error) {
	info, err := s.info(ctx, p, in.TableID)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, err := s.Branches.Branches(ctx, p.Workspace, in.TableID)
	return list, httpapi.Meta{Position: info.Position}, err
}

// BranchName is the name of a branch.
type BranchName struct {
	Name string `json:"name" maxLength:"255"`
}

type createBranch struct {
	InTable
	Body BranchName
}

func (s service) createBranch(ctx context.Context, meta kernel.Meta, in *createBranch) (commands.Result[tablecmd.Branched], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Branched]{}, err
	}
	return s.Handlers.CreateBranch(ctx, meta, tablecmd.CreateBranch{Table: in.TableID, Name: in.Body.Name})
}

// InBranch is embedded by the inputs of endpoints of a branch.
type InBranch struct {
	InTable
	BranchID kernel.BranchID `path:"branchId" doc:"brn_…"`
}

func (in InBranch) branch() kernel.TableID { return kernel.TableID(in.BranchID) }

type renameBranch struct {
	InBranch
	Body BranchName
}

func (s service) renameBranch(ctx context.Context, meta kernel.Meta, in *renameBranch) (commands.Result[tablecmd.Branched], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Branched]{}, err
	}
	return s.Handlers.RenameBranch(ctx, meta, tablecmd.RenameBranch{Table: in.TableID, Branch: in.branch(), Name: in.Body.Name})
}

func (s service) discardBranch(ctx context.Context, meta kernel.Meta, in *InBranch) (commands.Result[tablecmd.Done], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.Done]{}, err
	}
	return s.Handlers.DiscardBranch(ctx, meta, tablecmd.DiscardBranch{Table: in.TableID, Branch: in.branch()})
}

// BranchComparison is how a branch is compared in a URL.
type BranchComparison struct {
	Against   string `query:"against" enum:"table,base" default:"table" doc:"The table as it is, or what the branch began from."`
	Columns   string `query:"columns" doc:"Only cells of these columns: ids separated by commas." maxLength:"10000"`
	Conflicts bool   `query:"conflicts" doc:"Only conflicts."`
}

// comparison finds the branch of a table that the caller may see.
func (s service) comparison(
	ctx context.Context, p httpapi.Principal, in InBranch, how BranchComparison,
) (BranchDiff, gridview.Diverging, error) {
	q := gridview.Diverging{Against: how.Against, Conflicts: how.Conflicts}
	if _, err := s.info(ctx, p, in.TableID); err != nil {
		return nil, q, err
	}
	diff, err := s.Branches.CompareBranch(ctx, p.Workspace, in.branch())
	if err != nil {
		return nil, q, err
	}
	if _, of := diff.Sides(); of.ID != in.TableID {
		return nil, q, kernel.NotFound("branch", string(in.BranchID))
	}
	q.Columns = columnIDs(how.Columns)
	return diff, q, nil
}

type countDivergences struct {
	InBranch
	BranchComparison
}

// DivergencesCount is how much a branch has otherwise.
type DivergencesCount struct {
	gridview.Diverged
	Left []gridview.Unmergeable `json:"columns_left" doc:"Columns whose cells are not compared and stay out of a merge."`
}

func (s service) countDivergences(
	ctx context.Context, p httpapi.Principal, in *countDivergences,
) (DivergencesCount, httpapi.Meta, error) {
	diff, q, err := s.comparison(ctx, p, in.InBranch, in.BranchComparison)
	if err != nil {
		return DivergencesCount{}, httpapi.Meta{}, err
	}
	n, err := diff.Count(ctx, q)
	_, of := diff.Sides()
	return DivergencesCount{n, diff.Left()}, httpapi.Meta{Position: of.Position}, err
}

type listDivergences struct {
	InBranch
	BranchComparison
	PlacePage
}

func (s service) divergences(ctx context.Context, p httpapi.Principal, in *listDivergences) ([]gridview.Divergence, httpapi.Meta, error) {
	diff, q, err := s.comparison(ctx, p, in.InBranch, in.BranchComparison)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	q.Limit = in.Limit
	if q.After, err = in.after(); err != nil {
		return nil, httpapi.Meta{}, err
	}
	page, next, err := diff.Page(ctx, q)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	_, of := diff.Sides()
	for i, d := range page {
		page[i].Base, page[i].Table, page[i].Branch = written(of.Schema, d.Column, d.Base), written(of.Schema, d.Column, d.Table),
			written(of.Schema, d.Column, d.Branch)
	}
	return page, pageMeta(of.Position, next), nil
}

type mergeBranch struct {
	InBranch
	Body struct {
		Columns   []string `json:"columns,omitempty" maxItems:"200" doc:"Only cells of these columns, by id or name; then no row comes or goes."`
		Conflicts string   `json:"conflicts,omitempty" enum:"table,branch" doc:"Which side has its way in conflicts without a choice; needed if there are any."`
		Choices   []struct {
			Row    kernel.RowID `json:"row_id"`
			Column string       `json:"column_id,omitempty" doc:"By id or name; absent for a whole row."`
			Keep   string       `json:"keep" enum:"table,branch,value"`
			Value  rawJSON      `json:"value,omitempty" doc:"With keep value: what the cell shall hold."`
		} `json:"choices,omitempty" maxItems:"1000"`
	}
}

func (s service) mergeBranch(ctx context.Context, meta kernel.Meta, in *mergeBranch) (commands.Result[tablecmd.BegunMerge], error) {
	if err := visible(ctx, in.TableID); err != nil {
		return commands.Result[tablecmd.BegunMerge]{}, err
	}
	plan := table.MergePlan{Conflicts: table.Side(in.Body.Conflicts)}
	for _, c := range in.Body.Columns {
		plan.Columns = append(plan.Columns, kernel.ColumnID(c))
	}
	for _, c := range in.Body.Choices {
		plan.Choices = append(plan.Choices, table.MergeChoice{
			Row: c.Row, Column: kernel.ColumnID(c.Column), Keep: table.Side(c.Keep), Value: slices.Clone(c.Value),
		})
	}
	return s.Handlers.MergeBranch(ctx, meta, tablecmd.MergeBranch{Table: in.TableID, Branch: in.branch(), Plan: plan})
}
