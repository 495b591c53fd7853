package kernel

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

var addresses = regexp.MustCompile("(?i)[a-z][a-z0-9+.-]*://[^\\s\"'<>`]+")

// MaskAddresses leaves of every address in the text its scheme and host: a path, a query, a user name or a fragment may be a secret, as
// those of webhooks are. What can't be read as an address but looks like one is left out whole.
func MaskAddresses(text string) string {
	if !strings.Contains(text, "://") {
		return text
	}
	return addresses.ReplaceAllStringFunc(text, func(a string) string {
		scheme, rest, _ := strings.Cut(a, "://")
		rest, _, _ = strings.Cut(strings.ReplaceAll(rest, `\`, "/"), "/")
		rest, _, _ = strings.Cut(rest, "?")
		rest, _, _ = strings.Cut(rest, "#")
		if i := strings.LastIndexByte(rest, '@'); i >= 0 {
			rest = rest[i+1:]
		}
		u, err := url.Parse(scheme + "://" + rest)
		if err != nil || u.Host == "" {
			return scheme + "://…"
		}
		masked := scheme + "://" + u.Host
		if tail := strings.TrimPrefix(a, masked); tail != "" && tail != "/" {
			masked += "/…"
		}
		return masked
	})
}

// MaskJSON masks the addresses in every text of the JSON, however deep. Its numbers stay as they are written.
func MaskJSON(raw json.RawMessage) (json.RawMessage, error) {
	if !bytes.Contains(raw, []byte("/")) { // also as \/
		return raw, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(maskAny(v)); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

func maskAny(v any) any {
	switch v := v.(type) {
	case string:
		return MaskAddresses(v)
	case []any:
		for i := range v {
			v[i] = maskAny(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = maskAny(v[k])
		}
	}
	return v
}
