package domainfrom

import (
	"strings"
	"unicode"

	"github.com/morket/morket/domain/enrichment"
)

// way is how a label is made of a name. The order counts: what two ways make is the first one's.
type way int

// The ways.
const (
	wayWhole        way = iota // advancedmicrodevices
	wayBare                    // without what frames say: apollo of Apollo Global Management Group
	wayCore                    // without what trades say, too
	wayFirst                   // the first word
	wayTwo                     // the first two words
	wayHyphen                  // all words with hyphens
	wayTwoHyphen               // the first two words with a hyphen
	wayInitials                // of all words
	wayBareInitials            // of what is not a frame
	wayOfAll                   // of all words, those that join others too
	wayCapitals                // a word of capitals, as in PT Bank Mandiri BUMN
	wayGroup                   // bare and group, as holdings are called
	wayCorp                    // bare and corp
	wayFrame                   // bare and the name's own first frame: thetimescompany
	waySecond                  // the first two words where the first is a head: bankmandiri
	wayThree                   // the first three words
	wayUmlaut                  // bare, with umlauts written out: duerr
	wayInner                   // the last word of what is not a frame
	wayThe                     // the and bare: thetradedesk
	wayForm                    // bare and the first word of the legal form: mosaicco
	wayFormInitials            // initials of the words and the legal form: ril
	ways
)

// label is the part of a domain before its ending.
type label struct {
	text string
	way  way
}

const (
	maxLabel = 63
	maxWords = 12 // of a name that count
)

// named is a name in words.
type named struct {
	words  []string // folded, without signs; those that join others too
	bare   []string // without heads, links and frames
	core   []string // without trades too
	frame  string   // the first frame that was left out
	umlaut string   // bare, with umlauts written out
	caps   []string // words of 2 to 5 capitals
	form   []string // of the legal form
}

// parseName takes a name without its legal form apart. Initials that stand apart are one word: J. P. Morgan is jp morgan.
func parseName(name, form string) named {
	var n named
	for _, raw := range split(form) {
		if w := enrichment.Latin(raw); w != "" {
			n.form = append(n.form, w)
		}
	}
	var spelled []string
	for _, raw := range split(name) {
		w := enrichment.Latin(raw)
		if w == "" {
			continue
		}
		if len(n.words) == maxWords {
			break
		}
		single := len(w) == 1 && unicode.IsUpper([]rune(raw)[0])
		if k := len(n.words); single && k > 0 && spelled[k-1] != "" {
			n.words[k-1] += w
			spelled[k-1] += w
			continue
		}
		n.words = append(n.words, w)
		if single {
			spelled = append(spelled, w)
		} else {
			spelled = append(spelled, "")
		}
		if len(w) >= 2 && len(w) <= 5 && strings.ToUpper(raw) == raw && strings.ToLower(raw) != raw {
			n.caps = append(n.caps, w)
		}
	}
	rest := n.words
	for len(rest) > 1 && heads[rest[0]] {
		rest = rest[1:]
	}
	for len(rest) > 1 && (frames[rest[len(rest)-1]] || links[rest[len(rest)-1]]) {
		if frames[rest[len(rest)-1]] {
			n.frame = rest[len(rest)-1]
		}
		rest = rest[:len(rest)-1]
	}
	n.bare = rest
	for len(rest) > 1 && (trades[rest[len(rest)-1]] || links[rest[len(rest)-1]] || frames[rest[len(rest)-1]]) {
		rest = rest[:len(rest)-1]
	}
	n.core = rest
	n.umlaut = strings.Join(mapped(strings.Fields(name), len(n.bare)), "")
	return n
}

// split parts a name at white space and at signs, but not at the apostrophe of Kohl's or within A.P.
func split(name string) []string {
	return strings.FieldsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' && r != '.' && r != '&' && !unicode.IsMark(r)
	})
}

var umlauts = strings.NewReplacer( //nolint:gochecknoglobals // a constant table
	"ä", "ae", "ö", "oe", "ü", "ue", "Ä", "ae", "Ö", "oe", "Ü", "ue", "å", "aa", "Å", "aa",
)

// mapped are the first words with umlauts written out, none if there are none.
func mapped(words []string, n int) []string {
	var out []string
	for _, w := range words[:min(n, len(words))] {
		out = append(out, enrichment.Latin(umlauts.Replace(w)))
	}
	return out
}

// labels are what the name suggests, each once.
func (n named) labels() []label {
	var out []label
	seen := map[string]bool{}
	add := func(w way, text string) {
		text = strings.Trim(text, "-")
		if text == "" || len(text) > maxLabel || seen[text] {
			return
		}
		seen[text] = true
		out = append(out, label{text, w})
	}
	words := n.words
	if len(words) == 0 {
		return nil
	}
	if words[0] == "the" && len(words) > 1 {
		words = words[1:]
	}
	plain := without(words, links)
	bare := without(n.bare, links)
	add(wayWhole, join(words))
	add(wayBare, join(n.bare))
	add(wayCore, join(n.core))
	add(wayTwo, join(first(bare, 2)))
	add(wayFirst, join(first(bare, 1)))
	add(wayHyphen, strings.Join(words, "-"))
	add(wayTwoHyphen, strings.Join(first(bare, 2), "-"))
	add(wayInitials, initials(plain))
	add(wayBareInitials, initials(bare))
	add(wayOfAll, initials(words))
	for _, c := range n.caps {
		add(wayCapitals, c)
	}
	add(wayGroup, join(n.bare)+"group")
	add(wayCorp, join(n.core)+"corp")
	if n.frame != "" {
		add(wayFrame, join(n.bare)+n.frame)
	}
	add(waySecond, join(first(without(n.words, links), 2)))
	add(wayThree, join(first(bare, 3)))
	add(wayUmlaut, n.umlaut)
	if n.words[0] == "the" {
		add(wayThe, "the"+join(n.bare))
		add(wayThe, join(n.words))
	}
	if len(n.form) > 0 {
		add(wayForm, join(n.bare)+n.form[0])
		add(wayFormInitials, initials(append(without(n.words, links), n.form[0])))
	}
	if len(bare) > 1 {
		add(wayInner, bare[len(bare)-1])
	}
	return out
}

func join(words []string) string { return strings.Join(words, "") }

func first(words []string, n int) []string { return words[:min(n, len(words))] }

func without(words []string, drop map[string]bool) []string {
	var out []string
	for _, w := range words {
		if !drop[w] {
			out = append(out, w)
		}
	}
	return out
}

func initials(words []string) string {
	if len(words) < 2 {
		return ""
	}
	var b strings.Builder
	for _, w := range words {
		b.WriteByte(w[0])
	}
	return b.String()
}
