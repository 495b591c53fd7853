package bench

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/morket/morket/domain/table"
)

// fileColumn is a column of the bench's file.
type fileColumn struct {
	name  string
	typ   table.Type
	value func(row int) string
}

// fileColumns are twenty columns as a list of companies has them.
func fileColumns() []fileColumn {
	word := func(list string, step int) func(int) string {
		words := strings.Split(list, "|")
		return func(i int) string { return words[(i*step+i/7)%len(words)] }
	}
	number := func(step, mod int) func(int) string {
		return func(i int) string { return strconv.Itoa(i * step % mod) }
	}
	form := func(format string) func(int) string { return func(i int) string { return fmt.Sprintf(format, i) } }
	city := word("Berlin|München|San Francisco|Nairobi|São Paulo|Tōkyō|Paris|New York|Łódź|Bengaluru", 3)
	return []fileColumn{
		{"Company", table.Text, func(i int) string {
			if i%5 == 0 {
				return fmt.Sprintf("Company %d\nHolding", i)
			}
			return fmt.Sprintf("Company %d", i)
		}},
		{"Employees", table.Number, number(7919, 100_003)},
		{"Website", table.URL, form("https://www.company%d.example")},
		{"Founded", table.Date, func(i int) string { return fmt.Sprintf("%d-%02d-%02d", 1950+i%75, 1+i%12, 1+i%28) }},
		{"Active", table.Boolean, word("true|false|true", 1)},
		{"Email", table.Email, form("info%d@company.example")},
		{"Revenue", table.Number, func(i int) string { return fmt.Sprintf("%d.%02d", i*104_729%99_999_989, i%100) }},
		{"Industry", table.Text, word("Software|Health|Energy|Retail|Logistics|Media|Education|Finance", 5)},
		{"City", table.Text, city},
		{"Country", table.Text, word("DE|US|KE|BR|JP|FR|PL|IN", 3)},
		{"Phone", table.Text, form("+49 30 %07d")},
		{"First name", table.Text, word("Ada|Grace|Alan|Linus|Margaret|Ken|Barbara|Edsger", 3)},
		{"Last name", table.Text, word("Lovelace|Hopper|Turing|Torvalds|Hamilton|Thompson|Liskov|Dijkstra", 5)},
		{"Title", table.Text, word("CEO|CTO|Head of Sales|VP Marketing|Engineer|Founder", 1)},
		{"Score", table.Number, number(31, 101)},
		{"Street", table.Text, func(i int) string { return fmt.Sprintf("%s Street %d", city(i), i%300) }},
		{"Postcode", table.Text, func(i int) string { return fmt.Sprintf("%05d", i*7%99_999) }},
		{"Source", table.Text, word("webinar|fair|referral|outbound|inbound", 2)},
		{"Note", table.Text, func(i int) string {
			return fmt.Sprintf("Met at \"Expo %d\", wants a demo; ask for budget %d", i%12, i%977)
		}},
		{"Reference", table.Text, form("REF-%08d")},
	}
}

// badEvery is how many good records lie between two that can't be taken.
const badEvery = 20_000

// write writes the sheet as a CSV file, in UTF-8 or in UTF-16 with a byte order mark: rows good records, a bad one before every
// badEvery-th.
// It returns the lines at which the bad ones begin.
func (s sheet) write(path string, rows int) (bad []int64, err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	buffer := bufio.NewWriterSize(f, 1<<20)
	var encoded io.Writer = buffer
	if s.utf16 {
		encoded = &utf16Writer{w: buffer}
		if _, err := buffer.Write([]byte{0xFF, 0xFE}); err != nil {
			return nil, err
		}
	}
	w := csv.NewWriter(encoded)
	record, number := make([]string, len(s.columns)), s.field(s.number)
	for c := range s.columns {
		record[c] = s.columns[c].name
	}
	line := int64(1)
	write := func() error {
		line++
		for _, field := range record {
			line += int64(strings.Count(field, "\n"))
		}
		return w.Write(record)
	}
	if err := write(); err != nil {
		return nil, err
	}
	for i := range rows {
		for c := range s.columns {
			record[c] = s.columns[c].value(i)
		}
		if i%badEvery == badEvery/2 {
			good := record[number]
			record[number] = "a handful"
			bad = append(bad, line)
			if err := write(); err != nil {
				return nil, err
			}
			record[number] = good
		}
		if err := write(); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return bad, errors.Join(w.Error(), buffer.Flush())
}

// utf16Writer writes the UTF-8 text it is given as UTF-16, little endian. A write may end within a character.
type utf16Writer struct {
	w    *bufio.Writer
	rest []byte
}

var _ io.Writer = (*utf16Writer)(nil)

// Write implements io.Writer.
func (u *utf16Writer) Write(p []byte) (int, error) {
	text := append(u.rest, p...)
	whole := len(text)
	for whole > 0 && whole > len(text)-4 && text[whole-1] >= 0x80 { // what may be half a character waits
		whole--
	}
	for _, unit := range utf16.Encode([]rune(string(text[:whole]))) {
		if err := u.w.WriteByte(byte(unit)); err != nil {
			return 0, err
		}
		if err := u.w.WriteByte(byte(unit >> 8)); err != nil { //nolint:mnd // the high half
			return 0, err
		}
	}
	u.rest = append([]byte(nil), text[whole:]...)
	return len(p), nil
}
