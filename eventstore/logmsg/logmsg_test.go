package logmsg_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/logmsg"
)

// events draws a contiguous piece of a log.
func events(t *rapid.T) []eventstore.Recorded {
	first := rapid.Int64Range(1, 1<<50).Draw(t, "first")
	n := rapid.IntRange(1, 40).Draw(t, "n")
	out := make([]eventstore.Recorded, n)
	for i := range out {
		out[i] = eventstore.Recorded{
			Position:   first + int64(i),
			Stream:     eventstore.StreamID(rapid.StringMatching(`table-[a-z]{1,3}`).Draw(t, "stream")),
			Version:    rapid.Int64Range(1, 1<<40).Draw(t, "version"),
			Workspace:  kernel.WorkspaceID(rapid.SampledFrom([]string{"", "ws_1", "ws_2"}).Draw(t, "workspace")),
			Type:       rapid.SampledFrom([]string{"a.b.v1", "a.c.v1"}).Draw(t, "type"),
			Data:       json.RawMessage(rapid.SampledFrom([]string{`{}`, `{"a":"é"}`, `{"long":"xxxxxxxxxxxxxxxxxxxxxxx"}`}).Draw(t, "data")),
			Metadata:   json.RawMessage(`{"actor":{"kind":"system"}}`),
			RecordedAt: time.Unix(0, rapid.Int64Range(0, 1<<60).Draw(t, "at")).UTC(),
		}
	}
	return out
}

// overTheWire is the message as another process gets it: without the sender's context.
func overTheWire(m *message.Message) *message.Message {
	c := message.NewMessage(m.UUID, append([]byte(nil), m.Payload...))
	c.Metadata = m.Metadata
	return c
}

func TestDecodeReturnsWhatWasEncoded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := logmsg.BatchOf(events(t))
		m, err := logmsg.Encode(want)
		require.NoError(t, err)
		got, err := logmsg.Decode(overTheWire(m))
		require.NoError(t, err)
		require.Equal(t, want, got)
		inProcess, err := logmsg.Decode(m)
		require.NoError(t, err)
		require.Equal(t, want, inProcess)
	})
}

func TestAnyDamageIsCorrupt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m, err := logmsg.Encode(logmsg.BatchOf(events(t)))
		require.NoError(t, err)
		damaged := overTheWire(m)
		at := rapid.IntRange(0, len(damaged.Payload)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			damaged.Payload = damaged.Payload[:at]
		} else {
			damaged.Payload[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "flip"))
		}
		_, err = logmsg.Decode(damaged)
		require.ErrorIs(t, err, logmsg.ErrCorrupt)
	})
}

func TestSplitKeepsOrderAndSize(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		all := events(t)
		for i := range all {
			size := rapid.IntRange(2, logmsg.MaxBytes+1000).Draw(t, "size")
			all[i].Data = append(append(json.RawMessage(`"`), make([]byte, size)...), '"')
		}
		var joined []eventstore.Recorded
		for _, b := range logmsg.Split(all) {
			m, err := logmsg.Encode(b)
			require.NoError(t, err)
			if len(b.Events) > 1 {
				require.LessOrEqual(t, len(m.Payload), logmsg.MaxBytes)
			}
			joined = append(joined, b.Events...)
		}
		require.Equal(t, all, joined)
	})
}

func TestEncodeRefusesAHole(t *testing.T) {
	t.Parallel()
	_, err := logmsg.Encode(logmsg.Batch{First: 1, Last: 3, Events: []eventstore.Recorded{{Position: 1}, {Position: 3}}})
	require.Error(t, err)
	_, err = logmsg.Encode(logmsg.Batch{First: 1, Last: 0})
	require.Error(t, err)
}

func TestAfter(t *testing.T) {
	t.Parallel()
	b := logmsg.BatchOf([]eventstore.Recorded{{Position: 5}, {Position: 6}, {Position: 7}})
	for after, first := range map[int64]int64{0: 5, 4: 5, 5: 6, 6: 7} {
		require.Equal(t, first, b.After(after)[0].Position)
	}
	require.Empty(t, b.After(7))
	require.Empty(t, b.After(9))
}
