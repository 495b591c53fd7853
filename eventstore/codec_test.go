package eventstore_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/eventstore"
)

type opened struct {
	Name string `json:"name"`
}

func (opened) EventType() string { return "account.opened.v2" }

type added struct {
	Amount int             `json:"amount"`
	Note   json.RawMessage `json:"note,omitempty"`
}

func (added) EventType() string { return "account.added.v1" }

type openedAgain struct{}

func (openedAgain) EventType() string { return "account.opened.v2" }

type stranger struct{}

func (stranger) EventType() string { return "account.stranger.v1" }

func codec(t *testing.T) *eventstore.Codec {
	t.Helper()
	c, err := eventstore.NewCodec([]kernel.Event{opened{}}, []kernel.Event{added{}})
	require.NoError(t, err)
	return c
}

func recorded(typ, data string) eventstore.Recorded {
	return eventstore.Recorded{Position: 7, Stream: "account-1", Version: 3, Type: typ, Data: json.RawMessage(data)}
}

func TestCodecRoundTrip(t *testing.T) {
	t.Parallel()
	c := codec(t)
	rapid.Check(t, func(r *rapid.T) {
		want := opened{Name: rapid.String().Draw(r, "name")}
		data, err := c.Encode(want, added{Amount: 1})
		require.NoError(r, err)
		require.Len(r, data, 2)
		got, err := c.Decode(recorded(data[0].Type, string(data[0].Data)))
		require.NoError(r, err)
		require.Equal(r, want, got)
	})
}

func TestCodecKeepsText(t *testing.T) {
	t.Parallel()
	data, err := codec(t).Encode(opened{Name: `<a href="x">&</a>`}, added{Note: json.RawMessage(`1.10`)})
	require.NoError(t, err)
	require.Contains(t, string(data[0].Data), `<a href=\"x\">&</a>`, "text is not escaped for HTML")
	require.Equal(t, `{"amount":0,"note":1.10}`, string(data[1].Data), "a number keeps its digits")
}

func TestCodecRefusesStrangers(t *testing.T) {
	t.Parallel()
	c := codec(t)
	_, err := c.Encode(stranger{})
	require.ErrorContains(t, err, "account.stranger.v1 is not registered")
	_, err = c.Decode(recorded("account.stranger.v1", `{}`))
	require.ErrorContains(t, err, "event 7 in account-1 has the unknown type account.stranger.v1")
	_, err = c.Decode(recorded("account.opened.v2", `{"name":5}`))
	require.ErrorContains(t, err, "decode event 7")
	_, err = c.Encode(added{Note: json.RawMessage(`{`)})
	require.ErrorContains(t, err, "encode account.added.v1")
	_, err = eventstore.NewCodec([]kernel.Event{opened{}, openedAgain{}})
	require.ErrorContains(t, err, "account.opened.v2 is both")
	_, err = eventstore.NewCodec([]kernel.Event{&opened{}})
	require.ErrorContains(t, err, "must be a struct")
}

func TestUpcast(t *testing.T) {
	t.Parallel()
	c := codec(t)
	rename := func(from, to string) func(json.RawMessage) (json.RawMessage, error) {
		return func(b json.RawMessage) (json.RawMessage, error) {
			return json.RawMessage(strings.ReplaceAll(string(b), from, to)), nil
		}
	}
	require.NoError(t, c.Upcast("account.opened.v0", "account.opened.v1", rename("nom", "title")))
	require.NoError(t, c.Upcast("account.opened.v1", "account.opened.v2", rename("title", "name")))
	got, err := c.Decode(recorded("account.opened.v0", `{"nom":"Ada"}`))
	require.NoError(t, err)
	require.Equal(t, opened{Name: "Ada"}, got, "chains are followed")

	require.ErrorContains(t, c.Upcast("account.opened.v2", "x", rename("", "")), "still current")
	require.ErrorContains(t, c.Upcast("account.opened.v1", "x", rename("", "")), "twice")
	require.NoError(t, c.Upcast("account.broken.v1", "account.opened.v2", func(json.RawMessage) (json.RawMessage, error) {
		return nil, json.Unmarshal([]byte("{"), &struct{}{})
	}))
	_, err = c.Decode(recorded("account.broken.v1", `{}`))
	require.ErrorContains(t, err, "upcast event 7 from account.broken.v1")
}

func TestCodecTypes(t *testing.T) {
	t.Parallel()
	var names []string
	for _, info := range codec(t).Types() {
		names = append(names, info.Type+" "+info.Go.Name())
	}
	require.Equal(t, []string{"account.added.v1 added", "account.opened.v2 opened"}, names)
}

func TestCodecRefusesWhatJSONCannotSay(t *testing.T) {
	t.Parallel()
	_, err := codec(t).Append(kernel.Meta{}, math.NaN())
	require.ErrorContains(t, err, "encode the command's answer")
}

func TestStreamNames(t *testing.T) {
	t.Parallel()
	s := eventstore.Stream("table", "tbl_1-2")
	require.Equal(t, eventstore.StreamID("table-tbl_1-2"), s)
	require.Equal(t, "table", s.Category())
	require.Equal(t, "tbl_1-2", s.ID())
}

// TestCheckJSON compares the check with the JSON package: what it takes is JSON, and its text comes back from JSON as it was.
func TestCheckJSON(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		b, err := json.Marshal(map[string]any{rapid.String().Draw(r, "key"): rapid.String().Draw(r, "value")})
		require.NoError(r, err)
		if strings.Contains(string(b), `\u0000`) {
			return // refused, or an escaped backslash before "u0000"; the suite has both
		}
		require.Empty(r, eventstore.CheckJSON(b))
	})
	rapid.Check(t, func(r *rapid.T) {
		b := []byte(rapid.StringOfN(rapid.RuneFrom([]rune(`{}[]":,\u0d8f1 `)), 0, 24, -1).Draw(r, "text"))
		if eventstore.CheckJSON(b) == "" {
			require.True(r, json.Valid(b))
		}
	})
}
