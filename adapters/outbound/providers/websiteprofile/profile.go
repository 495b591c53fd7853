package websiteprofile

import (
	"net/url"
	"regexp"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// reading takes what is of interest out of a page. Of each output the first good value counts, in the order in which they are set.
type reading struct {
	doc  *goquery.Document
	base *url.URL // by which the page's addresses are resolved
	org  []map[string]any
	site []map[string]any
	meta map[string][]string // by name, property or itemprop, in lower case
	out  map[string]any
}

// profile takes what is of interest out of a page.
func profile(doc *goquery.Document, at *url.URL) map[string]any {
	l := readLinked(doc)
	r := &reading{
		doc:  doc,
		base: baseOf(doc, at),
		org:  l.organisation(),
		site: l.sites,
		meta: metaOf(doc),
		out:  map[string]any{"url": at.String()},
	}
	r.set("title", append([]string{titleOf(doc)}, r.of("og:title", "twitter:title", "title", "dc.title")...)...)
	r.set("title", append(all(r.site, "name"), doc.Find("h1").First().Text())...)
	r.set("description", r.of("description", "og:description", "twitter:description", "dc.description", "dcterms.description")...)
	r.set("description", append(all(r.org, "description"), all(r.site, "description")...)...)
	r.set("name", r.of("og:site_name", "application-name", "apple-mobile-web-app-title")...)
	r.set("name", append(all(r.org, "name"), all(r.site, "name")...)...)
	r.language()
	r.links("image", append(r.of("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src", "image"),
		all(r.org, "image", "url", "contentUrl", "@id")...))
	r.links("logo", append(all(r.org, "logo", "url", "contentUrl", "@id"), r.of("og:logo", "logo")...))
	r.set("generator", r.of("generator")...)
	if k := listOf(strings.Split(strings.Join(r.of("keywords"), ","), ",")); len(k) > 0 {
		r.out["keywords"] = k
	}
	for _, n := range r.org {
		r.set("address", postalAddress(n["address"]))
	}
	r.reachedAt()
	return r.out
}

// titleOf returns the page's title; not that of a drawing in it.
func titleOf(doc *goquery.Document) string {
	for _, where := range []string{"head title", "body > title"} {
		if t := doc.Find(where).First().Text(); good(t) != "" {
			return t
		}
	}
	return ""
}

// set takes the first good value.
func (r *reading) set(name string, values ...string) {
	for _, v := range values {
		if v = good(v); v != "" && r.out[name] == nil {
			r.out[name] = v
			return
		}
	}
}

// links takes the first address that leads anywhere.
func (r *reading) links(name string, values []string) {
	for _, v := range values {
		if v = absolute(r.base, v); v != "" && r.out[name] == nil {
			r.out[name] = v
			return
		}
	}
}

// of returns the contents of the meta elements with these names, those of the first name first.
func (r *reading) of(names ...string) []string {
	var out []string
	for _, n := range names {
		out = append(out, r.meta[n]...)
	}
	return out
}

// metaOf reads all meta elements once.
func metaOf(doc *goquery.Document) map[string][]string {
	out := map[string][]string{}
	doc.Find("meta[content]").Each(func(_ int, m *goquery.Selection) {
		content, _ := m.Attr("content")
		for _, by := range []string{"name", "property", "itemprop", "http-equiv"} {
			if key, ok := m.Attr(by); ok {
				key = strings.ToLower(strings.TrimSpace(key))
				if len(out[key]) < maxList && (len(out[key]) == 0 || out[key][len(out[key])-1] != content) {
					out[key] = append(out[key], content)
				}
			}
		}
	})
	return out
}

var languageTag = regexp.MustCompile(`^[a-z]{2,3}$`)

func (r *reading) language() {
	root := r.doc.Find("html").First()
	lang, _ := root.Attr("lang")
	xml, _ := root.Attr("xml:lang")
	for _, tag := range append([]string{lang, xml}, r.of("content-language", "og:locale", "language", "dc.language")...) {
		tag, _, _ = strings.Cut(strings.ReplaceAll(strings.ToLower(strings.TrimSpace(tag)), "_", "-"), "-")
		if languageTag.MatchString(tag) && tag != "und" && tag != "xxx" {
			r.out["language"] = tag
			return
		}
	}
}

// baseOf is what the page's addresses are relative to (HTML, 4.2.3): the first base element with an address, else its own.
func baseOf(doc *goquery.Document, at *url.URL) *url.URL {
	href, _ := doc.Find("base[href]").First().Attr("href")
	if u, err := at.Parse(strings.TrimSpace(href)); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		!isTemplate(href) {
		return u
	}
	return at
}

const maxAddress = 2000 // bytes of an address that a page names

// absolute resolves an address of the page; "" if it is none of a site.
func absolute(base *url.URL, ref string) string {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxAddress || isTemplate(ref) || strings.ContainsAny(ref, "{}") || placeholders()[strings.ToLower(ref)] {
		return ""
	}
	u, err := base.Parse(ref)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.HasPrefix(ref, "#") {
		return ""
	}
	return u.String()
}

// reachedAt reads where the organisation is reached: its profiles, mail and telephone. What it says of itself comes before the links.
func (r *reading) reachedAt() {
	p := &profiles{links: map[string]string{}, certain: map[string]bool{}}
	for _, s := range all(r.org, "sameAs", "url", "@id") {
		p.add(r.base, s)
	}
	var emails, phones []string
	for _, s := range contacts(r.org, "email") {
		emails = append(emails, mailto(strings.TrimPrefix(strings.TrimSpace(s), "mailto:"))...)
	}
	for _, s := range contacts(r.org, "telephone") {
		if n := telephone(strings.TrimPrefix(clean(s), "tel:")); n != "" {
			phones = append(phones, n)
		}
	}
	r.doc.Find("a[href],area[href],link[rel=me][href]").Each(func(_ int, a *goquery.Selection) {
		href, _ := a.Attr("href")
		href = strings.TrimSpace(href)
		switch scheme, rest, _ := strings.Cut(href, ":"); {
		case len(href) > maxAddress:
		case strings.EqualFold(scheme, "mailto"):
			if len(emails) < maxLooked {
				emails = append(emails, mailto(rest)...)
			}
		case strings.EqualFold(scheme, "tel"), strings.EqualFold(scheme, "callto"):
			if n := telephone(rest); n != "" && len(phones) < maxLooked {
				phones = append(phones, n)
			}
		default:
			p.add(r.base, href)
		}
	})
	for _, handle := range r.of("twitter:site") {
		if strings.HasPrefix(strings.TrimSpace(handle), "@") {
			p.add(r.base, "https://x.com/"+strings.TrimPrefix(strings.TrimSpace(handle), "@"))
		}
	}
	for name, link := range p.links {
		r.out[name] = link
	}
	emails = append(emails, mailAddresses(visible(r.doc))...)
	if e := listOf(emails); len(e) > 0 {
		r.out["emails"], r.out["email"] = e, e[0]
	}
	if n := listOf(phones); len(n) > 0 {
		r.out["phones"], r.out["phone"] = n, n[0]
	}
}

// maxLooked is how many addresses and numbers of a page are compared with each other.
const maxLooked = 200

// maxVisible is how much of a page's text is looked through, in bytes.
const maxVisible = 500_000

// visible returns the text that a reader of the page sees. Elements are set apart by a space: what stands in two cells of a table is
// not one word.
func visible(doc *goquery.Document) string {
	var out strings.Builder
	for _, root := range doc.Find("body").Nodes {
		write(&out, root)
	}
	return out.String()
}

func write(out *strings.Builder, n *html.Node) {
	if out.Len() > maxVisible {
		return
	}
	switch n.Type {
	case html.TextNode:
		out.WriteString(n.Data)
	case html.ElementNode:
		switch n.Data {
		case "script", "style", "noscript", "template", "iframe", "object", "textarea":
			return
		case "wbr":
		default:
			out.WriteByte(' ')
			defer out.WriteByte(' ')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			write(out, c)
		}
	default:
	}
}
