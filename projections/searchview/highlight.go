package searchview

import (
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

const (
	maxMatches  = 5
	beforeMark  = 40  // characters of a cell that are shown before what matched
	maxFragment = 200 // characters of a cell that are shown
)

func hit(r FoundRow, s *Structure, clauses []Clause) Hit {
	h := Hit{
		RowID: r.Row, TableID: r.Table, Name: r.Entry.Name, NameHTML: html.EscapeString(r.Entry.Name), Score: r.Score, Matches: []Match{},
		Tags: orEmpty(r.Entry.Tags), States: orEmpty(r.Entry.States), Providers: orEmpty(r.Entry.Providers),
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if s == nil {
		return h
	}
	h.TableName = s.Name()
	if marked, ok := highlight(r.Entry.Name, "", clauses); ok {
		h.NameHTML = marked
	}
	for _, c := range s.searched {
		v, ok := r.Cells[c.ID]
		if !ok || len(h.Matches) == maxMatches {
			continue
		}
		if marked, ok := highlight(cut(table.Format(c, v), maxText), c.ID, clauses); ok {
			h.Matches = append(h.Matches, Match{ColumnID: c.ID, Column: c.Name, HTML: marked})
		}
	}
	return h
}

func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// highlight returns the part of a text around what matches, escaped, with the matching words in <mark>. A column limits the
// clauses to those that look into it; "" is the row's name.
func highlight(text string, column kernel.ColumnID, clauses []Clause) (string, bool) {
	words := Words(text)
	marked := make([]bool, len(words))
	first := -1
	for _, c := range clauses {
		if column != "" && c.Columns != nil && !slices.Contains(c.Columns, column) {
			continue
		}
		for i := range words {
			if !c.at(words[i:]) {
				continue
			}
			for k := range c.Words {
				marked[i+k] = true
			}
			if first < 0 || i < first {
				first = i
			}
		}
	}
	if first < 0 {
		return "", false
	}
	return fragment(text, words, marked, first), true
}

// at reports whether the clause matches the words at their beginning.
func (c Clause) at(words []Word) bool {
	if len(words) < len(c.Words) {
		return false
	}
	for i, w := range c.Words {
		if !c.word(w, words[i].Text, i == len(c.Words)-1) {
			return false
		}
	}
	return true
}

func (c Clause) word(asked, found string, last bool) bool {
	return asked == found || last && c.Prefix && strings.HasPrefix(found, asked) || c.Edits > 0 && Within(asked, found, c.Edits)
}

func fragment(text string, words []Word, marked []bool, first int) string {
	from := back(text, words[first].Start, beforeMark)
	shown := text[from:]
	to := from + len(cut(shown, maxFragment))
	var b strings.Builder
	if from > 0 {
		b.WriteString("…")
	}
	at := from
	for i, w := range words {
		if !marked[i] || w.Start < at || w.End > to {
			continue
		}
		b.WriteString(html.EscapeString(text[at:w.Start]))
		b.WriteString("<mark>" + html.EscapeString(text[w.Start:w.End]) + "</mark>")
		at = w.End
	}
	b.WriteString(html.EscapeString(text[at:to]))
	if to < len(text) {
		b.WriteString("…")
	}
	return b.String()
}

// back goes n characters back from a byte of the text, to the beginning of a word where there is one near.
func back(text string, at, n int) int {
	from := at
	for ; n > 0 && from > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(text[:from])
		from -= size
	}
	if from == 0 {
		return 0
	}
	if space := strings.IndexByte(text[from:at], ' '); space >= 0 {
		return from + space + 1
	}
	return from
}

// Matches reports whether what a document is found by matches the clause.
func (c Clause) Matches(e Entry) bool {
	for _, t := range e.Texts {
		if c.Columns != nil && !slices.Contains(c.Columns, t.Column) {
			continue
		}
		words := Words(t.Text)
		for i := range words {
			if c.at(words[i:]) {
				return true
			}
		}
	}
	return false
}
