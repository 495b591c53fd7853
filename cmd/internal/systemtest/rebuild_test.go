package systemtest_test

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// rebuildRows is how many rows the rebuilt table has; MORKET_TEST_REBUILD_ROWS asks for more, for a try by hand.
func rebuildRows(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("MORKET_TEST_REBUILD_ROWS"))
	if err != nil {
		return 50_000
	}
	return n
}

// reading asks for pages of a table over and over and notes how long each took.
type reading struct {
	took   []time.Duration
	enough chan struct{}
	done   sync.WaitGroup
}

func startReading(t *testing.T, c *client, table string, queries ...string) *reading {
	t.Helper()
	r := &reading{enough: make(chan struct{})}
	own := *c
	own.at = 0 // what is there, without waiting for an edit
	r.done.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-r.enough:
				return
			default:
			}
			began := time.Now()
			res, err := own.try(t.Context(), http.MethodGet, own.ws+"/tables/"+table+queries[n%len(queries)], nil)
			if err != nil || res.Status != http.StatusOK {
				t.Errorf("read %s: %v %d %s", queries[n%len(queries)], err, res.Status, res.Raw)
				return
			}
			r.took = append(r.took, time.Since(began))
		}
	})
	return r
}

// stop returns how many reads there were, and the duration that all but one in twenty kept.
func (r *reading) stop() (int, time.Duration) {
	close(r.enough)
	r.done.Wait()
	slices.Sort(r.took)
	return len(r.took), r.took[len(r.took)*95/100]
}

// A table's read model is made anew while people edit and read the table: no read fails, no edit is refused, and what comes out
// equals what was there.
func TestRebuildWhileATableIsEditedAndRead(t *testing.T) {
	t.Parallel()
	rows := rebuildRows(t)
	s := newServer(t, external(t)...)
	s.start()
	c := signUp(t, s)
	began := time.Now()
	i := begin(c, s, file(rows))
	var done importInfo
	s.eventually(doneWithin+time.Duration(rows)*time.Millisecond/5, "the import has ended", func() bool {
		done = i.now()
		return done.State != "importing"
	})
	t.Logf("imported %d rows in %s", done.Counts.Imported, time.Since(began).Round(time.Millisecond))
	table := c.table(done.TableID)
	first := table.column("First")
	var edited []string
	for _, r := range c.rows(table.ID, "limit=2") {
		edited = append(edited, r.ID)
	}
	for _, id := range edited { // the writers' rows begin with a value that is no edit of theirs
		require.Len(t, c.history(table.ID, id, first), 1)
	}
	writers := startWriting(t, table.ID, first, edited, [2]*client{c, c})
	readers := startReading(t, c, table.ID, "/rows?limit=50", "/rows:count", "/rows?limit=50&offset="+strconv.Itoa(rows/2), "/rows?limit=50&q=alpha+"+strconv.Itoa(rows/3))

	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	began = time.Now()
	out, code := s.toolWithin(ctx, "rebuild", "grid")
	took := time.Since(began)
	require.Zero(t, code, out)
	require.Contains(t, out, " 0 differences from before, 0 streams parked")
	n, p95 := readers.stop()
	t.Logf("rebuilt in %s while %d reads, p95 %s, and %d edits went on", took.Round(time.Millisecond), n, p95, writers.made.Load())
	require.Positive(t, n)
	require.Equal(t, done.Counts.Imported, c.count(table.ID))
	writers.finish(c)
	for _, w := range writers.all {
		require.Zero(t, w.moves, "no edit was refused")
		require.Equal(t, w.value(len(w.acked)-1), text(t, in[row](c, http.StatusOK, http.MethodGet, "/tables/"+table.ID+"/rows/"+w.row, nil).Cells[first]))
	}
	began = time.Now()
	out, code = s.toolWithin(ctx, "verify")
	require.Zero(t, code, out)
	t.Logf("verified in %s", time.Since(began).Round(time.Millisecond))
}
