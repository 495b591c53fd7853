package eventstoretest

import (
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
)

func idempotencyTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"a repeat gets the first answer":    testReplay,
		"a repeat is no conflict":           testReplayBeforeConflict,
		"another request under the key":     testKeyReused,
		"duplicates at the same moment":     testConcurrentDuplicates,
		"no key is not a key":               testNoKey,
		"no result is null":                 testNoResult,
		"look up a command":                 testCommand,
		"a repeat among others":             testReplayAmongOthers,
		"a key may look like anything":      testOddKeys,
		"guards only":                       testReplayGuards,
		"a key that is kept is a key, too":  testKeepKey,
		"the same key without fingerprints": testNoFingerprint,
	}
}

func testReplay(t *testing.T, s eventstore.Store) {
	req := keyed("k", "f", on("a-1", eventstore.Any, events(2)...))
	req.Result = json.RawMessage(`{"id": 1.0}`)
	first := mustAppend(t, s, req)
	require.False(t, first.Replayed)
	require.Equal(t, `{"id": 1.0}`, string(first.Result))
	req.Result = json.RawMessage(`{"id":2}`)
	again := mustAppend(t, s, req)
	require.Equal(t, eventstore.Appended{First: 1, Last: 2, Replayed: true, Result: json.RawMessage(`{"id": 1.0}`)}, again)
	requireHead(t, s, 2)
}

func testReplayBeforeConflict(t *testing.T, s eventstore.Store) {
	req := keyed("k", "f", on("a-1", eventstore.NoStream, event(1)))
	mustAppend(t, s, req)
	require.True(t, mustAppend(t, s, req).Replayed)
}

func testKeyReused(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, keyed("k", "f", on("a-1", eventstore.Any, event(1))))
	_, err := s.Append(t.Context(), keyed("k", "g", on("a-1", eventstore.Any, event(1))))
	require.ErrorIs(t, err, eventstore.ErrKeyReused)
	requireHead(t, s, 1)
}

func testConcurrentDuplicates(t *testing.T, s eventstore.Store) {
	const callers = 40
	var wg sync.WaitGroup
	answers := make([]eventstore.Appended, callers)
	errs := make([]error, callers)
	for i := range callers {
		wg.Go(func() {
			answers[i], errs[i] = s.Append(t.Context(), keyed("k", "f", on("a-1", eventstore.Any, event(1))))
		})
	}
	wg.Wait()
	fresh := 0
	for i, a := range answers {
		require.NoError(t, errs[i])
		require.Equal(t, int64(1), a.First)
		require.Equal(t, int64(1), a.Last)
		if !a.Replayed {
			fresh++
		}
	}
	require.Equal(t, 1, fresh, "exactly one of the duplicates appends")
	requireHead(t, s, 1)
}

func testNoKey(t *testing.T, s eventstore.Store) {
	for range 3 {
		require.False(t, mustAppend(t, s, keyed("", "f", on("a-1", eventstore.Any, event(1)))).Replayed)
	}
	requireHead(t, s, 3)
	_, found, err := s.Command(t.Context(), "")
	require.NoError(t, err)
	require.False(t, found)
}

func testNoResult(t *testing.T, s eventstore.Store) {
	req := keyed("k", "f", on("a-1", eventstore.Any, event(1)))
	require.Equal(t, "null", string(mustAppend(t, s, req).Result))
	require.Equal(t, "null", string(mustAppend(t, s, req).Result))
}

func testCommand(t *testing.T, s eventstore.Store) {
	_, found, err := s.Command(t.Context(), "k")
	require.NoError(t, err)
	require.False(t, found)
	req := keyed("k", "f", on("a-1", eventstore.Any, events(3)...))
	req.Result = json.RawMessage(`"yes"`)
	mustAppend(t, s, req)
	c, found, err := s.Command(t.Context(), "k")
	require.NoError(t, err)
	require.True(t, found)
	require.False(t, c.RecordedAt.IsZero())
	require.Equal(t, readAll(t, s, 10)[0].RecordedAt, c.RecordedAt)
	require.Equal(t, eventstore.Command{
		Key: "k", Fingerprint: "f", First: 1, Last: 3, Result: json.RawMessage(`"yes"`), RecordedAt: c.RecordedAt,
	}, c)
}

// testReplayAmongOthers has repeats, conflicts and fresh appends of one moment, so that a store which groups appends
// answers each by itself.
func testReplayAmongOthers(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, keyed("old", "f", on("a-1", eventstore.Any, event(1))))
	const rounds = 30
	var wg sync.WaitGroup
	errs := make([]error, 3*rounds)
	replays := make([]eventstore.Appended, rounds)
	for i := range rounds {
		wg.Go(func() {
			replays[i], errs[3*i] = s.Append(t.Context(), keyed("old", "f", on("a-1", eventstore.Any, event(1))))
		})
		wg.Go(func() { _, errs[3*i+1] = s.Append(t.Context(), request(on("a-1", eventstore.NoStream, event(2)))) })
		wg.Go(func() { _, errs[3*i+2] = s.Append(t.Context(), request(on("b-1", eventstore.Any, event(3)))) })
	}
	wg.Wait()
	for i := range rounds {
		require.NoError(t, errs[3*i])
		require.True(t, replays[i].Replayed)
		require.Equal(t, int64(1), replays[i].Last)
		requireConflict(t, errs[3*i+1], "a-1", 0, 1)
		require.NoError(t, errs[3*i+2])
	}
	requireHead(t, s, 1+rounds)
}

func testOddKeys(t *testing.T, s eventstore.Store) {
	for i, key := range []string{"é😀", "a,b", `{"x"}`, "NULL", " ", `'; drop table log.events`, `\`} {
		req := keyed(key, "f", on("a-1", eventstore.Any, event(i)))
		first := mustAppend(t, s, req)
		again := mustAppend(t, s, req)
		require.False(t, first.Replayed, key)
		require.True(t, again.Replayed, key)
		require.Equal(t, first.Last, again.Last, key)
	}
}

func testReplayGuards(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("a-1", eventstore.Any, event(1))))
	req := keyed("k", "f", on("a-1", 1))
	req.Result = json.RawMessage("7")
	mustAppend(t, s, req)
	mustAppend(t, s, request(on("a-1", eventstore.Any, event(1))))
	require.Equal(t, eventstore.Appended{Replayed: true, Result: json.RawMessage("7")}, mustAppend(t, s, req))
}

func testKeepKey(t *testing.T, s eventstore.Store) {
	req := keyed("k", "f", on("a-1", eventstore.Any, event(1)))
	req.KeepKey = true
	mustAppend(t, s, req)
	require.True(t, mustAppend(t, s, req).Replayed)
}

func testNoFingerprint(t *testing.T, s eventstore.Store) {
	req := keyed("k", "", on("a-1", eventstore.Any, event(1)))
	mustAppend(t, s, req)
	require.True(t, mustAppend(t, s, req).Replayed)
	_, err := s.Append(t.Context(), keyed("k", "f"))
	require.ErrorIs(t, err, eventstore.ErrKeyReused)
}
