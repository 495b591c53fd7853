package stripetwin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/stripegw/stripetwin"
)

func TestThePayPageSaysThatACardWasDeclinedAndThenTakesAnother(t *testing.T) {
	t.Parallel()
	var handler http.Handler
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	key := "sk_" + "test_twin"
	twin := stripetwin.New(stripetwin.Config{Key: key, Base: srv.URL, Now: time.Now})
	handler = twin
	send := func(path string, form url.Values) (string, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+path, strings.NewReader(form.Encode()))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "Bearer "+key)
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.Request.URL.String(), string(body)
	}
	idOf := func(body string) string {
		var o struct{ ID string }
		require.NoError(t, json.Unmarshal([]byte(body), &o))
		return o.ID
	}
	_, body := send("/v1/customers", url.Values{"name": {"A"}})
	customer := idOf(body)
	_, session := send("/v1/checkout/sessions", url.Values{
		"mode": {"payment"}, "customer": {customer}, "success_url": {srv.URL + "/portal/" + customer + "?thanks"}, "cancel_url": {srv.URL},
		"line_items[0][quantity]": {"1"}, "line_items[0][price_data][unit_amount]": {"1000"}, "line_items[0][price_data][currency]": {"usd"},
		"line_items[0][price_data][product_data][name]": {"1000 credits <b>"},
	})
	require.Contains(t, session, `"status":"open"`)
	pay := "/pay/" + idOf(session)
	at, page := send(pay, url.Values{"do": {"declined"}})
	require.Contains(t, at, "?declined")
	require.Contains(t, page, "<p role=alert>The card was declined.</p>")
	require.Contains(t, page, "1000 credits &lt;b&gt;: USD 10.00")
	at, page = send(pay, url.Values{"do": {"good"}})
	require.Contains(t, at, "?thanks")
	require.Contains(t, page, "Billing portal")
}
