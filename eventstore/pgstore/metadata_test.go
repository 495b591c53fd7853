package pgstore_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/adapters/servers/pgtest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/pgstore"
)

// What a reader gets of metadata is what encoding/json makes of it, in whichever form it is kept, and whichever process has added the words.
func TestMetadataIsReadAsItWasGiven(t *testing.T) {
	t.Parallel()
	short, pool := pgtest.Log(t)
	long, err := pgstore.Open(t.Context(), pgstore.Config{Pool: pool, Logger: slog.New(slog.DiscardHandler), Short: func() bool { return false }})
	require.NoError(t, err)
	t.Cleanup(long.Close)
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "a", `"`, `\`, `\"`, "],", "<&>", "é😀\u2028", "12", "Mozilla/5.0"}), rapid.StringN(0, 20, 60))
	rapid.Check(t, func(t *rapid.T) {
		meta := kernel.Meta{
			Actor:     kernel.Actor{Kind: kernel.ActorKind(text.Draw(t, "kind")), ID: text.Draw(t, "id"), OnBehalfOf: kernel.UserID(text.Draw(t, "behalf"))},
			Workspace: kernel.WorkspaceID(rapid.SampledFrom([]string{"", "ws_1", `w"s`}).Draw(t, "workspace")), Command: text.Draw(t, "command"), CorrelationID: text.Draw(t, "correlation"),
			CausationID: text.Draw(t, "causation"), Client: text.Draw(t, "client"), Agent: text.Draw(t, "agent"), Trace: text.Draw(t, "trace"),
		}
		want, err := json.Marshal(meta)
		require.NoError(t, err)
		event := eventstore.EventData{Type: "test.done.v1", Data: json.RawMessage(`{}`)}
		for _, writer := range []*pgstore.Store{short, long} {
			done, err := writer.Append(t.Context(), eventstore.Append{Meta: meta, Streams: []eventstore.StreamAppend{{Stream: "a-1", Expected: eventstore.Any, Events: []eventstore.EventData{event, event}}}})
			if eventstore.CheckJSON(want) != "" {
				require.Error(t, err)
				continue
			}
			require.NoError(t, err)
			for _, reader := range []*pgstore.Store{short, long} {
				got, err := reader.ReadPositions(t.Context(), []int64{done.First, done.Last})
				require.NoError(t, err)
				require.Len(t, got, 2)
				require.Equal(t, string(want), string(got[0].Metadata))
				require.Equal(t, string(want), string(got[1].Metadata))
			}
		}
	})
	var shorter bool
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT bool_or(metadata::text LIKE '[%') AND bool_or(metadata::text LIKE '{%') FROM log.events`).Scan(&shorter))
	require.True(t, shorter, "events of both forms are there")
}
