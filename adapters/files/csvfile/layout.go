package csvfile

import (
	"regexp"
	"strconv"
	"strings"
)

// layout finds where the table begins among the first records, and whether its first record holds the columns' names.
func layout(records []headRecord) (line int64, header bool) {
	if len(records) == 0 {
		return 0, false
	}
	at := tableStart(records)
	line = records[at].line
	if line == 1 {
		line = 0
	}
	return line, namesColumns(records[at].fields, records[at+1:])
}

// Layout finds where the table begins among the first rows of a sheet, which have these numbers, and whether its first row holds the
// columns' names. what says what stands above it; it is empty if nothing does.
func Layout(numbers []int64, rows [][]string) (line int64, header bool, what string) {
	records := make([]headRecord, len(rows))
	for i, fields := range rows {
		records[i] = headRecord{line: numbers[i], next: numbers[i] + 1, fields: fields}
	}
	if line, header = layout(records); line > 1 {
		what = titles(line, records)
	}
	return line, header, what
}

// tableStart finds the first record of the table: after a blank line, one that has more fields than all above it; else the first
// that has about as many as most.
func tableStart(records []headRecord) int {
	most, start := 0, 0
	for i, r := range records[:min(titleLines, len(records))] {
		if i > 0 && r.line > records[i-1].next && r.filled() > max(most, 1) && wider(records[i:], most) {
			start = i
		}
		most = max(most, r.filled())
	}
	filled, width := usual(records)
	at := start
	for at < min(titleLines, len(records)-1) && isTitle(records[at], records[at+1:], filled, width) {
		at++
	}
	if at == min(titleLines, len(records)-1) && at > start {
		return start
	}
	return at
}

// wider reports whether most of the records have more fields than that.
func wider(records []headRecord, than int) bool {
	n := 0
	for _, r := range records {
		if r.filled() > than {
			n++
		}
	}
	return n*2 > len(records)
}

// isTitle reports whether a record above a table is no part of it. Programs that pad every line to the same number of fields leave
// those of a title empty at its end.
func isTitle(r headRecord, below []headRecord, filled, width int) bool {
	n := r.filled()
	switch {
	case filled < 2 || n*2 > filled:
		return false
	case len(r.fields) < width:
		return filled > 2 || len(r.fields) == 1
	default:
		for len(below) > 1 && below[0].filled()*2 <= filled {
			below = below[1:]
		}
		return filled > 2 && (n < 2 || namesColumns(below[0].fields, below[1:]))
	}
}

// usual is how many fields most records have, without and with the empty ones at their end.
func usual(records []headRecord) (filled, width int) {
	most := func(of func(headRecord) int) int {
		counts, best := map[int]int{}, 0
		for _, r := range records {
			counts[of(r)]++
		}
		for n, times := range counts {
			if times > counts[best] || times == counts[best] && n > best {
				best = n
			}
		}
		return best
	}
	return most(headRecord.filled), most(func(r headRecord) int { return len(r.fields) })
}

// namesColumns tells whether a record holds the names of the columns below it: its fields are texts where those are numbers, dates,
// addresses and the like, or all are texts and none comes again below. Names may be equal, missing for some columns, or years.
func namesColumns(names []string, below []headRecord) bool {
	votes, against, named, recurs := 0, 0, 0, false
	width := (headRecord{fields: names}).filled()
	for i, name := range names[:width] {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		named++
		var values []string
		for _, r := range below {
			if i < len(r.fields) && strings.TrimSpace(r.fields[i]) != "" {
				values = append(values, r.fields[i])
				recurs = recurs || strings.TrimSpace(r.fields[i]) == name
			}
		}
		typ, typed := kindOf([]string{name}), kindOf(values)
		switch {
		case typ == "":
			if typed != "" {
				votes++
			}
		case isYear(name) && len(values) > 0 && !allYears(values):
			votes++
		case typ == typed || typ != "number" && typ != "boolean" || len(values) == 0 && typ == "number":
			against++
		}
	}
	switch {
	case named*2 < width || named == 0:
		return false
	case votes != against:
		return votes > against
	default:
		return votes == 0 && !recurs
	}
}

// The kinds of values that are no names.
var kinds = []struct { //nolint:gochecknoglobals // compiled constants
	name string
	re   *regexp.Regexp
}{
	{"number", regexp.MustCompile(`^[+\-−(]?\s?[$€£¥]?\s?\d[\d.,'’\x{a0}\x{202f} ]*(e[+-]?\d+)?\s?[%€$£¥]?\)?$`)},
	{"date", regexp.MustCompile(`^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}([T ].*)?$`)},
	{"boolean", regexp.MustCompile(`(?i)^(true|false|yes|no|ja|nein|oui|non|si|sí)$`)},
	{"email", regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)},
	{"url", regexp.MustCompile(`(?i)^(https?://|www\.)\S+$`)},
	{"phone", regexp.MustCompile(`^\+?[\d ()./-]{7,}$`)},
}

// kindOf is the kind of most of the values; "" for texts.
func kindOf(values []string) string {
	counts := map[string]int{}
	for _, v := range values {
		v = strings.TrimSpace(v)
		for _, k := range kinds {
			if k.re.MatchString(v) {
				counts[k.name]++
				break
			}
		}
	}
	for name, n := range counts {
		if n*10 >= len(values)*8 { //nolint:mnd // four fifths
			return name
		}
	}
	return ""
}

// isYear takes a number that may name a column of figures.
func isYear(s string) bool {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	return err == nil && n >= 1900 && n <= 2100
}

func allYears(values []string) bool {
	for _, v := range values {
		if !isYear(v) {
			return false
		}
	}
	return true
}
