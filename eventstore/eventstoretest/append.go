package eventstoretest

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
)

func appendTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"positions and versions":                 testPositionsAndVersions,
		"what is read is what was appended":      testRoundTrip,
		"several streams are one append":         testSeveralStreams,
		"all or nothing":                         testAllOrNothing,
		"a guard appends nothing":                testGuard,
		"a guard on a stream of the same append": testGuardSameStream,
		"nothing at all":                         testEmptyAppend,
		"no workspace":                           testNoWorkspace,
		"times never go back":                    testTimes,
		"a cancelled caller":                     testCancelled,
		"a thousand events":                      testThousand,
	}
}

func testPositionsAndVersions(t *testing.T, s eventstore.Store) {
	requireHead(t, s, 0)
	a := mustAppend(t, s, request(on("a-1", eventstore.NoStream, events(3)...)))
	require.Equal(t, eventstore.Appended{First: 1, Last: 3, Versions: []int64{3}, Result: json.RawMessage("null")}, a)
	b := mustAppend(t, s, request(on("b-1", eventstore.Any, events(1)...)))
	require.Equal(t, eventstore.Appended{First: 4, Last: 4, Versions: []int64{1}, Result: json.RawMessage("null")}, b)
	c := mustAppend(t, s, request(on("a-1", 3, events(2)...)))
	require.Equal(t, eventstore.Appended{First: 5, Last: 6, Versions: []int64{5}, Result: json.RawMessage("null")}, c)
	requireHead(t, s, 6)
	v, err := s.StreamVersion(t.Context(), "a-1")
	require.NoError(t, err)
	require.Equal(t, int64(5), v)
	v, err = s.StreamVersion(t.Context(), "nobody-1")
	require.NoError(t, err)
	require.Zero(t, v)
}

func testRoundTrip(t *testing.T, s eventstore.Store) {
	data := json.RawMessage("{ \"b\":1.10, \"a\" : \"<&>\u2028 \\u00e9 é 😀 \\ud83d\\ude00 \\\\u0000\",\n\"a\":null}")
	req := request(on("a-1", eventstore.Any, eventstore.EventData{Type: "test.odd.v1", Data: data}))
	req.Meta.IdempotencyKey, req.Meta.Fingerprint, req.Meta.Client = "k", "secret", "agent <x>"
	mustAppend(t, s, req)
	got := readAll(t, s, 10)
	require.Len(t, got, 1)
	require.Equal(t, string(data), string(got[0].Data), "the text is kept as it came")
	require.Equal(t, eventstore.StreamID("a-1"), got[0].Stream)
	require.Equal(t, int64(1), got[0].Version)
	require.Equal(t, Workspace, got[0].Workspace)
	require.Equal(t, "test.odd.v1", got[0].Type)
	require.Equal(t, time.UTC, got[0].RecordedAt.Location())
	require.False(t, got[0].RecordedAt.IsZero())
	m, err := got[0].Meta()
	require.NoError(t, err)
	req.Meta.IdempotencyKey, req.Meta.Fingerprint = "", "" // not stored with events
	require.Equal(t, req.Meta, m)
}

func testSeveralStreams(t *testing.T, s eventstore.Store) {
	done := mustAppend(t, s, request(
		on("a-1", eventstore.Any, event(1), event(2)), on("b-1", 0, event(3)), on("a-1", eventstore.Any, event(4))))
	require.Equal(t, int64(1), done.First)
	require.Equal(t, int64(4), done.Last)
	require.Equal(t, []int64{3, 1, 3}, done.Versions, "versions are those after the whole append")
	var order []string
	for _, e := range readAll(t, s, 10) {
		order = append(order, string(e.Stream)+string(e.Data))
	}
	require.Equal(t, []string{`a-1{"n":1}`, `a-1{"n":2}`, `b-1{"n":3}`, `a-1{"n":4}`}, order)
}

func testAllOrNothing(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("b-1", 0, event(1))))
	_, err := s.Append(t.Context(), keyed("k", "f", on("a-1", 0, event(2)), on("b-1", 0, event(3))))
	requireConflict(t, err, "b-1", 0, 1)
	requireHead(t, s, 1)
	v, err := s.StreamVersion(t.Context(), "a-1")
	require.NoError(t, err)
	require.Zero(t, v)
	_, found, err := s.Command(t.Context(), "k")
	require.NoError(t, err)
	require.False(t, found, "a refused append leaves its key unused")
	mustAppend(t, s, keyed("k", "f", on("a-1", 0, event(2)), on("b-1", 1, event(3))))
}

func testGuard(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("schema-1", 0, events(2)...)))
	only := mustAppend(t, s, request(on("schema-1", 2)))
	require.Equal(t, eventstore.Appended{Versions: []int64{2}, Result: json.RawMessage("null")}, only)
	done := mustAppend(t, s, request(on("schema-1", 2), on("cells-1", eventstore.Any, event(1))))
	require.Equal(t, int64(3), done.First)
	require.Equal(t, []int64{2, 1}, done.Versions)
	_, err := s.Append(t.Context(), request(on("schema-1", 1), on("cells-1", eventstore.Any, event(1))))
	requireConflict(t, err, "schema-1", 1, 2)
	none := mustAppend(t, s, request(on("nobody-1", 0), on("other-1", eventstore.Any)))
	require.Equal(t, []int64{0, 0}, none.Versions)
	v, err := s.StreamVersion(t.Context(), "nobody-1")
	require.NoError(t, err)
	require.Zero(t, v, "a guard makes no stream")
	requireHead(t, s, 3)
}

func testGuardSameStream(t *testing.T, s eventstore.Store) {
	done := mustAppend(t, s, request(on("a-1", 0), on("a-1", 0, event(1)), on("a-1", 1), on("a-1", 1, event(2))))
	require.Equal(t, []int64{2, 2, 2, 2}, done.Versions)
	_, err := s.Append(t.Context(), request(on("a-1", 2, event(3)), on("a-1", 2, event(4))))
	requireConflict(t, err, "a-1", 2, 3)
	requireHead(t, s, 2)
}

func testEmptyAppend(t *testing.T, s eventstore.Store) {
	done := mustAppend(t, s, keyed("k", "f"))
	require.Zero(t, done.Last)
	again := mustAppend(t, s, keyed("k", "f"))
	require.True(t, again.Replayed)
	require.Zero(t, again.First)
	require.Zero(t, again.Last)
}

func testNoWorkspace(t *testing.T, s eventstore.Store) {
	req := request(on("user-1", 0, event(1)))
	req.Meta.Workspace = ""
	mustAppend(t, s, req)
	require.Empty(t, readAll(t, s, 10)[0].Workspace)
}

func testTimes(t *testing.T, s eventstore.Store) {
	for range 20 {
		mustAppend(t, s, request(on("a-1", eventstore.Any, events(2)...)))
	}
	var last time.Time
	for _, e := range readAll(t, s, 10) {
		require.False(t, e.RecordedAt.Before(last))
		last = e.RecordedAt
	}
}

func testCancelled(t *testing.T, s eventstore.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Append(ctx, request(on("a-1", 0, event(1))))
	require.ErrorIs(t, err, context.Canceled)
	requireHead(t, s, 0)
}

func testThousand(t *testing.T, s eventstore.Store) {
	done := mustAppend(t, s, request(on("a-1", 0, events(1000)...)))
	require.Equal(t, int64(1000), done.Last)
	for i, e := range readAll(t, s, 300) {
		require.Equal(t, int64(i+1), e.Version)
		require.Equal(t, string(event(i+1).Data), string(e.Data))
	}
}

func expectationTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"exact, too low":  func(t *testing.T, s eventstore.Store) { testExpectation(t, s, 1, true) },
		"exact, right":    func(t *testing.T, s eventstore.Store) { testExpectation(t, s, 2, false) },
		"exact, too high": func(t *testing.T, s eventstore.Store) { testExpectation(t, s, 3, true) },
		"none":            func(t *testing.T, s eventstore.Store) { testExpectation(t, s, eventstore.NoStream, true) },
		"any":             func(t *testing.T, s eventstore.Store) { testExpectation(t, s, eventstore.Any, false) },
	}
}

func testExpectation(t *testing.T, s eventstore.Store, expected eventstore.Expected, conflict bool) {
	t.Helper()
	mustAppend(t, s, request(on("a-1", 0, events(2)...)))
	done, err := s.Append(t.Context(), request(on("a-1", expected, event(9))))
	if !conflict {
		require.NoError(t, err)
		require.Equal(t, []int64{3}, done.Versions)
		return
	}
	requireConflict(t, err, "a-1", expected, 2)
	require.True(t, eventstore.IsConflict(err))
	requireHead(t, s, 2)
}
