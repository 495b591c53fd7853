package credential_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/credential"
)

func TestHostsThatACredentialMayName(t *testing.T) {
	t.Parallel()
	got, err := credential.NormaliseHosts([]string{" API.Example.com. ", "*.example.org", "api.example.com", "localhost", "127.0.0.1", "xn--mller-kva.de"})
	require.NoError(t, err)
	require.Equal(t, []string{"*.example.org", "127.0.0.1", "api.example.com", "localhost", "xn--mller-kva.de"}, got)
	for _, bad := range []string{"", "*", "*.com", "com", "https://example.com", "example.com/path", "example.com:443", "u@example.com", "exa mple.com", "*example.com", "a.*.com", "8.8.8.8", "10.0.0.1", "müller.de", "example..com", "-a.com", "example.com\n", strings.Repeat("a.", 130) + "de"} {
		_, err := credential.NormaliseHosts([]string{bad})
		if bad == "example.com\n" {
			require.NoError(t, err, "space around a name is left out")
			continue
		}
		require.Error(t, err, bad)
	}
	_, err = credential.NormaliseHosts(make([]string, 21))
	require.ErrorContains(t, err, "at most 20")
}

func TestACredentialGoesOnlyWhereItMay(t *testing.T) {
	t.Parallel()
	hosts := []string{"*.example.org", "api.example.com", "127.0.0.1"}
	for to, ok := range map[string]bool{
		"https://api.example.com/x": true, "https://API.EXAMPLE.COM./x": true, "https://api.example.com:443/": true, "https://a.example.org": true, "https://a.b.example.org": true, "http://127.0.0.1:8080/": true,
		"http://api.example.com/": false, "https://example.com/": false, "https://evil-api.example.com/": false, "https://api.example.com.evil.de/": false, "https://example.org/": false, "https://evilexample.org/": false,
		"http://localhost/": false, "https://127.0.0.2/": false, "https://api.example.com@evil.de/": false, "ftp://api.example.com/": false, "https://xapi.example.com": false, "https:///api.example.com": false, "http://a.example.org": false,
	} {
		u, err := url.Parse(to)
		require.NoError(t, err)
		err = credential.CheckDestination(hosts, u)
		require.Equal(t, ok, err == nil, "%s: %v", to, err)
	}
	u, err := url.Parse("https://api.example.com")
	require.NoError(t, err)
	require.ErrorIs(t, credential.CheckDestination(nil, u), credential.ErrNoHosts)
}
