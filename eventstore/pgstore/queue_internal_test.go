package pgstore

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func waiting(t *testing.T, bytes int) *pending {
	t.Helper()
	store := &Store{cfg: Config{Short: func() bool { return false }}}
	p, err := store.newPending(t.Context(), []eventstore.Append{{
		Meta: kernel.Meta{Actor: kernel.System(), Command: "test", CorrelationID: "req_1"},
		Streams: []eventstore.StreamAppend{{Stream: "a-1", Expected: eventstore.Any, Events: []eventstore.EventData{
			{Type: "test.sized.v1", Data: json.RawMessage(`{"s":"` + strings.Repeat("x", bytes) + `"}`)},
		}}},
	}})
	require.NoError(t, err)
	return p
}

// TestSmallAppendsDontGoWithLargeOnes has appends of both sizes wait and looks at the batches that are made of them.
func TestSmallAppendsDontGoWithLargeOnes(t *testing.T) {
	t.Parallel()
	const s, l = 10, largeBytes
	for name, tc := range map[string]struct {
		waiting []int
		want    []string
	}{
		"small ones go together":       {[]int{s, s, s}, []string{"sss"}},
		"so do large ones":             {[]int{l, l}, []string{"ll"}},
		"an edit goes before":          {[]int{l, s}, []string{"s", "l"}},
		"and waits for no other batch": {[]int{l, l, s, l, s}, []string{"ss", "lll"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &appender{Store: &Store{queue: newQueue(100, 1<<30)}, batch: newBatch()}
			for _, bytes := range tc.waiting {
				require.NoError(t, w.queue.enqueue(waiting(t, bytes)))
			}
			w.queue.close()
			var got []string
			for w.collect() {
				batch := ""
				for _, p := range w.batch.items {
					batch += map[bool]string{true: "l", false: "s"}[p.bytes >= largeBytes]
				}
				got = append(got, batch)
			}
			require.Equal(t, tc.want, got)
		})
	}
}

// TestLargeAppendsHaveTheirTurn has edits wait all the time.
func TestLargeAppendsHaveTheirTurn(t *testing.T) {
	t.Parallel()
	w := &appender{Store: &Store{queue: newQueue(100, 1<<30)}, batch: newBatch()}
	var got []string
	for range 6 {
		require.NoError(t, w.queue.enqueue(waiting(t, largeBytes)))
		require.NoError(t, w.queue.enqueue(waiting(t, 10)))
		require.True(t, w.collect())
		got = append(got, map[bool]string{true: "l", false: "s"}[w.batch.items[0].bytes >= largeBytes])
	}
	require.Equal(t, []string{"s", "l", "s", "l", "s", "l"}, got)
}
