package dataopscmd_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/morket/morket/commands/dataopscmd"
	"github.com/morket/morket/domain/dataops"
)

// A workbook and a document are read on from any batch, though the one has no offsets and the other no lines.
func TestWorkbooksAndDocumentsSurviveKills(t *testing.T) {
	t.Parallel()
	const rows = 40
	book, want := excelize.NewFile(), [][]string{}
	objects := make([]string, 0, rows)
	require.NoError(t, book.SetSheetRow("Sheet1", "A1", &[]any{"Our list"}))
	require.NoError(t, book.SetSheetRow("Sheet1", "A3", &[]any{"Name", "Count"}))
	for i := range rows {
		name := fmt.Sprintf("Row\n%d", i)
		want = append(want, []string{name, strconv.Itoa(i)})
		objects = append(objects, fmt.Sprintf(`{"Name":%q,"Count":%d}`, name, i))
		require.NoError(t, book.SetSheetRow("Sheet1", "A"+strconv.Itoa(4+2*i), &[]any{name, i})) // with an empty row between any two
	}
	var file strings.Builder
	require.NoError(t, book.Write(&file))
	for name, body := range map[string]string{
		"a.xlsx":       file.String(),
		"line.json":    "[" + strings.Join(objects, ",") + "]",
		"wrapped.json": `{"total":40,"rows":[` + strings.Join(objects, ",\r\n  ") + "]}\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			imp := f.commit(dataopscmd.Commit{ImportID: f.upload(name, body).ID, NewTable: "Leads"})
			kills := 0
			for step := 1; ; step++ {
				err := f.importer(&mortal{Store: f.log, left: 1 + step%3, after: step%2 == 0}, dataopscmd.Limits{BatchCells: 10}).Run(t.Context(), imp.ID, func(dataops.Summary) {})
				if err == nil {
					break
				}
				require.ErrorIs(t, err, errKilled)
				kills++
				require.Less(t, step, 200, "it must get on")
			}
			require.Greater(t, kills, 3)
			require.Equal(t, want, f.cells(imp.TableID))
			done := f.run(imp.ID, dataopscmd.Limits{})
			require.Equal(t, dataops.StateCompleted, done.State)
			require.EqualValues(t, rows, done.Counts.Imported)
		})
	}
}
