package tablecli_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/tablecli"
)

// leads is a server with one table; it notes the queries. An export of JSON Lines breaks off.
func leads(t *testing.T) (tablecli.Config, *bytes.Buffer, map[string]url.Values) {
	t.Helper()
	asked := map[string]url.Values{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/workspaces/ws_1/tables")
		asked[path] = r.URL.Query()
		switch path {
		case "":
			_, _ = io.WriteString(w, `{"data":[{"id":"tbl_1","name":"Leads"}]}`)
		case "/tbl_1":
			_, _ = io.WriteString(w, `{"data":{"id":"tbl_1","name":"Leads","columns":[{"id":"col_1","name":"Name"},{"id":"col_2","name":"Size"}]}}`)
		case "/tbl_1/rows":
			_, _ = io.WriteString(w, `{"data":[{"id":"row_1","cells":{"col_1":"Ann\u001b[31m\nBee","col_2":12345678901234567890.10}},{"id":"row_2","cells":{"col_1":"`+strings.Repeat("é", 50)+`"}}],"meta":{"next_cursor":"n"}}`)
		case "/tbl_1/cells/row_1/col_1/history":
			_, _ = io.WriteString(w, `{"data":[{"at":"2026-01-02T00:00:00Z","column_id":"col_1","value":"Ann","previous":null,"source":"run","provider":"p","actor":{"kind":"user","name":"Me"},"credits_mc":7}]}`)
		case "/tbl_1/export":
			_, _ = io.WriteString(w, "Name,Size\nAnn,1\n")
			if r.URL.Query().Get("format") == "jsonl" {
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}
		default:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":{"message":"there is no such row"}}`)
		}
	}))
	t.Cleanup(s.Close)
	c, err := client.New(client.Config{URL: s.URL, Key: "mk_1", Workspace: "ws_1"})
	require.NoError(t, err)
	var out bytes.Buffer
	return tablecli.Config{Client: c, Table: "leads", Limit: 2, Format: tablecli.FormatText, Out: &out}, &out, asked
}

func TestRowsAreSafeToShowAndWholeInJSON(t *testing.T) {
	t.Parallel()
	c, out, asked := leads(t)
	c.Filter, c.Text, c.Sort = `{"column":"Name","op":"not_empty"}`, "a", []string{"size:desc"}
	require.NoError(t, tablecli.Rows(t.Context(), c))
	require.Equal(t, "id     Name                                      Size\n"+
		"row_1  Ann·[31m Bee                              12345678901234567890.10\n"+
		"row_2  "+strings.Repeat("é", 39)+"…  \n", out.String())
	require.Equal(t, url.Values{"filter": {c.Filter}, "q": {"a"}, "sort": {"col_2:desc"}, "limit": {"2"}}, asked["/tbl_1/rows"])

	out.Reset()
	c.Format, c.Fields, c.Limit = tablecli.FormatJSONL, []string{"Size", "Name"}, 1
	require.NoError(t, tablecli.Rows(t.Context(), c))
	require.JSONEq(t, `{"id":"row_1","cells":{"Name":"Ann\u001b[31m\nBee","Size":12345678901234567890.10}}`, out.String())
	require.Contains(t, out.String(), "12345678901234567890.10", "numbers are kept as written")
	require.Equal(t, "col_2,col_1", asked["/tbl_1/rows"].Get("fields"))
}

func TestWrongWordsSayWhatIsPossible(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*tablecli.Config){
		"--format is text or jsonl": func(c *tablecli.Config) { c.Format = "xml" },
		"--limit is 1 or more":      func(c *tablecli.Config) { c.Limit = 0 },
		"--filter is JSON like":     func(c *tablecli.Config) { c.Filter = "Name=Ann" },
		"it has: Name, Size":        func(c *tablecli.Config) { c.Fields = []string{"Age"} },
		"there are: Leads":          func(c *tablecli.Config) { c.Table = "Deals" },
	} {
		c, out, _ := leads(t)
		change(&c)
		require.ErrorContains(t, tablecli.Rows(t.Context(), c), want)
		require.Empty(t, out.String())
	}
}

func TestHistoryTellsWhoWroteWhat(t *testing.T) {
	t.Parallel()
	c, out, _ := leads(t)
	require.NoError(t, tablecli.History(t.Context(), c, "row_1", "name"))
	require.Equal(t, "at                    column  before  after  by      source\n2026-01-02T00:00:00Z  Name            Ann    Me (p)  run\n", out.String())
	out.Reset()
	c.Format = tablecli.FormatJSONL
	require.NoError(t, tablecli.History(t.Context(), c, "row_1", "name"))
	require.Contains(t, out.String(), `"credits_mc":7`)
	require.ErrorContains(t, tablecli.History(t.Context(), c, "row_9", ""), "there is no such row")
}

func TestAnExportIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	c, out, _ := leads(t)
	var told bytes.Buffer
	dir := t.TempDir()
	file := filepath.Join(dir, "leads.CSV")
	require.NoError(t, tablecli.Export(t.Context(), tablecli.ExportConfig{Config: c, File: file, Err: &told}))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "Name,Size\nAnn,1\n", string(text))
	require.Equal(t, "Leads: 16 bytes in "+file+"\n", told.String())

	require.ErrorIs(t, tablecli.Export(t.Context(), tablecli.ExportConfig{Config: c, File: filepath.Join(dir, "broken.jsonl"), Err: &told}), io.ErrUnexpectedEOF)
	require.ErrorContains(t, tablecli.Export(t.Context(), tablecli.ExportConfig{Config: c, File: filepath.Join(dir, "leads.xlsx"), Err: &told}), "ends in .csv or .jsonl")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left of a failure")

	require.NoError(t, tablecli.Export(t.Context(), tablecli.ExportConfig{Config: c, Err: &told}))
	require.Equal(t, "Name,Size\nAnn,1\n", out.String())
}
