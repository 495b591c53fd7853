package systemtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// attack is one hostile request and what may come of it.
type attack struct {
	op     *operation
	what   string
	path   string
	body   []byte
	header map[string]string
	refuse bool // it must be answered with 4xx
}

// sweep sends attacks and collects the answers that no client should ever get.
type sweep struct {
	c    *client
	mu   sync.Mutex
	bad  map[string]int
	sent int
}

func TestHostileInputIsRefusedCleanly(t *testing.T) {
	t.Parallel()
	s := sharedServer(t)
	doc, ops := describe(t, s)
	c := signUp(t, s)
	ids := everyResource(t, s, c)
	w := &sweep{c: c, bad: map[string]int{}}
	began := time.Now()
	for _, op := range ops {
		for _, name := range op.pathParams() {
			require.True(t, slices.ContainsFunc(op.Parameters, func(p parameter) bool { return p.In == "path" && p.Name == name }), "%s does not read %s", op.ID, name)
		}
		var all []attack
		all = append(all, bodies(t, doc, op, ids)...)
		all = append(all, paths(op, ids)...)
		all = append(all, queries(op, ids)...)
		all = append(all, headers(op, ids)...)
		w.send(t.Context(), all)
	}
	t.Logf("%d requests to %d operations in %s", w.sent, len(ops), time.Since(began))
	h, err := s.readiness()
	require.NoError(t, err)
	require.True(t, h.Ready)
	list := slices.Sorted(maps.Keys(w.bad))
	require.Empty(t, list, strings.Join(list, "\n"))
}

const (
	senders   = 4
	jsonLimit = 1 << 20
	rowsLimit = 10 << 20
)

// send sends the attacks, some at a time.
func (w *sweep) send(ctx context.Context, attacks []attack) {
	queue := make(chan attack)
	var wait sync.WaitGroup
	for range senders {
		wait.Go(func() {
			for a := range queue {
				if complaint := w.one(ctx, a); complaint != "" {
					w.mu.Lock()
					w.bad[fmt.Sprintf("%s (%s %s), %s: %s", a.op.ID, a.op.method, a.op.path, a.what, complaint)]++
					w.mu.Unlock()
				}
			}
		})
	}
	for _, a := range attacks {
		queue <- a
	}
	close(queue)
	wait.Wait()
	w.sent += len(attacks)
}

// one sends an attack and says what is wrong with the answer.
func (w *sweep) one(ctx context.Context, a attack) string {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, a.op.method, w.c.base, bytes.NewReader(a.body))
	if err != nil {
		return err.Error()
	}
	u, err := url.Parse(w.c.base + a.path)
	if err != nil {
		return err.Error()
	}
	req.URL = u
	req.Header.Set("Authorization", "Bearer "+w.c.token)
	if a.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for k, v := range a.header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "no answer: " + err.Error()
	}
	defer res.Body.Close()
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		return expect(a, res.StatusCode, "a stream")
	}
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return "the answer was cut: " + err.Error()
	}
	if complaint := judge(res, body); complaint != "" {
		return complaint
	}
	return expect(a, res.StatusCode, string(body))
}

func expect(a attack, status int, body string) string {
	if a.refuse && (status < 400 || status >= 500) {
		return fmt.Sprintf("accepted with %d: %.200s", status, body)
	}
	return ""
}

var (
	codeShape = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)
	insides   = regexp.MustCompile(`(?i)\b(?:sqlstate|goroutine|panic|pgx)|\.go:\d|runtime error|syntax error at or near|reflect\.|Go struct|Go value`)
)

// judge checks what holds of every answer: never our fault, always the envelope.
func judge(res *http.Response, body []byte) string {
	short := fmt.Sprintf("%d %.300s", res.StatusCode, body)
	if res.StatusCode >= 500 {
		return short
	}
	if !strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		if res.StatusCode >= 400 {
			return "no envelope: " + short
		}
		return "" // a file
	}
	var e struct {
		Success bool `json:"success"`
		Error   *struct {
			Code    string             `json:"code"`
			Message string             `json:"message"`
			Details *[]json.RawMessage `json:"details"`
		} `json:"error"`
		Meta struct {
			RequestID string `json:"request_id"`
		} `json:"meta"`
	}
	switch err := json.Unmarshal(body, &e); {
	case err != nil:
		return "not JSON: " + short
	case e.Success != (res.StatusCode < 400), e.Success != (e.Error == nil), e.Meta.RequestID == "":
		return "a wrong envelope: " + short
	case e.Error != nil && (!codeShape.MatchString(e.Error.Code) || e.Error.Message == "" || e.Error.Details == nil):
		return "an error without code, message or details: " + short
	case e.Error != nil && len(e.Error.Message) > 1100:
		return fmt.Sprintf("a message of %d bytes: %s", len(e.Error.Message), short)
	case e.Error != nil && insides.MatchString(e.Error.Message):
		return "the message shows insides: " + short
	default:
		return ""
	}
}

// values are what is put in the place of every value of a body, as JSON.
func values() []string {
	long := strings.Repeat("x", 100_000)
	return []string{
		`null`, `true`, `0`, `-1`, `1e999`, `-1e-999`, strings.Repeat("9", 100_000), `1.0`, `1.5`, `99999999999999999999999999`, `9223372036854775807`, `""`, `" "`, `"` + long + `"`, `"a\u0000b"`, `"\ud800"`,
		`"\udc00\ud800"`, "\"\xff\xfe\"", `"'; DROP TABLE users; --"`, `"${jndi:ldap://x} {{7*7}} ../../etc/passwd"`, `"\u202e\ufeff😀"`, `[]`, `{}`, `[[[[[[1]]]]]]`,
		`{"a":{"b":{"c":[null]}}}`, `["x","x",null,1]`, strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
	}
}

// bodies are hostile bodies: whole ones, and a fitting one with each value in turn replaced.
func bodies(t *testing.T, doc document, op *operation, ids map[string]string) []attack {
	t.Helper()
	path := op.fill(ids)
	if op.ID == "upload-import" {
		return files(op, path)
	}
	if op.method == http.MethodGet || op.method == http.MethodDelete && op.body() == nil {
		return nil
	}
	var all []attack
	whole := map[string]string{
		"empty": "", "null": "null", "a list": "[]", "a string": `"x"`, "a number": "7", "empty object": "{}", "cut": `{"a":`, "two values": "{} {}", "NUL": "\x00",
		"not UTF-8": "{\"name\":\"\xff\"}", "deep": strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000), "deep list": strings.Repeat("[", 200_000),
	}
	for what, b := range whole {
		all = append(all, attack{op: op, what: "body: " + what, path: path, body: []byte(b)})
	}
	all = append(all, attack{op: op, what: "body not JSON", path: path, body: []byte("a=b"), header: map[string]string{"Content-Type": "text/plain"}, refuse: true})
	if op.body() == nil {
		return all
	}
	limit := jsonLimit
	if op.ID == "batch-rows" || op.ID == "edit-cells" {
		limit = rowsLimit
	}
	all = append(all, attack{op: op, what: "body over the limit", path: path, body: []byte(`{"x":"` + strings.Repeat("x", limit) + `"}`), refuse: true})
	fit := doc.sample(op.body(), "", ids, 0)
	if o, ok := fit.(map[string]any); ok {
		more := maps.Clone(o)
		more["no_such_field"] = 1
		all = append(all, attack{op: op, what: "unknown field", path: path, body: mustJSON(t, more)})
	}
	const mark = "\u0001here\u0001"
	for _, p := range places(fit, nil) {
		marked := string(mustJSON(t, replace(fit, p, mark)))
		quoted := string(mustJSON(t, mark))
		for _, v := range values() {
			what := fmt.Sprintf("%v = %.40s", p, v)
			all = append(all, attack{op: op, what: what, path: path, body: []byte(strings.Replace(marked, quoted, v, 1))})
		}
	}
	return all
}

// places are the ways to every value within v.
func places(v any, at []any) [][]any {
	var all [][]any
	step := func(key, inner any) {
		way := append(slices.Clone(at), key)
		all = append(append(all, way), places(inner, way)...)
	}
	switch x := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(x)) {
			step(k, x[k])
		}
	case []any:
		for i, inner := range x {
			step(i, inner)
		}
	}
	return all
}

// replace copies v with another value at the place.
func replace(v any, at []any, with any) any {
	if len(at) == 0 {
		return with
	}
	switch x := v.(type) {
	case map[string]any:
		k, _ := at[0].(string)
		out := maps.Clone(x)
		out[k] = replace(x[k], at[1:], with)
		return out
	case []any:
		i, _ := at[0].(int)
		out := slices.Clone(x)
		out[i] = replace(x[i], at[1:], with)
		return out
	default:
		return with
	}
}

// files are hostile uploads.
func files(op *operation, path string) []attack {
	var all []attack
	for what, content := range map[string]string{
		"empty": "", "NUL": "a,b\n\x00,\x00\n", "not UTF-8": "a,b\n\xff\xfe\xfd,1\n", "open quote": "a,b\n\"never closed,1\n", "one long line": strings.Repeat("x", 3<<20),
		"many columns": strings.Repeat("c,", 5000) + "c\n1\n", "zip": "PK\x03\x04\x14\x00", "only newlines": strings.Repeat("\n", 1000), "UTF-16 cut": "\xff\xfea\x00,", "deep JSON": strings.Repeat("[", 100_000),
		"JSON lines": "{\"a\":1}\n[1]\n\"x\"\n{\"a\":\"\\ud800\"}\n{\"a\":1e999}\n", "spaces": strings.Repeat(" ", 100_000),
	} {
		all = append(all, attack{op: op, what: "file: " + what, path: path, body: []byte(content), header: map[string]string{"Content-Type": "text/csv"}})
	}
	return all
}

// paths are requests with each id of the path in turn replaced.
func paths(op *operation, ids map[string]string) []attack {
	var all []attack
	for _, name := range op.pathParams() {
		for _, v := range []string{
			"x", "%00", "%ff%fe", "..%2f..%2fetc%2fpasswd", "'%20OR%201=1--", strings.Repeat("a", 5000), "%F0%9F%98%80", "null", "-1", "99999999999999999999",
			ids[name] + "x", strings.ToLower(ids[name]), "%20", "tbl_", "tbl_01ZZZZZZZZZZZZZZZZZZZZZZZZZ", "col_01J0000000000000000000000", "row_'",
		} {
			changed := strings.ReplaceAll(op.path, "{"+name+"}", v)
			stub := *op
			stub.path = changed
			a := attack{op: op, what: fmt.Sprintf("%s = %.40s", name, v), path: stub.fill(ids)}
			if op.body() != nil {
				a.body = []byte("{}")
			}
			all = append(all, a)
		}
	}
	return all
}

// queries are hostile query parameters.
func queries(op *operation, ids map[string]string) []attack {
	if op.method != http.MethodGet {
		sep := "?"
		if strings.Contains(op.fill(ids), "?") {
			sep = "&"
		}
		return []attack{{op: op, what: "unknown query parameter", path: op.fill(ids) + sep + "no_such=1", body: []byte("{}"), refuse: true}}
	}
	all := []attack{{op: op, what: "unknown query parameter", path: with(op.fill(ids), "no_such=1"), refuse: true}}
	vs := []string{
		"", "-1", "0", "x", "1e9", "99999999999999999999", "\x00", "\xff", "'; DROP TABLE t;--", `{"and":[`, `{"column":"x","op":"is"}`, `{"column":"` + ids["columnId"] + `","op":"contains","value":"%_\\"}`,
		`{"column":"` + ids["columnId"] + `","op":"between","value":[1]}`, `{"column":"` + ids["columnId"] + `","op":"in","value":{}}`, `{"column":"` + ids["columnId"] + `","op":"is","value":"a\u0000b"}`,
		`{"column":"` + ids["columnId"] + `","op":"relative","value":{"last":1e18,"unit":"day"}}`, strings.Repeat(`{"and":[`, 500) + strings.Repeat("]}", 500), `"\ud800"`, "null", "NaN", "eyJhIjoxfQ", "eyJhIjoxfQ==",
		strings.Repeat("x", 30_000), ids["columnId"] + ":sideways", ids["columnId"] + ":asc," + ids["columnId"] + ":asc", "2026-99-99T00:00:00Z", ",,,", "tbl_x",
	}
	for _, name := range op.queryParams() {
		for _, v := range vs {
			a := attack{op: op, what: fmt.Sprintf("?%s=%.40q", name, v), path: with(op.fill(ids), name+"="+url.QueryEscape(v))}
			switch name {
			case "limit", "offset":
				a.refuse = v == "-1" || v == "x" || v == "99999999999999999999" || v == "NaN"
			case "cursor":
				a.refuse = v == "'; DROP TABLE t;--" || v == "x" || v == "eyJhIjoxfQ"
			case "filter":
				a.refuse = v == `{"and":[` || v == "x" || v == `{"column":"x","op":"is"}`
			case "min_position":
				if v == "1e9" || v == "0" {
					continue
				}
				a.refuse = v == "-1" || v == "x"
			}
			all = append(all, a)
		}
	}
	return all
}

// headers are hostile headers, and requests without a right to be made.
func headers(op *operation, ids map[string]string) []attack {
	path := op.fill(ids)
	var body []byte
	if op.method != http.MethodGet {
		body = []byte("{}")
	}
	var all []attack
	if len(op.Security) > 0 {
		for _, v := range []string{"", "Bearer ", "Bearer x.y.z", "Basic YTpi", "Bearer mk_" + strings.Repeat("0", 60), "Bearer eyJhbGciOiJub25lIn0.e30."} {
			all = append(all, attack{op: op, what: "Authorization: " + v, path: path, body: body, header: map[string]string{"Authorization": v}, refuse: true})
		}
	}
	for _, p := range op.Parameters {
		if p.In != "header" {
			continue
		}
		for _, v := range []string{"-1", "x", "99999999999999999999", strings.Repeat("k", 5000), "\xff", "a b"} {
			refuse := p.Name == "Idempotency-Key" && len(v) > 100 || p.Name == "Morket-Min-Position" && (v == "-1" || v == "x")
			all = append(all, attack{op: op, what: fmt.Sprintf("%s: %.20q", p.Name, v), path: path, body: body, header: map[string]string{p.Name: v}, refuse: refuse})
		}
	}
	return all
}

// with adds a query parameter to a path.
func with(path, param string) string {
	if strings.Contains(path, "?") {
		return path + "&" + param
	}
	return path + "?" + param
}
