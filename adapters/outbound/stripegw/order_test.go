package stripegw_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/outbound/stripegw/stripetwin"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
)

// What people and time do is mixed with deliveries of what was told so far, in any order and any number, some of it never until the
// end. Then everything is told once more in any order: each workspace has the plan that Stripe says, and the credits of exactly what is paid.
func TestSignalsInAnyOrderAndNumberEndInTheSameState(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w := openIn(t, r)
		spaces := []kernel.WorkspaceID{"ws_1", "ws_2"}
		plans := []billing.PlanID{"free", "starter", "pro", "enterprise"}
		for range rapid.IntRange(3, 14).Draw(r, "steps") {
			of := rapid.SampledFrom(spaces).Draw(r, "workspace")
			switch rapid.IntRange(0, 5).Draw(r, "what") {
			case 0:
				w.twin.Pay(w.buy(of, rapid.SampledFrom([]billing.PackID{"credits_1000", "credits_5000"}).Draw(r, "pack")),
					rapid.SampledFrom([]string{"good", "declined"}).Draw(r, "card"))
			case 1, 2:
				sent, err := w.handlers.Choose(t.Context(), meta(of, ""), rapid.SampledFrom(plans).Draw(r, "plan"))
				if err == nil && sent.Value.URL != "" {
					w.twin.Pay(page(sent.Value), rapid.SampledFrom([]string{"good", "declined", ""}).Draw(r, "card"))
				}
			case 3:
				w.twin.Advance(time.Duration(rapid.IntRange(1, 40).Draw(r, "days")) * 24 * time.Hour)
			case 4:
				if c := w.account(of).Customer(); c != "" {
					w.twin.SetCard(c, rapid.SampledFrom([]string{"good", "declined"}).Draw(r, "card"))
				}
			case 5:
				if all := w.twin.Events(0); len(all) > 0 {
					for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(all)-1), 1, 10).Draw(r, "told") {
						w.deliver(all[i])
					}
				}
			}
		}
		all := w.twin.Events(0)
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(r, "order"), 0))
		rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		w.deliver(append(all, all...)...)
		for _, of := range spaces {
			w.agrees(of, all)
		}
	})
}

// Fifty workspaces buy for half a year; 10,000 deliveries of what they did come in any order, each three times.
func TestTenThousandDeliveriesInAnyOrderEndInTheSameState(t *testing.T) {
	t.Parallel()
	w := open(t)
	var spaces []kernel.WorkspaceID
	for i := range 50 {
		of := kernel.WorkspaceID(fmt.Sprintf("ws_%d", i))
		spaces = append(spaces, of)
		require.True(t, w.twin.Pay(page(w.choose(of, []billing.PlanID{"starter", "pro", "enterprise"}[i%3])), "good"))
	}
	for month := range 6 {
		for i, of := range spaces {
			w.twin.Pay(w.buy(of, "credits_1000"), []string{"good", "declined"}[(i+month)%5/4])
			w.twin.SetCard(w.account(of).Customer(), []string{"good", "declined"}[(i+month)%7/6])
		}
		w.twin.Advance(31 * 24 * time.Hour)
	}
	var told []stripetwin.Event
	for len(told) < 10_000 {
		told = append(told, w.twin.Events(0)...)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rng.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
	began := time.Now()
	for part := range slices.Chunk(told, 100) {
		w.deliver(part...)
	}
	t.Logf("%d deliveries of %d events, %.0f a second", len(told), len(w.twin.Events(0)), float64(len(told))/time.Since(began).Seconds())
	for _, of := range spaces {
		w.agrees(of, w.twin.Events(0))
	}
}

// agrees compares a workspace with what Stripe has of it.
func (w *world) agrees(of kernel.WorkspaceID, events []stripetwin.Event) {
	ctx, a := w.ctx().Context(), w.account(of)
	ids := map[billing.Kind]map[string]bool{}
	for _, e := range events {
		s, looked, err := w.verifier.Signal(e.Body, w.twin.Signature(e, time.Now()))
		require.NoError(w.t, err)
		if looked && s.Customer == a.Customer() {
			if ids[s.Kind] == nil {
				ids[s.Kind] = map[string]bool{}
			}
			ids[s.Kind][s.Object] = true
		}
	}
	var want kernel.Credits
	for id := range ids[billing.KindInvoice] {
		i, err := w.gateway.Invoice(ctx, id)
		require.NoError(w.t, err)
		if i.Status == billing.InvoicePaid {
			want += billing.DefaultCatalog().CreditsOf(i.Lines)
		}
	}
	for id := range ids[billing.KindPayment] {
		p, err := w.gateway.Payment(ctx, id)
		require.NoError(w.t, err)
		if p.Status == billing.PaymentSucceeded {
			want += kernel.Credits(map[int64]int64{10_00: 1_000_000, 40_00: 5_000_000}[p.Received])
		}
	}
	trialed, live, plan := false, 0, billing.Free
	for id := range ids[billing.KindSubscription] {
		s, err := w.gateway.Subscription(ctx, id)
		require.NoError(w.t, err)
		trialed = trialed || s.TrialPlan != ""
		if s.Status != billing.Canceled {
			live, plan = live+1, s.Plan
		}
	}
	if trialed {
		want += 500 * kernel.Credit
	}
	require.LessOrEqual(w.t, live, 1, "nobody pays for two subscriptions")
	require.Equal(w.t, want, w.available(of))
	require.Equal(w.t, plan, a.Plan())
}
