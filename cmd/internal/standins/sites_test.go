package standins_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/standins"
)

// TestACompanyIsFoundAndRead: the search engine's stand-in finds a company's page first, and the page says what the research asks for.
func TestACompanyIsFoundAndRead(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(standins.Handler(time.Now))
	t.Cleanup(srv.Close)
	ask := func(method, path, body string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("X-Api-Key", "search-stand-in-key")
		res, err := srv.Client().Do(req)
		require.NoError(t, err)
		defer func() { _ = res.Body.Close() }()
		b, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(b)
	}
	for company, site := range map[string]string{"Alder Bank": "/web/alderbank", "Yew Systems": "/web/yewsystems", "Maple Foods": "/web/maplefoods"} {
		status, body := ask(http.MethodPost, "/serper/search", `{"q":"`+company+` which employees","num":10}`)
		require.Equal(t, 200, status, body)
		var found struct {
			Organic []struct{ Link string } `json:"organic"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &found))
		u, err := url.Parse(found.Organic[0].Link)
		require.NoError(t, err)
		require.Equal(t, site, u.Path)
		require.Equal(t, standins.Address, u.Host)
		status, body = ask(http.MethodGet, u.Path, "")
		require.Equal(t, 200, status)
		require.Contains(t, body, "<p>City: ")
		require.Contains(t, body, "<p>Employees: ")
	}
	status, _ := ask(http.MethodGet, "/web/nobody", "")
	require.Equal(t, 404, status)
	require.Contains(t, standins.URLs(), "serper=http://"+standins.Address+"/serper")
}
