package httpapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

func TestHostOf(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://API.Example.com/v1?q={{Email}}": "api.example.com",
		"https://api.example.com.:443/":          "api.example.com",
		"http://api.example.com:80":              "api.example.com",
		"https://api.example.com:8443/x":         "api.example.com:8443",
		"http://[::1]:8080/":                     "[::1]:8080",
		":":                                      "",
	} {
		config := json.RawMessage(fmt.Sprintf(`{"url":%q,"outputs":{"a":{"path":"$.a"}}}`, in))
		require.Equal(t, want, (*Provider)(nil).HostOf(config), in)
	}
	require.Empty(t, (*Provider)(nil).HostOf(json.RawMessage(`[]`)))
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 5, 0, 0, 0, time.UTC)
	p := &Provider{clock: kernel.NewManualClock(now)}
	for in, want := range map[string]time.Duration{
		"7": 7 * time.Second, " 90 ": 90 * time.Second, "0": 0, "": 0, "-5": 0, "soon": 0, "1.5": 0,
		now.Add(42 * time.Second).Format(http.TimeFormat): 42 * time.Second,
		now.Add(time.Minute).Format(time.RFC850):          time.Minute,
		now.Add(time.Minute).Format(time.ANSIC):           time.Minute,
		now.Add(-time.Hour).Format(http.TimeFormat):       0,
		"Fri, 31 Dec 9999 23:59:59 GMT":                   24 * time.Hour,
		"99999999":                                        24 * time.Hour,
		"99999999999999999999999":                         24 * time.Hour,
	} {
		require.Equal(t, want, p.retryAfter(in), in)
	}
}
