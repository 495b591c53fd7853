package searchread

import (
	"strings"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

// The words of a cell are read with a regular expression where a query names columns. In the lower case of an ASCII text they are
// what stands between signs; where the words are others, they are written beside the cell, with spaces between them.

// noWord matches a sign that is no part of a word.
const noWord = "[\u0001-/:-@\\[-`{-\u007f]"

// end matches the end of a word.
const end = `(` + noWord + `|$)`

// pattern writes a clause as a regular expression over a cell's words. They have letters, marks and digits only, so that none is a
// sign of regular expressions.
func pattern(c searchview.Clause, near []string) string {
	var b strings.Builder
	b.WriteString(`(^|` + noWord + `)`)
	last := len(c.Words) - 1
	for i, w := range c.Words {
		if i < last {
			b.WriteString(w + noWord + `+`)
			continue
		}
		b.WriteString(`(` + w)
		if !c.Prefix {
			b.WriteString(end)
		}
		for _, n := range near {
			b.WriteString(`|` + n + end)
		}
		b.WriteString(`)`)
	}
	return b.String()
}

// foldedCells are the words of the cells whose lower case doesn't show them.
func foldedCells(c searchview.Change) map[kernel.ColumnID]string {
	var out map[kernel.ColumnID]string
	for _, t := range c.Entry.Texts {
		words := strings.Join(searchview.FoldedWords(t.Text), " ")
		if shown, ok := shownWords(string(c.Cells[t.Column])); ok && shown == words {
			continue
		}
		if out == nil {
			out = map[kernel.ColumnID]string{}
		}
		out[t.Column] = words
	}
	return out
}

// shownWords are the words of a value as Postgres finds them in its JSON; false if it has escapes or letters beyond ASCII.
func shownWords(value string) (string, bool) {
	isWord := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	for i := range len(value) {
		if value[i] >= 0x80 || value[i] == '\\' {
			return "", false
		}
	}
	words := strings.FieldsFunc(strings.ToLower(value), func(r rune) bool { return !isWord(r) })
	return strings.Join(words, " "), true
}
