package logtail_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logtail"
	"github.com/morket/morket/eventstore/memstore"
)

// What was redacted in the log is not handed out from memory once the log says that it was.
func TestWhatWasKeptIsForgottenWhenItWasChanged(t *testing.T) {
	t.Parallel()
	log := memstore.New(kernel.SystemClock{})
	shared := logtail.New(log, 0).ForgetsAt("erased.v1")
	write := func(typ, data string) {
		_, err := log.Append(t.Context(), eventstore.Append{
			Meta:    kernel.Meta{Actor: kernel.System(), Command: "test"},
			Streams: []eventstore.StreamAppend{{Stream: "a-1", Expected: eventstore.Any, Events: []eventstore.EventData{{Type: typ, Data: json.RawMessage(data)}}}},
		})
		require.NoError(t, err)
	}
	read := func(after int64) (out []string) {
		events, err := shared.ReadAll(t.Context(), after, 10)
		require.NoError(t, err)
		for _, e := range events {
			out = append(out, string(e.Data))
		}
		return out
	}
	write("a.v1", `{"who":"ada"}`)
	require.Equal(t, []string{`{"who":"ada"}`}, read(0))
	require.NoError(t, log.Redact(t.Context(), 2, []eventstore.Redaction{{Position: 1, Was: json.RawMessage(`{"who":"ada"}`), Data: json.RawMessage(`{"who":"x"}`), Proof: []byte("p")}}))
	require.Equal(t, []string{`{"who":"ada"}`}, read(0), "kept")
	write("erased.v1", `{}`)
	require.Equal(t, []string{`{}`}, read(1))
	require.Equal(t, []string{`{"who":"x"}`, `{}`}, read(0))
}
