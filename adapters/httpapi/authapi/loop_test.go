package authapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
)

func TestSignUpWorkAndComeBack(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.Client()
	var in authapi.SignedIn
	a := ann.Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: "Ann@Example.com", Password: apitest.Password, Name: "Ann"}).OK(&in)
	require.Equal(t, http.StatusCreated, a.Status)
	require.Equal(t, "ann@example.com", in.User.Email)
	require.NotEmpty(t, a.Header.Get("Morket-Position"))
	ann.Token = in.AccessToken

	var ws workspacecmd.Workspace
	made := ann.Call(http.MethodPost, "/workspaces", map[string]string{"name": "Größe & Co"}).OK(&ws)
	require.Equal(t, "grosse-co", ws.Slug)
	require.Equal(t, kernel.RoleOwner, ws.Role)

	var list []workspacecmd.Workspace
	ann.Call(http.MethodGet, "/workspaces", nil, "Morket-Min-Position", made.Header.Get("Morket-Position")).OK(&list)
	require.Equal(t, []workspacecmd.Workspace{ws}, list)

	var me authapi.Me
	ann.Call(http.MethodGet, "/auth/me", nil).OK(&me)
	require.Equal(t, in.User, me.User)
	require.Equal(t, []authapi.MyWorkspace{{ID: ws.ID, Name: ws.Name, Slug: ws.Slug, TimeZone: "UTC", Role: kernel.RoleOwner}}, me.Workspaces)

	var again authapi.SignedIn
	ann.Call(http.MethodPost, "/auth/refresh", nil).OK(&again)
	require.NotEqual(t, in.AccessToken, again.AccessToken)
	ann.Token = again.AccessToken
	ann.Call(http.MethodGet, "/auth/me", nil).OK(nil)

	other := w.Client()
	other.Call(http.MethodPost, "/auth/login", authapi.LoginBody{Email: "ANN@example.com ", Password: apitest.Password}).OK(&again)
	require.Equal(t, in.User, again.User)
}
