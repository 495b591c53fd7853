package gridread_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/adapters/postgres/gridread"
	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/gridview"
)

// bench is a projector on a real Postgres with one table of 20 columns.
type bench struct {
	b     *testing.B
	codec *eventstore.Codec
	view  *gridview.Projector
	store *postgres.Store
	pool  *pgxpool.Pool
	at    projections.Checkpoint
	ids   *kernel.IDs
	tbl   *table.Table
	pos   int64
}

func newBench(b *testing.B) *bench {
	b.Helper()
	pool := pgtest.Pool(b)
	require.NoError(b, postgres.Migrate(b.Context(), pool))
	store, err := postgres.NewStore(pool, gridread.Model())
	require.NoError(b, err)
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events())
	require.NoError(b, err)
	clock := kernel.SystemClock{}
	x := &bench{b: b, codec: codec, store: store, pool: pool, view: gridview.New(codec, gridread.NewStructures().NewWriter), ids: kernel.NewIDs(clock)}
	x.at, err = store.Create(b.Context(), projections.LiveOf(gridview.Name), 1)
	require.NoError(b, err)
	var drafts []table.Draft
	for i := range 20 {
		typ := []table.Type{table.Text, table.Text, table.Text, table.Number, table.Date, table.Email, table.Boolean, table.Text, table.Currency, table.Text}[i%10]
		drafts = append(drafts, table.Draft{Name: fmt.Sprintf("c%d", i), Type: typ})
	}
	x.tbl, err = table.New(table.Maker{IDs: x.ids, Clock: clock}, kernel.TableID(x.ids.New(kernel.PrefixTable)), "ws_1", "", "Leads", drafts)
	require.NoError(b, err)
	x.apply([]eventstore.Recorded{x.record(eventstore.Stream("table", string(x.tbl.ID())), x.tbl.Pending()[0])})
	return x
}

func (x *bench) record(s eventstore.StreamID, e kernel.Event) eventstore.Recorded {
	data, err := x.codec.Encode(e)
	require.NoError(x.b, err)
	x.pos++
	return eventstore.Recorded{Position: x.pos, Stream: s, Version: x.pos, Workspace: "ws_1", Type: data[0].Type, Data: data[0].Data, Metadata: json.RawMessage(`{"actor":{"kind":"system"}}`), RecordedAt: time.Now()}
}

func (x *bench) apply(events []eventstore.Recorded) {
	x.b.Helper()
	next, err := x.store.Advance(x.b.Context(), x.at, projections.Step{To: events[len(events)-1].Position, Apply: func(ctx context.Context, tx projections.Tx) error {
		return x.view.Apply(ctx, tx, events)
	}})
	require.NoError(x.b, err)
	x.at = next
}

func (x *bench) rows(n int) (events []eventstore.Recorded, ids []kernel.RowID) {
	r := rand.New(rand.NewPCG(1, 2))
	for at := 0; at < n; at += 50 {
		c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for i := at; i < min(n, at+50); i++ {
			id := kernel.RowID(x.ids.New(kernel.PrefixRow))
			c.Rows, ids = append(c.Rows, id), append(ids, id)
			for _, col := range x.tbl.Schema().Columns {
				c.Cols[col.ID] = append(c.Cols[col.ID], value(r, col.Type, i))
			}
		}
		events = append(events, x.record("import-imp_1", dataops.RowsAdded{ImportID: "imp_1", TableID: x.tbl.ID(), Chunk: c}))
	}
	return events, ids
}

func value(r *rand.Rand, t table.Type, i int) json.RawMessage {
	switch t {
	case table.Number, table.Currency:
		return json.RawMessage(strconv.Itoa(r.IntN(1_000_000)))
	case table.Boolean:
		return json.RawMessage(strconv.FormatBool(r.IntN(2) == 0))
	case table.Date:
		return table.Quote(fmt.Sprintf("20%02d-%02d-%02d", r.IntN(26), 1+r.IntN(12), 1+r.IntN(28)))
	case table.Email:
		return table.Quote(fmt.Sprintf("person%d@example.com", i))
	default:
		return table.Quote("Acme Trading Company " + strconv.Itoa(r.IntN(100_000)))
	}
}

// BenchmarkImportChunks applies chunks of an import: rows of 20 columns.
func BenchmarkImportChunks(b *testing.B) {
	x := newBench(b)
	const rows, perBatch = 10_000, 40
	var events []eventstore.Recorded
	for b.Loop() {
		b.StopTimer()
		events, _ = x.rows(rows)
		b.StartTimer()
		for at := 0; at < len(events); at += perBatch {
			x.apply(events[at:min(len(events), at+perBatch)])
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkDecode reads chunks without writing them: what of the import is ours and not Postgres'.
func BenchmarkDecode(b *testing.B) {
	x := newBench(b)
	events, _ := x.rows(10_000)
	for b.Loop() {
		_, err := x.view.Fold(events)
		require.NoError(b, err)
	}
	b.ReportMetric(float64(10_000*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkEdits applies single-cell edits, 100 in a batch as they come from many clients.
func BenchmarkEdits(b *testing.B) {
	x := newBench(b)
	events, ids := x.rows(10_000)
	x.apply(events)
	col := x.tbl.Schema().Columns[0].ID
	for _, n := range []int{1, 100} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			x.b = b
			i := 0
			for b.Loop() {
				b.StopTimer()
				batch := make([]eventstore.Recorded, n)
				for k := range batch {
					i++
					row := ids[i%len(ids)]
					batch[k] = x.record("cells-x", table.CellsEdited{TableID: x.tbl.ID(), Chunk: kernel.Chunk{Rows: []kernel.RowID{row}, Cols: map[kernel.ColumnID][]json.RawMessage{col: {table.Quote(strconv.Itoa(i))}}}, Source: table.FromEdit})
				}
				b.StartTimer()
				x.apply(batch)
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "edits/s")
		})
	}
}

// BenchmarkGroups groups a million rows: by few and by many values, by months, and by three levels with sums.
func BenchmarkGroups(b *testing.B) {
	x := newBench(b)
	const rows, perBatch = 1_000_000, 10_000
	for range rows / perBatch {
		events, _ := x.rows(perBatch)
		x.apply(events)
	}
	_, err := x.pool.Exec(b.Context(), "VACUUM ANALYZE")
	require.NoError(b, err)
	grid := gridread.NewGrid(x.pool, kernel.SystemClock{})
	info, err := grid.Table(b.Context(), "ws_1", x.tbl.ID())
	require.NoError(b, err)
	cols := x.tbl.Schema().Columns
	by := func(i int, unit table.Unit) table.Group {
		return table.Group{Column: cols[i].ID, Unit: unit, Dir: table.Ascending}
	}
	sums := []table.Aggregate{{Column: cols[3].ID, Of: table.Sum}, {Column: cols[8].ID, Of: table.Average}}
	for _, bc := range []struct {
		name   string
		groups []table.Group
		of     []table.Aggregate
	}{
		{"few", []table.Group{by(6, "")}, nil},
		{"few-sums", []table.Group{by(6, "")}, sums},
		{"months-sums", []table.Group{by(4, table.ByMonth)}, sums},
		{"many", []table.Group{by(0, "")}, nil},
		{"three-sums", []table.Group{by(6, ""), by(16, ""), by(4, table.ByYear)}, sums},
	} {
		b.Run(bc.name, func(b *testing.B) {
			for b.Loop() {
				_, err := grid.Groups(b.Context(), info, gridview.Query{Groups: bc.groups}, bc.of, 0, 1_000)
				require.NoError(b, err)
			}
		})
		b.Run(bc.name+"-rows", func(b *testing.B) {
			for b.Loop() {
				_, err := grid.Page(b.Context(), info, gridview.Query{Groups: bc.groups}, "", 0, 100)
				require.NoError(b, err)
			}
		})
	}
}
