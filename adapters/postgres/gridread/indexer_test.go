package gridread_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/projections/gridview"
)

func TestTheIndexerLeavesThePoolsConnectionsAsTheyWere(t *testing.T) {
	t.Parallel()
	f, _ := bigFixture(t)
	cfg := f.Pool.Config()
	cfg.MaxConns = 1
	one, err := pgxpool.NewWithConfig(t.Context(), cfg)
	require.NoError(t, err)
	defer one.Close()
	show := func() (memory string) {
		require.NoError(t, one.QueryRow(t.Context(), `SHOW maintenance_work_mem`).Scan(&memory))
		return memory
	}
	before := show()
	indexer := f.grid.NewIndexer(one, slog.New(slog.DiscardHandler))
	_, err = f.grid.Page(t.Context(), f.info(t), gridview.Query{Search: "needle"}, "", 0, 10)
	require.NoError(t, err)
	indexer.Drain(t.Context())
	require.Len(t, f.indexes(t), 1)
	require.Equal(t, before, show())
}

// An error that says nothing about the extension must not keep texts from being indexed for long.
func TestAFailedBuildIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	f, _ := bigFixture(t)
	indexer := f.grid.NewIndexer(f.Pool, slog.New(slog.DiscardHandler))
	search := func() []string {
		_, err := f.grid.Page(t.Context(), f.info(t), gridview.Query{Search: "needle"}, "", 0, 10)
		require.NoError(t, err)
		indexer.Drain(t.Context())
		return f.indexes(t)
	}
	rename := func(from, to string) {
		_, err := f.Pool.Exec(t.Context(), fmt.Sprintf("ALTER SCHEMA %s RENAME TO %s", from, to))
		require.NoError(t, err)
	}
	rename("public", "away")
	require.Empty(t, search(), "the extension has no schema to go to")
	rename("away", "public")
	f.Clock.Advance(2 * time.Minute)
	require.Len(t, search(), 1)
}

func TestRowOffsetsOfARelativeFilterAreThoseOfTheDay(t *testing.T) {
	t.Parallel()
	f := newFixture(t, table.Text, table.Date)
	schema := f.tbl.Schema()
	const perDay = 2500
	days := map[string][]kernel.RowID{}
	var fresh []table.NewRow
	for range perDay {
		for _, day := range []string{"2026-01-02", "2026-01-03"} {
			id := kernel.RowID(f.ids.New(kernel.PrefixRow))
			days[day] = append(days[day], id)
			fresh = append(fresh, table.NewRow{ID: id, Cells: map[kernel.ColumnID]json.RawMessage{schema.Columns[1].ID: table.Quote(day)}})
		}
	}
	for _, c := range table.RowChunks(fresh) {
		f.cells(table.RowsInserted{TableID: f.tbl.ID(), Chunk: c})
	}
	filter, err := table.ParseFilter(json.RawMessage(`{"column":"`+string(schema.Columns[1].ID)+`","op":"relative","value":{"this":"day"}}`), schema)
	require.NoError(t, err)
	q := gridview.Query{Filter: filter}
	for _, day := range []string{"2026-01-02", "2026-01-03"} {
		for _, offset := range []int{2200, 1100} {
			page, err := f.grid.Page(t.Context(), f.info(t), q, "", int64(offset), 3)
			require.NoError(t, err)
			require.Equal(t, days[day][offset:offset+3], idsOf(t, page), "on %s from row %d", day, offset)
		}
		n, err := f.grid.Count(t.Context(), f.info(t), q)
		require.NoError(t, err)
		require.EqualValues(t, perDay, n)
		f.Clock.Advance(24 * time.Hour)
	}
	n, err := f.grid.Count(t.Context(), f.info(t), q)
	require.NoError(t, err)
	require.Zero(t, n, "no row is of the third day")
}
