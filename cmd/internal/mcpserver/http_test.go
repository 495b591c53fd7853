package mcpserver_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/mcpserver"
)

// overHTTP serves the tools of a server that answers each key with a table of its name.
func overHTTP(t *testing.T) (url string, opened func() int) {
	t.Helper()
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		switch {
		case key == "mk_revoked":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"error":{"message":"the key is revoked"}}`)
		case strings.HasSuffix(r.URL.Path, "/workspaces"):
			_, _ = io.WriteString(w, `{"data":[{"id":"ws_1"}]}`)
		default:
			_, _ = io.WriteString(w, `{"data":[{"id":"tbl_1","name":"of `+key+`"}]}`)
		}
	}))
	t.Cleanup(api.Close)
	var mu sync.Mutex
	keys := map[string]bool{}
	h, err := mcpserver.Handler(func(key string) (*client.Client, error) {
		c, err := client.New(client.Config{URL: api.URL, Key: key})
		mu.Lock()
		defer mu.Unlock()
		keys[key] = err == nil
		return c, err
	}, "test")
	require.NoError(t, err)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL, func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(keys)
	}
}

// TestOverHTTPEachCallActsByItsOwnKey: two models at once, and one whose key is not good any more.
func TestOverHTTPEachCallActsByItsOwnKey(t *testing.T) {
	t.Parallel()
	url, opened := overHTTP(t)
	session := func(key string) *mcp.ClientSession {
		s, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(),
			&mcp.StreamableClientTransport{Endpoint: url, HTTPClient: oauth2.NewClient(t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: key}))}, nil)
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	one, two, gone := session("mk_1"), session("mk_2"), session("mk_revoked")
	for range 3 {
		text, failed := call(t, one, "list_tables", nil)
		require.False(t, failed, text)
		require.Contains(t, text, "of mk_1")
		text, failed = call(t, two, "list_tables", nil)
		require.False(t, failed, text)
		require.Contains(t, text, "of mk_2")
		text, failed = call(t, gone, "list_tables", nil)
		require.True(t, failed)
		require.Contains(t, text, "make a new one")
	}
	require.Equal(t, 3, opened())
}

// TestOverHTTPNothingIsDoneWithoutAKey: nor for a page of another site, nor for a body without end.
func TestOverHTTPNothingIsDoneWithoutAKey(t *testing.T) {
	t.Parallel()
	url, _ := overHTTP(t)
	const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
	for what, c := range map[string]struct {
		headers map[string]string
		body    string
		status  int
	}{
		"no key":                 {nil, list, http.StatusUnauthorized},
		"an empty key":           {map[string]string{"Authorization": "Bearer "}, list, http.StatusUnauthorized},
		"a key with a line end":  {map[string]string{"Authorization": "Bearer a\tb"}, list, http.StatusUnauthorized},
		"a password":             {map[string]string{"Authorization": "Basic bWs6MQ=="}, list, http.StatusUnauthorized},
		"a page of another site": {map[string]string{"Authorization": "Bearer mk_1", "Sec-Fetch-Site": "cross-site"}, list, http.StatusForbidden},
		"too much": {
			map[string]string{"Authorization": "Bearer mk_1"}, `{"x":"` + strings.Repeat("x", 2<<20) + `"}`, http.StatusRequestEntityTooLarge,
		},
		"no call": {map[string]string{"Authorization": "Bearer mk_1"}, `[[[[`, http.StatusBadRequest},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(c.body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Accept", "application/json, text/event-stream")
		for k, v := range c.headers {
			req.Header.Set(k, v)
		}
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err, what)
		require.NoError(t, res.Body.Close())
		require.Equal(t, c.status, res.StatusCode, what)
	}
}
