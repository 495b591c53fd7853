package opensearch_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/opensearch"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/enrichment"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/projectionstest"
	"github.com/morket/morket/projections/searchview"
	"github.com/morket/morket/projections/searchview/searchtest"
	"github.com/morket/morket/projections/sidestore"
	"github.com/morket/morket/projections/sidestore/sidestoretest"
)

// client speaks to the tests' OpenSearch under names of its own.
func client(tb testing.TB) *opensearch.Client {
	tb.Helper()
	address := os.Getenv("MORKET_TEST_OPENSEARCH_URL")
	if address == "" {
		tb.Fatal("the tests need OpenSearch: run them through bin/devservices, or set MORKET_TEST_OPENSEARCH_URL")
	}
	c, err := opensearch.NewClient(address + "/t" + strings.ToLower(ulid.Make().String()))
	require.NoError(tb, err)
	return c
}

// nobody is a client of an address where nobody listens.
func nobody(tb testing.TB) *opensearch.Client {
	tb.Helper()
	c, err := opensearch.NewClient("http://127.0.0.1:1/morket")
	require.NoError(tb, err)
	return c
}

func TestEngine(t *testing.T) {
	t.Parallel()
	sidestoretest.Run(t, func(t *testing.T) sidestoretest.Subject {
		t.Helper()
		return sidestoretest.Subject{
			Engine: opensearch.NewEngine(client(t)), Projection: "suite", Set: opensearch.Set,
			Break: func() error {
				_, _, err := opensearch.NewEngine(nobody(t)).Reached(t.Context(), sidestore.Copy{Projection: "suite", Generation: "a"})
				return err
			},
		}
	})
}

// harness is the suite's store in OpenSearch; its checkpoints are in memory.
type harness struct {
	tb        testing.TB
	client    *opensearch.Client
	store     *sidestore.Store
	projector *searchview.Projector
	clock     *kernel.ManualClock
	at        projections.Checkpoint
	log       []eventstore.Recorded
	versions  map[eventstore.StreamID]int64
}

func open(tb testing.TB) searchtest.Harness {
	tb.Helper()
	return newHarness(tb)
}

func newHarness(tb testing.TB) *harness {
	tb.Helper()
	codec, err := eventstore.NewCodec(table.Events(), dataops.Events(), enrichment.Events())
	require.NoError(tb, err)
	h := &harness{tb: tb, client: client(tb), clock: kernel.NewManualClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)), versions: map[eventstore.StreamID]int64{}}
	base := projectionstest.NewMemory()
	h.store, err = sidestore.New(sidestore.Config{
		Base: base, Marks: sidestoretest.NewMarks(base), Engine: opensearch.NewEngine(h.client), Name: "OpenSearch", Head: func(context.Context) (int64, error) { return int64(len(h.log)), nil },
		Clock: h.clock, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(tb, err)
	h.projector = searchview.New(searchview.NameOpenSearch, codec, opensearch.Open)
	live := projections.LiveOf(searchview.NameOpenSearch)
	h.at, err = h.store.Create(tb.Context(), live, h.projector.Version())
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = h.store.Drop(context.WithoutCancel(tb.Context()), live) })
	return h
}

// Append implements searchtest.Harness.
func (h *harness) Append(stream eventstore.StreamID, events ...kernel.Event) []eventstore.Recorded {
	h.tb.Helper()
	recorded := make([]eventstore.Recorded, len(events))
	for i, e := range events {
		recorded[i] = h.recorded(stream, e)
		h.versions[stream]++
		h.log = append(h.log, recorded[i])
	}
	var err error
	h.at, err = h.apply(h.at, recorded)
	require.NoError(h.tb, err)
	return recorded
}

// recorded is the event as the next of the log.
func (h *harness) recorded(stream eventstore.StreamID, e kernel.Event) eventstore.Recorded {
	h.tb.Helper()
	data, err := json.Marshal(e)
	require.NoError(h.tb, err)
	return eventstore.Recorded{
		Position: int64(len(h.log) + 1), Stream: stream, Version: h.versions[stream] + 1, Type: e.EventType(), Data: data, Metadata: []byte("{}"), RecordedAt: h.clock.Now(),
	}
}

func (h *harness) apply(at projections.Checkpoint, events []eventstore.Recorded) (projections.Checkpoint, error) {
	return h.store.Advance(h.tb.Context(), at, projections.Step{To: events[len(events)-1].Position, Apply: func(ctx context.Context, tx projections.Tx) error {
		return h.projector.Apply(ctx, tx, events)
	}})
}

// Searcher implements searchtest.Harness.
func (h *harness) Searcher() searchview.Searcher { return opensearch.NewQueries(h.client, h.store) }

// Clock implements searchtest.Harness.
func (h *harness) Clock() *kernel.ManualClock { return h.clock }

// RequireRebuildable implements searchtest.Harness.
func (h *harness) RequireRebuildable() {
	h.tb.Helper()
	_, live, err := h.store.Checksums(h.tb.Context(), h.at.Location)
	require.NoError(h.tb, err)
	location := projections.Location{Projection: h.projector.Name(), Copy: projections.VerifyCopy}
	at, err := h.store.Create(h.tb.Context(), location, h.projector.Version())
	require.NoError(h.tb, err)
	_, err = h.apply(at, h.log)
	require.NoError(h.tb, err)
	_, sums, err := h.store.Checksums(h.tb.Context(), location)
	require.NoError(h.tb, err)
	require.Equal(h.tb, live, sums, "rebuilt in one batch, the read model differs from the live one")
	require.NoError(h.tb, h.store.Drop(h.tb.Context(), location))
}

func TestSearch(t *testing.T) {
	t.Parallel()
	searchtest.Run(t, open)
}

// people is a table with one column.
func people() table.Created {
	column := table.Column{ID: "col_1", Name: "Name", Type: table.Text}
	return table.Created{TableID: "tbl_1", WorkspaceID: "ws_1", Name: "People", Columns: []table.Column{column}}
}

// A step sends documents before it knows of its end. One that is cut short in between must not pass for what the checkpoint says.
func TestAStepThatIsCutShortShowsInTheSums(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	latest := func() (latest int64) {
		t.Helper()
		require.NoError(t, h.store.Read(t.Context(), h.projector.Name(), func(ctx context.Context, c sidestore.Copy) error {
			require.NoError(t, h.client.Do(ctx, http.MethodPost, "/"+h.client.Alias(c)+"/_refresh", nil, nil))
			sums, err := opensearch.NewEngine(h.client).Checksums(ctx, c)
			latest = sums.Latest
			return err
		}))
		return latest
	}
	h.Append("table-tbl_1", people())
	require.EqualValues(t, 1, latest())
	const rows = 1_001 // more than are held in memory
	chunk := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{"col_1": nil}}
	for i := range rows {
		chunk.Rows = append(chunk.Rows, kernel.RowID("row_"+strconv.Itoa(i)))
		chunk.Cols["col_1"] = append(chunk.Cols["col_1"], json.RawMessage(`"x"`))
	}
	cut := errors.New("cut short")
	at := h.at
	_, err := h.store.Advance(t.Context(), at, projections.Step{To: 2, Apply: func(ctx context.Context, tx projections.Tx) error {
		w, err := opensearch.Open(tx)
		if err == nil {
			err = h.projector.Apply(ctx, tx, []eventstore.Recorded{h.recorded("cells-tbl_1", table.RowsInserted{TableID: "tbl_1", Chunk: chunk})})
		}
		if err == nil {
			_, err = w.Structures(ctx, []kernel.TableID{"tbl_1"}) // a read sends what was written before
		}
		return errors.Join(err, cut)
	}})
	require.ErrorIs(t, err, cut)
	require.EqualValues(t, 2, latest(), "beyond the checkpoint, at 1")
	h.Append("cells-tbl_1", table.RowsInserted{TableID: "tbl_1", Chunk: chunk})
	h.RequireRebuildable()
}

// An index that was put back to an older state has less than was committed. Written to, it would seem to have all of it.
func TestAnOlderIndexIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Append("table-tbl_1", people())
	insert := func(row kernel.RowID) table.RowsInserted {
		cells := map[kernel.ColumnID][]json.RawMessage{"col_1": {json.RawMessage(`"x"`)}}
		return table.RowsInserted{TableID: "tbl_1", Chunk: kernel.Chunk{Rows: []kernel.RowID{row}, Cols: cells}}
	}
	h.Append("cells-tbl_1", insert("row_1"))
	require.NoError(t, h.store.Read(t.Context(), h.projector.Name(), func(ctx context.Context, c sidestore.Copy) error {
		return opensearch.NewEngine(h.client).Make(ctx, c) // as it was at its beginning
	}))
	next := h.recorded("cells-tbl_1", insert("row_2"))
	h.log = append(h.log, next)
	_, err := h.apply(h.at, []eventstore.Recorded{next})
	require.ErrorIs(t, err, projections.ErrMoved)
	at, _, err := h.store.Checkpoint(t.Context(), h.at.Location)
	require.NoError(t, err)
	require.Zero(t, at.Position, "it is filled again")
	h.at, err = h.apply(at, h.log)
	require.NoError(t, err)
	_, sums, err := h.store.Checksums(t.Context(), h.at.Location)
	require.NoError(t, err)
	require.EqualValues(t, 2, sums["rows"].Rows)
	h.RequireRebuildable()
}

func TestAStoreThatIsDownIsNamed(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	q := opensearch.NewQueries(nobody(t), h.store)
	_, err := q.Tables(t.Context(), "ws_1")
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err))
	require.ErrorContains(t, err, "OpenSearch")
}

// A node that has just started answers before its indexes are loaded; searches fail until they are.
func TestAStoreWhoseIndexesAreNotLoadedIsNotWell(t *testing.T) {
	t.Parallel()
	c, another := client(t), client(t)
	require.NoError(t, c.Check(t.Context()), "without an index")
	index := "/" + c.Alias(sidestore.Copy{Projection: "suite", Generation: "a"})
	nowhere := map[string]any{"settings": map[string]any{"number_of_replicas": 0, "index.routing.allocation.require._name": "no such node"}}
	require.NoError(t, c.Do(t.Context(), http.MethodPut, index+"?wait_for_active_shards=0", nowhere, nil))
	t.Cleanup(func() { _ = c.Do(context.WithoutCancel(t.Context()), http.MethodDelete, index, nil, nil) })
	err := c.Check(t.Context())
	require.Equal(t, kernel.KindUnavailable, kernel.KindOf(err))
	require.ErrorContains(t, err, "1 shards of its indexes are not loaded")
	require.NoError(t, another.Check(t.Context()), "it is no matter of other installations")
	require.NoError(t, c.Do(t.Context(), http.MethodPut, index+"/_settings", map[string]any{"index.routing.allocation.require._name": nil}, nil))
	require.Eventually(t, func() bool { return c.Check(t.Context()) == nil }, time.Minute, 50*time.Millisecond)
}

// one hands out a copy.
type one struct{ copy sidestore.Copy }

func (o one) Read(ctx context.Context, _ string, fn func(context.Context, sidestore.Copy) error) error {
	return fn(ctx, o.copy)
}

func TestOfManyRowsSomeAreCounted(t *testing.T) {
	t.Parallel()
	c, of := client(t), sidestore.Copy{Projection: "suite", Generation: "a"}
	e := opensearch.NewEngine(c)
	require.NoError(t, e.Make(t.Context(), of))
	t.Cleanup(func() { _ = e.Drop(context.WithoutCancel(t.Context()), of) })
	b, err := e.Begin(t.Context(), of)
	require.NoError(t, err)
	values := []string{"Baker", "Bakery", "Baker", "Bader", "Baker", "Bakery", "Baker", "Other"} // a half, a quarter, an eighth
	const rows = 8_000
	for i := range rows {
		require.NoError(t, opensearch.SetSuggest(t.Context(), b, "row"+strconv.Itoa(i), "ws_1", "tbl_1", values[i%len(values)]))
	}
	require.NoError(t, b.Flush(t.Context(), 1))
	q := opensearch.NewQueries(c, one{of})
	suggest := func(typed string) []searchview.Suggestion {
		t.Helper()
		list, err := q.Suggest(t.Context(), "ws_1", []kernel.TableID{"tbl_1"}, typed, 10)
		require.NoError(t, err)
		return list
	}
	exact := []searchview.Suggestion{{Value: "Baker", Count: rows / 2}, {Value: "Bakery", Count: rows / 4}, {Value: "Bader", Count: rows / 8}}
	require.Equal(t, exact, suggest("ba"))
	q.Sample(rows / 5)
	estimated := suggest("ba")
	require.Len(t, estimated, len(exact))
	for i, s := range exact {
		require.Equal(t, s.Value, estimated[i].Value)
		require.NotEqual(t, s.Count, estimated[i].Count, "it was not counted")
		require.InEpsilon(t, s.Count, estimated[i].Count, 0.25)
	}
	require.Equal(t, []searchview.Suggestion{{Value: "Other", Count: rows / 8}}, suggest("ot"), "what few rows have is counted")
}
