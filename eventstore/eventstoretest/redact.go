package eventstoretest

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

func redactionTests() map[string]func(*testing.T, eventstore.Store) {
	return map[string]func(*testing.T, eventstore.Store){
		"redacts events in place":                  testRedact,
		"redacts nothing where an event has moved": testRedactMoved,
		"redacts the answers of a workspace":       testRedactResults,
	}
}

func redactor(t *testing.T, s eventstore.Store) eventstore.Redactor {
	t.Helper()
	r, ok := s.(eventstore.Redactor)
	require.True(t, ok, "a log can be redacted")
	return r
}

func testRedact(t *testing.T, s eventstore.Store) {
	t.Helper()
	r := redactor(t, s)
	for range 3 {
		_, err := s.Append(t.Context(), eventstore.Append{Meta: meta(), Streams: []eventstore.StreamAppend{{
			Stream: "cells-1", Expected: eventstore.Any,
			Events: []eventstore.EventData{{Type: "thing.made.v1", Data: json.RawMessage(`{"who": "ada"}`)}},
		}}})
		require.NoError(t, err)
	}
	ada := eventstore.Snapshot{Version: 3, Schema: 1, State: json.RawMessage(`{"who":"ada"}`)}
	require.NoError(t, s.SaveSnapshot(t.Context(), "cells-1", ada))
	before, err := s.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	list := []eventstore.Redaction{
		{Position: before[1].Position, Was: before[1].Data, Data: json.RawMessage(`{"who":null}`), Proof: []byte{1}},
	}
	require.NoError(t, r.Redact(t.Context(), 3, list))
	after, err := s.ReadStream(t.Context(), "cells-1", 0, 10)
	require.NoError(t, err)
	require.Equal(t, before[0], after[0])
	require.Equal(t, before[2], after[2])
	require.JSONEq(t, `{"who":null}`, string(after[1].Data))
	after[1].Data = before[1].Data
	require.Equal(t, before[1], after[1], "all but the data stays")
	counts, err := r.Redacted(t.Context(), 3)
	require.NoError(t, err)
	require.Equal(t, map[string]int64{"thing.made.v1": 1}, counts)
	_, found, err := s.LoadSnapshot(t.Context(), "cells-1")
	require.NoError(t, err)
	require.False(t, found, "the snapshot has what was redacted")
}

func testRedactMoved(t *testing.T, s eventstore.Store) {
	t.Helper()
	r := redactor(t, s)
	_, err := s.Append(t.Context(), eventstore.Append{Meta: meta(), Streams: []eventstore.StreamAppend{{
		Stream: "cells-1", Expected: eventstore.Any, Events: []eventstore.EventData{
			{Type: "thing.made.v1", Data: json.RawMessage(`{"n":1}`)}, {Type: "thing.made.v1", Data: json.RawMessage(`{"n":2}`)},
		},
	}}})
	require.NoError(t, err)
	err = r.Redact(t.Context(), 1, []eventstore.Redaction{
		{Position: 1, Was: json.RawMessage(`{"n":1}`), Data: json.RawMessage(`{}`), Proof: []byte{1}},
		{Position: 2, Was: json.RawMessage(`{"n":3}`), Data: json.RawMessage(`{}`), Proof: []byte{1}},
	})
	require.ErrorIs(t, err, eventstore.ErrRedacted)
	all, err := s.ReadAll(t.Context(), 0, 10)
	require.NoError(t, err)
	require.JSONEq(t, `{"n":1}`, string(all[0].Data))
}

func testRedactResults(t *testing.T, s eventstore.Store) {
	t.Helper()
	r := redactor(t, s)
	for _, ws := range []string{"ws_1", "ws_2"} {
		m := meta()
		m.Workspace = kernel.WorkspaceID(ws)
		m.IdempotencyKey = "key of " + ws
		_, err := s.Append(t.Context(), eventstore.Append{Meta: m, Result: json.RawMessage(`{"who":"ada"}`), Streams: []eventstore.StreamAppend{{
			Stream: eventstore.Stream("cells", ws), Expected: eventstore.Any,
			Events: []eventstore.EventData{{Type: "thing.made.v1", Data: json.RawMessage(`{}`)}},
		}}})
		require.NoError(t, err)
	}
	empty := func(json.RawMessage) (json.RawMessage, bool, error) { return json.RawMessage(`{}`), true, nil }
	n, err := r.RedactResults(t.Context(), "ws_1", empty)
	require.NoError(t, err)
	require.EqualValues(t, 1, n)
	for ws, want := range map[string]string{"ws_1": `{}`, "ws_2": `{"who":"ada"}`} {
		c, found, err := s.Command(t.Context(), "key of "+ws)
		require.NoError(t, err)
		require.True(t, found)
		require.JSONEq(t, want, string(c.Result))
	}
}
