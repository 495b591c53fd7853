package extract

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/morket/morket/domain/scrape"
)

// Document is a page as extractors see it.
type Document struct {
	*goquery.Document

	URL  *url.URL
	HTML string
	Page scrape.Page

	linked []map[string]any
	read   bool
}

// maxBody is how much of a page is looked at.
const maxBody = 4 << 20

// NewDocument parses a page.
func NewDocument(bound func(string) string, p scrape.Page) (*Document, error) {
	p.Body = p.Body[:min(len(p.Body), maxBody)]
	u, err := url.Parse(p.URL)
	if err != nil {
		return nil, err
	}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(bound(string(p.Body))))
	if err != nil {
		return nil, err
	}
	d := &Document{Document: doc, URL: u, HTML: string(p.Body), Page: p}
	if base, ok := doc.Find("base[href]").First().Attr("href"); ok {
		if b, err := u.Parse(base); err == nil && (b.Scheme == "http" || b.Scheme == "https") {
			d.URL = b
		}
	}
	return d, nil
}

// Meta returns the first of the meta elements with one of the names (name, property or itemprop) that says something.
func (d *Document) Meta(names ...string) string {
	for _, name := range names {
		found := ""
		d.Find("meta").EachWithBreak(func(_ int, s *goquery.Selection) bool {
			for _, key := range []string{"property", "name", "itemprop"} {
				if v, ok := s.Attr(key); ok && strings.EqualFold(strings.TrimSpace(v), name) {
					found = Text(s.AttrOr("content", ""))
				}
			}
			return found == ""
		})
		if found != "" {
			return found
		}
	}
	return ""
}

// Link resolves an address that the page names; "" if it is none of the web.
func (d *Document) Link(href string) string {
	u, err := d.URL.Parse(strings.TrimSpace(href))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return Address(u)
}

// Emails returns the addresses that the page links to, in lower case, each once, at most so many.
func (d *Document) Emails(most int) []string {
	var out []string
	d.Find(`a[href^="mailto:" i]`).EachWithBreak(func(_ int, s *goquery.Selection) bool {
		address, _, _ := strings.Cut(s.AttrOr("href", "")[len("mailto:"):], "?")
		address = strings.ToLower(Text(strings.ReplaceAll(address, "%40", "@")))
		if strings.Count(address, "@") == 1 && !strings.ContainsAny(address, " ,;<>") && !slices.Contains(out, address) {
			out = append(out, address)
		}
		return len(out) < most
	})
	return out
}

const (
	maxLinked      = 64        // nodes of JSON-LD
	maxLinkedBytes = 512 << 10 // of a page
	maxLinkedDepth = 8
)

// Linked returns the nodes of the page's JSON-LD that have a type, the outer ones first.
func (d *Document) Linked() []map[string]any {
	if d.read {
		return d.linked
	}
	d.read = true
	left := maxLinkedBytes
	d.Find("script").EachWithBreak(func(_ int, s *goquery.Selection) bool {
		text := s.Text()
		if !strings.Contains(strings.ToLower(s.AttrOr("type", "")), "ld+json") || len(text) > left {
			return true
		}
		left -= len(text)
		var v any
		dec := json.NewDecoder(strings.NewReader(tidy(text)))
		if dec.Decode(&v) == nil {
			d.walk(v, 0)
		}
		return len(d.linked) < maxLinked
	})
	return d.linked
}

func (d *Document) walk(v any, depth int) {
	if depth > maxLinkedDepth || len(d.linked) >= maxLinked {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			d.walk(e, depth+1)
		}
	case map[string]any:
		if _, typed := v["@type"]; typed {
			d.linked = append(d.linked, v)
		}
		for _, key := range []string{"@graph", "mainEntity", "about", "itemListElement", "item"} {
			d.walk(v[key], depth+1)
		}
	}
}

// tidy takes away what pages put around JSON-LD, and line breaks within its texts, which are not JSON.
func tidy(s string) string {
	s = strings.TrimSpace(s)
	for _, wrap := range [][2]string{{"<!--", "-->"}, {"//<![CDATA[", "//]]>"}, {"/*<![CDATA[*/", "/*]]>*/"}, {"<![CDATA[", "]]>"}} {
		if inner, ok := strings.CutPrefix(s, wrap[0]); ok {
			s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(inner), wrap[1]))
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, strings.TrimSuffix(s, ";"))
}

// Typed returns the first node of JSON-LD of one of the types, nil if there is none.
func (d *Document) Typed(types ...string) map[string]any {
	for _, node := range d.Linked() {
		for _, have := range Texts(node["@type"]) {
			have = have[strings.LastIndexAny(have, "/:#")+1:]
			for _, want := range types {
				if strings.EqualFold(have, want) {
					return node
				}
			}
		}
	}
	return nil
}

// left are elements whose text is not part of what a page says.
func left(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Svg, atom.Iframe, atom.Object, atom.Select, atom.Button, atom.Head:
		return true
	default:
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			if strings.EqualFold(a.Val, "true") {
				return true
			}
		case "style":
			style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
			if strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden") ||
				strings.Contains(style, "font-size:0") && !strings.Contains(style, "font-size:0.") || strings.Contains(style, "opacity:0;") {
				return true
			}
		}
	}
	return false
}

// around are the parts of a page that are the same on all pages of a site.
func around(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Nav, atom.Footer, atom.Aside, atom.Form, atom.Dialog:
		return true
	default:
	}
	for _, a := range n.Attr {
		if a.Key == "role" && (a.Val == "navigation" || a.Val == "contentinfo" || a.Val == "banner" || a.Val == "complementary" ||
			a.Val == "dialog" || a.Val == "search") {
			return true
		}
	}
	return false
}

// block reports elements that begin a line.
func block(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Main, atom.Header, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Ul,
		atom.Ol, atom.Li, atom.Dl, atom.Dt, atom.Dd,
		atom.Table, atom.Tr, atom.Br, atom.Hr, atom.Blockquote, atom.Pre, atom.Figure, atom.Figcaption, atom.Address, atom.Details,
		atom.Summary, atom.Fieldset, atom.Nav, atom.Footer, atom.Aside:
		return true
	default:
		return false
	}
}

const maxText = 100_000 // bytes of a page's text

// TextOf returns the text that a reader sees in the selection, a line for each block. All of it with whole, else without what is around the
// contents of a page. The tree is walked without recursion: its depth is the page's to say.
func TextOf(s *goquery.Selection, whole bool) string {
	var out strings.Builder
	for _, root := range s.Nodes {
		for n := root; n != nil && out.Len() < maxText; {
			skip := n.Type == html.ElementNode && (left(n) || !whole && n != root && around(n))
			switch {
			case n.Type == html.TextNode:
				out.WriteString(n.Data[:min(len(n.Data), maxText-out.Len())])
			case n.Type == html.ElementNode && !skip && block(n):
				out.WriteString("\n")
			case n.DataAtom == atom.Td || n.DataAtom == atom.Th:
				out.WriteString("\t")
			}
			if n.FirstChild != nil && !skip {
				n = n.FirstChild
				continue
			}
			for n != root && n.NextSibling == nil {
				n = n.Parent
				if block(n) {
					out.WriteString("\n")
				}
			}
			if n == root {
				break
			}
			n = n.NextSibling
		}
		out.WriteString("\n")
	}
	return Lines(out.String())
}

// Main returns the text of what the page is about: its main or article element if most of the text stands there, else its body without
// what is around it.
func (d *Document) Main() string {
	body := TextOf(d.Find("body").First(), false)
	for _, selector := range []string{"main,[role=main]", "article"} {
		if part := TextOf(d.Find(selector).First(), false); len(part)*2 > len(body) {
			return part
		}
	}
	return body
}

const (
	shellText   = 200 // bytes of visible text, with which a page with scripts may be nothing but a shell
	shellScript = 80  // bytes of text beside a root that scripts fill
)

// shell reports a page that says next to nothing and has scripts that may say more.
func (d *Document) shell() bool {
	if d.Find("script").Length() == 0 {
		return false
	}
	text := len(TextOf(d.Find("body").First(), true))
	if text < shellScript {
		return true
	}
	empty := false
	roots := d.Find("#root,#app,#__next,#__nuxt,#___gatsby,#svelte,app-root,[data-reactroot],[ng-app]")
	roots.EachWithBreak(func(_ int, s *goquery.Selection) bool {
		empty = TextOf(s, true) == ""
		return !empty
	})
	asks := strings.Contains(strings.ToLower(d.Find("noscript").Text()), "javascript")
	return empty && text < shellText*5 || asks && text < shellText
}
