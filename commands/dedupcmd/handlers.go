package dedupcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/domain/dedup"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Config is what the commands need.
type Config struct {
	Store  eventstore.Store
	Codec  *eventstore.Codec
	IDs    *kernel.IDs
	Clock  kernel.Clock
	Tables Tables
	Grid   Grid
	Known  Known
}

// Validate says what is missing.
func (c Config) Validate() error {
	if c.Store == nil || c.Codec == nil || c.IDs == nil || c.Clock == nil || c.Tables == nil || c.Grid == nil || c.Known == nil {
		return errors.New("the dedup commands need a store, a codec, ids, a clock, tables, a grid and what is known")
	}
	return nil
}

// Handlers carries out the commands.
type Handlers struct {
	cfg  Config
	jobs *eventstore.Repo[*dedup.Job]
}

// New makes the handlers.
func New(cfg Config) (*Handlers, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Handlers{cfg, eventstore.NewRepo(dedup.Stream, cfg.Store, cfg.Codec, dedup.NewJob)}, nil
}

// Started is the answer of what begins a job.
type Started struct {
	ID kernel.DedupID `json:"id"`
}

// Nothing is the answer of a command that has none.
type Nothing struct{}

// Scan begins to look for duplicates in a table.
func (h *Handlers) Scan(ctx context.Context, meta kernel.Meta, id kernel.TableID, d dedup.Definition) (commands.Result[Started], error) {
	if d.Threshold == 0 {
		d.Threshold = dedup.DefaultThreshold
	}
	if err := d.Validate(); err != nil {
		return commands.Result[Started]{}, err
	}
	s, err := h.cfg.Tables.Schema(ctx, meta.Workspace, id)
	if err != nil {
		return commands.Result[Started]{}, err
	}
	for i, k := range d.Keys {
		if _, ok := s.Column(k.ColumnID); !ok {
			at := fmt.Sprintf("keys[%d]", i)
			return commands.Result[Started]{}, kernel.Invalid(at, "the table has no column %q", kernel.Shorten(string(k.ColumnID)))
		}
	}
	job := h.newID()
	return h.begin(ctx, meta, dedup.ScanStarted{
		JobID: job, Workspace: meta.Workspace, TableID: id, Definition: d, By: meta.Actor.User(), At: h.cfg.Clock.Now(),
	}, job)
}

func (h *Handlers) newID() kernel.DedupID { return kernel.DedupID(h.cfg.IDs.New(kernel.PrefixDedup)) }

func (h *Handlers) begin(ctx context.Context, meta kernel.Meta, e kernel.Event, id kernel.DedupID) (commands.Result[Started], error) {
	done, err := h.jobs.Update(ctx, meta, string(id), func(j *dedup.Job) (any, error) { return Started{id}, j.Begin(e) })
	if err != nil {
		return commands.Result[Started]{}, err
	}
	return commands.Reply(done, Started{id})
}

// Cancel asks a job to go no further.
func (h *Handlers) Cancel(ctx context.Context, meta kernel.Meta, id kernel.TableID, job kernel.DedupID) (commands.Result[Nothing], error) {
	done, err := h.jobs.Update(ctx, meta.As("dedup.cancel"), string(job), func(j *dedup.Job) (any, error) {
		if !j.In(meta.Workspace, id) {
			return nil, kernel.NotFound("job", string(job))
		}
		return Nothing{}, j.Cancel()
	})
	if err != nil {
		return commands.Result[Nothing]{}, err
	}
	return commands.Reply(done, Nothing{})
}

// find loads a job of a table, of a kind.
func (h *Handlers) find(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID, job kernel.DedupID, kind dedup.Kind,
) (*dedup.Job, error) {
	if kernel.ParseID(kernel.PrefixDedup, string(job)) != nil {
		return nil, kernel.NotFound(string(kind), string(job))
	}
	j, _, err := h.jobs.Load(ctx, string(job))
	if err != nil {
		return nil, err
	}
	if !j.In(ws, id) || j.Kind() != kind {
		return nil, kernel.NotFound(string(kind), string(job))
	}
	return j, nil
}

// Decide says what a person makes of a group of a scan.
type Decide struct {
	Table    kernel.TableID
	Scan     kernel.DedupID
	Group    int
	Decision dedup.Decision
}

// Decide carries out Decide. The group is known from the read model, so that a scan with many groups isn't read for each decision.
func (h *Handlers) Decide(ctx context.Context, meta kernel.Meta, cmd Decide) (commands.Result[Nothing], error) {
	var none commands.Result[Nothing]
	if err := kernel.Check(kernel.Field("decision", cmd.Decision,
		kernel.OneOf(dedup.Decisions(), "must be open, skipped or distinct"))); err != nil {
		return none, err
	}
	g, ok, err := h.group(ctx, cmd.Scan, cmd.Group)
	if err != nil {
		return none, err
	}
	if !ok {
		return none, kernel.NotFound("group", fmt.Sprintf("%s/%d", cmd.Scan, cmd.Group))
	}
	e := dedup.GroupDecided{JobID: cmd.Scan, TableID: cmd.Table, Group: cmd.Group, Decision: cmd.Decision, Rows: g.Rows}
	req, err := h.cfg.Codec.Append(meta.As("dedup.decide"), Nothing{}, eventstore.At(h.jobs.Stream(string(cmd.Scan)), eventstore.Any, e))
	if err != nil {
		return none, err
	}
	done, err := h.cfg.Store.Append(ctx, req)
	if err != nil {
		return none, err
	}
	return commands.Reply(done, Nothing{})
}

func (h *Handlers) group(ctx context.Context, scan kernel.DedupID, number int) (Found, bool, error) {
	if kernel.ParseID(kernel.PrefixDedup, string(scan)) != nil || number < 1 {
		return Found{}, false, nil //nolint:nilerr // there is no group of what is no scan
	}
	return h.cfg.Known.Group(ctx, scan, number)
}

// Merge begins to merge groups of a scan.
type Merge struct {
	Table kernel.TableID
	Scan  kernel.DedupID
	Plan  dedup.Plan
}

// Merge carries out Merge.
func (h *Handlers) Merge(ctx context.Context, meta kernel.Meta, cmd Merge) (commands.Result[Started], error) {
	if err := h.checkMerge(ctx, meta.Workspace, cmd); err != nil {
		return commands.Result[Started]{}, err
	}
	job := h.newID()
	return h.begin(ctx, meta, dedup.MergeStarted{
		JobID: job, Workspace: meta.Workspace, TableID: cmd.Table, ScanID: cmd.Scan, Plan: cmd.Plan, By: meta.Actor.User(),
		At: h.cfg.Clock.Now(),
	}, job)
}

// checkMerge says what is wrong with a merge that is asked for.
func (h *Handlers) checkMerge(ctx context.Context, ws kernel.WorkspaceID, cmd Merge) error {
	if err := cmd.Plan.Validate(); err != nil {
		return err
	}
	s, err := h.cfg.Tables.Schema(ctx, ws, cmd.Table)
	if err != nil {
		return err
	}
	if err := checkFields(s, cmd.Plan); err != nil {
		return err
	}
	scan, err := h.find(ctx, ws, cmd.Table, cmd.Scan, dedup.Scan)
	if err != nil {
		return err
	}
	if scan.Running() {
		return kernel.E(kernel.KindConflict, "SCAN_RUNNING", "the scan is still under way; wait for its end")
	}
	for i, c := range cmd.Plan.Choices {
		g, ok, err := h.group(ctx, cmd.Scan, c.Group)
		if err != nil {
			return err
		}
		if !ok {
			return kernel.Invalid(fmt.Sprintf("groups[%d]", i), "the scan has no group %d", c.Group)
		}
		if err := checkChoice(g, c); err != nil {
			return err
		}
	}
	return nil
}

func checkFields(s table.Schema, p dedup.Plan) error {
	for i, f := range p.Fields {
		c, ok := s.Column(f.ColumnID)
		if !ok {
			return kernel.Invalid(fmt.Sprintf("fields[%d]", i), "the table has no column %q", kernel.Shorten(string(f.ColumnID)))
		}
		if !c.Writable() {
			return kernel.Invalid(fmt.Sprintf("fields[%d]", i), "%s %s", c.Name, c.Refusal())
		}
		if _, ok := s.Column(f.RankBy); f.Rule == dedup.Ranked && !ok {
			return kernel.Invalid(fmt.Sprintf("fields[%d].rank_by", i), "the table has no column %q", kernel.Shorten(string(f.RankBy)))
		}
	}
	return nil
}

// checkChoice checks that what was chosen for a group is of the group.
func checkChoice(g Found, c dedup.Choice) error {
	has := map[kernel.RowID]bool{}
	for _, r := range g.Rows {
		has[r] = true
	}
	for _, r := range c.Rows {
		if !has[r] {
			return kernel.Invalid("groups", "row %s is not in group %d", kernel.Shorten(string(r)), c.Group)
		}
	}
	if c.Survivor != "" && !has[c.Survivor] {
		return kernel.Invalid("groups", "row %s is not in group %d", kernel.Shorten(string(c.Survivor)), c.Group)
	}
	for _, r := range c.Fields {
		if !has[r] {
			return kernel.Invalid("groups", "row %s is not in group %d", kernel.Shorten(string(r)), c.Group)
		}
	}
	return nil
}

// Unmerge begins to take groups of a merge apart; all without Groups.
type Unmerge struct {
	Table  kernel.TableID
	Merge  kernel.DedupID
	Groups []int
}

// Unmerge carries out Unmerge. One whose rows were merged again since is refused by the name of that merge.
func (h *Handlers) Unmerge(ctx context.Context, meta kernel.Meta, cmd Unmerge) (commands.Result[Started], error) {
	var none commands.Result[Started]
	if err := kernel.Check(kernel.Field("groups", cmd.Groups,
		kernel.Sized(0, dedup.MaxChoices,
			"one call names at most %d groups; without groups all are taken apart", dedup.MaxChoices))); err != nil {
		return none, err
	}
	merge, err := h.find(ctx, meta.Workspace, cmd.Table, cmd.Merge, dedup.Merging)
	if err != nil {
		return none, err
	}
	if merge.Running() {
		return none, kernel.E(kernel.KindConflict, "MERGE_RUNNING", "the merge is still under way; wait for its end, or cancel it")
	}
	later, err := h.cfg.Known.Superseded(ctx, cmd.Merge, cmd.Groups)
	if err != nil {
		return none, err
	}
	for group, l := range later {
		if len(cmd.Groups) > 0 {
			return none, kernel.E(kernel.KindConflict, "MERGED_SINCE", "%s", supersededBy(group, l))
		}
	}
	job := h.newID()
	return h.begin(ctx, meta, dedup.UnmergeStarted{
		JobID: job, Workspace: meta.Workspace, TableID: cmd.Table, MergeID: cmd.Merge, Groups: cmd.Groups, By: meta.Actor.User(),
		At: h.cfg.Clock.Now(),
	}, job)
}

func supersededBy(group int, l Later) string {
	return fmt.Sprintf("rows of group %d were merged again since, into row %s by group %d of the merge %s; take that one apart first",
		group, l.Into, l.Group, l.Merge)
}
