package bench

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/morket/morket/domain/dataops"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/table"
)

// usualRows is the size of the file of the steps import, grid and run, unless another is asked for.
const usualRows = 100_000

// serverBench measures one server.
type serverBench struct {
	effort
	*client
	run     *run
	sheet   sheet
	size    int // rows of the file
	table   kernel.TableID
	columns map[string]table.Column // by name
	rows    []kernel.RowID          // some of the table's
}

// job is an import that has been carried out.
type job struct {
	dataops.Summary
	upload, commit time.Duration
	grown          float64 // MB
	errorsExact    bool
}

// imports measures imports of a file into a new table, and their undoing. The last table stays for the step grid.
func (b *serverBench) imports(ctx context.Context) ([]Ratio, error) {
	path := filepath.Join(b.run.dir, b.sheet.file)
	bad, err := b.sheet.write(path, b.size)
	if err != nil {
		return nil, err
	}
	m := importMeasures{exact: true}
	for round := range b.rounds {
		if err := b.login(ctx); err != nil {
			return nil, err
		}
		j, err := b.importFile(ctx, path, bad)
		if err != nil {
			return nil, err
		}
		m.exact = m.exact && j.errorsExact
		rows, err := dump(ctx, b.pool, physical(j.TableID))
		if err != nil {
			return nil, err
		}
		limit, err := copyRate(ctx, b.pool, physical(j.TableID), rows, b.size)
		if err != nil {
			return nil, err
		}
		rate := float64(b.size) / j.commit.Seconds()
		m.rates, m.limits, m.ratios = append(m.rates, rate), append(m.limits, limit), append(m.ratios, rate/limit)
		m.uploads, m.grown = append(m.uploads, float64(j.Size)/j.upload.Seconds()/(1<<20)), append(m.grown, j.grown)
		b.table = j.TableID
		if round < b.rounds-1 || b.rounds == 1 {
			took, err := b.undo(ctx, j)
			if err != nil {
				return nil, err
			}
			m.undone = append(m.undone, float64(b.size)/took.Seconds())
			b.table = "" // it is empty
		}
	}
	return b.sheet.titled(m.all()), nil
}

// importMeasures has a figure of each round.
type importMeasures struct {
	rates, limits, ratios, undone []float64 // rows a second, and of the rows by the limit
	uploads, grown                []float64 // megabytes a second, and megabytes
	exact                         bool
}

func (m importMeasures) all() []Ratio {
	most := slices.Max(m.grown)
	return []Ratio{
		{
			Name:    "import",
			Value:   median(m.rates),
			Limit:   median(m.limits),
			Ratio:   median(m.ratios),
			Unit:    "rows/s",
			AtLeast: 20_000,
			Failed:  !m.exact,
			Note: "from commit to the last row in the grid; 20 columns, UTF-16, quoted line ends, bad rows reported exactly; limit: COPY " +
				"into the same table",
		},
		{
			Name:  "import, upload",
			Value: median(m.uploads),
			Limit: 100,
			Ratio: median(m.uploads) / 100,
			Unit:  "MB/s",
			Note:  "with the look at the file; limit: a fixed figure",
		},
		{Name: "import, memory", Value: most, Limit: 200, Ratio: most / 200, Unit: "MB", AtMost: 200, Note: "growth of the process at most"},
		{
			Name:  "import, undo",
			Value: median(m.undone),
			Limit: median(m.limits),
			Ratio: median(m.undone) / median(m.limits),
			Unit:  "rows/s",
			Note:  "until the table is empty; limit: COPY",
		},
	}
}

func (b *serverBench) importFile(ctx context.Context, path string, bad []int64) (*job, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	memory := watchMemory()
	j := &job{}
	start := time.Now()
	if _, err := b.do(ctx, http.MethodPost, b.workspace+"/imports?filename="+b.sheet.file, file, &j.Summary); err != nil {
		return nil, err
	}
	j.upload = time.Since(start)
	start = time.Now()
	commit := map[string]any{"new_table": map[string]string{"name": "Leads"}, "header": true, "mapping": b.sheet.mapping()}
	position, err := b.send(ctx, http.MethodPost, b.importPath(j)+"/commit", commit, &j.Summary)
	if err != nil {
		return nil, err
	}
	state := dataops.StatePartial
	if len(bad) == 0 {
		state = dataops.StateCompleted
	}
	if err := b.await(ctx, j, position, int64(b.size), state); err != nil {
		return nil, err
	}
	j.commit, j.grown = time.Since(start), memory()
	j.errorsExact, err = b.errorsAre(ctx, j, bad)
	return j, err
}

func (b *serverBench) importPath(j *job) string { return b.workspace + "/imports/" + string(j.ID) }

// await waits until the import, seen from the position on, is in the state and the grid shows so many rows.
func (b *serverBench) await(ctx context.Context, j *job, position, rows int64, state dataops.State) error {
	var there struct{ Count int64 }
	for {
		if err := b.get(ctx, b.importPath(j)+"?min_position="+strconv.FormatInt(position, 10), &j.Summary); err != nil {
			return err
		}
		if j.State == dataops.StateFailed {
			return fmt.Errorf("the import failed: %s", j.Error)
		}
		if j.State == state {
			err := b.get(ctx, b.workspace+"/tables/"+string(j.TableID)+"/rows:count", &there)
			if err != nil || there.Count == rows {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the import is %s with %d rows: %w", j.State, there.Count, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// errorsAre reports whether the import's list of errors names exactly the lines.
func (b *serverBench) errorsAre(ctx context.Context, j *job, bad []int64) (exact bool, err error) {
	res, err := b.open(ctx, http.MethodGet, b.importPath(j)+"/errors.csv", nil)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	records, err := csv.NewReader(res.Body).ReadAll()
	if err != nil || len(records) != len(bad)+1 {
		return false, err
	}
	at, number := slices.Index(records[0], "import_line"), slices.Index(records[0], b.sheet.number)
	if at < 0 || number < 0 {
		return false, nil
	}
	for i, line := range bad {
		if r := records[i+1]; r[at] != strconv.FormatInt(line, 10) || r[number] != "a handful" {
			return false, nil
		}
	}
	return j.Counts.Imported == int64(b.size) && j.Counts.Failed == int64(len(bad)), nil
}

func (b *serverBench) undo(ctx context.Context, j *job) (time.Duration, error) {
	start := time.Now()
	position, err := b.send(ctx, http.MethodPost, b.importPath(j)+"/undo", map[string]bool{"force": false}, &j.Summary)
	if err != nil {
		return 0, err
	}
	err = b.await(ctx, j, position, 0, dataops.StateUndone)
	return time.Since(start), err
}
