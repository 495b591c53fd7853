package enrichmentapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/creditapi"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

// A preview that asks a provider with a price is paid like a run: refused without credits or against a cap, reserved, debited with a line
// of its own, and once however often the request is repeated.
func TestAPreviewIsPaidLikeARun(t *testing.T) {
	t.Parallel()
	const price = kernel.Credits(1250)
	w := newWorldWithPrices(t, map[string]kernel.Credits{"email_check": price})
	path := "tables/" + string(w.table) + "/enrichment-preview"
	body := map[string]any{"config": emailCheck(w.email), "row_id": w.rows[0], "call_paid": true}
	var preview struct {
		Value any            `json:"value"`
		Cost  kernel.Credits `json:"cost_mc"`
	}
	w.call("anna", http.MethodPost, path, map[string]any{"config": emailCheck(w.email), "row_id": w.rows[0]}).into(t, &preview)
	require.Nil(t, preview.Value, "without call_paid it is not asked")
	require.Zero(t, preview.Cost)
	require.Equal(t, http.StatusPaymentRequired, w.call("anna", http.MethodPost, path, body).status)

	commit := func(decide func(*credit.Account) error) {
		_, err := w.ledger.Commit(t.Context(), kernel.Meta{Actor: kernel.System(), Workspace: wsA}, wsA, nil, decide)
		require.NoError(t, err)
	}
	commit(func(a *credit.Account) error { return a.Grant(credit.KindGrant, 10_000, "", w.clock.Now()) })
	commit(func(a *credit.Account) error {
		return a.SetCaps([]credit.Cap{{Scope: credit.ScopeWorkspace, Period: credit.PeriodDay, Limit: price}})
	})
	for range 2 {
		w.call("anna", http.MethodPost, path, body, "Idempotency-Key", "preview-1").into(t, &preview)
		require.NotNil(t, preview.Value)
		require.Equal(t, price, preview.Cost)
	}
	require.Equal(t, http.StatusPaymentRequired, w.call("anna", http.MethodPost, path, body, "Idempotency-Key", "preview-2").status, "the cap stands against the next one")

	var balance creditapi.Balance
	w.call("anna", http.MethodGet, "credits", nil).into(t, &balance)
	require.Equal(t, 10_000-price, balance.Available)
	require.Zero(t, balance.Reserved)
	var entries []creditapi.Transaction
	w.call("anna", http.MethodGet, "credits/transactions", nil).into(t, &entries)
	notes := map[credit.Kind]string{}
	for _, e := range entries {
		notes[e.Kind] = e.Note
	}
	require.Equal(t, credit.PreviewNote, notes[credit.KindDebit])
	require.Equal(t, credit.PreviewNote, notes[credit.KindReservation])
	var proof creditapi.Proof
	w.call("anna", http.MethodGet, "credits/proof", nil).into(t, &proof)
	require.True(t, proof.OK)
}
