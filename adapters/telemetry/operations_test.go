package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/kernel/watch"
)

type operations struct {
	clock   *kernel.ManualClock
	watcher *telemetry.Operations
	metrics *telemetry.Metrics
	log     bytes.Buffer
}

func newOperations() *operations {
	o := &operations{clock: kernel.NewManualClock(time.Date(2026, 3, 15, 12, 0, 0, 0, time.UTC))}
	o.metrics = telemetry.NewMetrics("1", o.clock)
	o.watcher = telemetry.NewOperations(o.metrics, slog.New(telemetry.Redacting(slog.NewJSONHandler(&o.log, nil))))
	return o
}

func (o *operations) shown() string {
	w := httptest.NewRecorder()
	o.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

func TestEachKindOfWorkHasItsMetricsFromTheStart(t *testing.T) {
	t.Parallel()
	text := newOperations().shown()
	for _, k := range watch.Kinds() {
		require.NotEqual(t, "unknown", k.String())
		require.Contains(t, text, `morket_operations_in_progress{operation="`+k.String()+`"} 0`)
		require.Contains(t, text, `morket_operation_rows_total{operation="`+k.String()+`"} 0`)
		require.Contains(t, text, `morket_operation_bytes_total{operation="`+k.String()+`"} 0`)
		for _, outcome := range watch.Outcomes() {
			require.NotEqual(t, "unknown", outcome.String())
			require.Contains(t, text, `morket_operation_duration_seconds_count{operation="`+k.String()+`",outcome="`+outcome.String()+`"} 0`)
		}
	}
	require.Equal(t, "unknown", watch.Kind(len(watch.Kinds())).String(), "a kind is missing in the list")
	require.Equal(t, "unknown", watch.Outcome(len(watch.Outcomes())).String(), "an outcome is missing in the list")
}

func TestAPieceOfWorkIsToldOfOnce(t *testing.T) {
	t.Parallel()
	gone, leave := context.WithCancel(t.Context())
	leave()
	for name, c := range map[string]struct {
		kind    watch.Kind
		end     func(*watch.Operation)
		outcome string
		level   string
		err     any
	}{
		"well":              {watch.Import, func(o *watch.Operation) { o.EndWith(t.Context(), nil) }, "succeeded", "INFO", nil},
		"a fault of ours":   {watch.Rebuild, func(o *watch.Operation) { o.EndWith(t.Context(), errors.New("broken")) }, "failed", "ERROR", "broken"},
		"somebody else's":   {watch.Delivery, func(o *watch.Operation) { o.EndWith(t.Context(), errors.New("broken")) }, "failed", "WARN", "broken"},
		"the process stops": {watch.RunSlice, func(o *watch.Operation) { o.EndWith(gone, gone.Err()) }, "interrupted", "INFO", "context canceled"},
		"later":             {watch.RunSlice, func(o *watch.Operation) { o.End(t.Context(), watch.Waits, nil) }, "waits", "INFO", nil},
		"only the first time": {watch.Export, func(o *watch.Operation) {
			o.End(t.Context(), watch.Waits, nil)
			o.EndWith(t.Context(), errors.New("x"))
		}, "waits", "INFO", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOperations()
			op := watch.Begin(o.watcher, o.clock, c.kind, "workspace", "ws_1", "to", "ann@example.com")
			kind := c.kind.String()
			require.Contains(t, o.shown(), `morket_operations_in_progress{operation="`+kind+`"} 1`)
			op.Count(3, 100)
			op.Count(4, 0)
			op.Note("page", 2)
			o.clock.Advance(2 * time.Second)
			c.end(op)
			require.Equal(t, 1, strings.Count(o.log.String(), "\n"))
			var line map[string]any
			require.NoError(t, json.Unmarshal(o.log.Bytes(), &line))
			want := map[string]any{
				"msg": "operation", "operation": kind, "outcome": c.outcome, "level": c.level, "rows": 7.0, "bytes": 100.0, "duration": 2e9, "page": 2.0,
				"workspace": "ws_1",
			}
			for key, value := range want {
				require.Equal(t, value, line[key], key)
			}
			require.Equal(t, c.err, line["error"])
			require.NotContains(t, o.log.String(), "ann@example.com")
			text := o.shown()
			require.Contains(t, text, `morket_operations_in_progress{operation="`+kind+`"} 0`)
			require.Contains(t, text, `morket_operation_duration_seconds_count{operation="`+kind+`",outcome="`+c.outcome+`"} 1`)
			require.Contains(t, text, `morket_operation_rows_total{operation="`+kind+`"} 7`)
			require.Contains(t, text, `morket_operation_bytes_total{operation="`+kind+`"} 100`)
		})
	}
}
