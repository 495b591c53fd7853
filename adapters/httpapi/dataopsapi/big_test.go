package dataopsapi_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/files/tablefile"
	"github.com/morket/morket/domain/dataops"
)

// bigRow is a record of the generated file: 20 columns, every fifth with a quoted line end.
func bigRow(w *bufio.Writer, i int) {
	fmt.Fprintf(w, "\"Company\n%d\",%d,https://company%d.test,2026-01-%02d,true", i, i, i, i%28+1)
	for c := range 15 {
		fmt.Fprintf(w, ",value %d of ß%d", c, i%977)
	}
	w.WriteString("\n")
}

const bigHeader = "Name,N,Web,Day,Ok,A,B,C,D,E,F,G,H,I,J,K,L,M,O,P\n"

// bigFile streams a file of rows records; each line in bad is there before the record of that number.
func bigFile(rows int, bad map[int]string) io.Reader {
	r, pipe := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(pipe, 1<<16)
		w.WriteString(bigHeader)
		for i := range rows {
			w.WriteString(bad[i])
			bigRow(w, i)
		}
		_ = pipe.CloseWithError(w.Flush())
	}()
	return r
}

// utf16File is the same in UTF-16 with a byte order mark.
func utf16File(r io.Reader) io.Reader {
	out, pipe := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(pipe, 1<<16)
		_, _ = w.Write([]byte{0xFF, 0xFE})
		in := bufio.NewReader(r)
		for {
			c, _, err := in.ReadRune()
			if err != nil {
				break
			}
			for _, u := range utf16.AppendRune(nil, c) {
				_, _ = w.Write([]byte{byte(u), byte(u >> 8)})
			}
		}
		_ = pipe.CloseWithError(w.Flush())
	}()
	return out
}

func (w *world) upload(name string, body io.Reader) dataops.Summary {
	w.t.Helper()
	return w.call("anna", http.MethodPost, string(wsA)+"/imports?filename="+name, body).imp(w.t)
}

const bigMapping = `{"new_table":{"name":"Big"},"header":true}`

// watchHeap returns a function that tells by how many bytes the heap in use has grown at most since.
func watchHeap() func() uint64 {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	done, peak := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		var most uint64
		for {
			select {
			case <-tick.C:
				var now runtime.MemStats
				runtime.ReadMemStats(&now)
				most = max(most, now.HeapInuse)
			case <-done:
				peak <- most
				return
			}
		}
	}()
	return func() uint64 {
		close(done)
		return max(<-peak, before.HeapInuse) - before.HeapInuse
	}
}

func TestABigFileInUTF16WithBadRecords(t *testing.T) { //nolint:paralleltest // it measures the process's memory
	const rows = 100_000
	w := newWorld(t)
	bad := map[int]string{
		10:     strings.Repeat("q,", 20) + "q\n",
		50_000: strings.Repeat("x", dataops.MaxFieldBytes+1) + strings.Repeat(",y", 19) + "\n",
		99_999: strings.Repeat("z,", 20) + "z\n",
	}
	heap := watchHeap()
	imp := w.upload("big.csv", utf16File(bigFile(rows, bad)))
	require.Equal(t, dataops.UTF16LE, imp.Detected.Encoding)
	w.call("anna", http.MethodPost, string(wsA)+"/imports/"+string(imp.ID)+"/commit", bigMapping).imp(t)
	start := time.Now()
	require.NoError(t, w.importer.Run(t.Context(), imp.ID, func(dataops.Summary) {}))
	done := w.get(imp.ID)
	took, grown := time.Since(start), heap()
	t.Logf("%d rows × 20 columns in %s: %.0f rows/s; heap grew by %d MB", rows, took, rows/took.Seconds(), grown>>20)
	require.Less(t, grown, uint64(200<<20))
	require.Equal(t, dataops.Counts{Lines: 2*rows + 4, Rows: rows + 3, Imported: rows, Failed: 3, Problems: 3}, done.Counts)
	errs := string(w.call("anna", http.MethodGet, string(wsA)+"/imports/"+string(imp.ID)+"/errors.csv", nil).body)
	lines := strings.Split(errs, "\r\n")
	require.Contains(t, lines[1], ",22,left out,")
	require.Contains(t, lines[2], ",100003,left out,")
	require.Contains(t, lines[2], "field 1 has 65537 bytes")
	require.Contains(t, lines[3], ",200002,left out,")
	require.Contains(t, lines[3], "has 21 fields, expected 20")

	var want bytes.Buffer
	b := bufio.NewWriter(&want)
	b.WriteString(bigHeader)
	for i := range rows {
		bigRow(b, i)
	}
	require.NoError(t, b.Flush())
	have := w.export(done.TableID, "")
	if strings.ReplaceAll(have, "\r\n", "\n") != want.String() { // a comparison by require would print megabytes
		t.Fatal("what comes out is not what went in")
	}
}

func BenchmarkImport(b *testing.B) {
	const rows = 50_000
	w := newWorld(b)
	for b.Loop() {
		b.StopTimer()
		imp := w.upload("big.csv", bigFile(rows, nil))
		w.call("anna", http.MethodPost, string(wsA)+"/imports/"+string(imp.ID)+"/commit", bigMapping).imp(b)
		b.StartTimer()
		require.NoError(b, w.importer.Run(b.Context(), imp.ID, func(dataops.Summary) {}))
		require.EqualValues(b, rows, w.get(imp.ID).Counts.Imported)
		w.awaitGrid(imp)
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// awaitGrid waits until the grid has all rows.
func (w *world) awaitGrid(imp dataops.Summary) {
	w.t.Helper()
	r := w.call("anna", http.MethodGet, string(wsA)+"/tables/"+string(w.get(imp.ID).TableID)+"/export?q=nothing", nil, "Morket-Min-Position", w.head())
	require.Equal(w.t, http.StatusOK, r.status, "%s", r.body)
}

func BenchmarkExport(b *testing.B) {
	const rows = 50_000
	w := newWorld(b)
	imp := w.upload("big.csv", bigFile(rows, nil))
	w.call("anna", http.MethodPost, string(wsA)+"/imports/"+string(imp.ID)+"/commit", bigMapping).imp(b)
	require.NoError(b, w.importer.Run(b.Context(), imp.ID, func(dataops.Summary) {}))
	id := w.get(imp.ID).TableID
	w.awaitGrid(imp)
	for _, format := range tablefile.Formats() {
		b.Run(string(format), func(b *testing.B) {
			for b.Loop() {
				b.SetBytes(int64(len(w.export(id, "format="+string(format)))))
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkImportWorkbook brings a workbook in that an export has made, from the upload to the last row.
func BenchmarkImportWorkbook(b *testing.B) {
	const rows = 50_000
	w := newWorld(b)
	imp := w.upload("big.csv", bigFile(rows, nil))
	w.call("anna", http.MethodPost, string(wsA)+"/imports/"+string(imp.ID)+"/commit", bigMapping).imp(b)
	require.NoError(b, w.importer.Run(b.Context(), imp.ID, func(dataops.Summary) {}))
	w.awaitGrid(imp)
	book := w.export(w.get(imp.ID).TableID, "format=xlsx")
	for b.Loop() {
		imp := w.upload("big.xlsx", strings.NewReader(book))
		w.call("anna", http.MethodPost, string(wsA)+"/imports/"+string(imp.ID)+"/commit", bigMapping).imp(b)
		require.NoError(b, w.importer.Run(b.Context(), imp.ID, func(dataops.Summary) {}))
		require.EqualValues(b, rows, w.get(imp.ID).Counts.Imported)
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
