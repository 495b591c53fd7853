package eventstoretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/eventstore"
)

// runModel checks the store against a model, with random appends one by one and with random appends at once. One store
// serves all of rapid's runs: each has streams and keys of its own, and begins at the head that it finds.
func runModel(t *testing.T, open func(t *testing.T) eventstore.Store) {
	t.Helper()
	t.Run("one by one", func(t *testing.T) {
		t.Parallel()
		s, run := open(t), 0
		rapid.Check(t, func(r *rapid.T) {
			run++
			checkSequence(t, r, s, run)
		})
	})
	t.Run("chains", func(t *testing.T) {
		t.Parallel()
		s, run := open(t), 0
		rapid.Check(t, func(r *rapid.T) {
			run++
			checkChains(t, r, s, run)
		})
	})
	t.Run("at once", func(t *testing.T) {
		t.Parallel()
		s, run := open(t), 0
		rapid.Check(t, func(r *rapid.T) {
			run++
			checkAtOnce(t, r, s, run)
		})
	})
}

// drawAppend makes an append to a few streams under a few keys, with expectations that are often right.
func drawAppend(r *rapid.T, run int, versions map[eventstore.StreamID]int64) eventstore.Append {
	key := rapid.SampledFrom([]string{"", "", "a", "b", "c"}).Draw(r, "key")
	if key != "" {
		key = fmt.Sprintf("%d-%s", run, key)
	}
	a := keyed(key, rapid.SampledFrom([]string{"f", "f", "f", "g"}).Draw(r, "fingerprint"))
	a.Result = json.RawMessage(strconv.Itoa(rapid.IntRange(0, 999).Draw(r, "result")))
	for range rapid.IntRange(1, 3).Draw(r, "entries") {
		stream := eventstore.Stream("m", fmt.Sprintf("%d.%d", run, rapid.IntRange(1, 3).Draw(r, "stream")))
		expected := eventstore.Any
		if rapid.Bool().Draw(r, "exact") {
			expected = eventstore.Expected(max(0, versions[stream]+int64(rapid.SampledFrom([]int{0, 0, 0, 1, -1}).Draw(r, "off by"))))
		}
		a.Streams = append(a.Streams, on(stream, expected, events(rapid.IntRange(0, 3).Draw(r, "events"))...))
	}
	return a
}

// model is the log as it should be.
type model struct {
	head     int64
	versions map[eventstore.StreamID]int64
	commands map[string]eventstore.Command
	log      []string // of what was appended in this run, stream and data
}

func (m *model) append(a eventstore.Append) (eventstore.Appended, error) {
	if c, ok := m.commands[a.Meta.IdempotencyKey]; ok {
		if c.Fingerprint != a.Meta.Fingerprint {
			return eventstore.Appended{}, eventstore.ErrKeyReused
		}
		return eventstore.Appended{First: c.First, Last: c.Last, Result: c.Result, Replayed: true}, nil
	}
	after := map[eventstore.StreamID]int64{}
	var log []string
	for _, e := range a.Streams {
		if _, ok := after[e.Stream]; !ok {
			after[e.Stream] = m.versions[e.Stream]
		}
		if e.Expected >= 0 && int64(e.Expected) != after[e.Stream] {
			return eventstore.Appended{}, &eventstore.ConflictError{Stream: e.Stream, Expected: e.Expected, Actual: after[e.Stream]}
		}
		for _, ev := range e.Events {
			after[e.Stream]++
			log = append(log, fmt.Sprintf("%s@%d %s", e.Stream, after[e.Stream], ev.Data))
		}
	}
	done := eventstore.Appended{Result: a.Result}
	for _, e := range a.Streams {
		done.Versions = append(done.Versions, after[e.Stream])
	}
	if n := int64(len(log)); n > 0 {
		done.First, done.Last = m.head+1, m.head+n
		m.head += n
	}
	for s, v := range after {
		m.versions[s] = v
	}
	m.log = append(m.log, log...)
	if k := a.Meta.IdempotencyKey; k != "" {
		m.commands[k] = eventstore.Command{Fingerprint: a.Meta.Fingerprint, First: done.First, Last: done.Last, Result: done.Result}
	}
	return done, nil
}

func checkSequence(t *testing.T, r *rapid.T, s eventstore.Store, run int) {
	t.Helper()
	start, err := s.Head(t.Context())
	require.NoError(r, err)
	m := &model{head: start, versions: map[eventstore.StreamID]int64{}, commands: map[string]eventstore.Command{}}
	for range rapid.IntRange(1, 8).Draw(r, "appends") {
		a := drawAppend(r, run, m.versions)
		want, wantErr := m.append(a)
		got, err := s.Append(t.Context(), a)
		require.Equal(r, wantErr, err)
		require.Equal(r, want, got)
	}
	var log []string
	after := start
	for len(log) < len(m.log) {
		page, err := s.ReadAll(t.Context(), after, 5)
		require.NoError(r, err)
		require.NotEmpty(r, page)
		for _, e := range page {
			after++
			require.Equal(r, after, e.Position)
			log = append(log, fmt.Sprintf("%s@%d %s", e.Stream, e.Version, e.Data))
		}
	}
	require.Equal(r, m.log, log)
	head, err := s.Head(t.Context())
	require.NoError(r, err)
	require.Equal(r, m.head, head)
}

// checkAtOnce appends concurrently. Whatever the order was, what the callers were told must be what the log holds:
// every position of the run belongs to exactly one append that was taken.
func checkAtOnce(t *testing.T, r *rapid.T, s eventstore.Store, run int) {
	t.Helper()
	start, err := s.Head(t.Context())
	require.NoError(r, err)
	appends := make([]eventstore.Append, rapid.IntRange(2, 12).Draw(r, "appends"))
	for i := range appends {
		appends[i] = drawAppend(r, run, map[eventstore.StreamID]int64{})
	}
	answers := make([]eventstore.Appended, len(appends))
	errs := make([]error, len(appends))
	var wg sync.WaitGroup
	for i, a := range appends {
		wg.Go(func() { answers[i], errs[i] = s.Append(t.Context(), a) })
	}
	wg.Wait()
	owner := map[int64]int{}
	for i, done := range answers {
		if errs[i] != nil {
			require.True(r, eventstore.IsConflict(errs[i]) || errors.Is(errs[i], eventstore.ErrKeyReused), "%v", errs[i])
			continue
		}
		for p := done.First; p <= done.Last && done.Last > 0 && !done.Replayed; p++ {
			require.NotContains(r, owner, p, "two appends at one position")
			owner[p] = i
		}
	}
	head, err := s.Head(t.Context())
	require.NoError(r, err)
	require.Len(r, owner, int(head-start), "no position without an append")
	checkOwners(t, r, s, start, appends, answers, owner)
}

func checkOwners(
	t *testing.T, r *rapid.T, s eventstore.Store, start int64, appends []eventstore.Append, answers []eventstore.Appended, owner map[int64]int,
) {
	t.Helper()
	all, err := s.ReadAll(t.Context(), start, 1000)
	require.NoError(r, err)
	require.Len(r, all, len(owner))
	versions := map[eventstore.StreamID]int64{}
	for n, e := range all {
		require.Equal(r, start+int64(n)+1, e.Position)
		versions[e.Stream]++
		require.Equal(r, versions[e.Stream], e.Version)
		i := owner[e.Position]
		var flat []string
		for _, entry := range appends[i].Streams {
			for _, ev := range entry.Events {
				flat = append(flat, string(entry.Stream)+string(ev.Data))
			}
		}
		require.Equal(r, flat[e.Position-answers[i].First], string(e.Stream)+string(e.Data))
	}
}
