package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
)

// Slug names the provider.
const Slug = "http_api"

// Provider asks HTTP APIs.
type Provider struct{ wire *wire.Client }

// New makes the provider over a client that refuses addresses which are not public.
func New(client *wire.Client) *Provider { return &Provider{client} }

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug:         Slug,
		Name:         "HTTP API",
		Category:     "your own",
		Description:  "Asks any HTTP API that answers JSON, with your key from the vault, and takes fields from the answer by JSONPath.",
		Inputs:       []enrichment.Field{},
		Outputs:      []enrichment.Field{},
		Dynamic:      true,
		Auth:         enrichment.AuthOptional,
		ConfigSchema: json.RawMessage(Schema),
		Idempotent:   false,
		Limits:       enrichment.RateLimits{Concurrency: 8, PerSecond: 10},
		Ceiling:      enrichment.RateLimits{Concurrency: 64, PerSecond: 500},
		Terms:        "What the request names goes to the address that you give, under your agreement with its owner.",
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	c, err := parse(ask.Config)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	v, note, err := p.whole(ctx, c, ask)
	if err != nil || v == nil {
		return enrichment.Reply{}, err
	}
	reply, err := c.take(ctx, v)
	reply.Raw = v
	if note != "" && err == nil {
		reply.LeftOut[enrichment.WholeAnswer] = note
	}
	return reply, err
}

// whole asks for the answer, by page where the config says how; nil when there is none. note says what of it was not asked for.
func (p *Provider) whole(ctx context.Context, c Config, ask enrichment.Request) (v any, note string, err error) {
	t, most := newTurning(c.Paging), c.Paging.pages()
	for n := 1; ; n++ {
		req, err := request(ctx, c, ask, t)
		if err != nil {
			return nil, "", err
		}
		page, got, err := p.page(ctx, c, req, n == 1)
		if err != nil || c.Paging == nil {
			return page, "", err
		}
		more := false
		if page != nil {
			if more, err = t.add(ctx, page, got, req.URL); err != nil {
				return nil, "", err
			}
		}
		if more && n < most {
			if err := enrichment.NextCall(ctx); err != nil {
				return nil, "", enrichment.AsCallError(err)
			}
			continue
		}
		if more {
			note = fmt.Sprintf("there are more than the %d pages that were asked for", most)
		}
		if len(t.items) == 0 {
			return nil, "", nil
		}
		return t.items, note, nil
	}
}

// page makes one request; nil when there is nothing. The listener of the context is told of the first page, whose shape says most.
func (p *Provider) page(ctx context.Context, c Config, req *http.Request, first bool) (any, wire.Answer, error) {
	got, err := p.wire.Do(req)
	if err != nil {
		return nil, got, err
	}
	if first {
		got.Heard(ctx)
	}
	if ce := p.status(c, got); ce != nil {
		return nil, got, ce
	}
	if slices.Contains(c.NotFound, got.Status) || got.Status == http.StatusNoContent || len(got.Body) == 0 {
		return nil, got, nil
	}
	if got.Cut {
		return nil, got, enrichment.Fail(enrichment.CallBadReply, "the answer is longer than 1 MB")
	}
	v, err := answer.Decode(got.Body)
	if err != nil {
		return nil, got, enrichment.Fail(enrichment.CallBadReply, err.Error())
	}
	return v, got, nil
}

func request(ctx context.Context, c Config, ask enrichment.Request, t *turning) (*http.Request, error) {
	text := ""
	if c.Body != "" {
		text = enrichment.Expand(c.Body, func(ref string) string { return inJSON(ask.Inputs[ref]) })
	}
	u, err := url.Parse(address(c.URL, ask.Inputs))
	if err != nil || checkURL(u.String()) != nil {
		return nil, enrichment.Fail(enrichment.CallBadInput, "the inputs make no address")
	}
	if u, text, err = t.put(u, text); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, c.Method, u.String(), strings.NewReader(text))
	if err != nil {
		return nil, enrichment.Fail(enrichment.CallBadInput, "the inputs make no address")
	}
	if text != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Method == http.MethodPost {
		wire.SetKey(req, t.key(ask.Key))
	}
	for name, value := range c.Headers {
		value = enrichment.Expand(value, func(ref string) string { return ask.Inputs[ref] })
		if strings.ContainsAny(value, "\r\n\x00") {
			return nil, enrichment.Fail(enrichment.CallBadInput, "the header "+name+" would hold a line break")
		}
		req.Header.Set(name, value)
	}
	if c.Auth.Kind == "" {
		return req, nil
	}
	if err := credential.CheckDestination(ask.Hosts, req.URL); err != nil {
		return nil, enrichment.Fail(enrichment.CallUnauthorized, err.Error())
	}
	return req, c.Auth.put(req, ask.Secret)
}

// address fills the inputs in, escaped for where they stand.
func address(template string, inputs map[string]string) string {
	path, query, has := strings.Cut(template, "?")
	path = enrichment.Expand(path, func(ref string) string {
		if v := inputs[ref]; v != "." && v != ".." { // a step out of the path that was configured
			return url.PathEscape(v)
		}
		return ""
	})
	if !has {
		return path
	}
	return path + "?" + enrichment.Expand(query, func(ref string) string { return url.QueryEscape(inputs[ref]) })
}

// inJSON escapes text for a place between quotes in JSON.
func inJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

// put adds the credential to the request.
func (a Auth) put(req *http.Request, secret map[string]string) error {
	if a.Kind == "basic" {
		if secret["username"] == "" && secret["password"] == "" {
			return enrichment.Fail(enrichment.CallUnauthorized, "the credential needs username and password")
		}
		req.SetBasicAuth(secret["username"], secret["password"])
		return nil
	}
	key := ""
	for _, name := range []string{"api_key", "token", "key", "value", "access_token"} {
		if key == "" {
			key = secret[name]
		}
	}
	if key == "" || strings.ContainsAny(key, "\r\n\x00") {
		return enrichment.Fail(enrichment.CallUnauthorized, "the credential holds no api_key or token")
	}
	switch a.Kind {
	case "bearer":
		req.Header.Set("Authorization", "Bearer "+key)
	case "header":
		req.Header.Set(a.Name, key)
	case "query":
		q := req.URL.Query()
		q.Set(a.Name, key)
		req.URL.RawQuery = q.Encode()
	}
	return nil
}

// status makes an error of a status that is one; nil otherwise. What the other side writes about it is not shown: it may repeat the key.
func (p *Provider) status(c Config, a wire.Answer) *enrichment.CallError {
	if slices.Contains(c.NotFound, a.Status) {
		return nil
	}
	return p.wire.Trouble("the API", a)
}

// take takes the outputs from the answer.
func (c Config) take(ctx context.Context, v any) (enrichment.Reply, error) {
	all, out, left := answer.Of(v), map[string]any{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Outputs)) {
		o := c.Outputs[name]
		path, err := answer.ParsePath(o.Path)
		if err != nil {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, "the path of the output "+name+" "+err.Error())
		}
		found, err := all.Get(ctx, path, maxFound)
		if err != nil {
			if ctx.Err() != nil {
				return enrichment.Reply{}, wire.Explain(ctx.Err())
			}
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, name+": "+err.Error())
		}
		if len(found) == 0 {
			continue
		}
		if answer.CheckNumbers(found) != nil { // the other outputs are as good as ever
			left[name] = "the answer's " + name + " holds a number that is too long or too large to be kept"
			continue
		}
		value, ok := coerce(found, o.Type)
		if !ok {
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply,
				"the answer's "+name+" is not a "+string(o.Type)+", or it is too long")
		}
		if value != nil {
			out[name] = value
		}
	}
	return enrichment.Reply{Outputs: out, LeftOut: left}, nil
}

const (
	maxText  = 8000 // characters of a text
	maxFound = 200  // elements of a list
	maxJSON  = 64 << 10
)

// coerce makes what a path found into a value of the type; nil for nothing.
func coerce(found []any, t enrichment.FieldType) (any, bool) {
	first := found[0]
	switch t {
	case enrichment.FieldList:
		return listOf(found), true
	case enrichment.FieldObject:
		return first, len(enrichment.Text(first)) <= maxJSON
	default:
	}
	switch v := first.(type) {
	case nil:
		return nil, true
	case string:
		return ofText(v, t)
	case json.Number:
		if t == enrichment.FieldBoolean {
			return nil, false
		}
		if t == enrichment.FieldNumber {
			return v, true
		}
		return v.String(), true
	case bool:
		if t == enrichment.FieldBoolean {
			return v, true
		}
		return strconv.FormatBool(v), t != enrichment.FieldNumber
	default:
		return cut(enrichment.Text(v)), t == enrichment.FieldText
	}
}

// listOf makes texts of what was found, or of its elements if it is one list. All together have at most maxJSON bytes.
func listOf(found []any) []string {
	if l, ok := found[0].([]any); ok && len(found) == 1 {
		found = l
	}
	var out []string
	size := 0
	for _, e := range found[:min(len(found), maxFound)] {
		s := cut(enrichment.Text(e))
		if size += len(s); size > maxJSON {
			break
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := 0
	for i := range s {
		if n == maxText {
			return s[:i]
		}
		n++
	}
	return s
}

func ofText(s string, t enrichment.FieldType) (any, bool) {
	switch t {
	case enrichment.FieldNumber:
		if strings.TrimSpace(s) == "" {
			return nil, true
		}
		n := json.Number(strings.TrimSpace(s))
		return n, json.Valid([]byte(n)) && strings.ContainsAny(string(n[:1]), "-0123456789") && answer.CheckNumbers(n) == nil
	case enrichment.FieldBoolean:
		b, err := strconv.ParseBool(strings.ToLower(s))
		return b, err == nil
	default:
		return cut(s), true
	}
}
