package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/domain/credential"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

// Slug names the provider.
const Slug = "http_api"

const maxAnswer = 1 << 20

// Fetch reads at most limit bytes of a response's body, after decompression.
type Fetch func(res *http.Response, limit int64) (body []byte, cut bool, err error)

// Provider asks HTTP APIs. Its client must refuse addresses that are not public.
type Provider struct {
	client http.Client
	body   Fetch
	agent  string
	clock  kernel.Clock
}

// New makes the provider. Redirects are not followed: the key belongs to the address that was configured.
func New(client *http.Client, body Fetch, agent string, clock kernel.Clock) *Provider {
	p := &Provider{client: *client, body: body, agent: agent, clock: clock}
	p.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return p
}

// Describe implements enrichment.Caller.
func (*Provider) Describe() enrichment.Provider {
	return enrichment.Provider{
		Slug: Slug, Name: "HTTP API", Category: "your own",
		Description: "Asks any HTTP API that answers JSON, with your key from the vault, and takes fields from the answer by JSONPath.",
		Inputs:      []enrichment.Field{}, Outputs: []enrichment.Field{}, Dynamic: true, Auth: enrichment.AuthOptional, ConfigSchema: json.RawMessage(Schema),
		Idempotent: false, Limits: enrichment.RateLimits{Concurrency: 8, PerSecond: 10},
		Terms: "What the request names goes to the address that you give, under your agreement with its owner.",
	}
}

// Call implements enrichment.Caller.
func (p *Provider) Call(ctx context.Context, ask enrichment.Request) (enrichment.Reply, error) {
	c, err := parse(ask.Config)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadInput, err.Error())
	}
	req, err := p.request(ctx, c, ask)
	if err != nil {
		return enrichment.Reply{}, err
	}
	res, err := p.client.Do(req) //nolint:bodyclose // p.body closes it
	if err != nil {
		return enrichment.Reply{}, explain(err)
	}
	body, cut, err := p.body(res, maxAnswer)
	if err != nil {
		return enrichment.Reply{}, explain(err)
	}
	if ce := p.status(c, res); ce != nil {
		return enrichment.Reply{}, ce
	}
	for _, s := range c.NotFound {
		if s == res.StatusCode {
			return enrichment.Reply{}, nil
		}
	}
	if res.StatusCode == http.StatusNoContent || len(body) == 0 {
		return enrichment.Reply{}, nil
	}
	if cut {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, "the answer is longer than 1 MB")
	}
	return c.take(ctx, body)
}

func (p *Provider) request(ctx context.Context, c Config, ask enrichment.Request) (*http.Request, error) {
	var body *strings.Reader
	text := ""
	if c.Body != "" {
		text = enrichment.Expand(c.Body, func(ref string) string { return inJSON(ask.Inputs[ref]) })
	}
	body = strings.NewReader(text)
	req, err := http.NewRequestWithContext(ctx, c.Method, address(c.URL, ask.Inputs), body)
	if err != nil || checkURL(req.URL.String()) != nil {
		return nil, enrichment.Fail(enrichment.CallBadInput, "the inputs make no address")
	}
	req.Header.Set("User-Agent", p.agent)
	req.Header.Set("Accept", "application/json")
	if text != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Method == http.MethodPost {
		req.Header.Set("Idempotency-Key", ask.Key)
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
func (p *Provider) status(c Config, res *http.Response) error {
	for _, s := range c.NotFound {
		if s == res.StatusCode {
			return nil
		}
	}
	code := strconv.Itoa(res.StatusCode)
	switch {
	case res.StatusCode < 300:
		return nil
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") != "":
		return &enrichment.CallError{Kind: enrichment.CallRateLimited, Message: "the API answers " + code + ": asked too often", RetryAfter: p.retryAfter(res.Header.Get("Retry-After"))}
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return enrichment.Fail(enrichment.CallUnauthorized, "the API refuses the key ("+code+")")
	case res.StatusCode == http.StatusRequestTimeout || res.StatusCode >= 500:
		return enrichment.Fail(enrichment.CallFailed, "the API answers "+code)
	case res.StatusCode < 400:
		return enrichment.Fail(enrichment.CallBadReply, "the API answers "+code+" with another address; give the final one")
	default:
		return enrichment.Fail(enrichment.CallBadInput, "the API answers "+code)
	}
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3). The engine bounds it; here it only must not overflow.
func (p *Provider) retryAfter(s string) time.Duration {
	const most = 24 * time.Hour
	s = strings.TrimSpace(s)
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n > int64(most/time.Second) {
			return most
		}
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return min(most, max(0, t.Sub(p.clock.Now())))
	}
	return 0
}

// explain says what went wrong without the address, which may hold a key.
func explain(err error) error {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &enrichment.CallError{Kind: enrichment.CallTimeout, Message: "the API did not answer in time", Lost: true}
	case errors.As(err, &dns) && dns.IsNotFound:
		return enrichment.Fail(enrichment.CallUnreachable, "there is no such host in DNS")
	case errors.As(err, &dns):
		return enrichment.Fail(enrichment.CallUnreachable, "DNS is not reachable")
	case strings.Contains(err.Error(), "not on the public internet"):
		return enrichment.Fail(enrichment.CallBadInput, "the address is not on the public internet")
	default:
		return &enrichment.CallError{Kind: enrichment.CallFailed, Message: "the connection to the API failed", Lost: true}
	}
}

// take takes the outputs from the answer.
func (c Config) take(ctx context.Context, body []byte) (enrichment.Reply, error) {
	v, err := answer.Decode(body)
	if err != nil {
		return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, err.Error())
	}
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
				return enrichment.Reply{}, explain(ctx.Err())
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
			return enrichment.Reply{}, enrichment.Fail(enrichment.CallBadReply, "the answer's "+name+" is not a "+string(o.Type)+", or it is too long")
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
