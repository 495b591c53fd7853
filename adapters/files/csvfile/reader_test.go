package csvfile

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/dataops"
)

func csvUTF8() dataops.Reading {
	return dataops.Reading{Format: dataops.CSV, Encoding: dataops.UTF8, Delimiter: ","}
}

// got is a record that outlives the reader.
type got struct {
	line    int64
	fields  []string
	problem string
	next    dataops.Mark
}

func readAll(t interface{ Fatalf(string, ...any) }, src io.Reader, o dataops.ReadOptions) []got {
	r, err := NewReader(src, o)
	if err != nil {
		t.Fatalf("NewReader: %v", err)
	}
	var out []got
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		g := got{line: rec.Line, problem: rec.Problem, next: rec.Next}
		for _, f := range rec.Fields {
			g.fields = append(g.fields, string(f))
		}
		out = append(out, g)
	}
}

func TestCSVRecords(t *testing.T) {
	t.Parallel()
	type rec struct {
		line    int64
		fields  []string
		problem string
	}
	for name, tc := range map[string]struct {
		in    string
		width int
		want  []rec
	}{
		"plain":                          {"a,b\nc,d\n", 2, []rec{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		"no last line end":               {"a,b\nc,d", 2, []rec{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		"CRLF, CR and LF mixed":          {"a\r\nb\rc\nd", 1, []rec{{1, []string{"a"}, ""}, {2, []string{"b"}, ""}, {3, []string{"c"}, ""}, {4, []string{"d"}, ""}}},
		"ends with CR":                   {"a\rb\r", 1, []rec{{1, []string{"a"}, ""}, {2, []string{"b"}, ""}}},
		"blank lines are not records":    {"a\n\n\r\n\rb\n", 1, []rec{{1, []string{"a"}, ""}, {5, []string{"b"}, ""}}},
		"quoted empty is a record":       {"\"\"\n", 1, []rec{{1, []string{""}, ""}}},
		"quoted line ends":               {"\"a\nb\r\nc\rd\",x\ny,z\n", 2, []rec{{1, []string{"a\nb\r\nc\rd", "x"}, ""}, {5, []string{"y", "z"}, ""}}},
		"quoted line end before the end": {"x,\"a\n\"\ny,z", 2, []rec{{1, []string{"x", "a\n"}, ""}, {3, []string{"y", "z"}, ""}}},
		"quoted line end at the end":     {"x,\"a\n\"", 2, []rec{{1, []string{"x", "a\n"}, ""}}},
		"doubled quotes":                 {"\"say \"\"hi\"\"\",\"\"\"\"\n", 2, []rec{{1, []string{`say "hi"`, `"`}, ""}}},
		"delimiter in quotes":            {"\"a,b\",c\n", 2, []rec{{1, []string{"a,b", "c"}, ""}}},
		"short is filled":                {"a\nb,c\n", 2, []rec{{1, []string{"a", ""}, ""}, {2, []string{"b", "c"}, ""}}},
		"long is a problem":              {"a,b,c\nd,e\n", 2, []rec{{1, []string{"a", "b"}, "has 3 fields, expected 2"}, {2, []string{"d", "e"}, ""}}},
		"stray quote":                    {"a,5\" pipe\nd,e\n", 2, []rec{{1, []string{"a", `5" pipe`}, ""}, {2, []string{"d", "e"}, ""}}},
		"stray quotes":                   {"a \"b\" c,\"\"\"d\"\" e\"\n", 2, []rec{{1, []string{`a "b" c`, `"d" e`}, ""}}},
		"text after the closing quote":   {"\"a\"b,c\nd,e\n", 2, []rec{{1, []string{`"a"b`, "c"}, ""}, {2, []string{"d", "e"}, ""}}},
		"spaces around a quoted field":   {"0, \"x, y\"  ,\t\"z\"\t\n", 3, []rec{{1, []string{"0", "x, y", "z"}, ""}}},
		"spaces without quotes stay":     {" a ,\tb \n", 2, []rec{{1, []string{" a ", "\tb "}, ""}}},
		"spaces before a quoted newline": {"a, \"x\ny\" \r\nb,c\n", 2, []rec{{1, []string{"a", "x\ny"}, ""}, {3, []string{"b", "c"}, ""}}},
		"empty surplus fields":           {"a,b,,\nc,d,\" \",\n", 2, []rec{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		"never closed":                   {"\"a,b\nc,d\ne,f\n", 2, []rec{{1, nil, "the quote that opens field 1 is never closed"}, {2, []string{"c", "d"}, ""}, {3, []string{"e", "f"}, ""}}},
		"closed by another's opening":    {"x,\"a\n\"c\",d\ne,f\n", 2, []rec{{1, nil, "field 2 goes on after its closing quote"}, {2, []string{"c", "d"}, ""}, {3, []string{"e", "f"}, ""}}},
		"NUL":                            {"a\x00,b\nc,d\n", 2, []rec{{1, nil, "holds a NUL character"}, {2, []string{"c", "d"}, ""}}},
		"malformed UTF-8":                {"a\xff,b\nc,d\n", 2, []rec{{1, nil, "holds bytes that are no characters in the file's encoding"}, {2, []string{"c", "d"}, ""}}},
		"byte order mark":                {"\xEF\xBB\xBFa,b\n", 2, []rec{{1, []string{"a", "b"}, ""}}},
		"trailing empty field":           {"a,\n,b\n", 2, []rec{{1, []string{"a", ""}, ""}, {2, []string{"", "b"}, ""}}},
		"empty":                          {"", 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var have []rec
			for _, g := range readAll(t, iotest.OneByteReader(strings.NewReader(tc.in)), dataops.ReadOptions{Reading: csvUTF8(), Width: tc.width}) {
				have = append(have, rec{g.line, g.fields, g.problem})
			}
			require.Equal(t, tc.want, have)
			var whole []rec
			for _, g := range readAll(t, strings.NewReader(tc.in), dataops.ReadOptions{Reading: csvUTF8(), Width: tc.width}) {
				whole = append(whole, rec{g.line, g.fields, g.problem})
			}
			require.Equal(t, have, whole, "the size of the reads must not matter")
		})
	}
}

func TestCSVLimits(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", dataops.MaxFieldBytes+1)
	huge := strings.Repeat("y,", dataops.MaxRecordBytes)
	in := "a,b\n" + long + ",1\n\"" + long + "\n\",2\n" + huge + "\nc,d\n\"" + strings.Repeat(strings.Repeat("z", 1023)+"\n", dataops.MaxRecordBytes/1024+10)
	recs := readAll(t, strings.NewReader(in), dataops.ReadOptions{Reading: csvUTF8(), Width: 2})
	require.Equal(t, "field 1 has 65537 bytes; a cell takes at most 65536", recs[1].problem)
	require.Equal(t, "field 1 has 65538 bytes; a cell takes at most 65536", recs[2].problem)
	require.EqualValues(t, 3, recs[2].line)
	require.Equal(t, "the record is longer than 4 MB", recs[3].problem)
	require.EqualValues(t, 5, recs[3].line)
	require.Equal(t, []string{"c", "d"}, recs[4].fields)
	require.EqualValues(t, 6, recs[4].line)
	require.Contains(t, recs[5].problem, "not closed within 4 MB")
	require.EqualValues(t, 7, recs[5].line)
	require.Len(t, recs[6].fields[0], 1023, "the file goes on after the line whose quote is never closed")
	require.EqualValues(t, 8, recs[6].line)
}

func encode(s string, enc dataops.Encoding) []byte {
	switch enc { //nolint:exhaustive // the others follow
	case dataops.UTF16LE, dataops.UTF16BE:
		var order binary.AppendByteOrder = binary.LittleEndian
		if enc == dataops.UTF16BE {
			order = binary.BigEndian
		}
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			b = order.AppendUint16(b, u)
		}
		return b
	case dataops.UTF8:
		return []byte(s)
	}
	var e encoding.Encoding
	if e = multiByte(enc); e == nil {
		e = singleByte(enc)
	}
	b, err := encoding.ReplaceUnsupported(e.NewEncoder()).Bytes([]byte(s))
	if err != nil {
		panic(err)
	}
	return b
}

func TestMalformedEncodings(t *testing.T) {
	t.Parallel()
	read := func(enc dataops.Encoding, raw []byte) []got {
		o := dataops.ReadOptions{Reading: csvUTF8(), Width: 1}
		o.Reading.Encoding = enc
		return readAll(t, bytes.NewReader(raw), o)
	}
	lone := append(encode("a\n", dataops.UTF16LE), 0x00, 0xD8, '\n', 0)
	lone = append(lone, encode("b", dataops.UTF16LE)...)
	lone = append(lone, 'x')
	recs := read(dataops.UTF16LE, lone)
	require.Len(t, recs, 3)
	require.Empty(t, recs[0].problem)
	require.Contains(t, recs[1].problem, "no characters")
	require.EqualValues(t, 8, recs[1].next.Offset)
	require.Contains(t, recs[2].problem, "no characters", "half a character at the end")
	require.EqualValues(t, len(lone), recs[2].next.Offset)

	recs = read(dataops.Windows1252, []byte("caf\xe9 \x80\nb\x81d\nc\n"))
	require.Equal(t, []string{"café €"}, recs[0].fields)
	require.Contains(t, recs[1].problem, "no characters")
	require.EqualValues(t, 13, recs[2].next.Offset)
}

// anyField draws texts that are hard on a reader.
func anyField() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", "a", "\"", ",", "\n", "\r", "\r\n", " x ", "\"\"", "a\"b", "\uFEFF", "😀", "é€", ";", "\t"}),
		rapid.StringOfN(rapid.SampledFrom([]rune("ab,\"\r\n;\t é€😀яšö日本한漢")), 0, 12, -1),
	)
}

func TestRoundTripInEveryEncodingAndFromEveryMark(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 5).Draw(t, "width")
		comma := rapid.SampledFrom([]byte(",;\t|")).Draw(t, "delimiter")
		enc := rapid.SampledFrom(dataops.Encodings()).Draw(t, "encoding")
		rows := rapid.SliceOfN(rapid.SliceOfN(anyField(), width, width), 0, 8).Draw(t, "rows")
		var b bytes.Buffer
		w := NewWriter(&b, comma)
		for _, row := range rows {
			for i := range row { // as far as the encoding has the characters
				raw := encode(row[i], enc)
				if row[i] = strings.ReplaceAll(Decode(raw, enc), "\x1a", "?"); len(encode(row[i], enc)) != len(raw) {
					row[i] = "x"
				}
			}
			w.Record(row...)
		}
		if w.Flush() != nil {
			t.Fatal("flush")
		}
		raw := encode(b.String(), enc)
		o := dataops.ReadOptions{Reading: dataops.Reading{Format: dataops.CSV, Encoding: enc, Delimiter: string(comma)}, Width: width}
		recs := readAll(t, iotest.HalfReader(bytes.NewReader(raw)), o)
		if len(recs) != len(rows) {
			t.Fatalf("%d records of %d in %q", len(recs), len(rows), b.String())
		}
		for i, g := range recs {
			if g.problem != "" || strings.Join(g.fields, "\x01") != strings.Join(rows[i], "\x01") {
				t.Fatalf("record %d: %q %s, wrote %q", i, g.fields, g.problem, rows[i])
			}
		}
		if len(recs) == 0 {
			return
		}
		from := rapid.IntRange(0, len(recs)-1).Draw(t, "from")
		o.From = recs[from].next
		rest := readAll(t, bytes.NewReader(raw[o.From.Offset:]), o)
		if len(rest) != len(recs)-from-1 {
			t.Fatalf("resumed after record %d: %d records of %d", from, len(rest), len(recs)-from-1)
		}
		for i, g := range rest {
			if want := recs[from+1+i]; g.line != want.line || g.next != want.next || strings.Join(g.fields, "\x01") != strings.Join(want.fields, "\x01") {
				t.Fatalf("resumed: %+v, want %+v", g, want)
			}
		}
	})
}

func TestReadsWhatTheStandardLibraryReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := rapid.StringOfN(rapid.SampledFrom([]rune("ab,\"\n")), 0, 40, -1).Draw(t, "file")
		std := csv.NewReader(strings.NewReader(in))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		if err != nil {
			return // what is broken is reported otherwise there
		}
		recs := readAll(t, strings.NewReader(in), dataops.ReadOptions{Reading: csvUTF8()})
		if len(recs) != len(want) {
			t.Fatalf("%q: %v, want %v", in, recs, want)
		}
		for i, g := range recs {
			if strings.Join(g.fields, "\x01") != strings.Join(want[i], "\x01") || g.problem != "" {
				t.Fatalf("%q record %d: %q %s, want %q", in, i, g.fields, g.problem, want[i])
			}
		}
	})
}

// FuzzCSV holds for any file: every byte is consumed, marks ascend, resuming at any mark gives the same, nothing that is
// handed out is malformed.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"a,b\n\"c\nd\",e", "\"", "a\"b\r\r\n,", "\xff\xfe\x00", "\"a\"b\n\"\"\"\n", "a,\"b\n\nc"} {
		f.Add([]byte(s), byte(0))
		f.Add([]byte(s), byte(1))
		f.Add([]byte(s), byte(3))
	}
	encodings := append([]dataops.Encoding{dataops.UTF8, dataops.UTF16LE, dataops.UTF16BE, dataops.Windows1252}, dataops.Encodings()...)
	f.Fuzz(func(t *testing.T, raw []byte, e byte) {
		o := dataops.ReadOptions{Reading: csvUTF8(), Width: 2}
		o.Reading.Encoding = encodings[int(e)%len(encodings)]
		recs := readAll(t, bytes.NewReader(raw), o)
		var last dataops.Mark
		for i, g := range recs {
			if g.next.Offset <= last.Offset || g.next.Line <= last.Line || g.line <= last.Line {
				t.Fatalf("record %d goes back: %+v after %+v", i, g, last)
			}
			last = g.next
			for _, field := range g.fields {
				if !utf8.ValidString(field) || strings.ContainsRune(field, 0) {
					t.Fatalf("record %d hands out %q", i, field)
				}
			}
		}
		if last.Offset > int64(len(raw)) {
			t.Fatalf("%d of %d bytes consumed", last.Offset, len(raw))
		}
		if len(recs) > 1 {
			mid := len(recs) / 2
			o.From = recs[mid-1].next
			rest := readAll(t, bytes.NewReader(raw[o.From.Offset:]), o)
			if len(rest) != len(recs)-mid {
				t.Fatalf("resumed: %d records, want %d", len(rest), len(recs)-mid)
			}
		}
	})
}
