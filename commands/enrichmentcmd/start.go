package enrichmentcmd

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/invopop/validation"

	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/enrichmentcmd/waterfall"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// Start asks for a run over rows of a table.
type Start struct {
	Workspace  kernel.WorkspaceID
	Table      kernel.TableID
	Columns    []kernel.ColumnID
	Scope      enrichment.Scope
	Rows       []kernel.RowID
	View       kernel.ViewID
	Filter     json.RawMessage
	Search     string
	First      int64
	Force      bool
	MaxCredits kernel.Credits
}

// Job is a run as the answer to a command shows it.
type Job struct {
	ID        kernel.RunID        `json:"id"`
	TableID   kernel.TableID      `json:"table_id,omitempty"`
	Columns   []kernel.ColumnID   `json:"columns"`
	State     enrichment.RunState `json:"state"`
	Counts    enrichment.Counts   `json:"counts"`
	Spent     kernel.Credits      `json:"spent_mc"`
	Reserved  kernel.Credits      `json:"reserved_mc"`
	Estimate  enrichment.Estimate `json:"estimate"`
	StartedBy kernel.UserID       `json:"started_by,omitempty"`
	CreatedAt string              `json:"created_at"`
}

// Validate checks the command by itself.
func (c Start) Validate() error {
	scopes := []enrichment.Scope{
		enrichment.ScopeAll, enrichment.ScopeEmpty, enrichment.ScopeFailed, enrichment.ScopeRows, enrichment.ScopeView, enrichment.ScopeFilter,
	}
	return kernel.Check(
		kernel.Field("columns", c.Columns, kernel.Sized(1, enrichment.MaxRunColumns, "name 1 to %d enrichment columns",
			enrichment.MaxRunColumns)),
		kernel.Field("first", c.First, validation.Min(0).Error("must not be negative")),
		kernel.Field("max_credits_mc", c.MaxCredits, kernel.Holds(c.MaxCredits >= 0, "must not be negative")),
		kernel.Field("row_ids", c.Rows, kernel.Holds(c.Scope != enrichment.ScopeRows || len(c.Rows) > 0, "name the rows"),
			kernel.Sized(0, enrichment.MaxSelectedRows, "at most %d rows can be named; use a filter or a view", enrichment.MaxSelectedRows),
			kernel.AllIDs[kernel.RowID](kernel.PrefixRow)),
		kernel.Field("view", c.View, kernel.Holds(c.Scope != enrichment.ScopeView || c.View != "", "name the view")),
		kernel.Field("filter", c.Filter, kernel.Holds(c.Scope != enrichment.ScopeFilter || !kernel.IsNull(c.Filter), "give the filter")),
		kernel.Field("q", c.Search, kernel.Holds(utf8.RuneCountInString(c.Search) <= enrichment.MaxSearch, "is longer than %d characters",
			enrichment.MaxSearch)),
		kernel.Field("scope", c.Scope, kernel.OneOf(scopes, "must be all, empty, failed, rows, view or filter")),
	)
}

// prepared is a run that could start.
type prepared struct {
	schema table.Schema
	event  enrichment.RunStarted
	paid   bool
}

// Estimate says what the run would cost.
func (h *Handlers) Estimate(ctx context.Context, meta kernel.Meta, c Start) (enrichment.Estimate, error) {
	p, err := h.prepare(ctx, meta, c)
	return p.event.Estimate, err
}

// Start carries out a Start: the run and its reservation are one append.
func (h *Handlers) Start(ctx context.Context, meta kernel.Meta, c Start) (commands.Result[Job], error) {
	p, err := h.prepare(ctx, meta, c)
	if err != nil {
		return commands.Result[Job]{}, err
	}
	guard := eventstore.At(eventstore.Stream(tableCategory, string(c.Table)), eventstore.Expected(p.schema.Version))
	return h.begin(ctx, meta.As("enrichment.start"), c.Workspace, p, nil, guard)
}

// prepare checks the request against the table and estimates it.
func (h *Handlers) prepare(ctx context.Context, meta kernel.Meta, c Start) (prepared, error) {
	if err := c.Validate(); err != nil {
		return prepared{}, err
	}
	t, err := h.loadTable(ctx, c.Workspace, c.Table)
	if err != nil {
		return prepared{}, err
	}
	p := prepared{schema: t.Schema()}
	plans, err := h.plans(ctx, c.Workspace, p.schema, c.Columns)
	if err != nil {
		return p, err
	}
	sel, err := h.selection(ctx, t, meta, c)
	if err != nil {
		return p, err
	}
	rows, err := h.Rows.Count(ctx, Query(c.Workspace, c.Table, plans, sel))
	if err != nil {
		return p, err
	}
	if c.First > 0 {
		rows = min(rows, c.First)
	}
	p.event = enrichment.RunStarted{
		TableID:    c.Table,
		Plans:      plans,
		Selection:  sel,
		MaxCredits: c.MaxCredits,
		By:         meta.Actor.User(),
		At:         h.Clock.Now(),
	}
	return p, h.price(ctx, c.Workspace, &p, rows)
}

// plans pins the columns' waterfalls, checked again: the table or the providers may have changed since they were configured.
func (h *Handlers) plans(ctx context.Context, ws kernel.WorkspaceID, s table.Schema, ids []kernel.ColumnID) ([]enrichment.Plan, error) {
	var plans []enrichment.Plan
	seen := map[kernel.ColumnID]bool{}
	for _, id := range ids {
		col, ok := s.Column(id)
		if !ok {
			return nil, kernel.NotFound("column", string(id))
		}
		if seen[id] {
			return nil, kernel.Invalid("columns", "%s is named twice", col.Name)
		}
		seen[id] = true
		cfg, err := ConfigOf(col)
		if err != nil {
			return nil, err
		}
		cfg = withoutGone(cfg, s)
		if cfg, err = h.normalise(ctx, ws, h.rules(s), cfg, id); err != nil {
			return nil, kernel.Invalid("columns", "the enrichment of %s has to be changed first: %s", col.Name, err)
		}
		plans = append(plans, enrichment.Plan{ColumnID: id, Config: cfg})
	}
	return waterfall.Order(plans), nil
}

func (h *Handlers) selection(ctx context.Context, t *table.Table, meta kernel.Meta, c Start) (enrichment.Selection, error) {
	head, err := h.Store.Head(ctx)
	if err != nil {
		return enrichment.Selection{}, err
	}
	last, err := h.Rows.Last(ctx, c.Workspace, c.Table, head)
	if err != nil {
		return enrichment.Selection{}, err
	}
	// Rows may have been made by a process whose clock is ahead of this one's.
	sel := enrichment.Selection{
		Scope:    c.Scope,
		Search:   strings.TrimSpace(c.Search),
		First:    c.First,
		Force:    c.Force,
		Position: head,
		Through:  max(last, lastRow(h.IDs)),
	}
	sel.Rows = slices.Compact(slices.Sorted(slices.Values(c.Rows)))
	switch c.Scope {
	case enrichment.ScopeView:
		i := slices.IndexFunc(t.Views(), func(v table.View) bool { return v.ID == c.View && v.VisibleTo(meta.Actor.User()) })
		if i < 0 {
			return sel, kernel.NotFound("view", string(c.View))
		}
		sel.Filter = t.Views()[i].Filter
	case enrichment.ScopeFilter, enrichment.ScopeAll, enrichment.ScopeEmpty, enrichment.ScopeFailed, enrichment.ScopeRows:
		sel.Filter = c.Filter
	default:
	}
	_, err = table.ParseFilter(sel.Filter, t.Schema())
	return sel, err
}

// lastRow is greater than every row id made until now and smaller than those made a moment later: ids begin with their time.
func lastRow(ids *kernel.IDs) kernel.RowID {
	id := ids.New(kernel.PrefixRow)
	const timeChars = len(kernel.PrefixRow) + 1 + 10 // a ULID's first ten characters are its milliseconds
	return kernel.RowID(id[:timeChars] + strings.Repeat("Z", len(id)-timeChars))
}

// Query is the query for the rows of a selection.
func Query(ws kernel.WorkspaceID, id kernel.TableID, plans []enrichment.Plan, sel enrichment.Selection) RowQuery {
	q := RowQuery{Workspace: ws, Table: id, Filter: sel.Filter, Search: sel.Search, Through: sel.Through, Position: sel.Position}
	if sel.Scope == enrichment.ScopeRows || len(sel.Rows) > 0 {
		q.IDs = sel.Rows
	}
	switch sel.Scope {
	case enrichment.ScopeEmpty:
		q.Filter = both(sel.Filter, anyOf(plans, `"empty"`, "null"))
	case enrichment.ScopeFailed:
		q.Filter = both(sel.Filter, anyOf(plans, `"state"`, `"error"`))
	default:
	}
	for _, p := range plans {
		q.Columns = append(append(q.Columns, waterfall.Needs(p.Config)...), p.ColumnID)
		for _, o := range p.Config.Outputs {
			q.Columns = append(q.Columns, o.ColumnID)
		}
	}
	q.Columns = distinct(q.Columns)
	return q
}

func distinct(ids []kernel.ColumnID) []kernel.ColumnID {
	seen := map[kernel.ColumnID]bool{}
	return slices.DeleteFunc(ids, func(id kernel.ColumnID) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}

func anyOf(plans []enrichment.Plan, op, value string) json.RawMessage {
	parts := make([]string, len(plans))
	for i, p := range plans {
		parts[i] = `{"column":"` + string(p.ColumnID) + `","op":` + op + `,"value":` + value + `}`
	}
	return json.RawMessage(`{"or":[` + strings.Join(parts, ",") + `]}`)
}

func both(a, b json.RawMessage) json.RawMessage {
	if kernel.IsNull(a) {
		return b
	}
	return json.RawMessage(`{"and":[` + string(a) + `,` + string(b) + `]}`)
}

// price estimates a prepared run, and pins the prices that it is estimated with.
func (h *Handlers) price(ctx context.Context, ws kernel.WorkspaceID, p *prepared, rows int64) (err error) {
	p.event.Prices = h.prices(p.event.Plans)
	p.paid = p.event.Prices.Any()
	p.event.Estimate, err = h.estimate(ctx, ws, p.event.Plans, p.event.Prices, rows)
	return err
}

// prices are those of today.
func (h *Handlers) prices(plans []enrichment.Plan) enrichment.Prices {
	out := enrichment.Prices{}
	for _, p := range plans {
		for _, s := range p.Config.Steps {
			provider, _ := h.Engine.Registry.Provider(s.Provider)
			out[s.Provider] = provider.Price
		}
	}
	return out
}

func (h *Handlers) estimate(
	ctx context.Context, ws kernel.WorkspaceID, plans []enrichment.Plan, prices enrichment.Prices, rows int64,
) (enrichment.Estimate, error) {
	rates, err := h.Rates.HitRates(ctx, ws)
	if err != nil {
		return enrichment.Estimate{}, err
	}
	known := func(slug string) (float64, bool) {
		r, ok := rates[slug]
		return r, ok
	}
	return enrichment.EstimateRun(plans, rows, func(slug string) kernel.Credits { return prices[slug] }, known, h.Engine.Registry.Charges), nil
}

// begin appends the run, and its reservation if any step has a price. Reserved is the likely cost, within the run's own limit; a
// run that turns out dearer reserves more as it goes.
func (h *Handlers) begin(
	ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, p prepared, records [][]enrichment.Record, guards ...eventstore.Change,
) (commands.Result[Job], error) {
	if p.event.RunID == "" {
		p.event.RunID = kernel.RunID(h.IDs.New(kernel.PrefixRun))
	}
	if p.paid {
		p.event.Reserved = p.event.Estimate.Likely
		if p.event.MaxCredits > 0 {
			p.event.Reserved = min(p.event.Reserved, p.event.MaxCredits)
		}
	}
	run := enrichment.NewRun()
	if err := run.Start(p.event); err != nil {
		return commands.Result[Job]{}, err
	}
	for _, r := range records {
		if err := run.AddRecords(r); err != nil {
			return commands.Result[Job]{}, err
		}
	}
	job := jobOf(run, p.event)
	changes := append([]eventstore.Change{eventstore.At(h.runs.Stream(string(run.ID())), eventstore.NoStream, run.Pending()...)}, guards...)
	meta.Workspace = ws
	done, err := h.append(ctx, meta, ws, p.paid, &job, func(a *credit.Account) error {
		return a.Reserve(run.Reservation(), run.ID(), run.Table(), p.event.Reserved, p.event.At)
	}, changes...)
	if err != nil {
		return commands.Result[Job]{}, err
	}
	return commands.Reply(done, job)
}

// append appends the changes, through the ledger if credits move.
func (h *Handlers) append(
	ctx context.Context, meta kernel.Meta, ws kernel.WorkspaceID, paid bool, result any,
	decide func(*credit.Account) error, changes ...eventstore.Change,
) (eventstore.Appended, error) {
	if paid {
		return h.Ledger.Commit(ctx, meta, ws, result, func(a *credit.Account) error {
			now := h.Clock.Now()
			if err := a.ReleasePreviews(now.Add(-previewLasts), now); err != nil {
				return err
			}
			return decide(a)
		}, changes...)
	}
	req, err := h.Codec.Append(meta, result, changes...)
	if err != nil {
		return eventstore.Appended{}, err
	}
	return h.Store.Append(ctx, req)
}
