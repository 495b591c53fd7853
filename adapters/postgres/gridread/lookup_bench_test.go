package gridread_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// firms is how many rows each side of the benchmark has.
const firms = 100_000

// fill makes a table of the drafts with the rows: of each the values of its columns, as JSON.
func (x *bench) fill(name string, drafts []table.Draft, row func(i int) []string) *table.Table {
	made, err := table.New(table.Maker{IDs: x.ids, Clock: kernel.SystemClock{}}, kernel.TableID(x.ids.New(kernel.PrefixTable)), "ws_1", "", name, drafts)
	require.NoError(x.b, err)
	x.apply([]eventstore.Recorded{x.record(eventstore.Stream("table", string(made.ID())), made.Pending()[0])})
	columns := made.Schema().Columns
	for at := 0; at < firms; at += 1000 {
		c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for i := range 1000 {
			c.Rows = append(c.Rows, kernel.RowID(x.ids.New(kernel.PrefixRow)))
			for n, v := range row(at + i) {
				c.Cols[columns[n].ID] = append(c.Cols[columns[n].ID], json.RawMessage(v))
			}
		}
		x.apply([]eventstore.Recorded{x.record(eventstore.Stream("cells", name), table.RowsInserted{TableID: made.ID(), Chunk: c})})
	}
	return made
}

// BenchmarkLookup adds a lookup column to 100,000 contacts, which finds each one's company among 100,000 by the domain of its address:
// keys of both sides are kept first, and count.
func BenchmarkLookup(b *testing.B) {
	x := newBench(b)
	companies := x.fill("companies", []table.Draft{{Name: "Website", Type: table.URL}, {Name: "Size", Type: table.Number}}, func(i int) []string {
		return []string{fmt.Sprintf(`"https://www.firm-%d.example/about"`, i), strconv.Itoa(i)}
	})
	contacts := x.fill("contacts", []table.Draft{{Name: "Email", Type: table.Email}}, func(i int) []string {
		return []string{fmt.Sprintf(`"person.%d@firm-%d.example"`, i, i*7919%firms)}
	})
	m := table.Maker{IDs: x.ids, Clock: kernel.SystemClock{}, Tables: func(kernel.TableID) (*table.Table, error) { return companies, nil }}
	for _, take := range []table.Take{table.TakeFirst, table.TakeSum, table.TakeList} {
		typ, err := take.Of(table.Number)
		require.NoError(b, err)
		b.Run(string(take), func(b *testing.B) {
			for b.Loop() {
				before := len(contacts.Pending())
				_, err := contacts.AddColumn(m, table.Draft{
					Name: x.ids.New(kernel.PrefixColumn), Type: typ, Kind: table.LookupKind,
					Lookup: &table.Lookup{Table: companies.ID(), Key: "Email", Match: "Website", Take: take, Value: "Size"},
				}, "", table.Step{})
				require.NoError(b, err)
				x.apply([]eventstore.Recorded{x.record(eventstore.Stream("table", string(contacts.ID())), contacts.Pending()[before])})
				require.NoError(b, x.store.Settle(b.Context(), projections.LiveOf(gridview.Name)))
			}
			b.ReportMetric(firms*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
		})
	}
}
