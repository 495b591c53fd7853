package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/outbound/safedial"
	"github.com/morket/morket/domain/enrichment"
)

// journal is what a server was asked.
type journal struct {
	mu    sync.Mutex
	asked []string
}

func (j *journal) note(s string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked = append(j.asked, s)
	return len(j.asked)
}

// names answers a config that takes all names of a list.
func names(v map[string]any) map[string]any {
	v["outputs"] = map[string]any{"names": map[string]string{"path": "$[*].name", "type": "list"}}
	return v
}

func ask(t *testing.T, cfg map[string]any) (enrichment.Reply, error) {
	t.Helper()
	p, raw := provider(safedial.Config{}), config(t, cfg)
	_, err := p.CheckConfig(raw)
	require.NoError(t, err)
	return p.Call(t.Context(), enrichment.Request{
		Config: raw, Key: "k1", Secret: map[string]string{"token": canary}, Hosts: []string{"127.0.0.1"}, Inputs: map[string]string{"q": "x"},
	})
}

// list is a page of so many names.
func list(from, n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf(`{"name":"n%d"}`, from+i))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// inPages is an API that answers in pages, with what it must be asked.
type inPages struct {
	method, body string
	paging       map[string]any
	answer       func(r *http.Request, body string) (text string, header string)
	asked        []string
	found        int
	more         bool
}

func byNumber() map[string]inPages {
	return map[string]inPages{
		"by page until one is short": {
			paging: map[string]any{"kind": "page", "param": "page", "size": 2, "items": "$.data"},
			answer: func(r *http.Request, _ string) (string, string) {
				if r.URL.Query().Get("page") == "3" {
					return `{"data":` + list(5, 1) + `}`, ""
				}
				return `{"data":` + list(1, 2) + `}`, ""
			},
			asked: []string{"page=1&q=x", "page=2&q=x", "page=3&q=x"}, found: 5,
		},
		"by page until one is empty": {
			paging: map[string]any{"kind": "page", "param": "page[number]", "start": 0},
			answer: func(r *http.Request, _ string) (string, string) {
				if r.URL.Query().Get("page[number]") == "1" {
					return `[]`, ""
				}
				return list(1, 2), ""
			},
			asked: []string{"page%5Bnumber%5D=0&q=x", "page%5Bnumber%5D=1&q=x"}, found: 2,
		},
		"by offset, not more than allowed": {
			paging: map[string]any{"kind": "offset", "param": "offset", "size": 2, "max_pages": 2},
			answer: func(*http.Request, string) (string, string) { return list(1, 2), "" },
			asked:  []string{"offset=0&q=x", "offset=2&q=x"}, found: 4, more: true,
		},
	}
}

func byMark() map[string]inPages {
	return map[string]inPages{
		"by a cursor, which goes on": {
			paging: map[string]any{"kind": "cursor", "param": "after", "path": "$.next", "items": "$.data"},
			answer: func(r *http.Request, _ string) (string, string) {
				return `{"next":"c` + r.URL.Query().Get("after") + `","data":` + list(1, 1) + `}`, ""
			},
			asked: []string{"q=x", "after=c&q=x", "after=cc&q=x", "after=ccc&q=x", "after=cccc&q=x"}, found: 5, more: true,
		},
		"by a cursor in the body": {
			method: http.MethodPost, body: `{"filter":"{{q}}","page":{"size":1}}`,
			paging: map[string]any{"kind": "cursor", "in": "body", "param": "page.after", "path": "$.next", "items": "$.data"},
			answer: func(_ *http.Request, body string) (string, string) {
				if strings.Contains(body, "after") {
					return `{"next":null,"data":` + list(2, 1) + `}`, ""
				}
				return `{"next":17,"data":` + list(1, 1) + `}`, ""
			},
			asked: []string{`{"filter":"x","page":{"size":1}}`, `{"filter":"x","page":{"after":"17","size":1}}`}, found: 2,
		},
		"by the header Link": {
			paging: map[string]any{"kind": "link"},
			answer: func(r *http.Request, _ string) (string, string) {
				if r.URL.Query().Get("p") == "2" {
					return list(2, 1), `</?p=1>; rel="prev first"`
				}
				return list(1, 1), `</?p=9>; rel="last", <?p=2>; title="a, b"; rel="next"`
			},
			asked: []string{"q=x", "p=2"}, found: 2,
		},
		"by a link in the answer": {
			paging: map[string]any{"kind": "link", "path": "$.links.next", "items": "$.data[*]"},
			answer: func(r *http.Request, _ string) (string, string) {
				if r.URL.Query().Get("p") == "2" {
					return `{"links":{"next":null},"data":` + list(2, 1) + `}`, ""
				}
				return `{"links":{"next":"http://` + r.Host + `/?p=2#top"},"data":` + list(1, 1) + `}`, ""
			},
			asked: []string{"q=x", "p=2"}, found: 2,
		},
	}
}

func TestPagesAreOneAnswer(t *testing.T) {
	t.Parallel()
	cases := byNumber()
	maps.Copy(cases, byMark())
	for name, c := range cases {
		j := &journal{}
		keys := map[string]bool{}
		at := serve(t, func(w http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			said := string(b)
			keys[r.Header.Get("Idempotency-Key")] = true
			if said == "" {
				said = r.URL.RawQuery
			}
			if r.Header.Get("Authorization") != "Bearer "+canary {
				said = "without the key"
			}
			j.note(said)
			text, link := c.answer(r, string(b))
			if link != "" {
				w.Header().Set("Link", link)
			}
			fmt.Fprint(w, text)
		})
		cfg := names(map[string]any{"url": at + "/?q={{q}}", "paging": c.paging, "auth": map[string]string{"kind": "bearer"}})
		if c.method != "" {
			cfg["method"], cfg["body"], cfg["repeatable"] = c.method, c.body, true
		}
		reply, err := ask(t, cfg)
		require.NoError(t, err, name)
		require.Equal(t, c.asked, j.asked, name)
		require.Len(t, reply.Outputs["names"], c.found, name)
		if c.method == http.MethodPost {
			require.Len(t, keys, c.found, "each page is a question of its own")
		}
		require.Equal(t, c.more, reply.LeftOut[enrichment.WholeAnswer] != "", name)
	}
}

func TestPagesThatGoNoFurther(t *testing.T) {
	t.Parallel()
	link := map[string]any{"kind": "link", "path": "$.next"}
	for says, c := range map[string]struct {
		paging map[string]any
		answer string
	}{
		"leads to another server":   {link, `{"next":"https://evil.example/p2"}`},
		"is not an address":         {link, `{"next":"http://[::1"}`},
		"neither text nor number":   {link, `{"next":{"a":1}}`},
		"longer than 2000 bytes":    {link, `{"next":"/` + strings.Repeat("x", 2001) + `"}`},
		"longer than 4 MB":          {map[string]any{"kind": "page", "param": "page", "max_pages": 20}, `{"name":"` + strings.Repeat("x", 900_000) + `"}`},
		"leads to another server\n": {link, `{"next":"//evil.example/"}`},
	} {
		at := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, c.answer) })
		_, err := ask(t, names(map[string]any{"url": at, "paging": c.paging}))
		require.ErrorContains(t, err, strings.TrimSpace(says))
		require.Equal(t, enrichment.CallBadReply, enrichment.AsCallError(err).Kind)
	}

	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") != "1" {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, `[{"name":"a"}]`)
	})
	reply, err := ask(t, names(map[string]any{"url": at, "paging": map[string]any{"kind": "page", "param": "page"}}))
	require.NoError(t, err, "a page that isn't there is the end")
	require.Equal(t, []string{"a"}, reply.Outputs["names"])
}

func TestEachFurtherPageAsksForLeave(t *testing.T) {
	t.Parallel()
	j := &journal{}
	at := serve(t, func(w http.ResponseWriter, r *http.Request) {
		j.note(r.URL.RawQuery)
		fmt.Fprint(w, `[{"name":"a"}]`)
	})
	raw := config(t, names(map[string]any{"url": at, "paging": map[string]any{"kind": "page", "param": "page"}}))
	left := 2
	ctx := enrichment.WithNextCall(t.Context(), func(context.Context) error {
		if left--; left == 0 {
			return enrichment.Fail(enrichment.CallRateLimited, "no more today")
		}
		return nil
	})
	_, err := provider(safedial.Config{}).Call(ctx, enrichment.Request{Config: raw})
	require.ErrorContains(t, err, "no more today")
	require.Equal(t, []string{"page=1", "page=2"}, j.asked)
}

func TestPagingThatIsRefused(t *testing.T) {
	t.Parallel()
	p := provider(safedial.Config{})
	for says, paging := range map[string]map[string]any{
		"paging.kind":      {"kind": "magic"},
		"paging.param":     {"kind": "page", "param": "a b"},
		"paging.size":      {"kind": "offset", "param": "from"},
		"paging.path":      {"kind": "cursor", "param": "after"},
		"JSONPath":         {"kind": "link", "path": "next"},
		"paging.items":     {"kind": "link", "items": "data"},
		"paging.max_pages": {"kind": "link", "max_pages": 21},
		"paging.in":        {"kind": "page", "param": "p", "in": "cookie"},
		"with a body":      {"kind": "page", "param": "p", "in": "body"},
	} {
		_, err := p.CheckConfig(config(t, map[string]any{"url": "https://x.de", "paging": paging}))
		require.ErrorContains(t, err, says)
	}
	post := map[string]any{"url": "https://x.de", "method": "POST", "body": "{}", "paging": map[string]any{"kind": "page", "param": "page", "in": "body"}}
	_, err := p.CheckConfig(config(t, post))
	require.ErrorContains(t, err, "repeatable")
	require.False(t, p.IdempotentWith(config(t, post)))
	post["repeatable"] = true
	_, err = p.CheckConfig(config(t, post))
	require.NoError(t, err)
	require.True(t, p.IdempotentWith(config(t, post)))
}

func TestARecordedQuestionIsTheSameWithoutPaging(t *testing.T) {
	t.Parallel()
	asks, err := provider(safedial.Config{}).Asks(json.RawMessage(`{"url":"https://x.de","outputs":{"a":{"path":"$.a"}}}`))
	require.NoError(t, err)
	require.NotContains(t, string(asks), "paging")
	require.NotContains(t, string(asks), "repeatable")
}
