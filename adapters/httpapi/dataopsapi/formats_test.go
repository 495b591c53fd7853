package dataopsapi_test

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

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
