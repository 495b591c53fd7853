package systemtest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// client is a person or a program that uses the API.
type client struct {
	t     *testing.T
	base  string
	token string
	user  string // id
	ws    string // path of the workspace, W in the API's documents
	at    int64  // the position of the last write, which reads wait for

	password string // of the person, where a test made the account
}

// reply is an answer of the API.
type reply struct {
	Status  int             `json:"-"`
	Header  http.Header     `json:"-"`
	Raw     []byte          `json:"-"`
	Success bool            `json:"success"`
	Data    json.RawMessage `json:"data"`
	Error   *struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
	Meta struct {
		RequestID  string `json:"request_id"`
		NextCursor string `json:"next_cursor"`
		Position   int64  `json:"position"`
		Stale      bool   `json:"stale"`
	} `json:"meta"`
}

func (r reply) into(v any) error {
	if err := json.Unmarshal(r.Raw, v); err != nil {
		return fmt.Errorf("%d %.300s: %w", r.Status, r.Raw, err)
	}
	return nil
}

// raw is a body that is sent as it is.
type raw []byte

const callTimeout = time.Minute

// try makes one request. headers are names and values in turn. An error means that there was no whole answer.
func (c *client) try(ctx context.Context, method, path string, body any, headers ...string) (reply, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var r reply
	var in []byte
	switch b := body.(type) {
	case nil:
	case raw:
		in = b
	default:
		var err error
		if in, err = json.Marshal(b); err != nil {
			return r, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(in))
	if err != nil {
		return r, err
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.at > 0 && method == http.MethodGet {
		req.Header.Set("Morket-Min-Position", strconv.FormatInt(c.at, 10))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer res.Body.Close()
	r.Status, r.Header = res.StatusCode, res.Header
	if r.Raw, err = io.ReadAll(res.Body); err != nil {
		return r, err
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") {
		err = r.into(&r)
	}
	return r, err
}

// call makes a request that must be answered with the status, and notes the position of a write.
func (c *client) call(status int, method, path string, body any, headers ...string) reply {
	c.t.Helper()
	r, err := c.try(c.t.Context(), method, path, body, headers...)
	for deadline := time.Now().Add(callTimeout); err == nil && method == http.MethodGet && (r.Meta.Stale || r.Error != nil && r.Error.Code == "STALE") && time.Now().Before(deadline); {
		r, err = c.try(c.t.Context(), method, path, body, headers...) // the machine is busy, or something has just come back
	}
	require.NoError(c.t, err, "%s %s", method, path)
	require.Equal(c.t, status, r.Status, "%s %s: %.1000s", method, path, r.Raw)
	c.wrote(r)
	if method == http.MethodGet {
		require.False(c.t, r.Meta.Stale, "%s %s: the read model is behind", method, path)
	}
	return r
}

// wrote notes the position of an answer to a write.
func (c *client) wrote(r reply) {
	if at, err := strconv.ParseInt(r.Header.Get("Morket-Position"), 10, 64); err == nil {
		c.at = max(c.at, at)
	}
}

// in calls an endpoint of the client's workspace and decodes its data.
func in[T any](c *client, status int, method, path string, body any, headers ...string) T {
	c.t.Helper()
	r := c.call(status, method, c.ws+path, body, headers...)
	var out T
	require.NoError(c.t, json.Unmarshal(r.Data, &out), "%s", r.Raw)
	return out
}

// session is the answer of sign-in and registration.
type session struct {
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	AccessToken string `json:"access_token"`
}

func (c *client) signedIn(r reply) {
	c.t.Helper()
	var s session
	require.NoError(c.t, json.Unmarshal(r.Data, &s))
	require.NotEmpty(c.t, s.AccessToken)
	c.token, c.user = s.AccessToken, s.User.ID
}

// demo signs in as the demo user, in the demo workspace.
func demo(t *testing.T, s *server) *client {
	t.Helper()
	c := &client{t: t, base: s.url}
	c.password = "morket-demo"
	c.signedIn(c.call(http.StatusOK, http.MethodPost, "/api/v1/auth/login", map[string]string{"email": "demo@morket.local", "password": c.password}))
	list := in[[]struct {
		ID   string `json:"id"`
		Slug string `json:"slug"`
	}](c, http.StatusOK, http.MethodGet, "/api/v1/workspaces", nil)
	require.Len(t, list, 1)
	require.Equal(t, "demo", list[0].Slug)
	c.ws = "/api/v1/workspaces/" + list[0].ID
	return c
}

// signUp registers a new user and makes a workspace of their own.
func signUp(t *testing.T, s *server) *client {
	t.Helper()
	return register(t, s, strings.ToLower(rand.Text())+"@example.com")
}

// register makes the user and a workspace of theirs.
func register(t *testing.T, s *server, email string) *client {
	t.Helper()
	c := &client{t: t, base: s.url, password: "correct horse battery"}
	c.signedIn(c.call(http.StatusCreated, http.MethodPost, "/api/v1/auth/register", map[string]string{"email": email, "password": c.password, "name": "New"}))
	ws := in[struct {
		ID string `json:"id"`
	}](c, http.StatusCreated, http.MethodPost, "/api/v1/workspaces", map[string]string{"name": "Newcomer's"})
	c.ws = "/api/v1/workspaces/" + ws.ID
	return c
}

// column and tableInfo are what the tests need of the API's Column and Table.
type column struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

type tableInfo struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	RowCount int64    `json:"row_count"`
	Columns  []column `json:"columns"`
}

func (t tableInfo) column(name string) string {
	for _, c := range t.Columns {
		if c.Name == name {
			return c.ID
		}
	}
	return ""
}

type row struct {
	ID    string                     `json:"id"`
	Cells map[string]json.RawMessage `json:"cells"`
}

// entry is one of a cell's history.
type entry struct {
	Value    json.RawMessage `json:"value"`
	Previous json.RawMessage `json:"previous"`
	Source   string          `json:"source"`
	Actor    struct {
		Kind string `json:"kind"`
		User string `json:"user_id"`
		Name string `json:"name"`
	} `json:"actor"`
}

func (c *client) table(id string) tableInfo {
	c.t.Helper()
	return in[tableInfo](c, http.StatusOK, http.MethodGet, "/tables/"+id, nil)
}

// sample is the table with the companies of the S&P 500.
func (c *client) sample() tableInfo {
	c.t.Helper()
	for _, t := range in[[]tableInfo](c, http.StatusOK, http.MethodGet, "/tables", nil) {
		if t.Name == "S&P 500" {
			return c.table(t.ID)
		}
	}
	c.t.Fatal("there is no sample table")
	return tableInfo{}
}

func (c *client) rows(table, query string) []row {
	c.t.Helper()
	return in[[]row](c, http.StatusOK, http.MethodGet, "/tables/"+table+"/rows?"+query, nil)
}

func (c *client) count(table string) int64 {
	c.t.Helper()
	return in[struct {
		Count int64 `json:"count"`
	}](c, http.StatusOK, http.MethodGet, "/tables/"+table+"/rows:count", nil).Count
}

// edit sets one cell.
func (c *client) edit(table, row, column string, value any, headers ...string) {
	c.t.Helper()
	c.call(http.StatusOK, http.MethodPatch, c.ws+"/tables/"+table+"/cells", edits(row, column, value), headers...)
}

func edits(row, column string, value any) map[string]any {
	return map[string]any{"edits": []any{map[string]any{"row_id": row, "column_id": column, "value": value}}}
}

func (c *client) history(table, row, column string) []entry {
	c.t.Helper()
	return in[[]entry](c, http.StatusOK, http.MethodGet, "/tables/"+table+"/cells/"+row+"/"+column+"/history", nil)
}
