package csvfile

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// Detect implements dataops.Inspector.
func (d *Inspector) Detect(filename string) (dataops.Detection, error) {
	var out dataops.Detection
	if d.size == 0 {
		return out, kernel.Invalid("file", "is empty")
	}
	if what := foreign(d.head); what != "" {
		return out, kernel.E(kernel.KindUnsupported, "UNSUPPORTED_FILE",
			"this is %s; save it as an Excel workbook (.xlsx), CSV or JSON and upload that", what)
	}
	out = d.detectEncoding()
	text := decodeText(d.head[bomLen(d.head, out.Reading.Encoding):], out.Reading.Encoding)
	if d.size <= int64(len(d.head)) && len(bytes.TrimSpace(text)) == 0 {
		return out, kernel.Invalid("file", "holds no record, only blank lines")
	}
	text = wholeLines(text, int64(len(d.head)) < d.size)
	first := bytes.TrimSpace(firstLine(text))
	switch {
	case bytes.HasPrefix(first, []byte("{")) && eachMember(first, func(string, []byte) {}) == "",
		hasSuffix(filename, ".jsonl", ".ndjson"):
		out.Reading.Format, out.Reading.Header = dataops.JSONL, true
		return out, nil
	case arrayOfObjects.Match(text) || hasSuffix(filename, ".json"):
		out.Reading.Format, out.Reading.Header = dataops.JSON, true
		return out, nil
	}
	out.Reading.Format = dataops.CSV
	detectDelimiter(text, &out.Reading, filename)
	out.Reading.Escape = detectEscape(text, out.Reading)
	records, _ := headRecords(text, out.Reading, layoutSample)
	line, header := layout(records)
	out.Reading.Header = header
	if out.Reading.HeaderLine = max(line, out.Reading.HeaderLine); line > 2 || line == 2 && !sepLine.Match(text) {
		out.Notices = append(out.Notices, dataops.Notice{Code: dataops.NoticeTitleLines, Message: titles(line, records)})
	}
	return out, nil
}

// titles says what stands above the table.
func titles(line int64, records []headRecord) string {
	var above []string
	for _, r := range records {
		if r.line < line {
			above = append(above, "“"+dataops.Shorten(strings.TrimSpace(strings.Join(r.fields[:r.filled()], " ")))+"”")
		}
	}
	if len(above) == 0 {
		return fmt.Sprintf("the table begins on line %d, after blank lines", line)
	}
	return fmt.Sprintf("the table begins on line %d; what is above it is left out: %s", line, strings.Join(above, ", "))
}

// foreign names a kind of file by its first bytes.
func foreign(head []byte) string {
	for _, kind := range []struct{ magic, what string }{
		{"PK\x03\x04", "an Excel workbook or a ZIP archive"},
		{"\xD0\xCF\x11\xE0", "an Excel workbook of the old form (.xls), or one with a password"},
		{"\x1F\x8B", "a gzip archive"},
		{"PAR1", "a Parquet file"},
		{"%PDF-", "a PDF document"},
		{"\x28\xB5\x2F\xFD", "a Zstandard archive"},
		{"\xFF\xFE\x00\x00", "a text in UTF-32"},
		{"\x00\x00\xFE\xFF", "a text in UTF-32"},
	} {
		if bytes.HasPrefix(head, []byte(kind.magic)) {
			return kind.what
		}
	}
	if markup.Match(head) {
		return "a web page or an XML document"
	}
	return ""
}

// arrayOfObjects is how a JSON document of records begins.
var arrayOfObjects = regexp.MustCompile(`^\s*\[\s*\{\s*["}]`)

// markup is how documents of HTML and XML begin.
var markup = regexp.MustCompile(`(?i)^\x{FEFF}?\s*<(?:!doctype|html|\?xml|head|body|table|svg)[\s>]`)

func hasSuffix(name string, suffixes ...string) bool {
	for _, s := range suffixes {
		if strings.HasSuffix(strings.ToLower(name), s) {
			return true
		}
	}
	return false
}

func firstLine(text []byte) []byte {
	text = bytes.TrimLeft(text, "\r\n \t")
	if i := bytes.IndexAny(text, "\r\n"); i >= 0 {
		return text[:i]
	}
	return text
}
