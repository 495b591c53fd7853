package mcpserver

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func (t *tools) addRuns(s *mcp.Server) {
	add(s, &mcp.Tool{
		Name: "estimate_enrichment", Annotations: reads("Estimate an enrichment"),
		Description: "Says what filling enrichment columns would cost: the number of records, the likely and the highest cost in credits " +
			"and, for vendors that bill the user directly, in US dollars. Nothing is asked or paid. Tell the user these numbers before " +
			"run_enrichment.",
	}, t.estimate)
	add(s, &mcp.Tool{
		Name: "run_enrichment", Annotations: changes("Run an enrichment (may cost credits)", true, true),
		Description: "Starts filling enrichment columns. This may cost credits and money. Only after estimate_enrichment with the same " +
			"arguments, and after the user agreed to its numbers: pass its max_credits and max_usd. It refuses when it could cost more than " +
			"that by now, and never spends more credits. It answers at once; follow it with run_status.",
	}, t.run)
	add(s, &mcp.Tool{
		Name: "run_status", Annotations: reads("Status of a run"),
		Description: "Tells how far an enrichment run is, what it has spent, and what it waits for.",
	}, t.runStatus)
}

// selection says which cells an enrichment fills.
type selection struct {
	Table   string   `json:"table" jsonschema:"the table's name or id (tbl_…)"`
	Columns []string `json:"columns" jsonschema:"names or ids of enrichment columns, 1 to 20"`
	Scope   string   `json:"scope,omitempty" jsonschema:"empty (the usual one): cells without a value; failed: cells whose last run failed; all: every row again; rows: those in rows"`
	Rows    []string `json:"rows,omitempty" jsonschema:"with scope rows: ids, at most 500"`
	choice
	First int64 `json:"first,omitempty" jsonschema:"at most so many rows"`
	Force bool  `json:"force,omitempty" jsonschema:"ask again instead of reusing answers from before, which are free"`
}

type estimateOut struct {
	Records       int64    `json:"records"`
	LikelyCredits float64  `json:"likely_credits"`
	MaxCredits    float64  `json:"max_credits" jsonschema:"the most that it can cost; pass it to run_enrichment"`
	LikelyUSD     float64  `json:"likely_usd" jsonschema:"on the user's own bills with vendors"`
	MaxUSD        float64  `json:"max_usd" jsonschema:"the most on those bills; pass it to run_enrichment"`
	Providers     []string `json:"providers" jsonschema:"who would be asked, and how often"`
}

type runIn struct {
	selection
	MaxCredits float64 `json:"max_credits" jsonschema:"max_credits of the estimate that the user agreed to"`
	MaxUSD     float64 `json:"max_usd,omitempty" jsonschema:"max_usd of that estimate"`
}

type runOut struct {
	Run       string  `json:"run" jsonschema:"the run's id, for run_status"`
	State     string  `json:"state" jsonschema:"pending, running, paused, completed, partially_completed, failed or cancelled"`
	Ended     bool    `json:"ended"`
	Total     int64   `json:"total"`
	Done      int64   `json:"done"`
	Succeeded int64   `json:"succeeded"`
	NotFound  int64   `json:"not_found"`
	Failed    int64   `json:"failed"`
	Spent     float64 `json:"spent_credits"`
	Reserved  float64 `json:"reserved_credits"`
	WaitsFor  string  `json:"waits_for,omitempty"`
	Error     string  `json:"error,omitempty"`
}

// job is what the tools need of the API's answer.
type job struct {
	ID         string `json:"id"`
	State      string `json:"state"`
	Error      string `json:"error"`
	WaitingFor string `json:"waiting_for"`
	SpentMC    int64  `json:"spent_mc"`
	ReservedMC int64  `json:"reserved_mc"`
	Counts     struct {
		Total, Done, Succeeded, Failed int64
		NotFound                       int64 `json:"not_found"`
	} `json:"counts"`
	Estimate struct {
		Records   int64 `json:"records"`
		LikelyMC  int64 `json:"likely_mc"`
		MaxMC     int64 `json:"max_mc"`
		LikelyUSD int64 `json:"likely_usd_micros"`
		MaxUSD    int64 `json:"max_usd_micros"`
		Providers []struct {
			Provider string `json:"provider"`
			Calls    int64  `json:"calls"`
		} `json:"per_provider"`
	} `json:"estimate"`
}

// body is the request of the job.
func (t *tools) body(ctx context.Context, in selection) (map[string]any, error) {
	table, err := t.client.Table(ctx, in.Table)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(in.Columns))
	for _, ref := range in.Columns {
		c, err := table.Column(ref)
		if err != nil {
			return nil, err
		}
		ids = append(ids, c.ID)
	}
	scope := in.Scope
	if scope == "" {
		scope = "empty"
	}
	if !slices.Contains([]string{"empty", "failed", "all", "rows"}, scope) ||
		(scope == "rows") != (len(in.Rows) > 0) || len(in.Rows) > maxOperations {
		return nil, fmt.Errorf("scope is empty, failed, all or rows; with rows, and only then, name 1 to %d ids in rows", maxOperations)
	}
	body := map[string]any{"table_id": table.ID, "columns": ids, "scope": scope, "first": in.First, "force": in.Force, "q": in.Text}
	if len(in.Rows) > 0 {
		body["row_ids"] = in.Rows
	}
	filter, err := in.filter(table)
	if err != nil {
		return nil, err
	}
	if filter != "" {
		body["filter"] = json.RawMessage(filter)
	}
	view, err := in.view(table)
	if err != nil {
		return nil, err
	}
	if view != "" {
		body["view"] = view
	}
	return body, nil
}

// asked is the estimate as it is now.
func (t *tools) asked(ctx context.Context, body map[string]any) (out job, err error) {
	ws, err := t.client.Workspace(ctx)
	if err != nil {
		return out, err
	}
	_, err = t.client.Ask(ctx, ws+"/enrichment-jobs", url.Values{"dry_run": {"true"}}, body, &out)
	return out, err
}

func (t *tools) estimate(ctx context.Context, in selection) (out estimateOut, err error) {
	body, err := t.body(ctx, in)
	if err != nil {
		return out, err
	}
	j, err := t.asked(ctx, body)
	if err != nil {
		return out, err
	}
	e := j.Estimate
	out = estimateOut{
		Records: e.Records, LikelyCredits: credits(e.LikelyMC), MaxCredits: credits(e.MaxMC),
		LikelyUSD: dollars(e.LikelyUSD), MaxUSD: dollars(e.MaxUSD), Providers: make([]string, 0, len(e.Providers)),
	}
	for _, p := range e.Providers {
		out.Providers = append(out.Providers, fmt.Sprintf("%s: %d calls", p.Provider, p.Calls))
	}
	return out, nil
}

func (t *tools) run(ctx context.Context, in runIn) (out runOut, err error) {
	body, err := t.body(ctx, in.selection)
	if err != nil {
		return out, err
	}
	now, err := t.asked(ctx, body)
	if err != nil {
		return out, err
	}
	agreed, agreedUSD := int64(math.Round(in.MaxCredits*1000)), int64(math.Round(in.MaxUSD*1e6))
	if e := now.Estimate; e.MaxMC > agreed || e.MaxUSD > agreedUSD {
		return out, fmt.Errorf("not started: it may cost up to %g credits and %g US dollars on the user's own bills, and %g and %g were "+
			"agreed to. Call estimate_enrichment, tell the user the numbers, and pass them as max_credits and max_usd once the user agrees",
			credits(e.MaxMC), dollars(e.MaxUSD), in.MaxCredits, in.MaxUSD)
	}
	body["max_credits_mc"] = max(agreed, 1) // 0 would be no limit
	ws, err := t.client.Workspace(ctx)
	if err != nil {
		return out, err
	}
	var j job
	if _, err := t.client.Write(ctx, ws+"/enrichment-jobs", "", body, &j); err != nil {
		return out, err
	}
	return j.out(), nil
}

type runStatusIn struct {
	Run string `json:"run" jsonschema:"the run's id (run_…)"`
}

func (t *tools) runStatus(ctx context.Context, in runStatusIn) (out runOut, err error) {
	ws, err := t.client.Workspace(ctx)
	if err != nil {
		return out, err
	}
	var j job
	_, err = t.client.Get(ctx, ws+"/enrichment-jobs/"+url.PathEscape(in.Run), nil, &j)
	return j.out(), err
}

func (j job) out() runOut {
	return runOut{
		Run: j.ID, State: j.State, Ended: slices.Contains([]string{"completed", "partially_completed", "failed", "cancelled"}, j.State),
		Total: j.Counts.Total, Done: j.Counts.Done, Succeeded: j.Counts.Succeeded, NotFound: j.Counts.NotFound, Failed: j.Counts.Failed,
		Spent: credits(j.SpentMC), Reserved: credits(j.ReservedMC), WaitsFor: j.WaitingFor, Error: j.Error,
	}
}

// dollars are millionths of US dollars as dollars.
func dollars(micros int64) float64 { return float64(micros) / 1e6 }
