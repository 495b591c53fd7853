package gridread_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

// exportFixture has more rows than two pages, some of them so long that a page is full before its rows are.
func exportFixture(t *testing.T) (*fixture, []refRow) {
	t.Helper()
	f := newFixture(t, table.Text, table.Number)
	cols := f.tbl.Schema().Columns
	var rows []refRow
	var fresh []table.NewRow
	for i := range 11_000 {
		n := json.RawMessage(strconv.Itoa(i * 7919 % 500))
		if i%97 == 0 {
			n = json.RawMessage(`null`)
		}
		text := fmt.Sprint("row ", i)
		if i/200 == 15 {
			text += strings.Repeat(" long", 8000)
		}
		r := refRow{kernel.RowID(f.ids.New(kernel.PrefixRow)), map[kernel.ColumnID]json.RawMessage{cols[0].ID: table.Quote(text), cols[1].ID: n}}
		rows, fresh = append(rows, r), append(fresh, table.NewRow{ID: r.id, Cells: r.cells})
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	return f, rows
}

// export returns the exported rows' ids and numbers.
func (f *fixture) export(t *testing.T, q gridview.Query, only []kernel.RowID, meanwhile func(n int)) (ids []kernel.RowID, numbers []string) {
	t.Helper()
	err := f.grid.Export(t.Context(), f.info(t), q, only, func(row gridview.ExportRow) error {
		text, _ := row.Text(1)
		ids, numbers = append(ids, row.ID()), append(numbers, string(text))
		if meanwhile != nil {
			meanwhile(len(ids))
		}
		return nil
	})
	require.NoError(t, err)
	return ids, numbers
}

func TestAnExportHoldsNoConnectionWhileItsReaderReads(t *testing.T) {
	t.Parallel()
	f, rows := exportFixture(t)
	number := f.tbl.Schema().Columns[1].ID
	numbers := map[kernel.RowID]string{}
	for _, r := range rows {
		if numbers[r.id] = string(r.cells[number]); numbers[r.id] == "null" {
			numbers[r.id] = ""
		}
	}
	ordered := func(sort ...table.Sort) (out []kernel.RowID) {
		for _, r := range inOrder(rows, gridview.Query{Sort: sort}, map[kernel.ColumnID]table.Type{number: table.Number}) {
			out = append(out, r.id)
		}
		return out
	}
	up, down := table.Sort{Column: number, Dir: table.Ascending}, table.Sort{Column: number, Dir: table.Descending}
	all := ordered()
	for name, c := range map[string]struct {
		q          gridview.Query
		only, want []kernel.RowID
	}{
		"as they came":   {want: all},
		"sorted":         {q: gridview.Query{Sort: []table.Sort{up}}, want: ordered(up)},
		"sorted down":    {q: gridview.Query{Sort: []table.Sort{down}}, want: ordered(down)},
		"named rows":     {only: []kernel.RowID{all[7000], all[3], all[10_500]}, want: []kernel.RowID{all[3], all[7000], all[10_500]}},
		"those searched": {q: gridview.Query{Search: "row 977"}, want: append([]kernel.RowID{all[977]}, all[9770:9780]...)},
		"none":           {q: gridview.Query{Search: "nowhere"}},
	} {
		have, values := f.export(t, c.q, c.only, func(n int) {
			if n == 1 || n == 6000 { // a page ahead is read, no more
				require.Eventually(t, func() bool { return f.Pool.Stat().AcquiredConns() == 0 }, 30*time.Second, time.Millisecond, "a reader that reads no further holds a connection")
			}
		})
		require.True(t, slices.Equal(c.want, have), "%s: %d rows instead of %d, or in another order", name, len(have), len(c.want))
		for i, id := range have {
			require.Equal(t, numbers[id], values[i], name)
		}
	}
}

func TestRowsThatChangeDuringAnExportAreThereOnceOrNotAtAll(t *testing.T) {
	t.Parallel()
	f, _ := exportFixture(t)
	number := f.tbl.Schema().Columns[1].ID
	filter, err := table.ParseFilter(json.RawMessage(`{"column":"`+string(number)+`","op":"lt","value":600}`), f.tbl.Schema())
	require.NoError(t, err)
	q := gridview.Query{Sort: []table.Sort{{Column: number, Dir: table.Ascending}}, Filter: filter}
	all, _ := f.export(t, q, nil, nil)
	first, moved, gone := all[0], all[len(all)-2], all[len(all)-1]
	have, values := f.export(t, q, nil, func(n int) {
		if n == 1 { // the third page isn't read yet
			for id, value := range map[kernel.RowID]int{first: 499, moved: -1, gone: 1000} {
				k, err := id.Key()
				require.NoError(t, err)
				_, err = f.Pool.Exec(t.Context(), fmt.Sprintf(`UPDATE rm_grid.t_%s SET c_%s = $2 WHERE id = $1`, bare(string(f.tbl.ID())), bare(string(number))), [16]byte(k), value)
				require.NoError(t, err)
			}
		}
	})
	require.Equal(t, all[:len(all)-1], have, "each in its place, but for the one that no longer meets the filter")
	require.Equal(t, "-1", values[len(values)-1], "as it is when it is read")
}

// bare is an id as names in the database have it.
func bare(id string) string {
	_, s, _ := strings.Cut(id, "_")
	return strings.ToLower(s)
}
