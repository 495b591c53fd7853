package xlsxfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/xlsxfile"
)

// readAll reads every sheet of one opening.
func readAll(b []byte) error {
	f, err := xlsxfile.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return err
	}
	defer f.Close()
	for _, s := range f.Sheets() {
		rows, err := f.Rows(s.Name, 0)
		if err != nil {
			return err
		}
		for err == nil {
			_, err = rows.Next()
		}
		if !errors.Is(err, io.EOF) {
			return err
		}
	}
	return nil
}

// manySheets is a workbook of sheets that are small each, and whose first rows are far.
func manySheets(t *testing.T) []byte {
	t.Helper()
	var sheets, relations strings.Builder
	list := []string{"_rels/.rels", rels}
	blank := "<worksheet>" + strings.Repeat(" ", 10<<20) + "</worksheet>"
	for i := range 12 {
		fmt.Fprintf(&sheets, `<sheet name="%d" r:id="r%d"/>`, i, i)
		fmt.Fprintf(&relations, `<Relationship Id="r%d" Type="/worksheet" Target="s%d.xml"/>`, i, i)
		list = append(list, fmt.Sprintf("xl/s%d.xml", i), blank)
	}
	return parts(t, append(list, "xl/workbook.xml", "<workbook><sheets>"+sheets.String()+"</sheets></workbook>", "xl/_rels/workbook.xml.rels", "<Relationships>"+relations.String()+"</Relationships>")...)
}

// TestHostileWorkbooks refuses each in time and memory that its size allows.
func TestHostileWorkbooks(t *testing.T) {
	t.Parallel()
	cells := func(n int, cell string) string {
		return `<worksheet><sheetData><row r="1">` + strings.Repeat(cell, n) + `</row></sheetData></worksheet>`
	}
	column := func(n int, row string) string {
		return `<worksheet><sheetData>` + strings.Repeat(row, n) + `</sheetData></worksheet>`
	}
	many := make([]string, 0, 40_000)
	for i := range 20_000 {
		many = append(many, "p"+strconv.Itoa(i), "")
	}
	doctype := `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>`
	for name, tc := range map[string]struct {
		file []byte
		want string
	}{
		"no archive":                   {[]byte("PK\x03\x04 and nothing else"), "cut off or damaged"},
		"too many parts":               {parts(t, many...), "parts, which no workbook has"},
		"another archive":              {parts(t, "a.txt", "x"), "ZIP archive and no workbook"},
		"OpenDocument":                 {parts(t, "content.xml", "x"), "OpenDocument"},
		"no sheet":                     {parts(t, "_rels/.rels", rels, "xl/workbook.xml", `<workbook/>`, "xl/_rels/workbook.xml.rels", book), "no sheet"},
		"a document type":              {workbook(t, doctype+cells(1, `<c><v>&b;</v></c>`)), "document type"},
		"a document type in the texts": {workbook(t, cells(1, `<c t="s"><v>0</v></c>`), "xl/sharedStrings.xml", doctype+`<sst/>`), "document type"},
		"nested deeply":                {workbook(t, strings.Repeat("<a>", 10_000)), "nested too deeply"},
		"tags that don't match":        {workbook(t, `</a></a></a>`), "don't match"},
		"a tag without an end":         {workbook(t, `<worksheet `+strings.Repeat("a", 1<<20)), "too long or never ends"},
		"cut off":                      {workbook(t, `<worksheet><sheetData><row><c>`), "ends in the middle"},
		"ten million columns":          {workbook(t, cells(1_000_000, `<c/>`)), "more than 16384 columns"},
		"a far column":                 {workbook(t, cells(1, `<c r="ZZZZZZZZZZ1"><v>1</v></c>`)), "more than 16384 columns"},
		"a far row":                    {workbook(t, column(1, `<row r="99999999"><c><v>1</v></c></row>`)), "more than 1048576 rows"},
		"rows backwards":               {workbook(t, column(2, `<row r="5"/>`)), "not in order"},
		"cells backwards":              {workbook(t, cells(2, `<c r="B1"/>`)), "not in order"},
		"a part that unpacks to 30 MB": {workbook(t, column(1<<20, `                              `)), "taken for an attack"},
		"one long text in many cells":  {workbook(t, column(12_000, `<row><c t="s"><v>0</v></c></row>`), "xl/sharedStrings.xml", `<sst><si><t>`+strings.Repeat("x", 32_000)+`</t></si></sst>`), "taken for an attack"},
		"texts that unpack to 24 MB":   {workbook(t, cells(1, `<c t="s"><v>0</v></c>`), "xl/sharedStrings.xml", `<sst>`+strings.Repeat(`<si><t/></si>`, 2<<20)+`</sst>`), "taken for an attack"},
		"many sheets that unpack":      {manySheets(t), "taken for an attack"},
		"UTF-16":                       {workbook(t, "\xFF\xFE<\x00"), "UTF-16"},
		"a comment without an end":     {workbook(t, `<!-- `+strings.Repeat("x", 1<<20)), "ends in the middle"},
		"a text of more than 128 KB":   {workbook(t, cells(1, `<c t="inlineStr"><is><t><![CDATA[`+strings.Repeat("x", 200<<10)+`]]></t></is></c>`)), "too long or never ends"},
	} {
		begun := time.Now()
		_, _, err := read(tc.file, "S")
		if name == "many sheets that unpack" {
			err = readAll(tc.file)
		}
		require.ErrorContains(t, err, tc.want, name)
		require.Less(t, time.Since(begun), 5*time.Second, "%s (the limit is for a busy machine; it takes a tenth)", name)
	}
}
