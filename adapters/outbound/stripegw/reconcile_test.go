package stripegw_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
)

func TestWhatNoSignalToldOfIsFoundByTheDailyComparison(t *testing.T) {
	t.Parallel()
	w := open(t)
	require.True(t, w.twin.Pay(w.buy(ws, "credits_1000"), "good"))
	require.True(t, w.twin.Pay(page(w.choose(ws, "starter")), ""))
	got, err := w.handlers.Reconcile(t.Context(), meta(ws, ""))
	require.NoError(t, err)
	require.Empty(t, got.Differences)
	require.Equal(t, 3, got.Objects, "a payment, a subscription and its invoice")
	require.Equal(t, 1_500*kernel.Credit, w.available(ws))
	require.Equal(t, billing.PlanID("starter"), w.account(ws).Plan())
	again, err := w.handlers.Reconcile(t.Context(), meta(ws, ""))
	require.NoError(t, err)
	require.True(t, again.At.IsZero(), "once a day")
	w.deliverAll()
	require.Equal(t, 1_500*kernel.Credit, w.available(ws), "signals that come after it bring nothing more")
}

func TestADifferenceOfOneCentIsFound(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.subscribe(ws, "pro", "good")
	require.True(t, w.twin.Pay(w.buy(ws, "credits_1000"), "good"))
	w.deliverAll()
	id := w.account(ws).Bills()[0].ID
	w.twin.Alter(id, -1)
	got, err := w.handlers.Reconcile(t.Context(), meta(ws, ""))
	require.NoError(t, err)
	require.Equal(t, []billing.Difference{{Object: id, What: "paid", There: "198.99 USD", Here: "199.00 USD"}}, got.Differences)
	require.Equal(t, got.Differences, w.account(ws).LastReconciled().Differences)
}

func TestCreditsThatTheLedgerHasForNoObjectAreFound(t *testing.T) {
	t.Parallel()
	w := open(t)
	require.True(t, w.twin.Pay(w.buy(ws, "credits_1000"), "good"))
	w.deliverAll()
	_, err := w.ledger.Commit(t.Context(), meta(ws, ""), ws, nil, func(a *credit.Account) error {
		return a.Grant(credit.KindPurchase, 1, "pack, Stripe pi_made_up", w.clock.Now())
	})
	require.NoError(t, err)
	got, err := w.handlers.Reconcile(t.Context(), meta(ws, ""))
	require.NoError(t, err)
	require.Equal(t, []billing.Difference{{Object: "pi_made_up", What: "credits", There: "0", Here: "0.001"}}, got.Differences)
}
