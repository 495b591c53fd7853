package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/adapters/httpapi/workspaceapi"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
)

// Client is a browser or program that calls the API.
type Client struct {
	Token string // sent as the bearer token
	HTTP  *http.Client
	t     testing.TB
	url   string
}

// Client returns a client that is not signed in.
func (w *World) Client() *Client {
	jar, err := cookiejar.New(nil)
	require.NoError(w.t, err)
	return &Client{HTTP: &http.Client{Jar: jar}, t: w.t, url: w.URL}
}

// Answer is what the API said.
type Answer struct {
	Status int
	Header http.Header
	Raw    []byte
	Data   json.RawMessage `json:"data"`
	Error  *httpapi.ErrorBody
	Meta   httpapi.Meta

	t testing.TB
}

// Call calls the API with a body of JSON (a string is sent as it is, nil is none) and headers in pairs.
func (c *Client) Call(method, path string, body any, headers ...string) *Answer {
	c.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		require.NoError(c.t, err)
		r = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+"/api/v1"+path, r)
	require.NoError(c.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := c.HTTP.Do(req)
	require.NoError(c.t, err)
	defer func() { require.NoError(c.t, res.Body.Close()) }()
	a := &Answer{Status: res.StatusCode, Header: res.Header, t: c.t}
	a.Raw, err = io.ReadAll(res.Body)
	require.NoError(c.t, err)
	if len(a.Raw) > 0 {
		require.NoError(c.t, json.Unmarshal(a.Raw, a), "%s", a.Raw)
	}
	return a
}

// OK demands a success and reads its data into to, which may be nil.
func (a *Answer) OK(to any) *Answer {
	a.t.Helper()
	require.Less(a.t, a.Status, 300, "%s", a.Raw)
	require.Nil(a.t, a.Error)
	if to != nil {
		require.NoError(a.t, json.Unmarshal(a.Data, to), "%s", a.Data)
	}
	return a
}

// Fails demands an error with the status and code.
func (a *Answer) Fails(status int, code string) *Answer {
	a.t.Helper()
	require.Equal(a.t, status, a.Status, "%s", a.Raw)
	require.NotNil(a.t, a.Error, "%s", a.Raw)
	require.Equal(a.t, code, a.Error.Code, "%s", a.Raw)
	require.NotEmpty(a.t, a.Error.Message)
	return a
}

// Password is the password of the people that SignUp makes.
const Password = "correct horse battery"

// Person is a registered person.
type Person struct {
	*Client
	User authcmd.User
}

// SignUp makes an account and signs it in.
func (w *World) SignUp(email string) *Person {
	w.t.Helper()
	p := &Person{Client: w.Client()}
	var in authapi.SignedIn
	p.Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: email, Password: Password, Name: "Some Body"}).OK(&in)
	p.Token, p.User = in.AccessToken, in.User
	return p
}

// Workspace makes a workspace of the person's.
func (p *Person) Workspace(name string) workspacecmd.Workspace {
	p.t.Helper()
	var ws workspacecmd.Workspace
	p.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: name}).OK(&ws)
	return ws
}

// Join makes the person a member of the workspace by an invitation of the owner's.
func (w *World) Join(owner *Person, ws kernel.WorkspaceID, who *Person, role kernel.Role) {
	w.t.Helper()
	owner.Call(http.MethodPost, "/workspaces/"+string(ws)+"/invitations", workspaceapi.InviteBody{Email: who.User.Email, Role: role}).OK(nil)
	who.Call(http.MethodPost, "/invitations/"+w.Mails.Token(w.t)+"/accept", nil).OK(nil)
}
