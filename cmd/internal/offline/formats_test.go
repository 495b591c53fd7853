package offline_test

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/morket/morket/cmd/internal/offline"
)

// written is the file that a run makes under the name.
func written(t *testing.T, in, content, out string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), out)
	_, err := run(t.Context(), t, offline.Config{In: write(t, in, content), Out: path, Enrich: []string{"name_split:Name->first_name=First"}})
	require.NoError(t, err)
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func TestTheResultIsOfTheFormatOfItsName(t *testing.T) {
	t.Parallel()
	const list = "Name,Zip,Zip\nAnna Smith,01067,=1\n,5,\n"
	t.Run("workbook", func(t *testing.T) {
		t.Parallel()
		f, err := excelize.OpenReader(strings.NewReader(written(t, "a.csv", list, "result.xlsx")))
		require.NoError(t, err)
		rows, err := f.GetRows("result")
		require.NoError(t, err)
		require.Equal(t, [][]string{{"Name", "Zip", "Zip", "First"}, {"Anna Smith", "01067", "=1", "Anna"}, {"", "5"}}, rows)
	})
	t.Run("workbook from JSON", func(t *testing.T) {
		t.Parallel()
		f, err := excelize.OpenReader(strings.NewReader(written(t, "a.jsonl", `{"Name":"Anna Smith","N":1.5,"S":"1.5"}`+"\n", "r.xlsx")))
		require.NoError(t, err)
		for cell, want := range map[string]excelize.CellType{"B2": excelize.CellTypeUnset, "C2": excelize.CellTypeInlineString} {
			kind, err := f.GetCellType("r", cell)
			require.NoError(t, err)
			require.Equal(t, want, kind)
		}
	})
	t.Run("JSON", func(t *testing.T) {
		t.Parallel()
		var rows []map[string]any
		require.NoError(t, json.Unmarshal([]byte(written(t, "a.csv", list, "r.json")), &rows))
		require.Equal(t, []map[string]any{{"Name": "Anna Smith", "Zip": "01067", "Zip 2": "=1", "First": "Anna"}, {"Name": "", "Zip": "5", "Zip 2": "", "First": nil}}, rows)
		require.NoError(t, json.Unmarshal([]byte(written(t, "a.jsonl", `{"Name":"Anna Smith"}`+"\n", "r.json")), &rows))
		require.Len(t, rows, 1)
	})
	t.Run("Parquet", func(t *testing.T) {
		t.Parallel()
		text := written(t, "a.csv", list, "r.parquet")
		f, err := parquet.OpenFile(strings.NewReader(text), int64(len(text)))
		require.NoError(t, err)
		rows := make([]parquet.Row, 3)
		n, err := f.RowGroups()[0].Rows().ReadRows(rows)
		require.ErrorIs(t, err, io.EOF)
		require.Equal(t, 2, n)
		require.Equal(t, "01067", rows[0][1].String())
		require.Equal(t, "Anna", rows[0][3].String())
		require.True(t, rows[1][0].IsNull())
	})
}

func TestAJSONDocumentIsNotEnriched(t *testing.T) {
	t.Parallel()
	_, err := enrich(t, "a.json", `[{"Email":"a@b.example"}]`, "domain_from:email=Email->domain=Domain")
	require.ErrorContains(t, err, "JSON Lines")
}
