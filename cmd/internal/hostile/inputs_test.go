package hostile_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// inputs are made to take a parser's time, memory or stack, or to leave something behind that no store takes.
func inputs(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, texts := range []map[string]string{values(), files(), pages()} {
		for name, text := range texts {
			out[name] = []byte(text)
		}
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := io.CopyN(z, zeros{}, 64*mega)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	out["gzip of 64 MB"] = packed.Bytes()
	var book bytes.Buffer
	w := zip.NewWriter(&book)
	sheet, err := w.Create("xl/worksheets/sheet1.xml")
	require.NoError(t, err)
	_, err = io.CopyN(sheet, zeros{}, 64*mega)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	out["a workbook of 64 MB"] = book.Bytes()
	for name, parts := range workbooks() {
		out["a workbook: "+name] = workbook(t, parts[0], parts[1])
	}
	return out
}

// workbooks are a sheet and a table of texts each, that say little and mean much.
func workbooks() map[string][2]string {
	sheet := func(rows string) string { return "<worksheet><sheetData>" + rows + "</sheetData></worksheet>" }
	first := `<c t="s"><v>0</v></c>`
	texts := func(list string) string { return "<sst>" + list + "</sst>" }
	laughs := `<!DOCTYPE l [<!ENTITY a "` + repeat("l", 1000) + `"><!ENTITY b "` + repeat("&a;", 1000) + `">]>`
	return map[string][2]string{
		"10 million columns":         {sheet("<row>" + repeat("<c/>", 10_000_000) + "</row>"), ""},
		"a far column":               {sheet(`<row><c r="XFE1"><v>1</v></c></row>`), ""},
		"1,000 columns":              {sheet("<row>" + repeat("<c><v>1</v></c>", 1001) + "</row>"), ""},
		"a far row":                  {sheet(`<row r="1048577"><c><v>1</v></c></row>`), ""},
		"a million empty rows":       {sheet(repeat("<row/>", 1_000_000)), ""},
		"one long text often":        {sheet(repeat("<row>"+first+"</row>", 12_000)), texts("<si><t>" + repeat("x", 1_000_000) + "</t></si>")},
		"one text of a cell often":   {sheet(repeat("<row>"+repeat(first, 4)+"</row>", 12_000)), texts("<si><t>" + repeat("x", 32_000) + "</t></si>")},
		"many texts":                 {sheet("<row>" + first + "</row>"), texts(repeat("<si><t/></si>", 5_000_000))},
		"a text of many runs":        {sheet("<row>" + first + "</row>"), texts("<si>" + repeat("<r><t>a</t></r>", 1_000_000) + "</si>")},
		"a billion laughs":           {sheet(first), laughs + texts("<si><t>&b;</t></si>")},
		"tags in tags":               {repeat("<worksheet>", 500_000), ""},
		"a number of 100,000 digits": {sheet("<row><c><v>" + repeat("9", 100_000) + "</v></c></row>"), ""},
		"blanks":                     {sheet(repeat(" ", 64*mega)), ""},
	}
}

func workbook(t *testing.T, sheet, texts string) []byte {
	t.Helper()
	const relation = `<Relationship Id="r" Type="/`
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range [][2]string{
		{"_rels/.rels", "<Relationships>" + relation + `officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook><sheets><sheet name="S" r:id="r"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", "<Relationships>" + relation + `worksheet" Target="sheet.xml"/></Relationships>`},
		{"xl/sheet.xml", sheet},
		{"xl/sharedStrings.xml", texts},
	} {
		if part[1] == "" {
			continue
		}
		p, err := w.Create(part[0])
		require.NoError(t, err)
		_, err = io.WriteString(p, part[1])
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.Bytes()
}

func repeat(s string, n int) string { return strings.Repeat(s, n) }

// values are JSON, and what looks like it.
func values() map[string]string {
	var wide strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&wide, `"k%d":%d,`, i, i)
	}
	return map[string]string{
		"nothing":                     "",
		"lists never closed":          repeat("[", mega),
		"lists in lists":              repeat("[", 100_000) + repeat("]", 100_000),
		"objects in objects":          repeat(`{"a":`, 100_000) + "1" + repeat("}", 100_000),
		"objects in objects, shallow": repeat(`{"a":`, 60) + "1" + repeat("}", 60),
		"an object of many members":   "{" + wide.String() + `"a":1}`,
		"an object of one name":       "{" + repeat(`"a":1,`, 200_000) + `"a":1}`,
		"a list of many":              `{"a":[` + repeat("0,", 500_000) + "0]}",
		"a list of empty lists":       `{"a":[` + repeat("[],", 400_000) + "0]}",
		"a number beyond all":         `{"a":1e400}`,
		"a number far beyond all":     `{"a":{"b":[1e999999999,-1e999999999,1e-999999999]}}`,
		"a number of 100,000 digits":  `{"a":` + repeat("9", 100_000) + "}",
		"a bare number":               repeat("9", mega),
		"a bare exponent":             "1e" + repeat("9", 1000),
		"half a surrogate pair":       `{"a":"\ud800"}`,
		"NUL in an escape":            `{"a":"\u0000"}`,
		"NUL":                         "a\x00b,c\nd\x00,e\n",
		"bytes that are no text":      repeat("\xff\xfe\xfd\x80", 100_000),
		"half of UTF-16":              "\xff\xfe" + repeat("\x00\xd8", 100_000),
		"a text of 8 MB":              `{"a":"` + repeat("x", 8*mega) + `"}`,
		"a text of escapes":           `{"a":"` + repeat(`\u0041`, 500_000) + `"}`,
		"backslashes":                 `{"a":"` + repeat(`\`, mega),
	}
}

// files are tables as text.
func files() map[string]string {
	var columns strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&columns, "c%d,", i)
	}
	return map[string]string{
		"a line of 10 MB":              `{"a":"` + repeat("y", 10*mega) + "\"}\n{\"a\":1}\n",
		"a field of 10 MB":             "a,b\n" + repeat("x", 10*mega) + ",1\n2,3\n",
		"a quoted field never closed":  "a,b\n\"" + repeat("x\n", 100_000) + ",1\n2,3\n",
		"quotes only":                  repeat(`"`, 2*mega+1),
		"quotes and commas":            "a,b\n" + repeat(`"",`, 300_000),
		"quotes never closed by turns": "a,b\n" + repeat("\"x\n\"y\",", 20_000),
		"commas only":                  repeat(",", 2*mega),
		"line ends only":               "a\n" + repeat("\n", mega),
		"carriage returns":             "a,b\r" + repeat("1,2\r", 20_000),
		"a header of 200,000 columns":  columns.String() + "\n1,2\n",
		"delimiters of all kinds":      "a;b,c\td|e\n" + repeat(";,\t|", 400_000),
		"formulas":                     "a\n" + repeat("'=", mega),
	}
}

// pages are documents, expressions, settings and names.
func pages() map[string]string {
	return map[string]string{
		"tags in tags":               "<html>" + repeat("<div>", 1_000_000),
		"formatting in formatting":   "<html><body>" + repeat("<b><i><p>", 300_000),
		"tables in tables":           "<html><body>" + repeat("<table><tr><td>", 100_000),
		"attributes":                 "<a " + repeat(`x="1" `, 300_000) + ">",
		"tags never closed":          repeat("<a href='", 400_000),
		"entities":                   "<html><title>" + repeat("&amp;&#x41;", 200_000),
		"comments":                   repeat("<!--", 400_000),
		"linked data in linked data": `<script type="application/ld+json">` + repeat(`{"@graph":[`, 150_000) + "</script>",
		"ats":                        "<html><body>" + repeat("a@", mega),
		"a billion laughs":           `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "` + repeat("l", 1000) + `"><!ENTITY b "` + repeat("&a;", 1000) + `"><!ENTITY c "` + repeat("&b;", 1000) + `">]><l>&c;</l>`,
		"a billion laughs in YAML":   "a: &a [" + repeat("x,", 100) + "]\nb: &b [" + repeat("*a,", 100) + "]\nc: [" + repeat("*b,", 100) + "]\n",
		"a pattern of repetitions":   "((((a{30}){30}){30}){30})",
		"a pattern that goes back":   "^(([a-z])+.)+[A-Z]([a-z])+$",
		"a pattern of classes":       repeat(`\pL`, 600),
		"a path of descents":         "$" + repeat("..*", 50),
		"a path of filters":          "$" + repeat("[?(@.a)]", 30),
		"a path of unions":           "$[" + repeat("0,", 100) + "0]",
		"a filter that never ends":   "$[?(" + repeat("(", 140),
		"an expression that doubles": `reduce(1..1000, {#acc + #acc}, "a") != ""`,
		"brackets":                   repeat("(", 100_000) + repeat(")", 100_000),
		"settings":                   repeat("MORKET_X=1\n", 10_000),
		"a setting of 1 MB":          "MORKET_HTTP_ADDR=" + repeat("x", mega),
		"marks of direction":         repeat("\u202e", 100_000) + "@" + repeat("\u200b", 100_000),
		"accents":                    "a" + repeat("\u0301", 200_000),
		"labels":                     "http://" + repeat("a.", 100_000) + "com",
	}
}

// zeros are as many as anybody reads.
type zeros struct{}

// Read implements io.Reader.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
