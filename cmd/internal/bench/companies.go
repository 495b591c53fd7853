package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/projections/searchview"
)

// onCompanies runs the step companies on a server of its own.
func (r *run) onCompanies(ctx context.Context) error {
	return r.onFresh(ctx, "companies-data", companySheet(), companyRows, func(b *serverBench) error {
		return r.step(ctx, StepCompanies, b.companies)
	})
}

// companies measures the table of long texts: imports, what people feel meanwhile, the search behind them, and work in the table.
func (b *serverBench) companies(ctx context.Context) ([]Ratio, error) {
	path := filepath.Join(b.run.dir, b.sheet.file)
	bad, err := b.sheet.write(path, b.size)
	if err != nil {
		return nil, err
	}
	out, err := b.run.profiled(StepCompanies+"-alone", func() ([]Ratio, error) { return b.importAlone(ctx, path, bad) })
	if err != nil {
		return out, err
	}
	figures, err := b.run.profiled(StepCompanies+"-beside", func() ([]Ratio, error) { return b.importBeside(ctx, path, bad) })
	out = b.sheet.titled(append(out, figures...))
	if err != nil {
		return out, err
	}
	if err := b.settled(ctx); err != nil {
		return out, err
	}
	figures, err = b.grid(ctx)
	if out = append(out, figures...); err != nil {
		return out, err
	}
	figures, err = b.slowProvider(ctx)
	return append(out, b.sheet.titled(figures)...), err
}

// importAlone imports the file into a server that has nothing else to do, and waits for the search.
func (b *serverBench) importAlone(ctx context.Context, path string, bad []int64) ([]Ratio, error) {
	if err := b.settled(ctx); err != nil {
		return nil, err
	}
	before, err := b.sizeOfSearch(ctx)
	if err != nil {
		return nil, err
	}
	j, err := b.importFile(ctx, path, bad)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := b.searchIs(ctx, 0); err != nil {
		return nil, err
	}
	indexed := time.Since(start).Seconds()
	size, err := b.sizeOfSearch(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := dump(ctx, b.pool, physical(j.TableID))
	if err != nil {
		return nil, err
	}
	limit, err := copyRate(ctx, b.pool, physical(j.TableID), rows, b.size)
	if err != nil {
		return nil, err
	}
	return b.aloneRatios(j, limit, indexed, float64(size-before)/(1<<20)), nil
}

// aloneRatios are those of an import by COPY's rate in rows a second, the seconds that the search took, and the megabytes that it grew by.
func (b *serverBench) aloneRatios(j *job, limit, indexed, grown float64) []Ratio {
	rate, copied := float64(b.size)/j.commit.Seconds(), float64(b.size)/limit
	data := float64(j.Size) / (1 << 20)
	return []Ratio{
		{
			Name:   "import",
			Value:  rate,
			Limit:  limit,
			Ratio:  rate / limit,
			Unit:   "rows/s",
			Bar:    0.5,
			Failed: !j.errorsExact,
			Note: fmt.Sprintf("%d columns, %.0f bytes a row, from commit to the last row in the grid; limit: COPY into the same table",
				len(b.sheet.columns), float64(j.Size)/float64(b.size)),
		},
		{
			Name:   "import, memory",
			Value:  j.grown,
			Limit:  200,
			Ratio:  j.grown / 200,
			Unit:   "MB",
			AtMost: 200,
			Note:   "growth of the process at most",
		},
		{
			Name:   "search after an import",
			Value:  indexed,
			Limit:  copied,
			Ratio:  indexed / copied,
			Unit:   "s",
			AtMost: 6,
			Note:   "from the last row in the grid until the last one is found; limit: COPY into the grid's table",
		},
		{Name: "search, size", Value: grown, Limit: data, Ratio: grown / data, Unit: "MB", AtMost: 1.5 * data, Note: "limit: the file"},
	}
}

// importBeside imports the file while a person edits and reads another table.
func (b *serverBench) importBeside(ctx context.Context, path string, bad []int64) ([]Ratio, error) {
	if err := b.login(ctx); err != nil {
		return nil, err
	}
	other := &serverBench{client: b.client, run: b.run, sheet: b.sheet}
	edit, err := other.sample(ctx)
	if err != nil {
		return nil, err
	}
	person := func(ctx context.Context) *acts {
		return work(ctx, edit, func(ctx context.Context) error { return other.get(ctx, other.path("/rows?limit=50"), nil) })
	}
	quiet := person(ctx)
	time.Sleep(quietTime)
	if err := quiet.end(); err != nil {
		return nil, err
	}
	meanwhile := person(ctx)
	j, err := b.importFile(ctx, path, bad)
	if err := errors.Join(err, meanwhile.end()); err != nil {
		return nil, err
	}
	b.table = j.TableID
	after := person(ctx)
	start := time.Now()
	err = b.searchIs(ctx, 0)
	indexed := time.Since(start).Seconds()
	if err := errors.Join(err, after.end()); err != nil {
		return nil, err
	}
	rate := float64(b.size) / j.commit.Seconds()
	out := []Ratio{
		{
			Name:  "import beside a person",
			Value: rate,
			Unit:  "rows/s",
			Note:  "who edits a cell and reads a page of another table, one after the other",
		},
		{Name: "search after an import beside a person", Value: indexed, Unit: "s"},
	}
	for _, p := range []struct {
		name  string
		of    *acts
		bars  [2]float64
		times float64
	}{{"while importing", meanwhile, [2]float64{10, 40}, 0}, {"while the search catches up", after, [2]float64{}, quietTimes}} {
		if len(p.of.edits) == 0 {
			continue // it was over at once
		}
		out = append(out, b.beside("edit "+p.name, p.of.edits, quiet.edits, p.bars, p.times)...)
		out = append(out, b.beside("page "+p.name, p.of.pages, quiet.pages, [2]float64{}, p.times)...)
	}
	return out, nil
}

const (
	quietTime  = 5 * time.Second
	quietTimes = 1.3 // what a person may wait while the search catches up, as against a quiet server
)

// beside makes figures of times beside those of a quiet server.
func (b *serverBench) beside(name string, took, quiet []time.Duration, bars [2]float64, times float64) []Ratio {
	slices.Sort(took)
	slices.Sort(quiet)
	out := latencies(name, took, quiet, bars[0], cmp.Or(bars[1], 1), "limit: the same on a quiet server")
	for i := range out {
		if out[i].AtMost = bars[i]; times > 0 {
			out[i].AtMost = times * out[i].Limit
		}
	}
	return out
}

// acts is what a person does until end is called.
type acts struct {
	edits, pages []time.Duration
	stop         context.CancelFunc
	ended        sync.WaitGroup
	err          error
}

// pace is how long a person waits between an edit and a page.
const pace = 10 * time.Millisecond

// work begins to edit and to read by turns.
func work(ctx context.Context, edit func(context.Context, int) (int64, error), page func(context.Context) error) *acts {
	until, stop := context.WithCancel(ctx)
	a := &acts{stop: stop}
	a.ended.Go(func() {
		for i := 0; until.Err() == nil && a.err == nil; i++ {
			took, err := timed(func(i int) error { _, err := edit(ctx, i); return err }, i%questionRounds)
			a.edits = append(a.edits, took)
			read, err2 := timed(func(int) error { return page(ctx) }, i)
			a.pages = append(a.pages, read)
			a.err = errors.Join(err, err2)
			_ = kernel.Pause(until, pace) // it ends the loop
		}
	})
	return a
}

func (a *acts) end() error {
	a.stop()
	a.ended.Wait()
	return a.err
}

// sizeOfSearch is how many bytes the search's read model takes.
func (b *serverBench) sizeOfSearch(ctx context.Context) (n int64, err error) {
	err = b.pool.QueryRow(ctx, "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c JOIN pg_namespace n ON "+
		"n.oid = c.relnamespace WHERE n.nspname = 'rm_search' AND c.relkind = 'r'").Scan(&n)
	return n, err
}

// searchIs waits until the search is at the position, or at the log's head when that is 0.
func (b *serverBench) searchIs(ctx context.Context, position int64) error {
	if position == 0 {
		if err := b.pool.QueryRow(ctx, "SELECT position FROM log.head").Scan(&position); err != nil {
			return err
		}
	}
	return b.behind(ctx, position, "SELECT coalesce(min(position), 0) FROM projection.checkpoints WHERE place = '"+searchview.Name+"'")
}

// settled waits until every consumer has done what is in the log.
func (b *serverBench) settled(ctx context.Context) error {
	var head int64
	if err := b.pool.QueryRow(ctx, "SELECT position FROM log.head").Scan(&head); err != nil {
		return err
	}
	return b.behind(ctx, head, "SELECT min(position) FROM projection.checkpoints")
}

func (b *serverBench) behind(ctx context.Context, position int64, sql string) error {
	for {
		var at int64
		if err := b.pool.QueryRow(ctx, sql).Scan(&at); err != nil || at >= position {
			return err
		}
		if err := kernel.Pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("wait for position %d, now %d: %w", position, at, err)
		}
	}
}

// firstSearch measures quick searches in a table in which nobody has searched before.
func (b *serverBench) firstSearch(ctx context.Context) (Ratio, error) {
	text := b.sheet.search(b.size / 2)[1]
	took, err := timed(func(int) error { return b.get(ctx, b.path("/rows?limit=50&q="+url.QueryEscape(text)), nil) }, 0)
	ms := float64(took.Microseconds()) / 1000
	return Ratio{
		Name:   "quick search, the first time",
		Value:  ms,
		Limit:  60,
		Ratio:  ms / 60,
		Unit:   "ms",
		AtMost: 60,
		Note:   "limit: a fixed figure",
	}, err
}
