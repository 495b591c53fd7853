// Package eventstoretest is the suite that every eventstore.Store passes.
package eventstoretest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

// Workspace is the one that the suite's events belong to.
const Workspace kernel.WorkspaceID = "ws_01HZZZZZZZZZZZZZZZZZZZZZZZ"

// Run runs the suite; open makes an empty store that is closed when the test ends.
func Run(t *testing.T, open func(t *testing.T) eventstore.Store) {
	t.Helper()
	groups := []struct {
		name  string
		tests map[string]func(*testing.T, eventstore.Store)
	}{
		{"append", appendTests()},
		{"expected version", expectationTests()},
		{"idempotency", idempotencyTests()},
		{"chain", chainTests()},
		{"read", readTests()},
		{"concurrency", concurrencyTests()},
		{"hostile", hostileTests()},
		{"snapshot", snapshotTests()},
		{"signal", signalTests()},
		{"redaction", redactionTests()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for name, test := range g.tests {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					test(t, open(t))
				})
			}
		})
	}
	t.Run("model", func(t *testing.T) {
		t.Parallel()
		runModel(t, open)
	})
}

// event is an event with a number in it.
func event(n int) eventstore.EventData {
	return eventstore.EventData{Type: "test.counted.v1", Data: json.RawMessage(fmt.Sprintf(`{"n":%d}`, n))}
}

func events(n int) []eventstore.EventData {
	out := make([]eventstore.EventData, n)
	for i := range out {
		out[i] = event(i + 1)
	}
	return out
}

func sized(bytes int) eventstore.EventData {
	const frame = len(`{"s":""}`)
	b := make([]byte, 0, bytes)
	b = append(b, `{"s":"`...)
	for range bytes - frame {
		b = append(b, 'x')
	}
	return eventstore.EventData{Type: "test.sized.v1", Data: append(b, `"}`...)}
}

func on(stream eventstore.StreamID, expected eventstore.Expected, evs ...eventstore.EventData) eventstore.StreamAppend {
	return eventstore.StreamAppend{Stream: stream, Expected: expected, Events: evs}
}

func meta() kernel.Meta {
	return kernel.Meta{Actor: kernel.System(), Workspace: Workspace, Command: "test", CorrelationID: "req_1"}
}

func request(streams ...eventstore.StreamAppend) eventstore.Append {
	return eventstore.Append{Meta: meta(), Streams: streams}
}

func keyed(key, fingerprint string, streams ...eventstore.StreamAppend) eventstore.Append {
	a := request(streams...)
	a.Meta.IdempotencyKey, a.Meta.Fingerprint = key, fingerprint
	return a
}

func mustAppend(t *testing.T, s eventstore.Store, a eventstore.Append) eventstore.Appended {
	t.Helper()
	done, err := s.Append(t.Context(), a)
	require.NoError(t, err)
	return done
}

// readAll reads the whole log by pages and checks that it is dense.
func readAll(t *testing.T, s eventstore.Store, pageSize int) []eventstore.Recorded {
	t.Helper()
	var out []eventstore.Recorded
	for {
		page, err := s.ReadAll(t.Context(), int64(len(out)), pageSize)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		require.LessOrEqual(t, len(page), pageSize)
		for _, e := range page {
			require.Equal(t, int64(len(out)+1), e.Position, "positions are dense")
			out = append(out, e)
		}
	}
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(len(out)), head)
	return out
}

func requireHead(t *testing.T, s eventstore.Store, want int64) {
	t.Helper()
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, head)
}

func requireConflict(t *testing.T, err error, stream eventstore.StreamID, expected eventstore.Expected, actual int64) {
	t.Helper()
	var c *eventstore.ConflictError
	require.ErrorAs(t, err, &c)
	require.Equal(t, eventstore.ConflictError{Stream: stream, Expected: expected, Actual: actual}, *c)
}
