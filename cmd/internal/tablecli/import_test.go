package tablecli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/tablecli"
)

// importing is a server with one table whose imports end as told; it notes the requests that write.
func importing(t *testing.T, uploaded, ended string) (tablecli.ImportConfig, *bytes.Buffer, *[]string) {
	t.Helper()
	wrote := &[]string{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/api/v1/workspaces/ws_1")
		if r.Method == http.MethodPost {
			body, _ := io.ReadAll(r.Body)
			*wrote = append(*wrote, path+"?"+r.URL.RawQuery+" "+string(body))
		}
		switch path {
		case "/tables/tbl_1":
			_, _ = io.WriteString(w, `{"data":{"id":"tbl_1","name":"Leads","columns":[{"id":"col_1","name":"Email"}]}}`)
		case "/imports":
			_, _ = fmt.Fprintf(w, `{"data":{"id":"imp_1","state":"uploaded"%s}}`, uploaded)
		case "/imports/imp_1":
			_, _ = fmt.Fprintf(w, `{"data":{"id":"imp_1",%s}}`, ended)
		case "/imports/imp_1/errors.csv":
			_, _ = io.WriteString(w, "line,reason\n")
		default:
			_, _ = io.WriteString(w, `{"data":{"id":"imp_1","state":"importing","progress":0.5}}`)
		}
	}))
	t.Cleanup(s.Close)
	c, err := client.New(client.Config{URL: s.URL, Key: "mk_1", Workspace: "ws_1"})
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "leads.csv")
	require.NoError(t, os.WriteFile(file, []byte("Email\na@b.c\n"), 0o600))
	var told bytes.Buffer
	return tablecli.ImportConfig{Client: c, File: file, Table: "tbl_1", Err: &told}, &told, wrote
}

func TestAnImportTellsWhatCameIn(t *testing.T) {
	t.Parallel()
	c, told, wrote := importing(t, "", `"state":"completed","left_out":["Phone"],"counts":{"imported":3,"updated":2,"skipped":1}`)
	c.Keys = []string{"email"}
	require.NoError(t, tablecli.Import(t.Context(), c))
	require.Equal(t, "50 %\nLeads: 3 rows new, 2 changed, 1 left as they are, 0 records left out\n"+
		"the table has no columns of these names, which were left out: Phone\n", told.String())
	require.Equal(t, []string{
		"/imports?filename=leads.csv&table_id=tbl_1 Email\na@b.c\n",
		`/imports/imp_1/commit? {"key_columns":["col_1"],"mode":"upsert","table_id":"tbl_1"}`,
	}, *wrote)
}

func TestAnImportThatIsNotWholeFails(t *testing.T) {
	t.Parallel()
	const partly = `"state":"partially_completed","counts":{"imported":1,"failed":2}`
	for want, x := range map[string]struct{ uploaded, ended, errors string }{
		"2 records can't be in the table; --errors":    {"", partly, ""},
		"2 records can't be in the table; ":            {"", partly, "bad.csv"},
		"the import is failed: nothing can be read":    {"", `"state":"failed","error":"nothing can be read"`, ""},
		"the import is cancelled":                      {"", `"state":"cancelled"`, ""},
		"is not certain: name it with --encoding, for": {`,"unsure":true`, "", ""},
	} {
		c, _, _ := importing(t, x.uploaded, x.ended)
		if x.errors != "" {
			c.Errors = filepath.Join(t.TempDir(), x.errors)
			want += c.Errors
		}
		require.ErrorContains(t, tablecli.Import(t.Context(), c), want)
		if x.errors != "" {
			text, err := os.ReadFile(c.Errors)
			require.NoError(t, err)
			require.Equal(t, "line,reason\n", string(text))
		}
	}
	c, _, wrote := importing(t, `,"unsure":true`, `"state":"completed"`)
	c.Encoding = "windows-1252"
	require.NoError(t, tablecli.Import(t.Context(), c))
	require.Equal(t, `/imports/imp_1/preview? {"encoding":"windows-1252","table_id":"tbl_1"}`, (*wrote)[1])
}

func TestAnInterruptedImportSaysThatItGoesOn(t *testing.T) {
	t.Parallel()
	c, told, _ := importing(t, "", `"state":"importing"`)
	ctx, stop := context.WithCancel(t.Context())
	c.Err = io.MultiWriter(told, stopping(stop)) // at the first sign of progress
	require.ErrorIs(t, tablecli.Import(ctx, c), context.Canceled)
	require.Equal(t, "50 %\nthe import goes on at the server without this command\n", told.String())
}

// stopping is what interrupts a command when it writes.
type stopping func()

func (s stopping) Write(p []byte) (int, error) {
	s()
	return len(p), nil
}

func TestAnImportChecksBeforeItSends(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*tablecli.ImportConfig){
		"no such file":                    func(c *tablecli.ImportConfig) { c.File += ".gone" },
		"not a file with something in it": func(c *tablecli.ImportConfig) { c.File = filepath.Dir(c.File) },
		"it has: Email":                   func(c *tablecli.ImportConfig) { c.Keys = []string{"Phone"} },
	} {
		c, _, wrote := importing(t, "", "")
		change(&c)
		require.ErrorContains(t, tablecli.Import(t.Context(), c), want)
		require.Empty(t, *wrote)
	}
}
