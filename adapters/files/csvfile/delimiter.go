package csvfile

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"github.com/morket/morket/domain/dataops"
)

const (
	delimiters      = "\t;|,^~\x01\x1f" // the earlier is taken where two cut equally well
	delimiterSample = 200               // records looked at
	layoutSample    = 100
	titleLines      = 30 // that may stand above a table
)

// headRecord is a record from the beginning of a file.
type headRecord struct {
	line   int64
	next   int64 // the line after it
	fields []string
	broken bool
}

// filled is how many fields there are but for empty ones at the end.
func (h headRecord) filled() int {
	n := len(h.fields)
	for n > 0 && strings.TrimSpace(h.fields[n-1]) == "" {
		n--
	}
	return n
}

// headRecords reads the first records of decoded text. odd counts what is strange about them.
func headRecords(text []byte, reading dataops.Reading, limit int) (out []headRecord, odd int) {
	reading.Format, reading.Encoding = dataops.CSV, dataops.UTF8
	r, err := NewReader(bytes.NewReader(text), dataops.ReadOptions{Reading: reading})
	if err != nil {
		return nil, 0
	}
	for len(out) < limit {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) || err != nil {
			break
		}
		h := headRecord{line: rec.Line, next: rec.Next.Line + 1, broken: rec.Problem != ""}
		for _, f := range rec.Fields {
			h.fields = append(h.fields, string(f))
		}
		if h.broken {
			odd++
		}
		out = append(out, h)
	}
	if c, ok := r.(*csvReader); ok {
		odd += c.odd
	}
	return out, odd
}

// wholeLines cuts off what may be half of a line.
func wholeLines(text []byte, cut bool) []byte {
	if cut {
		if i := bytes.LastIndexAny(text, "\r\n"); i > 0 {
			return text[:i]
		}
	}
	return text
}

var sepLine = regexp.MustCompile(`(?i)^"?sep=([^"\r\n])"?(\r\n|\r|\n|$)`)

// detectDelimiter finds the delimiter: the one that Excel's line sep= names, else the one that cuts the records best. A file that none
// cuts well has one column.
func detectDelimiter(text []byte, reading *dataops.Reading, filename string) {
	if m := sepLine.FindSubmatch(text); m != nil && m[1][0] < 0x80 {
		reading.Delimiter, reading.HeaderLine = string(m[1]), 2 //nolint:mnd // the line after it
		return
	}
	best := 0.0
	reading.Delimiter = ","
	if bytes.IndexByte(text, ',') >= 0 {
		reading.Delimiter = dataops.OneColumn
	}
	for _, d := range strings.Split(delimiters, "") {
		if bytes.IndexByte(text, d[0]) < 0 {
			continue
		}
		score := cutsWell(text, d)
		if d == "\t" && hasSuffix(filename, ".tsv", ".tab") && score > 0 {
			score++
		}
		if score > best {
			best, reading.Delimiter = score, d
		}
	}
}

// cutsWell is how well a delimiter cuts the records into fields, 0 if it rather is text.
func cutsWell(text []byte, delimiter string) float64 {
	records, _ := headRecords(text, dataops.Reading{Delimiter: delimiter}, delimiterSample)
	lead := 0
	for lead < min(titleLines, len(records)) && len(records[lead].fields) < 2 {
		lead++
	}
	body := records[lead:]
	if len(body) == 0 {
		return 0
	}
	gap := lead > 0 && body[0].line > records[lead-1].next
	widths, cut := map[int]int{}, 0
	for _, r := range body {
		widths[len(r.fields)]++
		if len(r.fields) > 1 {
			cut++
		}
	}
	same, width := 0, 0
	for w, n := range widths {
		if w > 1 && (n > same || n == same && w > width) {
			same, width = n, w
		}
	}
	share := float64(cut) / float64(len(body))
	switch {
	case lead > 0 && !gap && (share < 0.9 || prose(body) || decimals(body)):
		return 0
	case share < 0.5, strings.Contains("^~\x01\x1f", delimiter) && (lead > 0 || same < len(body)):
		return 0
	}
	score := float64(same)/float64(len(body)) + min(float64(width), 100)/1000 //nolint:mnd // more fields decide between equals
	if lead == 0 {
		score += 0.5
	}
	return score
}

// prose reports whether the delimiter stands as in a text, with a space after it.
func prose(records []headRecord) bool {
	spaced, all := 0, 0
	for _, r := range records {
		for _, f := range r.fields[min(1, len(r.fields)):] {
			all++
			if strings.HasPrefix(f, " ") {
				spaced++
			}
		}
	}
	return spaced*10 >= all*9
}

var number = regexp.MustCompile(`^[+-]?[\d.' ]+$`)

// decimals reports whether each record is one number that the delimiter cuts in two.
func decimals(records []headRecord) bool {
	for _, r := range records {
		if len(r.fields) != 2 || !number.MatchString(r.fields[0]) || strings.Trim(r.fields[1], "0123456789 %€$") != "" {
			return false
		}
	}
	return true
}

// detectEscape finds out how a quote stands in quotes: after a backslash if the records are less strange then.
func detectEscape(text []byte, reading dataops.Reading) string {
	if !bytes.Contains(text, []byte(`\"`)) {
		return ""
	}
	strange := func(escape string) int {
		reading.Escape = escape
		records, odd := headRecords(text, reading, delimiterSample)
		widths := map[int]int{}
		for _, r := range records {
			widths[len(r.fields)]++
		}
		most := 0
		for _, n := range widths {
			most = max(most, n)
		}
		return odd + len(records) - most
	}
	if strange(dataops.Backslash) < strange("") {
		return dataops.Backslash
	}
	return ""
}
