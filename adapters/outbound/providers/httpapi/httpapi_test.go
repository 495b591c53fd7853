package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/providers/httpapi"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
)

const canary = "s3cr3t-canary"

func provider(cfg safedial.Config) *httpapi.Provider {
	cfg.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	return httpapi.New(wire.New(safedial.NewClient(cfg), safedial.Body, "Morket/test", kernel.SystemClock{}))
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func config(t *testing.T, v map[string]any) json.RawMessage {
	t.Helper()
	if v["outputs"] == nil {
		v["outputs"] = map[string]any{"name": map[string]any{"path": "$.name"}}
	}
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestARequestIsMadeAsConfigured(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got, body = r, string(b)
		fmt.Fprint(w, `{"name":"Ann","age":41,"ok":true,"tags":["a","b"],"deep":{"list":[{"v":"x"},{"v":"y"}]},"none":null}`)
	})
	cfg := config(t, map[string]any{
		"method": "POST", "url": at + "/v1/{{id}}/x?email={{email}}", "headers": map[string]string{"X-Mode": "fast {{id}}"}, "body": `{"email":"{{email}}"}`, "auth": map[string]string{"kind": "bearer"},
		"outputs": map[string]any{
			"name": map[string]string{"path": "$.name"}, "age": map[string]string{"path": "$.age", "type": "number"}, "ok": map[string]string{"path": "$.ok", "type": "boolean"},
			"tags": map[string]string{"path": "$.tags", "type": "list"}, "vs": map[string]string{"path": "$.deep.list[*].v", "type": "list"}, "missing": map[string]string{"path": "$.x.y"}, "none": map[string]string{"path": "$.none"},
		},
	})
	p := provider(safedial.Config{})
	fields, err := p.CheckConfig(cfg)
	require.NoError(t, err)
	reply, err := p.Call(t.Context(), enrichment.Request{Config: cfg, Key: "k1", Secret: map[string]string{"token": canary}, Hosts: []string{"127.0.0.1"}, Inputs: map[string]string{"id": "a/../b", "email": `x"y&z@acme.com`}})
	require.NoError(t, err)
	require.NoError(t, enrichment.CheckReply(fields, reply.Outputs))
	require.Equal(t, map[string]any{"name": "Ann", "age": json.Number("41"), "ok": true, "tags": []string{"a", "b"}, "vs": []string{"x", "y"}}, reply.Outputs)
	require.Equal(t, "/v1/a%2F..%2Fb/x?email=x%22y%26z%40acme.com", got.URL.RequestURI(), "values can't leave their place")
	require.JSONEq(t, `{"email":"x\"y&z@acme.com"}`, body)
	require.Equal(t, "Bearer "+canary, got.Header.Get("Authorization"))
	require.Equal(t, "k1", got.Header.Get("Idempotency-Key"))
}

func TestErrorsAndOddAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		kind    enrichment.CallKind // empty: no answer, no error
	}{
		"too often": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
		}, enrichment.CallRateLimited},
		"refused key":  {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, canary, http.StatusUnauthorized) }, enrichment.CallUnauthorized},
		"forbidden":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, enrichment.CallUnauthorized},
		"broken":       {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, enrichment.CallFailed},
		"bad request":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadRequest) }, enrichment.CallBadInput},
		"not found":    {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "{}", http.StatusNotFound) }, ""},
		"no content":   {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, ""},
		"empty object": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{}`) }, ""},
		"not JSON":     {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `<html>`) }, enrichment.CallBadReply},
		"two values":   {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{} {}`) }, enrichment.CallBadReply},
		"wrong shape":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"age":"old"}`) }, enrichment.CallBadReply},
		"too long": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"name":"`+strings.Repeat("x", 2<<20)+`"}`)
		}, enrichment.CallBadReply},
		"deep": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("[", 200_000)) }, enrichment.CallBadReply},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			fmt.Fprint(w, `{`)
			panic(http.ErrAbortHandler)
		}, enrichment.CallFailed},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		}, enrichment.CallBadReply},
		"never answers": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, enrichment.CallTimeout},
	} {
		at := serve(t, c.handler)
		cfg := config(t, map[string]any{"url": at + "/?q={{q}}", "auth": map[string]string{"kind": "query", "name": "key"}, "outputs": map[string]any{"age": map[string]string{"path": "$.age", "type": "number"}}})
		reply, err := provider(safedial.Config{Timeout: patience(name)}).Call(t.Context(), enrichment.Request{Config: cfg, Secret: map[string]string{"api_key": canary}, Hosts: []string{"127.0.0.1"}, Inputs: map[string]string{"q": "x"}})
		if c.kind == "" {
			require.NoError(t, err, name)
			require.Empty(t, reply.Outputs, name)
			continue
		}
		require.Error(t, err, name)
		require.Equal(t, c.kind, enrichment.AsCallError(err).Kind, name)
		require.NotContains(t, err.Error(), canary, name)
		if name == "too often" {
			require.Equal(t, 7*time.Second, enrichment.AsCallError(err).RetryAfter)
		}
	}
}

func TestConfigsThatAreRefused(t *testing.T) {
	t.Parallel()
	p := provider(safedial.Config{})
	for says, c := range map[string]map[string]any{
		"host must not hold":  {"url": "https://{{host}}/x"},
		"whole http":          {"url": "ftp://x.de"},
		"whole http or https": {"url": "https://u:p@x.de"},
		"GET, POST or PUT":    {"url": "https://x.de", "method": "DELETE"},
		"can't be set":        {"url": "https://x.de", "headers": map[string]string{"Authorization": "Bearer x"}},
		"is not one":          {"url": "https://x.de", "headers": map[string]string{"A b": "x"}},
		"auth.kind":           {"url": "https://x.de", "auth": map[string]string{"kind": "magic"}},
		"auth.name":           {"url": "https://x.de", "auth": map[string]string{"kind": "header"}},
		"JSONPath":            {"url": "https://x.de", "outputs": map[string]any{"a": map[string]string{"path": "name"}}},
		"type of the output":  {"url": "https://x.de", "outputs": map[string]any{"a": map[string]string{"path": "$.a", "type": "blob"}}},
		"1 to 20 outputs":     {"url": "https://x.de", "outputs": map[string]any{}},
		"not what its schema": {"url": "https://x.de", "colour": "red"},
	} {
		_, err := p.CheckConfig(config(t, c))
		require.ErrorContains(t, err, says)
	}
	_, err := p.CheckConfig(nil)
	require.Error(t, err)
	require.True(t, p.IdempotentWith(config(t, map[string]any{"url": "https://x.de"})))
	require.False(t, p.IdempotentWith(config(t, map[string]any{"url": "https://x.de", "method": "POST"})))
}

func TestALineBreakInAHeaderIsRefused(t *testing.T) {
	t.Parallel()
	cfg := config(t, map[string]any{"url": "https://x.de", "headers": map[string]string{"X-A": "{{q}}"}})
	_, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Config: cfg, Inputs: map[string]string{"q": "a\r\nX-Evil: 1"}})
	require.ErrorContains(t, err, "line break")
}

// patience is short only where it is what the test is about.
func patience(name string) time.Duration {
	if name == "never answers" {
		return 300 * time.Millisecond
	}
	return 20 * time.Second
}

func TestBombsAreBadReplies(t *testing.T) {
	t.Parallel()
	gz := func(w http.ResponseWriter, plain []byte) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		for range 200 {
			_, _ = z.Write(plain)
		}
		_ = z.Close()
	}
	deep := strings.Repeat(`{"a":`, 60) + "1" + strings.Repeat("}", 60)
	for name, c := range map[string]struct {
		path    string
		handler http.HandlerFunc
		says    string
	}{
		"nested": {"$..a", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.Repeat(`{"a":`, 2000)+"1"+strings.Repeat("}", 2000))
		}, "64 levels"},
		"never closed":           {"$..a", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("[", 1<<19)) }, "64 levels"},
		"very many values":       {"$..a", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "["+strings.Repeat("[],", 300_000)+"[]]") }, "100,000 values"},
		"very many looks":        {"$..*.*.*[?(@.none == 1)]", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "["+strings.Repeat(deep+",", 900)+"1]") }, "100,000 values"},
		"gzip":                   {"$.a", func(w http.ResponseWriter, _ *http.Request) { gz(w, bytes.Repeat([]byte(" "), 1<<20)) }, "longer than 1 MB"},
		"not UTF-8":              {"$.a", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{\"a\":\"M\xfcller\"}")) }, "not UTF-8"},
		"an object that is long": {"$", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"a":%q}`, strings.Repeat("x", 900_000)) }, "too long"},
		"very many headers": {"$.a", func(w http.ResponseWriter, _ *http.Request) {
			for i := range 20_000 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 100))
			}
			fmt.Fprint(w, "{}")
		}, "connection to the API failed"},
	} {
		at := serve(t, c.handler)
		kind := "list"
		if c.path == "$" {
			kind = "object"
		}
		cfg := config(t, map[string]any{"url": at, "outputs": map[string]any{"a": map[string]string{"path": c.path, "type": kind}}})
		_, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Config: cfg})
		require.ErrorContains(t, err, c.says, name)
	}
}

func TestLongOutputsAreCut(t *testing.T) {
	t.Parallel()
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"text":%q,"list":[%s"x"],"object":{"a":%q}}`, strings.Repeat("ü", 100_000), strings.Repeat(`"`+strings.Repeat("y", 1000)+`",`, 500), strings.Repeat("z", 100_000))
	})
	cfg := config(t, map[string]any{"url": at, "outputs": map[string]any{
		"text": map[string]string{"path": "$.text"}, "list": map[string]string{"path": "$.list", "type": "list"}, "object": map[string]string{"path": "$.object"},
	}})
	reply, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Config: cfg})
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("ü", 8000), reply.Outputs["text"])
	require.Len(t, reply.Outputs["list"], 65)
	require.Len(t, reply.Outputs["object"], 8000)
}

func TestNumbersAreTakenAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"id":9007199254740993,"price":1.10,"far":1e400,"deep":{"x":[1e400]},"list":[1.10,2e2],"text":"1.10"}`)
	})
	cfg := config(t, map[string]any{"url": at, "outputs": map[string]any{
		"id": map[string]string{"path": "$.id", "type": "number"}, "price": map[string]string{"path": "$.price", "type": "number"}, "as_text": map[string]string{"path": "$.price"}, "far": map[string]string{"path": "$.far", "type": "number"},
		"far_text": map[string]string{"path": "$.far"}, "deep": map[string]string{"path": "$.deep", "type": "object"}, "list": map[string]string{"path": "$.list", "type": "list"}, "from_text": map[string]string{"path": "$.text", "type": "number"},
	}})
	reply, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Config: cfg})
	require.NoError(t, err)
	require.Equal(t, map[string]any{
		"id": json.Number("9007199254740993"), "price": json.Number("1.10"), "as_text": "1.10", "list": []string{"1.10", "2e2"}, "from_text": json.Number("1.10"),
	}, reply.Outputs)
	for _, name := range []string{"far", "far_text", "deep"} {
		require.Equal(t, "the answer's "+name+" holds a number that is too long or too large to be kept", reply.LeftOut[name])
	}
}

func TestACredentialIsSentOnlyToItsHosts(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 10)
	at := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked <- struct{}{}
		fmt.Fprint(w, "{}")
	})
	for _, kind := range []string{"bearer", "basic", "header", "query"} {
		for says, c := range map[string]struct {
			url   string
			hosts []string
		}{
			"names no hosts":                 {at, nil},
			"may not be sent to 127.0.0.1":   {at, []string{"api.example.com"}},
			"may not be sent to example.com": {"https://example.com/", []string{"*.example.com"}},
			"by https only":                  {"http://api.example.com/", []string{"api.example.com"}},
		} {
			cfg := config(t, map[string]any{"url": c.url, "auth": map[string]string{"kind": kind, "name": "X-Key"}})
			p := provider(safedial.Config{})
			require.Equal(t, c.url, p.Destination(cfg, c.hosts))
			_, err := p.Call(t.Context(), enrichment.Request{Config: cfg, Secret: map[string]string{"api_key": canary, "username": "u"}, Hosts: c.hosts})
			require.ErrorContains(t, err, says)
			require.Equal(t, enrichment.CallUnauthorized, enrichment.AsCallError(err).Kind)
		}
	}
	require.Empty(t, asked)
	_, err := provider(safedial.Config{}).Call(t.Context(), enrichment.Request{Config: config(t, map[string]any{"url": at}), Secret: map[string]string{"api_key": canary}})
	require.NoError(t, err, "a step that sends no credential may ask any host")
}
