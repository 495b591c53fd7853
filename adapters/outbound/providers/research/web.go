package research

import (
	"context"
	"strings"

	"github.com/morket/morket/adapters/outbound/providers/llm"
	"github.com/morket/morket/adapters/outbound/providers/websearch"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/scrape"
)

// web is the tools of the open web.
type web struct {
	engine    *websearch.Engine
	with      enrichment.Access
	reader    Reader
	workspace kernel.WorkspaceID
	pages     map[string]read // those that were read, by address
}

// read is a page that was read.
type read struct {
	first part // without text
	texts []string
}

// search implements tools.
func (w *web) search(ctx context.Context, query string) ([]websearch.Result, error) {
	found, err := w.engine.Find(ctx, w.with, query)
	for i, r := range found {
		found[i].Title, found[i].Snippet = llm.Clean(r.Title), llm.Clean(r.Snippet)
	}
	return found, err
}

// read implements tools.
func (w *web) read(ctx context.Context, address string, n int) (part, error) {
	pg, known := w.pages[address]
	if !known {
		out := w.reader.Read(ctx, w.workspace, scrape.Task{URL: address, Target: scrape.TargetPage, Mode: scrape.ModeAuto, Within: pageWithin})
		if out.Fault != nil {
			return part{}, enrichment.Fail(enrichment.CallUnreachable, out.Fault.Message)
		}
		pg = pageOf(out)
		w.pages[address] = pg
	}
	if n < 1 || n > len(pg.texts) {
		return part{}, toolError("the page has no such part")
	}
	got := pg.first
	got.Text, got.Part, got.Parts = pg.texts[n-1], n, len(pg.texts)
	if n > 1 {
		got.Links = nil
	}
	return got, nil
}

func pageOf(out scrape.Outcome) read {
	text := func(v any) string {
		s, _ := v.(string)
		return strings.TrimSpace(llm.Clean(s))
	}
	pg := read{first: part{URL: out.Page.URL, Title: text(out.Extract.Fields["title"])}, texts: split(text(out.Extract.Fields["text"]))}
	links, _ := out.Extract.Fields["links"].([]any)
	for _, l := range links {
		if m, ok := l.(map[string]any); ok {
			pg.first.Links = append(pg.first.Links, link{text(m["url"]), text(m["text"])})
		}
	}
	return pg
}
