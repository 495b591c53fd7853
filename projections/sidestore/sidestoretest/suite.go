package sidestoretest

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/sidestore"
)

// Subject is an engine under test, with a read model that has a table "rows" of texts by key.
type Subject struct {
	Engine     sidestore.Engine
	Projection string
	// Set writes a row of a position, of which the latest stays.
	Set func(ctx context.Context, b sidestore.Batch, key, row string, position int64) error
	// Break returns an error of the engine's connection, as the engine would return it.
	Break func() error
}

// Run runs the suite; open makes a fresh engine for each test, or one under names of its own.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	t.Helper()
	for title, test := range map[string]func(*testing.T, Subject){
		"a new copy is empty":                                testNew,
		"a flush is seen at once":                            testFlush,
		"the same rows in other batches double nothing":      testAgain,
		"of two rows the one of the later position stays":    testLate,
		"writers at the same time do no harm":                testTogether,
		"a missing copy is an error and stays missing":       testMissing,
		"copies are listed and dropped":                      testCopies,
		"finish and serve leave a copy writable":             testFinish,
		"checksums tell contents, not order":                 testSums,
		"checksums tell the latest row, flushed or not":      testLatest,
		"what is not the engine's fault is not transient":    testTransient,
		"a batch that is not flushed leaves nothing":         testDiscarded,
		"a copy that is made again has nothing of the other": testRemade,
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func (s Subject) make(t *testing.T, generation string) sidestore.Copy {
	t.Helper()
	c := sidestore.Copy{Projection: s.Projection, Generation: generation}
	require.NoError(t, s.Engine.Make(t.Context(), c))
	t.Cleanup(func() { _ = s.Engine.Drop(context.WithoutCancel(t.Context()), c) })
	return c
}

// flush writes "key=row" pairs at the position, and reaches it.
func (s Subject) flush(t *testing.T, c sidestore.Copy, position int64, pairs ...string) {
	t.Helper()
	require.NoError(t, s.write(t.Context(), c, position, pairs...))
}

func (s Subject) write(ctx context.Context, c sidestore.Copy, position int64, pairs ...string) error {
	b, err := s.Engine.Begin(ctx, c)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		key, text, _ := strings.Cut(p, "=")
		if err := s.Set(ctx, b, key, text, position); err != nil {
			return err
		}
	}
	return b.Flush(ctx, position)
}

func (s Subject) sum(t *testing.T, c sidestore.Copy) projections.Checksum {
	t.Helper()
	sums, err := s.Engine.Checksums(t.Context(), c)
	require.NoError(t, err)
	return sums.Tables["rows"]
}

func (s Subject) reached(t *testing.T, c sidestore.Copy) int64 {
	t.Helper()
	n, there, err := s.Engine.Reached(t.Context(), c)
	require.NoError(t, err)
	require.True(t, there)
	return n
}

func testNew(t *testing.T, s Subject) {
	c := s.make(t, "a")
	require.Zero(t, s.reached(t, c))
	require.Zero(t, s.sum(t, c).Rows)
}

func testFlush(t *testing.T, s Subject) {
	c := s.make(t, "a")
	for n := int64(1); n <= 5; n++ {
		s.flush(t, c, n, "k"+string(rune('a'+n))+"=x")
		require.Equal(t, n, s.reached(t, c))
		require.Equal(t, n, s.sum(t, c).Rows)
	}
	s.flush(t, c, 6)
	require.EqualValues(t, 6, s.reached(t, c), "a flush without rows counts too")
}

func testAgain(t *testing.T, s Subject) {
	once, twice := s.make(t, "once"), s.make(t, "twice")
	for _, c := range []sidestore.Copy{once, twice} {
		s.flush(t, c, 1, "a=1", "b=1")
		s.flush(t, c, 2, "c=2")
	}
	s.flush(t, twice, 1, "a=1")
	s.flush(t, twice, 1, "b=1", "c=1")
	s.flush(t, twice, 2, "c=2")
	require.Equal(t, s.sum(t, once), s.sum(t, twice))
}

func testLate(t *testing.T, s Subject) {
	c, want := s.make(t, "late"), s.make(t, "want")
	s.flush(t, c, 9, "a=new")
	s.flush(t, c, 8, "a=old")
	s.flush(t, want, 9, "a=new")
	require.Equal(t, s.sum(t, want), s.sum(t, c))
	require.EqualValues(t, 9, s.reached(t, c), "the highest position counts, not the last")
}

func testTogether(t *testing.T, s Subject) {
	c, want := s.make(t, "both"), s.make(t, "want")
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for n := int64(1); n <= 4; n++ {
				if err := s.write(t.Context(), c, n, "a="+string(rune('0'+n)), string(rune('a'+n))+"=x"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for n := int64(1); n <= 4; n++ {
		s.flush(t, want, n, "a="+string(rune('0'+n)), string(rune('a'+n))+"=x")
	}
	require.Equal(t, s.sum(t, want), s.sum(t, c))
	require.EqualValues(t, 4, s.reached(t, c))
}

func testMissing(t *testing.T, s Subject) {
	c := sidestore.Copy{Projection: s.Projection, Generation: "missing"}
	_, there, err := s.Engine.Reached(t.Context(), c)
	require.NoError(t, err)
	require.False(t, there)
	err = s.write(t.Context(), c, 1, "a=1")
	require.Error(t, err)
	require.False(t, s.Engine.Transient(err), "%v", err)
	_, there, err = s.Engine.Reached(t.Context(), c)
	require.NoError(t, err)
	require.False(t, there, "being written to has made it")
	_, err = s.Engine.Checksums(t.Context(), c)
	require.Error(t, err)
	require.NoError(t, s.Engine.Drop(t.Context(), c))
}

func testCopies(t *testing.T, s Subject) {
	a := s.make(t, "a")
	s.make(t, "b")
	list, err := s.Engine.Copies(t.Context(), s.Projection)
	require.NoError(t, err)
	require.ElementsMatch(t, []string{"a", "b"}, list)
	require.NoError(t, s.Engine.Drop(t.Context(), a))
	list, err = s.Engine.Copies(t.Context(), s.Projection)
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, list)
	list, err = s.Engine.Copies(t.Context(), s.Projection+"x")
	require.NoError(t, err)
	require.Empty(t, list)
}

func testFinish(t *testing.T, s Subject) {
	c := s.make(t, "a")
	s.flush(t, c, 1, "a=1", "b=1")
	was := s.sum(t, c)
	require.NoError(t, s.Engine.Finish(t.Context(), c))
	require.Equal(t, was, s.sum(t, c))
	require.NoError(t, s.Engine.Serve(t.Context(), c))
	require.NoError(t, s.Engine.Serve(t.Context(), c))
	s.flush(t, c, 2, "c=1")
	require.EqualValues(t, 3, s.sum(t, c).Rows)
}

func testSums(t *testing.T, s Subject) {
	a, b := s.make(t, "a"), s.make(t, "b")
	s.flush(t, a, 1, "a=1")
	s.flush(t, a, 1, "b=2")
	s.flush(t, b, 1, "b=2")
	require.NotEqual(t, s.sum(t, a), s.sum(t, b))
	s.flush(t, b, 1, "a=1")
	require.Equal(t, s.sum(t, a), s.sum(t, b))
	s.flush(t, b, 2, "a=3")
	require.NotEqual(t, s.sum(t, a), s.sum(t, b))
	require.EqualValues(t, 2, s.sum(t, b).Rows)
}

// A batch that was cut short leaves rows beyond what the copy has reached.
func testLatest(t *testing.T, s Subject) {
	c := s.make(t, "a")
	latest := func() int64 {
		sums, err := s.Engine.Checksums(t.Context(), c)
		require.NoError(t, err)
		return sums.Latest
	}
	require.Zero(t, latest())
	s.flush(t, c, 3, "a=1")
	s.flush(t, c, 7, "b=1")
	s.flush(t, c, 9)
	require.EqualValues(t, 7, latest())
	b, err := s.Engine.Begin(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, s.Set(t.Context(), b, "c", "1", 12))
	require.NoError(t, b.Flush(t.Context(), 10))
	require.EqualValues(t, 10, s.reached(t, c))
	require.EqualValues(t, 12, latest())
}

func testTransient(t *testing.T, s Subject) {
	require.True(t, s.Engine.Transient(s.Break()))
	require.False(t, s.Engine.Transient(errNoCopy))
	require.False(t, s.Engine.Transient(projections.ErrMoved))
}

func testDiscarded(t *testing.T, s Subject) {
	c := s.make(t, "a")
	b, err := s.Engine.Begin(t.Context(), c)
	require.NoError(t, err)
	require.NoError(t, s.Set(t.Context(), b, "a", "1", 1))
	require.Zero(t, s.sum(t, c).Rows)
	s.flush(t, c, 2, "b=2")
	require.EqualValues(t, 1, s.sum(t, c).Rows)
}

func testRemade(t *testing.T, s Subject) {
	c := s.make(t, "a")
	s.flush(t, c, 1, "a=1")
	require.NoError(t, s.Engine.Drop(t.Context(), c))
	s.make(t, "a")
	require.Zero(t, s.sum(t, c).Rows)
	require.Zero(t, s.reached(t, c))
}
