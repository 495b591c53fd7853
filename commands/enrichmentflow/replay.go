package enrichmentflow

import (
	"context"
	"slices"

	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// replay is the work of a run whose answers are recorded already.
type replay struct {
	*enrichmentcmd.Replay
	recorded enrichmentcmd.Recorded
	position int64 // that what is recorded must reflect
	column   kernel.ColumnID
	outcomes map[kernel.RowID]waterfall.Outcome // of the page under way
}

// newReplay makes the replay of a run's only plan; nil for a run that asks providers.
func (s *slice) newReplay(fit waterfall.Fit) *replay {
	if !s.w.run.Selection().Recorded {
		return nil
	}
	cfg := enrichmentcmd.ReplayConfig{
		Workspace: s.in.Workspace,
		Engine:    s.r.cfg.Engine,
		Recorded:  s.r.cfg.Recorded,
		Plan:      s.plans[0],
		Fit:       fit,
	}
	return &replay{
		Replay:   enrichmentcmd.NewReplay(cfg),
		recorded: cfg.Recorded,
		column:   cfg.Plan.Column(),
		position: max(s.w.run.Selection().Position, s.in.Position),
	}
}

// rows replays the tasks' rows, as of what was recorded when the run was asked for.
func (r *replay) rows(ctx context.Context, tasks []task) ([]enrichmentcmd.Replayed, error) {
	if err := r.recorded.Await(ctx, r.position); err != nil {
		return nil, err
	}
	rows := make([]enrichmentcmd.Row, len(tasks))
	for i, t := range tasks {
		rows[i] = t.row
	}
	r.outcomes = make(map[kernel.RowID]waterfall.Outcome, len(rows))
	return r.Rows(ctx, rows)
}

// changed leaves of the tasks those whose cells the replay changes, and keeps what they become.
func (r *replay) changed(ctx context.Context, tasks []task) ([]task, error) {
	done, err := r.rows(ctx, tasks)
	if err != nil {
		return nil, err
	}
	for _, d := range done {
		if d.Effect.Writes() {
			r.outcomes[d.Mark.RowID] = d.Outcome
		}
	}
	return slices.DeleteFunc(tasks, func(t task) bool { _, has := r.outcomes[t.row.ID]; return !has }), nil
}

// again finds the outcomes of the rows of a page that is taken up again. A cell that is not to be changed any more is left as the last
// run left it.
func (r *replay) again(ctx context.Context, tasks []task) error {
	done, err := r.rows(ctx, tasks)
	if err != nil {
		return err
	}
	for _, d := range done {
		o := d.Outcome
		if !d.Effect.Writes() {
			cell := enrichment.Cell{Row: d.Mark.RowID, Column: r.column}
			o = waterfall.Outcome{
				Mark: enrichment.Mark{
					RowID:    cell.Row,
					ColumnID: cell.Column,
					State:    enrichment.MarkSkipped,
					Message:  "not changed by the replay",
				},
				Provenance: enrichment.Provenance{RowID: cell.Row, ColumnID: cell.Column},
			}
			if d.Given.State != "" {
				o.Mark.State, o.Mark.Message = d.Given.State, d.Given.Message
			}
		}
		r.outcomes[o.Mark.RowID] = o
	}
	return nil
}
