package enrichmentapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/enrichmentapi"
	"github.com/morket/morket/commands/enrichmentcmd"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

func TestProviders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var list []enrichmentapi.Provider
	w.call("anna", http.MethodGet, "/providers", nil).into(t, &list)
	bySlug := map[string]enrichmentapi.Provider{}
	for _, p := range list {
		bySlug[p.Slug] = p
	}
	require.Len(t, bySlug, len(list))
	require.Equal(t, []string{"api.hunter.io"}, bySlug["hunter_email_finder"].Credential.Hosts)
	require.Nil(t, bySlug["email_check"].Credential)
	require.True(t, list[len(list)-1].Legacy, "what new customers can't have is offered last")
	var one enrichmentapi.Provider
	w.call("anna", http.MethodGet, "/providers/email_check", nil).into(t, &one)
	require.Equal(t, "unknown", one.Health.State)
	require.NotEmpty(t, one.Outputs)
	require.Equal(t, http.StatusNotFound, w.call("anna", http.MethodGet, "/providers/nobody", nil).status)
	require.Equal(t, http.StatusNotFound, w.call("anna", http.MethodGet, "/providers/nobody/presets", nil).status)
	var presets []enrichment.Preset
	w.call("anna", http.MethodGet, "/providers/email_check/presets", nil).into(t, &presets)
	require.Empty(t, presets)
	w.call("anna", http.MethodGet, "/providers/http_api/presets", nil).into(t, &presets)
	require.Greater(t, len(presets), 8)
	require.NotEmpty(t, presets[0].Example)
}

func (w *world) addColumn(name string) table.Column {
	w.t.Helper()
	var col table.Column
	w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment-columns", map[string]any{"name": name, "type": "text", "config": emailCheck("Email")}).into(w.t, &col)
	return col
}

func TestFromAColumnToItsAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	col := w.addColumn("Email status")
	require.Equal(t, table.Enrichment, col.Kind)
	require.Contains(t, string(col.Enrichment), string(w.email), "columns are kept by id")

	var preview struct {
		Value    string
		State    string
		Attempts []enrichment.Attempt
		Outputs  map[string]any
	}
	w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment-preview", map[string]any{"config": emailCheck(w.email), "row_id": w.rows[1]}).into(t, &preview)
	require.Equal(t, "unknown", preview.Value, "without a network the domain can't be checked")
	require.Equal(t, true, preview.Outputs["syntax_ok"])

	body := map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}, "scope": "all"}
	var est enrichmentapi.Job
	w.call("anna", http.MethodPost, "enrichment-jobs?dry_run=true", body).into(t, &est)
	require.EqualValues(t, 30, est.Estimate.Records)
	require.Empty(t, est.ID)

	w.waiting = "temporal"
	first := w.call("anna", http.MethodPost, "enrichment-jobs", body, "Idempotency-Key", "once")
	var job enrichmentapi.Job
	first.into(t, &job)
	require.Equal(t, "temporal", job.WaitingFor)
	var again enrichmentapi.Job
	replay := w.call("anna", http.MethodPost, "enrichment-jobs", body, "Idempotency-Key", "once")
	replay.into(t, &again)
	require.Equal(t, job.ID, again.ID)
	require.Equal(t, "true", replay.header.Get("Idempotent-Replayed"))

	w.work(job.ID, 0)
	id := job.ID
	job = enrichmentapi.Job{}
	w.call("anna", http.MethodGet, "enrichment-jobs/"+string(id), nil).into(t, &job)
	require.Equal(t, enrichment.RunCompleted, job.State)
	require.Equal(t, enrichment.Counts{Total: 30, Done: 30, Succeeded: 30}, job.Counts)
	require.Empty(t, job.WaitingFor)

	var records []enrichmentapi.Record
	cursor, pages := "", 0
	for {
		var page []enrichmentapi.Record
		r := w.call("anna", http.MethodGet, fmt.Sprintf("enrichment-jobs/%s/records?limit=12&cursor=%s", job.ID, cursor), nil)
		r.into(t, &page)
		records = append(records, page...)
		pages++
		if cursor = r.Meta.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, 3, pages)
	require.Len(t, records, 30)
	require.JSONEq(t, `"invalid"`, string(records[0].Answer))
	require.Equal(t, "email_check", records[0].Provider)
	require.JSONEq(t, `{"email":"nobody 0"}`, string(records[0].Input))

	var values string
	require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT string_agg(state, ',') FROM (SELECT DISTINCT state FROM rm_enrichment.records) s").Scan(&values))
	require.Equal(t, "value", values)

	w.call("anna", http.MethodPost, "enrichment-jobs", body).into(t, &again)
	w.work(again.ID, 0)
	w.call("anna", http.MethodGet, "enrichment-jobs/"+string(again.ID), nil).into(t, &again)
	require.EqualValues(t, 30, again.Counts.Cached, "the same questions a second time are answered from before")
}

func TestScopesLookAtTheGrid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	col := w.addColumn("Status")
	run := func(body map[string]any) enrichmentapi.Job {
		body["table_id"], body["columns"] = w.table, []kernel.ColumnID{col.ID}
		var job enrichmentapi.Job
		w.call("anna", http.MethodPost, "enrichment-jobs", body).into(t, &job)
		w.work(job.ID, 0)
		w.call("anna", http.MethodGet, "enrichment-jobs/"+string(job.ID), nil).into(t, &job)
		return job
	}
	require.EqualValues(t, 10, run(map[string]any{"scope": "filter", "filter": map[string]any{"column": w.email, "op": "starts_with", "value": "nobody"}}).Counts.Done)
	require.EqualValues(t, 20, run(map[string]any{"scope": "empty"}).Counts.Done, "those that have no value yet")
	require.EqualValues(t, 0, run(map[string]any{"scope": "failed"}).Counts.Done)
	require.EqualValues(t, 2, run(map[string]any{"scope": "rows", "row_ids": w.rows[3:5]}).Counts.Done)
	var jobs []enrichmentapi.Job
	r := w.call("anna", http.MethodGet, "enrichment-jobs?limit=3&table="+string(w.table), nil)
	r.into(t, &jobs)
	require.Len(t, jobs, 3)
	w.call("anna", http.MethodGet, "enrichment-jobs?limit=3&cursor="+r.Meta.NextCursor, nil).into(t, &jobs)
	require.Len(t, jobs, 1)
}

// What the view shows, without a value, of the chosen rows: each narrows the others.
func TestAScopeIsNarrowedBySearchFilterAndRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	col := w.addColumn("Status")
	nobody := map[string]any{"column": w.email, "op": "starts_with", "value": "nobody"}
	body := func(more map[string]any) map[string]any {
		out := map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}}
		maps.Copy(out, more)
		return out
	}
	w.call("anna", http.MethodPost, "enrichment-jobs", body(map[string]any{"scope": "rows", "row_ids": w.rows[:4]})).into(t, new(enrichmentapi.Job))
	for name, c := range map[string]struct {
		more map[string]any
		want int64
	}{
		"search":                    {map[string]any{"scope": "all", "q": "NOBODY"}, 10},
		"search and filter":         {map[string]any{"scope": "filter", "filter": nobody, "q": "1"}, 4},
		"rows and filter":           {map[string]any{"scope": "rows", "row_ids": w.rows[:7], "filter": nobody}, 3},
		"rows, filter, search":      {map[string]any{"scope": "rows", "row_ids": w.rows[:7], "filter": nobody, "q": "6"}, 1},
		"nothing holds the text":    {map[string]any{"scope": "empty", "q": "nowhere"}, 0},
		"blank is no search":        {map[string]any{"scope": "all", "q": "  "}, 30},
		"rows that have not failed": {map[string]any{"scope": "failed", "row_ids": w.rows[:7]}, 0},
	} {
		var job enrichmentapi.Job
		w.call("anna", http.MethodPost, "enrichment-jobs?dry_run=true", body(c.more)).into(t, &job)
		require.Equal(t, c.want, job.Estimate.Records, name)
		w.call("anna", http.MethodPost, "enrichment-jobs", body(c.more)).into(t, &job)
		w.work(job.ID, 0)
		w.call("anna", http.MethodGet, "enrichment-jobs/"+string(job.ID), nil).into(t, &job)
		if c.more["scope"] != "empty" {
			require.Equal(t, c.want, job.Counts.Done, name)
		}
		require.NotNil(t, job.Over)
	}
	long := body(map[string]any{"scope": "all", "q": strings.Repeat("x", 201)})
	require.GreaterOrEqual(t, w.call("anna", http.MethodPost, "enrichment-jobs", long).status, 400)
}

// One question and one debit fill several columns, which are made with the enrichment in one step.
func TestOneAnswerFillsSeveralColumns(t *testing.T) {
	t.Parallel()
	w := newWorldWithPrices(t, map[string]kernel.Credits{"email_check": 100})
	_, err := w.ledger.Commit(t.Context(), kernel.Meta{Actor: kernel.System(), Workspace: wsA}, wsA, nil, func(a *credit.Account) error {
		return a.Grant(credit.KindGrant, 10_000, "", w.clock.Now())
	})
	require.NoError(t, err)
	var col table.Column
	w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment-columns", map[string]any{
		"name": "Status", "type": "text", "config": emailCheck(w.email),
		"new_outputs": []any{map[string]any{"output": "domain", "name": "Mail domain", "type": "text"}, map[string]any{"output": "free", "name": "Free mail", "type": "boolean"}},
	}).into(t, &col)
	cfg, err := enrichmentcmd.ConfigOf(col)
	require.NoError(t, err)
	require.Len(t, cfg.Outputs, 2)

	var names []string
	for _, c := range w.schema().Columns {
		names = append(names, c.Name)
	}
	require.Equal(t, []string{"Email", "Status", "Mail domain", "Free mail"}, names)
	run := func() enrichmentapi.Job {
		var job enrichmentapi.Job
		w.call("anna", http.MethodPost, "enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}, "scope": "rows", "row_ids": w.rows[1:2], "force": true}).into(t, &job)
		w.work(job.ID, 0)
		w.call("anna", http.MethodGet, "enrichment-jobs/"+string(job.ID), nil).into(t, &job)
		return job
	}
	first := run()
	require.Equal(t, enrichment.Counts{Total: 1, Done: 1, Succeeded: 1}, first.Counts)
	require.Equal(t, kernel.Credits(100), first.Spent, "one answer is paid once")
	head, err := w.log.Head(t.Context())
	require.NoError(t, err)
	rows, err := w.grid.Page(t.Context(), enrichmentcmd.RowQuery{
		Workspace: wsA, Table: w.table, Columns: []kernel.ColumnID{cfg.Outputs[0].ColumnID}, IDs: w.rows[1:2], Limit: 1, Position: head,
	})
	require.NoError(t, err)
	require.JSONEq(t, `"acme1.com"`, string(rows[0].Cells[cfg.Outputs[0].ColumnID]))

	w.change(func(t *table.Table) error { return t.DeleteColumn(cfg.Outputs[0].ColumnID, table.Step{}) })
	require.Equal(t, enrichment.RunCompleted, run().State, "the other column is filled still")

	var checked enrichmentapi.CheckedEnrichment
	bad := emailCheck(w.email)
	bad["condition"] = "{{Nowhere}} > 1"
	w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment:check", map[string]any{"config": bad}).into(t, &checked)
	require.Equal(t, []kernel.Detail{{Field: "condition", Message: "there is no column {{Nowhere}}"}}, checked.Faults)
	w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment:check", map[string]any{"config": emailCheck(w.email)}).into(t, &checked)
	require.Empty(t, checked.Faults)
	noID := emailCheck(w.email)
	noID["steps"] = []map[string]any{{"provider": "none", "output": "x", "credential_id": "x"}}
	require.Equal(t, http.StatusUnprocessableEntity, w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment:check", map[string]any{"config": noID}).status)
}

func TestInlineRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body := map[string]any{"inline": map[string]any{
		"config":  map[string]any{"steps": []any{map[string]any{"provider": "phone_normalise", "inputs": map[string]any{"phone": map[string]any{"column": "tel"}}, "output": "e164"}}},
		"records": []map[string]any{{"tel": "+41 44 668 18 00"}, {"tel": "nonsense"}},
	}}
	var job enrichmentapi.Job
	w.call("anna", http.MethodPost, "enrichment-jobs", body).into(t, &job)
	w.work(job.ID, 0)
	var records []enrichmentapi.Record
	w.call("anna", http.MethodGet, "enrichment-jobs/"+string(job.ID)+"/records", nil).into(t, &records)
	require.JSONEq(t, `"+41446681800"`, string(records[0].Answer))
	require.Equal(t, enrichment.MarkEmpty, records[1].State)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	col := w.addColumn("Status")
	for name, c := range map[string]struct {
		path   string
		body   any
		status int
		field  string
	}{
		"unknown provider": {"tables/" + string(w.table) + "/enrichment-columns", map[string]any{"name": "x", "type": "text", "config": map[string]any{"steps": []any{map[string]any{"provider": "nobody", "output": "x"}}}}, 422, "steps[0].provider"},
		"unknown column":   {"tables/" + string(w.table) + "/enrichment-columns", map[string]any{"name": "x", "type": "text", "config": emailCheck("Nope")}, 422, "steps[0].inputs.email.column"},
		"unknown table":    {"tables/" + w.ids.New(kernel.PrefixTable) + "/enrichment-columns", map[string]any{"name": "x", "type": "text", "config": emailCheck("Email")}, 404, ""},
		"a data column":    {"enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{w.email}}, 422, "columns"},
		"no columns":       {"enrichment-jobs", map[string]any{"table_id": w.table}, 422, "columns"},
		"no rows":          {"enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}, "scope": "rows"}, 422, "row_ids"},
		"a wrong filter":   {"enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}, "scope": "filter", "filter": map[string]any{"column": "x", "op": "is", "value": "y"}}, 422, ""},
		"an unknown view":  {"enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}, "scope": "view", "view": "viw_x"}, 404, ""},
		"a job not there":  {"enrichment-jobs/" + w.ids.New(kernel.PrefixRun) + "/cancel", nil, 404, ""},
		"a row not there":  {"tables/" + string(w.table) + "/enrichment-preview", map[string]any{"config": emailCheck(w.email), "row_id": w.ids.New(kernel.PrefixRow)}, 404, ""},
	} {
		r := w.call("anna", http.MethodPost, c.path, c.body)
		require.Equal(t, c.status, r.status, "%s: %s", name, r.body)
		if c.field != "" {
			require.NotEmpty(t, r.Error.Details, "%s: %s", name, r.body)
			require.Equal(t, c.field, r.Error.Details[0].Field, name)
		}
	}
}

func TestWhoMayWhat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	col := w.addColumn("Status")
	body := map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}}
	var job enrichmentapi.Job
	w.call("anna", http.MethodPost, "enrichment-jobs", body).into(t, &job)
	require.Equal(t, 403, w.call("vera", http.MethodPost, "enrichment-jobs", body).status)
	require.Equal(t, 403, w.call("vera", http.MethodPost, "enrichment-jobs/"+string(job.ID)+"/cancel", nil).status)
	require.Equal(t, 200, w.call("vera", http.MethodGet, "enrichment-jobs/"+string(job.ID), nil).status)

	other := "/workspaces/" + string(wsB) + "/"
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, "enrichment-jobs/" + string(job.ID)},
		{http.MethodGet, "enrichment-jobs/" + string(job.ID) + "/records"},
		{http.MethodGet, "enrichment-jobs/" + string(job.ID) + "/records/" + string(w.rows[0]) + "/" + string(col.ID) + "/stories"},
		{http.MethodPost, "enrichment-jobs/" + string(job.ID) + "/cancel"},
		{http.MethodPost, "enrichment-jobs/" + string(job.ID) + "/retry"},
	} {
		require.Equal(t, 404, w.call("bob", c.method, other+c.path, nil).status, c.path)
	}
	require.Equal(t, 404, w.call("bob", http.MethodPost, other+"enrichment-jobs", body).status)

	w.people.tables = []kernel.TableID{kernel.TableID(w.ids.New(kernel.PrefixTable))}
	require.Equal(t, 404, w.call("key", http.MethodGet, "enrichment-jobs/"+string(job.ID), nil).status)
	require.Equal(t, 404, w.call("key", http.MethodPost, "enrichment-jobs/"+string(job.ID)+"/cancel", nil).status)
	require.Equal(t, 404, w.call("key", http.MethodPost, "enrichment-jobs", body).status)
	var jobs []json.RawMessage
	w.call("key", http.MethodGet, "enrichment-jobs", nil).into(t, &jobs)
	require.Empty(t, jobs)
}

func TestPauseResumeCancel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	col := w.addColumn("Status")
	var job enrichmentapi.Job
	w.call("anna", http.MethodPost, "enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}}).into(t, &job)
	at := "enrichment-jobs/" + string(job.ID)
	state := func(verb string) string {
		r := w.call("anna", http.MethodPost, at+"/"+verb, nil)
		require.Equal(t, 200, r.status, r.body)
		var got enrichmentapi.Job
		w.call("anna", http.MethodGet, at, nil).into(t, &got)
		return string(got.State)
	}
	require.Equal(t, "paused", state("pause"))
	w.work(job.ID, 0)
	require.Equal(t, "running", state("resume"))
	require.Equal(t, "running", state("cancel"))
	w.work(job.ID, 0)
	w.call("anna", http.MethodGet, at, nil).into(t, &job)
	require.Equal(t, enrichment.RunCancelled, job.State)
	require.Equal(t, 409, w.call("anna", http.MethodPost, at+"/resume", nil).status)
}
