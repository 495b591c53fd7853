package feedapi_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/feedapi"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/eventstore/cloudevent"
)

const (
	table1 = "tbl_01ARZ3NDEKTSV4RRFFQ69G5FAV"
	table2 = "tbl_01ARZ3NDEKTSV4RRFFQ69G5FAW"
)

func policy() cloudevent.Policy {
	see := func(a workspace.Action, of cloudevent.Scope, redact ...string) cloudevent.Rule {
		return cloudevent.Rule{Action: string(a), Scope: of, Redact: redact}
	}
	const tables = workspace.ReadTables
	return cloudevent.Policy{
		"table.cells_edited.v1": see(tables, cloudevent.OfTable), "run.started.v1": see(tables, cloudevent.OfJob), "run.finished.v1": see(tables, cloudevent.OfJob),
		"credit.debited.v1": see(workspace.ReadCredits, cloudevent.OfWorkspace), "credential.stored.v1": see(workspace.ReadCredentials, cloudevent.OfWorkspace, "sealed"), "api_key.created.v1": {},
	}
}

// bells ring at every append.
type bells struct {
	log   eventstore.Notifier
	ended chan struct{}
}

func (b bells) Changed(kernel.WorkspaceID) <-chan struct{} { return b.log.Appended() }
func (b bells) Ended() <-chan struct{}                     { return b.ended }

// restored is the history of a log that was restored to position 2; before it was in the history "before".
type restored struct{}

func (restored) ID() string { return "present" }

func (restored) Common(_ context.Context, other string) (int64, error) {
	if other == "before" {
		return 2, nil
	}
	return 0, nil
}

// world is a workspace whose feed is followed.
type world struct {
	*apitest.World
	t     *testing.T
	owner *apitest.Person
	ws    kernel.WorkspaceID
	bells bells
}

func newWorld(t *testing.T, limits feedapi.Limits) *world {
	t.Helper()
	w := &world{World: apitest.New(t), t: t}
	w.bells = bells{w.Log, make(chan struct{})}
	feedapi.Register(w.API, feedapi.Deps{
		Log: w.Log, Bells: w.bells, Encoder: cloudevent.NewEncoder("https://morket.test", policy()), Limits: limits, History: restored{},
	})
	w.owner = w.SignUp("owner@example.com")
	w.ws = w.owner.Workspace("One").ID
	return w
}

// put appends events of "type data" to the stream.
func (w *world) put(ws kernel.WorkspaceID, stream string, events ...string) int64 {
	w.t.Helper()
	s := eventstore.StreamAppend{Stream: eventstore.StreamID(stream), Expected: eventstore.Any}
	for _, e := range events {
		typ, data, _ := strings.Cut(e, " ")
		s.Events = append(s.Events, eventstore.EventData{Type: typ, Data: json.RawMessage(data)})
	}
	done, err := w.Log.Append(w.t.Context(), eventstore.Append{Meta: kernel.Meta{Actor: kernel.System(), Workspace: ws}, Streams: []eventstore.StreamAppend{s}})
	require.NoError(w.t, err)
	return done.Last
}

func (w *world) edit(table string, n int) int64 {
	w.t.Helper()
	return w.put(w.ws, "cells-"+table, fmt.Sprintf(`table.cells_edited.v1 {"table_id":%q,"n":%d}`, table, n))
}

type changes struct {
	Events []cloudevent.Event `json:"events"`
	Next   int64              `json:"next"`
	Cursor string             `json:"cursor"`
	More   bool               `json:"more"`
}

func (c changes) types() (out []string) {
	for _, e := range c.Events {
		out = append(out, e.Type)
	}
	return out
}

func (w *world) changes(c *apitest.Client, query string) changes {
	w.t.Helper()
	var out changes
	c.Call(http.MethodGet, "/workspaces/"+string(w.ws)+"/changes?"+query, nil).OK(&out)
	return out
}

func (w *world) key(role kernel.Role, tables ...kernel.TableID) *apitest.Client {
	w.t.Helper()
	var k authcmd.APIKey
	w.owner.Call(http.MethodPost, "/workspaces/"+string(w.ws)+"/api-keys", map[string]any{"name": "k", "role": role, "tables": tables}).OK(&k)
	c := w.Client()
	c.Token = k.Key
	return c
}

func TestTheFeedGivesEveryEventOfTheWorkspaceInOrderFromAnyPosition(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{Page: 3})
	stranger := w.SignUp("stranger@example.com")
	theirs := stranger.Workspace("Two").ID
	var positions []string
	for i := range 20 {
		positions = append(positions, text(w.edit(table1, i)))
		w.put(theirs, "cells-tbl_x", `table.cells_edited.v1 {}`)
		w.put(w.ws, "key-1", `api_key.created.v1 {}`) // stays inside
	}
	var got []string
	at := int64(0)
	for calls := 0; ; calls++ {
		require.Less(t, calls, 20)
		page := w.changes(w.owner.Client, fmt.Sprintf("after=%d&limit=4&wait=0", at))
		for _, e := range page.Events {
			require.Equal(t, string(w.ws), e.Workspace)
			require.Equal(t, "https://morket.test/schemas/events/table.cells_edited.v1.json", e.DataSchema)
			got = append(got, e.Position)
		}
		at = page.Next
		if !page.More {
			break
		}
	}
	require.Equal(t, positions, got)
	head, err := w.Log.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, head, at, "the next call need not look again at what is not the caller's")
	require.Empty(t, w.changes(w.owner.Client, "after=now&wait=0").Events)
	stranger.Call(http.MethodGet, "/workspaces/"+string(w.ws)+"/changes", nil).Fails(404, "NOT_FOUND")
}

func TestAnEventIsShownToThoseWhoMaySeeWhatItIsAbout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{})
	w.edit(table1, 1)
	w.put(w.ws, "credit-1", `credit.debited.v1 {"amount_mc":1}`)
	w.put(w.ws, "credential-1", `credential.stored.v1 {"name":"Apollo","sealed":{"ciphertext":"c2VjcmV0"}}`)
	seen := w.changes(w.owner.Client, "wait=0")
	require.Equal(t, []string{"table.cells_edited.v1", "credit.debited.v1", "credential.stored.v1"}, seen.types())
	require.JSONEq(t, `{"name":"Apollo"}`, string(seen.Events[2].Data), "what is sealed stays inside")
	require.Equal(t, []string{"table.cells_edited.v1"}, w.changes(w.key(kernel.RoleViewer), "wait=0").types())
}

func TestAKeyOfSomeTablesGetsTheirEventsOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{})
	key := w.key(kernel.RoleAdmin, table1)
	w.edit(table1, 1)
	w.edit(table2, 2)
	w.put(w.ws, "credential-1", `credential.stored.v1 {}`)
	w.put(w.ws, "run-1", `run.started.v1 {"table_id":"`+table1+`"}`, `run.finished.v1 {}`)
	w.put(w.ws, "run-2", `run.started.v1 {"table_id":"`+table2+`"}`, `run.finished.v1 {}`)
	w.put(w.ws, "credit-1", `credit.debited.v1 {"table_id":"`+table1+`"}`) // the ledger is the workspace's
	want := []string{"table.cells_edited.v1", "run.started.v1", "run.finished.v1"}
	require.Equal(t, want, w.changes(key, "wait=0").types())
	require.Equal(t, append(want, "credit.debited.v1"), w.changes(w.owner.Client, "wait=0&table="+table1).types())
	key.Call(http.MethodGet, "/workspaces/"+string(w.ws)+"/changes?table="+table2, nil).Fails(404, "NOT_FOUND")
}

func TestTypesChooseByPattern(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{})
	w.edit(table1, 1)
	w.put(w.ws, "run-1", `run.started.v1 {}`, `run.finished.v1 {}`)
	require.Equal(t, []string{"run.started.v1", "run.finished.v1"}, w.changes(w.owner.Client, "wait=0&types=run.*").types())
	require.Equal(t, []string{"table.cells_edited.v1", "run.finished.v1"}, w.changes(w.owner.Client, "wait=0&types=table.cells_edited,*.finished.v1").types())
	var types []string
	w.owner.Call(http.MethodGet, "/event-types", nil).OK(&types)
	require.Contains(t, types, "run.started.v1")
	require.NotContains(t, types, "api_key.created.v1")
}

func TestBadQuestionsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{})
	for query, code := range map[string]string{
		"after=-1": "MALFORMED", "after=x": "MALFORMED", "after=99999999999999999999": "MALFORMED", "after=999": "POSITION_AHEAD", "types=%20": "VALIDATION_FAILED",
		"limit=0": "VALIDATION_FAILED", "limit=1001": "VALIDATION_FAILED", "wait=61": "VALIDATION_FAILED", "table=x": "NOT_FOUND", "nonsense=1": "VALIDATION_FAILED",
	} {
		a := w.owner.Call(http.MethodGet, "/workspaces/"+string(w.ws)+"/changes?"+query, nil)
		require.NotNil(t, a.Error, query)
		require.Equal(t, code, a.Error.Code, query)
	}
}

func TestACursorOfAnotherHistoryIsToldWhatStillHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{})
	for i := range 5 {
		w.edit(table1, i)
	}
	first := w.changes(w.owner.Client, "after=0&wait=0&limit=1")
	require.Equal(t, fmt.Sprint(first.Next, "@present"), first.Cursor)
	require.Equal(t, w.changes(w.owner.Client, fmt.Sprintf("after=%d&wait=0", first.Next)), w.changes(w.owner.Client, "wait=0&after="+url.QueryEscape(first.Cursor)))
	require.NotEmpty(t, w.changes(w.owner.Client, "wait=0&after=2@before").Events, "up to there it is the same log")
	for cursor, holds := range map[string]string{"3@before": "2", "1@unknown": "0", "999999@before": "2"} {
		a := w.owner.Call(http.MethodGet, "/workspaces/"+string(w.ws)+"/changes?after="+cursor, nil)
		a.Fails(http.StatusConflict, "HISTORY_CHANGED")
		require.Equal(t, []kernel.Detail{{Field: "common_position", Message: holds}}, a.Error.Details)
	}
}

func TestALongPollWaitsForTheNextEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{Poll: time.Hour})
	at := w.edit(table1, 1)
	answer := make(chan changes, 1)
	go func() { answer <- w.changes(w.owner.Client, fmt.Sprintf("after=%d&wait=60", at)) }()
	next := w.edit(table1, 2)
	got := <-answer
	require.Len(t, got.Events, 1)
	require.Equal(t, text(next), got.Events[0].Position)
	close(w.bells.ended) // a stop lets nobody wait
	require.Empty(t, w.changes(w.owner.Client, "after=now&wait=60").Events)
}

// frame is a Server-Sent Event.
type frame struct{ id, event, data string }

func (w *world) stream(c *apitest.Client, query, lastID string) (frames <-chan frame, status int, hangUp func()) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.URL+"/api/v1/workspaces/"+url.PathEscape(string(w.ws))+"/changes?"+query, nil)
	require.NoError(w.t, err)
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Accept", "text/event-stream")
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := http.DefaultClient.Do(req) //nolint:bodyclose // by the goroutine below
	require.NoError(w.t, err)
	out := make(chan frame, 10_000)
	go func() {
		defer close(out)
		defer res.Body.Close()
		var f frame
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			name, value, _ := strings.Cut(lines.Text(), ": ")
			switch name {
			case "id":
				f.id = value
			case "event":
				f.event = value
			case "data":
				f.data = value
			case "":
				out <- f
				f = frame{}
			}
		}
	}()
	hangUp = sync.OnceFunc(cancel)
	w.t.Cleanup(hangUp)
	return out, res.StatusCode, hangUp
}

func text(position int64) string { return strconv.FormatInt(position, 10) }

func nextChange(t *testing.T, frames <-chan frame) frame {
	t.Helper()
	for f := range frames {
		if f.event == "change" {
			return f
		}
	}
	require.Fail(t, "the stream ended")
	return frame{}
}

func TestTheStreamFollowsAndResumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{Page: 2, Poll: time.Hour})
	w.edit(table1, 1)
	second := w.edit(table1, 2)
	third := w.edit(table1, 3)
	frames, _, hangUp := w.stream(w.owner.Client, "", text(second-1))
	require.Equal(t, text(second)+"@present", nextChange(t, frames).id)
	require.Equal(t, text(third)+"@present", nextChange(t, frames).id)
	w.put(w.ws, "cells-"+table1, "table.cells_edited.v1 {\"table_id\":\"x\",\n\r\n\"n\":4}") // line breaks don't tear the event apart
	f := nextChange(t, frames)
	var e cloudevent.Event
	require.NoError(t, json.Unmarshal([]byte(f.data), &e))
	require.JSONEq(t, `{"table_id":"x","n":4}`, string(e.Data))
	hangUp()
	drain(frames)
}

func TestARevokedKeyIsSentAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, feedapi.Limits{Heartbeat: 10 * time.Millisecond})
	key := w.key(kernel.RoleViewer)
	frames, status, _ := w.stream(key, "after=now", "")
	require.Equal(t, 200, status)
	f := <-frames
	require.Equal(t, "ping", f.event)
	require.NotEmpty(t, f.id)
	var keys []authcmd.APIKey
	w.owner.Call(http.MethodGet, "/workspaces/"+string(w.ws)+"/api-keys", nil).OK(&keys)
	w.owner.Call(http.MethodDelete, "/workspaces/"+string(w.ws)+"/api-keys/"+string(keys[0].ID), nil).OK(nil)
	drain(frames)
}

// drain returns when the stream has ended.
func drain(frames <-chan frame) {
	for range frames {
		continue
	}
}
