package httpapi

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
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
