package credential_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/credential"
)

const canary = `s3cr3t/cAnary+ü "7"<x>&y~z`

func TestASecretIsBlankedInEveryFormThatServersRepeat(t *testing.T) {
	t.Parallel()
	r := credential.NewRedactor(map[string]string{"username": "info", "password": canary})
	quoted, err := json.Marshal(canary)
	require.NoError(t, err)
	var everyByte strings.Builder
	for i := range len(canary) {
		fmt.Fprintf(&everyByte, "%%%02x", canary[i])
	}
	forms := map[string]string{
		"plain": canary, "query": url.QueryEscape(canary), "path": url.PathEscape(canary), "each byte": everyByte.String(), "lower": strings.ReplaceAll(url.QueryEscape(canary), "%2F", "%2f"),
		"twice": url.QueryEscape(url.QueryEscape(canary)), "JSON": string(quoted), "HTML": html.EscapeString(canary), "hex": hex.EncodeToString([]byte(canary)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(canary))),
	}
	for _, before := range []string{"", "u", "us", "info:", "Bearer ", "token="} {
		for name, enc := range map[string]*base64.Encoding{"std": base64.StdEncoding, "raw": base64.RawStdEncoding, "url": base64.URLEncoding, "rawurl": base64.RawURLEncoding} {
			forms["base64 "+name+" after "+before] = enc.EncodeToString([]byte(before + canary))
			forms["base64 "+name+" within "+before] = enc.EncodeToString([]byte(before + canary + " and more"))
		}
	}
	for name, form := range forms {
		got := r.Text("you sent " + form + " to us")
		require.NotContains(t, got, form, name)
		require.Contains(t, got, "••••", name)
		for n := 8; n < len(form)-8 && !strings.HasPrefix(name, "base64"); n++ { // no half of it is left either
			require.NotContains(t, got, form[n:n+8], name)
		}
	}
	require.Equal(t, "write to info@acme.com", r.Text("write to info@acme.com"), "the name of an account alone is no secret")
}

func TestASecretThatWasCutIsBlanked(t *testing.T) {
	t.Parallel()
	const key = "sk_live_0123456789abcdef"
	r := credential.NewRedactor(map[string]string{"api_key": key})
	for n := 6; n < len(key); n++ {
		require.Equal(t, "key: ••••", r.Text("key: "+key[:n]))
		require.Equal(t, "•••• was it", r.Text(key[len(key)-n:]+" was it"))
	}
	require.Equal(t, "the sky", r.Text("the sky"))
}

func TestASecretIsBlankedInWholeValues(t *testing.T) {
	t.Parallel()
	r := credential.NewRedactor(map[string]string{"api_key": "hunter2hunter2", "pin": "4711", "x": "abc", "y": ""})
	got := r.Value(map[string]any{"a": []any{"hunter2hunter2", 1.0, 4711.0, nil, true}, "hunter2hunter2": []string{"pin 4711"}, "abc": "abc"})
	require.Equal(t, map[string]any{"a": []any{"••••", 1.0, nil, nil, true}, "••••": []string{"pin ••••"}, "abc": "abc"}, got, "shorter than 4 bytes stands in any text")
	require.Equal(t, "x", credential.NewRedactor(nil).Value("x"))
}
