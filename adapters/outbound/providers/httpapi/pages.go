package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/answer"
	"github.com/morket/morket/adapters/outbound/providers/wire"
	"github.com/morket/morket/domain/enrichment"
)

// turning is an answer in pages while it is asked for.
type turning struct {
	paging *Paging
	page   int      // that is asked for, from 1
	number int      // page or offset of the page that is asked for
	cursor string   // of the page that is asked for; empty for the first
	next   *url.URL // the link to the page that is asked for; nil for the first
	seen   []string // cursors and links, so that an API which repeats one does not go round
	bytes  int
	items  []any
}

func newTurning(p *Paging) *turning {
	t := &turning{paging: p, page: 1}
	if p != nil {
		t.number = p.start()
	}
	return t
}

// key is the idempotency key of the page: each page is a question of its own.
func (t *turning) key(of string) string {
	if of == "" || t.page == 1 {
		return of
	}
	return of + "-" + strconv.Itoa(t.page)
}

// put returns the address and body of the page that is the turning's, from those of the first.
func (t *turning) put(u *url.URL, body string) (*url.URL, string, error) {
	p := t.paging
	if p == nil {
		return u, body, nil
	}
	value := any(t.number)
	switch {
	case p.Kind == "link" && t.next != nil:
		return t.next, body, nil
	case p.Kind == "link", p.Kind == "cursor" && t.cursor == "":
		return u, body, nil
	case p.Kind == "cursor":
		value = t.cursor
	}
	if p.In == "body" {
		body, err := inBody(body, strings.Split(p.Param, "."), value)
		return u, body, err
	}
	q := u.Query()
	q.Set(p.Param, fmt.Sprint(value))
	u.RawQuery = q.Encode()
	return u, body, nil
}

// inBody sets a member of a JSON object.
func inBody(body string, path []string, value any) (string, error) {
	v, err := answer.Decode([]byte(body))
	top, ok := v.(map[string]any)
	if err != nil || !ok {
		return "", enrichment.Fail(enrichment.CallBadInput, "the body is not a JSON object, so no page can be put into it")
	}
	at := top
	for _, name := range path[:len(path)-1] {
		in, ok := at[name].(map[string]any)
		if !ok {
			in = map[string]any{}
			at[name] = in
		}
		at = in
	}
	at[path[len(path)-1]] = value
	out, err := json.Marshal(top)
	return string(out), err
}

// add takes a page's items and reports whether another page follows.
func (t *turning) add(ctx context.Context, page any, got wire.Answer, from *url.URL) (more bool, err error) {
	p := t.paging
	t.page++
	if t.bytes += len(got.Body); t.bytes > maxPaged {
		return false, enrichment.Fail(enrichment.CallBadReply, "the pages together are longer than 4 MB; ask for fewer or smaller ones")
	}
	of := answer.Of(page)
	found, err := pick(ctx, of, p.items())
	if err != nil {
		return false, err
	}
	before := len(t.items)
	for _, v := range found {
		if list, ok := v.([]any); ok {
			t.items = append(t.items, list...)
		} else if v != nil {
			t.items = append(t.items, v)
		}
	}
	switch n := len(t.items) - before; p.Kind {
	case "page", "offset":
		t.number += p.step()
		return n > 0 && n >= p.Size, nil
	case "cursor":
		t.cursor, err = t.text(ctx, of)
		return err == nil && t.fresh(t.cursor), err
	default:
		return t.follow(ctx, of, got.Header, from)
	}
}

func pick(ctx context.Context, of *answer.Answer, path string) ([]any, error) {
	parsed, err := answer.ParsePath(path)
	if err != nil {
		return nil, enrichment.Fail(enrichment.CallBadInput, "paging: "+err.Error())
	}
	found, err := of.Get(ctx, parsed, answer.MaxValues)
	if err != nil && ctx.Err() != nil {
		return nil, wire.Explain(ctx.Err())
	}
	if err != nil {
		return nil, enrichment.Fail(enrichment.CallBadReply, "paging: "+err.Error())
	}
	return found, nil
}

// text is the cursor or link in the answer; empty for none.
func (t *turning) text(ctx context.Context, of *answer.Answer) (string, error) {
	found, err := pick(ctx, of, t.paging.Path)
	if err != nil || len(found) == 0 {
		return "", err
	}
	text := ""
	switch v := found[0].(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case nil, bool:
	default:
		return "", enrichment.Fail(enrichment.CallBadReply, "what paging.path finds is neither text nor number")
	}
	if len(text) > maxCursor {
		return "", enrichment.Fail(enrichment.CallBadReply, "what paging.path finds is longer than "+strconv.Itoa(maxCursor)+" bytes")
	}
	return text, nil
}

// fresh reports whether the cursor or link leads on; one that comes again ends the pages.
func (t *turning) fresh(mark string) bool {
	if mark == "" || slices.Contains(t.seen, mark) {
		return false
	}
	t.seen = append(t.seen, mark)
	return true
}

// follow finds the link to the next page. It must lead to the server that was asked: the key goes nowhere else.
func (t *turning) follow(ctx context.Context, of *answer.Answer, h http.Header, from *url.URL) (bool, error) {
	link := nextLink(h)
	if t.paging.Path != "" {
		var err error
		if link, err = t.text(ctx, of); err != nil {
			return false, err
		}
	}
	if link == "" {
		return false, nil
	}
	to, err := url.Parse(link)
	if err != nil || len(link) > maxCursor {
		return false, enrichment.Fail(enrichment.CallBadReply, "the link to the next page is not an address")
	}
	to = from.ResolveReference(to)
	if to.Scheme != from.Scheme || !strings.EqualFold(to.Host, from.Host) || to.User != nil {
		return false, enrichment.Fail(enrichment.CallBadReply, "the link to the next page leads to another server")
	}
	to.Fragment = ""
	t.next = to
	return t.fresh(to.String()), nil
}

var linkForm = regexp.MustCompile(`<([^<>]*)>((?:[^,"]|"[^"]*")*)`)

// nextLink is the target of the header Link whose relation is next (RFC 8288); empty for none.
func nextLink(h http.Header) string {
	all := strings.Join(h.Values("Link"), ", ")
	if len(all) > 16<<10 {
		return ""
	}
	for _, m := range linkForm.FindAllStringSubmatch(all, 50) {
		for _, param := range strings.Split(m[2], ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
			if strings.EqualFold(strings.TrimSpace(name), "rel") &&
				slices.Contains(strings.Fields(strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`))), "next") {
				return m[1]
			}
		}
	}
	return ""
}
