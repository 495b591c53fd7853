package boot_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/boot"
	"github.com/morket/morket/cmd/internal/config"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// BenchmarkStaticPages reads pages of 30 kB that need no browser, eight at once, of a site that lets itself be asked as fast as one can: robots.txt,
// politeness, plain HTTP and the extractor.
func BenchmarkStaticPages(b *testing.B) {
	body := "<!doctype html><title>Static</title><h1>Hello</h1>" + strings.Repeat("<p>words that <a href=/x>say</a> something</p>", 650)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(body))
	}))
	b.Cleanup(site.Close)
	rules := filepath.Join(b.TempDir(), "rules.json")
	require.NoError(b, os.WriteFile(rules, []byte(`{"default":{"requests":10000,"per":"1s"}}`), 0o600))
	settings, err := config.Load(map[string]string{"MORKET_DATA_DIR": b.TempDir(), "MORKET_HTTP_ADDR": "127.0.0.1:0", "MORKET_SCRAPE_RULES": rules})
	require.NoError(b, err)
	settings.DialAllow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	pages, err := boot.NewPages(boot.PagesConfig{Settings: settings, Clock: kernel.SystemClock{}, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	b.Cleanup(pages.Close)
	work := make(chan int, b.N)
	for i := range b.N {
		work <- i
	}
	close(work)
	b.ResetTimer()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range work {
				out := pages.Read(b.Context(), "ws_1", scrape.Task{URL: site.URL + "/" + strconv.Itoa(i), Target: scrape.TargetPage})
				if assert.Nil(b, out.Fault) {
					assert.Equal(b, "Static", out.Extract.Fields["title"])
				}
			}
		})
	}
	group.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
}
