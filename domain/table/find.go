package table

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/morket/morket/domain/kernel"
)

// Finder finds the form in which a column's text is written, and what type of values it holds, from all of its values: add
// each of them, then ask. Its memory does not grow with their number. Nothing is decided value by value: what all values
// together leave open is said to be ambiguous.
type Finder struct {
	count          int64
	long           bool
	numbers        [2]numberTally // with a point, with a comma
	differ         int64          // numbers that are another with the other sign
	only           [2]int64       // numbers that are none with the other sign
	dates          dateTally
	yes, no, words int64
	languages      uint64
	shapes         [3]int64 // emails, web addresses, phone numbers
}

// numberTally counts the numbers that are written with one decimal sign.
type numberTally struct {
	misfits
	marked, percent, grouped, signed int64 // with a currency, with a percent sign, with separators, with a sign
	padded, long, trailing, phones   int64 // with zeros before, of more than 15 digits, with zeros behind, of 10 or 11 digits
	zeros                            int64 // without a percent sign
	currencies                       []string
	mixed                            bool // currencies
	fractions                        [2]int
	widths                           [2]int
}

// dateTally counts dates and times.
type dateTally struct {
	orders               [3]misfits // dmy, mdy, ymd
	fixed, compact       int64
	differ, dottedDiffer int64 // that are another date with day and month exchanged
	timed, zoneless      int64
	onlyDay, onlyMonth   int64 // that are none with the month first, with the day first
	outOfUse             int64 // 20241231-like of years no calendar of today has
	loose                int64 // 1.2.34, which is rather a version
}

// misfits counts values that can't be read in a form, and keeps a few.
type misfits struct {
	fits    int64
	samples []string
}

const maxMisfitSamples = 5

func (m *misfits) add(fits bool, s string) {
	if fits {
		m.fits++
	} else if len(m.samples) < maxMisfitSamples {
		m.samples = append(m.samples, kernel.Shorten(s))
	}
}

// NewFinder returns a finder that has seen nothing.
func NewFinder() *Finder { return &Finder{languages: ^uint64(0)} }

// Add adds a value as it is written; blank ones don't count.
func (f *Finder) Add(s string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return
	}
	f.count++
	f.long = f.long || strings.Contains(s, "\n") || len(s) > longText && utf8.RuneCountInString(s) > longText
	f.addNumber(s)
	f.addDate(s)
	f.addBoolean(s)
	for i, re := range []*regexp.Regexp{emailShape, urlShape} {
		if len(s) <= maxShape && re.MatchString(s) {
			f.shapes[i]++
		}
	}
	if s[0] == '+' && len(s) <= maxShape {
		if number, _ := kernel.CutExtension(s); phoneShape.MatchString(number) {
			f.shapes[2]++
		}
	}
}

const (
	longText = 255
	maxShape = 2_000
)

// The shapes by which text is suggested to be of a type; what the types take is more.
var (
	emailShape = regexp.MustCompile(`^[^\s@,;]+@[^\s@,;]+\.[\p{L}]{2,}$`)
	urlShape   = regexp.MustCompile(`(?i)^https?://[^\s]+$`)
	phoneShape = regexp.MustCompile(`^\+\d[\d ().-]{6,18}\d$`)
)

func (f *Finder) addNumber(s string) {
	digit := strings.ContainsAny(s, "0123456789")
	var values [2]string
	for i, sign := range []DecimalSign{Point, Comma} {
		var n written
		ok := false
		if digit {
			n, ok = scanNumber(s, sign)
		}
		ok = ok && digits(n.value) <= MaxDigits
		t := &f.numbers[i]
		if t.add(ok, s); ok {
			t.note(n)
			values[i] = n.value
		}
	}
	switch {
	case values[0] == values[1]:
	case values[1] == "":
		f.only[0]++
	case values[0] == "":
		f.only[1]++
	default:
		f.differ++
	}
}

func (t *numberTally) note(n written) {
	whole := strings.TrimPrefix(n.value, "-")
	plain := !n.decimal && !n.grouped && len(n.currencies) == 0 && !n.percent
	width := len(whole)
	switch {
	case len(n.currencies) == 0:
	case t.marked == 0:
		t.currencies = n.currencies
	default:
		t.currencies = slices.DeleteFunc(slices.Clone(t.currencies), func(c string) bool { return !slices.Contains(n.currencies, c) })
		t.mixed = len(t.currencies) == 0
	}
	for _, c := range []struct {
		n  *int64
		is bool
	}{
		{&t.marked, len(n.currencies) > 0},
		{&t.percent, n.percent},
		{&t.zeros, whole == "0" && !n.percent},
		{&t.grouped, n.grouped},
		{&t.signed, n.signed},
		{&t.padded, n.padded},
		{&t.long, plain && width > maxExactDigits},
		{&t.trailing, n.decimal && n.trailing},
		{&t.phones, plain && !n.signed && (width == 10 || width == 11)},
	} {
		if c.is {
			*c.n++
		}
	}
	if n.decimal {
		t.fractions = extend(t.fractions, n.fraction)
	}
	t.widths = extend(t.widths, width)
}

// extend widens a range, of which zero is none yet.
func extend(r [2]int, n int) [2]int {
	if r == ([2]int{}) {
		return [2]int{n, n}
	}
	return [2]int{min(r[0], n), max(r[1], n)}
}

func (f *Finder) addDate(s string) {
	t := &f.dates
	var d dates
	var c *clock
	if len(s) <= maxDate && strings.ContainsAny(s, "0123456789") && (plausible(s) || eightDigits.MatchString(s)) {
		d, c, _ = Reader{}.parts(Column{}, s)
	}
	for i, order := range []DateOrder{DayFirst, MonthFirst, YearFirst} {
		t.orders[i].add(d.in(order).valid(), s)
	}
	if !d.any() {
		return
	}
	other := d.dmy.valid() && d.mdy.valid() && d.dmy != d.mdy
	for _, c := range []struct {
		n  *int64
		is bool
	}{
		{&t.fixed, d.fixed},
		{&t.compact, d.compact},
		{&t.outOfUse, d.compact && (d.dmy.y < 1900 || d.dmy.y > 2099)},
		{&t.loose, d.loose},
		{&t.differ, other && !d.dotted},
		{&t.dottedDiffer, other && d.dotted},
		{&t.onlyDay, d.dmy.valid() && !d.mdy.valid()},
		{&t.onlyMonth, d.mdy.valid() && !d.dmy.valid()},
		{&t.timed, c != nil},
		{&t.zoneless, c != nil && c.zone == nil},
	} {
		if c.is {
			*c.n++
		}
	}
}

// plausible passes over what is no date by its look: numbers, and words without one.
func plausible(s string) bool {
	numbers, other := 0, false
	inNumber := false
	for _, r := range s {
		if r >= '0' && r <= '9' {
			if !inNumber {
				numbers++
			}
			inNumber = true
			continue
		}
		inNumber = false
		other = true
	}
	return other && numbers >= 2
}

func (f *Finder) addBoolean(s string) {
	word := ""
	if len(s) <= 40 {
		word = strings.ToLower(bare(s))
	}
	w := theWords()
	yes, ok := w.booleans[word]
	if !ok {
		f.languages = 0
		return
	}
	f.languages &= w.languages[word]
	if yes {
		f.yes++
	} else {
		f.no++
	}
	if w.languages[word] != ^uint64(0) {
		f.words++
	}
}
