package telemetry

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/morket/morket/domain/kernel"
)

// Metrics is everything that /metrics shows. No label holds an id: routes are templates, projections and providers are few.
type Metrics struct {
	registry *prometheus.Registry
	clock    kernel.Clock

	requests *prometheus.CounterVec
	took     *prometheus.HistogramVec
	inFlight prometheus.Gauge
	security *prometheus.CounterVec

	appends      *prometheus.HistogramVec
	batchAppends prometheus.Histogram
	batchEvents  prometheus.Histogram

	records  *prometheus.CounterVec
	attempts *prometheus.CounterVec
	calls    *prometheus.HistogramVec

	fetches      *prometheus.CounterVec
	fetchTook    *prometheus.HistogramVec
	fetchWaited  prometheus.Histogram
	outgoing     *prometheus.CounterVec
	outgoingTook *prometheus.HistogramVec
}

// NewMetrics makes the metrics of a process.
func NewMetrics(version string, clock kernel.Clock) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), clock: clock}
	seconds := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}
	sizes := prometheus.ExponentialBuckets(1, 2, 11) //nolint:mnd // 1 to 1,024
	m.requests = counters("http_requests_total", "Requests answered, by route.", "method", "route", "status")
	m.took = histograms("http_request_duration_seconds", "Time to answer a request, without event streams.", seconds, "method", "route")
	m.inFlight = gauge("http_requests_in_flight", "Requests being answered, event streams included.")
	m.security = counters("security_events_total", "Requests refused: auth.refused (401), authz.refused (403), rate.limited (429).", "event")
	m.appends = histograms("log_append_duration_seconds", "Time to append to the log, with the wait for its batch.",
		[]float64{.0005, .001, .002, .004, .008, .016, .032, .064, .128, .256, .512, 1, 2, 4, 8}, "outcome")
	m.batchAppends = histogram("log_batch_appends", "Appends committed together.", sizes)
	m.batchEvents = histogram("log_batch_events", "Events committed together.",
		prometheus.ExponentialBuckets(1, 4, 8)) //nolint:mnd // 1 to 16,384
	m.records = counters("run_records_total", "Cells that runs have dealt with, by outcome.", "outcome")
	m.attempts = counters("provider_attempts_total", "Steps of waterfalls, by provider and how they ended.", "provider", "status")
	m.calls = histograms("provider_call_duration_seconds", "Time of a provider's answer, its retries included.", seconds, "provider")
	m.fetches = counters("scrape_fetches_total", "Pages asked for, by how that ended and whether the browser did it.", "outcome", "rendered")
	m.fetchTook = histograms("scrape_fetch_duration_seconds", "Time that a page took, without the wait for politeness.", seconds, "rendered")
	m.fetchWaited = histogram("scrape_fetch_wait_seconds", "Time that politeness held a page back.", []float64{.1, 1, 5, 10, 20, 40, 60})
	m.outgoing = counters("outgoing_requests_total", "HTTP requests to others.", "client", "status")
	m.outgoingTook = histograms("outgoing_request_duration_seconds", "Time until the head of an answer.", seconds, "client")
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Namespace: namespace,
		Name:      "build_info",
		Help:      "1, with the version as its label.",
	}, []string{"version"})
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.requests, m.took, m.inFlight, m.security, m.appends, m.batchAppends, m.batchEvents, m.records, m.attempts,
		m.calls,
		m.fetches, m.fetchTook, m.fetchWaited, m.outgoing, m.outgoingTook, build, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.zero()
	return m
}

const namespace = "morket"

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets})
}

func gauge(name, help string) prometheus.Gauge {
	return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help})
}

// zero makes the series whose labels are known, so that a rate is right from the first event on.
func (m *Metrics) zero() {
	for _, o := range outcomes() {
		m.appends.WithLabelValues(o)
	}
	for _, e := range []string{"auth.refused", "authz.refused", "rate.limited"} {
		m.security.WithLabelValues(e)
	}
	for _, rendered := range []string{"true", "false"} {
		m.fetches.WithLabelValues("read", rendered)
		m.fetchTook.WithLabelValues(rendered)
	}
	for _, o := range []string{"value", "empty", "error", "skipped"} {
		m.records.WithLabelValues(o)
	}
}

// Providers makes the series of the providers.
func (m *Metrics) Providers(slugs []string) {
	for _, slug := range slugs {
		m.attempts.WithLabelValues(slug, "succeeded")
		m.calls.WithLabelValues(slug)
	}
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: 4,
		ErrorHandling:       promhttp.ContinueOnError,
	}) //nolint:mnd // scrapers, not users
}

// Began implements httpapi.Meter.
func (m *Metrics) Began() { m.inFlight.Inc() }

// Ended implements httpapi.Meter.
func (m *Metrics) Ended(method, route string, status int) {
	m.inFlight.Dec()
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Inc()
}

// Took implements httpapi.Meter.
func (m *Metrics) Took(method, route string, d time.Duration) {
	m.took.WithLabelValues(method, route).Observe(d.Seconds())
}

// Refused implements httpapi.Meter.
func (m *Metrics) Refused(event string) { m.security.WithLabelValues(event).Inc() }

func (m *Metrics) appended(took time.Duration, outcome string) {
	m.appends.WithLabelValues(outcome).Observe(took.Seconds())
}

// Batch is for pgstore.Config.OnBatch.
func (m *Metrics) Batch(appends, events int) {
	m.batchAppends.Observe(float64(appends))
	m.batchEvents.Observe(float64(events))
}

// Attempt counts a step of a waterfall; asked says that the provider was called, for so long.
func (m *Metrics) Attempt(provider, status string, asked bool, took time.Duration) {
	m.attempts.WithLabelValues(provider, status).Inc()
	if asked {
		m.calls.WithLabelValues(provider).Observe(took.Seconds())
	}
}

// Fetch counts a page that was asked for: whether the browser did it, for how long politeness held it back and how long it took then. The
// outcome is "read", or why it could not be.
func (m *Metrics) Fetch(outcome string, browser bool, waited, took time.Duration) {
	rendered := strconv.FormatBool(browser)
	m.fetches.WithLabelValues(outcome, rendered).Inc()
	m.fetchTook.WithLabelValues(rendered).Observe(took.Seconds())
	m.fetchWaited.Observe(waited.Seconds())
}

// Record counts a cell of a run.
func (m *Metrics) Record(outcome string) { m.records.WithLabelValues(outcome).Inc() }

// Outgoing measures the requests of a client, which the label names.
func (m *Metrics) Outgoing(client string, next http.RoundTripper) http.RoundTripper {
	m.outgoing.WithLabelValues(client, "200")
	m.outgoingTook.WithLabelValues(client)
	return outgoing{m: m, client: client, next: next}
}

type outgoing struct {
	m      *Metrics
	client string
	next   http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (o outgoing) RoundTrip(r *http.Request) (*http.Response, error) {
	began := o.m.clock.Now()
	res, err := o.next.RoundTrip(r)
	status := "failed"
	if err == nil {
		status = strconv.Itoa(res.StatusCode)
	}
	o.m.outgoing.WithLabelValues(o.client, status).Inc()
	o.m.outgoingTook.WithLabelValues(o.client).Observe(o.m.clock.Now().Sub(began).Seconds())
	return res, err
}
