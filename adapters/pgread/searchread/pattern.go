package searchread

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/morket/morket/projections/searchview"
)

// The letters of the Latin blocks, which fold to those of ASCII.
const firstFolded, lastFolded = '\u00c0', '\u1eff'

// letters lists for each ASCII letter those that fold to it alone, so that a regular expression finds them in a text that is
// not folded.
func letters() map[rune]string {
	out := map[rune]string{}
	for r := rune('a'); r <= 'z'; r++ {
		out[r] = string(r) + string(unicode.ToUpper(r))
	}
	for r := rune(firstFolded); r <= lastFolded; r++ {
		if folded := []rune(searchview.Fold(string(r))); len(folded) == 1 && out[folded[0]] != "" {
			out[folded[0]] += string(r)
		}
	}
	return out
}

// noWord matches a sign that is no part of a word: the database may know ASCII's letters only, so the others' signs are
// listed.
const noWord = `[\u0001-/:-@\[-` + "`" + `{-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb\u00bf\u00d7\u00f7\u2000-\u206f\u2190-\u2bff\u3000-\u303f]`

// end matches the end of a word.
const end = `(` + noWord + `|$)`

// marks are accents that stand behind their letter.
const marks = `[\u0300-\u036f]*`

// pattern writes a clause as a regular expression over a cell's text.
func (q *Queries) pattern(c searchview.Clause, near []string) string {
	var b strings.Builder
	b.WriteString(`(^|` + noWord + `)`)
	last := len(c.Words) - 1
	for i, w := range c.Words {
		if i > 0 {
			b.WriteString(noWord + `+`)
		}
		b.WriteString(`(` + q.word(w))
		if i == last {
			if !c.Prefix {
				b.WriteString(end)
			}
			for _, n := range near {
				b.WriteString(`|` + q.word(n) + end)
			}
		}
		b.WriteString(`)`)
	}
	return b.String()
}

// word matches the ways to write a folded word.
func (q *Queries) word(w string) string {
	var b strings.Builder
	for w != "" {
		r, size := utf8.DecodeRuneInString(w)
		one := "[" + string(r) + string(unicode.ToUpper(r)) + "]" + marks
		if set := q.letters[r]; set != "" {
			one = "[" + set + "]" + marks
		}
		if single := ligature(w); single != "" {
			next := "[" + q.letters[rune(w[1])] + "]" + marks
			one, size = "("+one+next+"|["+single+"])", 2
		}
		b.WriteString(one)
		w = w[size:]
	}
	return b.String()
}

// ligature returns the letters that fold to the two at the beginning.
func ligature(w string) string {
	switch {
	case strings.HasPrefix(w, "ss"):
		return "ßẞ"
	case strings.HasPrefix(w, "ae"):
		return "æÆ"
	case strings.HasPrefix(w, "oe"):
		return "œŒ"
	case strings.HasPrefix(w, "th"):
		return "þÞ"
	default:
		return ""
	}
}
