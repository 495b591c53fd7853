package eventstoretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func chainTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"each has its own answer":                testChainAnswers,
		"nothing after a conflict":               testChainConflict,
		"a version that somebody else made":      testChainForeignVersion,
		"nothing after a replay":                 testChainReplay,
		"nothing after another stream's refusal": testChainOtherStream,
		"a key twice, or a bad append":           testChainRefusedWhole,
		"no append":                              testChainEmpty,
		"many chains at one stream":              testChainsAtOnce,
	}
}

func testChainAnswers(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("a-1", eventstore.Any, event(1))))
	chain := []eventstore.Append{
		keyed("k1", "f", on("a-1", 1, events(2)...)), keyed("", "", on("a-1", 3)),
		keyed("k2", "g", on("b-1", 0, event(1)), on("a-1", 3, event(2))),
	}
	chain[0].Result, chain[2].Result = json.RawMessage(`1`), json.RawMessage(`2`)
	chain[2].Meta.Actor = kernel.Actor{Kind: kernel.ActorUser, ID: "usr_2"}
	done, err := s.AppendChain(t.Context(), chain)
	require.NoError(t, err)
	require.Equal(t, []eventstore.Appended{
		{First: 2, Last: 3, Result: json.RawMessage(`1`), Versions: []int64{3}},
		{Result: json.RawMessage(`null`), Versions: []int64{3}},
		{First: 4, Last: 5, Result: json.RawMessage(`2`), Versions: []int64{1, 4}},
	}, done)
	m, err := readAll(t, s, 10)[4].Meta()
	require.NoError(t, err)
	require.Equal(t, chain[2].Meta.Actor, m.Actor, "each event has the metadata of its own append")
	require.Empty(t, m.IdempotencyKey, "it is kept with the answer")
	for _, a := range []eventstore.Append{chain[0], chain[2]} {
		again := mustAppend(t, s, a)
		require.True(t, again.Replayed)
		require.Equal(t, a.Result, again.Result)
	}
	requireHead(t, s, 5)
}

func testChainConflict(t *testing.T, s eventstore.Store) {
	done, err := s.AppendChain(t.Context(), []eventstore.Append{
		request(on("a-1", 0, event(1))), request(on("a-1", 5, event(2))), request(on("b-1", eventstore.Any, event(3))),
	})
	require.Len(t, done, 1)
	requireConflict(t, err, "a-1", 5, 1)
	requireHead(t, s, 1)
}

// The second append finds the version that it expects, but it is not the first one's.
func testChainForeignVersion(t *testing.T, s eventstore.Store) {
	mustAppend(t, s, request(on("a-1", 0, event(1))))
	done, err := s.AppendChain(t.Context(), []eventstore.Append{request(on("a-1", 0, event(2))), request(on("a-1", 1, event(3)))})
	require.Empty(t, done)
	requireConflict(t, err, "a-1", 0, 1)
	requireHead(t, s, 1)
}

func testChainReplay(t *testing.T, s eventstore.Store) {
	first := keyed("k", "f", on("a-1", 0, event(1)))
	mustAppend(t, s, first)
	done, err := s.AppendChain(t.Context(), []eventstore.Append{first, request(on("a-1", 1, event(2)))})
	require.NoError(t, err)
	require.Len(t, done, 1)
	require.True(t, done[0].Replayed)
	requireHead(t, s, 1)

	other := keyed("k", "g", on("a-1", 1, event(1)))
	done, err = s.AppendChain(t.Context(), []eventstore.Append{request(on("a-1", 1, event(2))), other, request(on("a-1", 2, event(3)))})
	require.ErrorIs(t, err, eventstore.ErrKeyReused)
	require.Len(t, done, 1)
	requireHead(t, s, 2)
}

func testChainOtherStream(t *testing.T, s eventstore.Store) {
	done, err := s.AppendChain(t.Context(), []eventstore.Append{
		request(on("a-1", 0, event(1))), request(on("a-1", 1, event(2)), on("b-1", 7)), request(on("a-1", 1, event(3))),
	})
	require.Len(t, done, 1)
	requireConflict(t, err, "b-1", 7, 0)
	requireHead(t, s, 1)
}

func testChainRefusedWhole(t *testing.T, s eventstore.Store) {
	good := request(on("a-1", eventstore.Any, event(1)))
	for name, chain := range map[string][]eventstore.Append{
		"a key twice":  {good, keyed("k", "f", on("a-1", eventstore.Any, event(1))), keyed("k", "f", on("a-1", eventstore.Any, event(2)))},
		"a bad append": {good, request(on("nohyphen", eventstore.Any, event(1)))},
	} {
		done, err := s.AppendChain(t.Context(), chain)
		require.Equal(t, kernel.KindInvalid, kernel.KindOf(err), name)
		require.Empty(t, done, name)
	}
	requireHead(t, s, 0)
}

func testChainEmpty(t *testing.T, s eventstore.Store) {
	done, err := s.AppendChain(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, done)
}

// testChainsAtOnce has callers add to a sum: each event holds what it makes of the one before it.
func testChainsAtOnce(t *testing.T, s eventstore.Store) {
	const callers, each, length = 6, 12, 5
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		wg.Go(func() {
			for sum := int64(0); sum < each && errs[i] == nil; {
				last, err := s.StreamVersion(t.Context(), "a-1")
				var chain []eventstore.Append
				for k := range int64(length) {
					chain = append(chain, request(on("a-1", eventstore.Expected(last+k), event(int(last+k+1)))))
				}
				done, conflict := s.AppendChain(t.Context(), chain)
				sum += int64(len(done))
				if conflict != nil && !eventstore.IsConflict(conflict) {
					err = errors.Join(err, conflict)
				}
				errs[i] = err
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	for i, e := range readAll(t, s, 1000) {
		require.JSONEq(t, fmt.Sprintf(`{"n":%d}`, i+1), string(e.Data))
	}
}

// checkChains compares chains with the model, append by append until one is not taken.
func checkChains(t *testing.T, r *rapid.T, s eventstore.Store, run int) {
	t.Helper()
	start, err := s.Head(t.Context())
	require.NoError(r, err)
	m := &model{head: start, versions: map[eventstore.StreamID]int64{}, commands: map[string]eventstore.Command{}}
	for range rapid.IntRange(1, 5).Draw(r, "chains") {
		var chain []eventstore.Append
		var want []eventstore.Appended
		var wantErr error
		keys, stopped := map[string]bool{"": true}, false
		for range rapid.IntRange(1, 5).Draw(r, "links") {
			a := drawAppend(r, run, m.versions)
			if key := a.Meta.IdempotencyKey; key != "" && keys[key] {
				a.Meta.IdempotencyKey = ""
			}
			keys[a.Meta.IdempotencyKey] = true
			if chain = append(chain, a); stopped {
				continue
			}
			done, err := m.append(a)
			if err == nil {
				want = append(want, done)
			}
			wantErr, stopped = err, err != nil || done.Replayed
		}
		got, err := s.AppendChain(t.Context(), chain)
		require.Equal(r, wantErr, err)
		require.Equal(r, want, got)
	}
	head, err := s.Head(t.Context())
	require.NoError(r, err)
	require.Equal(r, m.head, head)
}
