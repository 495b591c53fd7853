package kernel_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
)

func TestAHostIsFixed(t *testing.T) {
	t.Parallel()
	for address, fixed := range map[string]bool{
		"https://api.example.com/people/{{Email}}": true, "https://api.example.com?q={{Email}}": true, "https://api.example.com#{{Email}}": true,
		"https://{{Domain}}/x": false, "https://api.{{Domain}}": false, "{{Address}}": false, "{{Scheme}}://api.example.com/": false,
		"https://api.example.com:{{Port}}/": false,
	} {
		require.Equal(t, fixed, kernel.HostIsFixed(address), address)
	}
}

func TestAHeadersName(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{"X-Key": true, "a!#$%&'*+-.^_`|~1": true, "": false, "a b": false, "a:b": false, "ä": false, "a\tb": false, "a\x7f": false} {
		require.Equal(t, ok, kernel.IsHeaderToken(name), "%q", name)
	}
}
