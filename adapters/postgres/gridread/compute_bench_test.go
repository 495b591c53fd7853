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

// formulaBench is 100,000 rows with a chain of five formula columns, computed as they were copied in.
func formulaBench(b *testing.B) (x *bench, first table.Column, ids []kernel.RowID) {
	b.Helper()
	x = newBench(b)
	m := table.Maker{IDs: x.ids, Clock: kernel.SystemClock{}}
	drafts := []table.Draft{{Name: "N", Type: table.Number}}
	last := "N"
	for i := range 5 {
		name := fmt.Sprintf("F%d", i+1)
		drafts = append(drafts, table.Draft{Name: name, Type: table.Number, Kind: table.FormulaKind, Formula: &table.Formula{Expression: "roundTo({{" + last + "}} * 1.1, 2) + 1"}})
		last = name
	}
	var err error
	x.tbl, err = table.New(m, kernel.TableID(x.ids.New(kernel.PrefixTable)), "ws_1", "", "Formulas", drafts)
	require.NoError(b, err)
	x.apply([]eventstore.Recorded{x.record(eventstore.Stream("table", string(x.tbl.ID())), x.tbl.Pending()[0])})
	n := x.tbl.Schema().Columns[0].ID
	for at := 0; at < 100_000; at += 1000 {
		c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for i := range 1000 {
			c.Rows = append(c.Rows, kernel.RowID(x.ids.New(kernel.PrefixRow)))
			c.Cols[n] = append(c.Cols[n], json.RawMessage(strconv.Itoa(at+i)))
		}
		ids = append(ids, c.Rows...)
		x.apply([]eventstore.Recorded{x.record("cells-x", table.RowsInserted{TableID: x.tbl.ID(), Chunk: c})})
	}
	return x, x.tbl.Schema().Columns[1], ids
}

// BenchmarkRecompute changes the first formula of a chain of five over 100,000 rows.
func BenchmarkRecompute(b *testing.B) {
	x, first, _ := formulaBench(b)
	i := 0
	for b.Loop() {
		i++
		before := len(x.tbl.Pending())
		c, err := x.tbl.ChangeColumn(table.Maker{IDs: x.ids, Clock: kernel.SystemClock{}}, first.ID, table.ColumnChange{Formula: &table.Formula{Expression: fmt.Sprintf("{{N}} * 1.1 + %d", i)}}, table.Step{})
		require.NoError(b, err, c)
		x.apply([]eventstore.Recorded{x.record(eventstore.Stream("table", string(x.tbl.ID())), x.tbl.Pending()[before])})
		require.NoError(b, x.store.Settle(b.Context(), projections.LiveOf(gridview.Name)))
	}
	b.ReportMetric(500_000*float64(b.N)/b.Elapsed().Seconds(), "cells/s")
}

// BenchmarkEditedInput edits a cell that a chain of five formulas uses.
func BenchmarkEditedInput(b *testing.B) {
	x, _, ids := formulaBench(b)
	n := x.tbl.Schema().Columns[0].ID
	i := 0
	for b.Loop() {
		i++
		x.apply([]eventstore.Recorded{x.record("cells-x", table.CellsEdited{TableID: x.tbl.ID(), Chunk: kernel.Chunk{
			Rows: []kernel.RowID{ids[i*7919%len(ids)]}, Cols: map[kernel.ColumnID][]json.RawMessage{n: {json.RawMessage(strconv.Itoa(i))}},
		}})})
	}
}
