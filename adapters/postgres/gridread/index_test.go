package gridread_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/gridview"
)

// bigFixture is a table that is big enough for indexes: two texts and a number. Few rows in the middle hold "needle", all from
// the 5,000th on hold "late", every second one holds "common".
func bigFixture(t *testing.T) (*fixture, []refRow) {
	t.Helper()
	f := newFixture(t, table.Text, table.Number, table.LongText)
	cols := f.tbl.Schema().Columns
	var rows []refRow
	var fresh []table.NewRow
	for i := range 6_000 {
		a, b := fmt.Sprintf("Row %d", i), ""
		switch {
		case i == 3_000 || i == 3_007:
			a += " Needle 50%"
		case i >= 5_000:
			a, b = a+" late", "München"
		}
		if i%2 == 0 {
			b += " common"
		}
		cells := map[kernel.ColumnID]json.RawMessage{cols[0].ID: table.Quote(a), cols[1].ID: json.RawMessage(strconv.Itoa(i * 31 % 1000))}
		if b != "" {
			cells[cols[2].ID] = table.Quote(b)
		}
		id := kernel.RowID(f.ids.New(kernel.PrefixRow))
		rows, fresh = append(rows, refRow{id, cells}), append(fresh, table.NewRow{ID: id, Cells: cells})
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	return f, rows
}

// indexes lists what the table's indexes are over.
func (f *fixture) indexes(t *testing.T) []string {
	t.Helper()
	_, id, _ := strings.Cut(string(f.tbl.ID()), "_")
	rows, err := f.Pool.Query(t.Context(), `SELECT indexdef FROM pg_indexes WHERE schemaname = 'rm_grid' AND tablename = 't_' || lower($1) AND indexname ~ '^[bgq]_'`, id)
	require.NoError(t, err)
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return out
}

func TestPagesAreTheSameWithIndexesAndWithout(t *testing.T) {
	t.Parallel()
	f, rows := bigFixture(t)
	indexer := f.grid.NewIndexer(f.Pool, slog.New(slog.DiscardHandler))
	cols := f.tbl.Schema().Columns
	kinds := map[kernel.ColumnID]table.Type{}
	for _, c := range cols {
		kinds[c.ID] = c.Type
	}
	has := func(r refRow, q string) bool {
		return strings.Contains(strings.ToLower(string(r.cells[cols[0].ID])), q) || strings.Contains(strings.ToLower(string(r.cells[cols[2].ID])), q)
	}
	ordered := map[string][]refRow{} // by sort; putting 6,000 rows in order is dear
	check := func(t *rapid.T) {
		search := rapid.SampledFrom([]string{"", "needle", "edle 50%", "late", "common", "row 59", "münchen common", "late\x1f", "x", "nowhere"}).Draw(t, "search")
		filter := table.Filter{}
		if text := rapid.SampledFrom([]string{"", "needle", "late", "row 12"}).Draw(t, "contains"); text != "" {
			filter.And = append(filter.And, table.Filter{Cond: &table.Condition{Column: cols[0], Op: table.Contains, Values: []json.RawMessage{table.Quote(text)}}})
		}
		if below := rapid.SampledFrom([]int{0, 3, 900}).Draw(t, "below"); below > 0 {
			filter.And = append(filter.And, table.Filter{Cond: &table.Condition{Column: cols[1], Op: table.Less, Values: []json.RawMessage{json.RawMessage(strconv.Itoa(below))}}})
		}
		q := gridview.Query{Search: search, Filter: filter}
		if dir := rapid.SampledFrom([]table.Direction{"", "asc", "desc"}).Draw(t, "dir"); dir != "" {
			q.Sort = []table.Sort{{Column: rapid.SampledFrom(cols).Draw(t, "sort").ID, Dir: dir}}
		}
		want := []kernel.RowID{}
		key := fmt.Sprint(q.Sort)
		if ordered[key] == nil {
			ordered[key] = inOrder(rows, q, kinds)
		}
		for _, r := range ordered[key] {
			if matches(filter, r, time.Time{}) && has(r, search) {
				want = append(want, r.id)
			}
		}
		info, limit := f.info(t), rapid.SampledFrom([]int{250, 700, 1000}).Draw(t, "limit")
		got := append([]kernel.RowID{}, allPages(t, f.grid, info, q, limit)...)
		require.Equal(t, want, got)
		offset := rapid.IntRange(0, len(want)).Draw(t, "offset")
		page, err := f.grid.Page(t.Context(), info, q, "", int64(offset), 10)
		require.NoError(t, err)
		require.Equal(t, want[offset:min(offset+10, len(want))], idsOf(t, page))
	}
	rapid.Check(t, check)
	indexer.Drain(t.Context())
	require.Len(t, f.indexes(t), 5, "an index for each column's order, one for the text in a column, one for the search")
	rapid.Check(t, check)
}

func TestTheSearchIndexFollowsTheColumns(t *testing.T) {
	t.Parallel()
	f, _ := bigFixture(t)
	indexer := f.grid.NewIndexer(f.Pool, slog.New(slog.DiscardHandler))
	search := func(q string) int {
		page, err := f.grid.Page(t.Context(), f.info(t), gridview.Query{Search: q}, "", 0, 10)
		require.NoError(t, err)
		indexer.Drain(t.Context())
		return page.Count
	}
	require.Equal(t, 2, search("needle"))
	first := f.indexes(t)
	require.Len(t, first, 1)
	require.Contains(t, first[0], "gin_trgm_ops")

	// A column that becomes text is searched, and the index is made anew over one column more.
	number := f.tbl.Schema().Columns[1]
	f.change(t, number, table.Text)
	require.Equal(t, 10, search("999"))
	require.Len(t, f.indexes(t), 1)
	require.Equal(t, 3, strings.Count(f.indexes(t)[0], "_k ->>"))

	// Its values move to another physical column and back: no index may go on under the old name.
	f.change(t, f.column(t, number.ID), table.Number)
	require.Empty(t, f.indexes(t))
	require.Equal(t, 6, search("999"), "those in the first column's text")
	f.change(t, f.column(t, number.ID), table.Text)
	f.Clock.Advance(time.Hour)
	require.Equal(t, 10, search("999"))
	require.Equal(t, 3, strings.Count(f.indexes(t)[0], "_k ->>"))
}

// change gives a column another type.
func (f *fixture) change(t *testing.T, c table.Column, to table.Type) {
	t.Helper()
	old, fresh, err := f.tbl.Retype(table.Maker{IDs: f.ids, Clock: f.Clock}, c.ID, table.Retyped{Type: to})
	require.NoError(t, err)
	before := len(f.tbl.Pending())
	require.NoError(t, f.tbl.ChangeType(old, fresh, table.RulesNow(time.UTC), true, table.Step{}))
	f.Append(eventstore.Stream(table.StructureStream, string(f.tbl.ID())), f.tbl.Pending()[before:]...)
}

func (f *fixture) column(t *testing.T, id kernel.ColumnID) table.Column {
	t.Helper()
	c, ok := f.tbl.Schema().Column(id)
	require.True(t, ok)
	return c
}

// A change of a table's shape needs the table for itself; it must not wait until an index is built.
func TestAChangeOfShapeStopsTheBuildingOfAnIndex(t *testing.T) {
	t.Parallel()
	f, _ := bigFixture(t)
	indexer := f.grid.NewIndexer(f.Pool, slog.New(slog.DiscardHandler))
	_, err := f.grid.Page(t.Context(), f.info(t), gridview.Query{Search: "needle"}, "", 0, 10)
	require.NoError(t, err)

	// An open transaction that has written to the table keeps the build waiting.
	_, id, _ := strings.Cut(string(f.tbl.ID()), "_")
	writer, err := f.Pool.Begin(t.Context())
	require.NoError(t, err)
	_, err = writer.Exec(t.Context(), "DELETE FROM rm_grid.t_"+strings.ToLower(id)+" WHERE false")
	require.NoError(t, err)
	built := make(chan struct{})
	go func() { defer close(built); indexer.Drain(t.Context()) }()
	require.Eventually(t, func() bool {
		var n int
		err := f.Pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database() AND phase LIKE 'waiting%'").Scan(&n)
		return err == nil && n == 1
	}, 20*time.Second, 5*time.Millisecond, "the build waits")
	stopped := make(chan bool, 1)
	go func() {
		select {
		case <-built: // by the change, since the writer is still there
			stopped <- true
		case <-time.After(20 * time.Second):
			stopped <- false
		}
		_ = writer.Rollback(context.Background())
	}()
	f.change(t, f.tbl.Schema().Columns[1], table.Text)
	require.True(t, <-stopped, "the change waited for the index")
	<-built
}
