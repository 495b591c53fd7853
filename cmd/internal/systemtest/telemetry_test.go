package systemtest_test

import (
	"compress/gzip"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// receiver takes traces as an OpenTelemetry collector does.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	spans []*otlp.Span
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body := io.Reader(req.Body)
		if req.Header.Get("Content-Encoding") == "gzip" {
			unzipped, err := gzip.NewReader(body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = unzipped
		}
		b, err := io.ReadAll(body)
		var sent collector.ExportTraceServiceRequest
		if err == nil && strings.HasSuffix(req.URL.Path, "/v1/traces") {
			err = proto.Unmarshal(b, &sent)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, resource := range sent.GetResourceSpans() {
			for _, scope := range resource.GetScopeSpans() {
				r.spans = append(r.spans, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(r.Close)
	return r
}

// under lists the names of the trace's spans that descend from one of the name, itself included.
func (r *receiver) under(trace, name string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	parents := map[string]*otlp.Span{}
	for _, s := range r.spans {
		if hex.EncodeToString(s.GetTraceId()) == trace {
			parents[string(s.GetSpanId())] = s
		}
	}
	var names []string
	for _, s := range parents {
		for up := s; up != nil; up = parents[string(up.GetParentSpanId())] {
			if up.GetName() == name {
				names = append(names, s.GetName())
				break
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// holds reports whether any span has the text in a name or an attribute.
func (r *receiver) holds(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.spans, func(s *otlp.Span) bool { return strings.Contains(s.String(), text) })
}

func TestATraceFollowsAnEditToItsProjectionAndARunThroughItsFlow(t *testing.T) {
	t.Parallel()
	to := newReceiver(t)
	s := newServer(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+to.URL, "OTEL_BSP_SCHEDULE_DELAY=100")
	s.start()
	c := demo(t, s)
	table := c.sample()
	first := c.rows(table.ID, "limit=1")[0]
	s.mustChild("temporal", 0)

	const edit, run = "11111111111111111111111111111111", "22222222222222222222222222222222"
	parent := func(trace string) []string { return []string{"traceparent", "00-" + trace + "-3333333333333333-01"} }
	c.call(http.StatusOK, http.MethodPatch, c.ws+"/tables/"+table.ID+"/cells", edits(first.ID, table.column("Company"), "Traced"), parent(edit)...)
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/enrichment-jobs", job("a@example.com"), parent(run)...)
	const editing, asking = "PATCH /api/v1/workspaces/:workspaceId/tables/:tableId/cells", "POST /api/v1/workspaces/:workspaceId/enrichment-jobs"
	has := func(trace, root string, want ...string) {
		t.Helper()
		var got []string
		s.eventually(doneWithin, strings.Join(want, ", ")+" in the trace of "+root, func() bool {
			got = to.under(trace, root)
			return !slices.ContainsFunc(want, func(name string) bool { return !slices.Contains(got, name) })
		})
		t.Logf("%s: %s", root, strings.Join(got, ", "))
	}
	has(edit, editing, "append", "relay", "project grid", "project history")
	has(run, asking, "append", "relay", "react enrichment_flows", "StartWorkflow:enrichment.run", "RunWorkflow:enrichment.run",
		"StartActivity:enrichment.slice", "RunActivity:enrichment.slice", "project enrichment")

	token := strings.Repeat("ab", 32)
	c.call(http.StatusNotFound, http.MethodPost, "/api/v1/invitations/"+token+"/decline", nil, parent("44444444444444444444444444444444")...)
	s.eventually(doneWithin, "the invitation's trace", func() bool {
		return len(to.under("44444444444444444444444444444444", "POST /api/v1/invitations/:token/decline")) > 0
	})
	require.False(t, to.holds(token), "no span holds the token of an invitation")
	require.False(t, to.holds("morket-demo"), "no span holds a password")
}

// infra is the folder of dashboards and alert rules.
const infra = "../../../infra"

var metricName = regexp.MustCompile(`\b(?:morket|go|process)_[a-z0-9_]+`)

func TestWhatDashboardsAndAlertsNameIsMeasured(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", 40)
	s := newServer(t, "MORKET_SERVICE_KEY="+key)
	s.start()
	c := demo(t, s)
	c.rows(c.sample().ID, "limit=1")
	c.call(http.StatusUnauthorized, http.MethodGet, "/api/v1/auth/me", nil, "Authorization", "Bearer rubbish")
	r := c.call(http.StatusOK, http.MethodGet, "/metrics", nil)
	known := map[string]bool{}
	for line := range strings.Lines(string(r.Raw)) {
		if name, kind, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# TYPE "), " "); ok && strings.HasPrefix(line, "# TYPE ") {
			known[name] = true
			if kind == "histogram" {
				known[name+"_bucket"], known[name+"_count"], known[name+"_sum"] = true, true, true
			}
		}
	}
	named := 0
	for _, file := range []string{"grafana/morket.json", "prometheus/alerts.yml"} {
		text, err := os.ReadFile(filepath.Join(infra, file))
		require.NoError(t, err)
		for _, name := range metricName.FindAllString(string(text), -1) {
			named++
			require.True(t, known[name], "%s names %s, which /metrics does not have", file, name)
		}
	}
	require.Greater(t, named, 40)
	text := string(r.Raw)
	for _, want := range []string{
		`morket_security_events_total{event="auth.refused"} 1`, `morket_projection_lag_seconds{kind="projection",projection="grid"}`, `morket_relay_leading 1`,
		`route="/api/v1/workspaces/:workspaceId/tables/:tableId/rows"`, "morket_scrape_failed 0",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics has no %s", want) // without printing all of it
		}
	}
	require.Empty(t, regexp.MustCompile(`="[^"]*(ws|tbl|usr|row|run)_[0-9A-Z]{10}`).FindString(text), "no label holds an id")
}

func TestMetricsAreNotForEverybody(t *testing.T) {
	t.Parallel()
	key := strings.Repeat("k", 40)
	s := newServer(t, "MORKET_SERVICE_KEY="+key, "MORKET_PUBLIC_URL=https://morket.example", "MORKET_CRM_URLS=") // no stand-in where it is not for this machine alone
	s.start()
	c := &client{t: t, base: s.url}
	c.call(http.StatusUnauthorized, http.MethodGet, "/metrics", nil)
	c.call(http.StatusUnauthorized, http.MethodGet, "/metrics", nil, "X-Service-Key", key[1:]+"x")
	c.call(http.StatusOK, http.MethodGet, "/metrics", nil, "X-Service-Key", key)
}
