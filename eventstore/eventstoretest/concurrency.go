package eventstoretest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
)

func concurrencyTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"one winner per version":         testOneWinner,
		"a hot stream loses nothing":     testHotStream,
		"position order is commit order": testCommitOrder,
		"a reader sees no hole":          testNoHoles,
	}
}

func testOneWinner(t *testing.T, s eventstore.Store) {
	const callers = 50
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		wg.Go(func() { _, errs[i] = s.Append(t.Context(), request(on("a-1", eventstore.NoStream, event(i)))) })
	}
	wg.Wait()
	winners := 0
	for _, err := range errs {
		if err == nil {
			winners++
			continue
		}
		requireConflict(t, err, "a-1", 0, 1)
	}
	require.Equal(t, 1, winners)
	requireHead(t, s, 1)
}

// testHotStream increments one stream from many callers at exact versions, as a ledger does.
func testHotStream(t *testing.T, s eventstore.Store) {
	const callers, each = 8, 10
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		wg.Go(func() {
			version := eventstore.NoStream
			for done := 0; done < each; {
				_, err := s.Append(t.Context(), request(on("credit-1", version, event(done))))
				var c *eventstore.ConflictError
				switch {
				case err == nil:
					done++
					version++
				case errors.As(err, &c):
					version = eventstore.Expected(c.Actual)
				default:
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	for i, e := range readAll(t, s, 1000) {
		require.Equal(t, int64(i+1), e.Version)
	}
	requireHead(t, s, callers*each)
}

// testCommitOrder checks that an append which began after another was answered stands behind it.
func testCommitOrder(t *testing.T, s eventstore.Store) {
	const callers, each = 16, 20
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		wg.Go(func() {
			stream := eventstore.Stream("s", strconv.Itoa(i))
			for n := range each {
				before, err := s.Head(t.Context())
				if err != nil {
					errs[i] = err
					return
				}
				done, err := s.Append(t.Context(), request(on(stream, eventstore.Expected(2*n), events(2)...)))
				if err == nil && (done.First <= before || done.Last != done.First+1) {
					err = fmt.Errorf("appended at %d to %d when the head had been %d", done.First, done.Last, before)
				}
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	requireGapless(t, readAll(t, s, 100), 2*callers*each)
}

// requireGapless checks that each stream's versions are 1, 2, 3, … in the log's order.
func requireGapless(t *testing.T, all []eventstore.Recorded, want int) {
	t.Helper()
	require.Len(t, all, want)
	versions := map[eventstore.StreamID]int64{}
	for _, e := range all {
		versions[e.Stream]++
		require.Equal(t, versions[e.Stream], e.Version, "stream %s at position %d", e.Stream, e.Position)
	}
}

// testNoHoles follows the log while others append: the follower sees each position once, in order.
func testNoHoles(t *testing.T, s eventstore.Store) {
	const callers, each = 8, 25
	var wg sync.WaitGroup
	errs := make([]error, callers)
	for i := range callers {
		wg.Go(func() {
			for n := range each {
				data := json.RawMessage(fmt.Sprintf(`{"caller":%d,"n":%d}`, i, n))
				_, err := s.Append(t.Context(), request(on(eventstore.Stream("s", strconv.Itoa(i)), eventstore.Any,
					eventstore.EventData{Type: "t.v1", Data: data})))
				if err != nil {
					errs[i] = err
				}
			}
		})
	}
	var all []eventstore.Recorded
	for len(all) < callers*each {
		signal := s.Appended()
		page, err := s.ReadAll(t.Context(), int64(len(all)), 7)
		require.NoError(t, err)
		for _, e := range page {
			require.Equal(t, int64(len(all)+1), e.Position)
			all = append(all, e)
		}
		if len(page) == 0 {
			<-signal
		}
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	requireGapless(t, all, callers*each)
}
