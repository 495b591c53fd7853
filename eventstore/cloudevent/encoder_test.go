package cloudevent_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
)

func recorded() eventstore.Recorded {
	return eventstore.Recorded{
		Position: 7, Stream: "thing-1", Version: 3, Workspace: "ws_1", Type: "thing.said.v1", Data: json.RawMessage("{\"n\":0,\n \"sealed\":\"x\"}"),
		Metadata:   json.RawMessage(`{"actor":{"kind":"user","id":"usr_1"},"correlation_id":"req \"ü\""}`),
		RecordedAt: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC),
	}
}

func TestAnEventIsACloudEvent(t *testing.T) {
	t.Parallel()
	e := cloudevent.NewEncoder("https://morket.test", cloudevent.Policy{"thing.said.v1": {Action: "hear"}}).In(func() string { return "h1" })
	b, ok, err := e.Encode(recorded())
	require.NoError(t, err)
	require.True(t, ok)
	require.JSONEq(t, `{"specversion":"1.0","id":"thing-1/3","source":"https://morket.test","type":"thing.said.v1","subject":"thing-1",
		"time":"2026-01-02T03:04:05.000006Z","datacontenttype":"application/json","dataschema":"https://morket.test/schemas/events/thing.said.v1.json",
		"data":{"n":0,"sealed":"x"},"position":"7","workspace":"ws_1","correlationid":"req \"ü\"","history":"h1","authtype":"user","authid":"usr_1"}`, string(b))
	require.NotContains(t, string(b), "\n")
	var back cloudevent.Event
	require.NoError(t, json.Unmarshal(b, &back))
	again, err := json.Marshal(back)
	require.NoError(t, err)
	require.JSONEq(t, string(b), string(again), "the struct in the documents is what is written")
}

func TestWhatThePolicyDoesNotNameStaysInside(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]cloudevent.Policy{"unknown": {}, "withheld": {"thing.said.v1": {}}} {
		b, ok, err := cloudevent.NewEncoder("/here", p).Encode(recorded())
		require.NoError(t, err, name)
		require.False(t, ok, name)
		require.Empty(t, b, name)
	}
}

func TestRedactedMembersAreGone(t *testing.T) {
	t.Parallel()
	e := cloudevent.NewEncoder("/here", cloudevent.Policy{"thing.said.v1": {Action: "hear", Redact: []string{"sealed"}}})
	b, ok, err := e.Encode(recorded())
	require.NoError(t, err)
	require.True(t, ok)
	var back cloudevent.Event
	require.NoError(t, json.Unmarshal(b, &back))
	require.JSONEq(t, `{"n":0}`, string(back.Data))
	require.Empty(t, back.DataSchema, "a relative source is no address")
}

func TestAddressesOfMaskedMembersAreCutToTheirHosts(t *testing.T) {
	t.Parallel()
	e := cloudevent.NewEncoder("/here", cloudevent.Policy{"thing.said.v1": {Action: "hear", Mask: []string{"url", "column", "absent"}}})
	r := recorded()
	r.Data = json.RawMessage(`{"url":"https://hooks.example.com/services/SECRET","column":{"config":{"steps":[{"url":"https://u:SECRET@api.example.com/v1?key=SECRET"}]}},"n":12345678901234567890}`)
	b, ok, err := e.Encode(r)
	require.NoError(t, err)
	require.True(t, ok)
	var back cloudevent.Event
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, `{"column":{"config":{"steps":[{"url":"https://api.example.com/…"}]}},"n":12345678901234567890,"url":"https://hooks.example.com/…"}`, string(back.Data)) //nolint:testifylint // to the letter: numbers keep their digits
}

func TestWhatIsOnePersonsOwnNeverLeaves(t *testing.T) {
	t.Parallel()
	e := cloudevent.NewEncoder("/here", cloudevent.Policy{"thing.said.v1": {Action: "hear", Public: "view.shared"}})
	for data, leaves := range map[string]bool{
		`{"view":{"shared":true}}`: true, `{"view":{"shared":false}}`: false, `{"view":{}}`: false, `{}`: false, `{"view":"true"}`: false, `{"view":null}`: false,
	} {
		r := recorded()
		r.Data = json.RawMessage(data)
		_, ok, err := e.Encode(r)
		require.NoError(t, err)
		require.Equal(t, leaves, ok, data)
	}
}

func TestRoutingKeys(t *testing.T) {
	t.Parallel()
	r := recorded()
	require.Equal(t, "ws.ws_1.thing.said", cloudevent.RoutingKey(r))
	r.Workspace, r.Type = "", "user.signed_up.v12"
	require.Equal(t, "ws.none.user.signed_up", cloudevent.RoutingKey(r))
}

type streams map[eventstore.StreamID][]eventstore.Recorded

func (s streams) ReadStream(_ context.Context, id eventstore.StreamID, _ int64, _ int) ([]eventstore.Recorded, error) {
	return s[id], nil
}

func TestAnEventBelongsToTheTableThatItOrItsJobNames(t *testing.T) {
	t.Parallel()
	tables := cloudevent.NewTables(streams{"import-1": {
		{Type: "import.uploaded.v1", Data: json.RawMessage(`{}`)}, {Type: "import.started.v1", Data: json.RawMessage(`{"plan":{"table_id":"tbl_x"},"table_id":"tbl_1"}`)},
	}})
	for _, c := range []struct {
		stream, typ, data, want string
	}{
		{"cells-tbl_1", "table.cells_edited.v1", `{"chunk":{"table_id":"tbl_9"},"table_id":"tbl_1"}`, "tbl_1"},
		{"import-1", "import.completed.v1", `{}`, "tbl_1"},
		{"import-1", "import.uploaded.v1", `{}`, ""},
		{"run-7", "run.paused.v1", `{}`, ""},
		{"workspace-ws_1", "workspace.renamed.v1", `{"name":"table_id"}`, ""},
		{"cells-tbl_1", "table.x.v1", `{"\u0074able_id":"tbl_1"}`, "tbl_1"},
	} {
		id, err := tables.Of(t.Context(), eventstore.Recorded{Stream: eventstore.StreamID(c.stream), Type: c.typ, Data: json.RawMessage(c.data)})
		require.NoError(t, err)
		require.EqualValues(t, c.want, id, "%s %s", c.stream, c.typ)
	}
}
