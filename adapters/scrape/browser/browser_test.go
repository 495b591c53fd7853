package browser_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/scrape/browser"
	"github.com/morket/morket/domain/scrape"
)

// shortDir is a folder that an ordinary user can get to.
func shortDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "browsers") //nolint:usetesting // a test's own folder is root's, where Chromium does not run as root
	require.NoError(tb, err)
	require.NoError(tb, os.Chmod(dir, 0o755))
	tb.Cleanup(func() { require.NoError(tb, os.RemoveAll(dir)) })
	return dir
}

// processes are those that name the folder on their command line.
func processes(t *testing.T, dir string) (pids []int) {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, path := range lines {
		b, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(b), dir) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	return pids
}

// What a page says after its scripts have run.
func TestPagesAreRendered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := pool(t, s, nil)
	for path, want := range map[string]string{
		"/static": "<h1>Hello</h1>", "/client": "Rendered by the client", "/slow": "late but there", "/alert": "went on", "/popup": "popped", "/env": "Europe/Berlin,de-DE,1366",
	} {
		page, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test" + path, Locale: "de-DE", Zone: "Europe/Berlin"})
		require.NoError(t, err, path)
		require.Contains(t, string(page.Body), want, path)
		require.Equal(t, 200, page.Status, path)
		require.Equal(t, "http://site.test"+path, page.URL)
		require.True(t, page.Rendered)
		require.Positive(t, page.Bytes)
	}
	page, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test/missing"})
	require.NoError(t, err)
	require.Equal(t, 404, page.Status)
	for _, agent := range s.agents {
		require.Equal(t, "Mozilla/5.0 (compatible; Morket/test)", agent)
	}
}

// Nothing that a page does leads to an address that the dialer refuses, and nothing goes around the dialer.
func TestHostilePagesReachNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := pool(t, s, func(c *browser.Config) { c.Navigation = 30 * time.Second; c.MaxBytes = 8 << 20 })
	var bytes int64
	for path, c := range map[string]struct {
		says   string
		not    string
		reason scrape.Reason
	}{
		"/fetch":     {says: "rejected,rejected"},
		"/frames":    {says: "framed", not: "root:"},
		"/socket":    {not: "open"},
		"/rtc":       {},
		"/worker":    {not: "registered"},
		"/download":  {says: "asked"},
		"/file":      {reason: scrape.ReasonNotPage},
		"/to-inside": {reason: scrape.ReasonUnreachable},
		"/to-file":   {reason: scrape.ReasonUnreachable},
		"/loop":      {reason: scrape.ReasonUnreachable},
		"/huge":      {}, // what came before the limit was reached is there
	} {
		began := time.Now()
		page, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test" + path, Media: true})
		t.Logf("%s took %s", path, time.Since(began).Round(time.Millisecond))
		if c.reason != "" {
			require.Error(t, err, path)
			require.Equal(t, c.reason, scrape.AsFault(err).Reason, "%s: %v", path, err)
			continue
		}
		require.NoError(t, err, path)
		bytes = max(bytes, page.Bytes)
		require.Contains(t, string(page.Body), c.says, path)
		if c.not != "" {
			require.NotContains(t, text(string(page.Body)), c.not, path)
		}
	}
	require.Zero(t, s.reached.Load(), "the inside was reached")
	require.Less(t, bytes, int64(9<<20), "a page has a limit of bytes")
	require.Equal(t, 1, p.Stats().Browsers)
}

// text leaves scripts out.
func text(html string) string {
	for {
		from, rest, ok := strings.Cut(html, "<script")
		if !ok {
			return html
		}
		_, after, _ := strings.Cut(rest, "</script>")
		html = from + after
	}
}

// Each task has a context of its own.
func TestTasksShareNothing(t *testing.T) {
	t.Parallel()
	p := pool(t, newSite(t), nil)
	for range 2 {
		page, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test/cookie"})
		require.NoError(t, err)
		require.Contains(t, string(page.Body), "cookies: <", "cookies of another task")
	}
}

// A page that never rests or takes all memory fails alone, and its browser's other pages go on.
func TestPagesThatNeverRestFailAlone(t *testing.T) {
	t.Parallel()
	p := pool(t, newSite(t), func(c *browser.Config) { c.Navigation = 20 * time.Second })
	var wg sync.WaitGroup
	for _, path := range []string{"/spin", "/memory"} {
		wg.Go(func() {
			_, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test" + path})
			if err == nil {
				t.Errorf("%s was rendered", path)
			}
		})
	}
	for range 5 {
		page, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test/client"})
		require.NoError(t, err)
		require.Contains(t, string(page.Body), "Rendered by the client")
	}
	wg.Wait()
	page, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test/client"})
	require.NoError(t, err)
	require.Contains(t, string(page.Body), "Rendered by the client")
}

// A browser that is killed is replaced; after its share of pages it is too; at the end nothing is left.
func TestBrowsersAreReplacedAndLeaveNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	var dir string
	p := pool(t, s, func(c *browser.Config) { c.Pages = 4; dir = c.Dir })
	render := func() error {
		_, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test/client"})
		return err
	}
	for round := range 2 {
		require.NoError(t, render())
		pids := processes(t, dir)
		require.NotEmpty(t, pids)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := render(); err != nil && scrape.AsFault(err).Reason != scrape.ReasonBrowser {
					t.Errorf("round %d: %v", round, err)
				}
			})
		}
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		wg.Wait()
	}
	for range 8 {
		require.NoError(t, render())
	}
	stats := p.Stats()
	require.GreaterOrEqual(t, stats.Started, int64(4), "two were killed, and others had shown their share")
	p.Close()
	require.Empty(t, processes(t, dir), "processes are left")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "folders are left")
}

// A place is waited for no longer than is said; under pressure there are half as many.
func TestPlacesAreLimited(t *testing.T) {
	t.Parallel()
	p := pool(t, newSite(t), func(c *browser.Config) {
		c.Size, c.Acquire, c.Navigation, c.Pressed = 3, time.Second, 20*time.Second, func() bool { return true }
	})
	require.Equal(t, 1, p.Stats().Size)
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = p.Render(t.Context(), scrape.Render{URL: "http://site.test/spin"}) })
	require.Eventually(t, func() bool { return p.Stats().Busy == 1 }, 30*time.Second, time.Millisecond)
	_, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test/static"})
	require.Equal(t, scrape.ReasonBusy, scrape.AsFault(err).Reason)
	wg.Wait()
}

// The sandbox is on, also when the tests run as root.
func TestTheSandboxIsOn(t *testing.T) {
	t.Parallel()
	var dir string
	p := pool(t, newSite(t), func(c *browser.Config) { dir = c.Dir })
	_, err := p.Render(t.Context(), scrape.Render{URL: "http://site.test/static"})
	require.NoError(t, err)
	for _, pid := range processes(t, dir) {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if err != nil {
			continue // it has ended
		}
		for _, flag := range []string{"--no-sandbox", "disable-site-isolation-trials", "site-per-process,", "remote-debugging-port"} {
			require.NotContains(t, string(b), flag)
		}
		var st syscall.Stat_t
		if syscall.Stat("/proc/"+strconv.Itoa(pid), &st) == nil {
			require.NotZero(t, st.Uid, "a browser of root")
		}
	}
}
