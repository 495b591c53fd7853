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
	"time"

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

// Servers escape some characters and leave others, break lines, and repeat what was escaped before.
func TestASecretIsBlankedHoweverItsCharactersAreEscaped(t *testing.T) {
	t.Parallel()
	const key = `sk/live+Abc=123 é"x`
	r := credential.NewRedactor(map[string]string{"token": key})
	long := base64.StdEncoding.EncodeToString([]byte("user:" + key))
	for name, form := range map[string]string{
		"JSON, in part": `sk\/live+Abc=123 \u00e9\"x`, "JSON, each character": `\u0073\u006b\u002flive\u002bAbc\u003d123\u0020\u00e9\u0022x`, "JSON in JSON": `sk\\\/live+Abc=123 \\u00e9\\\"x`,
		"HTML, in part": "sk/live+Abc=123 &#233;&#34;x", "HTML, names": "sk&#x2F;live&plus;Abc&equals;123 &eacute;&quot;x", "percent, in part": "sk/live%2BAbc=123%20é%22x", "percent, three times": "sk%25252Flive%25252BAbc%25253D123%252520%2525C3%2525A9%252522x",
		"percent in JSON": `sk%2Flive+Abc\u003d123%20\u00e9\"x`, "lines": "sk/live\n+Abc=123 é\"x", "signs that are not seen": "sk/live\u200b+Abc=123\u200d é\"x", "hexadecimal escapes": `sk\x2flive\x2bAbc=123 é\x22x`,
		"base64 in lines": long[:12] + "\r\n" + long[12:], "base64 in lines of JSON": long[:12] + `\r\n` + long[12:], "base64 twice": base64.StdEncoding.EncodeToString([]byte(long)), "base64 in JSON": strings.ReplaceAll(long, "=", `\u003d`),
	} {
		got := r.Text("you sent " + form + " to us")
		require.Contains(t, got, "••••", name)
		for n := 0; n+8 < len(form); n++ {
			if strings.ContainsAny(form[n:n+8], "\r\n") || strings.HasPrefix(name, "base64") {
				continue
			}
			require.NotContains(t, got, form[n:n+8], name)
		}
		require.Contains(t, fmt.Sprintf("%s", r.Value(json.RawMessage(form))), "••••", name)
	}
	for _, harmless := range []string{"%", "%2", "\\", "&", "&amp;", `\u00`, "100% sure & safe", "%25%25%25", strings.Repeat("%25", 1000), strings.Repeat("\\", 1000)} {
		require.Equal(t, harmless, r.Text(harmless))
	}
}

func TestBlankingIsLinear(t *testing.T) {
	t.Parallel()
	r := credential.NewRedactor(map[string]string{"token": strings.Repeat("a", 1000) + "b", "x": "%%%%%%%%"})
	for _, s := range []string{"%25", `\`, "&", "a", "\u200b", "%"} {
		start := time.Now()
		r.Text(strings.Repeat(s, 30_000/len(s)))
		require.Less(t, time.Since(start), 10*time.Second, s)
	}
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
