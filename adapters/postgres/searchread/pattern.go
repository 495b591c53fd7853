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

// foldedCells are the words of the cells whose lower case doesn't show them. texts are the words of each of the entry's texts.
func foldedCells(c searchview.Change, texts [][]searchview.Word) map[kernel.ColumnID]string {
	var out map[kernel.ColumnID]string
	for i, t := range c.Entry.Texts {
		if shows(string(c.Cells[t.Column]), texts[i]) {
			continue
		}
		if out == nil {
			out = map[kernel.ColumnID]string{}
		}
		words := make([]string, len(texts[i]))
		for k, w := range texts[i] {
			words[k] = w.Text
		}
		out[t.Column] = strings.Join(words, " ")
	}
	return out
}

// shows reports whether Postgres finds just these words in the lower case of a value's JSON: not if it has escapes or letters beyond ASCII.
func shows(value string, words []searchview.Word) bool {
	for i := range len(value) {
		if value[i] >= 0x80 || value[i] == '\\' {
			return false
		}
	}
	n := 0
	for word := range strings.FieldsFuncSeq(strings.ToLower(value), func(r rune) bool {
		return (r < 'a' || r > 'z') &&
			(r < '0' || r > '9')
	}) {
		if n == len(words) || words[n].Text != word {
			return false
		}
		n++
	}
	return n == len(words)
}
