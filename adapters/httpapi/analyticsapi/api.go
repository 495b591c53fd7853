// Package analyticsapi is the HTTP side of the analytics: what enrichments and credits did over time, by provider, field, source,
// table, column and member.
package analyticsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/analyticsview"
)

const tag = "analytics"

// Cache keeps answers for a while; it may lose them at any moment.
type Cache interface {
	Get(ctx context.Context, key string) ([]byte, bool)
	Set(ctx context.Context, key string, value []byte, life time.Duration)
}

// Zones knows in which time zone a workspace's days and weeks begin, by its IANA name.
type Zones interface {
	TimeZone(ctx context.Context, ws kernel.WorkspaceID) (string, error)
}

// Deps is what the endpoints need.
type Deps struct {
	Store      analyticsview.Store
	Projection string // the name of the projection that keeps the store
	Cache      Cache
	Zones      Zones
	Clock      kernel.Clock
}

type service struct{ Deps }

// breakdown is an answer by one dim.
type breakdown struct {
	name, summary string
	kind          analyticsview.Kind
	dim           analyticsview.Dim
	where         map[analyticsview.Dim]string
}

// subject is what can be asked about.
type subject struct {
	name       string
	action     workspace.Action
	total      breakdown // what the series and the export are of
	breakdowns []breakdown
}

const debit = "debit"

func subjects() []subject {
	spent := map[analyticsview.Dim]string{analyticsview.Source: debit}
	return []subject{
		{"enrichment", workspace.ReadTables, breakdown{kind: analyticsview.Cell}, []breakdown{
			{"provider", "How each provider did: hit rate, latency, cost", analyticsview.Attempt, analyticsview.Provider, nil},
			{"field", "Values written, by output column", analyticsview.Field, analyticsview.Column, nil},
			{"source", "Cells by what asked for them: run, auto or request", analyticsview.Cell, analyticsview.Source, nil},
			{"table", "Cells by table", analyticsview.Cell, analyticsview.Table, nil},
			{"column", "Cells by enrichment column", analyticsview.Cell, analyticsview.Column, nil},
			{"member", "Cells by the member on whose behalf they were asked for", analyticsview.Cell, analyticsview.Member, nil},
		}},
		{"credits", workspace.ReadCredits, breakdown{kind: analyticsview.Credit, where: spent}, []breakdown{
			{"provider", "Credits paid, by provider", analyticsview.Credit, analyticsview.Provider, spent},
			{"source", "Credits by kind of ledger entry", analyticsview.Credit, analyticsview.Source, nil},
			{"table", "Credits paid, by table", analyticsview.Credit, analyticsview.Table, spent},
			{"column", "Credits paid, by enrichment column", analyticsview.Credit, analyticsview.Column, spent},
			{"member", "Credits paid, by the member on whose behalf", analyticsview.Credit, analyticsview.Member, spent},
		}},
	}
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	op := func(id, path, summary string, action workspace.Action, scope httpapi.Scope) httpapi.Op {
		return httpapi.Op{
			ID:         id,
			Method:     http.MethodGet,
			Path:       "W/analytics/" + path,
			Tag:        tag,
			Summary:    summary,
			Scope:      scope,
			Action:     action,
			Rate:       httpapi.General,
			Projection: d.Projection,
		}
	}
	asked, series := httpapi.TablesOf(asked), httpapi.TablesOf(askedSeries)
	for _, sub := range subjects() {
		for _, b := range sub.breakdowns {
			httpapi.Read(a, op("get-"+sub.name+"-by-"+b.name, sub.name+"/by-"+b.name, b.summary, sub.action, asked), s.breakdown(b))
		}
		httpapi.Read(a, op("get-"+sub.name+"-over-time", sub.name+"/over-time", "A series by hour, day or week of a time zone, without gaps",
			sub.action, series), s.series(sub.total))
		httpapi.Stream(a, op("export-"+sub.name+"-analytics", sub.name+"/export.csv",
			"Everything that is counted, by unit of time, as CSV of at most a million rows", workspace.ExportData, series),
			"text/csv; charset=utf-8", s.export(sub))
	}
	httpapi.Read(a, op("get-enrichment-summary", "enrichment/summary", "Totals, and those of the time of the same length before",
		workspace.ReadTables, asked), s.enrichmentSummary)
	httpapi.Read(a, op("get-enrichment-funnel", "enrichment/funnel", "The waterfall of a column: what each step was asked and answered",
		workspace.ReadTables, asked), s.funnel)
	httpapi.Read(a, op("get-credits-summary", "credits/summary", "What was paid and brought in, and when the credits will be used up",
		workspace.ReadCredits, httpapi.WholeWorkspace), s.creditSummary)
}
