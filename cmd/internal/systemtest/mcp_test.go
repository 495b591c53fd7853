package systemtest_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
)

// model is a program that uses the tools of `morket mcp`, as an assistant does.
type model struct {
	t       *testing.T
	session *mcp.ClientSession
}

// modelKey makes a key for a model.
func modelKey(c *client, role string, tables ...string) string {
	c.t.Helper()
	return in[struct {
		Key string `json:"key"`
	}](c, http.StatusCreated, http.MethodPost, "/api-keys", map[string]any{"name": "model", "role": role, "tables": tables}).Key
}

// atAddress starts `morket mcp --http`, and returns a model that goes there with a key of the role.
func atAddress(s *server, c *client, role string) *model {
	c.t.Helper()
	cmd := exec.Command(s.exe, "mcp", "--server", s.url, "--http", "127.0.0.1:0")
	cmd.Env = cleanEnv()
	says, err := cmd.StderrPipe()
	require.NoError(c.t, err)
	require.NoError(c.t, cmd.Start())
	line, err := bufio.NewReader(says).ReadString('\n')
	require.NoError(c.t, err)
	c.t.Cleanup(func() {
		require.NoError(c.t, cmd.Process.Signal(os.Interrupt))
		require.NoError(c.t, cmd.Wait(), "it ends when it is told to")
	})
	_, url, _ := strings.Cut(strings.TrimSpace(line), "tools at ")
	key := modelKey(c, role)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "systemtest", Version: "1"}, nil).Connect(c.t.Context(),
		&mcp.StreamableClientTransport{Endpoint: url, HTTPClient: oauth2.NewClient(c.t.Context(), oauth2.StaticTokenSource(&oauth2.Token{AccessToken: key}))}, nil)
	require.NoError(c.t, err)
	return &model{c.t, session}
}

// assistant starts `morket mcp` with a key of the role.
func assistant(s *server, c *client, role string, tables ...string) *model {
	c.t.Helper()
	key := modelKey(c, role, tables...)
	cmd := exec.Command(s.exe, "mcp", "--server", s.url)
	cmd.Env = append(cleanEnv(), "MORKET_API_KEY="+key)
	session, err := mcp.NewClient(&mcp.Implementation{Name: "systemtest", Version: "1"}, nil).Connect(c.t.Context(), &mcp.CommandTransport{Command: cmd}, nil)
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, session.Close()) })
	return &model{c.t, session}
}

// tool calls a tool and decodes its answer.
func tool[T any](m *model, name string, arguments map[string]any) T {
	m.t.Helper()
	res, err := m.session.CallTool(m.t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments})
	require.NoError(m.t, err)
	text, err := json.Marshal(res.StructuredContent)
	require.NoError(m.t, err)
	require.False(m.t, res.IsError, "%s: %s", name, said(res))
	var out T
	require.NoError(m.t, json.Unmarshal(text, &out), "%s", text)
	return out
}

// refused is what a tool says that doesn't do it.
func (m *model) refused(name string, arguments map[string]any) string {
	m.t.Helper()
	res, err := m.session.CallTool(m.t.Context(), &mcp.CallToolParams{Name: name, Arguments: arguments})
	require.NoError(m.t, err)
	require.True(m.t, res.IsError, "%s did it", name)
	return said(res)
}

// said is the text of an answer.
func said(res *mcp.CallToolResult) string {
	if text, ok := res.Content[0].(*mcp.TextContent); ok {
		return text.Text
	}
	return ""
}

type modelRows struct {
	Rows []struct {
		ID    string         `json:"id"`
		Cells map[string]any `json:"cells"`
	} `json:"rows"`
	Next string `json:"next_cursor"`
}

type modelRun struct {
	Run   string  `json:"run"`
	State string  `json:"state"`
	Ended bool    `json:"ended"`
	Spent float64 `json:"spent_credits"`
}

func TestAModelUsesTheTables(t *testing.T) {
	t.Parallel()
	s := newServer(t, "MORKET_PROVIDER_PRICES=email_check=2")
	s.start()
	c := demo(t, s)
	table := c.sample()
	m := assistant(s, c, "member")

	found := tool[modelRows](m, "read_rows", map[string]any{
		"table": "s&p 500", "where": []any{map[string]any{"column": "Symbol", "op": "in", "value": []string{"MSFT", "AAPL", "AMZN"}}},
		"sort": []string{"Symbol:desc"}, "columns": []string{"Company", "Symbol"}, "limit": 2,
	})
	require.Len(t, found.Rows, 2)
	require.Equal(t, "MSFT", found.Rows[0].Cells["Symbol"])
	require.Len(t, found.Rows[0].Cells, 2)
	require.NotEmpty(t, found.Next)
	require.Contains(t, m.refused("read_rows", map[string]any{"table": "S&P 500", "sort": []string{"Turnover"}}), `has no column "Turnover"; it has: `)
	require.Contains(t, m.refused("describe_table", map[string]any{"table": "Leads"}), "there are: S&P 500")

	tool[any](m, "write_rows", map[string]any{"table": table.ID, "operations": []any{
		map[string]any{"op": "update", "row": found.Rows[0].ID, "cells": map[string]any{"Company": "Microsoft, as the model says"}},
	}})
	history := tool[struct {
		Entries []struct{ Column, Value, Previous string } `json:"entries"`
	}](m, "row_history", map[string]any{"table": "S&P 500", "row": found.Rows[0].ID, "column": "company", "limit": 1})
	require.Equal(t, "Microsoft, as the model says", history.Entries[0].Value)
	require.Equal(t, found.Rows[0].Cells["Company"], history.Entries[0].Previous)
	require.Equal(t, "Company", history.Entries[0].Column)
	require.Equal(t, int64(503), tool[struct{ Count int64 }](m, "count_rows", map[string]any{"table": "S&P 500"}).Count)
	s.eventually(doneWithin, "the search finds it", func() bool {
		return tool[struct{ Total int }](m, "search", map[string]any{"text": `"as the model says"`}).Total == 1
	})

	reader := atAddress(s, c, "viewer")
	require.Equal(t, int64(503), tool[struct{ Count int64 }](reader, "count_rows", map[string]any{"table": "S&P 500"}).Count)
	require.Contains(t, reader.refused("write_rows", map[string]any{"table": table.ID, "operations": []any{
		map[string]any{"op": "insert", "cells": map[string]any{"Company": "Viewer's"}},
	}}), "role does not allow it")
	m.runsWhatWasAgreedTo(s, c)
	terminal(s, c, table, found.Rows[0].ID)
}

// terminal reads in a terminal what the model wrote.
func terminal(s *server, c *client, table tableInfo, row string) {
	c.t.Helper()
	key := in[struct {
		Key string `json:"key"`
	}](c, http.StatusCreated, http.MethodPost, "/api-keys", map[string]any{"name": "terminal", "role": "member", "tables": []string{table.ID}}).Key
	s.env = append(s.env, "MORKET_API_KEY="+key, "MORKET_SERVER="+s.url)
	told := func(code int, args ...string) string {
		c.t.Helper()
		out, got := s.tool(args...)
		require.Equal(c.t, code, got, out)
		require.NotContains(c.t, out, key)
		return out
	}
	require.Contains(c.t, told(0, "rows", "s&p 500", "--filter", `{"column":"Symbol","op":"is","value":"MSFT"}`), "Microsoft, as the model says")
	require.Contains(c.t, told(0, "history", table.ID, row, "Company"), "Microsoft, as the model says")
	file := filepath.Join(c.t.TempDir(), "companies.csv")
	require.Contains(c.t, told(0, "export", "S&P 500", "--out", file), "S&P 500: ")
	f, err := os.Open(file)
	require.NoError(c.t, err)
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	require.NoError(c.t, err)
	require.Len(c.t, records, 504, "a header and each company")
	changed := filepath.Join(c.t.TempDir(), "changed.csv")
	require.NoError(c.t, os.WriteFile(changed, []byte("Symbol,Company,Nowhere\nMSFT,Microsoft again,x\nNEWC,Newcomer,x\n"), 0o600))
	imported := told(0, "import", changed, "--table", "S&P 500", "--key-column", "symbol")
	require.Contains(c.t, imported, "S&P 500: 1 rows new, 1 changed")
	require.Contains(c.t, imported, "left out: Nowhere")
	require.Contains(c.t, told(0, "rows", "S&P 500", "--text", "Microsoft again"), "MSFT")
	require.Equal(c.t, int64(504), c.count(table.ID))
	require.Contains(c.t, told(1, "rows", "Leads"), "no table \"Leads\" that the key may see", "a key that is limited to tables sees no others")
}

// runsWhatWasAgreedTo is the path from an estimate to its answers.
func (m *model) runsWhatWasAgreedTo(s *server, c *client) {
	m.t.Helper()
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/credits/grants", map[string]any{"amount_mc": 100_000, "note": "for the model"})
	table := in[tableInfo](c, http.StatusCreated, http.MethodPost, "/tables", map[string]any{"name": "Leads", "columns": []any{map[string]any{"name": "Email", "type": "email"}}})
	step := map[string]any{"provider": "email_check", "inputs": map[string]any{"email": map[string]any{"column": table.Columns[0].ID}}, "output": "email"}
	c.call(http.StatusCreated, http.MethodPost, c.ws+"/tables/"+table.ID+"/enrichment-columns", map[string]any{"name": "Checked", "type": "text", "config": map[string]any{"steps": []any{step}}})
	c.table(table.ID) // waits until others see it, too
	written := tool[struct {
		Inserted int
		Results  []struct{ Status, Row string }
	}](m, "write_rows", map[string]any{"table": "leads", "operations": []any{
		map[string]any{"op": "insert", "cells": map[string]any{"Email": "ann@example.com"}},
		map[string]any{"op": "insert", "cells": map[string]any{"Email": "bob@example.com"}},
	}})
	require.Equal(m.t, 2, written.Inserted)
	require.Equal(m.t, "ok", written.Results[1].Status)

	what := map[string]any{"table": "Leads", "columns": []string{"Checked"}}
	estimate := tool[struct {
		Records int
		Max     float64 `json:"max_credits"`
	}](m, "estimate_enrichment", what)
	require.Equal(m.t, 2, estimate.Records)
	require.InDelta(m.t, 4, estimate.Max, 1e-9)
	require.Contains(m.t, m.refused("run_enrichment", what), "max_credits", "a cost has to be named")
	what["max_credits"] = estimate.Max - 1
	require.Contains(m.t, m.refused("run_enrichment", what), "not started: it may cost up to 4 credits")
	what["max_credits"] = estimate.Max
	run := tool[modelRun](m, "run_enrichment", what)
	s.eventually(doneWithin, "the run has ended", func() bool {
		run = tool[modelRun](m, "run_status", map[string]any{"run": run.Run})
		return run.Ended
	})
	require.Equal(m.t, "completed", run.State)
	require.InDelta(m.t, 4, run.Spent, 1e-9)
}
