package csvfile

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Detect implements dataops.Inspector.
func (d *Inspector) Detect(filename string) (dataops.Reading, error) {
	if d.size == 0 {
		return dataops.Reading{}, kernel.Invalid("file", "is empty")
	}
	if what := foreign(d.head); what != "" {
		return dataops.Reading{}, kernel.E(kernel.KindUnsupported, "UNSUPPORTED_FILE", "this is %s; save it as CSV or JSON Lines and upload that", what)
	}
	reading := dataops.Reading{Encoding: d.Encoding()}
	text := decodeHead(d.head, reading.Encoding)
	first := bytes.TrimSpace(firstLine(text))
	switch {
	case bytes.HasPrefix(first, []byte("{")) && eachMember(first, func(string, []byte) {}) == "",
		hasSuffix(filename, ".jsonl", ".ndjson"):
		reading.Format, reading.Header = dataops.JSONL, true
		return reading, nil
	case bytes.HasPrefix(bytes.TrimSpace(text), []byte("[{")) || hasSuffix(filename, ".json"):
		return reading, kernel.E(kernel.KindUnsupported, "UNSUPPORTED_FILE", "this is a JSON document; JSON Lines, with one object a line, can be imported")
	}
	reading.Format = dataops.CSV
	reading.Delimiter = detectDelimiter(text, int64(len(d.head)) < d.size, filename)
	reading.Header = detectHeader(headRecords(text, reading.Delimiter, headerSample))
	return reading, nil
}

// foreign names a kind of file by its first bytes.
func foreign(head []byte) string {
	for magic, what := range map[string]string{
		"PK\x03\x04": "an Excel workbook or a ZIP archive", "\xD0\xCF\x11\xE0": "an old Excel workbook", "\x1F\x8B": "a gzip archive",
		"PAR1": "a Parquet file", "%PDF-": "a PDF document", "\x28\xB5\x2F\xFD": "a Zstandard archive",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return what
		}
	}
	return ""
}

func hasSuffix(name string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(strings.ToLower(name), s) {
			return true
		}
	}
	return false
}

func decodeHead(head []byte, enc dataops.Encoding) []byte {
	r, _ := decoder(bytes.NewReader(head[bomLen(head, enc):]), enc)
	text, err := io.ReadAll(r)
	if err != nil { // a bytes.Reader doesn't fail
		return nil
	}
	return text
}

func firstLine(text []byte) []byte {
	text = bytes.TrimLeft(text, "\r\n \t")
	if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
		return text[:i]
	}
	return text
}

const (
	delimiters      = ",;\t|"
	delimiterSample = 200 // records looked at
	headerSample    = 50
)

// detectDelimiter takes the delimiter that cuts the records into the same number of fields most often; among equals the
// one that makes more fields.
func detectDelimiter(text []byte, cut bool, filename string) string {
	if cut { // the last line may be half
		if i := bytes.LastIndexAny(text, "\r\n"); i > 0 {
			text = text[:i]
		}
	}
	best, bestScore := ",", 0.0
	for _, d := range strings.Split(delimiters, "") {
		records := headRecords(text, d, delimiterSample)
		widths := map[int]int{}
		for _, r := range records {
			widths[len(r)]++
		}
		for width, n := range widths {
			if width < 2 {
				continue
			}
			score := float64(n)/float64(len(records)) + min(float64(width), 100)/1000
			if d == "\t" && hasSuffix(filename, ".tsv", ".tab") {
				score++
			}
			if score > bestScore {
				best, bestScore = d, score
			}
		}
	}
	return best
}

// headRecords reads the first records of decoded text; broken ones have no fields.
func headRecords(text []byte, delimiter string, limit int) [][]string {
	r, err := NewReader(bytes.NewReader(text), dataops.ReadOptions{Reading: dataops.Reading{Format: dataops.CSV, Encoding: dataops.UTF8, Delimiter: delimiter}})
	if err != nil {
		return nil
	}
	var out [][]string
	for len(out) < limit {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) || err != nil {
			break
		}
		fields := make([]string, len(rec.Fields))
		for i, f := range rec.Fields {
			fields[i] = string(f)
		}
		out = append(out, fields)
	}
	return out
}

// detectHeader tells whether the first record holds names: each is some text that is not a number, a date, an address or
// the like, and no two are the same.
func detectHeader(records [][]string) bool {
	if len(records) == 0 || len(records[0]) == 0 {
		return false
	}
	seen := map[string]bool{}
	named := 0
	for _, name := range records[0] {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" {
			continue
		}
		if t := dataops.SuggestType([]string{name}); t != "text" || seen[name] {
			return false
		}
		seen[name] = true
		named++
	}
	return named > 0 && (2*named >= len(records[0]))
}
