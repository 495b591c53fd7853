package websiteprofile_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/providertest"
	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
)

func provider(cfg safedial.Config) *websiteprofile.Provider {
	cfg.Allow = append(cfg.Allow, netip.MustParsePrefix("127.0.0.1/32"))
	return websiteprofile.New(safedial.NewClient(cfg), safedial.Body, "Morket/test")
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

const sample = `<!doctype html><html lang="de-CH"><head><title>
  Acme   – Anvils</title><meta name="Description" content="We make anvils."><meta property="og:site_name" content="Acme">
<script type="application/ld+json">{"@graph":[{"@type":"Organization","name":"Acme AG","telephone":"+41 44 668 18 00","address":{"streetAddress":"Weg 1","addressLocality":"Zürich"}}]}</script></head>
<body><a href="mailto:Info%40acme.com?subject=x">mail</a> <a href="tel:+41-44-668-18-00">call</a> <a href="https://www.linkedin.com/company/acme/?trk=1">in</a>
<a href="https://twitter.com/intent/tweet?x">share</a><a href="https://x.com/acme">x</a><a href="javascript:alert(1)">no</a> sales@acme.com
<script>var fake = "script@acme.com"</script></body></html>`

func TestWebsiteProfile(t *testing.T) {
	t.Parallel()
	var agent string
	at := serve(t, func(w http.ResponseWriter, r *http.Request) { agent = r.UserAgent(); fmt.Fprint(w, sample) })
	got := providertest.Ask(t, provider(safedial.Config{}), map[string]string{"website": at})
	out := got.Outputs
	for k, v := range map[string]any{
		"title": "Acme – Anvils", "description": "We make anvils.", "name": "Acme", "language": "de", "linkedin": "https://www.linkedin.com/company/acme/", "twitter": "https://x.com/acme",
		"email": "info@acme.com", "emails": []string{"info@acme.com", "sales@acme.com"}, "phone": "+41 44 668 18 00", "address": "Weg 1, Zürich",
	} {
		require.Equal(t, v, out[k], k)
	}
	require.Equal(t, "Morket/test", agent)
	require.True(t, strings.HasPrefix(got.SourceURL, at))
}

func TestHostileSites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"not found":    {func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, "no such page"},
		"server error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "500"},
		"a picture": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/png")
			fmt.Fprint(w, "\x89PNG")
		}, "no web page"},
		"endless redirects": {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, "redirects without end"},
		"redirect inside": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, "not on the public internet"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "<html>")
			panic(http.ErrAbortHandler)
		}, "could not be reached"},
		"never answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "did not answer in time"},
	} {
		at := serve(t, c.handler)
		_, err := provider(safedial.Config{Timeout: 300 * time.Millisecond}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"website": at}})
		require.ErrorContains(t, err, c.says, name)
	}
}

func TestOddPages(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"deep nesting": strings.Repeat("<div>", 20_000) + "<title>x</title>", "nulls": "<title>a\x00b</title>", "latin1": "<title>Z\xfcrich</title>",
		"huge": "<title>big</title>" + strings.Repeat("<a href='mailto:a@b.co'>x</a>", 150_000), "broken json": `<title>t</title><script type="application/ld+json">{"@graph":[[[[[[[[</script>`,
	} {
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, body)
		})
		reply, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"website": at}})
		if err == nil {
			require.NoError(t, enrichment.CheckReply(provider(safedial.Config{}).Describe().Outputs, reply.Outputs), name)
		}
	}
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "") })
	require.Empty(t, providertest.Ask(t, provider(safedial.Config{}), map[string]string{"website": at}).Outputs, "an empty page is no answer")
}

func TestConforms(t *testing.T) {
	t.Parallel()
	providertest.Conforms(t, provider(safedial.Config{Connect: 200 * time.Millisecond, Timeout: time.Second}))
}

func TestBombsOfPages(t *testing.T) { //nolint:paralleltest // it measures what the process allocates
	var formats strings.Builder
	for i := range 400 {
		fmt.Fprintf(&formats, "<b x=%d>", i)
	}
	for name, html := range map[string]string{
		"formats that each paragraph opens again": "<html><head><title>T</title></head><body>" + formats.String() + strings.Repeat("<p>x", 400_000),
		"elements in elements":                    "<html><head><title>T</title></head><body>" + strings.Repeat("<div>", 200_000),
		"JSON-LD nested":                          `<html><head><title>T</title><script type="application/ld+json">` + strings.Repeat(`{"@graph":[`, 150_000) + `</script></head></html>`,
		"JSON-LD of many":                         `<html><head><title>T</title><script type="application/ld+json">[` + strings.Repeat(`[],`, 600_000) + `0]</script></head></html>`,
		"very many scripts":                       "<html><head><title>T</title></head><body>" + strings.Repeat(`<script type="application/ld+json">[[[[]]]]</script>`, 30_000),
		"very many attributes":                    "<html><head><title>T</title></head><body><a " + strings.Repeat(`x="1" `, 300_000) + ">",
		"very many links":                         "<html><head><title>T</title></head><body>" + strings.Repeat(`<a href="mailto:a@b.de">`, 60_000),
		"a text with many ats":                    "<html><head><title>T</title></head><body>" + strings.Repeat("a@", 900_000),
		"tables in tables":                        "<html><head><title>T</title></head><body>" + strings.Repeat("<table><tr><td>", 100_000),
		"formatting never shut":                   "<html><head><title>T</title></head><body>" + strings.Repeat("<b><i><p>", 150_000),
	} {
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			fmt.Fprint(w, html)
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		reply, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Inputs: map[string]string{"website": at}})
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(200<<20), name)
		if err == nil {
			require.Equal(t, "T", reply.Outputs["title"], name)
		}
	}
}
