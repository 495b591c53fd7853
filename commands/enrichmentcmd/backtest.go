package enrichmentcmd

import (
	"context"
	"encoding/json"
	"time"

	"github.com/invopop/validation"

	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// Bounds of a back-test, which is answered at once.
const (
	MaxBacktestRows    = 20_000
	backtestWithin     = 20 * time.Second
	backtestPage       = 500
	maxBacktestChanges = 200 // rows that the answer lists
)

// Backtest asks what another waterfall of a column would come to over what is recorded. No provider is asked and nothing is changed.
type Backtest struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Column    kernel.ColumnID
	Config    enrichment.Config
	First     int64 // at most so many rows; 0: as many as can be looked at
}

// BacktestAnswer is what a Backtest finds.
type BacktestAnswer struct {
	Now      *enrichment.Tally           `json:"now,omitempty" doc:"The column's waterfall as it is; absent for a column without one."`
	Then     *enrichment.Tally           `json:"then" doc:"The waterfall that is asked about."`
	Effects  map[enrichment.Effect]int64 `json:"effects" doc:"How many cells each effect meets: same, changed, gained, lost, edited, unknown."`
	Rows     []BacktestRow               `json:"rows" doc:"The first rows that would change."`
	RowsSeen int64                       `json:"rows_seen"`
	RowsAll  int64                       `json:"rows_all" doc:"Rows of the table."`
	Complete bool                        `json:"complete" doc:"Whether all rows were looked at."`
}

// BacktestRow is a row that would change.
type BacktestRow struct {
	RowID    kernel.RowID      `json:"row_id"`
	Effect   enrichment.Effect `json:"effect" enum:"changed,gained,lost"`
	Now      json.RawMessage   `json:"now"`
	Then     json.RawMessage   `json:"then"`
	Provider string            `json:"provider,omitempty" doc:"Whose answer it would be."`
	Message  string            `json:"message,omitempty" doc:"Why there would be no answer."`
}

// Validate checks the command by itself.
func (c Backtest) Validate() error {
	return kernel.Check(kernel.Field("first", c.First, validation.Min(0).Error("must not be negative")))
}

// backtest is one under way.
type backtest struct {
	*Handlers
	Backtest
	schema    table.Schema
	now, then *Replay // now is nil for a column without a waterfall
	columns   []kernel.ColumnID
	answer    BacktestAnswer
}

// Backtest carries out a Backtest.
func (h *Handlers) Backtest(ctx context.Context, c Backtest) (BacktestAnswer, error) {
	if err := c.Validate(); err != nil {
		return BacktestAnswer{}, err
	}
	b := &backtest{Handlers: h, Backtest: c, answer: BacktestAnswer{Effects: map[enrichment.Effect]int64{}, Rows: []BacktestRow{}}}
	if err := b.prepare(ctx); err != nil {
		return BacktestAnswer{}, err
	}
	if err := b.pages(ctx); err != nil {
		return BacktestAnswer{}, err
	}
	return b.answer, b.guess(ctx)
}

func (b *backtest) prepare(ctx context.Context) error {
	t, err := b.loadTable(ctx, b.Workspace, b.Table)
	if err != nil {
		return err
	}
	b.schema = t.Schema()
	col, err := t.Live(b.Column)
	if err != nil {
		return err
	}
	cfg, err := b.normalise(ctx, b.Workspace, b.rules(b.schema), b.Backtest.Config, b.Column)
	if err != nil {
		return err
	}
	if b.then, err = b.replay(cfg); err != nil {
		return err
	}
	b.answer.Then = enrichment.NewTally(cfg.Steps)
	if col.Kind != table.Enrichment {
		return nil
	}
	before, err := ConfigOf(col)
	if err != nil {
		return err
	}
	if b.now, err = b.replay(before); err != nil {
		b.now = nil // one that can't be run any more has no figures
		return nil  //nolint:nilerr // see above
	}
	b.answer.Now = enrichment.NewTally(before.Steps)
	return nil
}

// replay makes a replay of a configuration, and notes which columns it reads.
func (b *backtest) replay(cfg enrichment.Config) (*Replay, error) {
	fit := FitTable(b.schema)
	plan, err := b.Engine.Compile(enrichment.Plan{ColumnID: b.Column, Config: cfg}, Columns(b.schema), fit)
	if err != nil {
		return nil, kernel.Invalid("config", "%s", err)
	}
	b.columns = append(append(b.columns, plan.Needs()...), plan.Columns()...)
	return NewReplay(ReplayConfig{Workspace: b.Workspace, Engine: b.Engine, Recorded: b.Recorded, Plan: plan, Fit: fit}), nil
}

// pages goes through the table's rows as far as rows and time allow.
func (b *backtest) pages(ctx context.Context) error {
	head, err := b.Store.Head(ctx)
	if err != nil {
		return err
	}
	if err := b.Recorded.Await(ctx, head); err != nil {
		return err
	}
	q := RowQuery{Workspace: b.Workspace, Table: b.Table, Columns: distinct(b.columns), Position: head}
	if b.answer.RowsAll, err = b.Rows.Count(ctx, q); err != nil {
		return err
	}
	most := min(b.answer.RowsAll, MaxBacktestRows)
	if b.First > 0 {
		most = min(most, b.First)
	}
	began := b.Clock.Now()
	for b.answer.RowsSeen < most && !kernel.Passed(b.Clock.Now(), began, backtestWithin) {
		q.Limit = int(min(backtestPage, most-b.answer.RowsSeen))
		rows, err := b.Rows.Page(ctx, q)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := b.page(ctx, rows); err != nil {
			return err
		}
		q.After = rows[len(rows)-1].ID
		b.answer.RowsSeen += int64(len(rows))
	}
	b.answer.Complete = b.answer.RowsSeen >= b.answer.RowsAll
	return nil
}

func (b *backtest) page(ctx context.Context, rows []Row) error {
	then, err := b.then.Rows(ctx, rows)
	if err != nil {
		return err
	}
	for i, r := range then {
		b.answer.Then.Add(r.Provenance, r.Mark.State)
		b.answer.Effects[r.Effect]++
		if r.Effect.Writes() && len(b.answer.Rows) < maxBacktestChanges {
			b.answer.Rows = append(b.answer.Rows, BacktestRow{
				RowID: r.Mark.RowID, Effect: r.Effect, Now: kernel.OrNull(rows[i].Cells[b.Column]), Then: kernel.OrNull(r.Values[b.Column]),
				Provider: r.Provenance.Provider, Message: r.Mark.Message,
			})
		}
	}
	if b.now == nil {
		return nil
	}
	now, err := b.now.Rows(ctx, rows)
	if err != nil {
		return err
	}
	for _, r := range now {
		b.answer.Now.Add(r.Provenance, r.Mark.State)
	}
	return nil
}

// guess adds what the rows would likely come to of which too little is recorded.
func (b *backtest) guess(ctx context.Context) error {
	rates, err := b.Rates.HitRates(ctx, b.Workspace)
	if err != nil {
		return err
	}
	price := func(slug string) kernel.Credits {
		p, _ := b.Engine.Registry.Provider(slug)
		return p.Price
	}
	known := func(slug string) (float64, bool) {
		r, ok := rates[slug]
		return r, ok
	}
	for _, t := range []*enrichment.Tally{b.answer.Now, b.answer.Then} {
		if t != nil {
			t.Guess(price, known)
		}
	}
	return nil
}
