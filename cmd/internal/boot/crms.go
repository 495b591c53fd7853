package boot

import (
	"context"
	"strings"
	"time"

	"go.temporal.io/sdk/worker"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/crmapi"
	"github.com/morket/morket/adapters/postgres/crmread"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/ratelimit/pgquota"
	"github.com/morket/morket/adapters/sweeper"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/commands/crmcmd"
	"github.com/morket/morket/commands/crmflow"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/commands/reconcile"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/crm"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// crms is bringing rows into CRMs.
type crms struct {
	core     *core
	flows    *flows
	handlers *crmcmd.Handlers
	runner   *crmcmd.Runner
	reads    *crmread.Queries
}

// crmsConfig is what CRMs are reached by.
type crmsConfig struct {
	Connectors []crmcmd.CRM
	Shared     *shared
	Rows       gridread.Runs
	Tables     *tablecmd.Handlers
	Waiter     crmcmd.Waiter
}

func newCRMs(c *core, f *flows, cfg crmsConfig) (*crms, error) {
	m := &crms{core: c, flows: f, reads: crmread.NewQueries(c.rows)}
	site := strings.TrimRight(c.cfg.PublicURL, "/")
	var err error
	m.handlers, err = crmcmd.New(crmcmd.Config{
		Store:    c.store,
		Codec:    c.codec,
		IDs:      c.ids,
		Clock:    c.clock,
		Sealer:   c.ring,
		Quotas:   crmQuotas{cfg.Shared.quotas},
		Rows:     crmRows{cfg.Rows},
		Links:    m.reads,
		Sheets:   crmSheets{cfg.Tables},
		Waiter:   cfg.Waiter,
		CRMs:     cfg.Connectors,
		Redirect: func(vendor string) string { return site + crmapi.CallbackPath + vendor },
	})
	if err != nil {
		return nil, err
	}
	m.runner, err = crmcmd.NewRunner(m.handlers, c.log.With("part", "crm"))
	return m, err
}

func (m *crms) endpoints(a *httpapi.API) {
	site := strings.TrimRight(m.core.cfg.PublicURL, "/")
	crmapi.Register(a, crmapi.Deps{
		Handlers: m.handlers, Reads: m.reads, Site: site, Insecure: !strings.HasPrefix(site, "https://"),
	})
}

func (m *crms) parts() parts {
	starts := crmflow.NewReactor(m.flows.client)
	return parts{
		reactions: []reaction{
			{name: crmflow.ReactorName, types: starts.Types(), handle: starts.Handle},
			{name: "crm_erasure", types: []string{table.Purged{}.EventType()}, handle: m.erase},
		},
		flows: []flow{{
			register: func(r worker.Registry) { crmflow.Register(r, crmflow.NewActivities(m.runner)) },
			underway: func(ctx context.Context, each func(reconcile.Flow) error) error {
				same := func(id kernel.SyncRunID) kernel.SyncRunID { return id }
				return reconcile.Pages(ctx, m.reads.Unfinished, same, func(id kernel.SyncRunID) error { return each(crmflow.Underway(id)) })
			},
		}},
		tasks:  []task{{name: "scheduled pulls", role: config.RoleWorker, reads: true, run: m.schedule}},
		sweeps: []sweeper.Sweep{{Name: "crm records", Every: 24 * time.Hour, Run: m.sweep}}, //nolint:mnd // a day
	}
}

// schedule begins the pulls that are due, until ctx ends. A look that fails is taken again.
func (m *crms) schedule(ctx context.Context) error {
	for {
		if _, err := m.handlers.Tick(ctx, m.reads); err != nil && ctx.Err() == nil {
			m.core.log.WarnContext(ctx, "scheduled pulls could not be begun, it is tried again", "error", err)
		}
		if err := kernel.Pause(ctx, scheduleLook); err != nil {
			return err
		}
	}
}

// erase makes the records unreadable that runs over a table have kept, once the table is gone for good.
func (m *crms) erase(ctx context.Context, rec eventstore.Recorded) error {
	e, err := m.core.codec.Decode(rec)
	if err != nil {
		return err
	}
	if gone, ok := e.(table.Purged); ok {
		_, err = m.core.ring.DestroyOlder(ctx, crm.RecordKeysOf(gone.TableID), m.core.clock.Now().Add(time.Hour)) // of whatever clock
	}
	return err
}

const (
	keepRecords  = 183 * 24 * time.Hour // half a year, that a push can be reversed
	keepAttempts = 24 * time.Hour       // far longer than one may be completed
)

// sweep makes records of runs unreadable whose time is over, and the secrets of attempts to connect that no one completed.
func (m *crms) sweep(ctx context.Context) (int, error) {
	now := m.core.clock.Now()
	n, err := m.core.ring.DestroyOlder(ctx, crm.RecordKeys, now.Add(-keepRecords))
	if err != nil {
		return int(n), err
	}
	more, err := m.core.ring.DestroyOlder(ctx, crm.ConnectKeys, now.Add(-keepAttempts))
	return int(n + more), err
}

// crmRows are the grid's rows as runs of syncs read them.
type crmRows struct{ rows gridread.Runs }

func queryOf(q crmcmd.RowQuery) enrichmentcmd.RowQuery {
	return enrichmentcmd.RowQuery{
		Workspace: q.Workspace, Table: q.Table, Columns: q.Columns, Filter: q.Filter, After: q.After, Limit: q.Limit, Position: q.Position,
	}
}

// Page implements crmcmd.Rows.
func (r crmRows) Page(ctx context.Context, q crmcmd.RowQuery) ([]crmcmd.Row, error) {
	list, err := r.rows.Page(ctx, queryOf(q))
	out := make([]crmcmd.Row, len(list))
	for i, row := range list {
		out[i] = crmcmd.Row{ID: row.ID, Cells: row.Cells}
	}
	return out, err
}

// Count implements crmcmd.Rows.
func (r crmRows) Count(ctx context.Context, q crmcmd.RowQuery) (int64, error) {
	return r.rows.Count(ctx, queryOf(q))
}

// crmSheets are the tables that runs of syncs write into.
type crmSheets struct{ tables *tablecmd.Handlers }

// Open implements crmcmd.Sheets.
func (s crmSheets) Open(ctx context.Context, ws kernel.WorkspaceID, id kernel.TableID) (crmcmd.Sheet, error) {
	opened, err := s.tables.Open(ctx, ws, id)
	return crmSheet{opened}, err
}

type crmSheet struct{ *tablecmd.Opened }

// Write implements crmcmd.Sheet.
func (s crmSheet) Write(ctx context.Context, meta kernel.Meta, w crmcmd.SheetWrite, beside ...eventstore.Change) error {
	return s.Opened.Write(ctx, meta, tablecmd.RowsWrite{Inserts: w.Inserts, Edits: w.Edits, Source: table.FromSync, Step: w.Step}, beside...)
}

// crmQuotas count calls of CRMs as those of providers are counted.
type crmQuotas struct{ quotas *pgquota.Quotas }

// shy is how much of a vendor's limits is used: requests don't arrive as evenly as they are sent, and one that comes into a window too
// early is refused, which costs more than it gains.
const shy = 0.98

// Take implements crmcmd.Quotas.
func (q crmQuotas) Take(ctx context.Context, key string, limits []crm.Limit, most time.Duration) (time.Duration, bool, error) {
	return q.quotas.Take(ctx, key, rateLimits(limits), shy, most)
}

// rateLimits are a vendor's limits by the windows that calls are counted in. A window between two of them is spread over the shorter one.
func rateLimits(limits []crm.Limit) enrichment.RateLimits {
	var out enrichment.RateLimits
	for _, l := range limits {
		for _, w := range []struct {
			window time.Duration
			per    *int
		}{{24 * time.Hour, &out.PerDay}, {time.Hour, &out.PerHour}, {time.Minute, &out.PerMinute}, {time.Second, &out.PerSecond}} {
			if l.Window < w.window {
				continue
			}
			if n := max(1, int(int64(l.Calls)*int64(w.window)/int64(l.Window))); *w.per == 0 || n < *w.per {
				*w.per = n
			}
			break
		}
	}
	return out
}
