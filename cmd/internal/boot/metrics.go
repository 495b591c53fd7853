package boot

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/telemetry"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
)

// measured counts the requests of a client; the label names it.
func measured(m *telemetry.Metrics, client string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return m.Outgoing(client, next) }
}

// serveMetrics adds /metrics to the web server, unless it has an address of its own. It tells how busy the installation is, so
// it is for those who know the service key, or for this machine when nobody else reaches the server. That a request comes from
// a loopback address would not do: behind a proxy on the machine they all do.
func serveMetrics(a *httpapi.API, cfg config.Config, metrics http.Handler) {
	if cfg.MetricsAddr != "" {
		return
	}
	handler := echo.WrapHandler(metrics)
	a.Router().GET("/metrics", func(c echo.Context) error {
		key, sent := cfg.ServiceKey.Reveal(), c.Request().Header.Get("X-Service-Key")
		known := key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(sent)) == 1
		if !known && !cfg.Local() {
			return kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "metrics need X-Service-Key here; MORKET_METRICS_ADDR serves them apart")
		}
		return handler(c)
	})
}

// runMetrics serves /metrics at an address of its own.
func runMetrics(ctx context.Context, cfg config.Config, metrics http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen for metrics: %w (set MORKET_METRICS_ADDR to another address)", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	web := newWeb(ctx, mux)
	go func() {
		<-ctx.Done()
		_ = web.Close() // a scraper comes again
	}()
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return ctx.Err()
}
