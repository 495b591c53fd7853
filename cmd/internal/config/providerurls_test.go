package config_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/config"
)

func TestProviderURLs(t *testing.T) {
	t.Parallel()
	var u config.ProviderURLs
	require.NoError(t, u.UnmarshalText([]byte(" hunter=http://127.0.0.1:8610/hunter , apollo=http://[::1]:8611 ,")))
	require.Equal(t, map[string]string{"hunter": "http://127.0.0.1:8610/hunter", "apollo": "http://[::1]:8611"}, u.ByVendor())
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:8610"), netip.MustParseAddrPort("[::1]:8611")}, u.Ports())
	require.Equal(t, []netip.AddrPort{netip.MustParseAddrPort("[::1]:8611")}, u.Port("apollo"))
	require.Empty(t, u.Port("web"))
	for _, bad := range []string{
		"hunter", "=http://127.0.0.1:1", "hunter=https://127.0.0.1:8610", "hunter=http://10.0.0.1:80", "hunter=http://example.com:80", "hunter=http://localhost:80", "hunter=http://127.0.0.1",
		"hunter=http://u:p@127.0.0.1:80", "hunter=http://127.0.0.1:80?x=1", "hunter=http://0.0.0.0:80", "hunter=http://169.254.169.254:80", "hunter=http://127.0.0.1:1,hunter=http://127.0.0.1:2",
		"hunter=http://127.0.0.1:0",
	} {
		require.Error(t, u.UnmarshalText([]byte(bad)), bad)
	}
}

// TestStandInsAreForThisMachineAlone: whoever can reach the web server of an installation on a network could send keys to its stand-ins.
func TestStandInsAreForThisMachineAlone(t *testing.T) {
	t.Parallel()
	const standIn = "hunter=http://127.0.0.1:8610"
	_, err := load(t, "MORKET_PROVIDER_URLS", standIn)
	require.NoError(t, err)
	for _, reachable := range [][]string{{"MORKET_HTTP_ADDR", "0.0.0.0:8080"}, {"MORKET_PUBLIC_URL", "https://morket.example.com"}} {
		_, err = load(t, append(reachable, "MORKET_PROVIDER_URLS", standIn)...)
		require.ErrorContains(t, err, "MORKET_PROVIDER_URLS")
	}
}
