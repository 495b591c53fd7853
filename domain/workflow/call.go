package workflow

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/invopop/validation"

	"github.com/morket/morket/domain/kernel"
)

// Bounds of what a call node sends.
const (
	MaxURL       = 2_000 // bytes
	MaxHeaders   = 20
	maxHeader    = 200 // characters of a value, as it is written
	maxBodyDepth = 50
	MaxPerMinute = 6_000 // calls
	// UsualPerMinute is how many calls a node makes that has no rate of its own.
	UsualPerMinute = 600
)

// Where a call's credential goes.
const (
	AuthBearer = "bearer"
	AuthBasic  = "basic"
	AuthHeader = "header"
)

// Methods that have no body.
const (
	methodGet    = "GET"
	methodDelete = "DELETE"
)

func methods() []string { return []string{methodGet, "POST", "PUT", "PATCH", methodDelete} }

// expand puts values in the place of {{references}}. What has no end is text.
func expand(text string, value func(before, ref string) string) string {
	var out strings.Builder
	for {
		before, rest, begun := strings.Cut(text, "{{")
		out.WriteString(before)
		ref, after, ended := strings.Cut(rest, "}}")
		if !begun || !ended {
			if begun {
				out.WriteString("{{" + rest)
			}
			return out.String()
		}
		out.WriteString(value(before, strings.TrimSpace(ref)))
		text = after
	}
}

// References are what the node's texts name in double braces, each once.
func (c Config) References() []string {
	var out []string
	note := func(_, ref string) string {
		if !slices.Contains(out, ref) {
			out = append(out, ref)
		}
		return ""
	}
	expand(c.URL, note)
	for _, name := range slices.Sorted(maps.Keys(c.Headers)) {
		expand(c.Headers[name], note)
	}
	expand(c.Body, note)
	return out
}

// Called is what a call node asks of another system for a row, without its credential.
type Called struct {
	Method  string
	URL     string
	Headers map[string]string
	Body    string
}

// Called puts a row's cells into the node's texts: each escaped for its place, so that a value can't change what is asked, nor of which
// host.
func (c Config) Called(cell func(ref string) json.RawMessage) (Called, error) {
	out := Called{Method: c.Method, URL: address(c.URL, cell), Headers: map[string]string{}, Body: filled(c.Body, cell)}
	if err := urlForm(out.URL); err != nil {
		return out, errors.New("the row's values make no address")
	}
	for name, text := range c.Headers {
		v := expand(text, func(_, ref string) string { return textOf(cell(ref)) })
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return out, fmt.Errorf("the header %s would hold a line break", name)
		}
		out.Headers[name] = v
	}
	if out.Body != "" && !json.Valid([]byte(out.Body)) {
		return out, errors.New("the row's values make no JSON")
	}
	return out, nil
}

// textOf is a cell as text; an empty cell is no text.
func textOf(cell json.RawMessage) string {
	var s string
	switch {
	case kernel.IsNull(cell):
		return ""
	case json.Unmarshal(cell, &s) == nil:
		return s
	default:
		return string(cell)
	}
}

func address(template string, cell func(ref string) json.RawMessage) string {
	path, query, has := strings.Cut(template, "?")
	path = expand(path, func(_, ref string) string {
		v := textOf(cell(ref))
		if v == "." || v == ".." { // a step out of the path that was written
			return ""
		}
		return url.PathEscape(v)
	})
	if !has {
		return path
	}
	return path + "?" + expand(query, func(_, ref string) string { return url.QueryEscape(textOf(cell(ref))) })
}

// filled puts cells into JSON: between quotes as text, else as they are, so that a number stays one and an empty cell is null.
func filled(body string, cell func(ref string) json.RawMessage) string {
	quoted := false
	return expand(body, func(before, ref string) string {
		for i := 0; i < len(before); i++ {
			switch {
			case quoted && before[i] == '\\':
				i++
			case before[i] == '"':
				quoted = !quoted
			}
		}
		if !quoted {
			return string(kernel.OrNull(cell(ref)))
		}
		b, err := json.Marshal(textOf(cell(ref)))
		if err != nil { // a text always can be written
			return ""
		}
		return string(b[1 : len(b)-1])
	})
}

// urlForm checks an address. Its host is written out: no row's value decides which host is asked.
func urlForm(value any) error {
	s, _ := value.(string)
	if s == "" { // not said yet
		return nil
	}
	u, err := url.Parse(expand(s, func(_, _ string) string { return "x" }))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(s) > MaxURL {
		return errors.New("write a whole address that begins with https:// or http://")
	}
	if !kernel.HostIsFixed(s) {
		return errors.New("write the host out; only what comes after it may hold {{columns}}")
	}
	return nil
}

// headerForm checks the name of a header. Those that say how a request is read, or carry keys, are not to be written.
func headerForm(value any) error {
	name, _ := value.(string)
	switch strings.ToLower(name) {
	case "host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "trailer", "idempotency-key":
		return fmt.Errorf("the header %s is set by itself", name)
	case "authorization", "cookie", "proxy-authorization":
		return fmt.Errorf("the header %s carries keys; choose a credential instead", name)
	}
	return tokenForm(name)
}

func tokenForm(value any) error {
	name, _ := value.(string)
	if len(name) > MaxName || !kernel.IsHeaderToken(name) {
		return fmt.Errorf("%q is not a header's name", kernel.Shorten(name))
	}
	return nil
}

func headerValueForm(value any) error {
	if v, _ := value.(string); !plain(v, maxHeader) {
		return fmt.Errorf("a header has at most %d characters, on one line", maxHeader)
	}
	return nil
}

// bodyForm checks that a body is JSON with any value in the braces.
func bodyForm(value any) error {
	s, _ := value.(string)
	if s == "" {
		return nil
	}
	body := []byte(filled(s, func(string) json.RawMessage { return json.RawMessage("1") }))
	deep := false
	kernel.EachSign(body, func(_ byte, depth int) bool { deep = depth > maxBodyDepth; return !deep })
	if deep || !json.Valid(body) {
		return errors.New(`write JSON, with columns in double braces, such as {"email":"{{Email}}"}`)
	}
	return nil
}

// callForm are the checks of what a call node has, field by field.
func (c Config) callForm(field func(string, any, ...validation.Rule) kernel.Checked) []kernel.Checked {
	return []kernel.Checked{
		field("method", c.Method, kernel.OneOf(append(methods(), ""), "must be GET, POST, PUT, PATCH or DELETE")),
		field("url", c.URL, validation.By(urlForm)),
		field("headers", c.Headers, kernel.Sized(0, MaxHeaders, "at most %d headers", MaxHeaders)),
		field("headers", slices.Sorted(maps.Keys(c.Headers)), validation.Each(validation.By(headerForm))),
		field("headers", slices.Collect(maps.Values(c.Headers)), validation.Each(validation.By(headerValueForm))),
		field("body", c.Body, validation.By(bodyForm)),
		field("credential_id", c.CredentialID, idOrNone(kernel.PrefixCredential, c.CredentialID)),
		field("auth", c.Auth, kernel.OneOf([]string{"", AuthBearer, AuthBasic, AuthHeader}, "must be bearer, basic or header")),
		field("auth_name", c.AuthName, kernel.Holds(c.AuthName == "" || tokenForm(c.AuthName) == nil, "must be a header's name")),
		field("per_minute", c.PerMinute, kernel.Holds(c.PerMinute >= 0 && c.PerMinute <= MaxPerMinute, "must be 1 to %d", MaxPerMinute)),
	}
}

// calling checks what a call node asks.
func (k *checker) calling(n Node, table kernel.TableID) {
	c := n.Config
	if c.URL == "" {
		k.add(n.ID, "url", "%s: say which address is called", n.Label())
	}
	if c.Method == "" {
		k.add(n.ID, "method", "%s: choose a method", n.Label())
	}
	if c.Body != "" && (c.Method == methodGet || c.Method == methodDelete) {
		k.add(n.ID, "body", "%s: %s has no body; remove it or choose another method", n.Label(), c.Method)
	}
	if table != "" {
		for _, ref := range c.References() {
			k.told(n, "url", k.catalogue.Reference(table, ref))
		}
	}
	switch {
	case (c.CredentialID == "") != (c.Auth == ""):
		k.add(n.ID, "auth", "%s: choose a credential and how it is sent, or neither", n.Label())
	case c.Auth == AuthHeader && c.AuthName == "":
		k.add(n.ID, "auth_name", "%s: say in which header the key goes", n.Label())
	case c.CredentialID != "" && c.URL != "":
		k.told(n, "credential_id", k.catalogue.Credential(c.CredentialID, expand(c.URL, func(_, _ string) string { return "x" })))
	}
}
