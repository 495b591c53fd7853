package tableapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/commands/tablecmd"
	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
	"github.com/morket/morket/eventstore"
)

// benchRows is the size of the benchmark's table; MORKET_BENCH_ROWS changes it.
func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("MORKET_BENCH_ROWS")); err == nil {
		return n
	}
	return 100_000
}

// fill imports rows of 20 columns as an import would, and waits for the grid. It returns how long each half took.
func fill(tb testing.TB, w *world, u *user, tbl tablecmd.Table, n int) (appended, applied time.Duration, rows []kernel.RowID) {
	tb.Helper()
	imp := kernel.ImportID(w.ids.New(kernel.PrefixImport))
	meta := kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorImport, ID: string(imp)}, Workspace: u.ws}
	w.writers.Store(tbl.ID, []eventstore.StreamID{eventstore.Stream("import", string(imp))})
	start := time.Now()
	r := rand.New(rand.NewPCG(1, 2))
	const perChunk = 50
	var changes []kernel.Event
	var last int64
	flush := func() {
		req, err := w.codec.Append(meta, nil, eventstore.At(eventstore.Stream("import", string(imp)), eventstore.Any, changes...))
		require.NoError(tb, err)
		done, err := w.log.Append(tb.Context(), req)
		require.NoError(tb, err)
		last, changes = done.Last, nil
	}
	for at := 0; at < n; at += perChunk {
		c := kernel.Chunk{Cols: map[kernel.ColumnID][]json.RawMessage{}}
		for i := at; i < min(n, at+perChunk); i++ {
			id := kernel.RowID(w.ids.New(kernel.PrefixRow))
			rows, c.Rows = append(rows, id), append(c.Rows, id)
			for k, col := range tbl.Columns {
				c.Cols[col.ID] = append(c.Cols[col.ID], sampleValue(r, col.Type, i, k))
			}
		}
		changes = append(changes, dataops.RowsAdded{ImportID: imp, TableID: tbl.ID, Chunk: c})
		if len(changes) == 40 {
			flush()
		}
	}
	if len(changes) > 0 {
		flush()
	}
	appended = time.Since(start)
	ctx, cancel := context.WithTimeout(tb.Context(), 5*time.Minute)
	defer cancel()
	require.NoError(tb, w.runner.Wait(ctx, last))
	return appended, time.Since(start), rows
}

func sampleValue(r *rand.Rand, t table.Type, i, k int) json.RawMessage {
	words := []string{"Acme", "Globex", "Initech", "Umbrella", "Hooli", "Stark", "Wayne", "Cyberdyne", "Soylent", "Tyrell", "Aperture", "Massive Dynamic"}
	switch t {
	case table.Number, table.Currency:
		return json.RawMessage(strconv.Itoa(r.IntN(1_000_000)))
	case table.Boolean:
		return json.RawMessage(strconv.FormatBool(r.IntN(2) == 0))
	case table.Date:
		return table.Quote(fmt.Sprintf("20%02d-%02d-%02d", r.IntN(26), 1+r.IntN(12), 1+r.IntN(28)))
	case table.Email:
		return table.Quote(fmt.Sprintf("person%d.%d@example.com", i, k))
	default:
		if r.IntN(20) == 0 {
			return kernel.Null()
		}
		return table.Quote(words[r.IntN(len(words))] + " " + words[r.IntN(len(words))] + " " + strconv.Itoa(r.IntN(100_000)))
	}
}

func benchColumns() []m {
	var out []m
	for i := range 20 {
		typ := []string{"text", "text", "text", "number", "date", "email", "boolean", "text", "currency", "text"}[i%10]
		out = append(out, m{"name": fmt.Sprintf("%s %d", typ, i), "type": typ})
	}
	return out
}

// percentiles calls fn n times and returns p50 and p95.
func percentiles(n int, fn func(i int)) (p50, p95 time.Duration) {
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		fn(i)
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[n/2], took[n*95/100]
}

// BenchmarkGrid prints the figures of the grid: run it with -benchtime 1x -v.
func BenchmarkGrid(b *testing.B) {
	log, pool := pgtest.Log(b)
	w := worldOn(b, log, widen(b, pool))
	u := w.join("Ann", kernel.RoleMember)
	tbl, cols := u.table(benchColumns()...)
	n := benchRows()
	appended, applied, rows := fill(b, w, u, tbl, n)
	b.Logf("import: appended %.0f rows/s, applied %.0f rows/s", float64(n)/appended.Seconds(), float64(n)/applied.Seconds())
	path := w.server.URL + "/api/v1/workspaces/" + string(u.ws) + "/tables/" + string(tbl.ID)
	get := func(q string) {
		req, _ := http.NewRequestWithContext(b.Context(), http.MethodGet, path+q, nil)
		req.Header.Set("Authorization", "Bearer Ann")
		res, err := http.DefaultClient.Do(req)
		require.NoError(b, err)
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		require.NoError(b, err)
		require.Equal(b, 200, res.StatusCode, "%s", body)
	}
	show := func(what string, n int, fn func(i int)) {
		start := time.Now()
		fn(0)
		cold := time.Since(start)
		p50, p95 := percentiles(n, fn)
		b.Logf("%-34s p50 %7.2f ms  p95 %7.2f ms  (first %.1f ms)", what, ms(p50), ms(p95), ms(cold))
	}
	r := rand.New(rand.NewPCG(3, 4))
	filter := func(c table.Column, op string, v any) string {
		f, err := json.Marshal(m{"column": c.ID, "op": op, "value": v})
		require.NoError(b, err)
		return "filter=" + url.QueryEscape(string(f))
	}
	text, number := cols["text 0"], cols["number 3"]
	pages := func() {
		show("first page", 200, func(int) { get("/rows?limit=50") })
		show("deep page (offset)", 200, func(int) { get(fmt.Sprintf("/rows?limit=50&offset=%d", r.IntN(n-50))) })
		show("sorted first page", 50, func(int) { get("/rows?limit=50&sort=" + string(number.ID) + ":desc") })
		show("sorted deep page", 50, func(int) { get(fmt.Sprintf("/rows?limit=50&sort=%s:desc&offset=%d", number.ID, r.IntN(n-50))) })
		show("sorted by text, deep", 50, func(int) { get(fmt.Sprintf("/rows?limit=50&sort=%s:asc&offset=%d", text.ID, r.IntN(n-50))) })
		show("filter number between", 50, func(int) { get("/rows?limit=50&" + filter(number, "between", []int{500_000, 501_000})) })
		show("filter text is", 50, func(int) { get("/rows?limit=50&" + filter(text, "is", fmt.Sprintf("Acme Hooli %d", r.IntN(100_000)))) })
		show("filter text contains", 50, func(int) { get("/rows?limit=50&" + filter(text, "contains", fmt.Sprintf("Hooli %d", r.IntN(9000)))) })
		show("q over 12 text columns", 20, func(int) { get(fmt.Sprintf("/rows?limit=50&q=Hooli+%d", r.IntN(9000))) })
		show("count, all", 50, func(int) { get("/rows:count") })
		show("count, text contains", 20, func(int) { get("/rows:count?" + filter(text, "contains", "Hooli 1")) })
	}
	pages()
	b.Log("waiting for the indexes")
	time.Sleep(time.Duration(n/20_000) * time.Second)
	pages()
	edits(b, w, u, tbl, rows, cols, show)
}

func edits(b *testing.B, w *world, u *user, tbl tablecmd.Table, rows []kernel.RowID, cols map[string]table.Column, show func(string, int, func(int))) {
	b.Helper()
	text := cols["text 1"]
	quiet := *u
	show("one-cell edit (HTTP)", 200, func(i int) { quiet.edit(tbl, rows[i], text, "v"+strconv.Itoa(i)).ok(nil) })
	show("edit then read it", 100, func(i int) {
		quiet.edit(tbl, rows[i], text, "w"+strconv.Itoa(i)).ok(nil)
		require.Equal(b, `"w`+strconv.Itoa(i)+`"`, quiet.rows(tbl, "?limit=1&offset="+strconv.Itoa(i))[0].text(text))
	})
	const clients, each = 32, 150
	var wg sync.WaitGroup
	var failed atomic.Int64
	start := time.Now()
	for c := range clients {
		wg.Go(func() {
			mine := *u
			for i := range each {
				if mine.edit(tbl, rows[(c*each+i)%len(rows)], text, "x").Status != http.StatusOK {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	took := time.Since(start)
	head, err := w.log.Head(b.Context())
	require.NoError(b, err)
	require.NoError(b, w.runner.Wait(b.Context(), head))
	b.Logf("%d clients: %.0f edits/s, grid caught up after %.0f ms, failed %d", clients, clients*each/took.Seconds(), ms(time.Since(start)-took), failed.Load())
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// widen opens a pool of a real server's size on the test's database.
func widen(b *testing.B, pool *pgxpool.Pool) *pgxpool.Pool {
	b.Helper()
	cfg := pool.Config()
	cfg.MaxConns = 16
	wide, err := pgxpool.NewWithConfig(b.Context(), cfg)
	require.NoError(b, err)
	b.Cleanup(wide.Close)
	return wide
}

// BenchmarkMoments prints how long the first page of a table takes as of a moment before and after a cell of each row was changed: the first
// time, when the copy is made, and later. Run it with -benchtime 1x -v.
func BenchmarkMoments(b *testing.B) {
	w := newWorld(b)
	u := w.join("Ann", kernel.RoleAdmin)
	tbl, _ := u.table(benchColumns()...)
	n := benchRows()
	_, took, rows := fill(b, w, u, tbl, n)
	b.Logf("%d rows imported and applied in %v", n, took)
	head, err := w.log.Head(b.Context())
	require.NoError(b, err)
	meta := kernel.Meta{Actor: kernel.System(), Workspace: u.ws}
	for part := range slices.Chunk(rows, 10_000) {
		var events []kernel.Event
		for some := range slices.Chunk(part, 1000) {
			c := kernel.Chunk{Rows: some, Cols: map[kernel.ColumnID][]json.RawMessage{tbl.Columns[0].ID: nil}}
			for i := range some {
				c.Cols[tbl.Columns[0].ID] = append(c.Cols[tbl.Columns[0].ID], table.Quote("changed "+strconv.Itoa(i)))
			}
			events = append(events, table.CellsEdited{TableID: tbl.ID, Chunk: c, Source: table.FromBulk})
		}
		req, err := w.codec.Append(meta, nil, eventstore.At(eventstore.Stream(table.CellStream, string(tbl.ID)), eventstore.Any, events...))
		require.NoError(b, err)
		_, err = w.log.Append(b.Context(), req)
		require.NoError(b, err)
	}
	now, err := w.log.Head(b.Context())
	require.NoError(b, err)
	start := time.Now()
	require.NoError(b, w.runner.Wait(b.Context(), now))
	b.Logf("%d cells applied in %v", n, time.Since(start))
	for name, at := range map[string]int64{"before the changes": head, "after the changes": now, "amid the changes": (head + now) / 2} {
		path := fmt.Sprintf("/tables/%s/rows?limit=100&as_of=%d", tbl.ID, at)
		start := time.Now()
		for u.call(http.MethodGet, path, nil).Status == http.StatusServiceUnavailable {
		}
		b.Logf("%s: first time %v", name, time.Since(start))
		p50, p95 := percentiles(100, func(int) { u.call(http.MethodGet, path, nil).ok(nil) })
		b.Logf("%s: then p50 %v, p95 %v", name, p50, p95)
	}
}
