package mcpserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/mcpserver"
)

// connect returns a client's session with the tools, which ask a server that answers by path, and the requests that it got.
func connect(t *testing.T, answers map[string]string) (*mcp.ClientSession, *[]string) {
	t.Helper()
	asked := &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		path := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/api/v1/workspaces/ws_1")
		*asked = append(*asked, path+" "+r.URL.RawQuery+string(body))
		if r.URL.Query().Get("dry_run") != "" {
			path += "?dry_run"
		}
		answer, ok := answers[path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			answer = `{"error":{"message":"there is no such thing"}}`
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(client.Config{URL: s.URL, Key: "mk_1", Workspace: "ws_1"})
	require.NoError(t, err)
	here, there := mcp.NewInMemoryTransports()
	served, err := mcpserver.New(c, "test").Connect(t.Context(), there, nil)
	require.NoError(t, err)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), here, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, session.Close())
		_ = served.Wait()
	})
	return session, asked
}

// call returns the text of a tool's answer and whether it is an error.
func call(t *testing.T, s *mcp.ClientSession, name string, arguments map[string]any) (text string, failed bool) {
	t.Helper()
	res, err := s.CallTool(t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments})
	require.NoError(t, err)
	content, ok := res.Content[0].(*mcp.TextContent)
	require.True(t, ok)
	if !res.IsError {
		structured, err := json.Marshal(res.StructuredContent)
		require.NoError(t, err)
		require.JSONEq(t, content.Text, string(structured))
	}
	return content.Text, res.IsError
}

const leads = `{"data":{"id":"tbl_1","name":"Leads","columns":[{"id":"col_1","name":"Email","type":"email","kind":"data"},{"id":"col_2","name":"Note","type":"long_text","kind":"data"}],"views":[{"id":"viw_1","name":"Open"}]}}`

func TestEachToolSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	s, _ := connect(t, nil)
	list, err := s.ListTools(t.Context(), nil)
	require.NoError(t, err)
	readOnly := map[string]bool{}
	for _, tool := range list.Tools {
		require.NotEmpty(t, tool.Description)
		require.NotNil(t, tool.OutputSchema, tool.Name)
		schema, ok := tool.InputSchema.(map[string]any)
		require.True(t, ok)
		properties, _ := schema["properties"].(map[string]any)
		for name, p := range properties {
			property, ok := p.(map[string]any)
			require.True(t, ok)
			require.NotEmpty(t, property["description"], "%s: %s", tool.Name, name)
		}
		readOnly[tool.Name] = tool.Annotations.ReadOnlyHint
	}
	require.Equal(t, map[string]bool{
		"list_tables": true, "describe_table": true, "read_rows": true, "count_rows": true, "search": true, "row_history": true, "write_rows": false,
		"estimate_enrichment": true, "run_enrichment": false, "run_status": true,
	}, readOnly)
}

func TestRowsAreReadByName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 2001)
	s, asked := connect(t, map[string]string{
		"GET /tables/tbl_1":      leads,
		"GET /tables/tbl_1/rows": `{"data":[{"id":"row_1","cells":{"col_1":"a@b.c","col_2":"` + long + `"},"updated_at":"2026-01-01T00:00:00Z"}],"meta":{"next_cursor":"n"}}`,
	})
	text, failed := call(t, s, "read_rows", map[string]any{
		"table": "tbl_1", "view": "open", "sort": []string{"note:desc"}, "any": true,
		"where": []any{map[string]any{"column": "email", "op": "empty"}, map[string]any{"column": "Note", "op": "is", "value": "x"}},
	})
	require.False(t, failed, text)
	require.JSONEq(t, `{"rows":[{"id":"row_1","cells":{"Email":"a@b.c","Note":"`+strings.Repeat("ä", 2000)+`…"},"cut":["Note"],"updated_at":"2026-01-01T00:00:00Z"}],"next_cursor":"n"}`, text)
	require.Equal(t, "GET /tables/tbl_1/rows filter=%7B%22or%22%3A%5B%7B%22column%22%3A%22col_1%22%2C%22op%22%3A%22empty%22%7D%2C"+
		"%7B%22column%22%3A%22col_2%22%2C%22op%22%3A%22is%22%2C%22value%22%3A%22x%22%7D%5D%7D&limit=25&sort=col_2%3Adesc&view=viw_1", (*asked)[1])
}

func TestToolsRefuseAndSayWhatToDo(t *testing.T) {
	t.Parallel()
	row := `{"id":"row_1","cells":{"col_1":"` + strings.Repeat("x", 1999) + `"},"updated_at":""}`
	s, asked := connect(t, map[string]string{
		"GET /tables/tbl_1":      leads,
		"GET /tables/tbl_1/rows": `{"data":[` + strings.Repeat(row+",", 199) + row + `]}`,
	})
	for what, x := range map[string]struct {
		tool, want string
		arguments  map[string]any
	}{
		"an answer that is too large": {"read_rows", "ask with a smaller limit", map[string]any{"table": "tbl_1", "limit": 200}},
		"too many rows":               {"read_rows", "limit is between 1 and 200", map[string]any{"table": "tbl_1", "limit": 201}},
		"an unknown column":           {"read_rows", "it has: Email, Note", map[string]any{"table": "tbl_1", "columns": []string{"Phone"}}},
		"an unknown view":             {"count_rows", "it has: Open", map[string]any{"table": "tbl_1", "view": "Closed"}},
		"an unknown table":            {"describe_table", "Look at list_tables", map[string]any{"table": "tbl_2"}},
		"an unknown argument":         {"read_rows", "colums", map[string]any{"table": "tbl_1", "colums": []string{"Email"}}},
		"a delete":                    {"write_rows", "op is insert, update or upsert", map[string]any{"table": "tbl_1", "operations": []any{map[string]any{"op": "delete", "cells": map[string]any{}}}}},
		"nothing to write":            {"write_rows", "1 to 500", map[string]any{"table": "tbl_1", "operations": []any{}}},
		"a scope without its rows":    {"estimate_enrichment", "name 1 to 500 ids", map[string]any{"table": "tbl_1", "columns": []string{"Note"}, "scope": "rows"}},
	} {
		text, failed := call(t, s, x.tool, x.arguments)
		require.True(t, failed, what)
		require.Contains(t, text, x.want, what)
	}
	for _, r := range *asked {
		require.True(t, strings.HasPrefix(r, "GET "), "%s was sent", r)
	}
}

func TestARunStartsOnlyForTheCostThatWasAgreedTo(t *testing.T) {
	t.Parallel()
	s, asked := connect(t, map[string]string{
		"GET /tables/tbl_1":             leads,
		"POST /enrichment-jobs?dry_run": `{"data":{"estimate":{"records":2,"likely_mc":1500,"max_mc":2500,"max_usd_micros":10000,"per_provider":[{"provider":"p","calls":2}]}}}`,
		"POST /enrichment-jobs":         `{"data":{"id":"run_1","state":"pending","counts":{"total":2}}}`,
	})
	what := map[string]any{"table": "tbl_1", "columns": []string{"Note"}}
	text, failed := call(t, s, "estimate_enrichment", what)
	require.False(t, failed, text)
	require.JSONEq(t, `{"records":2,"likely_credits":1.5,"max_credits":2.5,"likely_usd":0,"max_usd":0.01,"providers":["p: 2 calls"]}`, text)
	for _, agreed := range []map[string]any{{}, {"max_credits": 2.499, "max_usd": 1}, {"max_credits": 2.5}} {
		for name, v := range what {
			agreed[name] = v
		}
		text, failed = call(t, s, "run_enrichment", agreed)
		require.True(t, failed, "%v: %s", agreed, text)
	}
	for _, r := range *asked {
		require.NotContains(t, r, "max_credits_mc", "nothing was started")
	}
	what["max_credits"], what["max_usd"] = 2.5, 0.01
	text, failed = call(t, s, "run_enrichment", what)
	require.False(t, failed, text)
	require.Contains(t, text, `"run":"run_1"`)
	require.Contains(t, (*asked)[len(*asked)-1], `"max_credits_mc":2500`)
}
