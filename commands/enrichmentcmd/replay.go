package enrichmentcmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Recorded finds what providers replied before, and what runs gave.
type Recorded interface {
	// Await waits until what is recorded is that of the log position.
	Await(ctx context.Context, position int64) error
	// Replies returns the newest recorded replies to the questions. Questions without one are absent.
	Replies(
		ctx context.Context, ws kernel.WorkspaceID, questions []enrichment.Question,
	) (map[enrichment.Question]enrichment.RecordedReply, error)
	// Given returns what the last run left in the column's cells. Rows that no run had are absent.
	Given(ctx context.Context, ws kernel.WorkspaceID, column kernel.ColumnID, rows []kernel.RowID) (map[kernel.RowID]Given, error)
}

// Given is what a run left in a cell.
type Given struct {
	State   enrichment.MarkState
	Message string
	Value   json.RawMessage // null without an answer
	Outputs map[string]any  // of the accepted answer, as far as they are kept
}

// Replay decides what cells of a column are by recorded replies alone: the engine that runs use, with no provider behind it. It belongs to
// one goroutine.
type Replay struct {
	cfg     ReplayConfig
	session *waterfall.Session
	replies map[enrichment.Question]enrichment.RecordedReply
	given   map[kernel.RowID]Given
}

// ReplayConfig is what a Replay needs.
type ReplayConfig struct {
	Workspace kernel.WorkspaceID
	Engine    *waterfall.Engine
	Recorded  Recorded
	Plan      *waterfall.Plan
	Fit       waterfall.Fit
}

// NewReplay makes a replay of a plan.
func NewReplay(cfg ReplayConfig) *Replay {
	r := &Replay{cfg: cfg}
	r.session = cfg.Engine.Session(waterfall.SessionConfig{
		Workspace: cfg.Workspace,
		Recorded: func(q enrichment.Question) (enrichment.RecordedReply, bool) {
			rec, ok := r.replies[q]
			return rec, ok
		},
	})
	return r
}

// Replayed is a row's outcome and what it does to the row's cells.
type Replayed struct {
	waterfall.Outcome
	Effect enrichment.Effect
	Given  Given
}

// Rows replays a page of rows.
func (r *Replay) Rows(ctx context.Context, rows []Row) ([]Replayed, error) {
	var questions []enrichment.Question
	ids := make([]kernel.RowID, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
		questions = append(questions, r.cfg.Plan.Questions(cellsOf(row))...)
	}
	var err error
	if r.replies, err = r.cfg.Recorded.Replies(ctx, r.cfg.Workspace, questions); err != nil {
		return nil, err
	}
	if r.given, err = r.cfg.Recorded.Given(ctx, r.cfg.Workspace, r.cfg.Plan.Column(), ids); err != nil {
		return nil, err
	}
	out := make([]Replayed, len(rows))
	for i, row := range rows {
		out[i] = r.row(ctx, row)
	}
	return out, ctx.Err()
}

func cellsOf(row Row) waterfall.Values {
	return func(id kernel.ColumnID) json.RawMessage { return row.Cells[id] }
}

// row replays one row. The outcome's values are those that are to be written, null for a cell that loses its answer.
func (r *Replay) row(ctx context.Context, row Row) Replayed {
	out := Replayed{Outcome: r.session.Ask(ctx, ctx, r.cfg.Plan, row.ID, cellsOf(row)), Given: r.given[row.ID]}
	column := r.cfg.Plan.Column()
	if out.Unrecorded || out.Stopped {
		out.Effect, out.Values = enrichment.EffectUnknown, nil
		return out
	}
	found := out.Values
	out.Effect = enrichment.EffectOn(row.Cells[column], out.Given.Value, found[column])
	out.Values = nil
	if out.Effect == enrichment.EffectEdited {
		return out
	}
	write := map[kernel.ColumnID]json.RawMessage{}
	if out.Effect.Writes() {
		write[column] = kernel.OrNull(found[column])
	}
	for _, c := range r.cfg.Plan.Columns()[1:] {
		now := row.Cells[c]
		if enrichment.EffectOn(now, r.gave(out.Given, c, now), found[c]).Writes() {
			write[c] = kernel.OrNull(found[c])
		}
	}
	if len(write) > 0 {
		if out.Effect == enrichment.EffectSame {
			out.Effect, write[column] = enrichment.EffectChanged, kernel.OrNull(found[column])
		}
		out.Values = write
	}
	return out
}

// gave is now, if a further column's value is one that the kept answer holds, and else null: which output went where then is not known.
func (r *Replay) gave(g Given, column kernel.ColumnID, now json.RawMessage) json.RawMessage {
	if kernel.IsNull(now) {
		return nil
	}
	for _, v := range g.Outputs {
		if cell, err := r.cfg.Fit(column, v); err == nil && enrichment.SameValue(cell, now) {
			return now
		}
	}
	return nil
}

// ReplayColumn asks for a replay: a column's cells become what the waterfall makes of the replies that are recorded.
type ReplayColumn struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Column    kernel.ColumnID
	Config    enrichment.Config
}

// ReplayColumn carries out a ReplayColumn. The column gets the waterfall, and the run that changes its cells begins, in one append and
// as one step of undo. No reply of a provider that is not recorded is asked for, and nothing is paid.
func (h *Handlers) ReplayColumn(ctx context.Context, meta kernel.Meta, c ReplayColumn) (commands.Result[Job], error) {
	return eventstore.Retry(ctx, func(int) (commands.Result[Job], error) { return h.replayColumn(ctx, meta, c) })
}

func (h *Handlers) replayColumn(ctx context.Context, meta kernel.Meta, c ReplayColumn) (commands.Result[Job], error) {
	t, err := h.loadTable(ctx, c.Workspace, c.Table)
	if err != nil {
		return commands.Result[Job]{}, err
	}
	tested, err := h.Backtest(ctx, Backtest{Workspace: c.Workspace, Table: c.Table, Column: c.Column, Config: c.Config})
	if err != nil {
		return commands.Result[Job]{}, err
	}
	cfg, err := h.normalise(ctx, c.Workspace, h.rules(t.Schema()), c.Config, c.Column)
	if err != nil {
		return commands.Result[Job]{}, err
	}
	version := t.Schema().Version
	p := prepared{event: enrichment.RunStarted{
		RunID: kernel.RunID(h.IDs.New(kernel.PrefixRun)), TableID: c.Table, Plans: []enrichment.Plan{{ColumnID: c.Column, Config: cfg}},
		Prices: enrichment.Prices{}, Estimate: enrichment.Estimate{Records: tested.writes(), PerProvider: []enrichment.ProviderEstimate{}},
		By: meta.Actor.User(), At: h.Clock.Now(),
	}}
	for _, s := range cfg.Steps {
		p.event.Prices[s.Provider] = 0
	}
	if p.event.Selection, err = h.selection(ctx, t, meta, Start{
		Workspace: c.Workspace,
		Table:     c.Table,
		Scope:     enrichment.ScopeAll,
	}); err != nil {
		return commands.Result[Job]{}, err
	}
	p.event.Selection.Recorded = true
	if _, err := h.setConfig(t, c.Column, cfg, table.Step{Step: string(p.event.RunID), Label: "Replay recorded answers"}); err != nil {
		return commands.Result[Job]{}, err
	}
	return h.begin(ctx, meta.As("enrichment.replay"), c.Workspace, p, nil,
		eventstore.At(eventstore.Stream(tableCategory, string(c.Table)), eventstore.Expected(version), t.Pending()...))
}

// writes is how many cells the answer says will change, or all of the rows where not all were looked at.
func (a BacktestAnswer) writes() int64 {
	if !a.Complete {
		return a.RowsAll
	}
	return a.Effects[enrichment.EffectChanged] + a.Effects[enrichment.EffectGained] + a.Effects[enrichment.EffectLost]
}

// setConfig makes the column one of the normalised configuration.
func (h *Handlers) setConfig(t *table.Table, column kernel.ColumnID, cfg enrichment.Config, step table.Step) (table.Column, error) {
	raw, err := json.Marshal(cfg)
	if err != nil {
		return table.Column{}, err
	}
	kind, body := table.Enrichment, json.RawMessage(raw)
	return t.ChangeColumn(table.Maker{IDs: h.IDs, Clock: h.Clock}, column, table.ColumnChange{Kind: &kind, Enrichment: &body}, step)
}
