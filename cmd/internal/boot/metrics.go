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
	"github.com/morket/morket/domain/kernel"
)

// watch lets the metrics ask this process's parts.
func (s *server) watch() {
	var providers []string
	for _, p := range s.enrich.registry.Providers() {
		providers = append(providers, p.Slug)
	}
	s.metrics.Providers(providers)
	sources := telemetry.Sources{Log: s.store, Pool: s.pool, Projections: s.monitor, Providers: providers, Engine: s.enrich.engine, Disks: s.disks().all}
	sources.Backups = s.operate.backups.metrics
	if s.relay != nil {
		sources.Relay = s.relay
	}
	s.metrics.Watch(sources)
}

// measure counts the requests of a client; the label names it.
func (p *Platform) measure(client string) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper { return p.metrics.Outgoing(client, next) }
}

// serveMetrics adds /metrics to the web server, unless it has an address of its own. It tells how busy the installation is, so
// it is for those who know the service key, or for this machine when nobody else reaches the server. That a request comes from
// a loopback address would not do: behind a proxy on the machine they all do.
func (s *server) serveMetrics(a *httpapi.API) {
	if s.cfg.MetricsAddr != "" {
		return
	}
	handler := echo.WrapHandler(s.metrics.Handler())
	a.Router().GET("/metrics", func(c echo.Context) error {
		key, sent := s.cfg.ServiceKey.Reveal(), c.Request().Header.Get("X-Service-Key")
		known := key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(sent)) == 1
		if !known && !s.cfg.Local() {
			return kernel.E(kernel.KindUnauthorized, "UNAUTHORIZED", "metrics need X-Service-Key here; MORKET_METRICS_ADDR serves them apart")
		}
		return handler(c)
	})
}

// runMetrics serves /metrics at an address of its own.
func (s *server) runMetrics(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.MetricsAddr)
	if err != nil {
		return fmt.Errorf("listen for metrics: %w (set MORKET_METRICS_ADDR to another address)", err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics.Handler())
	web := &http.Server{Handler: mux, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout}
	go func() {
		<-ctx.Done()
		_ = web.Close() // a scraper comes again
	}()
	if err := web.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics: %w", err)
	}
	return ctx.Err()
}
