package websiteprofile

import (
	"strings"

	"golang.org/x/net/html"
)

const maxElements = 50_000

// bounded makes of a page one whose tree is no larger than the page. Elements of formatting are left out: by the rules of HTML each
// paragraph opens again those that were not closed, so that a page of 2 MB could become a tree of 100 million elements. What comes
// after maxElements elements is left out too. Nesting bounds the parser itself.
func bounded(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	z.SetMaxBuf(len(page) + 1)
	var out strings.Builder
	out.Grow(len(page))
	for elements := 0; ; {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return out.String()
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			raw := z.Raw()
			name, _ := z.TagName()
			if formatting(string(name)) {
				continue
			}
			if kind != html.EndTagToken {
				if elements++; elements > maxElements {
					return out.String()
				}
			}
			out.Write(raw)
		default:
			out.Write(z.Raw())
		}
	}
}

// formatting reports the elements that HTML, 13.2.4.3, keeps in a list of their own; but for a, of which only one can be open.
func formatting(name string) bool {
	switch name {
	case "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u":
		return true
	default:
		return false
	}
}
