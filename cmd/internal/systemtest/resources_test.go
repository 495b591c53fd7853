package systemtest_test

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// everyResource makes one of everything in the client's workspace and returns the ids by the names that paths have for them.
func everyResource(t *testing.T, s *server, c *client) map[string]string {
	t.Helper()
	return furnish(t, s, c, "private-"+strings.ToLower(c.user[len("usr_"):]))
}

// furnish is everyResource with the word, of letters, digits and hyphens, in every name and value.
func furnish(t *testing.T, s *server, c *client, word string) map[string]string {
	t.Helper()
	type made struct {
		ID    string `json:"id"`
		Token string `json:"token"`
	}
	post := func(path string, body any) string {
		return in[made](c, http.StatusCreated, http.MethodPost, path, body).ID
	}
	ids := map[string]string{"workspaceId": c.ws[strings.LastIndexByte(c.ws, '/')+1:], "userId": c.user, "slug": "email_check", "seq": "1", "name": "credit", "kind": "projection", "unit": "credit", "stream": "credit-x"}
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{
		"name": "Estate " + word, "columns": []any{
			map[string]any{"name": "Name", "type": "text", "description": word}, map[string]any{"name": "Age", "type": "number"}, map[string]any{"name": word, "type": "text"},
		},
	})
	ids["tableId"], ids["columnId"] = table.ID, table.column("Name")
	batch := in[struct {
		Results []struct {
			RowID string `json:"row_id"`
		} `json:"results"`
	}](c, http.StatusOK, http.MethodPost, "/tables/"+table.ID+"/rows:batch", map[string]any{"operations": []any{
		map[string]any{"op": "insert", "cells": map[string]any{"Name": word, "Age": 7, word: word}},
	}})
	ids["rowId"] = batch.Results[0].RowID
	ids["viewId"] = post("/tables/"+table.ID+"/views", map[string]any{"name": "All " + word, "shared": true, "filter": map[string]any{"column": ids["columnId"], "op": "is", "value": word}})
	ids["branchId"] = post("/tables/"+table.ID+"/branches", map[string]any{"name": "branch " + word})
	ids["importId"] = in[made](c, http.StatusCreated, http.MethodPost, "/imports?filename="+word+".csv", raw("Name,Age\n"+word+",1\n"), "Content-Type", "text/csv").ID
	ids["keyId"] = post("/api-keys", map[string]any{"name": "robot " + word, "role": "member"})
	ids["invitationId"] = post("/invitations", map[string]any{"email": "guest@" + word + ".example.com", "role": "member"})
	ids["token"] = invitationToken(t, s, word)
	sessions := in[[]made](&client{t: t, base: c.base, token: c.token, at: c.at}, http.StatusOK, http.MethodGet, "/api/v1/auth/sessions", nil)
	require.NotEmpty(t, sessions)
	ids["sessionId"] = sessions[0].ID
	ids["passkeyId"] = addPasskey(s, c, word, passkeyDevice(s))
	ids["jobId"] = finishedJob(s, c, job(word+"@example.com"))
	ids["credentialId"] = post("/credentials", map[string]any{"provider": "http_api", "name": "key " + word, "secret": map[string]any{"token": "not a secret 1234"}})
	ids["searchId"] = post("/search/saved", map[string]any{"name": "search " + word, "shared": true, "query": map[string]any{"q": word, "filters": map[string]any{"tables": []string{table.ID}}}})
	said := in[struct {
		Thread  string `json:"thread_id"`
		Comment string `json:"comment_id"`
	}](c, http.StatusCreated, http.MethodPost, "/tables/"+table.ID+"/comments", map[string]any{"row_id": ids["rowId"], "column_id": ids["columnId"], "text": word})
	ids["threadId"], ids["commentId"] = said.Thread, said.Comment
	ids["webhookId"] = post("/webhooks", map[string]any{"url": "https://" + word + ".invalid/" + word, "description": word, "tables": []string{table.ID}})
	ids["position"] = delivery(c, ids["webhookId"])
	ids["sourceId"], ids["findId"] = found(c, table, word)
	ids["dedupId"], ids["group"] = duplicate(c, table, word), "1"
	ids["exportId"], ids["link"] = fileOf(c, table)
	ids["erasureId"] = c.lookFor(s, map[string]any{"emails": []string{"nobody@" + word + ".example.com"}}).ID
	crmResources(s, c, table, word, ids)
	ids["workflowId"], ids["workflowRunId"] = automated(c, table, word)
	ids["address"] = path.Base(in[struct{ Path string }](c, http.StatusCreated, http.MethodPost, "/workflows/"+ids["workflowId"]+"/hook", map[string]any{}).Path)
	return ids
}

// automated makes a workflow that goes through the table, and a run of it that has ended.
func automated(c *client, table tableInfo, word string) (workflow, run string) {
	c.t.Helper()
	type made struct{ ID string }
	workflow = in[made](c, http.StatusCreated, http.MethodPost, "/workflows", map[string]any{"name": "goes " + word, "graph": map[string]any{
		"nodes": []any{
			map[string]any{"id": "go", "kind": "manual", "x": 0, "y": 0, "config": map[string]any{}},
			map[string]any{"id": "rows", "kind": "table_rows", "name": word, "x": 1, "y": 0, "config": map[string]any{"table_id": table.ID}},
		},
		"edges": []any{map[string]any{"from": "go", "to": "rows"}},
	}}).ID
	run = in[made](c, http.StatusCreated, http.MethodPost, "/workflows/"+workflow+"/run", map[string]any{}).ID
	require.Eventually(c.t, func() bool {
		r, err := c.try(c.t.Context(), http.MethodGet, c.ws+"/workflow-runs/"+run, nil)
		return err == nil && strings.Contains(string(r.Raw), `"state":"completed"`)
	}, doneWithin, 20*time.Millisecond, "the run has ended")
	return workflow, run
}

// duplicate looks for duplicates in two equal rows, and waits until they are found.
func duplicate(c *client, table tableInfo, word string) (scan string) {
	c.t.Helper()
	type made struct{ ID string }
	same := map[string]any{"op": "insert", "cells": map[string]any{"Name": "twin " + word}}
	c.call(http.StatusOK, http.MethodPost, c.ws+"/tables/"+table.ID+"/rows:batch", map[string]any{"operations": []any{same, same}})
	scan = in[made](c, http.StatusCreated, http.MethodPost, "/tables/"+table.ID+"/duplicate-scans", map[string]any{
		"threshold": 0.8, "keys": []any{map[string]any{"column_id": table.column("Name"), "match": "text"}},
	}).ID
	require.Eventually(c.t, func() bool {
		r, err := c.try(c.t.Context(), http.MethodGet, c.ws+"/tables/"+table.ID+"/duplicate-jobs/"+scan, nil)
		return err == nil && strings.Contains(string(r.Raw), `"state":"completed"`)
	}, doneWithin, 20*time.Millisecond, "the scan has ended")
	return scan
}

// fileOf makes a file of the table in the background, waits until it is ready, and returns the signed link too.
func fileOf(c *client, table tableInfo) (id, link string) {
	c.t.Helper()
	type made struct{ ID string }
	id = in[made](c, http.StatusCreated, http.MethodPost, "/tables/"+table.ID+"/exports", map[string]any{}).ID
	require.Eventually(c.t, func() bool {
		link = in[struct {
			URL string `json:"url"`
		}](c, http.StatusOK, http.MethodGet, "/exports/"+id, nil).URL
		return link != ""
	}, doneWithin, 20*time.Millisecond, "the file is ready")
	return id, link[strings.LastIndexByte(link, '/')+1:]
}

// found saves a search and begins a run of it, which ends without a call: its credential is made for no vendor's host.
func found(c *client, table tableInfo, word string) (source, run string) {
	c.t.Helper()
	type made struct{ ID string }
	key := in[made](c, http.StatusCreated, http.MethodPost, "/credentials", map[string]any{
		"provider": "apollo", "name": "vendor " + word, "secret": map[string]any{"api_key": "not a secret 1234"}, "hosts": []string{"127.0.0.1"},
	}).ID
	source = in[made](c, http.StatusCreated, http.MethodPost, "/sources", map[string]any{
		"name": "found " + word, "search": "apollo_people", "credential_id": key, "filters": map[string][]string{"person_titles": {word}},
		"table_id": table.ID, "targets": []any{map[string]any{"field": "name", "column_id": table.column("Name")}}, "max_rows": 10, "max_credits": 0,
	}).ID
	run = in[made](c, http.StatusCreated, http.MethodPost, "/sources/"+source+"/run", nil).ID
	require.Eventually(c.t, func() bool {
		r, err := c.try(c.t.Context(), http.MethodGet, c.ws+"/finds?source="+source, nil)
		return err == nil && strings.Contains(string(r.Raw), `"state":"failed"`)
	}, doneWithin, 20*time.Millisecond, "the run has ended")
	return source, run
}

// delivery asks for a test event and returns what names its delivery.
func delivery(c *client, webhook string) string {
	c.t.Helper()
	position := c.call(http.StatusOK, http.MethodPost, c.ws+"/webhooks/"+webhook+"/test", nil).Header.Get("Morket-Position")
	require.Eventually(c.t, func() bool {
		r, err := c.try(c.t.Context(), http.MethodGet, c.ws+"/webhooks/"+webhook+"/deliveries/"+position, nil)
		return err == nil && r.Status == http.StatusOK
	}, doneWithin, 20*time.Millisecond, "the test event is in the queue")
	return position
}

// finishedJob starts a run and waits for its end. What is written after it has a higher position than all that the run has caused.
func finishedJob(s *server, c *client, job map[string]any) string {
	s.t.Helper()
	type run struct{ ID, State string }
	r := in[run](c, http.StatusCreated, http.MethodPost, "/enrichment-jobs", job)
	s.eventually(doneWithin, "the run's end", func() bool {
		r = in[run](c, http.StatusOK, http.MethodGet, "/enrichment-jobs/"+r.ID, nil)
		return r.State == "completed" || r.State == "partially_completed" || r.State == "failed"
	})
	return r.ID
}

// job is a run over a record of the request's own.
func job(mail string) map[string]any {
	step := map[string]any{"provider": "email_check", "inputs": map[string]any{"email": map[string]any{"column": "mail"}}, "output": "email"}
	return map[string]any{"inline": map[string]any{"config": map[string]any{"steps": []any{step}}, "records": []any{map[string]any{"mail": mail}}}}
}

var linkToken = regexp.MustCompile(`[0-9a-f]{64}`)

// invitationToken finds the token in the mail to the guest with the word in the address: it is in no answer that can be asked for again.
func invitationToken(t *testing.T, s *server, word string) string {
	t.Helper()
	var token string
	s.eventually(doneWithin, "the mail to the guest is in the outbox", func() bool {
		files, err := filepath.Glob(filepath.Join(s.dir, "outbox", "*"))
		require.NoError(t, err)
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err == nil && strings.Contains(strings.ReplaceAll(string(text), "=\r\n", ""), "guest@"+word) {
				token = linkToken.FindString(strings.ReplaceAll(string(text), "=\r\n", ""))
			}
		}
		return token != ""
	})
	return token
}
