package xlsxfile_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/files/xlsxfile"
)

// parts makes an archive of parts.
func parts(t *testing.T, list ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(list); i += 2 {
		w, err := z.Create(list[i])
		require.NoError(t, err)
		_, err = io.WriteString(w, list[i+1])
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return out.Bytes()
}

const (
	rels = `<Relationships><Relationship Id="rId1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`
	main = `<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`
	book = `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>`
)

// workbook makes a workbook of one sheet by hand.
func workbook(t *testing.T, sheet string, more ...string) []byte {
	t.Helper()
	return parts(t, append([]string{"_rels/.rels", rels, "xl/workbook.xml", main, "xl/_rels/workbook.xml.rels", book, "xl/worksheets/sheet1.xml", sheet}, more...)...)
}

// read reads all rows of a sheet, as JSON.
func read(b []byte, sheet string) (rows []string, seen xlsxfile.Seen, err error) {
	f, err := xlsxfile.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, seen, err
	}
	defer f.Close()
	r, err := f.Rows(sheet, 0)
	if err != nil {
		return nil, seen, err
	}
	defer r.Close()
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return rows, r.Seen, nil
		}
		if err != nil {
			return rows, r.Seen, err
		}
		if row.Problem != "" {
			rows = append(rows, fmt.Sprintf("%d: %s", row.Number, row.Problem))
			continue
		}
		cells := make([]any, len(row.Cells))
		for i, c := range row.Cells {
			if cells[i] = json.RawMessage(c); c == nil {
				cells[i] = nil
			} else if c[0] == '"' {
				var s string
				if err := json.Unmarshal(c, &s); err != nil {
					return nil, seen, err
				}
				cells[i] = s
			}
		}
		text, err := json.Marshal(cells)
		if err != nil {
			return nil, seen, err
		}
		rows = append(rows, fmt.Sprintf("%d: %s", row.Number, text))
	}
}

// TestAWorkbookOfAnotherProgram reads what excelize writes.
func TestAWorkbookOfAnotherProgram(t *testing.T) {
	t.Parallel()
	f := excelize.NewFile()
	set := func(cell string, v any) { require.NoError(t, f.SetCellValue("Sheet1", cell, v)) }
	style := func(cell, format string) {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		require.NoError(t, err)
		require.NoError(t, f.SetCellStyle("Sheet1", cell, cell, id))
	}
	set("A1", "Name")
	set("B1", " spaced & <odd> ")
	set("A3", "007")
	set("B3", 7)
	style("B3", "00000")
	set("C3", 0.1+0.2)
	set("D3", true)
	set("E3", time.Date(2024, 2, 29, 13, 14, 15, 0, time.UTC))
	set("F3", 45351)
	style("F3", `[$-407]dd\.mm\.yyyy;@`)
	set("G3", 0.125)
	style("G3", "0.0%")
	set("H3", 0.5)
	style("H3", "h:mm AM/PM")
	set("I3", 1.5)
	style("I3", "[h]:mm:ss")
	set("J3", 1234.5)
	style("J3", `#,##0.00\ "days"`)
	set("K3", 60)
	style("K3", "yyyy-mm-dd")
	require.NoError(t, f.SetCellRichText("Sheet1", "L3", []excelize.RichTextRun{{Text: "bold", Font: &excelize.Font{Bold: true}}, {Text: " and not"}}))
	require.NoError(t, f.SetCellFormula("Sheet1", "M3", "SUM(B3:C3)"))
	require.NoError(t, f.MergeCell("Sheet1", "A5", "B6"))
	set("A5", "merged")
	set("C6", "below")
	require.NoError(t, f.SetRowVisible("Sheet1", 6, false))
	_, err := f.NewSheet("Hidden & dangerous")
	require.NoError(t, err)
	require.NoError(t, f.SetSheetVisible("Hidden & dangerous", false))
	require.NoError(t, f.SetCellValue("Hidden & dangerous", "A1", 1))
	var out bytes.Buffer
	require.NoError(t, f.Write(&out))

	rows, seen, err := read(out.Bytes(), "Sheet1")
	require.NoError(t, err)
	require.Equal(t, []string{
		`1: ["Name"," spaced \u0026 \u003codd\u003e "]`,
		`3: ["007","00007",0.3,true,"2024-02-29T13:14:15","2024-02-29",12.5,"12:00:00","36:00:00",1234.5,"1900-02-29","bold and not"]`,
		`5: ["merged"]`, `6: [null,null,"below"]`,
	}, rows)
	require.Equal(t, xlsxfile.Seen{Merged: 1, Unsolved: 1, Formula: "M3", Hidden: 1}, seen)
	b, err := xlsxfile.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
	require.NoError(t, err)
	require.Len(t, b.Sheets(), 2)
	require.True(t, b.Sheets()[1].Hidden)
	require.Equal(t, "Hidden & dangerous", b.Sheets()[1].Name)
}

func TestCellsOfEveryKind(t *testing.T) {
	t.Parallel()
	styles := `<styleSheet><numFmts><numFmt numFmtId="200" formatCode="0.00E+00"/></numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="9"/><xf numFmtId="200"/><xf numFmtId="18"/></cellXfs></styleSheet>`
	shared := `<sst><si><t>one</t><rPh sb="0" eb="1"><t>ichi</t></rPh></si><si><r><t xml:space="preserve">a </t></r><r><t><![CDATA[<b>]]></t></r></si></sst>`
	for cell, want := range map[string]string{
		`<c t="s"><v>0</v></c>`:                              `"one"`,
		`<c t="s"><v>1</v></c>`:                              `"a \u003cb\u003e"`,
		`<c t="s"><v>2</v></c>`:                              "cell A1 refers to a text that the workbook doesn't have",
		`<c t="inlineStr"><is><t>x_x000D_y</t></is></c>`:     `"x\ry"`,
		`<c t="inlineStr"><is><t>_x005F_x0041_</t></is></c>`: `"_x0041_"`,
		`<c t="str"><f>A2</f><v>=1&#x2B;1</v></c>`:           `"=1+1"`,
		`<c t="b"><v>1</v></c>`:                              `true`,
		`<c t="e"><v>#N/A</v></c>`:                           ``,
		`<c t="d"><v>2024-02-29T10:00:00</v></c>`:            `"2024-02-29T10:00:00"`,
		`<c><v>1.1000000000000001</v></c>`:                   `1.1`,
		`<c><v>12345678901234567890</v></c>`:                 `12345678901234567890`,
		`<c><v>1.5E-7</v></c>`:                               `0.00000015`,
		`<c s="4"><v>1.2E+16</v></c>`:                        `12000000000000000`,
		`<c><v>-0.50</v></c>`:                                `-0.50`,
		`<c><v>007</v></c>`:                                  `7`,
		`<c><v>NaN</v></c>`:                                  `"NaN"`,
		`<c s="1"><v>0</v></c>`:                              `"1899-12-31"`,
		`<c s="1"><v>1</v></c>`:                              `"1900-01-01"`,
		`<c s="1"><v>61</v></c>`:                             `"1900-03-01"`,
		`<c s="1"><v>2958465</v></c>`:                        `"9999-12-31"`,
		`<c s="1"><v>2958466</v></c>`:                        `2958466`,
		`<c s="1"><v>-1</v></c>`:                             `-1`,
		`<c s="2"><v>45351.999999999</v></c>`:                `"2024-03-01T00:00:00"`,
		`<c s="3"><v>0.07</v></c>`:                           `7`,
		`<c s="3"><v>-1.005</v></c>`:                         `-100.5`,
		`<c s="99"><v>5</v></c>`:                             `5`,
		`<c s="5"><v>45351.5</v></c>`:                        `"2024-02-29T12:00:00"`,
		`<x:c t="s"><x:v>0</x:v></x:c>`:                      `"one"`,
		`<c r="A1" t="s"/>`:                                  ``,
	} {
		rows, _, err := read(workbook(t, `<worksheet><sheetData><row>`+cell+`</row></sheetData></worksheet>`, "xl/styles.xml", styles, "xl/sharedStrings.xml", shared), "S")
		require.NoError(t, err, cell)
		got := ""
		if len(rows) > 0 {
			got = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(rows[0], "1: "), "["), "]")
		}
		require.Equal(t, want, got, cell)
	}
}

func TestTheCalendarOf1904(t *testing.T) {
	t.Parallel()
	main := `<workbook xmlns:r="r"><workbookPr date1904="1"/><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`
	b := parts(t, "_rels/.rels", rels, "xl/workbook.xml", main, "xl/_rels/workbook.xml.rels", book, "xl/styles.xml", `<s><cellXfs><xf numFmtId="14"/></cellXfs></s>`,
		"xl/worksheets/sheet1.xml", `<w><sheetData><row><c><v>0</v></c><c><v>43889</v></c></row></sheetData></w>`)
	rows, _, err := read(b, "S")
	require.NoError(t, err)
	require.Equal(t, []string{`1: ["1904-01-01","2024-02-29"]`}, rows)
}

func TestATextThatIsTooLongIsARowsProblem(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40_000)
	rows, _, err := read(workbook(t, `<w><sheetData><row><c t="s"><v>0</v></c></row><row><c t="inlineStr"><is><t>`+long+`</t></is></c></row><row><c><v>3</v></c></row></sheetData></w>`,
		"xl/sharedStrings.xml", `<sst><si><t>`+long+`</t></si></sst>`), "S")
	require.NoError(t, err)
	require.Equal(t, []string{
		"1: the text in A1 is longer than the 32767 characters that a cell takes", "2: the text in A2 is longer than the 32767 characters that a cell takes", "3: [3]",
	}, rows)
}

// TestManyTextsGoToDisk has more of them than are kept in memory.
func TestManyTextsGoToDisk(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewSource(1))
	var shared, sheet strings.Builder
	shared.WriteString("<sst>")
	sheet.WriteString("<w><sheetData>")
	const n = 1200
	texts := make([]string, n)
	for i := range n {
		b := make([]byte, 15_000)
		for j := range b {
			b[j] = 'a' + byte(random.Intn(26))
		}
		texts[i] = string(b)
		shared.WriteString("<si><t>" + texts[i] + "é</t></si><si><t/></si>")
		fmt.Fprintf(&sheet, `<row><c t="s"><v>%d</v></c></row>`, 2*(n-1-i))
	}
	shared.WriteString("</sst>")
	sheet.WriteString("</sheetData></w>")
	rows, _, err := read(workbook(t, sheet.String(), "xl/sharedStrings.xml", shared.String()), "S")
	require.NoError(t, err)
	require.Len(t, rows, n)
	for i, row := range rows {
		require.Equal(t, strconv.Itoa(i+1)+`: ["`+texts[n-1-i]+`é"]`, row)
	}
}

// TestWhatIsWrittenIsRead writes any table and reads it back.
func TestWhatIsWrittenIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.String(), 3, 3), 0, 20).Draw(t, "rows")
		numbers := rapid.SliceOfN(rapid.StringMatching(`-?(0|[1-9][0-9]{0,9})(\.[0-9]{0,3}[1-9])?`), len(rows), len(rows)).Draw(t, "numbers")
		moments := rapid.SliceOfN(rapid.Int64Range(-2_200_000_000, 253_402_300_799), len(rows), len(rows)).Draw(t, "moments")
		var out bytes.Buffer
		w, err := xlsxfile.NewWriter(&out, "S", make([]xlsxfile.Column, 5))
		require.NoError(t, err)
		var want []string
		for i, texts := range rows {
			cells := make([]json.RawMessage, 5)
			for c, s := range texts {
				w.Text(s)
				if s != "" {
					cells[c], err = json.Marshal(strings.ReplaceAll(s, "\x00", "_x0000_"))
					require.NoError(t, err)
				}
			}
			w.Number([]byte(numbers[i]))
			at := time.Unix(moments[i], 0).UTC()
			w.DateTime(at)
			require.NoError(t, w.End())
			cells[3] = json.RawMessage(numbers[i])
			if cells[4], err = json.Marshal(at.Format("2006-01-02T15:04:05")); at.Before(time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)) {
				cells[4], err = json.Marshal(at.Format("2006-01-02 15:04:05"))
			}
			require.NoError(t, err)
			text, err := json.Marshal(cells)
			require.NoError(t, err)
			want = append(want, fmt.Sprintf("%d: %s", i+2, text))
		}
		require.NoError(t, w.Close())
		got, _, err := read(out.Bytes(), "S")
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func BenchmarkRead(b *testing.B) {
	columns := make([]xlsxfile.Column, 20)
	f := excelize.NewFile() // with shared texts, as Excel has them
	sw, err := f.NewStreamWriter("Sheet1")
	require.NoError(b, err)
	for i := range 20_000 {
		row := make([]any, len(columns))
		for c := range row {
			if c%2 == 0 {
				row[c] = float64(i) + 0.25
			} else {
				row[c] = "text number " + strconv.Itoa(i)
			}
		}
		require.NoError(b, sw.SetRow("A"+strconv.Itoa(i+1), row))
	}
	require.NoError(b, sw.Flush())
	var out bytes.Buffer
	require.NoError(b, f.Write(&out))
	b.ReportAllocs()
	for b.Loop() {
		book, err := xlsxfile.Open(bytes.NewReader(out.Bytes()), int64(out.Len()))
		require.NoError(b, err)
		rows, err := book.Rows("Sheet1", 0)
		require.NoError(b, err)
		n := 0
		for {
			if _, err := rows.Next(); err != nil {
				require.ErrorIs(b, err, io.EOF)
				break
			}
			n++
		}
		require.Equal(b, 20_000, n)
	}
	b.ReportMetric(float64(20_000*b.N)/b.Elapsed().Seconds(), "rows/s")
}
