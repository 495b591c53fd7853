package enrichmentcmd

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Preview tries a waterfall on one row. No cell is changed. An answer of a provider that has a price is paid like one of a run.
type Preview struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Row       kernel.RowID
	Config    enrichment.Config
	CallPaid  bool // ask providers that have a price too
}

// previewWithin bounds a preview with slow providers.
const previewWithin = 5 * time.Minute

// previewLasts is how long a preview may hold its reservation; after that its process has died.
const previewLasts = 15 * time.Minute

// PreviewAnswer is what a waterfall gives on one row.
type PreviewAnswer struct {
	Value    any                  `json:"value"`
	Outputs  map[string]any       `json:"outputs"`
	State    enrichment.MarkState `json:"state"`
	Message  string               `json:"message,omitempty"`
	Attempts []PreviewAttempt     `json:"attempts"`
	// Exchanges are the HTTP requests of all steps, with the beginnings of their answers.
	Exchanges []enrichment.Exchange `json:"exchanges"`
	Cost      kernel.Credits        `json:"cost_mc" doc:"What was paid for the answer."`
	// Confidence and evidence are absent without an accepted answer.
	Confidence *float64              `json:"confidence,omitempty" minimum:"0" maximum:"1"`
	Verified   *bool                 `json:"verified,omitempty" doc:"Whether anything else than the provider says the same."`
	VerifiedBy []enrichment.Evidence `json:"verified_by,omitempty" doc:"What says the same: input, dns, mx, page or provider: and its slug."`
}

// PreviewAttempt is one step of it.
type PreviewAttempt struct {
	enrichment.Attempt
	Output any `json:"output,omitempty"`
}

// Preview carries out a Preview: it reserves the dearest price that may come up, asks, and pays for what was accepted.
func (h *Handlers) Preview(ctx context.Context, meta kernel.Meta, c Preview) (commands.Result[PreviewAnswer], error) {
	t, err := h.loadTable(ctx, c.Workspace, c.Table)
	if err != nil {
		return commands.Result[PreviewAnswer]{}, err
	}
	if err := kernel.ParseID(kernel.PrefixRow, string(c.Row)); err != nil {
		return commands.Result[PreviewAnswer]{}, kernel.NotFound("row", string(c.Row))
	}
	rules := h.rules(t.Schema())
	cfg, err := h.normalise(ctx, c.Workspace, rules, c.Config, "")
	if err != nil {
		return commands.Result[PreviewAnswer]{}, err
	}
	plan, err := h.Engine.Compile(enrichment.Plan{Config: cfg}, rules.Columns, nil)
	if err != nil {
		return commands.Result[PreviewAnswer]{}, kernel.Invalid("config", "%s", err)
	}
	cells, err := h.previewed(ctx, c, plan)
	if err != nil {
		return commands.Result[PreviewAnswer]{}, err
	}
	p := previewing{
		Handlers: h,
		Preview:  c,
		meta:     meta.As("enrichment.preview"),
		plan:     plan,
		cells:    cells,
		id:       credit.PreviewPrefix + h.IDs.New(kernel.PrefixRun),
	}
	p.meta.Workspace = c.Workspace
	if price := plan.Dearest(); c.CallPaid && price > 0 {
		return p.paid(ctx, price)
	}
	out := p.ask(ctx)
	return commands.Result[PreviewAnswer]{Value: previewOf(out)}, out.Broken
}

// previewed reads the row as it is now.
func (h *Handlers) previewed(ctx context.Context, c Preview, plan *waterfall.Plan) (map[kernel.ColumnID]json.RawMessage, error) {
	head, err := h.Store.Head(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := h.Rows.Page(ctx, RowQuery{
		Workspace: c.Workspace,
		Table:     c.Table,
		Columns:   plan.Needs(),
		IDs:       []kernel.RowID{c.Row},
		Limit:     1,
		Position:  head,
	})
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, kernel.NotFound("row", string(c.Row))
	}
	return rows[0].Cells, nil
}

// previewing is one preview under way.
type previewing struct {
	*Handlers
	Preview
	meta  kernel.Meta
	plan  *waterfall.Plan
	cells map[kernel.ColumnID]json.RawMessage
	id    string
}

func (p previewing) ask(ctx context.Context) waterfall.Outcome {
	ctx, cancel := context.WithTimeout(ctx, previewWithin)
	defer cancel()
	session := p.Engine.Session(waterfall.SessionConfig{
		Workspace: p.Workspace,
		Run:       kernel.RunID(p.id),
		FreeOnly:  !p.CallPaid,
		Bodies:    enrichment.ShownBody,
	})
	return session.Ask(ctx, ctx, p.plan, p.Row, func(id kernel.ColumnID) json.RawMessage { return p.cells[id] })
}

// settleWithin is how long paying for an answer may take, whether or not anybody waits for it still.
const settleWithin = 30 * time.Second

func (p previewing) paid(ctx context.Context, price kernel.Credits) (commands.Result[PreviewAnswer], error) {
	first := p.meta
	first.IdempotencyKey, first.Fingerprint = "", "" // the request's key belongs to the answer
	_, err := p.append(ctx, first, p.Workspace, true, nil, func(a *credit.Account) error {
		return a.ReservePreview(p.id, p.Table, price, p.Clock.Now())
	})
	if err != nil {
		return commands.Result[PreviewAnswer]{}, err
	}
	out := p.ask(ctx)
	answer := previewOf(out)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	if out.Broken != nil { // it may be asked again under the same key
		_, err := p.pay(ctx, first, nil, waterfall.Outcome{})
		return commands.Result[PreviewAnswer]{}, errors.Join(out.Broken, err)
	}
	kept := answer
	kept.Exchanges = []enrichment.Exchange{} // they are shown once and not kept with the command
	done, err := p.pay(ctx, p.meta, &kept, out)
	switch {
	case err != nil: // the answer is there and is not lost; what was set aside for it comes back after a while
		return commands.Result[PreviewAnswer]{Value: answer}, nil
	case done.Replayed: // a repeat at the same moment was faster: its answer counts, and this one costs nothing
		if _, err := p.pay(ctx, first, nil, waterfall.Outcome{}); err != nil {
			return commands.Result[PreviewAnswer]{}, err
		}
	}
	return commands.Reply(done, answer)
}

// pay debits the outcome's answer, if it costs something, and gives the rest of the reservation back.
func (p previewing) pay(ctx context.Context, meta kernel.Meta, answer any, out waterfall.Outcome) (eventstore.Appended, error) {
	var lines []credit.Line
	if prov := out.Provenance; prov.CreditsMC > 0 {
		step := prov.Attempts[len(prov.Attempts)-1].Step
		lines = []credit.Line{{Row: p.Row, Provider: prov.Provider, Attempt: step, Amount: prov.CreditsMC, AnswerHash: prov.AnswerHash}}
	}
	return p.append(ctx, meta, p.Workspace, true, answer, func(a *credit.Account) error {
		return a.SettlePreview(p.id, lines, p.Clock.Now())
	})
}

func previewOf(out waterfall.Outcome) PreviewAnswer {
	p := out.Provenance
	a := PreviewAnswer{
		Outputs:   out.Outputs,
		State:     out.Mark.State,
		Message:   out.Mark.Message,
		Attempts:  []PreviewAttempt{},
		Exchanges: append([]enrichment.Exchange{}, p.Exchanges...),
		Cost:      p.CreditsMC,
	}
	if a.Outputs == nil {
		a.Outputs = map[string]any{}
	}
	for _, at := range p.Attempts {
		pa := PreviewAttempt{Attempt: at}
		if at.Status == enrichment.StatusSucceeded {
			pa.Output = out.Outputs
		}
		a.Attempts = append(a.Attempts, pa)
	}
	if out.Values != nil {
		verified := p.Sureness().Verified()
		a.Confidence, a.Verified, a.VerifiedBy = p.Confidence, &verified, p.VerifiedBy
		a.Value = out.Values[""] // the preview's plan has no column yet
	}
	return a
}
