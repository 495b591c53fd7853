package credential

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
)

const (
	// minSecret is the length in bytes from which a value is blanked: shorter ones stand in any text by chance.
	minSecret = 4
	// minPart is how much of a form at a text's end or beginning is taken for a part of it that was cut.
	minPart = 6
	blank   = "••••"
)

// Redactor blanks a secret out of what its receiver sends back: as it is, and in the forms in which servers repeat it
// (base64 in both alphabets and at each alignment, so within "user:secret" too, percent-encoding, escapes of JSON and HTML,
// hexadecimal), mixed as they come, also where a text was cut within it.
type Redactor struct {
	forms []string // in lower case: no server's choice of case hides one
	loose []string // those that are found with any of their characters escaped
}

// NewRedactor makes a redactor of a secret's fields. What names an account (username, user, login, email, account) is blanked only where
// it stands together with the rest.
func NewRedactor(secret map[string]string) *Redactor {
	r := &Redactor{}
	for name, v := range secret {
		switch name {
		case "username", "user", "login", "email", "account":
			continue
		}
		if v = strings.TrimSpace(v); len(v) >= minSecret {
			r.forms = append(r.forms, formsOf(v)...)
			r.loose = append(r.loose, looseOf(v)...)
		}
	}
	slices.SortFunc(r.forms, func(a, b string) int {
		if d := len(b) - len(a); d != 0 { // the longest first: a form may be within another
			return d
		}
		return strings.Compare(a, b)
	})
	r.forms = slices.Compact(r.forms)
	return r
}

func formsOf(v string) []string {
	path, query, every := url.PathEscape(v), url.QueryEscape(v), percent(v)
	quoted, _ := json.Marshal(v) //nolint:errchkjson // a string can be written
	inJSON := string(quoted[1 : len(quoted)-1])
	plainJSON := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v)
	out := []string{
		v, path, query, every, strings.ReplaceAll(query, "+", "%20"), url.QueryEscape(query), url.PathEscape(path),
		inJSON, plainJSON, strings.ReplaceAll(plainJSON, "/", `\/`), html.EscapeString(v), hex.EncodeToString([]byte(v)),
	}
	for _, text := range []string{v, query} {
		for shift := range 3 {
			for _, once := range aligned(text, shift) {
				out = append(out, once)
				for again := range 3 {
					out = append(out, aligned(once, again)...)
				}
			}
		}
	}
	out = slices.DeleteFunc(out, func(f string) bool { return len(f) < minSecret })
	for i := range out {
		out[i] = lower(out[i])
	}
	return out
}

// looseOf are the secret and its base64, in which escapes and line breaks may stand anywhere.
func looseOf(v string) []string {
	out := []string{lower(v)}
	for shift := range 3 {
		for _, f := range aligned(v, shift) {
			out = append(out, lower(f))
		}
	}
	return out
}

// lower folds ASCII only, so that the text's bytes stay where they are.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// aligned is what a text becomes within longer base64 when shift bytes stand before it: without the letters at both ends that also
// depend on its neighbours. Both alphabets; padding stands outside.
func aligned(v string, shift int) []string {
	std := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), v...))
	from := (shift*8 + 5) / 6
	to := (shift + len(v)) * 8 / 6
	if to-from < minPart {
		return nil
	}
	inner := std[from:to]
	return []string{inner, strings.NewReplacer("+", "-", "/", "_").Replace(inner)}
}

func percent(v string) string {
	var b strings.Builder
	for i := range len(v) {
		b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{v[i]})))
	}
	return b.String()
}

// Text blanks the secret in a text.
func (r *Redactor) Text(s string) string {
	if len(r.forms) == 0 || s == "" {
		return s
	}
	s = r.whole(s)
	low := lower(s)
	from, to := 0, len(s)
	for _, f := range r.forms {
		for n := min(len(f)-1, to); n >= minPart && n > len(s)-to; n-- {
			if strings.HasSuffix(low, f[:n]) {
				to = len(s) - n
			}
		}
		for n := min(len(f)-1, len(s)); n >= minPart && n > from; n-- {
			if strings.HasPrefix(low, f[len(f)-n:]) {
				from = n
			}
		}
	}
	switch {
	case from > to:
		return blank
	case from > 0 && to < len(s):
		return blank + s[from:to] + blank
	case from > 0:
		return blank + s[from:]
	case to < len(s):
		return s[:to] + blank
	default:
		return s
	}
}

// whole blanks every form that stands in the text as a whole.
func (r *Redactor) whole(s string) string {
	for _, f := range r.forms {
		s = blankAll(s, f)
	}
	for _, f := range r.loose {
		s = blankEscaped(s, f)
	}
	return s
}

// blankAll blanks one form wherever it stands, in upper or lower case.
func blankAll(s, form string) string {
	low := lower(s)
	var out strings.Builder
	at := 0
	for {
		i := strings.Index(low[at:], form)
		if i < 0 {
			if at == 0 {
				return s
			}
			out.WriteString(s[at:])
			return out.String()
		}
		out.WriteString(s[at : at+i])
		out.WriteString(blank)
		at += i + len(form)
	}
}

// Value blanks the secret in a value as JSON has it, in the names of members too.
func (r *Redactor) Value(v any) any {
	if len(r.forms) == 0 {
		return v
	}
	switch v := v.(type) {
	case string:
		return r.Text(v)
	case []string:
		out := make([]string, len(v))
		for i, s := range v {
			out[i] = r.Text(s)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = r.Value(e)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[r.Text(k)] = r.Value(e)
		}
		return out
	case json.RawMessage:
		return json.RawMessage(r.whole(string(v)))
	default: // a number whose digits are the secret
		if b, err := json.Marshal(v); err == nil && slices.Contains(r.forms, string(b)) {
			return nil
		}
		return v
	}
}
