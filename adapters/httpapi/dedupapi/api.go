// Package dedupapi is the HTTP side of looking for duplicates, merging rows and taking them apart again.
package dedupapi

import (
	"context"
	"net/http"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/dedupcmd"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/dedupview"
)

const tag = "duplicates"

type service struct{ Deps }

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	registerScans(a, s)
	registerMerges(a, s)
}

const (
	scans = "W/tables/{tableId}/duplicate-scans"
	jobs  = "W/tables/{tableId}/duplicate-jobs"
)

func registerScans(a *httpapi.API, s service) {
	httpapi.Write(a, httpapi.Op{
		ID: "find-duplicates", Method: http.MethodPost, Path: scans, Tag: tag, Summary: "Look for rows that stand for the same thing",
		Description: "Rows are compared by one to five columns, each exactly or by what it is: an email address, a domain, a phone number, " +
			"a person, a company, a text. The scan is a job; its groups are there when it has ended.",
		Action: workspace.EditRows, Status: http.StatusCreated, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.scan)
	httpapi.Read(a, httpapi.Op{
		ID: "list-duplicate-jobs", Method: http.MethodGet, Path: jobs, Tag: tag, Summary: "Scans, merges and un-merges of a table, newest first",
		Action: workspace.ReadTables, Projection: dedupview.Name, Besides: "grid", Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.list)
	httpapi.Read(a, httpapi.Op{
		ID: "get-duplicate-job", Method: http.MethodGet, Path: jobs + "/{dedupId}", Tag: tag,
		Summary: "How far a scan, merge or un-merge has come",
		Action:  workspace.ReadTables, Projection: dedupview.Name, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.get)
	httpapi.Write(a, httpapi.Op{
		ID: "cancel-duplicate-job", Method: http.MethodPost, Path: jobs + "/{dedupId}/cancel", Tag: tag,
		Summary: "Stop a scan, merge or un-merge; what is done stays", Action: workspace.EditRows, Projection: dedupview.Name,
		Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.cancel)
	httpapi.Read(a, httpapi.Op{
		ID: "list-duplicates", Method: http.MethodGet, Path: jobs + "/{dedupId}/groups", Tag: tag,
		Summary:     "Groups that a scan has found, the surest first",
		Description: "With the rows' cells as they are now, and of each pair the reasons.",
		Action:      workspace.ReadTables, Projection: dedupview.Name, Besides: "grid", Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.groups)
	httpapi.Write(a, httpapi.Op{
		ID: "decide-duplicates", Method: http.MethodPut, Path: jobs + "/{dedupId}/groups/{group}/decision", Tag: tag,
		Summary:     "Say what becomes of a group without merging it",
		Description: "Rows of a distinct group are not told as duplicates of each other by later scans either.",
		Action:      workspace.EditRows, Projection: dedupview.Name, Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.decide)
}

func registerMerges(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID: "preview-merge", Method: http.MethodPost, Path: "W/tables/{tableId}/merge-preview", Tag: tag,
		Summary: "Say what a merge would do",
		Action:  workspace.EditRows, Projection: dedupview.Name, Besides: "grid", Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.preview)
	httpapi.Write(a, httpapi.Op{
		ID: "merge-duplicates", Method: http.MethodPost, Path: "W/tables/{tableId}/merges", Tag: tag, Summary: "Merge groups of duplicates",
		Description: "One row of each group stays and takes values over by the rules; the others are hidden, not deleted. A merge is one step " +
			"of undo, and can be taken apart at any later time. It is a job.",
		Action: workspace.EditRows, Status: http.StatusCreated, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.merge)
	httpapi.Read(a, httpapi.Op{
		ID: "list-merged-rows", Method: http.MethodGet, Path: "W/tables/{tableId}/merged-rows", Tag: tag,
		Summary: "Rows that are merged, last first",
		Action:  workspace.ReadTables, Projection: dedupview.Name, Besides: "grid", Scope: httpapi.TableInPath, Rate: httpapi.Grid,
	}, s.merged)
	httpapi.Write(a, httpapi.Op{
		ID: "unmerge-rows", Method: http.MethodPost, Path: "W/tables/{tableId}/unmerges", Tag: tag, Summary: "Take merged rows apart",
		Description: "The hidden rows come back as they were. What was edited in the row that stayed goes to the row that the value was from; " +
			"its own cells stay. A merge whose rows were merged again is refused until the later one is taken apart. It is a job, " +
			"and a step of undo.",
		Action: workspace.EditRows, Status: http.StatusCreated, Scope: httpapi.TableInPath, Rate: httpapi.General,
	}, s.unmerge)
}

// InTable is embedded by the inputs of endpoints of a table.
type InTable struct {
	httpapi.InWorkspace
	TableID kernel.TableID `path:"tableId" doc:"tbl_…"`
}

// InJob is embedded by the inputs of endpoints of a job.
type InJob struct {
	InTable
	JobID kernel.DedupID `path:"dedupId" doc:"dup_…"`
}

type scanIn struct {
	InTable
	Body dedup.Definition
}

func (s service) scan(ctx context.Context, meta kernel.Meta, in *scanIn) (commands.Result[dedupcmd.Started], error) {
	return s.Handlers.Scan(ctx, meta.As("dedup.scan"), in.TableID, in.Body)
}

func (s service) cancel(ctx context.Context, meta kernel.Meta, in *InJob) (commands.Result[dedupcmd.Nothing], error) {
	return s.Handlers.Cancel(ctx, meta, in.TableID, in.JobID)
}

type decideIn struct {
	InJob
	Group int `path:"group" minimum:"1"`
	Body  struct {
		Decision dedup.Decision `json:"decision" enum:"open,skipped,distinct"`
	}
}

func (s service) decide(ctx context.Context, meta kernel.Meta, in *decideIn) (commands.Result[dedupcmd.Nothing], error) {
	if _, err := s.Reads.Job(ctx, meta.Workspace, in.TableID, in.JobID); err != nil {
		return commands.Result[dedupcmd.Nothing]{}, err
	}
	return s.Handlers.Decide(ctx, meta, dedupcmd.Decide{Table: in.TableID, Scan: in.JobID, Group: in.Group, Decision: in.Body.Decision})
}

// MergeBody says which groups of a scan are merged, and how.
type MergeBody struct {
	ScanID kernel.DedupID `json:"scan_id"`
	dedup.Plan
}

type mergeIn struct {
	InTable
	Body MergeBody
}

func (in *mergeIn) command() dedupcmd.Merge {
	return dedupcmd.Merge{Table: in.TableID, Scan: in.Body.ScanID, Plan: in.Body.Plan}
}

func (s service) preview(ctx context.Context, p httpapi.Principal, in *mergeIn) (dedupcmd.Previewed, httpapi.Meta, error) {
	out, err := s.Handlers.Preview(ctx, p.Workspace, in.command())
	return out, httpapi.Meta{}, err
}

func (s service) merge(ctx context.Context, meta kernel.Meta, in *mergeIn) (commands.Result[dedupcmd.Started], error) {
	return s.Handlers.Merge(ctx, meta.As("dedup.merge"), in.command())
}

type unmergeIn struct {
	InTable
	Body struct {
		MergeID kernel.DedupID `json:"merge_id"`
		Groups  []int          `json:"groups,omitempty" doc:"Only these groups of the merge; all without it."`
	}
}

func (s service) unmerge(ctx context.Context, meta kernel.Meta, in *unmergeIn) (commands.Result[dedupcmd.Started], error) {
	cmd := dedupcmd.Unmerge{Table: in.TableID, Merge: in.Body.MergeID, Groups: in.Body.Groups}
	return s.Handlers.Unmerge(ctx, meta.As("dedup.unmerge"), cmd)
}
