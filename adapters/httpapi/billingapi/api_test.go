package billingapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/billingapi"
	"github.com/morket/morket/adapters/outbound/stripegw"
	"github.com/morket/morket/adapters/outbound/stripegw/stripetwin"
	"github.com/morket/morket/adapters/ratelimit/memlimit"
	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/commands/creditcmd"
	"github.com/morket/morket/commands/creditcmd/ledgertest"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/credit"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/memstore"
)

const ws = "ws_01ARZ3NDEKTSV4RRFFQ69G5FAV"

// people are the roles by which tokens are known.
type people struct{}

func (people) Authenticate(_ context.Context, token string) (httpapi.Principal, error) {
	return httpapi.Principal{User: kernel.UserID(token), Actor: kernel.Actor{Kind: kernel.ActorUser, ID: token}}, nil
}

func (people) Role(_ context.Context, of kernel.WorkspaceID, user kernel.UserID) (kernel.Role, bool, error) {
	return kernel.Role(user), of == ws, nil
}

type world struct {
	t        *testing.T
	twin     *stripetwin.Twin
	store    *memstore.Store
	handlers *billingcmd.Handlers
	server   *httptest.Server
}

func open(t *testing.T, configured bool) *world {
	t.Helper()
	clock := kernel.SystemClock{}
	w := &world{t: t, store: memstore.New(clock)}
	codec, err := eventstore.NewCodec(billing.Events(), credit.Events())
	require.NoError(t, err)
	cfg := billingcmd.Config{
		Store: w.store, Codec: codec, IDs: kernel.NewIDs(clock), Clock: clock, Catalog: billing.DefaultCatalog(), Site: "http://127.0.0.1:1",
		Ledger: creditcmd.NewLedger(w.store, codec, ledgertest.Keys()),
	}
	deps := billingapi.Deps{}
	if configured {
		key, secret := "sk_"+"test_twin", "whsec_"+strings.Repeat("t", 24)
		var twin http.Handler
		stripe := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { twin.ServeHTTP(rw, r) }))
		t.Cleanup(stripe.Close)
		w.twin = stripetwin.New(stripetwin.Config{Key: key, Secret: secret, Base: stripe.URL, Now: time.Now})
		twin = w.twin
		cfg.Gateway, err = stripegw.New(stripegw.Config{Key: key, URL: stripe.URL})
		require.NoError(t, err)
		deps.Verifier = stripegw.NewVerifier(secret)
	}
	w.handlers, err = billingcmd.New(cfg)
	require.NoError(t, err)
	deps.Handlers = w.handlers
	api := httpapi.New(httpapi.Config{
		Authenticator: people{}, Memberships: people{}, Limiter: memlimit.New(clock), Commands: w.store, IDs: cfg.IDs, Clock: clock,
		Logger: slog.New(slog.DiscardHandler), FingerprintKey: []byte("key"),
	})
	billingapi.Register(api, deps)
	w.server = httptest.NewServer(api.Handler())
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) call(role kernel.Role, method, path string, body any, want int, headers ...string) []byte {
	w.t.Helper()
	var text []byte
	if raw, ok := body.([]byte); ok {
		text = raw
	} else if body != nil {
		var err error
		text, err = json.Marshal(body)
		require.NoError(w.t, err)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+"/api/v1"+path, bytes.NewReader(text))
	require.NoError(w.t, err)
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	if role != "" {
		req.Header.Set("Authorization", "Bearer "+string(role))
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	require.NoError(w.t, err)
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, want, res.StatusCode, string(out))
	return out
}

func data[T any](t *testing.T, body []byte) T {
	t.Helper()
	var e struct {
		Data T `json:"data"`
	}
	require.NoError(t, json.Unmarshal(body, &e))
	return e.Data
}

const mine = "/workspaces/" + ws + "/billing"

func (w *world) state() billingapi.State {
	w.t.Helper()
	return data[billingapi.State](w.t, w.call(kernel.RoleMember, http.MethodGet, mine, nil, http.StatusOK))
}

func TestWithoutStripeThePageSaysWhatToSetAndNothingCanBeBought(t *testing.T) {
	t.Parallel()
	w := open(t, false)
	plans := data[billingapi.Plans](t, w.call("", http.MethodGet, "/billing/plans", nil, http.StatusOK))
	require.False(t, plans.Configured)
	require.Len(t, plans.Plans, 4)
	require.Contains(t, w.state().Setup, "MORKET_STRIPE_SECRET_KEY")
	for path, body := range map[string]any{
		"/checkout": map[string]string{"plan": "pro"}, "/portal": nil, "/credits/purchase": map[string]string{"pack": "credits_1000"},
	} {
		answer := w.call(kernel.RoleOwner, http.MethodPost, mine+path, body, http.StatusConflict)
		require.Contains(t, string(answer), "BILLING_NOT_CONFIGURED", path)
	}
	w.call("", http.MethodPost, "/billing/webhooks/stripe", map[string]string{}, http.StatusConflict, "Stripe-Signature", "t=1,v1=00")
}

func TestOwnersAndBillingAdminsBuy(t *testing.T) {
	t.Parallel()
	w := open(t, true)
	pack := map[string]string{"pack": "credits_1000"}
	for _, role := range []kernel.Role{kernel.RoleAdmin, kernel.RoleMember, kernel.RoleViewer} {
		w.call(role, http.MethodPost, mine+"/credits/purchase", pack, http.StatusForbidden)
		w.call(role, http.MethodPost, mine+"/checkout", map[string]string{"plan": "pro"}, http.StatusForbidden)
		w.call(role, http.MethodPost, mine+"/portal", nil, http.StatusForbidden)
		w.call(role, http.MethodGet, mine+"/invoices", nil, http.StatusForbidden)
	}
	w.call(kernel.RoleViewer, http.MethodGet, mine, nil, http.StatusForbidden)
	w.call("", http.MethodGet, mine, nil, http.StatusUnauthorized)
	for _, role := range []kernel.Role{kernel.RoleOwner, kernel.RoleBillingAdmin} {
		sent := data[billingcmd.Sent](t, w.call(role, http.MethodPost, mine+"/credits/purchase", pack, http.StatusOK))
		require.Contains(t, sent.URL, "/pay/")
	}
	w.call(kernel.RoleOwner, http.MethodPost, mine+"/credits/purchase", map[string]string{"pack": "x"}, http.StatusUnprocessableEntity)
	w.call(kernel.RoleOwner, http.MethodPost, mine+"/checkout", map[string]string{"plan": "x"}, http.StatusUnprocessableEntity)
}

func TestTheWebhookStoresWhatIsSignedAndAnswersAtOnce(t *testing.T) {
	t.Parallel()
	w := open(t, true)
	sent := data[billingcmd.Sent](t, w.call(kernel.RoleOwner, http.MethodPost, mine+"/credits/purchase", map[string]string{"pack": "credits_1000"}, http.StatusOK))
	require.True(t, w.twin.Pay(sent.URL[strings.LastIndex(sent.URL, "/")+1:], "good"))
	hook := w.server.URL + billingapi.WebhookPath
	var slowest time.Duration
	for range 2 {
		for _, e := range w.twin.Events(0) {
			began := time.Now()
			require.NoError(t, w.twin.Post(t.Context(), hook, e))
			slowest = max(slowest, time.Since(began))
		}
	}
	require.Less(t, slowest, 200*time.Millisecond, "Stripe is not kept waiting for what it is asked")
	require.Empty(t, data[[]billingapi.Bill](t, w.call(kernel.RoleOwner, http.MethodGet, mine+"/invoices", nil, http.StatusOK)))
	w.handle()
	bills := data[[]billingapi.Bill](t, w.call(kernel.RoleOwner, http.MethodGet, mine+"/invoices", nil, http.StatusOK))
	require.Len(t, bills, 1)
	require.Equal(t, 1_000*kernel.Credit, bills[0].Credits)
	require.Equal(t, "pack", bills[0].Kind)

	e := w.twin.Events(0)[0]
	w.call("", http.MethodPost, "/billing/webhooks/stripe", e.Body, http.StatusBadRequest, "Stripe-Signature", "t=1,v1=00")
	w.call("", http.MethodPost, "/billing/webhooks/stripe", append([]byte(" "), e.Body...), http.StatusBadRequest,
		"Stripe-Signature", w.twin.Signature(e, time.Now()))
	w.call("", http.MethodPost, "/billing/webhooks/stripe", e.Body, http.StatusUnprocessableEntity)
	w.call("", http.MethodPost, "/billing/webhooks/stripe", bytes.Repeat([]byte(" "), 600<<10), http.StatusRequestEntityTooLarge,
		"Stripe-Signature", "t=1,v1=00")
}

// handle does what the reactor does.
func (w *world) handle() {
	list, err := w.store.ReadAll(w.t.Context(), 0, 1000)
	require.NoError(w.t, err)
	for _, r := range list {
		if r.Type == (billing.SignalReceived{}).EventType() {
			require.NoError(w.t, w.handlers.Handle(w.t.Context(), r))
		}
	}
}

func TestAPlanIsSubscribedToAndShown(t *testing.T) {
	t.Parallel()
	w := open(t, true)
	require.Equal(t, billing.Free, w.state().Plan)
	choose := func(plan, key string) billingcmd.Sent {
		return data[billingcmd.Sent](t, w.call(kernel.RoleBillingAdmin, http.MethodPost, mine+"/checkout", map[string]string{"plan": plan},
			http.StatusOK, "Idempotency-Key", key))
	}
	sent := choose("pro", "a")
	require.Equal(t, sent, choose("pro", "a"), "a repeat gets the same page")
	require.True(t, w.twin.Pay(sent.URL[strings.LastIndex(sent.URL, "/")+1:], "good"))
	for _, e := range w.twin.Events(0) {
		require.NoError(t, w.twin.Post(t.Context(), w.server.URL+billingapi.WebhookPath, e))
	}
	w.handle()
	s := w.state()
	require.Equal(t, billing.PlanID("pro"), s.Plan)
	require.Equal(t, "active", s.Status)
	require.NotNil(t, s.PeriodEnd)
	require.Equal(t, billing.ChangeDowngrade, choose("starter", "b").Change)
	require.Equal(t, billing.PlanID("starter"), w.state().NextPlan, "the answer has looked already")
	require.Equal(t, billing.ChangeCancel, choose("free", "c").Change)
	s = w.state()
	require.True(t, s.CancelAtPeriodEnd)
	require.Empty(t, s.NextPlan)
}

func TestInvoicesComeInPages(t *testing.T) {
	t.Parallel()
	w := open(t, true)
	for range 3 {
		sent := data[billingcmd.Sent](t, w.call(kernel.RoleOwner, http.MethodPost, mine+"/credits/purchase", map[string]string{"pack": "credits_1000"}, http.StatusOK))
		require.True(t, w.twin.Pay(sent.URL[strings.LastIndex(sent.URL, "/")+1:], "good"))
	}
	for _, e := range w.twin.Events(0) {
		require.NoError(t, w.twin.Post(t.Context(), w.server.URL+billingapi.WebhookPath, e))
	}
	w.handle()
	seen := map[string]bool{}
	for cursor := ""; ; {
		path := mine + "/invoices?limit=2"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		body := w.call(kernel.RoleOwner, http.MethodGet, path, nil, http.StatusOK)
		for _, b := range data[[]billingapi.Bill](t, body) {
			seen[b.ID] = true
		}
		var e struct {
			Meta struct {
				Next string `json:"next_cursor"`
			} `json:"meta"`
		}
		require.NoError(t, json.Unmarshal(body, &e))
		if cursor = e.Meta.Next; cursor == "" {
			break
		}
	}
	require.Len(t, seen, 3)
	w.call(kernel.RoleOwner, http.MethodGet, mine+"/invoices?cursor=x", nil, http.StatusUnprocessableEntity)
}
