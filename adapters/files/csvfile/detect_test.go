package csvfile

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func inspect(t *testing.T, raw []byte, name string) (dataops.Detection, error) {
	t.Helper()
	var d Inspector
	for len(raw) > 0 { // in pieces, as an upload comes
		n := min(7, len(raw))
		_, err := d.Write(raw[:n])
		require.NoError(t, err)
		raw = raw[n:]
	}
	return d.Detect(name)
}

func detect(t *testing.T, raw []byte, name string) (dataops.Reading, error) {
	t.Helper()
	d, err := inspect(t, raw, name)
	return d.Reading, err
}

func TestDetect(t *testing.T) {
	t.Parallel()
	const plain = "Name,Employees\nAnna,12\nBärbel,30\n"
	for name, tc := range map[string]struct {
		raw  []byte
		file string
		want dataops.Reading
	}{
		"UTF-8":              {[]byte(plain), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ",", Header: true}},
		"UTF-8 mark":         {[]byte("\xEF\xBB\xBF" + plain), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ",", Header: true}},
		"UTF-16 LE mark":     {append([]byte{0xFF, 0xFE}, encode(plain, dataops.UTF16LE)...), "", dataops.Reading{Format: "csv", Encoding: "utf-16le", Delimiter: ",", Header: true}},
		"UTF-16 BE mark":     {append([]byte{0xFE, 0xFF}, encode(plain, dataops.UTF16BE)...), "", dataops.Reading{Format: "csv", Encoding: "utf-16be", Delimiter: ",", Header: true}},
		"UTF-16 LE bare":     {encode(plain, dataops.UTF16LE), "", dataops.Reading{Format: "csv", Encoding: "utf-16le", Delimiter: ",", Header: true}},
		"UTF-16 BE bare":     {encode(plain, dataops.UTF16BE), "", dataops.Reading{Format: "csv", Encoding: "utf-16be", Delimiter: ",", Header: true}},
		"UTF-16 LE Cyrillic": {encode("Имя,Город\nАнна,Москва\n", dataops.UTF16LE), "", dataops.Reading{Format: "csv", Encoding: "utf-16le", Delimiter: ",", Header: true}},
		"Windows-1252":       {encode(plain+"Café,1\n", dataops.Windows1252), "", dataops.Reading{Format: "csv", Encoding: "windows-1252", Delimiter: ",", Header: true}},
		"one bad byte":       {[]byte(plain + "Ørsted,\xff\n"), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ",", Header: true}},
		"accent at the end":  {append([]byte("a,b\n"+strings.Repeat("x,y\n", headBytes/4)), 0xE9), "", dataops.Reading{Format: "csv", Encoding: "windows-1252", Delimiter: ",", Header: true}},
		"semicolons":         {[]byte("Name;Price\nA;1,5\nB;2,5\n"), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ";", Header: true}},
		"tabs":               {[]byte("Name\tNote\nA\tx, y\nB\tz\n"), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: "\t", Header: true}},
		"bars":               {[]byte("Name|Note\nA|x\nB|z\n"), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: "|", Header: true}},
		"one column":         {[]byte("Domain\nexample.com\nmorket.dev\n"), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ",", Header: true}},
		"no header":          {[]byte("Anna,12\nBob,30\n"), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ",", Header: false}},
		"JSON Lines":         {[]byte(`{"a":1}` + "\n" + `{"a":2}`), "", dataops.Reading{Format: "jsonl", Encoding: "utf-8", Header: true}},
		"JSON Lines by name": {[]byte("oops\n{}\n"), "x.ndjson", dataops.Reading{Format: "jsonl", Encoding: "utf-8", Header: true}},
		"quoted line ends":   {[]byte("a,b\n\"x;\n;y\",1\n\"z;\n;\",2\n"), "", dataops.Reading{Format: "csv", Encoding: "utf-8", Delimiter: ",", Header: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			have, err := detect(t, tc.raw, tc.file)
			require.NoError(t, err)
			require.Equal(t, tc.want, have)
		})
	}
}

func TestDetectRefuses(t *testing.T) {
	t.Parallel()
	_, err := detect(t, nil, "x.csv")
	require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
	for _, raw := range []string{"PK\x03\x04…", "\x1F\x8B\x08", "\n<!DOCTYPE html><html>", "\xEF\xBB\xBF<?xml version='1.0'?>"} {
		_, err := detect(t, []byte(raw), "x")
		require.Equal(t, kernel.KindUnsupported, kernel.KindOf(err), raw)
	}
}

func TestJSONLines(t *testing.T) {
	t.Parallel()
	in := `{"a":1.10,"b":"x","n":{"deep":[1,2]}}` + "\n\n" + `[1]` + "\n" + `{"b":null,"z":1}` + "\r\n" + `{"a":` + "\n" + `{"a":"\u0000"}` + "\n" + `{"a":12345678901234567890123456789012345678}`
	r, err := NewReader(strings.NewReader(in), dataops.ReadOptions{Reading: dataops.Reading{Format: dataops.JSONL, Encoding: dataops.UTF8}, Keys: []string{"a", "b", "n"}})
	require.NoError(t, err)
	next := func() dataops.Record {
		rec, err := r.Next()
		require.NoError(t, err)
		return rec
	}
	rec := next()
	require.Equal(t, `1.10|"x"|{"deep":[1,2]}`, string(rec.Fields[0])+"|"+string(rec.Fields[1])+"|"+string(rec.Fields[2]))
	rec = next()
	require.Equal(t, "is not a JSON object", rec.Problem)
	require.EqualValues(t, 3, rec.Line)
	rec = next()
	require.Equal(t, [][]byte{nil, nil, nil}, rec.Fields)
	require.Equal(t, []string{"z"}, rec.Unknown)
	require.Equal(t, "this is not valid JSON", next().Problem)
	require.Contains(t, next().Problem, "NUL")
	rec = next()
	require.Equal(t, "12345678901234567890123456789012345678", string(rec.Fields[0]))
	require.EqualValues(t, len(in), rec.Next.Offset)
}

// The files are small forms of what people have reported of other programs.
func TestDetectReportedFiles(t *testing.T) {
	t.Parallel()
	for file, tc := range map[string]struct {
		delimiter string
		line      int64
		header    bool
		first     []string // the first record, which is the header if there is one
	}{
		"b01a-quoted-newline-semicolon.csv": {";", 0, true, []string{"lead", "city", "note"}},
		"b01b-quoted-newline-comma.csv":     {",", 0, true, []string{"id", "remark"}},
		"b03a-quote-then-tab.csv":           {";", 0, true, []string{"surname", "given", "born"}},
		"b03b-space-before-quote.csv":       {",", 0, true, []string{"code", "label"}},
		"b04-preamble-trailing-ragged.csv":  {";", 4, true, []string{"Booked", "Paid", "Amount"}},
		"b05a-sep-semicolon.csv":            {";", 2, true, []string{"Name", "Town"}},
		"b05b-sep-pipe.csv":                 {"|", 2, true, []string{"Name", "Town"}},
		"b06a-bom-quoted-header.csv":        {",", 0, true, []string{"email", "name"}},
		"b06b-utf16le-bom.tsv":              {"\t", 0, true, []string{"email", "name"}},
		"b06c-utf16be-no-bom.csv":           {",", 0, true, []string{"email", "name"}},
		"b07a-cr-only.csv":                  {",", 0, true, []string{"name", "town"}},
		"b07b-mixed-ends.csv":               {",", 0, true, []string{"name", "town"}},
		"b16-duplicate-headers.csv":         {",", 0, true, []string{"name", "email", "email", "phone", "phone"}},
		"b18b-header-only.csv":              {",", 0, true, []string{"name", "email", "phone"}},
		"b18c-blank-header.csv":             {",", 0, true, []string{"name", "", "phone", ""}},
	} {
		raw, err := os.ReadFile("testdata/" + file)
		require.NoError(t, err)
		d, err := inspect(t, raw, file)
		require.NoError(t, err, file)
		require.False(t, d.Unsure, file)
		require.Equal(t, []any{tc.delimiter, tc.line, tc.header}, []any{d.Reading.Delimiter, d.Reading.HeaderLine, d.Reading.Header}, file)
		require.Equal(t, tc.first, readAll(t, bytes.NewReader(raw), dataops.ReadOptions{Reading: d.Reading})[0].fields, file)
	}
	for _, file := range []string{"b18a-empty.csv", "b18d-bom-only.csv", "b18e-newlines-only.csv"} {
		raw, err := os.ReadFile("testdata/" + file)
		require.NoError(t, err)
		_, err = inspect(t, raw, file)
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), file)
	}
}

func TestDetectDelimiterAndHeader(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		raw       string
		delimiter string
		line      int64
		header    bool
	}{
		"one column of names with commas": {"company\nAcme, Inc\nBolt\nCog, Ltd\n", "", 0, true},
		"one column of places":            {"City\nParis, France\nRome, Italy\nOslo, Norway\n", "", 0, true},
		"one column of prices":            {"Price\n1,50\n2,75\n10,00\n", "", 0, true},
		"one column of tags":              {"tags\na;b\nc\nd;e;f\n", "", 0, true},
		"decimal commas":                  {"Name;Price\nA;1,5\nB;2,5\n", ";", 0, true},
		"decimal commas without a header": {"A;1,5\nB;2,5\n", ";", 0, false},
		"title":                           {"Quarterly report\nName,City,Sum\nAnn,Oslo,1\nBob,Rome,2\n", ",", 2, true},
		"titles and blank lines":          {"Report\n\nMade by,Ann\n\nName,City,Sum\nAnn,Oslo,1\nBob,Rome,2\n", ",", 5, true},
		"titles padded by a spreadsheet":  {"Report,,,\nMade by,Ann,,\n,,,\nName,City,Sum,Note\nAnn,Oslo,1,x\nBob,Rome,2,y\n", ",", 4, true},
		"blank lines above":               {"\n\nName,City\nAnn,Oslo\n", ",", 3, true},
		"years for names":                 {"Name,2023,2024\nAcme,100,200\nBolt,150,250\n", ",", 0, true},
		"only years for names":            {"2023,2024\n100,200\n150,250\n", ",", 0, true},
		"numbers for names":               {"Name,1,2\nAcme,x,y\nBolt,z,w\n", ",", 0, true},
		"equal names":                     {"email,email\na@x.co,b@x.co\n", ",", 0, true},
		"no header, values come again":    {"Oslo,Norway\nBergen,Norway\nRome,Italy\n", ",", 0, false},
		"no header, dates":                {"2024-01-02,Ann\n2024-01-03,Bob\n", ",", 0, false},
		"trailing empty columns":          {"Name,City,,,,,\nAnn,Oslo,,,,,\nBob,Rome,,,,,\n", ",", 0, true},
		"most columns without a name":     {"Name,,,\nAnn,1,2,3\nBob,4,5,6\n", ",", 2, false},
		"carets":                          {"a^b^c\n1^2^3\n", "^", 0, true},
		"backslash before quotes":         {"id,text\n1,\"say \\\"hi\\\", twice\"\n2,\"x\"\n", ",", 0, true},
		"sep line in quotes":              {"\"sep=|\"\nName|Town\nA|B\n", "|", 2, true},
	} {
		d, err := inspect(t, []byte(tc.raw), "x.csv")
		require.NoError(t, err, name)
		if tc.delimiter == "" {
			for _, r := range readAll(t, strings.NewReader(tc.raw), dataops.ReadOptions{Reading: d.Reading}) {
				require.Len(t, r.fields, 1, name)
			}
			tc.delimiter = d.Reading.Delimiter
		}
		require.Equal(t, []any{tc.delimiter, tc.line, tc.header}, []any{d.Reading.Delimiter, d.Reading.HeaderLine, d.Reading.Header}, name)
	}
}

func TestBackslashes(t *testing.T) {
	t.Parallel()
	const file = "id,text,note\n1,\"say \\\"hi\\\", twice\",\\N\n2,\"C:\\\\temp\",\"a \"\"b\"\"\"\n3,\"two\\\nlines\",x\\,y\n"
	d, err := inspect(t, []byte(file), "x.csv")
	require.NoError(t, err)
	require.Equal(t, dataops.Backslash, d.Reading.Escape)
	recs := readAll(t, strings.NewReader(file), dataops.ReadOptions{Reading: d.Reading, Width: 3})
	require.Equal(t, []string{"1", `say "hi", twice`, ""}, recs[1].fields)
	require.Equal(t, []string{"2", `C:\temp`, `a "b"`}, recs[2].fields)
	require.Equal(t, []string{"3", "two\nlines", "x,y"}, recs[3].fields)
	d, err = inspect(t, []byte("path,n\n\"C:\\dir\\\",1\n\"D:\\\",2\n"), "x.csv")
	require.NoError(t, err)
	require.Empty(t, d.Reading.Escape, "a folder's name at the end of a field is no escape")
}
