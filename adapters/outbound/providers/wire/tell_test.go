package wire

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func exchangesOf(t *testing.T, handler http.HandlerFunc, method, path, body string, headers map[string]string) []enrichment.Exchange {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	var told []enrichment.Exchange
	ctx := enrichment.WithWitness(t.Context(), enrichment.Witness{Limit: 20, Tell: func(x enrichment.Exchange) { told = append(told, x) }})
	req, err := http.NewRequestWithContext(ctx, method, server.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	for name, v := range headers {
		req.Header.Set(name, v)
	}
	clock := kernel.NewManualClock(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	_, _ = New(server.Client(), safedial.Body, "Morket/test", clock).Do(req)
	for i := range told {
		told[i].URL = strings.TrimPrefix(told[i].URL, server.URL)
	}
	return told
}

func TestTheWitnessHearsOfAnExchangeWithoutKeys(t *testing.T) {
	t.Parallel()
	told := exchangesOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusPaymentRequired)
		_, _ = w.Write([]byte(`{"error":"no credits left"}`))
	}, http.MethodPost, "/v1?email=a%40b.c&API_KEY=geheim&access_token=geheim#geheim", `{"name":"somebody long"}`,
		map[string]string{"Authorization": "Bearer geheim", "X-Api-Key": "geheim", "Content-Type": "application/json"})
	require.Equal(t, []enrichment.Exchange{{
		Method: http.MethodPost, URL: "/v1?email=a%40b.c&API_KEY=…&access_token=…", Status: http.StatusPaymentRequired, Type: "application/json",
		Headers: map[string]string{"Accept": "application/json", "Authorization": "…", "X-Api-Key": "…", "Content-Type": "application/json"},
		Request: `{"name":"somebody lo`, Body: `{"error":"no credits`, Cut: true,
	}}, told)
}

func TestTheWitnessHearsWhyNoAnswerCame(t *testing.T) {
	t.Parallel()
	told := exchangesOf(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, http.MethodGet, "/", "", nil)
	require.Len(t, told, 1)
	require.Zero(t, told[0].Status)
	require.Equal(t, "the connection to the API failed", told[0].Error)
}
