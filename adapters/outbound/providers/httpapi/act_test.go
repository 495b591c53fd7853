package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/httpapi"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

func TestAnActionIsMadeOnceWithItsKey(t *testing.T) {
	t.Parallel()
	status, asked := http.StatusNoContent, []string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.String()+" "+r.Header.Get("Idempotency-Key")+" "+r.Header.Get("Authorization")+" "+
			r.Header.Get("X-Team")+" "+string(body))
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "s3cret-key")
	}))
	t.Cleanup(server.Close)
	p := httpapi.New(wire.New(server.Client(), safedial.Body, "test", kernel.SystemClock{}))
	a := httpapi.Action{
		Method: http.MethodPost, URL: server.URL + "/leads?x=1", Headers: map[string]string{"X-Team": "sales"}, Body: `{"a":1}`, Key: "k1",
		Auth: httpapi.Auth{Kind: "bearer"}, Secret: map[string]string{"api_key": "s3cret-key"}, Hosts: []string{"127.0.0.1"},
	}
	require.NoError(t, p.Act(t.Context(), a))
	require.Equal(t, []string{`POST /leads?x=1 k1 Bearer s3cret-key sales {"a":1}`}, asked)

	for code, kind := range map[int]enrichment.CallKind{
		400: enrichment.CallBadInput, 401: enrichment.CallUnauthorized, 429: enrichment.CallRateLimited, 500: enrichment.CallFailed,
		302: enrichment.CallBadReply,
	} {
		status = code
		err := enrichment.AsCallError(p.Act(t.Context(), a))
		require.Equal(t, kind, err.Kind, code)
		require.NotContains(t, err.Error(), "s3cret-key")
		if code == http.StatusTooManyRequests {
			require.Equal(t, 7*time.Second, err.RetryAfter)
		}
	}

	before := len(asked)
	a.Hosts = []string{"api.example.com"}
	require.ErrorContains(t, p.Act(t.Context(), a), "may not be sent to 127.0.0.1")
	a.URL = "file:///etc/passwd"
	require.Error(t, p.Act(t.Context(), a))
	require.Len(t, asked, before, "nothing was sent")
}
