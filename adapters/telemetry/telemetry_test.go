package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func TestTheLogHoldsNoSecretsAndNoAddresses(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(telemetry.Redacting(slog.NewJSONHandler(&out, nil)))
	const (
		jwt  = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJl"
		key  = "mk_01JABCDEFGHJKMNPQRSTVWXYZ_0123456789abcdefghij"
		link = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	)
	log.With("user_email", "jürgen.schmidt+x@firma.example", "new_password", "hunter2").WithGroup("deep").Info("hello ada@lovelace.example",
		"error", errors.New("dial postgres://morket:hunter2@db:5432/x: refused by grace@hopper.example"),
		"header", "Bearer "+jwt, "text", "got "+jwt+" and "+key+" and /accept/"+link,
		slog.Group("inner", "access_token", "hunter2", "note", "ask alan@turing.example"), "count", 7, "duration", time.Second, "user", "usr_01J")
	text := out.String()
	for _, secret := range []string{"hunter2", jwt, key, link, "rgen", "da@", "grace", "alan"} {
		require.NotContains(t, text, secret, text)
	}
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "j***@firma.example", line["user_email"])
	require.Equal(t, "hello a***@lovelace.example", line["msg"])
	deep := line["deep"].(map[string]any)
	require.EqualValues(t, 7, deep["count"])
	require.Equal(t, "usr_01J", deep["user"], "what is no secret stays")
	require.Equal(t, "dial postgres://morket:[hidden]@db:5432/x: refused by g***@hopper.example", deep["error"])
}

func TestSpansFollowTheTracesOfABatch(t *testing.T) {
	t.Parallel()
	spans := tracetest.NewInMemoryExporter()
	tracing, err := telemetry.NewTracing(t.Context(), telemetry.TraceConfig{Exporter: spans})
	require.NoError(t, err)
	event := func(position int64, trace string) eventstore.Recorded {
		meta, err := json.Marshal(kernel.Meta{Actor: kernel.System(), Trace: trace})
		require.NoError(t, err)
		return eventstore.Recorded{Position: position, Metadata: []byte(strings.ReplaceAll(string(meta), ":", ": "))} // as Postgres writes it
	}
	const a, b = "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-1111111111111111-01", "00-bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb-2222222222222222-01"
	_, done := tracing.Follow().Begin(t.Context(), "project grid", []eventstore.Recorded{event(1, a), event(2, ""), event(3, b), event(4, a), event(5, "rubbish")})
	done(errors.New("no room for ada@lovelace.example"))
	var traces []string
	for _, s := range spans.GetSpans() {
		require.Equal(t, "project grid", s.Name)
		require.Equal(t, "no room for a***@lovelace.example", s.Status.Description)
		traces = append(traces, s.SpanContext.TraceID().String()+"/"+s.Parent.SpanID().String())
	}
	require.Equal(t, []string{a[3:35] + "/" + a[36:52], b[3:35] + "/" + b[36:52]}, traces, "one span a trace, each a child of its request")
	require.NoError(t, tracing.Close())
}

func TestWithoutAnEndpointNothingIsTraced(t *testing.T) {
	t.Parallel()
	tracing, err := telemetry.NewTracing(t.Context(), telemetry.TraceConfig{})
	require.NoError(t, err)
	require.Nil(t, tracing.Follow())
	require.Nil(t, tracing.Postgres())
	require.Empty(t, tracing.Around())
	around, err := tracing.Temporal()
	require.NoError(t, err)
	require.Empty(t, around)
	ctx, done := tracing.Follow().Begin(t.Context(), "x", []eventstore.Recorded{{}})
	done(nil)
	require.Equal(t, t.Context(), ctx)
	require.NoError(t, tracing.Close())
}

func TestMetricsAreCounted(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics("1.2.3", kernel.NewManualClock(time.Unix(0, 0)))
	m.Began()
	m.Began()
	m.Ended("GET", "/api/v1/workspaces/:workspaceId", 403)
	m.Refused("authz.refused")
	m.Took("GET", "/api/v1/workspaces/:workspaceId", 30*time.Millisecond)
	m.Batch(3, 40)
	m.Attempt("email_check", "succeeded", true, time.Second)
	m.Record("value")
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`morket_http_requests_total{method="GET",route="/api/v1/workspaces/:workspaceId",status="403"} 1`, "morket_http_requests_in_flight 1",
		`morket_security_events_total{event="authz.refused"} 1`, `morket_http_request_duration_seconds_bucket{method="GET",route="/api/v1/workspaces/:workspaceId",le="0.05"} 1`,
		"morket_log_batch_appends_sum 3", "morket_log_batch_events_sum 40", `morket_provider_attempts_total{provider="email_check",status="succeeded"} 1`,
		`morket_run_records_total{outcome="value"} 1`, `morket_build_info{version="1.2.3"} 1`,
	} {
		require.Contains(t, rec.Body.String(), want)
	}
}
