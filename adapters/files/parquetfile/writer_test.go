package parquetfile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/files/parquetfile"
)

var update = flag.Bool("update", false, "write the fixtures anew") //nolint:gochecknoglobals // a flag of the test

func columns() []parquetfile.Column {
	return []parquetfile.Column{
		{Name: "Zed", Kind: parquetfile.Text},
		{Name: "Small", Kind: parquetfile.Decimal, Precision: 18, Scale: 2},
		{Name: "Large", Kind: parquetfile.Decimal, Precision: 38, Scale: 10},
		{Name: "Yes", Kind: parquetfile.Boolean},
		{Name: "Day", Kind: parquetfile.Date},
		{Name: "At", Kind: parquetfile.Timestamp},
		{Name: "Tags", Kind: parquetfile.List},
		{Name: "Data", Kind: parquetfile.JSON},
	}
}

// record is a row of the fixture; nil is no value. It is what ui/src/testing/parquet.test.ts reads with a reader that is not this one.
type record struct {
	Zed   *string   `json:"Zed"`
	Small *string   `json:"Small"`
	Large *string   `json:"Large"`
	Yes   *bool     `json:"Yes"`
	Day   *string   `json:"Day"`
	At    *string   `json:"At"`
	Tags  *[]string `json:"Tags"`
	Data  *string   `json:"Data"`
}

func optional[T any](w *parquetfile.Writer, v *T, write func(T)) {
	if v == nil {
		w.Null()
	} else {
		write(*v)
	}
}

func (r record) write(w *parquetfile.Writer) error {
	text := func(s string) { w.Text([]byte(s)) }
	number := func(s string) { w.Decimal([]byte(s)) }
	at := func(form string, write func(time.Time)) func(string) {
		return func(s string) {
			v, err := time.Parse(form, s)
			if err != nil {
				panic(err)
			}
			write(v)
		}
	}
	optional(w, r.Zed, text)
	optional(w, r.Small, number)
	optional(w, r.Large, number)
	optional(w, r.Yes, w.Bool)
	optional(w, r.Day, at(time.DateOnly, w.Date))
	optional(w, r.At, at(time.RFC3339Nano, w.Timestamp))
	optional(w, r.Tags, w.List)
	optional(w, r.Data, text)
	return w.End()
}

// TestTheFixture writes what another program reads back, byte by byte as it was read then.
func TestTheFixture(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/types.json")
	require.NoError(t, err)
	var rows []record
	require.NoError(t, json.Unmarshal(text, &rows))
	var out bytes.Buffer
	w, err := parquetfile.NewWriter(&out, columns())
	require.NoError(t, err)
	for _, r := range rows {
		require.NoError(t, r.write(w))
	}
	require.NoError(t, w.Close())
	if *update {
		require.NoError(t, os.WriteFile("testdata/types.parquet", out.Bytes(), 0o600))
	}
	want, err := os.ReadFile("testdata/types.parquet")
	require.NoError(t, err)
	require.True(t, bytes.Equal(want, out.Bytes()), "what is written has changed: run with -update, and the tests of the ui, which read it")
	require.Equal(t, `message table {
	optional binary Zed (STRING);
	optional int64 Small (DECIMAL(18,2));
	optional fixed_len_byte_array(16) Large (DECIMAL(38,10));
	optional boolean Yes;
	optional int32 Day (DATE);
	optional int64 At (TIMESTAMP(isAdjustedToUTC=true,unit=MICROS));
	optional group Tags (LIST) {
		repeated group list {
			required binary element (STRING);
		}
	}
	optional binary Data (JSON);
}`, open(t, want).Schema().String())
}

func open(t require.TestingT, b []byte) *parquet.File {
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	return f
}

// decimals are those that DECIMAL(38,10) takes.
func decimals() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		whole := rapid.StringMatching(`-?(0|[1-9][0-9]{0,27})`).Draw(t, "whole")
		if frac := rapid.StringMatching(`[0-9]{0,10}`).Draw(t, "frac"); frac != "" {
			return whole + "." + frac
		}
		return whole
	})
}

func TestDecimalsAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOfN(decimals(), 1, 600).Draw(t, "numbers")
		var out bytes.Buffer
		w, err := parquetfile.NewWriter(&out, []parquetfile.Column{{Name: "N", Kind: parquetfile.Decimal, Precision: 38, Scale: 10}})
		require.NoError(t, err)
		for _, n := range numbers {
			w.Decimal([]byte(n))
			require.NoError(t, w.End())
		}
		require.NoError(t, w.Close())
		i := 0
		for _, group := range open(t, out.Bytes()).RowGroups() {
			rows := group.Rows()
			buf := make([]parquet.Row, 100)
			for {
				n, err := rows.ReadRows(buf)
				for _, r := range buf[:n] {
					want, _ := new(big.Rat).SetString(numbers[i])
					require.Equal(t, want.FloatString(10), decimal(r[0].ByteArray(), 10))
					i++
				}
				if err == io.EOF { //nolint:errorlint // as the library says
					break
				}
				require.NoError(t, err)
			}
			require.NoError(t, rows.Close())
		}
		require.Len(t, numbers, i)
	})
}

// decimal reads a big-endian two's complement.
func decimal(b []byte, scale int) string {
	n := new(big.Int).SetBytes(b)
	if b[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

func TestADecimalThatDoesNotFitIsAnError(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"12345.678", "12345678901234567", "abc", "", "1.2.3"} {
		w, err := parquetfile.NewWriter(io.Discard, []parquetfile.Column{{Name: "N", Kind: parquetfile.Decimal, Precision: 18, Scale: 2}})
		require.NoError(t, err)
		w.Decimal([]byte(n))
		require.ErrorContains(t, w.End(), "export again", n)
		require.Error(t, w.Close(), n)
	}
}

func TestDigits(t *testing.T) {
	t.Parallel()
	for n, want := range map[string][2]int{"0": {0, 0}, "-12.50": {2, 1}, "0.001": {0, 3}, "100": {3, 0}, "1234567890.000": {10, 0}} {
		before, after := parquetfile.Digits([]byte(n))
		require.Equal(t, want, [2]int{before, after}, n)
	}
}

func TestRowGroupsAreBounded(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w, err := parquetfile.NewWriter(&out, []parquetfile.Column{{Name: "T", Kind: parquetfile.Text}, {Name: "N", Kind: parquetfile.Decimal, Precision: 18}})
	require.NoError(t, err)
	long := []byte(strings.Repeat("x", 10_000))
	for i := range 5_000 {
		w.Text(long)
		w.Decimal(strconv.AppendInt(nil, int64(i), 10))
		require.NoError(t, w.End())
	}
	require.NoError(t, w.Close())
	f := open(t, out.Bytes())
	require.Len(t, f.RowGroups(), 2)
	require.EqualValues(t, 5_000, f.NumRows())
}

func TestWhatIsWrongWithColumns(t *testing.T) {
	t.Parallel()
	for _, list := range [][]parquetfile.Column{nil, {{Name: "A"}, {Name: "A"}}, {{Name: "N", Kind: parquetfile.Decimal, Precision: 39}}} {
		_, err := parquetfile.NewWriter(io.Discard, list)
		require.Error(t, err, fmt.Sprint(list))
	}
}

func BenchmarkWrite(b *testing.B) {
	list := make([]parquetfile.Column, 20)
	for i := range list {
		list[i] = parquetfile.Column{Name: "Column " + strconv.Itoa(i)}
		if i%2 == 0 {
			list[i].Kind, list[i].Precision, list[i].Scale = parquetfile.Decimal, 18, 2
		}
	}
	for b.Loop() {
		w, err := parquetfile.NewWriter(io.Discard, list)
		require.NoError(b, err)
		for i := range 100_000 {
			n := strconv.AppendInt(nil, int64(i), 10)
			text := append([]byte("text number "), n...)
			for c := range list {
				if c%2 == 0 {
					w.Decimal(n)
				} else {
					w.Text(text)
				}
			}
			if err := w.End(); err != nil {
				b.Fatal(err)
			}
		}
		require.NoError(b, w.Close())
	}
	b.ReportMetric(float64(100_000*b.N)/b.Elapsed().Seconds(), "rows/s")
}
