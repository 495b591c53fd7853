package analyticsview

import (
	"context"
	"strconv"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// Kind says what a fact counts.
type Kind string

// The kinds.
const (
	Cell    Kind = "cell"    // what became of cells: N of them
	Attempt Kind = "attempt" // steps of waterfalls
	Field   Kind = "field"   // values written, by output column
	Credit  Kind = "credit"  // entries of the ledger; Source is the entry's kind
)

// Dim is something to ask by.
type Dim string

// The dims.
const (
	Table    Dim = "table_id"
	Column   Dim = "column_id"
	Provider Dim = "provider"
	Step     Dim = "step" // of the waterfall, from 0, as text
	Member   Dim = "member"
	Source   Dim = "source"
)

// Dims lists the dims in the order of Fact.Dims.
func Dims() []Dim { return []Dim{Table, Column, Provider, Step, Member, Source} }

// DimCount is how many dims there are.
const DimCount = 6

// The sources of work.
const (
	SourceRun     = "run"     // a person or a program asked for it
	SourceAuto    = "auto"    // a column that runs by itself
	SourceRequest = "request" // records that came with the request
)

// Quarter is the finest unit of time of the cube.
const Quarter = 15 * time.Minute

// LatencyBuckets is how many counters a latency histogram has.
const LatencyBuckets = 15

// latencyBounds returns the upper bounds of all latency buckets but the last, in milliseconds.
func latencyBounds() [LatencyBuckets - 1]int64 {
	return [...]int64{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000}
}

// Measures are the counters.
type Measures struct {
	N       int64 // cells, attempts, values or ledger entries' lines
	Hits    int64 // with an accepted answer
	Empty   int64 // without an answer, or with one that was refused
	Failed  int64
	Skipped int64 // not asked
	Cached  int64 // answered without asking again
	Calls   int64 // requests to providers, with retries
	Repeats int64 // requests that may have been made before, by workers that were lost; their answers are in no count
	Credits int64 // in thousandths
	Latency int64 // milliseconds, of all calls together
	// Times counts attempts by latency per call; see Percentile.
	Times [LatencyBuckets]int64
}

// MeasureCount is how many numbers Measures has.
const MeasureCount = 10 + LatencyBuckets

// Names returns the columns' names of the numbers in the order of Numbers.
func Names() []string {
	names := []string{"n", "hits", "empty", "failed", "skipped", "cached", "calls", "repeats", "credits", "latency"}
	for i := range LatencyBuckets {
		names = append(names, "t"+strconv.Itoa(i))
	}
	return names
}

// Numbers returns the counters as a row.
func (m *Measures) Numbers() [MeasureCount]int64 {
	out := [MeasureCount]int64{m.N, m.Hits, m.Empty, m.Failed, m.Skipped, m.Cached, m.Calls, m.Repeats, m.Credits, m.Latency}
	copy(out[MeasureCount-LatencyBuckets:], m.Times[:])
	return out
}

// Pointers returns where to scan such a row to.
func (m *Measures) Pointers() []any {
	out := []any{&m.N, &m.Hits, &m.Empty, &m.Failed, &m.Skipped, &m.Cached, &m.Calls, &m.Repeats, &m.Credits, &m.Latency}
	for i := range m.Times {
		out = append(out, &m.Times[i])
	}
	return out
}

// Add adds the other's counters.
func (m *Measures) Add(o Measures) {
	m.N += o.N
	m.Hits += o.Hits
	m.Empty += o.Empty
	m.Failed += o.Failed
	m.Skipped += o.Skipped
	m.Cached += o.Cached
	m.Calls += o.Calls
	m.Repeats += o.Repeats
	m.Credits += o.Credits
	m.Latency += o.Latency
	for i := range m.Times {
		m.Times[i] += o.Times[i]
	}
}

// took counts a latency per call.
func (m *Measures) took(ms int64) {
	bounds := latencyBounds()
	i := 0
	for i < len(bounds) && ms > bounds[i] {
		i++
	}
	m.Times[i]++
}

// Percentile estimates the latency in milliseconds that the share p of attempts stayed within, from the histogram; 0 without
// attempts. Within a bucket it is taken to rise evenly; beyond the last bound it is that bound.
func (m *Measures) Percentile(p float64) float64 {
	var total int64
	for _, n := range m.Times {
		total += n
	}
	if total == 0 {
		return 0
	}
	rank, below := p*float64(total), int64(0)
	low := 0.0
	for i, bound := range latencyBounds() {
		n, high := m.Times[i], float64(bound)
		if float64(below+n) >= rank && n > 0 {
			return low + (high-low)*(rank-float64(below))/float64(n)
		}
		below += n
		low = high
	}
	return low
}

// Key tells the cells of the cube apart.
type Key struct {
	Workspace kernel.WorkspaceID
	Kind      Kind
	Quarter   time.Time // its beginning, UTC
	Dims      [DimCount]string
}

// Fact is what one event adds to one cell of the cube.
type Fact struct {
	Key
	Position int64
	Line     int // from 0 within the event
	Measures
}

// Query asks for sums over the cube.
type Query struct {
	Workspace kernel.WorkspaceID
	Kind      Kind
	// Buckets are the beginnings of the units of time to tell apart, and at last the end of the range, ascending, all at whole
	// quarters of an hour. Two make one sum over the range between them.
	Buckets []time.Time
	By      []Dim          // in this order; none sums over everything
	Where   map[Dim]string // only these
	// Unhurried lets the answer take as long as it likes, as that of an export.
	Unhurried bool
}

// From returns the beginning of the range.
func (q Query) From() time.Time { return q.Buckets[0] }

// To returns the end of the range, which is not part of it.
func (q Query) To() time.Time { return q.Buckets[len(q.Buckets)-1] }

// Row is a sum.
type Row struct {
	Bucket time.Time // the beginning of the unit of time
	Dims   []string  // in the order of Query.By
	Measures
}

// Store answers questions over the cube.
type Store interface {
	// Sum calls fn with the sums of what there is, ordered by bucket and dims. It streams.
	Sum(ctx context.Context, q Query, fn func(Row) error) error
	// Stamp returns a number that changes with every new fact of the workspace.
	Stamp(ctx context.Context, ws kernel.WorkspaceID) (int64, error)
}

// Writer takes facts in a step of a projection. The same fact may come again.
type Writer interface {
	Write(ctx context.Context, facts []Fact) error
}
