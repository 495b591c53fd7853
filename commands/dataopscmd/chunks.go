package dataopscmd

import (
	"encoding/json"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
)

// eachChunk cuts rows into chunks of at most kernel.MaxChunkCells cells and about kernel.MaxChunkBytes bytes. fn gets the
// chunk and the range of rows in it.
func eachChunk(rows []kernel.RowID, columns []kernel.ColumnID, values [][]json.RawMessage, fn func(chunk kernel.Chunk, from, to int)) {
	perChunk := max(1, kernel.MaxChunkCells/max(1, len(columns)))
	for from := 0; from < len(rows); {
		to, size := from, 0
		for to < len(rows) && to-from < perChunk {
			row := 0
			for c := range values {
				row += len(values[c][to]) + 1
			}
			if to > from && size+row > kernel.MaxChunkBytes {
				break
			}
			size += row
			to++
		}
		chunk := kernel.Chunk{Rows: rows[from:to], Cols: make(map[kernel.ColumnID][]json.RawMessage, len(columns))}
		for c, id := range columns {
			chunk.Cols[id] = values[c][from:to]
		}
		fn(chunk, from, to)
		from = to
	}
}

// An event with rejections has some tens of kilobytes, but for a row that is larger.
const (
	problemsPerEvent = 200
	problemBytes     = 48 << 10
)

// rejections makes events of problems.
func rejections(id kernel.ImportID, problems []dataops.Problem) []kernel.Event {
	var out []kernel.Event
	for len(problems) > 0 {
		n, size := 0, 0
		for n < min(problemsPerEvent, len(problems)) && (n == 0 || size < problemBytes) {
			for _, f := range problems[n].Row {
				size += len(f)
			}
			n++
		}
		out = append(out, dataops.RowsRejected{ImportID: id, Problems: problems[:n]})
		problems = problems[n:]
	}
	return out
}
