package xlsxfile_test

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/morket/morket/adapters/files/xlsxfile"
)

// written makes a workbook, and opens it with a reader that is not ours.
func written(t *testing.T, name string, columns []xlsxfile.Column, fill func(w *xlsxfile.Writer)) (*excelize.File, []byte) {
	t.Helper()
	var out bytes.Buffer
	w, err := xlsxfile.NewWriter(&out, name, columns)
	require.NoError(t, err)
	fill(w)
	require.NoError(t, w.Close())
	f, err := excelize.OpenReader(bytes.NewReader(out.Bytes()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.Close()) })
	return f, out.Bytes()
}

func TestCellsAreWhatTheyAre(t *testing.T) {
	t.Parallel()
	f, _ := written(t, "Leads", []xlsxfile.Column{{Name: "A", Width: 20}, {Name: "B"}}, func(w *xlsxfile.Writer) {
		number := func(n string) func() { return func() { w.Number([]byte(n)) } }
		text := func(s string) func() { return func() { w.Text(s) } }
		for _, cell := range []func(){
			number("12.5"), number("-0.000001"), number("123456789012345"), number("1234567890123456"), number("0"), number("100000000000000000000"),
			text("007"), text("=1+1"), text(" a & <b> \"c\"\r\n"), text("_x0041_"), text("🙂"), text("true"),
			func() { w.Bool(true) }, func() { w.Percent([]byte("12.5")) },
			func() { w.Date(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)) }, func() { w.Date(time.Date(1900, 2, 28, 0, 0, 0, 0, time.UTC)) },
			func() { w.Date(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)) },
			func() { w.DateTime(time.Date(2024, 2, 29, 13, 14, 15, 0, time.UTC)) },
		} {
			cell()
			require.NoError(t, w.End())
		}
	})
	require.Equal(t, []string{"Leads"}, f.GetSheetList())
	for i, want := range []struct{ raw, shown string }{
		{"A", "A"},
		{"12.5", "12.5"},
		{"-0.000001", "-0.000001"},
		{"123456789012345", "123456789012345"},
		{"1234567890123456", "1234567890123456"},
		{"0", "0"},
		{"100000000000000000000", ""},
		{"007", "007"},
		{"=1+1", "=1+1"},
		{" a & <b> \"c\"\r\n", ""},
		{"_x0041_", ""},
		{"🙂", "🙂"},
		{"true", "true"},
		{"1", "TRUE"},
		{"12.5", ""},
		{"45351", "2024-02-29"},
		{"1900-02-28", "1900-02-28"},
		{"2958465", "9999-12-31"},
		{"45351.55156250000", "2024-02-29 13:14:15"},
	} {
		cell := "A" + strconv.Itoa(i+1)
		raw, err := f.GetCellValue("Leads", cell, excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Equal(t, want.raw, raw, cell)
		if want.shown != "" {
			shown, err := f.GetCellValue("Leads", cell)
			require.NoError(t, err)
			require.Equal(t, want.shown, shown, cell)
		}
		formula, err := f.GetCellFormula("Leads", cell)
		require.NoError(t, err)
		require.Empty(t, formula, cell)
	}
	for cell, want := range map[string]excelize.CellType{"A2": excelize.CellTypeUnset, "A5": excelize.CellTypeInlineString, "A9": excelize.CellTypeInlineString, "A14": excelize.CellTypeBool} {
		kind, err := f.GetCellType("Leads", cell)
		require.NoError(t, err)
		require.Equal(t, want, kind, cell)
	}
	panes, err := f.GetPanes("Leads")
	require.NoError(t, err)
	require.True(t, panes.Freeze)
	require.Equal(t, "A2", panes.TopLeftCell)
}

func TestATextThatIsTooLongIsCutAndTold(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("🙂", xlsxfile.MaxCellText/2) + "xyz"
	f, _ := written(t, "T", []xlsxfile.Column{{Name: "A"}, {Name: "B"}}, func(w *xlsxfile.Writer) {
		w.Blank()
		w.Text(long)
		require.NoError(t, w.End())
		w.Text(strings.Repeat("a", xlsxfile.MaxCellText))
		require.NoError(t, w.End())
	})
	cut, err := f.GetCellValue("T", "B2")
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("🙂", xlsxfile.MaxCellText/2)+"x", cut)
	rows, err := f.GetRows("Cut texts")
	require.NoError(t, err)
	require.Len(t, rows, 3)
	require.Contains(t, rows[0][0], "1 texts are longer than the 32767 characters")
	require.Equal(t, []string{"T", "B2", "32769"}, rows[2])
}

func TestRowsGoOnInTheNextSheet(t *testing.T) {
	t.Parallel()
	f, _ := written(t, "A very long name of a table: it's cut", []xlsxfile.Column{{Name: "N"}}, func(w *xlsxfile.Writer) {
		xlsxfile.SetMaxRows(w, 3)
		for i := range 5 {
			w.Number([]byte(strconv.Itoa(i)))
			require.NoError(t, w.End())
		}
	})
	require.Equal(t, []string{"A very long name of a table_ it", "A very long name of a table (2)", "A very long name of a table (3)"}, f.GetSheetList())
	var got []string
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet)
		require.NoError(t, err)
		for _, r := range rows {
			got = append(got, r...)
		}
	}
	require.Equal(t, []string{"N", "0", "1", "N", "2", "3", "N", "4"}, got)
}

func TestATableWithoutRowsHasItsHeader(t *testing.T) {
	t.Parallel()
	f, _ := written(t, "'", []xlsxfile.Column{{Name: "N"}}, func(*xlsxfile.Writer) {})
	require.Equal(t, []string{"Sheet"}, f.GetSheetList())
	rows, err := f.GetRows("Sheet")
	require.NoError(t, err)
	require.Equal(t, [][]string{{"N"}}, rows)
}

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("no room")
	}
	return len(p), nil
}

func TestAFailureStays(t *testing.T) {
	t.Parallel()
	w, err := xlsxfile.NewWriter(&full{room: 10_000}, "T", []xlsxfile.Column{{Name: "N"}})
	require.NoError(t, err)
	for i := 0; err == nil; i++ {
		w.Text(strings.Repeat(strconv.Itoa(i), 100))
		err = w.End()
		require.Less(t, i, 1_000_000)
	}
	require.ErrorContains(t, err, "no room")
	require.ErrorContains(t, w.Close(), "no room")
}

func TestLetters(t *testing.T) {
	t.Parallel()
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		require.Equal(t, want, xlsxfile.Letters(i))
	}
}

func BenchmarkWrite(b *testing.B) {
	columns := make([]xlsxfile.Column, 20)
	for i := range columns {
		columns[i].Name = "Column " + strconv.Itoa(i)
	}
	out := &full{room: 1 << 40}
	for b.Loop() {
		w, err := xlsxfile.NewWriter(out, "T", columns)
		require.NoError(b, err)
		for i := range 100_000 {
			n := []byte(strconv.Itoa(i))
			for c := range columns {
				if c%2 == 0 {
					w.Number(n)
				} else {
					w.Text("text number " + string(n))
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
