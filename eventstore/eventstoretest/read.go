package eventstoretest

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func readTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"an empty log":          testReadEmpty,
		"limits":                testReadLimits,
		"a cap on bytes":        testReadBytes,
		"an event over the cap": testReadHuge,
		"one stream":            testReadStream,
		"positions":             testReadPositions,
		"one workspace":         testReadWorkspace,
	}
}

func testReadEmpty(t *testing.T, s eventstore.Store) {
	all, err := s.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, all)
	stream, err := s.ReadStream(t.Context(), "a-1", 0, 10)
	require.NoError(t, err)
	require.Empty(t, stream)
	some, err := s.ReadPositions(t.Context(), []int64{1, 2})
	require.NoError(t, err)
	require.Empty(t, some)
	none, err := s.ReadPositions(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, none)
}

func testReadLimits(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("a-1", eventstore.Any, events(10)...)))
	for _, c := range []struct {
		after       int64
		limit       int
		first, last int64
	}{{0, 3, 1, 3}, {3, 3, 4, 6}, {9, 3, 10, 10}, {-5, 2, 1, 2}, {0, math.MaxInt32, 1, 10}, {4, 1, 5, 5}} {
		for name, read := range map[string]func() ([]eventstore.Recorded, error){
			"all":    func() ([]eventstore.Recorded, error) { return s.ReadAll(t.Context(), c.after, c.limit) },
			"stream": func() ([]eventstore.Recorded, error) { return s.ReadStream(t.Context(), "a-1", c.after, c.limit) },
		} {
			got, err := read()
			require.NoError(t, err, name)
			require.Len(t, got, int(c.last-c.first+1), name)
			require.Equal(t, c.first, got[0].Position, name)
			require.Equal(t, c.last, got[len(got)-1].Position, name)
		}
	}
	for _, after := range []int64{10, 11, math.MaxInt64} {
		got, err := s.ReadAll(t.Context(), after, 10)
		require.NoError(t, err)
		require.Empty(t, got)
		got, err = s.ReadStream(t.Context(), "a-1", after, 10)
		require.NoError(t, err)
		require.Empty(t, got)
	}
	for _, limit := range []int{0, -1} {
		got, err := s.ReadAll(t.Context(), 0, limit)
		require.NoError(t, err)
		require.Empty(t, got)
	}
}

func testReadBytes(t *testing.T, s eventstore.Store) {
	const size, n = 1 << 20, 10
	for range n {
		mustAppend(t, s, request(on("a-1", eventstore.Any, sized(size))))
	}
	for name, read := range map[string]func(after int64) ([]eventstore.Recorded, error){
		"all":    func(after int64) ([]eventstore.Recorded, error) { return s.ReadAll(t.Context(), after, 100) },
		"stream": func(after int64) ([]eventstore.Recorded, error) { return s.ReadStream(t.Context(), "a-1", after, 100) },
	} {
		var after int64
		for after < n {
			got, err := read(after)
			require.NoError(t, err, name)
			require.NotEmpty(t, got, name)
			require.LessOrEqual(t, len(got)*size, eventstore.MaxReadBytes+size, name)
			require.Equal(t, after+1, got[0].Position, name)
			after = got[len(got)-1].Position
		}
	}
}

func testReadHuge(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("a-1", eventstore.Any, sized(eventstore.MaxReadBytes+1), event(2))))
	first, err := s.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Len(t, first, 1, "the cap never returns nothing")
	require.Len(t, first[0].Data, eventstore.MaxReadBytes+1)
	rest, err := s.ReadStream(t.Context(), "a-1", 1, 10)
	require.NoError(t, err)
	require.Len(t, rest, 1)
}

func testReadStream(t *testing.T, s eventstore.Store) {
	for i := range 10 {
		mustAppend(t, s, request(on("a-1", eventstore.Any, event(2*i)), on("a-10", eventstore.Any, event(2*i+1))))
	}
	got, err := s.ReadStream(t.Context(), "a-1", 3, 4)
	require.NoError(t, err)
	require.Len(t, got, 4)
	for i, e := range got {
		require.Equal(t, eventstore.StreamID("a-1"), e.Stream)
		require.Equal(t, int64(4+i), e.Version)
		require.Equal(t, int64(7+2*i), e.Position)
	}
	got, err = s.ReadStream(t.Context(), "a-", 0, 10)
	require.NoError(t, err)
	require.Empty(t, got)
}

func testReadPositions(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("a-1", eventstore.Any, events(10)...)))
	got, err := s.ReadPositions(t.Context(), []int64{2, 3, 7, 10, 11, 99})
	require.NoError(t, err)
	var positions []int64
	for _, e := range got {
		positions = append(positions, e.Position)
		require.Equal(t, string(event(int(e.Position)).Data), string(e.Data))
	}
	require.Equal(t, []int64{2, 3, 7, 10}, positions)
}

func testReadWorkspace(t *testing.T, s eventstore.Store) {
	r, ok := s.(eventstore.WorkspaceReader)
	require.True(t, ok)
	for i := range 10 {
		req := request(on("a-1", eventstore.Any, event(i)))
		req.Meta.Workspace = []kernel.WorkspaceID{"ws_a", "ws_b"}[i%2]
		mustAppend(t, s, req)
	}
	got, err := r.ReadWorkspace(t.Context(), "ws_b", 4, 2)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, int64(6), got[0].Position)
	require.Equal(t, int64(8), got[1].Position)
	require.Equal(t, kernel.WorkspaceID("ws_b"), got[0].Workspace)
}

func snapshotTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"none": func(t *testing.T, s eventstore.Store) {
			_, found, err := s.LoadSnapshot(t.Context(), "a-1")
			require.NoError(t, err)
			require.False(t, found)
		},
		"the newest stays": func(t *testing.T, s eventstore.Store) {
			mustAppend(t, s, request(on("a-1", eventstore.Any, events(10)...)))
			save := func(version int64, schema int, state string) {
				require.NoError(t, s.SaveSnapshot(t.Context(), "a-1",
					eventstore.Snapshot{Version: version, Schema: schema, State: json.RawMessage(state)}))
			}
			requireState := func(want eventstore.Snapshot) {
				got, found, err := s.LoadSnapshot(t.Context(), "a-1")
				require.NoError(t, err)
				require.True(t, found)
				require.Equal(t, want, got)
			}
			save(5, 1, `{"v": 5}`)
			requireState(eventstore.Snapshot{Version: 5, Schema: 1, State: json.RawMessage(`{"v": 5}`)})
			save(4, 1, `{"v":4}`)
			requireState(eventstore.Snapshot{Version: 5, Schema: 1, State: json.RawMessage(`{"v": 5}`)})
			save(9, 1, `{"v":9}`)
			requireState(eventstore.Snapshot{Version: 9, Schema: 1, State: json.RawMessage(`{"v":9}`)})
			save(7, 2, `{"w":7}`)
			requireState(eventstore.Snapshot{Version: 7, Schema: 2, State: json.RawMessage(`{"w":7}`)})
			save(7, 2, `{"w":8}`) // in place of a damaged one
			requireState(eventstore.Snapshot{Version: 7, Schema: 2, State: json.RawMessage(`{"w":8}`)})
			save(11, 2, `{"w":11}`) // the stream has not come so far
			save(10, 2, `{"w":10}`)
			requireState(eventstore.Snapshot{Version: 10, Schema: 2, State: json.RawMessage(`{"w":10}`)})
		},
		"bad state": func(t *testing.T, s eventstore.Store) {
			err := s.SaveSnapshot(t.Context(), "a-1", eventstore.Snapshot{Version: 1, State: json.RawMessage(`{`)})
			require.Equal(t, kernel.KindInvalid, kernel.KindOf(err))
		},
	}
}

func signalTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"an append wakes those who wait": func(t *testing.T, s eventstore.Store) {
			for range 5 {
				a, b := s.Appended(), s.Appended()
				mustAppend(t, s, request(on("a-1", eventstore.Any, event(1))))
				for _, ch := range []<-chan struct{}{a, b} {
					select {
					case <-ch:
					case <-t.Context().Done():
						t.Fatal("the signal never came")
					}
				}
			}
		},
	}
}
