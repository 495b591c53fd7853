package techdetect

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed signatures.txt
var signatureText string

// place is where a signature is looked for.
type place string

// The places. Those of DNS need no page.
const (
	inAsset  place = "asset"  // the address of a script, style, frame or picture
	inScript place = "inline" // a script of the page itself
	inHTML   place = "html"   // the page outside scripts
	inMeta   place = "meta"   // the generator that the page names
	inHeader place = "header"
	inCookie place = "cookie"
	inMX     place = "mx"
	inNS     place = "ns"
	inTXT    place = "txt"
)

// mark is one way to tell a product.
type mark struct {
	place place
	name  string // of a header
	text  string // in lower case; empty for a header that only has to be there
}

// product is what may be found.
type product struct {
	name, category string
	marks          []mark
}

// parseSignatures reads signatures.txt.
func parseSignatures(text string) ([]product, error) {
	var out []product
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.SplitN(line, " | ", 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("the signature %q is not product | category | marks", line)
		}
		p := product{name: parts[0], category: parts[1]}
		if seen[p.name] {
			return nil, fmt.Errorf("the product %s has two signatures", p.name)
		}
		seen[p.name] = true
		for field := range strings.FieldsSeq(parts[2]) {
			m, err := parseMark(field)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			p.marks = append(p.marks, m)
		}
		out = append(out, p)
	}
	return out, nil
}

// minMark is how short the text of a mark may be: less would be found by chance.
const minMark = 3

func parseMark(field string) (mark, error) {
	kind, value, ok := strings.Cut(field, ":")
	m := mark{place: place(kind), text: strings.ToLower(strings.ReplaceAll(value, "+", " "))}
	switch m.place {
	case inHeader:
		m.name, m.text, _ = strings.Cut(m.text, "=")
		if m.name == "" {
			return m, fmt.Errorf("%q names no header", field)
		}
		return m, nil
	case inAsset, inScript, inHTML, inMeta, inCookie, inMX, inNS, inTXT:
	default:
		return m, fmt.Errorf("%q is of no known kind", field)
	}
	if !ok || len(m.text) < minMark {
		return m, fmt.Errorf("%q is too short to tell anything", field)
	}
	return m, nil
}
