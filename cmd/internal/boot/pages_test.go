package boot_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// A small site, through all that the product reads pages with: robots.txt, politeness, plain HTTP, Chromium, extractors, the provider.
func TestPagesAreReadThroughTheWholeScraper(t *testing.T) {
	t.Parallel()
	var robots atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/robots.txt":
			robots.Add(1)
			_, _ = fmt.Fprint(w, "User-agent: morket\nDisallow: /private")
		case "/static":
			_, _ = fmt.Fprint(w, `<title>Static</title><h1>Hello</h1><p>`+strings.Repeat("words that say something ", 20)+`</p>`)
		case "/client":
			_, _ = fmt.Fprint(w, `<title>Shell</title><div id=root></div><script>fetch('/api').then(r=>r.text()).then(t=>{document.getElementById('root').innerHTML='<h1>'+t+'</h1>'})</script>`)
		case "/api":
			_, _ = fmt.Fprint(w, "Made by a script")
		case "/job":
			_, _ = fmt.Fprint(w, `<script type="application/ld+json">{"@type":"JobPosting","title":"Engineer","hiringOrganization":{"name":"Acme"}}</script>`)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(site.Close)
	settings, err := config.Load(map[string]string{"MORKET_DATA_DIR": t.TempDir(), "MORKET_HTTP_ADDR": "127.0.0.1:0"})
	require.NoError(t, err)
	settings.DialAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	pages, err := boot.NewPages(boot.PagesConfig{Settings: settings, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(pages.Close)
	registry, err := boot.Providers(settings, kernel.SystemClock{}, pages, nil)
	require.NoError(t, err)
	provider, ok := registry.Caller("scrape_page")
	require.True(t, ok)
	ask := func(path, config string) (enrichment.Reply, error) {
		return provider.Call(t.Context(), enrichment.Request{Inputs: map[string]string{"url": site.URL + path}, Config: []byte(config), Workspace: "ws_1"})
	}
	reply, err := ask("/static", "")
	require.NoError(t, err)
	require.Equal(t, "Static", reply.Outputs["title"])
	require.NoError(t, enrichment.CheckReply(provider.Describe().Outputs, reply.Outputs))
	require.Equal(t, []enrichment.Evidence{enrichment.ByPage}, reply.VerifiedBy)
	_, err = ask("/private/x", "")
	require.ErrorContains(t, err, "robots.txt")
	reply, err = ask("/job", `{"target":"job_posting","mode":"never"}`)
	require.NoError(t, err)
	require.Equal(t, "Acme", reply.Outputs["company"])

	out := pages.Read(t.Context(), "ws_1", scrape.Task{URL: site.URL + "/client", Target: scrape.TargetPage}) // after a polite while
	require.Nil(t, out.Fault)
	require.Equal(t, "Made by a script", out.Extract.Fields["text"])
	require.Len(t, out.Fetches, 2)
	require.True(t, out.Fetches[1].Rendered)
	require.Positive(t, out.Fetches[0].Waited+out.Fetches[1].Waited, "two at once, then one in five seconds")
	require.Equal(t, int64(1), robots.Load())
}
