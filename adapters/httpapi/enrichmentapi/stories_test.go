package enrichmentapi_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/enrichmentapi"
	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/twins"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// onePage reads every address as one page.
type onePage struct{}

func (onePage) Read(_ context.Context, _ kernel.WorkspaceID, t scrape.Task) scrape.Outcome {
	return scrape.Outcome{Page: &scrape.Page{URL: t.URL}, Extract: &scrape.Extract{Fields: map[string]any{"text": "City: Springfield"}}}
}

// TestAResearchedCellTellsItsStory: from the column over a run to the cell's steps, which are sealed in the log and in the read model.
func TestAResearchedCellTellsItsStory(t *testing.T) {
	t.Parallel()
	model := twins.NewLLM(time.Now, twinsKey)
	search := twins.NewSearch(time.Now, map[string]int{twinsKey: -1}, twins.Page{URL: "https://acme.example/", Title: "Acme", Text: "p1@acme1.com in which city"})
	w := newWorldOf(t, worldOf{local: map[string]string{"serper": providertest.Start(t, search)}, pages: onePage{}, secrets: oneKey{}})
	step := map[string]any{
		"provider": "research", "output": "city", "credential_id": w.ids.New(kernel.PrefixCredential), "further_credentials": map[string]string{"search": w.ids.New(kernel.PrefixCredential)},
		"config": map[string]any{
			"base_url": providertest.Start(t, model) + "/v1", "model": "twin-1", "question": "In which city is the company of {{Email}}?", "outputs": map[string]any{"city": map[string]any{}}, "price_in": 1, "price_out": 2,
		},
	}
	var col struct {
		ID kernel.ColumnID `json:"id"`
	}
	w.call("anna", http.MethodPost, "tables/"+string(w.table)+"/enrichment-columns", map[string]any{"name": "City", "type": "text", "config": map[string]any{"steps": []any{step}}}).into(t, &col)
	var job enrichmentapi.Job
	w.call("anna", http.MethodPost, "enrichment-jobs", map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}, "scope": "rows", "row_ids": []kernel.RowID{w.rows[1]}}).into(t, &job)
	w.work(job.ID, 0)

	at := "enrichment-jobs/" + string(job.ID) + "/records"
	var records []enrichmentapi.Record
	w.call("anna", http.MethodGet, at, nil).into(t, &records)
	require.Len(t, records, 1)
	require.JSONEq(t, `"Springfield"`, string(records[0].Answer), records[0].Message)
	require.Equal(t, []enrichment.Evidence{enrichment.ByPage}, records[0].VerifiedBy)
	attempt := records[0].Attempts[0]
	require.Equal(t, 3, attempt.Steps)
	require.Empty(t, attempt.Story, "the list doesn't carry stories")
	require.Positive(t, attempt.TokensIn)
	require.Positive(t, attempt.TokensOut)
	require.Positive(t, attempt.Cost)

	var stories []enrichmentapi.Story
	w.call("vera", http.MethodGet, at+"/"+string(w.rows[1])+"/"+string(col.ID)+"/stories", nil).into(t, &stories)
	require.Len(t, stories, 1)
	require.True(t, stories[0].Whole)
	require.Zero(t, stories[0].Attempt)
	require.Equal(t, []string{"search", "read", "answer"}, []string{stories[0].Steps[0].Tool, stories[0].Steps[1].Tool, stories[0].Steps[2].Tool})
	require.Contains(t, stories[0].Steps[1].Result, "Springfield")
	require.Equal(t, 404, w.call("anna", http.MethodGet, at+"/"+string(w.rows[2])+"/"+string(col.ID)+"/stories", nil).status)
	var legible int
	require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT count(*) FROM rm_enrichment.records r WHERE attempts::text LIKE '%acme.example%' OR encode(kept, 'escape') LIKE '%acme.example%'`).Scan(&legible))
	require.Zero(t, legible, "what was told is sealed")
}
