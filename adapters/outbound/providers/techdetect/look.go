package techdetect

import (
	"strings"

	"github.com/PuerkitoBio/goquery"

	"github.com/morket/morket/adapters/outbound/providers/websiteprofile"
)

// Limits of what is looked at. A page is 2 MB at most; most of what tells a product stands near its beginning or its end.
const (
	maxAssets  = 2_000
	maxScripts = 500
	maxAddress = 500    // bytes of an address
	maxScript  = 20_000 // bytes of a script of the page itself
)

// look gathers what of a site may tell a product.
func look(site websiteprofile.Site) sights {
	seen := sights{}
	for name, values := range site.Header {
		for _, v := range values {
			key := "header " + strings.ToLower(name)
			seen[key] = append(seen[key], strings.ToLower(v))
		}
	}
	for _, c := range site.Cookies {
		seen.add(inCookie, c.Name)
	}
	if site.Doc == nil {
		return seen
	}
	site.Doc.Find(`meta[name="generator" i]`).Each(func(_ int, m *goquery.Selection) {
		seen.add(inMeta, strings.TrimSpace(m.AttrOr("content", "")))
	})
	assets := 0
	addressed := site.Doc.Find("script[src], link[href], iframe[src], img[src], source[src], form[action]")
	addressed.EachWithBreak(func(_ int, e *goquery.Selection) bool {
		for _, attribute := range []string{"src", "href", "action"} {
			if v, ok := e.Attr(attribute); ok && !strings.HasPrefix(v, "data:") {
				seen.add(inAsset, v[:min(len(v), maxAddress)])
				assets++
			}
		}
		return assets < maxAssets
	})
	scripts := 0
	site.Doc.Find("script:not([src])").EachWithBreak(func(_ int, e *goquery.Selection) bool {
		text := e.Text()
		seen.add(inScript, text[:min(len(text), maxScript)])
		scripts++
		return scripts < maxScripts
	})
	seen.add(inHTML, markup(site.Doc))
	return seen
}

// markup is the page without its scripts: their ids and attributes stay, since products are told by them.
func markup(doc *goquery.Document) string {
	clone := goquery.CloneDocument(doc)
	clone.Find("script, style").Each(func(_ int, e *goquery.Selection) { e.Empty() })
	text, err := clone.Html()
	if err != nil {
		return ""
	}
	return text
}
