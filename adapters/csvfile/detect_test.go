package csvfile

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

func detect(t *testing.T, raw []byte, name string) (dataops.Reading, error) {
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
	for _, raw := range []string{"PK\x03\x04…", "\x1F\x8B\x08", `[{"a":1}]`} {
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
