package personcli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/cmd/internal/client"
	"github.com/morket/morket/cmd/internal/personcli"
)

// server has one erasure, which goes on by a state each time that it is looked at.
type server struct {
	mu    sync.Mutex
	asked string
	acts  []string
	state string
	fails bool
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const found = `"rows":[{"table_id":"tbl_1","row_ids":["row_1"]}],"found":[{"place":"table rows","count":1},{"place":"files","count":0}]`
	path := strings.TrimPrefix(r.URL.Path, "/api/v1/workspaces/ws_1/erasures")
	switch r.Method + " " + path {
	case "POST ":
		b, _ := io.ReadAll(r.Body)
		s.asked, s.state = string(b), "looking"
	case "GET /era_1":
		switch {
		case s.fails:
			s.state = "failed"
		case s.state == "looking":
			s.state = "waiting"
		case s.state == "erasing":
			s.state = "done"
		}
	case "POST /era_1/confirm":
		s.acts, s.state = append(s.acts, "confirm"), "erasing"
	case "POST /era_1/cancel":
		s.acts, s.state = append(s.acts, "cancel"), "cancelled"
	case "GET /era_1/export":
		_, _ = io.WriteString(w, `{"version":1}`)
		return
	default:
		w.WriteHeader(http.StatusNotFound)
	}
	certificate := "null"
	if s.state == "done" {
		certificate = `{"signature":"a.b.c"}`
	}
	_, _ = io.WriteString(w, `{"data":{"id":"era_1","state":"`+s.state+`",`+found+`,"certificate":`+certificate+`,"error":"too many rows"}}`)
}

func start(t *testing.T) (*server, personcli.Config, *bytes.Buffer) {
	t.Helper()
	s := &server{}
	at := httptest.NewServer(s)
	t.Cleanup(at.Close)
	c, err := client.New(client.Config{URL: at.URL, Key: "mk_1", Workspace: "ws_1"})
	require.NoError(t, err)
	var out bytes.Buffer
	dir := t.TempDir()
	return s, personcli.Config{
		Client: c, Emails: []string{"ada@example.com"}, Name: "Ada", Firm: "Acme", In: strings.NewReader("erase\n"), Err: &out,
		Out: filepath.Join(dir, "ada.json"), Certificate: filepath.Join(dir, "certificate.json"),
	}, &out
}

func TestAPersonIsErasedOnceTheWordIsTyped(t *testing.T) {
	t.Parallel()
	s, c, out := start(t)
	require.NoError(t, personcli.Erase(t.Context(), c))
	require.JSONEq(t, `{"emails":["ada@example.com"],"people":[{"name":"Ada","company":"Acme"}]}`, s.asked)
	require.Equal(t, []string{"confirm"}, s.acts)
	require.Contains(t, out.String(), "1 row about the person")
	require.Contains(t, out.String(), "table rows  1")
	require.NotContains(t, out.String(), "files", "where nothing was found")
	saved, err := os.ReadFile(c.Out)
	require.NoError(t, err)
	require.JSONEq(t, `{"version":1}`, string(saved))
	certificate, err := os.ReadFile(c.Certificate)
	require.NoError(t, err)
	require.True(t, json.Valid(certificate))
	require.Contains(t, string(certificate), "a.b.c")
}

func TestAnotherWordErasesNothing(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"", "yes\n", "Erase\n"} {
		s, c, _ := start(t)
		c.In = strings.NewReader(typed)
		require.ErrorContains(t, personcli.Erase(t.Context(), c), "nothing was erased")
		require.Equal(t, []string{"cancel"}, s.acts, "%q", typed)
		require.NoFileExists(t, c.Certificate)
	}
}

func TestWhatIsHeldIsSavedAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	s, c, out := start(t)
	require.NoError(t, personcli.Save(t.Context(), c))
	require.Equal(t, []string{"cancel"}, s.acts)
	require.FileExists(t, c.Out)
	require.Contains(t, out.String(), "of 1 row")
}

func TestWhatCantBeLookedForIsSaid(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*server, *personcli.Config){
		"--name goes with --company": func(_ *server, c *personcli.Config) { c.Firm = "" },
		"say whom":                   func(_ *server, c *personcli.Config) { c.Emails, c.Name, c.Firm = nil, "", "" },
		"too many rows":              func(s *server, _ *personcli.Config) { s.fails = true },
	} {
		s, c, _ := start(t)
		change(s, &c)
		require.ErrorContains(t, personcli.Erase(t.Context(), c), want)
		require.Empty(t, s.acts)
	}
	_, c, _ := start(t)
	c.Out = ""
	require.ErrorContains(t, personcli.Save(t.Context(), c), "--out")
}
