package systemtest_test

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/stripegw/stripetwin"
)

// A workspace buys a pack and a plan, upgrades and lets a month pass while the server is killed and Stripe tells everything three times, in
// any order and late. In the end the credits are those of what was paid, the ledger proves, and every read model equals one made anew.
func TestBillingSurvivesKillsAndDisorderedWebhooks(t *testing.T) {
	t.Parallel()
	key, secret := "sk_"+"stand_in", "whsec_"+"stand_in"
	var handler http.Handler
	stripe := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(stripe.Close)
	twin := stripetwin.New(stripetwin.Config{Key: key, Secret: secret, Base: stripe.URL, Now: time.Now})
	handler = twin
	s := newServer(t, "MORKET_STRIPE_URL="+stripe.URL, "MORKET_STRIPE_SECRET_KEY="+key, "MORKET_STRIPE_WEBHOOK_SECRET="+secret)
	s.start()
	c := signUp(t, s)
	post := func(path string, body any) string {
		url := in[struct {
			URL string `json:"url"`
		}](c, http.StatusOK, http.MethodPost, "/billing"+path, body).URL
		return url[strings.LastIndex(url, "/")+1:]
	}
	tell := func(kill bool) {
		events := twin.Events(0)
		events = append(append(events, events...), events...)
		rand.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		for i, e := range events {
			if kill && i == len(events)/2 {
				s.kill()
				s.start()
			}
			require.NoError(t, twin.Post(t.Context(), s.url+"/api/v1/billing/webhooks/stripe", e))
		}
	}
	bought := func() (sum int64) { // beside them there are the free plan's credits of the month
		for _, e := range in[[]struct {
			Amount int64 `json:"amount_mc"`
		}](c, http.StatusOK, http.MethodGet, "/credits/transactions?kind=purchase&limit=100", nil) {
			sum += e.Amount
		}
		return sum
	}
	reaches := func(want int64) {
		t.Helper()
		require.Eventually(t, func() bool { return bought() == want }, doneWithin, pollEvery, "want %d", want)
	}
	require.True(t, twin.Pay(post("/credits/purchase", map[string]string{"pack": "credits_1000"}), "good"))
	tell(true)
	reaches(1_000_000)
	require.True(t, twin.Pay(post("/checkout", map[string]string{"plan": "pro"}), "good"))
	tell(true)
	reaches(11_000_000)
	post("/checkout", map[string]string{"plan": "starter"})
	twin.Advance(32 * 24 * time.Hour)
	tell(true)
	reaches(13_000_000)
	state := in[struct {
		Plan string `json:"plan"`
	}](c, http.StatusOK, http.MethodGet, "/billing", nil)
	require.Equal(t, "starter", state.Plan)
	require.Len(t, in[[]any](c, http.StatusOK, http.MethodGet, "/billing/invoices", nil), 3)
	tell(false)
	reaches(13_000_000)
	require.True(t, in[struct {
		OK bool `json:"ok"`
	}](c, http.StatusOK, http.MethodGet, "/credits/proof", nil).OK)
	s.verify()
}
