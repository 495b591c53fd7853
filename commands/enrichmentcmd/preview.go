package enrichmentcmd

import (
	"context"
	"encoding/json"

	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Preview tries a waterfall on one row. Nothing is stored and nothing is charged.
type Preview struct {
	Workspace kernel.WorkspaceID
	Table     kernel.TableID
	Row       kernel.RowID
	Config    enrichment.Config
	// CallPaid asks providers that have a price too; the installation pays for those calls, the workspace does not.
	CallPaid bool
}

// PreviewAnswer is what a waterfall gives on one row.
type PreviewAnswer struct {
	Value    any                  `json:"value"`
	Outputs  map[string]any       `json:"outputs"`
	State    enrichment.MarkState `json:"state"`
	Message  string               `json:"message,omitempty"`
	Attempts []PreviewAttempt     `json:"attempts"`
	Cost     kernel.Credits       `json:"cost_mc" doc:"What the answer would cost in a run."`
}

// PreviewAttempt is one step of it.
type PreviewAttempt struct {
	enrichment.Attempt
	Output any `json:"output,omitempty"`
}

// Preview carries out a Preview.
func (h *Handlers) Preview(ctx context.Context, c Preview) (PreviewAnswer, error) {
	t, err := h.loadTable(ctx, c.Workspace, c.Table)
	if err != nil {
		return PreviewAnswer{}, err
	}
	if err := kernel.ParseID(kernel.PrefixRow, string(c.Row)); err != nil {
		return PreviewAnswer{}, kernel.NotFound("row", string(c.Row))
	}
	rules := h.rules(t.Schema())
	cfg, err := h.normalise(ctx, c.Workspace, rules, c.Config, "")
	if err != nil {
		return PreviewAnswer{}, err
	}
	plan, err := h.Engine.Compile(enrichment.Plan{Config: cfg}, rules.Columns, nil)
	if err != nil {
		return PreviewAnswer{}, kernel.Invalid("config", "%s", err)
	}
	rows, err := h.Rows.Page(ctx, RowQuery{Workspace: c.Workspace, Table: c.Table, Columns: plan.Needs(), IDs: []kernel.RowID{c.Row}, Limit: 1})
	if err != nil {
		return PreviewAnswer{}, err
	}
	if len(rows) == 0 {
		return PreviewAnswer{}, kernel.NotFound("row", string(c.Row))
	}
	session := h.Engine.Session(waterfall.SessionConfig{Workspace: c.Workspace, Run: kernel.RunID("preview_" + h.IDs.New(kernel.PrefixRun)), FreeOnly: !c.CallPaid})
	cells := rows[0].Cells
	out := session.Ask(ctx, ctx, plan, c.Row, func(id kernel.ColumnID) json.RawMessage { return cells[id] })
	return previewOf(out), nil
}

func previewOf(out waterfall.Outcome) PreviewAnswer {
	p := out.Provenance
	a := PreviewAnswer{Outputs: out.Outputs, State: out.Mark.State, Message: out.Mark.Message, Attempts: []PreviewAttempt{}, Cost: p.CreditsMC}
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
		a.Value = out.Values[""] // the preview's plan has no column yet
	}
	return a
}
