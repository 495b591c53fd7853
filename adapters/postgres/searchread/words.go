package searchread

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

const (
	maxRowWords = 5_000  // of a row that are found
	gap         = 10     // positions between two cells, so that no phrase goes across
	maxPosition = 16_383 // of a tsvector: PostgreSQL's manual, "Text Search Types"

	minTerm, maxTerm = 3, 32 // letters of the words that are found with letters wrong
)

// delta counts how many rows more, or fewer, have a word or a value.
type delta struct {
	terms  map[termKey]int64
	labels map[labelKey]int64
}

type termKey struct {
	workspace kernel.WorkspaceID
	term      string
}

type labelKey struct {
	workspace kernel.WorkspaceID
	table     kernel.TableID
	label     string
}

func newDelta() *delta { return &delta{map[termKey]int64{}, map[labelKey]int64{}} }

// change counts a change in and returns the document's words as Postgres writes them, and those of each of its texts.
func (d *delta) change(c searchview.Change) (words string, texts [][]searchview.Word) {
	texts = wordsIn(c.Entry)
	after := wordsOf(c.Entry, texts)
	d.count(c.Document, c.Entry, after, 1)
	if c.Before != nil {
		d.count(c.Document, *c.Before, wordsOf(*c.Before, wordsIn(*c.Before)), -1)
	}
	if c.Gone {
		return "", texts
	}
	return vector(string(c.Workspace), after), texts
}

// wordsIn splits each text of an entry.
func wordsIn(e searchview.Entry) [][]searchview.Word {
	out := make([][]searchview.Word, len(e.Texts))
	for i, t := range e.Texts {
		out[i] = searchview.Words(t.Text)
	}
	return out
}

func (d *delta) count(doc *searchview.Document, e searchview.Entry, words []placed, by int64) {
	seen := make(map[string]bool, len(words))
	for _, w := range words {
		if !seen[w.text] && isTerm(w.text) {
			seen[w.text] = true
			d.terms[termKey{doc.Workspace, w.text}] += by
		}
	}
	for _, s := range e.Suggest {
		d.labels[labelKey{doc.Workspace, doc.Table, s}] += by
	}
}

// isTerm reports whether a word can be meant by one with letters wrong: a number can't.
func isTerm(w string) bool {
	n := utf8.RuneCountInString(w)
	return n >= minTerm && n <= maxTerm && !strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) })
}

// placed is a word at its place among the words of a row.
type placed struct {
	text string
	at   int
	name bool
}

// wordsOf places the words of the name and of the texts one after the other.
func wordsOf(e searchview.Entry, texts [][]searchview.Word) []placed {
	var out []placed
	at := 1
	add := func(words []searchview.Word, name bool) {
		for _, w := range words {
			if len(out) == maxRowWords {
				return
			}
			out = append(out, placed{w.Text, min(at, maxPosition), name})
			at++
		}
		at += gap
	}
	add(searchview.Words(e.Name), true)
	for _, words := range texts {
		add(words, false)
	}
	return out
}

// vector writes words as a tsvector, with the workspace's id among them; those of the name have the weight A.
func vector(workspace string, words []placed) string {
	var b strings.Builder
	b.WriteString(lexeme(workspace))
	for _, w := range words {
		b.WriteByte(' ')
		b.WriteString(lexeme(w.text))
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(w.at))
		if w.name {
			b.WriteByte('A')
		}
	}
	return b.String()
}

// lexeme quotes a word for a tsvector or tsquery.
func lexeme(w string) string {
	if strings.ContainsAny(w, `'\`) {
		w = strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(w)
	}
	return "'" + w + "'"
}

// arrayLiteral writes a text[].
func arrayLiteral(list []string) string {
	if len(list) == 0 {
		return "{}"
	}
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = `"` + escape.Replace(s) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

const (
	addTerms = `INSERT INTO terms (workspace_id, term, n) SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[])
ON CONFLICT (workspace_id, term) DO UPDATE SET n = terms.n + excluded.n`
	dropTerms = `DELETE FROM terms t USING unnest($1::text[], $2::text[]) AS v(w, s) WHERE t.workspace_id = v.w AND t.term = v.s AND t.n <= 0`
	addLabels = `INSERT INTO labels (workspace_id, table_id, folded, label, n) SELECT *
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
ON CONFLICT (workspace_id, folded, table_id, label) DO UPDATE SET n = labels.n + excluded.n`
	dropLabels = `DELETE FROM labels l USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS v(w, t, f, s)
WHERE l.workspace_id = v.w AND l.table_id = v.t AND l.folded = v.f AND l.label = v.s AND l.n <= 0`
)

// queue adds the statements that bring the counts up to date.
func (d *delta) queue(q *pgx.Batch) {
	d.queueTerms(q)
	d.queueLabels(q)
}

func (d *delta) queueTerms(q *pgx.Batch) {
	keys := make([]termKey, 0, len(d.terms))
	for k, n := range d.terms {
		if n != 0 {
			keys = append(keys, k)
		}
	}
	if len(keys) == 0 {
		return
	}
	slices.SortFunc(keys, func(a, b termKey) int {
		if c := strings.Compare(string(a.workspace), string(b.workspace)); c != 0 {
			return c
		}
		return strings.Compare(a.term, b.term)
	})
	workspaces, terms, counts := make([]string, len(keys)), make([]string, len(keys)), make([]int64, len(keys))
	var lessW, lessT []string
	for i, k := range keys {
		workspaces[i], terms[i], counts[i] = string(k.workspace), k.term, d.terms[k]
		if counts[i] < 0 {
			lessW, lessT = append(lessW, string(k.workspace)), append(lessT, k.term)
		}
	}
	q.Queue(addTerms, workspaces, terms, counts)
	if len(lessW) > 0 {
		q.Queue(dropTerms, lessW, lessT)
	}
}

func (d *delta) queueLabels(q *pgx.Batch) {
	var add, less [4][]string
	var counts []int64
	for k, n := range d.labels {
		if n == 0 {
			continue
		}
		row := [4]string{string(k.workspace), string(k.table), searchview.Fold(k.label), k.label}
		for i, v := range row {
			add[i] = append(add[i], v)
			if n < 0 {
				less[i] = append(less[i], v)
			}
		}
		counts = append(counts, n)
	}
	if len(counts) > 0 {
		q.Queue(addLabels, add[0], add[1], add[2], add[3], counts)
	}
	if len(less[0]) > 0 {
		q.Queue(dropLabels, less[0], less[1], less[2], less[3])
	}
}
