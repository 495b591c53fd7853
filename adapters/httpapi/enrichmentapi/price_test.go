package enrichmentapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/creditapi"
	"github.com/morket/morket/adapters/httpapi/enrichmentapi"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// An installation that charges for answers: what is said before, set aside, paid per cell and given back, and the way from a cell to the
// answer that earned its credits.
func TestFromAPriceToTheProofOfACell(t *testing.T) {
	t.Parallel()
	const price, granted = kernel.Credits(1250), kernel.Credits(100_000)
	w := newWorldWithPrices(t, map[string]kernel.Credits{"email_check": price})
	var one enrichmentapi.Provider
	w.call("anna", http.MethodGet, "/providers/email_check", nil).into(t, &one)
	require.Equal(t, price, one.Price)
	_, err := w.ledger.Commit(t.Context(), kernel.Meta{Actor: kernel.System(), Workspace: wsA}, wsA, nil, func(a *credit.Account) error {
		return a.Grant(credit.KindGrant, granted, "", w.clock.Now())
	})
	require.NoError(t, err)

	col := w.addColumn("Status")
	body := map[string]any{"table_id": w.table, "columns": []kernel.ColumnID{col.ID}}
	var job enrichmentapi.Job
	w.call("anna", http.MethodPost, "enrichment-jobs?dry_run=true", body).into(t, &job)
	require.Equal(t, enrichment.Estimate{
		Records: 30, Likely: 15 * price, Max: 30 * price, PerProvider: []enrichment.ProviderEstimate{{Provider: "email_check", Calls: 30, Likely: 15 * price}},
	}, job.Estimate)
	w.call("anna", http.MethodPost, "enrichment-jobs", body).into(t, &job)
	var balance creditapi.Balance
	w.call("anna", http.MethodGet, "credits", nil).into(t, &balance)
	require.Equal(t, 15*price, balance.Reserved)
	w.work(job.ID, 0)

	w.call("anna", http.MethodGet, "enrichment-jobs/"+string(job.ID), nil).into(t, &job)
	spent := kernel.Credits(job.Counts.Succeeded) * price
	require.Positive(t, spent)
	require.Equal(t, spent, job.Spent)
	w.call("anna", http.MethodGet, "credits", nil).into(t, &balance)
	require.Equal(t, granted-spent, balance.Available)
	require.Zero(t, balance.Reserved)
	var proof creditapi.Proof
	w.call("anna", http.MethodGet, "credits/proof", nil).into(t, &proof)
	require.True(t, proof.OK)
	require.Equal(t, granted-spent, proof.Available)

	var entries []creditapi.Transaction
	w.call("anna", http.MethodGet, "credits/transactions", nil).into(t, &entries)
	sums := map[credit.Kind]kernel.Credits{}
	for _, e := range entries {
		sums[e.Kind] += e.Amount
	}
	require.Equal(t, spent, sums[credit.KindDebit])
	require.Equal(t, sums[credit.KindReservation], sums[credit.KindDebit]+sums[credit.KindRelease], "to the milli-credit")

	var cell creditapi.CellProof
	w.call("anna", http.MethodGet, "credits/proof/"+string(w.rows[0])+"/"+string(col.ID), nil).into(t, &cell)
	require.Len(t, cell.Debits, 1)
	debit := cell.Debits[0]
	require.Equal(t, price, cell.Total)
	require.Equal(t, job.ID, debit.Run)
	require.NotNil(t, debit.Answer)
	require.Equal(t, debit.AnswerHash, debit.Answer.Hash)
	events, err := w.log.ReadPositions(t.Context(), []int64{debit.Position, debit.Answer.Position})
	require.NoError(t, err)
	require.Equal(t, "credit.debited.v1", events[0].Type)
	require.Equal(t, "run.answers_recorded.v1", events[1].Type)
	require.Contains(t, string(events[1].Data), debit.AnswerHash)
}
