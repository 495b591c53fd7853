package stripegw_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/stripegw"
	"github.com/morket/morket/adapters/outbound/stripegw/stripetwin"
	"github.com/morket/morket/commands/billingcmd"
	"github.com/morket/morket/domain/billing"
	"github.com/morket/morket/domain/kernel"
)

func key() string    { return "sk_" + "test_twin" }
func secret() string { return "whsec_" + strings.Repeat("t", 24) }

func start(t *testing.T) (*stripetwin.Twin, *stripegw.Gateway) {
	t.Helper()
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	twin := stripetwin.New(stripetwin.Config{Key: key(), Secret: secret(), Base: srv.URL, Now: time.Now})
	handler = twin
	g, err := stripegw.New(stripegw.Config{Key: key(), URL: srv.URL})
	require.NoError(t, err)
	return twin, g
}

func TestAnotherAddressThanStripesIsOfThisMachine(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://192.0.2.1:80", "https://127.0.0.1:1", "http://stripe.example:80", "http://127.0.0.1", "x"} {
		_, err := stripegw.New(stripegw.Config{Key: key(), URL: address})
		require.Error(t, err, address)
	}
	_, err := stripegw.New(stripegw.Config{})
	require.Error(t, err)
}

func TestTheSameKeyActsOnceAndAnotherRequestUnderItIsRefused(t *testing.T) {
	t.Parallel()
	twin, g := start(t)
	first, err := g.NewCustomer(t.Context(), "k", billingcmd.NewCustomer{Workspace: "ws_1", Name: "ws_1"})
	require.NoError(t, err)
	again, err := g.NewCustomer(t.Context(), "k", billingcmd.NewCustomer{Workspace: "ws_1", Name: "ws_1"})
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = g.NewCustomer(t.Context(), "k", billingcmd.NewCustomer{Workspace: "ws_2", Name: "ws_2"})
	require.Equal(t, kernel.KindConflict, kernel.KindOf(err))
	require.Len(t, twin.Events(0), 1)
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	twin, g := start(t)
	for status, want := range map[int]kernel.Kind{
		http.StatusTooManyRequests: kernel.KindUnavailable, http.StatusInternalServerError: kernel.KindUnavailable,
		http.StatusPaymentRequired: kernel.KindPayment, http.StatusConflict: kernel.KindConflict,
	} {
		before := len(twin.Calls())
		twin.Script(stripetwin.Fault{Status: status})
		_, err := g.NewCustomer(t.Context(), "k", billingcmd.NewCustomer{Workspace: "ws_1"})
		require.Equal(t, want, kernel.KindOf(err), status)
		require.Len(t, twin.Calls(), before+1, "%d: nothing is asked again by itself", status)
	}
	_, err := g.Invoice(t.Context(), "in_none")
	require.Equal(t, kernel.KindNotFound, kernel.KindOf(err))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = g.Invoice(ctx, "in_none")
	require.ErrorIs(t, err, context.Canceled)
}

func TestARefusedKeyIsNeverRepeated(t *testing.T) {
	t.Parallel()
	const bad = "sk_" + "live_0123456789"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"error":{"type":"invalid_request_error","message":"Invalid API Key provided: ` + bad + `"}}`))
	}))
	t.Cleanup(srv.Close)
	g, err := stripegw.New(stripegw.Config{Key: bad, URL: srv.URL})
	require.NoError(t, err)
	_, err = g.Invoice(t.Context(), "in_1")
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err))
	require.Contains(t, err.Error(), "MORKET_STRIPE_SECRET_KEY")
	require.NotContains(t, err.Error(), bad)
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"id":"in_1","number":"`))
		for range 6 << 10 {
			_, _ = w.Write([]byte(strings.Repeat("x", 1<<10)))
		}
		_, _ = w.Write([]byte(`"}`))
	}))
	t.Cleanup(srv.Close)
	g, err := stripegw.New(stripegw.Config{Key: key(), URL: srv.URL})
	require.NoError(t, err)
	_, err = g.Invoice(t.Context(), "in_1")
	require.Error(t, err)
}

func TestAPlansPriceIsMadeOnceAndADearerOneIsAnother(t *testing.T) {
	t.Parallel()
	twin, g := start(t)
	customer, err := g.NewCustomer(t.Context(), "c", billingcmd.NewCustomer{Workspace: "ws_1"})
	require.NoError(t, err)
	plan := billing.DefaultCatalog().Plans[1]
	made := func() (n int) {
		for _, call := range twin.Calls() {
			if call == "POST /v1/prices" {
				n++
			}
		}
		return n
	}
	for i, k := range []string{"a", "b"} {
		_, err := g.Checkout(t.Context(), k, billingcmd.Checkout{Customer: customer, Workspace: "ws_1", Currency: "usd", Plan: plan})
		require.NoError(t, err, i)
	}
	require.Equal(t, 1, made())
	plan.Price++
	_, err = g.Checkout(t.Context(), "c", billingcmd.Checkout{Customer: customer, Workspace: "ws_1", Currency: "usd", Plan: plan})
	require.NoError(t, err)
	require.Equal(t, 2, made())
}

func TestOnlyWhatStripeHasSignedIsRead(t *testing.T) {
	t.Parallel()
	twin, g := start(t)
	_, err := g.NewCustomer(t.Context(), "c", billingcmd.NewCustomer{Workspace: "ws_1"})
	require.NoError(t, err)
	e := twin.Events(0)[0]
	v := stripegw.NewVerifier(secret())
	_, looked, err := v.Signal(e.Body, twin.Signature(e, time.Now()))
	require.NoError(t, err)
	require.False(t, looked, "customers are not looked at")
	for what, c := range map[string]struct {
		body      []byte
		signature string
	}{
		"another body":  {append([]byte(" "), e.Body...), twin.Signature(e, time.Now())},
		"too long ago":  {e.Body, twin.Signature(e, time.Now().Add(-6*time.Minute))},
		"no signature":  {e.Body, ""},
		"another's":     {e.Body, stripetwin.New(stripetwin.Config{Secret: "whsec_" + "other", Now: time.Now}).Signature(e, time.Now())},
		"nonsense":      {e.Body, "t=1,v1=zz"},
		"an empty body": {nil, twin.Signature(e, time.Now())},
	} {
		_, _, err := v.Signal(c.body, c.signature)
		require.ErrorIs(t, err, stripegw.ErrSignature(), what)
	}
}

func TestTheEndpointIsMadeOnceInTheVersionThatIsRead(t *testing.T) {
	t.Parallel()
	_, g := start(t)
	const address = "https://morket.example/api/v1/billing/webhooks/stripe"
	before, err := g.Endpoint(t.Context(), address)
	require.NoError(t, err)
	require.False(t, before.Found)
	got, err := g.NewEndpoint(t.Context(), address)
	require.NoError(t, err)
	require.Equal(t, secret(), got)
	after, err := g.Endpoint(t.Context(), address)
	require.NoError(t, err)
	require.Equal(t, stripegw.Endpoint{Found: true, Enabled: true, Version: stripegw.APIVersion}, after)
	_, err = g.NewEndpoint(t.Context(), address)
	require.ErrorContains(t, err, "already")
}

func TestAnEventOfAnyVersionIsReadForItsIds(t *testing.T) {
	t.Parallel()
	twin, _ := start(t)
	v := stripegw.NewVerifier(secret())
	for body, want := range map[string]billingcmd.Signal{
		`{"id":"evt_1","api_version":"2099-01-01","type":"invoice.paid","data":{"object":{"id":"in_1","object":"invoice","customer":{"id":"cus_1"}}}}`: {
			Event: "evt_1", Type: "invoice.paid", Kind: billing.KindInvoice, Object: "in_1", Customer: "cus_1",
		},
		`{"id":"evt_2","type":"payment_intent.succeeded","data":{"object":{"id":"pi_1","object":"payment_intent","customer":"cus_2"}}}`: {
			Event: "evt_2", Type: "payment_intent.succeeded", Kind: billing.KindPayment, Object: "pi_1", Customer: "cus_2",
		},
	} {
		e := stripetwin.Event{Body: []byte(body)}
		got, looked, err := v.Signal(e.Body, twin.Signature(e, time.Now()))
		require.NoError(t, err)
		require.True(t, looked)
		require.Equal(t, want, got)
	}
	for _, body := range []string{
		`{"id":"evt_1","type":"x","data":{"object":{"id":"in_1/../../x","object":"invoice","customer":"cus_1"}}}`,
		`{"id":"","type":"x","data":{"object":{"id":"in_1","object":"invoice","customer":"cus_1"}}}`,
		`[]`, `{"id":7}`,
	} {
		e := stripetwin.Event{Body: []byte(body)}
		_, _, err := v.Signal(e.Body, twin.Signature(e, time.Now()))
		require.Equal(t, kernel.KindMalformed, kernel.KindOf(err), body)
	}
}
