package dataopsapi_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/morket/morket/domain/dataops"
)

// everyType is a table with a column of each type that a file can fill.
const everyType = "Zed,Text,Number,Price,Share,Yes,Day,At,Tags,Data\n" +
	"1,007,1234.5,99.90,12.5,true,2024-02-29,2024-02-29T13:14:15Z,\"a, b\",\"{\"\"k\"\":[1]}\"\n" +
	"2,=1+1,12345678901234567890.123,-0.01,0,false,1899-12-31,1850-01-01T00:00:00Z,c,[]\n" +
	"3,\"two\nlines \",0.1,,,,,,,\n"

const everyMapping = `{"new_table":{"name":"Every/type"},"create_options":true,"mapping":[{"index":0,"new_column":{"name":"Zed","type":"number"}},` +
	`{"index":1,"new_column":{"name":"Text","type":"text"}},{"index":2,"new_column":{"name":"Number","type":"number"}},` +
	`{"index":3,"new_column":{"name":"Price","type":"currency","currency":"EUR"}},{"index":4,"new_column":{"name":"Share","type":"percent"}},` +
	`{"index":5,"new_column":{"name":"Yes","type":"boolean"}},{"index":6,"new_column":{"name":"Day","type":"date"}},` +
	`{"index":7,"new_column":{"name":"At","type":"datetime"}},{"index":8,"new_column":{"name":"Tags","type":"multi_select"}},` +
	`{"index":9,"new_column":{"name":"Data","type":"json"}}]}`

func TestEveryFormatHasTheSameRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.importFile("every.csv", everyType, everyMapping)
	require.Equal(t, dataops.StateCompleted, imp.State, "%+v", imp)
	want, err := csv.NewReader(strings.NewReader(w.export(imp.TableID, "escape_formulas=false"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, want, 4)

	t.Run("workbook", func(t *testing.T) {
		t.Parallel()
		r := w.call("anna", http.MethodGet, string(wsA)+"/tables/"+string(imp.TableID)+"/export?format=xlsx", nil)
		require.Equal(t, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", r.header.Get("Content-Type"))
		require.Equal(t, `attachment; filename=Every_type.xlsx`, r.header.Get("Content-Disposition"))
		f, err := excelize.OpenReader(strings.NewReader(string(r.body)))
		require.NoError(t, err)
		rows, err := f.GetRows("Every_type", excelize.Options{RawCellValue: true})
		require.NoError(t, err)
		require.Equal(t, [][]string{
			want[0],
			{"1", "007", "1234.5", "99.9", "12.5", "1", "45351", "45351.55156250000", "a, b", `{"k":[1]}`},
			{"2", "=1+1", "12345678901234567890.123", "-0.01", "0", "0", "1899-12-31", "1850-01-01 00:00:00", "c", "[]"},
			{"3", "two\nlines ", "0.1"},
		}, rows)
	})
	t.Run("parquet of all columns", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, want[1:], fromParquet(t, w.export(imp.TableID, "format=parquet")))
	})
	t.Run("parquet", func(t *testing.T) {
		t.Parallel()
		body := w.export(imp.TableID, "format=parquet&sort=Zed:desc&fields=Zed,Number,Tags")
		f, err := parquet.OpenFile(strings.NewReader(body), int64(len(body)))
		require.NoError(t, err)
		rows := f.RowGroups()[0].Rows()
		buf := make([]parquet.Row, 10)
		n, err := rows.ReadRows(buf)
		require.ErrorIs(t, err, io.EOF)
		require.NoError(t, rows.Close())
		require.Equal(t, 3, n)
		require.EqualValues(t, 3, buf[0][0].Int64())
		require.EqualValues(t, 1, buf[2][0].Int64())
		require.Equal(t, []string{"a", "b"}, []string{buf[2][2].String(), buf[2][3].String()})
	})
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		var array []map[string]any
		require.NoError(t, json.Unmarshal([]byte(w.export(imp.TableID, "format=json")), &array))
		lines := strings.Split(strings.TrimSpace(w.export(imp.TableID, "format=jsonl")), "\n")
		require.Len(t, lines, len(array))
		for i, line := range lines {
			var row map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &row))
			require.Equal(t, row, array[i])
		}
		require.Equal(t, "[\n]\n", w.export(imp.TableID, "format=json&q=nothing"))
	})
}

// A table leaves as a workbook or as JSON and comes back as it was: types, leading zeros, long numbers, formulas that are text.
func TestATableComesBackFromItsFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	imp := w.importFile("every.csv", everyType, everyMapping)
	want := w.export(imp.TableID, "escape_formulas=false")
	for _, format := range []string{"xlsx", "json", "jsonl"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			file := w.export(imp.TableID, "format="+format)
			back := w.importFile("back."+format, file, everyMapping)
			require.Equal(t, dataops.StateCompleted, back.State, "%+v", back)
			require.EqualValues(t, 3, back.Counts.Imported)
			require.Equal(t, want, w.export(back.TableID, "escape_formulas=false"))
			up := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=again."+format, io.Reader(strings.NewReader(file))).imp(t)
			types := map[string]string{}
			for _, c := range up.Columns {
				types[c.Name] = c.SuggestedType
			}
			require.Equal(t, "number", types["Zed"])
			require.Equal(t, "long_text", types["Text"])
			require.Equal(t, "boolean", types["Yes"])
			require.Equal(t, "date", types["Day"])
			require.Equal(t, "datetime", types["At"])
		})
	}
}

func TestAWorkbookOfSeveralSheets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	f := excelize.NewFile()
	for _, name := range []string{"Empty", "Leads", "Old leads"} {
		_, err := f.NewSheet(name)
		require.NoError(t, err)
	}
	require.NoError(t, f.DeleteSheet("Sheet1"))
	for row, cells := range [][]any{{"Our leads"}, {}, {"Name", "Zip", "Since"}, {"Acme", "01067", 2019}, {"Bolt", "80331", "soon"}, {"Cog", "04109", 2021}} {
		require.NoError(t, f.SetSheetRow("Leads", "A"+string(rune('1'+row)), &cells))
	}
	require.NoError(t, f.SetSheetRow("Old leads", "A1", &[]any{"Company"}))
	require.NoError(t, f.SetSheetRow("Old leads", "A2", &[]any{"Dyn"}))
	require.NoError(t, f.SetSheetVisible("Old leads", false))
	var file strings.Builder
	require.NoError(t, f.Write(&file))

	up := w.call("anna", http.MethodPost, string(wsA)+"/imports?filename=leads.xlsx", io.Reader(strings.NewReader(file.String()))).imp(t)
	require.Equal(t, []dataops.Sheet{{Name: "Empty"}, {Name: "Leads"}, {Name: "Old leads", Hidden: true}}, up.Sheets)
	require.Equal(t, "Leads", up.Detected.Sheet)
	require.EqualValues(t, 3, up.Detected.HeaderLine)
	require.Equal(t, [][]string{{"Acme", "01067", "2019"}, {"Bolt", "80331", "soon"}, {"Cog", "04109", "2021"}}, up.Preview)
	require.Contains(t, up.Notices[0].Message, "“Our leads”")
	require.Contains(t, up.Notices[1].Message, "3 sheets, 1 of them hidden")

	base := string(wsA) + "/imports/" + string(up.ID)
	other := w.call("anna", http.MethodPost, base+"/preview", `{"sheet":"Old leads"}`).imp(t)
	require.Equal(t, [][]string{{"Dyn"}}, other.Preview)
	require.Equal(t, "Company", other.Columns[0].Name)
	require.Len(t, other.Sheets, 3)
	r := w.call("anna", http.MethodPost, base+"/preview", `{"sheet":"Empty"}`)
	require.Equal(t, http.StatusUnprocessableEntity, r.status)
	require.Contains(t, string(r.body), "is empty")
	r = w.call("anna", http.MethodPost, base+"/preview", `{"format":"csv"}`)
	require.Equal(t, http.StatusUnprocessableEntity, r.status)

	w.call("anna", http.MethodPost, base+"/preview", `{"sheet":"Leads"}`).imp(t)
	w.call("anna", http.MethodPost, base+"/commit", `{"new_table":{"name":"Leads"},"mapping":[{"index":0,"new_column":{"name":"Name","type":"text"}},`+
		`{"index":1,"new_column":{"name":"Zip","type":"text"}},{"index":2,"new_column":{"name":"Since","type":"number"}}]}`).imp(t)
	require.NoError(t, w.importer.Run(t.Context(), up.ID, func(dataops.Summary) {}))
	done := w.get(up.ID)
	require.Equal(t, dataops.StatePartial, done.State)
	require.Equal(t, "Name,Zip,Since\r\nAcme,01067,2019\r\nCog,04109,2021\r\n", w.export(done.TableID, ""))
	errs := w.call("anna", http.MethodGet, base+"/errors.csv", nil)
	require.Equal(t, "Name,Zip,Since,import_line,import_result,import_problem\r\nBolt,80331,soon,5,left out,\"Since: \"\"soon\"\" is not a number; write it like 1234.5\"\r\n", string(errs.body))
}

// fromParquet reads a file of the columns of everyType back as the texts that CSV has.
func fromParquet(t *testing.T, body string) (out [][]string) {
	t.Helper()
	f, err := parquet.OpenFile(strings.NewReader(body), int64(len(body)))
	require.NoError(t, err)
	fields := f.Schema().Fields()
	rows := f.RowGroups()[0].Rows()
	buf := make([]parquet.Row, 10)
	n, err := rows.ReadRows(buf)
	require.ErrorIs(t, err, io.EOF)
	for _, row := range buf[:n] {
		texts := make([]string, len(fields))
		for _, v := range row {
			if v.IsNull() {
				continue
			}
			text := v.String()
			switch field := fields[v.Column()]; field.Name() {
			case "Zed", "Number", "Price", "Share":
				text = decimalText(v, field.Type().LogicalType().String())
			case "Day":
				text = time.Unix(int64(v.Int32())*24*60*60, 0).UTC().Format(time.DateOnly)
			case "At":
				text = time.UnixMicro(v.Int64()).UTC().Format(time.RFC3339)
			case "Tags":
				if texts[v.Column()] != "" {
					text = texts[v.Column()] + ", " + text
				}
			}
			texts[v.Column()] = text
		}
		out = append(out, texts)
	}
	require.NoError(t, rows.Close())
	return out
}

// decimalText is a decimal without zeros at its end; its type is written as DECIMAL(precision,scale).
func decimalText(v parquet.Value, typ string) string {
	_, scale, _ := strings.Cut(strings.TrimSuffix(typ, ")"), ",")
	digits, _ := strconv.Atoi(scale)
	n := big.NewInt(0)
	if v.Kind() == parquet.Int64 {
		n.SetInt64(v.Int64())
	} else if n.SetBytes(v.ByteArray()); v.ByteArray()[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), 128))
	}
	text := new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)).FloatString(digits)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}
