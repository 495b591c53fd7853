package boot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/workflowapi"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/adapters/outbound/webhooksend"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/postgres/workflowread"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/commands/webhookcmd"
	"github.com/morket/morket/commands/webhookflow"
	"github.com/morket/morket/commands/workflowcmd"
	"github.com/morket/morket/commands/workflowflow"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/webhook"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
)

// workflows is automation: graphs of what is done with rows, what begins runs of them, and the runs.
type workflows struct {
	core     *core
	flows    *flows
	handlers *workflowcmd.Handlers
	runner   *workflowcmd.Runner
	reads    *workflowread.Queries
	triggers *workflowread.Triggers
}

// newWorkflows makes them from the tables, the enrichments and the webhooks, with which workflows work.
func newWorkflows(c *core, f *flows, m *modules, s *shared, positions projections.Positions) (*workflows, error) {
	w := &workflows{core: c, flows: f, reads: workflowread.NewQueries(c.rows)}
	w.triggers = workflowread.NewTriggers(w.reads, positions)
	client := safedial.NewClient(safedial.Config{Allow: c.cfg.DialAllow, Redirects: -1, Timeout: webhooksend.Timeout})
	var err error
	w.handlers, err = workflowcmd.New(workflowcmd.Config{
		Store:       c.store,
		Codec:       c.codec,
		IDs:         c.ids,
		Clock:       c.clock,
		Grid:        workflowGrid{m.tables.grid.ForRuns(positions)},
		Cells:       workflowCells{m.tables.handlers},
		Enrichments: workflowEnrichments{m.enrichments.handlers},
		Rows:        workflowRows{m.tables.handlers},
		Cache:       s.cache,
		Limiter:     s.limiter,
		Caller:      newWorkflowCaller(c, m.credentials.handlers),
		KeptOut:     c.keptOut,
		Sender: workflowSender{
			webhooks: eventstore.NewRepo("webhook", c.store, c.codec, webhook.New), secrets: m.webhooks.handlers,
			sender: webhooksend.New(client, safedial.Body), clock: c.clock,
		},
	})
	if err != nil {
		return nil, err
	}
	w.runner, err = workflowcmd.NewRunner(workflowcmd.RunnerConfig{Handlers: w.handlers, Logger: c.log.With("part", "workflows")})
	return w, err
}

func (w *workflows) endpoints(a *httpapi.API) {
	workflowapi.Register(a, workflowapi.Deps{Handlers: w.handlers, Reads: w.reads})
}

func (w *workflows) parts() parts {
	starts := workflowflow.NewReactor(w.flows.client, w.core.store)
	changed := func(ctx context.Context, events []eventstore.Recorded) error {
		return w.handlers.Changed(ctx, w.triggers, events)
	}
	return parts{
		reactions: []reaction{
			{name: workflowflow.ReactorName, types: starts.Types(), handle: starts.Handle},
			{name: workflowflow.TriggersName, types: workflowcmd.ChangeTypes(), batch: changed, gather: gatherEdits},
		},
		flows: []flow{{
			register: func(r worker.Registry) { workflowflow.Register(r, workflowflow.NewActivities(w.runner)) },
			underway: func(ctx context.Context, each func(reconcile.Flow) error) error {
				same := func(id kernel.WorkflowRunID) kernel.WorkflowRunID { return id }
				return reconcile.Pages(ctx, w.reads.Unfinished, same, func(id kernel.WorkflowRunID) error { return each(workflowflow.Underway(id)) })
			},
		}},
		tasks: []task{{name: "schedules", role: config.RoleWorker, reads: true, run: w.schedule}},
	}
}

// scheduleLook is how often schedules are looked at.
const scheduleLook = 5 * time.Second

// schedule begins the runs of schedules that are due, until ctx ends. A look that fails is taken again.
func (w *workflows) schedule(ctx context.Context) error {
	for {
		if _, err := w.handlers.Tick(ctx, w.triggers); err != nil && ctx.Err() == nil {
			w.core.log.WarnContext(ctx, "schedules could not be looked at, it is tried again", "error", err)
		}
		if err := kernel.Pause(ctx, scheduleLook); err != nil {
			return err
		}
	}
}

// workflowGrid is the grid as workflows look at it.
type workflowGrid struct{ runs gridread.Runs }

func rowQuery(q workflowcmd.Query) enrichmentcmd.RowQuery {
	return enrichmentcmd.RowQuery{
		Workspace: q.Workspace, Table: q.Table, Columns: q.Columns, Filter: q.Filter, IDs: q.IDs, After: q.After, Limit: q.Limit,
		Position: q.Position,
	}
}

// Page implements workflowcmd.Grid.
func (g workflowGrid) Page(ctx context.Context, q workflowcmd.Query) ([]workflowcmd.Row, error) {
	rows, err := g.runs.Page(ctx, rowQuery(q))
	out := make([]workflowcmd.Row, len(rows))
	for i, r := range rows {
		out[i] = workflowcmd.Row{ID: r.ID, Cells: r.Cells}
	}
	return out, err
}

// Count implements workflowcmd.Grid.
func (g workflowGrid) Count(ctx context.Context, q workflowcmd.Query) (int64, error) {
	return g.runs.Count(ctx, rowQuery(q))
}

// workflowCells sets cells as one step of undo.
type workflowCells struct{ tables *tablecmd.Handlers }

// Set implements workflowcmd.Cells.
func (c workflowCells) Set(
	ctx context.Context, meta kernel.Meta, table kernel.TableID, rows []kernel.RowID, values map[kernel.ColumnID]json.RawMessage,
) error {
	cmd := tablecmd.EditCells{Table: table}
	for col, v := range values {
		for _, row := range rows {
			cmd.Edits = append(cmd.Edits, tablecmd.CellEdit{Row: row, Column: string(col), Value: v})
		}
	}
	_, err := c.tables.EditCells(ctx, meta, cmd)
	return err
}

// workflowRows makes rows of what comes to a workflow's address.
type workflowRows struct{ tables *tablecmd.Handlers }

// Upsert implements workflowcmd.Rows. Select options that are new are made.
func (r workflowRows) Upsert(
	ctx context.Context, meta kernel.Meta, table kernel.TableID, key kernel.ColumnID, cells []map[string]json.RawMessage,
) ([]kernel.RowID, error) {
	cmd := tablecmd.BatchRows{Table: table, KeyColumns: []string{string(key)}, CreateOptions: true}
	for _, c := range cells {
		cmd.Operations = append(cmd.Operations, tablecmd.RowOp{Op: "upsert", Cells: c})
	}
	res, err := r.tables.BatchRows(ctx, meta, cmd)
	if err != nil {
		return nil, err
	}
	ids := make([]kernel.RowID, 0, len(cells))
	for _, done := range res.Value.Results {
		if !slices.Contains(ids, done.RowID) { // two of one key are one row
			ids = append(ids, done.RowID)
		}
	}
	return ids, nil
}

// workflowEnrichments runs enrichment columns for workflows.
type workflowEnrichments struct{ handlers *enrichmentcmd.Handlers }

func startOf(meta kernel.Meta, a workflowcmd.Ask) enrichmentcmd.Start {
	s := enrichmentcmd.Start{
		Workspace: meta.Workspace, Table: a.Table, Columns: []kernel.ColumnID{a.Column}, Scope: enrichment.ScopeRows, Rows: a.Rows,
		MaxCredits: a.MaxCredits,
	}
	if a.OnlyEmpty {
		s.Scope = enrichment.ScopeEmpty
	}
	return s
}

// Estimate implements workflowcmd.Enrichments.
func (e workflowEnrichments) Estimate(ctx context.Context, meta kernel.Meta, a workflowcmd.Ask) (kernel.Credits, error) {
	est, err := e.handlers.Estimate(ctx, meta, startOf(meta, a))
	return est.Likely, err
}

// Start implements workflowcmd.Enrichments.
func (e workflowEnrichments) Start(ctx context.Context, meta kernel.Meta, a workflowcmd.Ask) (kernel.RunID, error) {
	res, err := e.handlers.Start(ctx, meta, startOf(meta, a))
	return res.Value.ID, err
}

// Cancel implements workflowcmd.Enrichments.
func (e workflowEnrichments) Cancel(ctx context.Context, meta kernel.Meta, id kernel.RunID) error {
	_, err := e.handlers.Control(ctx, meta, enrichmentcmd.Control{Workspace: meta.Workspace, Run: id, Verb: enrichmentcmd.Cancel})
	return err
}

// workflowSender posts to the addresses of webhooks, as webhooks do.
type workflowSender struct {
	webhooks *eventstore.Repo[*webhook.Webhook]
	secrets  *webhookcmd.Handlers
	sender   *webhooksend.Sender
	clock    kernel.Clock
}

// Send implements workflowcmd.Sender.
func (s workflowSender) Send(
	ctx context.Context, ws kernel.WorkspaceID, id kernel.WebhookID, message string, body []byte,
) (again bool, err error) {
	w, _, err := s.webhooks.Load(ctx, string(id))
	if err != nil {
		return true, err
	}
	if !w.Exists(ws) || !w.Enabled() {
		return false, errors.New("the webhook is off, or was deleted")
	}
	address, err := s.secrets.Address(ctx, ws, id, w.Settings().URL, w.SealedURL())
	if err != nil {
		return true, err
	}
	secrets, err := s.secrets.Open(ctx, ws, id, w.Secrets())
	if err != nil {
		return true, err
	}
	now := s.clock.Now()
	signature, err := webhookflow.Sign(secrets, message, now, body)
	if err != nil {
		return false, err
	}
	a := s.sender.Send(ctx, address, map[string]string{
		"Content-Type": "application/json", "User-Agent": "Morket/" + Version + " (+https://github.com/morket/morket)",
		webhookflow.HeaderID: message, webhookflow.HeaderTimestamp: strconv.FormatInt(now.Unix(), 10), webhookflow.HeaderSignature: signature,
	}, body)
	if a.Error == "" {
		return false, nil
	}
	const tooMany, serverFault = 429, 500
	return a.Status == 0 || a.Status == tooMany || a.Status >= serverFault, errors.New(a.Error)
}
