package dataopscmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/table"
)

// analysis is what all records of a file together show. Its memory does not grow with their number.
type analysis struct {
	format   dataops.Format
	columns  []*columnLook
	rows     int64
	broken   int64
	surplus  int64
	noticed  int64  // records that are strange
	firstBad string // the first of the broken, of those with surplus fields and of the strange ones
	firstSur string
	firstOdd string
	preview  [][]string
	escaped  int64 // texts that an export has protected
	formulas int64 // texts that it would have protected
}

func newAnalysis(format dataops.Format, width int) *analysis {
	a := &analysis{format: format, columns: make([]*columnLook, width)}
	for i := range a.columns {
		a.columns[i] = newColumnLook()
	}
	return a
}

func (a *analysis) add(rec dataops.Record) {
	if rec.Notice != "" {
		a.note(&a.noticed, &a.firstOdd, rec.Line, rec.Notice)
	}
	if rec.Problem != "" && len(rec.Surplus) == 0 {
		a.note(&a.broken, &a.firstBad, rec.Line, rec.Problem)
		a.rows++
		return
	}
	if len(rec.Surplus) > 0 {
		a.note(&a.surplus, &a.firstSur, rec.Line, rec.Problem)
	}
	blank := true
	for i, f := range rec.Fields[:min(len(rec.Fields), len(a.columns))] {
		if len(f) == 0 {
			continue
		}
		blank = false
		if a.format == dataops.CSV {
			a.protected(f)
		}
		a.columns[i].add(f, a.format)
	}
	if blank && len(rec.Surplus) == 0 {
		return
	}
	a.rows++
	if len(a.preview) < dataops.PreviewRows {
		a.preview = append(a.preview, shown(rec.Fields, len(a.columns), a.format))
	}
}

func (a *analysis) note(n *int64, first *string, line int64, what string) {
	if *n++; *n > 1 {
		return
	}
	place := "line"
	if a.format == dataops.XLSX {
		place = "row"
	}
	*first = fmt.Sprintf("%s %d %s", place, line, what)
}

// protected counts texts that begin like formulas.
func (a *analysis) protected(f []byte) {
	if !dataops.MayEscape(f[0]) {
		return
	}
	s := string(f)
	switch {
	case dataops.UnescapeFormula(s) != s:
		a.escaped++
	case dataops.IsFormula(s):
		a.formulas++
	}
}

// dropEmpty takes columns without a name and without a value off the end: spreadsheet programs write those.
func (a *analysis) dropEmpty(names []string) []string {
	n := len(names)
	for n > 1 && strings.TrimSpace(names[n-1]) == "" && a.columns[n-1].values == 0 {
		n--
	}
	return names[:n]
}

// describe says what the columns are, and what should be known of the file.
func (a *analysis) describe(s *sight, names []string, schema *table.Schema) {
	s.facts.Rows, s.facts.Escaped = a.rows, a.escaped > 0 && a.formulas == 0
	unique := uniqueNames(names, s.facts.Escaped)
	founds := make([]*table.Found, len(names))
	for i, c := range a.columns[:len(names)] {
		founds[i] = c.found(a.format)
	}
	table.DecideTogether(founds)
	errorsFile := 0
	for _, n := range unique {
		if slices.Contains(dataops.ErrorColumns(), n.name) {
			errorsFile++
		}
	}
	for i, n := range unique {
		c := a.columns[i].column(i, n.name, founds[i])
		if raw := strings.TrimSpace(names[i]); raw != n.name {
			c.Header = dataops.Shorten(raw)
		}
		if a.format.Keyed() {
			c.Key = names[i]
		}
		c.SuggestSkip = n.blank && a.columns[i].values == 0 ||
			errorsFile == len(dataops.ErrorColumns()) && slices.Contains(dataops.ErrorColumns(), n.name)
		if schema != nil {
			if col, ok := similar(*schema, n.name); ok {
				c.SuggestedColumn = col.ID
			}
		}
		s.columns = append(s.columns, c)
	}
	for _, row := range a.preview {
		s.preview = append(s.preview, row[:min(len(row), len(names))])
	}
	s.facts.Notices = a.notices(len(names), unique)
}

func (a *analysis) notices(width int, names []named) []dataops.Notice {
	var out []dataops.Notice
	say := func(code, format string, args ...any) {
		out = append(out, dataops.Notice{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case a.rows == 0 && a.format == dataops.XLSX:
		say(dataops.NoticeNoRows, "the sheet has a header and no rows")
	case a.rows == 0:
		say(dataops.NoticeNoRows, "the file has a header and no rows")
	}
	if n := len(a.columns) - width; n > 0 {
		say(dataops.NoticeEmptyColumns, "%s at the end without a name and without values left out", are(int64(n), "column"))
	}
	out = append(out, nameNotices(names)...)
	if width > table.MaxColumns {
		say(dataops.NoticeTooManyColumns, "the file has %d columns and a table takes %d; choose which to leave out", width, table.MaxColumns)
	}
	if a.surplus > 0 {
		say(dataops.NoticeSurplus, "%s more fields than there are columns: %s", have(a.surplus, "row"), a.firstSur)
	}
	if a.broken > 0 {
		say(dataops.NoticeBrokenRecords, "%s broken and can't be read: %s", are(a.broken, "row"), a.firstBad)
	}
	if a.noticed > 0 {
		say(dataops.NoticeBrokenRecords, "%s strange: %s", are(a.noticed, "row"), a.firstOdd)
	}
	switch {
	case a.escaped > 0 && a.formulas == 0:
		say(dataops.NoticeFormulas, "%s an apostrophe that protects from formulas, as exports have it; it is taken away",
			have(a.escaped, "value"))
	case a.escaped > 0:
		say(dataops.NoticeFormulas, "%s an apostrophe before a formula and %s none; they are left as they are", have(a.escaped, "value"),
			have(a.formulas, "formula"))
	}
	return out
}

func are(n int64, what string) string {
	if n == 1 {
		return "1 " + what + " is"
	}
	return fmt.Sprintf("%d %ss are", n, what)
}

func have(n int64, what string) string {
	if n == 1 {
		return "1 " + what + " has"
	}
	return fmt.Sprintf("%d %ss have", n, what)
}

// columnLook is what all values of one column show.
type columnLook struct {
	finder  *table.Finder
	values  int64
	samples []string
	words   []dataops.Word // that may mean an empty cell
	kinds   jsonKinds
	text    bool // it can be nothing else
	long    bool
}

// jsonKinds counts JSON values by their kind.
type jsonKinds struct{ texts, numbers, booleans, others int64 }

// From the firstAsk-th value on, each askEvery-th may show that the column is text, so that no more of it has to be looked at.
const (
	firstAsk = 1024
	askEvery = 64
)

func newColumnLook() *columnLook { return &columnLook{finder: table.NewFinder()} }

func (c *columnLook) add(raw []byte, format dataops.Format) {
	if c.text && len(c.samples) == samplesShown && c.long {
		c.values++
		return
	}
	s := string(raw)
	if format.Typed() {
		if s = c.kinds.add(s); s == "" {
			return
		}
	}
	if strings.TrimSpace(s) == "" {
		return
	}
	c.values++
	if len(c.samples) < samplesShown && !slices.Contains(c.samples, dataops.Shorten(s)) {
		c.samples = append(c.samples, dataops.Shorten(s))
	}
	if c.text {
		c.long = c.long || strings.Contains(s, "\n") || len([]rune(s)) > longText
		return
	}
	if c.word(s) {
		return
	}
	c.finder.Add(s)
	c.text = c.values >= firstAsk && c.values%askEvery == 0 && onlyText(s)
}

// longText is how many characters make a text a long one.
const longText = 255

// onlyText reports whether a column with the value is text with any other values: no other type takes the value in any form.
func onlyText(s string) bool {
	if len(s) > longText || strings.HasPrefix(strings.ToLower(s), "http") || strings.HasPrefix(s, "+") || strings.Contains(s, "@") {
		return false
	}
	for _, t := range []table.Type{table.Boolean, table.Number, table.DateTime} {
		for _, form := range []*table.Form{{
			Decimal:   table.Point,
			DateOrder: table.DayFirst,
		}, {Decimal: table.Comma, DateOrder: table.MonthFirst}, {DateOrder: table.YearFirst}} {
			if _, _, err := table.ParseText(table.Column{Name: "x", Type: t, Form: form}, s, false); err == nil {
				return false
			}
		}
	}
	return true
}

// emptyWords are what programs write for an empty cell. In a column of texts they are texts.
func emptyWords() []string {
	return []string{
		"n/a", "na", "#n/a", "n.a.", "null", "(null)", "nil", "none", "nan", "-", "–", "—", "--", "?", `\n`,
		"#null!", "(blank)", "(empty)", "k.a.", "n.v.",
	}
}

const maxEmptyWords = 10

// word notes a text that may mean an empty cell.
func (c *columnLook) word(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) > len("(empty)") || !slices.Contains(emptyWords(), strings.ToLower(s)) {
		return false
	}
	if i := slices.IndexFunc(c.words, func(w dataops.Word) bool { return w.Text == s }); i >= 0 {
		c.words[i].Count++
		return true
	}
	if len(c.words) == maxEmptyWords {
		return false
	}
	c.words = append(c.words, dataops.Word{Text: s, Count: 1})
	return true
}

// found decides what the column is.
func (c *columnLook) found(format dataops.Format) *table.Found {
	out := c.finder.Found()
	if c.text && c.long {
		out.Type = table.LongText
	}
	if format.Typed() {
		c.kinds.decide(&out)
	}
	return &out
}

func (c *columnLook) column(i int, name string, found *table.Found) dataops.FileColumn {
	out := dataops.FileColumn{
		Index:         i,
		Name:          name,
		SuggestedType: string(found.Type),
		Samples:       append([]string{}, c.samples...),
		Currency:      found.Currency,
		Decimals:      found.Decimals,
	}
	form, open := found.Form, found.Ambiguous
	if form == nil && len(open) == 0 { // what it would be as another type
		for _, t := range []table.Type{table.Number, table.Date} {
			f, o := c.finder.Decide(t)
			form, open = joined(form, f), append(open, o...)
		}
	}
	if form != nil {
		out.Form = &dataops.Form{Decimal: string(form.Decimal), DateOrder: string(form.DateOrder), Zone: form.Zone}
	}
	for _, o := range open {
		out.Open = append(out.Open, string(o))
	}
	if found.Type != table.Text && found.Type != table.LongText && found.Type != table.JSON {
		out.EmptyWords = c.words
	}
	return out
}

func joined(a, b *table.Form) *table.Form {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	out := *a
	if b.DateOrder != "" {
		out.DateOrder = b.DateOrder
	}
	return &out
}

// add counts a JSON value by its kind and returns the text in it, if it is one.
func (k *jsonKinds) add(raw string) string {
	switch raw[0] {
	case '"':
		k.texts++
		return plain(raw, dataops.JSONL)
	case '{', '[':
		k.others++
	case 't', 'f':
		k.booleans++
	default:
		k.numbers++
	}
	return raw
}

// decide chooses by the kinds: mixed ones are text, or JSON. Digits in quotes were meant as text.
func (k *jsonKinds) decide(f *table.Found) {
	kinds := 0
	for _, n := range []int64{k.texts, k.numbers, k.booleans, k.others} {
		kinds += int(min(n, 1))
	}
	switch {
	case k.others > 0:
		f.Type = table.JSON
	case kinds > 1:
		f.Type = table.Text
	case k.texts > 0 && (f.Type.Numeric() || f.Type == table.Boolean):
		f.Type = table.Text
	case k.numbers > 0:
		f.Type = table.Number
	case k.booleans > 0:
		f.Type = table.Boolean
	}
	if f.Type == table.Text || f.Type == table.JSON || k.numbers > 0 {
		f.Form, f.Ambiguous, f.Currency, f.Decimals = nil, nil, "", nil
	}
}
