package stripegw_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/stripegw"
	"github.com/morket/morket/adapters/outbound/stripegw/stripetwin"
	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const ws = kernel.WorkspaceID("ws_1")

// world is billing over the memory store, with a twin of Stripe whose events it gets only when they are delivered.
type world struct {
	t        require.TestingT
	ctx      func() (c testing.TB)
	twin     *stripetwin.Twin
	gateway  *stripegw.Gateway
	verifier *stripegw.Verifier
	handlers *billingcmd.Handlers
	ledger   *creditcmd.Ledger
	store    eventstore.Store
	clock    *kernel.ManualClock
	handled  int64
}

func open(t *testing.T) *world {
	t.Helper()
	return openIn(t, t)
}

func openIn(tb testing.TB, t require.TestingT) *world {
	tb.Helper()
	clock := kernel.NewManualClock(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	w := &world{t: t, ctx: func() testing.TB { return tb }, clock: clock, store: memstore.New(clock)}
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	tb.Cleanup(srv.Close)
	w.twin = stripetwin.New(stripetwin.Config{Key: key(), Secret: secret(), Base: srv.URL, Now: clock.Now})
	handler = w.twin
	var err error
	w.gateway, err = stripegw.New(stripegw.Config{Key: key(), URL: srv.URL})
	require.NoError(t, err)
	w.verifier = stripegw.NewVerifier(secret())
	codec, err := eventstore.NewCodec(billing.Events(), credit.Events())
	require.NoError(t, err)
	w.ledger = creditcmd.NewLedger(w.store, codec, ledgertest.Keys())
	w.handlers, err = billingcmd.New(billingcmd.Config{
		Store: w.store, Codec: codec, IDs: kernel.NewIDs(clock), Clock: clock, Ledger: w.ledger, Gateway: w.gateway,
		Catalog: billing.DefaultCatalog(), Site: "http://127.0.0.1:8080",
	})
	require.NoError(t, err)
	return w
}

func meta(of kernel.WorkspaceID, key string) kernel.Meta {
	return kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorUser, ID: "usr_1"}, Workspace: of, IdempotencyKey: key, Fingerprint: key}
}

// deliver has events told as Stripe does, signed, and then handles what is in the log.
func (w *world) deliver(events ...stripetwin.Event) {
	ctx := w.ctx().Context()
	for _, e := range events {
		s, looked, err := w.verifier.Signal(e.Body, w.twin.Signature(e, time.Now()))
		require.NoError(w.t, err)
		if looked {
			require.NoError(w.t, w.handlers.Receive(ctx, kernel.Meta{}, s))
		}
	}
	for {
		list, err := w.store.ReadAll(ctx, w.handled, 1000)
		require.NoError(w.t, err)
		if len(list) == 0 {
			return
		}
		for _, r := range list {
			if r.Type == (billing.SignalReceived{}).EventType() {
				require.NoError(w.t, w.handlers.Handle(ctx, r))
			}
			w.handled = r.Position
		}
	}
}

func (w *world) deliverAll() { w.deliver(w.twin.Events(0)...) }

func (w *world) available(of kernel.WorkspaceID) kernel.Credits {
	a, err := w.ledger.Account(w.ctx().Context(), of)
	require.NoError(w.t, err)
	return a.Available()
}

func (w *world) account(of kernel.WorkspaceID) *billing.Account {
	a, err := w.handlers.Account(w.ctx().Context(), of)
	require.NoError(w.t, err)
	return a
}

func (w *world) choose(of kernel.WorkspaceID, plan billing.PlanID) billingcmd.Sent {
	res, err := w.handlers.Choose(w.ctx().Context(), meta(of, ""), plan)
	require.NoError(w.t, err)
	return res.Value
}

func (w *world) buy(of kernel.WorkspaceID, pack billing.PackID) string {
	res, err := w.handlers.Purchase(w.ctx().Context(), meta(of, ""), pack)
	require.NoError(w.t, err)
	return page(res.Value)
}

func page(s billingcmd.Sent) string { return s.URL[strings.LastIndex(s.URL, "/")+1:] }

func (w *world) subscribe(of kernel.WorkspaceID, plan billing.PlanID, card string) {
	sent := w.choose(of, plan)
	require.Equal(w.t, billing.ChangeCheckout, sent.Change)
	require.True(w.t, w.twin.Pay(page(sent), card))
	w.deliverAll()
}

func TestAPackBringsItsCreditsOnceHoweverOftenItIsTold(t *testing.T) {
	t.Parallel()
	w := open(t)
	session := w.buy(ws, "credits_1000")
	w.deliverAll()
	require.Zero(t, w.available(ws), "nothing is paid yet")
	require.False(t, w.twin.Pay(session, "declined"))
	w.deliverAll()
	require.Zero(t, w.available(ws))
	require.True(t, w.twin.Pay(session, "good"))
	for range 3 {
		w.deliverAll()
	}
	require.Equal(t, 1_000*kernel.Credit, w.available(ws))
	list, err := w.store.ReadAll(t.Context(), 0, 1000)
	require.NoError(t, err)
	stored := map[string]int{}
	for _, r := range list {
		if r.Type == (billing.SignalReceived{}).EventType() {
			var s billing.SignalReceived
			require.NoError(t, json.Unmarshal(r.Data, &s))
			stored[s.Event]++
		}
	}
	require.NotEmpty(t, stored)
	for id, times := range stored {
		require.Equal(t, 1, times, id)
	}
	p := w.account(ws).Purchases()
	require.Len(t, p, 1)
	require.Equal(t, 1_000*kernel.Credit, p[0].Credits)
}

func TestAPurchaseAndItsCreditsAreOneAppend(t *testing.T) {
	t.Parallel()
	w := open(t)
	require.True(t, w.twin.Pay(w.buy(ws, "credits_5000"), "good"))
	w.deliverAll()
	list, err := w.store.ReadAll(t.Context(), 0, 1000)
	require.NoError(t, err)
	for i, r := range list {
		if r.Type == (credit.Granted{}).EventType() {
			require.Equal(t, (billing.PaymentObserved{}).EventType(), list[i+1].Type)
			var e credit.Granted
			require.NoError(t, json.Unmarshal(r.Data, &e))
			require.Equal(t, credit.KindPurchase, e.Kind)
			require.Contains(t, e.Note, "pi_", "it names Stripe's object")
			return
		}
	}
	require.Fail(t, "no credits came")
}

func TestARepeatedCommandMakesOnePageAndOneOrder(t *testing.T) {
	t.Parallel()
	w := open(t)
	first, err := w.handlers.Purchase(t.Context(), meta(ws, "k"), "credits_1000")
	require.NoError(t, err)
	w.twin.Script(stripetwin.Fault{Lost: true}, stripetwin.Fault{Lost: true}) // net/http asks once more by itself, under the same key
	_, err = w.handlers.Purchase(t.Context(), meta(ws, "other"), "credits_1000")
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err), "the answer was lost")
	other, err := w.handlers.Purchase(t.Context(), meta(ws, "other"), "credits_1000")
	require.NoError(t, err)
	again, err := w.handlers.Purchase(t.Context(), meta(ws, "k"), "credits_1000")
	require.NoError(t, err)
	require.Equal(t, first.Value, again.Value)
	require.NotEqual(t, first.Value, other.Value)
	require.True(t, w.twin.Pay(page(other.Value), "good"))
	w.deliverAll()
	require.Equal(t, 1_000*kernel.Credit, w.available(ws), "the order of the repeat is the first one's")
}

func TestPlansThroughAYear(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.subscribe(ws, "starter", "")
	require.Equal(t, billing.PlanID("starter"), w.account(ws).Plan())
	require.Equal(t, 500*kernel.Credit, w.available(ws), "the trial's")

	w.twin.SetCard(w.account(ws).Customer(), "good")
	w.twin.Advance(15 * 24 * time.Hour) // 16 March: the trial is over since the 15th, and a month is paid
	w.deliverAll()
	require.Equal(t, 2_500*kernel.Credit, w.available(ws))

	// The month goes from 15 March to 15 April; 30 of its 31 days are left: 199.00 × 30/31 = 192.58 and 49.00 × 30/31 = 47.42. That pays for
	// 10,000 × 192.58/199.00 − 2,000 × 47.42/49.00 = 9,677.386934… − 1,935.510204… credits.
	require.Equal(t, billing.ChangeUpgrade, w.choose(ws, "pro").Change)
	require.Equal(t, billing.PlanID("pro"), w.account(ws).Plan(), "the answer has looked already")
	w.deliverAll()
	require.Equal(t, 2_500*kernel.Credit+7_741_876, w.available(ws))
}

func TestThePageBeforeIsClosedAndOnePlanIsSubscribedTo(t *testing.T) {
	t.Parallel()
	w := open(t)
	first := page(w.choose(ws, "pro"))
	second := page(w.choose(ws, "pro"))
	require.False(t, w.twin.Pay(first, "good"), "it is closed")
	require.True(t, w.twin.Pay(second, "good"))
	sent := w.choose(ws, "enterprise") // no signal has come yet
	require.Equal(t, billing.ChangeUpgrade, sent.Change, "it was looked whether the page was used")
	w.deliverAll()
	require.Equal(t, billing.PlanID("enterprise"), w.account(ws).Plan())
}

func TestADowngradeBeginsAtThePeriodsEndAndCanBeUndone(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.subscribe(ws, "pro", "good")
	require.Equal(t, 10_000*kernel.Credit, w.available(ws))
	require.Equal(t, billing.ChangeDowngrade, w.choose(ws, "starter").Change)
	live, _ := w.account(ws).Live()
	require.Equal(t, billing.PlanID("pro"), live.Plan)
	require.Equal(t, billing.PlanID("starter"), live.NextPlan)
	require.Equal(t, billing.ChangeReactivate, w.choose(ws, "pro").Change)
	live, _ = w.account(ws).Live()
	require.Empty(t, live.NextPlan)
	require.Equal(t, billing.ChangeDowngrade, w.choose(ws, "starter").Change)
	w.twin.Advance(32 * 24 * time.Hour)
	w.deliverAll()
	require.Equal(t, billing.PlanID("starter"), w.account(ws).Plan())
	require.Equal(t, 12_000*kernel.Credit, w.available(ws))
	w.twin.Advance(31 * 24 * time.Hour)
	w.deliverAll()
	require.Equal(t, 14_000*kernel.Credit, w.available(ws), "the schedule has ended, the plan goes on")
}

func TestCancelingKeepsThePlanUntilThePeriodsEnd(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.subscribe(ws, "pro", "good")
	require.Equal(t, billing.ChangeCancel, w.choose(ws, "free").Change)
	require.Equal(t, billing.PlanID("pro"), w.account(ws).Plan())
	require.Equal(t, billing.ChangeReactivate, w.choose(ws, "pro").Change)
	require.Equal(t, billing.ChangeCancel, w.choose(ws, "free").Change)
	w.twin.Advance(32 * 24 * time.Hour)
	w.deliverAll()
	require.Equal(t, billing.Free, w.account(ws).Plan())
	require.Equal(t, 10_000*kernel.Credit, w.available(ws))
}

func TestARenewalThatIsNeverPaidEndsInTheFreePlan(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.subscribe(ws, "pro", "good")
	w.twin.SetCard(w.account(ws).Customer(), "declined")
	w.twin.Advance(32 * 24 * time.Hour)
	w.deliverAll()
	live, _ := w.account(ws).Live()
	require.Equal(t, billing.PastDue, live.Status)
	_, err := w.handlers.Choose(t.Context(), meta(ws, ""), "enterprise")
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	w.twin.Advance(8 * 24 * time.Hour)
	w.deliverAll()
	require.Equal(t, billing.Free, w.account(ws).Plan())
	require.Equal(t, 10_000*kernel.Credit, w.available(ws), "what was not paid for has brought nothing")
}

func TestAnUpgradeThatIsDeclinedChangesNothingUntilItIsPaid(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.subscribe(ws, "starter", "good")
	w.twin.Advance(14 * 24 * time.Hour)
	w.deliverAll()
	before := w.available(ws)
	w.twin.SetCard(w.account(ws).Customer(), "declined")
	require.Equal(t, billing.ChangeUpgrade, w.choose(ws, "pro").Change)
	w.deliverAll()
	require.Equal(t, billing.PlanID("starter"), w.account(ws).Plan())
	require.Equal(t, before, w.available(ws))
	require.True(t, w.twin.PayInvoice(w.account(ws).Bills()[0].ID))
	w.deliverAll()
	require.Equal(t, billing.PlanID("pro"), w.account(ws).Plan())
	require.Greater(t, w.available(ws), before)
}

func TestACustomerThatStripeHasNoMoreIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := open(t)
	w.subscribe(ws, "pro", "good")
	first := w.account(ws).Customer()
	w.twin.Forget()
	_, err := w.handlers.Choose(t.Context(), meta(ws, ""), "enterprise")
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	require.Contains(t, err.Error(), "choose a plan again")
	require.Equal(t, billing.Free, w.account(ws).Plan())
	w.subscribe(ws, "enterprise", "good")
	require.NotEqual(t, first, w.account(ws).Customer())
	require.Equal(t, billing.PlanID("enterprise"), w.account(ws).Plan())
	require.Equal(t, 60_000*kernel.Credit, w.available(ws))
}

func TestAStrangersSignalIsIgnored(t *testing.T) {
	t.Parallel()
	w := open(t)
	s := billingcmd.Signal{Event: "evt_1", Type: "invoice.paid", Kind: billing.KindInvoice, Object: "in_1", Customer: "cus_of_something_else"}
	require.NoError(t, w.handlers.Receive(t.Context(), kernel.Meta{}, s))
	w.deliver()
	calls := len(w.twin.Calls())
	require.Zero(t, calls)
}

func TestASignalIsHandledAgainOnceStripeIsBack(t *testing.T) {
	t.Parallel()
	w := open(t)
	require.True(t, w.twin.Pay(w.buy(ws, "credits_1000"), "good"))
	gone, err := stripegw.New(stripegw.Config{Key: "sk_" + "other", URL: "http://127.0.0.1:1"})
	require.NoError(t, err)
	codec, err := eventstore.NewCodec(billing.Events(), credit.Events())
	require.NoError(t, err)
	down, err := billingcmd.New(billingcmd.Config{
		Store: w.store, Codec: codec, IDs: kernel.NewIDs(w.clock), Clock: w.clock, Ledger: w.ledger, Gateway: gone,
		Catalog: billing.DefaultCatalog(),
	})
	require.NoError(t, err)
	e := w.twin.Events(0)
	s, _, err := w.verifier.Signal(e[len(e)-1].Body, w.twin.Signature(e[len(e)-1], time.Now()))
	require.NoError(t, err)
	require.NoError(t, down.Receive(t.Context(), kernel.Meta{}, s))
	head, err := w.store.Head(t.Context())
	require.NoError(t, err)
	list, err := w.store.ReadPositions(t.Context(), []int64{head})
	require.NoError(t, err)
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(down.Handle(t.Context(), list[0])), "a reactor waits on this")
	w.deliver()
	require.Equal(t, 1_000*kernel.Credit, w.available(ws))
}

func TestWithoutStripeNothingCanBeBought(t *testing.T) {
	t.Parallel()
	clock := kernel.NewManualClock(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	store := memstore.New(clock)
	codec, err := eventstore.NewCodec(billing.Events(), credit.Events())
	require.NoError(t, err)
	h, err := billingcmd.New(billingcmd.Config{
		Store: store, Codec: codec, IDs: kernel.NewIDs(clock), Clock: clock, Ledger: creditcmd.NewLedger(store, codec, ledgertest.Keys()),
		Catalog: billing.DefaultCatalog(),
	})
	require.NoError(t, err)
	_, err = h.Purchase(t.Context(), meta(ws, ""), "credits_1000")
	require.ErrorIs(t, err, billingcmd.ErrNotConfigured())
	require.Contains(t, err.Error(), "MORKET_STRIPE_SECRET_KEY")
	_, err = h.Choose(t.Context(), meta(ws, ""), "pro")
	require.ErrorIs(t, err, billingcmd.ErrNotConfigured())
	_, err = h.Portal(t.Context(), meta(ws, ""))
	require.ErrorIs(t, err, billingcmd.ErrNotConfigured())
}
