// Package page finds what any page says: its readable text, links, headings and what it says of itself.
package page

import (
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/adapters/scrape/extract"
	"github.com/morket/morket/domain/scrape"
)

// Extractor implements extract.Extractor.
type Extractor struct{}

// Target implements extract.Extractor.
func (Extractor) Target() scrape.Target { return scrape.TargetPage }

// Version implements extract.Extractor.
func (Extractor) Version() int { return 1 }

// Fields implements extract.Extractor.
func (Extractor) Fields() []string {
	return []string{
		"title", "description", "language", "url", "canonical", "site_name", "image", "author", "published_at", "modified_at", "text", "words",
		"headings", "links", "feeds", "emails", "open_graph", "meta", "json_ld",
	}
}

const (
	maxLinks    = 500
	maxHeadings = 100
	maxMeta     = 60
	maxEmails   = 20
)

// Extract implements extract.Extractor.
func (Extractor) Extract(d *extract.Document) (map[string]any, []string) {
	text := d.Main()
	out := map[string]any{
		"title":        title(d),
		"description":  d.Meta("description", "og:description", "twitter:description"),
		"language":     language(d),
		"url":          extract.Address(d.URL),
		"site_name":    d.Meta("og:site_name", "application-name"),
		"author":       d.Meta("author", "article:author"),
		"published_at": extract.Date(d.Meta("article:published_time", "date", "datepublished", "dc.date")),
		"modified_at":  extract.Date(d.Meta("article:modified_time", "last-modified", "datemodified")),
		"text":         text,
		"words":        float64(len(strings.Fields(text))),
		"canonical":    linkOf(d, `link[rel="canonical" i]`),
		"headings":     headings(d),
		"emails":       d.Emails(maxEmails),
		"open_graph":   prefixed(d, "og:", "article:", "profile:", "product:"),
		"meta":         named(d),
	}
	if image := d.Meta("og:image", "og:image:url", "twitter:image"); image != "" {
		out["image"] = d.Link(image)
	}
	links, more := links(d)
	out["links"] = links
	var feeds []string
	d.Find(`link[rel="alternate" i][type*="rss" i],link[rel="alternate" i][type*="atom" i]`).Each(func(_ int, s *goquery.Selection) {
		if u := d.Link(s.AttrOr("href", "")); u != "" && len(feeds) < maxHeadings {
			feeds = append(feeds, u)
		}
	})
	out["feeds"] = feeds
	var nodes []any
	for _, n := range d.Linked() {
		nodes = append(nodes, n)
	}
	out["json_ld"] = nodes
	var reasons []string
	if text == "" {
		reasons = append(reasons, "the page has no text")
	}
	if more {
		reasons = append(reasons, "the page has more links than are kept")
	}
	return out, reasons
}

func title(d *extract.Document) string {
	for _, s := range []string{
		d.Find("head title,body > title").First().Text(), d.Meta("og:title", "twitter:title"),
		d.Find("h1").First().Text(),
	} {
		if s = extract.Text(s); s != "" {
			return s
		}
	}
	return ""
}

func language(d *extract.Document) string {
	for _, s := range []string{
		d.Find("html").AttrOr("lang", ""), d.Find("html").AttrOr("xml:lang", ""),
		d.Meta("og:locale", "content-language"), d.Page.Header["content-language"],
	} {
		if s, _, _ = strings.Cut(extract.Text(s), ","); s != "" {
			return strings.ReplaceAll(s, "_", "-")
		}
	}
	return ""
}

func linkOf(d *extract.Document, selector string) string {
	href, ok := d.Find(selector).First().Attr("href")
	if !ok {
		return ""
	}
	return d.Link(href)
}

func headings(d *extract.Document) []any {
	var out []any
	d.Find("h1,h2,h3").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		if text := extract.Text(extract.TextOf(s, true)); text != "" {
			out = append(out, map[string]any{"level": float64(goquery.NodeName(s)[1] - '0'), "text": text})
		}
		return len(out) < maxHeadings
	})
	return out
}

// links are the page's, each address once, with the first text that says something.
func links(d *extract.Document) (out []any, more bool) {
	at := map[string]map[string]any{}
	d.Find("a[href]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		u := d.Link(s.AttrOr("href", ""))
		if u == "" {
			return true
		}
		text := extract.Text(extract.TextOf(s, true))
		if known, ok := at[u]; ok {
			if known["text"] == "" {
				known["text"] = text
			}
			return true
		}
		if more = len(out) >= maxLinks; more {
			return false
		}
		at[u] = map[string]any{"url": u, "text": text}
		if strings.Contains(strings.ToLower(s.AttrOr("rel", "")), "nofollow") {
			at[u]["nofollow"] = true
		}
		out = append(out, at[u])
		return true
	})
	return out, more
}

func prefixed(d *extract.Document, prefixes ...string) map[string]any {
	out := map[string]any{}
	d.Find("meta[property][content]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		name := strings.ToLower(extract.Text(s.AttrOr("property", "")))
		for _, p := range prefixes {
			if _, double := out[name]; strings.HasPrefix(name, p) && !double {
				if v := extract.Text(s.AttrOr("content", "")); v != "" {
					out[name] = v
				}
			}
		}
		return len(out) < maxMeta
	})
	return out
}

func named(d *extract.Document) map[string]any {
	out := map[string]any{}
	d.Find("meta[name][content]").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		name := strings.ToLower(extract.Text(s.AttrOr("name", "")))
		if _, double := out[name]; name != "" && name != "viewport" && !double {
			if v := extract.Text(s.AttrOr("content", "")); v != "" {
				out[name] = v
			}
		}
		return len(out) < maxMeta
	})
	return out
}
