package kernel_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
)

func TestAddressesAreMaskedToTheirHost(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://hooks.slack.com/services/T0/B0/SECRET":          "https://hooks.slack.com/…",
		"https://user:SECRET@example.com/":                       "https://example.com/…",
		"https://a:SECRET@b:SECRET@example.com":                  "https://example.com/…",
		"https://api.example.com?key=SECRET":                     "https://api.example.com/…",
		"https://api.example.com#SECRET":                         "https://api.example.com/…",
		`https://api.example.com\SECRET`:                         "https://api.example.com/…",
		"https://example.com":                                    "https://example.com",
		"https://example.com/":                                   "https://example.com",
		"https://example.com:8443/x/{{SECRET}}":                  "https://example.com:8443/…",
		"postgres://morket:SECRET@db:5432/x: connection refused": "postgres://db:5432/… connection refused",
		`Post "https://hooks.example.com/SECRET": EOF`:           `Post "https://hooks.example.com/…": EOF`,
		"smtp://SECRET@mail:587 and amqp://u:SECRET@mq/%2f":      "smtp://mail:587/… and amqp://mq/…",
		"HTTPS://EXAMPLE.com/SECRET":                             "HTTPS://EXAMPLE.com/…",
		"https://[::1]:80/SECRET":                                "https://[::1]:80/…",
		"https://%zz/SECRET":                                     "https://…",
		"no address":                                             "no address",
		"https://example.com/…":                                  "https://example.com/…",
	} {
		require.Equal(t, want, kernel.MaskAddresses(in))
		require.Equal(t, want, kernel.MaskAddresses(want), "what is masked stays so")
	}
}

func TestMaskJSONMasksHoweverDeep(t *testing.T) {
	t.Parallel()
	got, err := kernel.MaskJSON(json.RawMessage(`{"a":[{"url":"https:\/\/x.example/v1?a=1\u0026key=SECRET","n":12345678901234567890.10}],"b":"<&>"}`))
	require.NoError(t, err)
	require.Equal(t, `{"a":[{"n":12345678901234567890.10,"url":"https://x.example/…"}],"b":"<&>"}`, string(got)) //nolint:testifylint // to the letter: numbers keep their digits
}

func TestNothingAfterAHostIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.StringMatching(`([a-z0-9.:-]{0,10}@)?`).Draw(t, "user")
		tail := rapid.StringMatching(`[/?#][a-zA-Z0-9/?#=&@:._-]{0,20}`).Draw(t, "tail")
		got := kernel.MaskAddresses("https://" + before + "host.example" + tail + "SECRET")
		if strings.Contains(got, "SECRET") {
			t.Fatalf("%q keeps the secret", got)
		}
	})
}
