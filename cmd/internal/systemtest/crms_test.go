package systemtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/crm/hubspottwin"
)

// syncRun is what the tests need of the API's run of a sync.
type syncRun struct {
	ID     string `json:"id"`
	State  string `json:"state"`
	Reason string `json:"reason"`
	Counts struct {
		Created, Updated, Archived, Unchanged, Skipped, Failed, Conflicts, Unknown, Gone int
	} `json:"counts"`
}

// syncRecord is what they need of one of its records.
type syncRecord struct {
	Label    string `json:"label"`
	RecordID string `json:"record_id"`
	Action   string `json:"action"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Changes  []struct{ Field, Before, After string }
}

// crmEnv are the settings with which HubSpot's stand-in is at the address.
func crmEnv(at string) []string {
	return []string{"MORKET_CRM_URLS=hubspot=" + at, "MORKET_HUBSPOT_CLIENT_ID=app", "MORKET_HUBSPOT_CLIENT_SECRET=app-secret-canary"}
}

// connected connects HubSpot's stand-in as a browser does, and returns the connection's id.
func connected(c *client) string {
	c.t.Helper()
	return connectedTo(c, "hubspot")
}

// connectedTo connects a vendor's stand-in.
func connectedTo(c *client, vendor string) string {
	c.t.Helper()
	begun := c.call(http.StatusCreated, http.MethodPost, c.ws+"/integrations/"+vendor+"/connect", map[string]any{})
	cookie, _, _ := strings.Cut(begun.Header.Get("Set-Cookie"), ";")
	require.True(c.t, strings.HasPrefix(cookie, "morket_connect="), cookie)
	require.Contains(c.t, begun.Header.Get("Set-Cookie"), "HttpOnly")
	asked := regexp.MustCompile(`"url":"([^"]+)"`).FindStringSubmatch(string(begun.Raw))
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(at, cookie string) (location, page string) {
		req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, at, nil)
		require.NoError(c.t, err)
		if cookie != "" {
			req.Header.Set("Cookie", cookie)
		}
		res, err := browser.Do(req)
		require.NoError(c.t, err)
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		require.NoError(c.t, err)
		return res.Header.Get("Location"), string(body)
	}
	back, _ := get(strings.ReplaceAll(asked[1], `\u0026`, "&"), "")
	require.Contains(c.t, back, "/api/v1/integrations/callback/"+vendor+"?")
	_, page := get(back, "")
	require.Contains(c.t, page, "failed=", "another browser can't complete it")
	_, page = get(back, cookie)
	require.Contains(c.t, page, "connected=con_")
	_, again := get(back, cookie)
	require.Contains(c.t, again, "failed=", "an answer is taken once")
	return regexp.MustCompile(`con_[0-9A-Z]{26}`).FindString(page)
}

// pushing is a workspace with people of a table and HubSpot's stand-in.
type pushing struct {
	c     *client
	s     *server
	twin  *hubspottwin.Twin
	table tableInfo
	conn  string
	sync  string
}

func newPushing(t *testing.T, around func(*server, http.Handler) http.Handler) *pushing {
	t.Helper()
	twin := hubspottwin.New(hubspottwin.Config{Now: time.Now, ClientID: "app", ClientSecret: "app-secret-canary"})
	f := &pushing{twin: twin}
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { around(f.s, twin).ServeHTTP(w, r) }))
	t.Cleanup(vendor.Close)
	f.s = newServer(t, crmEnv(vendor.URL)...)
	f.s.start()
	f.c = signUp(t, f.s)
	f.conn = connected(f.c)
	f.table = in[tableInfo](f.c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "People", "columns": []any{
		map[string]any{"name": "Email", "type": "email"}, map[string]any{"name": "First name", "type": "text"}, map[string]any{"name": "Company", "type": "text"},
	}})
	return f
}

func (f *pushing) row(email, first, company string) {
	f.c.t.Helper()
	f.rows([]string{email, first, company})
}

// rows adds rows of an address, a first name and a company.
func (f *pushing) rows(list ...[]string) {
	f.c.t.Helper()
	var operations []any
	for _, r := range list {
		operations = append(operations, map[string]any{"op": "insert", "cells": map[string]any{"Email": r[0], "First name": r[1], "Company": r[2]}})
	}
	f.c.call(http.StatusOK, http.MethodPost, f.c.ws+"/tables/"+f.table.ID+"/rows:batch", map[string]any{"operations": operations})
}

func (f *pushing) save() {
	f.c.t.Helper()
	f.sync = in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs", map[string]any{
		"name": "People to HubSpot", "connection_id": f.conn, "object": "contacts", "table_id": f.table.ID,
		"keys": []any{map[string]any{"field": "email", "column_id": f.table.column("Email")}},
		"mappings": []any{
			map[string]any{"field": "firstname", "column_id": f.table.column("First name")},
			map[string]any{"field": "company", "column_id": f.table.column("Company"), "only_if_empty": true},
		},
		"create": true, "max_records": 1000,
	}).ID
}

// ended begins a run by a request and waits for its end.
func (f *pushing) ended(path string, body map[string]any) syncRun {
	f.c.t.Helper()
	id := in[syncRun](f.c, http.StatusCreated, http.MethodPost, path, body).ID
	return f.end(id)
}

func (f *pushing) end(id string) (run syncRun) {
	f.c.t.Helper()
	f.s.eventually(2*doneWithin, "the run's end", func() bool {
		run = in[syncRun](f.c, http.StatusOK, http.MethodGet, "/sync-runs/"+id, nil)
		return run.State != "running"
	})
	return run
}

func (f *pushing) records(id string) []syncRecord {
	f.c.t.Helper()
	return in[[]syncRecord](f.c, http.StatusOK, http.MethodGet, "/sync-runs/"+id+"/records", nil)
}

// TestPeopleGoToHubSpotAndBack: a dry run writes nothing, a push does what it said, and its reversal gives back what is still ours.
func TestPeopleGoToHubSpotAndBack(t *testing.T) {
	t.Parallel()
	f := newPushing(t, func(_ *server, twin http.Handler) http.Handler { return twin })
	ada := f.twin.Seed("contacts", map[string]string{"email": "ada@acme.example", "firstname": "A.", "company": "Acme"}, time.Now().Add(-time.Hour))
	bob := f.twin.Seed("contacts", map[string]string{"email": "bob@acme.example", "firstname": "Bob"}, time.Now().Add(-time.Hour))
	f.row("Ada@acme.example", "Ada", "Acme Ltd")
	f.row("bob@acme.example", "Robert", "Builders")
	f.row("new@acme.example", "Newt", "Newcomers")
	f.row("", "Nobody", "Nowhere")
	f.save()

	dry := f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": true})
	require.Equal(t, "completed", dry.State, "%+v", dry)
	require.Equal(t, []int{1, 2, 1}, []int{dry.Counts.Created, dry.Counts.Updated, dry.Counts.Skipped}, "%+v", dry)
	require.Equal(t, "A.", f.twin.Values("contacts", ada)["firstname"])
	require.Len(t, f.twin.IDs("contacts"), 2)

	push := f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": false})
	require.Equal(t, dry.Counts, push.Counts, "%+v", push)
	require.Equal(t, "Ada", f.twin.Values("contacts", ada)["firstname"])
	require.Equal(t, "Acme", f.twin.Values("contacts", ada)["company"], "it had a value")
	require.Len(t, f.twin.IDs("contacts"), 3)
	list := f.records(push.ID)
	require.Len(t, list, 4)
	require.Equal(t, "A.", list[0].Changes[0].Before)
	require.NotEmpty(t, list[2].RecordID)
	require.Contains(t, list[3].Reason, "no value to find its record by")

	again := f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": false})
	require.Equal(t, 3, again.Counts.Unchanged, "%+v", again)

	f.twin.Edit("contacts", bob, map[string]string{"firstname": "Bobby"})
	back := f.ended("/sync-runs/"+push.ID+"/reverse", map[string]any{"dry": false, "archive_created": true})
	require.Equal(t, []int{2, 1}, []int{back.Counts.Updated, back.Counts.Archived}, "%+v", back)
	require.Equal(t, "A.", f.twin.Values("contacts", ada)["firstname"])
	require.Equal(t, "Bobby", f.twin.Values("contacts", bob)["firstname"], "what a person has changed since stays")
	require.Empty(t, f.twin.Values("contacts", bob)["company"])
	require.Len(t, f.twin.IDs("contacts"), 2)

	f.c.call(http.StatusOK, http.MethodDelete, f.c.ws+"/integrations/"+f.conn, nil)
	f.c.call(http.StatusUnprocessableEntity, http.MethodPost, f.c.ws+"/syncs/"+f.sync+"/run", map[string]any{"dry": true})
	f.s.verify()
}

// TestAKilledPushMakesNoRecordTwice: the server is killed after HubSpot has written a batch and before its answer comes.
func TestAKilledPushMakesNoRecordTwice(t *testing.T) {
	t.Parallel()
	wrote, answer := make(chan struct{}), make(chan struct{})
	var writes atomic.Int32
	f := newPushing(t, func(_ *server, twin http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasSuffix(r.URL.Path, "/batch/upsert") || writes.Add(1) > 1 {
				twin.ServeHTTP(w, r)
				return
			}
			twin.ServeHTTP(httptest.NewRecorder(), r)
			close(wrote)
			<-answer
		})
	})
	for _, who := range []string{"ada", "bob", "cy"} {
		f.row(who+"@acme.example", who, "Acme")
	}
	f.save()
	id := in[syncRun](f.c, http.StatusCreated, http.MethodPost, "/syncs/"+f.sync+"/run", map[string]any{"dry": false}).ID
	<-wrote
	f.s.kill()
	close(answer)
	require.Len(t, f.twin.IDs("contacts"), 3)
	f.s.start()
	run := f.end(id)
	require.Equal(t, "completed", run.State, "%+v", run)
	require.Equal(t, 3, run.Counts.Created, "%+v", run)
	require.Len(t, f.twin.IDs("contacts"), 3)
	require.EqualValues(t, 1, writes.Load(), "what was found written isn't written again")
}

// crmResources connects HubSpot's stand-in, saves a sync and makes a dry run of it: one of each for the matrix of resources.
func crmResources(s *server, c *client, table tableInfo, word string, ids map[string]string) {
	c.t.Helper()
	f := &pushing{s: s, c: c, table: table, conn: connected(c)}
	f.sync = in[syncRun](c, http.StatusCreated, http.MethodPost, "/syncs", map[string]any{
		"name": "sync " + word, "connection_id": f.conn, "object": "companies", "table_id": table.ID,
		"keys":     []any{map[string]any{"field": "name", "column_id": table.column("Name")}},
		"mappings": []any{map[string]any{"field": "city", "column_id": table.column("Name")}}, "create": true, "max_records": 10,
	}).ID
	ids["connectionId"], ids["syncId"] = f.conn, f.sync
	ids["syncRunId"] = f.ended("/syncs/"+f.sync+"/run", map[string]any{"dry": true}).ID
}
