package httpapi_test

import (
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/domain/workspace"
)

// counted is an API with small limits and an endpoint that a workspace's members share a budget of.
func counted(t *testing.T, limits map[httpapi.Class]int, options ...func(*httpapi.Config)) *fixture {
	t.Helper()
	f := newFixture(t, append(options, func(c *httpapi.Config) { c.Limits = limits })...)
	type plain struct{ httpapi.InWorkspace }
	httpapi.Read(f.api, httpapi.Op{ID: "enrich", Method: http.MethodGet, Path: "W/enrich", Tag: "notes", Scope: httpapi.WholeWorkspace, Action: workspace.EditRows, Rate: httpapi.Enrichment}, read[plain])
	return f
}

const as = "Authorization"

func TestAStrangerUsesUpNobodysBudget(t *testing.T) {
	t.Parallel()
	f := counted(t, map[httpapi.Class]int{httpapi.General: 100, httpapi.Enrichment: 3})
	const enrich = "/workspaces/" + ws + "/enrich"
	for range 10 {
		f.fails(f.call(http.MethodGet, enrich, "", as, "Bearer operator"), http.StatusNotFound, "NOT_FOUND") // no member
		f.fails(f.call(http.MethodGet, enrich, "", as, "Bearer bob"), http.StatusForbidden, "FORBIDDEN")     // a viewer
		f.fails(f.call(http.MethodGet, enrich, "", as, "Bearer limited"), http.StatusForbidden, "FORBIDDEN")
		f.fails(f.call(http.MethodGet, enrich, "", as, "Bearer eve"), http.StatusUnauthorized, "UNAUTHORIZED")
	}
	for range 3 {
		require.Equal(t, http.StatusOK, f.call(http.MethodGet, enrich, "").status)
	}
	r := f.call(http.MethodGet, enrich, "")
	f.fails(r, http.StatusTooManyRequests, "RATE_LIMITED")
	require.NotEmpty(t, r.header.Get("Retry-After"))
}

func TestAnEnrichmentAlsoCountsForItsCaller(t *testing.T) {
	t.Parallel()
	f := counted(t, map[httpapi.Class]int{httpapi.General: 2, httpapi.Enrichment: 100})
	for range 2 {
		require.Equal(t, http.StatusOK, f.call(http.MethodGet, "/workspaces/"+ws+"/enrich", "").status)
	}
	f.fails(f.call(http.MethodGet, "/workspaces/"+ws+"/enrich", ""), http.StatusTooManyRequests, "RATE_LIMITED")
}

func TestWhatIsRefusedIsCountedApart(t *testing.T) {
	t.Parallel()
	f := counted(t, map[httpapi.Class]int{httpapi.General: 3})
	for range 3 {
		f.fails(f.call(http.MethodGet, "/workspaces/ws_x/notes", ""), http.StatusNotFound, "NOT_FOUND")
	}
	f.fails(f.call(http.MethodGet, "/workspaces/ws_x/notes", ""), http.StatusTooManyRequests, "RATE_LIMITED")
	for range 3 {
		require.Equal(t, http.StatusOK, f.call(http.MethodGet, notes, "").status, "what one may do is not used up by what one may not")
	}
	f.fails(f.call(http.MethodGet, notes, ""), http.StatusTooManyRequests, "RATE_LIMITED")
}

func TestWrongKeysAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	f := counted(t, map[httpapi.Class]int{httpapi.General: 1000, httpapi.Failed: 30})
	seen := map[int]int{}
	for n := range 150 {
		r := f.call(http.MethodGet, notes, "", as, fmt.Sprintf("Bearer mk_guess%d", n))
		seen[r.status]++
		if r.status == http.StatusTooManyRequests {
			require.NotEmpty(t, r.header.Get("Retry-After"))
		}
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 30, http.StatusTooManyRequests: 120}, seen)
	require.Equal(t, http.StatusOK, f.call(http.MethodGet, notes, "").status, "a good token from there is let in")
	for range 100 { // tokens that were good once are no guesses: an old page sends many
		f.fails(f.call(http.MethodGet, notes, "", as, "Bearer stale"), http.StatusUnauthorized, "UNAUTHORIZED")
		f.fails(f.call(http.MethodGet, notes, "", as, ""), http.StatusUnauthorized, "UNAUTHORIZED")
	}
}

func TestANetworkOfAddressesIsOneClient(t *testing.T) {
	t.Parallel()
	_, trusted, err := net.ParseCIDR("192.0.2.0/24")
	require.NoError(t, err)
	f := counted(t, map[httpapi.Class]int{httpapi.Auth: 3}, func(c *httpapi.Config) { c.Proxies = []*net.IPNet{trusted} })
	ping := func(from string) int { return f.call(http.MethodGet, "/ping", "", "X-Forwarded-For", from).status }
	for n := range 3 {
		require.Equal(t, http.StatusOK, ping(fmt.Sprintf("2001:db8:1:2::%d", n+1)))
	}
	require.Equal(t, http.StatusTooManyRequests, ping("2001:db8:1:2:ffff::9"), "who has one address of a /64 has all of them")
	require.Equal(t, http.StatusOK, ping("2001:db8:1:3::1"))
	for range 3 {
		require.Equal(t, http.StatusOK, ping("203.0.113.9"))
	}
	require.Equal(t, http.StatusTooManyRequests, ping("::ffff:203.0.113.9"))
	require.Equal(t, http.StatusOK, ping("203.0.113.10"))
}

func TestNothingOfTheAPIIsKeptOnTheWay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, path := range []string{notes, "/workspaces/" + ws + "/export", "/nothing", "/workspaces/ws_x/notes", notes + "?fail=plain", "/openapi.json"} {
		require.Equal(t, "no-store", f.call(http.MethodGet, path, "").header.Get("Cache-Control"), path)
	}
	require.Equal(t, "no-store", f.call(http.MethodPost, batch, `{"text":"a"}`).header.Get("Cache-Control"))
	require.Equal(t, "no-store", f.call(http.MethodGet, notes, "", as, "").header.Get("Cache-Control"))
}

func TestAMissingAssetIsNotThePage(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.api.ServeUI(fstest.MapFS{"index.html": {Data: []byte("<html>")}, "assets/app.js": {Data: []byte("1")}})
	get := func(path string) reply { return f.call(http.MethodGet, "/../.."+path, "") }
	for _, missing := range []string{"/assets/x", "/assets/x.js", "/assets", "/assets/", "/assets/a/b", "/favicon.ico", "/ASSETS.js"} {
		require.Equal(t, http.StatusNotFound, get(missing).status, missing)
	}
	require.Equal(t, http.StatusOK, get("/assets/app.js").status)
	require.Equal(t, "<html>", get("/w/ws_1/tables/tbl_1").raw)
}
