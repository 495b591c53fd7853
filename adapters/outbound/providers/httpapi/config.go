// Package httpapi asks any HTTP API that answers JSON: method, address, headers and body with {{inputs}}, a key from the vault,
// and JSONPath for what to take from the answer.
package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Config is a step's config.
type Config struct {
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Auth    Auth              `json:"auth"`
	Outputs map[string]Output `json:"outputs"`
	// NotFound are statuses that mean "no answer" rather than an error; 404 when empty.
	NotFound []int `json:"not_found_statuses"`
	// Repeatable says that asking twice by POST neither costs nor changes more than asking once.
	Repeatable bool    `json:"repeatable,omitempty"`
	Paging     *Paging `json:"paging,omitempty"`
}

// Auth says where the credential goes.
type Auth struct {
	Kind string `json:"kind"` // "", bearer, basic, header, query
	Name string `json:"name"` // of the header or query parameter
}

// Output takes one field from the answer.
type Output struct {
	Path string               `json:"path"` // JSONPath (RFC 9535)
	Type enrichment.FieldType `json:"type"` // text when empty
}

// Schema is the JSON Schema of Config, for the user interface.
const Schema = `{"type":"object","required":["url","outputs"],"additionalProperties":false,"properties":{
"method":{"type":"string","enum":["GET","POST","PUT"],"default":"GET"},
"url":{"type":"string","description":"https://api.example.com/v1/people?email={{Email}}","maxLength":2000},
"headers":{"type":"object","additionalProperties":{"type":"string"},"maxProperties":20},
"body":{"type":"string","description":"{\"email\":\"{{Email}}\"}","maxLength":20000},
"auth":{"type":"object","additionalProperties":false,"properties":{
  "kind":{"type":"string","enum":["","bearer","basic","header","query"]},
  "name":{"type":"string"}}},
"outputs":{"type":"object","minProperties":1,"maxProperties":20,"additionalProperties":{
  "type":"object","required":["path"],"additionalProperties":false,"properties":{
    "path":{"type":"string","description":"$.data.name"},
    "type":{"type":"string","enum":["text","email","url","phone","domain","number","boolean","date","list","object"]}}}},
"repeatable":{"type":"boolean","description":"Asking twice by POST neither costs nor changes more than asking once."},
"paging":` + pagingSchema + `,
"not_found_statuses":{"type":"array","items":{"type":"integer"},"maxItems":10}}}`

func parse(raw json.RawMessage) (Config, error) {
	var c Config
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if len(raw) == 0 {
		return c, errors.New("the request's url and outputs are required")
	}
	if !json.Valid(raw) {
		return c, errors.New("the config is not JSON")
	}
	err := dec.Decode(&c)
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return c, fmt.Errorf("the config's %s has the wrong type: %s", wrong.Field, kernel.Shorten(wrong.Value))
	}
	if err != nil {
		return c, fmt.Errorf("the config is not what its schema says: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if c.Method == "" {
		c.Method = http.MethodGet
	}
	if len(c.NotFound) == 0 {
		c.NotFound = []int{http.StatusNotFound}
	}
	for name, o := range c.Outputs {
		if o.Type == "" {
			o.Type = enrichment.FieldText
			c.Outputs[name] = o
		}
	}
	return c, nil
}

// CheckConfig implements enrichment.Configurable.
func (*Provider) CheckConfig(raw json.RawMessage) ([]enrichment.Field, error) {
	c, err := parse(raw)
	if err != nil {
		return nil, err
	}
	if c.Method != http.MethodGet && c.Method != http.MethodPost && c.Method != http.MethodPut {
		return nil, errors.New("the method must be GET, POST or PUT")
	}
	if err := checkURL(c.URL); err != nil {
		return nil, err
	}
	if err := c.checkParts(); err != nil {
		return nil, err
	}
	if err := c.checkPaging(); err != nil {
		return nil, err
	}
	return c.fields()
}

// checkURL refuses inputs in the host: a row's value must not decide which host gets the key.
func checkURL(s string) error {
	plain := enrichment.Expand(s, func(string) string { return "x" })
	u, err := url.Parse(plain)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(s) > 2000 {
		return errors.New("the url must be a whole http or https address")
	}
	if !kernel.HostIsFixed(s) {
		return errors.New("the url's host must not hold {{…}}")
	}
	return nil
}

func (c Config) checkParts() error {
	if len(c.Headers) > 20 || len(c.Body) > 20_000 {
		return errors.New("at most 20 headers and a body of 20,000 bytes are possible")
	}
	for name, value := range c.Headers {
		switch http.CanonicalHeaderKey(name) {
		case "Host", "Content-Length", "Transfer-Encoding", "Connection", "Te", "Upgrade", "Trailer", "Authorization", "Cookie":
			return fmt.Errorf("the header %s can't be set; a key belongs into the vault", name)
		}
		if !token(name) || strings.ContainsAny(value, "\r\n\x00") {
			return fmt.Errorf("the header %q is not one", name)
		}
	}
	switch c.Auth.Kind {
	case "", "bearer", "basic":
	case "header", "query":
		if !token(c.Auth.Name) {
			return errors.New("auth.name must name the header or parameter")
		}
	default:
		return errors.New("auth.kind must be bearer, basic, header or query")
	}
	return nil
}

func token(s string) bool {
	return len(s) <= 100 && kernel.IsHeaderToken(s)
}

func (c Config) fields() ([]enrichment.Field, error) {
	if len(c.Outputs) == 0 || len(c.Outputs) > 20 {
		return nil, errors.New("name 1 to 20 outputs")
	}
	names := make([]string, 0, len(c.Outputs))
	for name := range c.Outputs {
		names = append(names, name)
	}
	sort.Strings(names)
	var out []enrichment.Field
	for _, name := range names {
		o := c.Outputs[name]
		if _, err := answer.ParsePath(o.Path); err != nil {
			return nil, fmt.Errorf("the path of the output %s %w", name, err)
		}
		f := enrichment.Field{Name: name, Label: name, Type: o.Type}
		if err := (enrichment.Provider{
			Slug:     "http_api",
			Name:     "x",
			Category: "x",
			Terms:    "x",
			Outputs:  []enrichment.Field{f},
		}).Validate(); err != nil {
			return nil, fmt.Errorf("the type of the output %s is not known", name)
		}
		out = append(out, f)
	}
	return out, nil
}

// Destination implements enrichment.Directed.
func (*Provider) Destination(raw json.RawMessage, _ []string) string {
	c, err := parse(raw)
	if err != nil || c.Auth.Kind == "" {
		return ""
	}
	return enrichment.Expand(c.URL, func(string) string { return "x" })
}

// IdempotentWith implements enrichment.Repeatable: GET and PUT are idempotent by RFC 9110, 9.2.2, and a POST is where the config says so.
func (*Provider) IdempotentWith(raw json.RawMessage) bool {
	c, err := parse(raw)
	return err == nil && (c.Method != http.MethodPost || c.Repeatable)
}
