package workspaceapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/httpapi/apitest"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/adapters/httpapi/workspaceapi"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/workspaceview"
)

func path(ws workspacecmd.Workspace, rest string) string {
	return "/workspaces/" + string(ws.ID) + rest
}

func invite(p *apitest.Person, ws workspacecmd.Workspace, email string, role kernel.Role) *apitest.Answer {
	return p.Call(http.MethodPost, path(ws, "/invitations"), workspaceapi.InviteBody{Email: email, Role: role})
}

func setRole(p *apitest.Person, ws workspacecmd.Workspace, who kernel.UserID, role kernel.Role) *apitest.Answer {
	return p.Call(http.MethodPut, path(ws, "/members/"+string(who)+"/role"), workspaceapi.ChangeRoleBody{Role: role})
}

func TestTheLifeOfAWorkspace(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	ws := ann.Workspace("Acme")
	var got workspacecmd.Workspace
	ann.Call(http.MethodGet, path(ws, ""), nil).OK(&got)
	require.Equal(t, ws, got)
	ann.Call(http.MethodPut, path(ws, ""), workspaceapi.ChangeBody{Name: "Acme Ltd", Slug: "acme-ltd"}).OK(&got)
	require.Equal(t, "Acme Ltd", got.Name)
	require.Equal(t, "acme-ltd", got.Slug)
	require.Equal(t, "UTC", got.TimeZone)
	ann.Call(http.MethodPut, path(ws, ""), workspaceapi.ChangeBody{TimeZone: "Europe/Berlin"}).OK(nil)
	ann.Call(http.MethodGet, path(ws, ""), nil).OK(&got)
	require.Equal(t, "Europe/Berlin", got.TimeZone)
	require.Equal(t, "Acme Ltd", got.Name, "what is absent stays")
	require.Equal(t, "acme", ann.Workspace("Acme").Slug, "the old slug is free again")

	ann.Call(http.MethodDelete, path(ws, ""), workspaceapi.RemoveBody{ConfirmName: "Acme"}).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	ann.Call(http.MethodDelete, path(ws, ""), workspaceapi.RemoveBody{ConfirmName: "Acme Ltd"}).OK(nil)
	ann.Call(http.MethodGet, path(ws, ""), nil).Fails(http.StatusNotFound, "NOT_FOUND")
	var list []workspacecmd.Workspace
	ann.Call(http.MethodGet, "/workspaces", nil).OK(&list)
	require.Len(t, list, 2)
	require.NotNil(t, list[0].DeletedAt)

	bob := w.SignUp("bob@example.com")
	bob.Call(http.MethodPost, path(ws, "/restore"), nil).Fails(http.StatusNotFound, "NOT_FOUND")
	ann.Call(http.MethodPost, path(ws, "/restore"), nil).OK(&got)
	require.Nil(t, got.DeletedAt)
	ann.Call(http.MethodGet, path(ws, ""), nil).OK(nil)
	ann.Call(http.MethodDelete, path(ws, ""), workspaceapi.RemoveBody{ConfirmName: "Acme Ltd"}).OK(nil)
	w.Clock.Advance(workspace.RestoreLife + time.Second)
	ann.Call(http.MethodPost, "/auth/refresh", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	var in authapi.SignedIn
	ann.Call(http.MethodPost, "/auth/login", authapi.LoginBody{Email: "ann@example.com", Password: apitest.Password}).OK(&in)
	ann.Token = in.AccessToken
	ann.Call(http.MethodPost, path(ws, "/restore"), nil).Fails(http.StatusConflict, "GONE")
	ann.Call(http.MethodGet, "/workspaces", nil).OK(&list)
	require.Len(t, list, 1)
}

func TestSlugsAreUnique(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	ann.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: "A", Slug: "acme"}).OK(nil)
	ann.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: "B", Slug: "acme"}).Fails(http.StatusConflict, "SLUG_TAKEN")
	require.Regexp(t, `^acme-[0-9a-z]{6}$`, ann.Workspace("Acme").Slug)
	require.Equal(t, "workspace", ann.Workspace("日本").Slug)
	var mu sync.Mutex
	slugs := map[string]bool{}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			ws := ann.Workspace("Same name")
			mu.Lock()
			defer mu.Unlock()
			slugs[ws.Slug] = true
		})
	}
	wg.Wait()
	require.Len(t, slugs, 6)
	for _, bad := range []string{"a", "UPPER", "a--b", strings.Repeat("a", 51), "../x"} {
		ann.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: "x", Slug: bad}).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	}
}

func TestTheSameKeyMakesOneWorkspace(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	var a, b workspacecmd.Workspace
	first := ann.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: "Acme", Slug: "acme"}, "Idempotency-Key", "k").OK(&a)
	again := ann.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: "Acme", Slug: "acme"}, "Idempotency-Key", "k").OK(&b)
	require.Equal(t, a, b)
	require.Equal(t, "true", again.Header.Get("Idempotent-Replayed"))
	require.Equal(t, first.Header.Get("Morket-Position"), again.Header.Get("Morket-Position"))
	require.Equal(t, first.Status, again.Status)
	ann.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: "Other"}, "Idempotency-Key", "k").Fails(http.StatusUnprocessableEntity, "IDEMPOTENCY_KEY_REUSED")
	bob := w.SignUp("bob@example.com")
	bob.Call(http.MethodPost, "/workspaces", workspaceapi.CreateBody{Name: "Other"}, "Idempotency-Key", "k").OK(&b)
	require.NotEqual(t, a.ID, b.ID, "a key belongs to who sends it")
}

func TestAStrangerFindsNothing(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, eve := w.SignUp("ann@example.com"), w.SignUp("eve@example.com")
	ws, other := ann.Workspace("Acme"), eve.Workspace("Eve")
	var key authcmd.APIKey
	eve.Call(http.MethodPost, path(other, "/api-keys"), workspaceapi.CreateKeyBody{Name: "k", Role: kernel.RoleAdmin}).OK(&key)
	program := w.Client()
	program.Token = key.Key
	var made authcmd.APIKey
	ann.Call(http.MethodPost, path(ws, "/api-keys"), workspaceapi.CreateKeyBody{Name: "k", Role: kernel.RoleAdmin}).OK(&made)
	for _, op := range w.API.Ops() {
		if !strings.Contains(op.Path, "{workspaceId}") {
			continue
		}
		p := strings.NewReplacer("/api/v1", "", "{workspaceId}", string(ws.ID), "{userId}", string(ann.User.ID), "{keyId}", string(made.ID), "{invitationId}", "inv_x").Replace(op.Path)
		for _, c := range []*apitest.Client{eve.Client, program} {
			a := c.Call(op.Method, p, nil)
			if op.Method != http.MethodGet && op.ID != "restore-workspace" {
				a = c.Call(op.Method, p, `{}`)
			}
			if a.Status != http.StatusForbidden || op.ID != "restore-workspace" { // keys restore nothing, whosever it is
				a.Fails(http.StatusNotFound, "NOT_FOUND")
			}
		}
	}
	// Ids of another tenant inside one's own workspace are not found either.
	eve.Call(http.MethodDelete, path(other, "/api-keys/"+string(made.ID)), nil).Fails(http.StatusNotFound, "NOT_FOUND")
	eve.Call(http.MethodDelete, path(other, "/members/"+string(ann.User.ID)), nil).Fails(http.StatusNotFound, "NOT_FOUND")
	setRole(eve, other, ann.User.ID, kernel.RoleViewer).Fails(http.StatusNotFound, "NOT_FOUND")
	for _, bad := range []string{"ws_x", "x", "ws_01ARZ3NDEKTSV4RRFFQ69G5FAV", strings.Repeat("a", 3000), "%2e%2e"} {
		ann.Call(http.MethodGet, "/workspaces/"+bad, nil).Fails(http.StatusNotFound, "NOT_FOUND")
		ann.Call(http.MethodPost, "/workspaces/"+bad+"/restore", nil).Fails(http.StatusNotFound, "NOT_FOUND")
	}
	ann.Call(http.MethodGet, "/workspaces/%00", nil).Fails(http.StatusNotFound, "NOT_FOUND")
	ann.Call(http.MethodPost, "/workspaces/%00/restore", nil).Fails(http.StatusBadRequest, "MALFORMED")
}

func TestARoleCountsAtOnce(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, bob := w.SignUp("ann@example.com"), w.SignUp("bob@example.com")
	ws := ann.Workspace("Acme")
	w.Join(ann, ws.ID, bob, kernel.RoleAdmin)
	bob.Call(http.MethodPut, path(ws, ""), workspaceapi.ChangeBody{Name: "Bob's"}).OK(nil)
	setRole(ann, ws, bob.User.ID, kernel.RoleViewer).OK(nil)
	bob.Call(http.MethodPut, path(ws, ""), workspaceapi.ChangeBody{Name: "x"}).Fails(http.StatusForbidden, "FORBIDDEN")
	bob.Call(http.MethodGet, path(ws, ""), nil).OK(nil)
	ann.Call(http.MethodDelete, path(ws, "/members/"+string(bob.User.ID)), nil).OK(nil)
	bob.Call(http.MethodGet, path(ws, ""), nil).Fails(http.StatusNotFound, "NOT_FOUND")
}

func TestMembers(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, bob, cid := w.SignUp("ann@example.com"), w.SignUp("bob@example.com"), w.SignUp("cid@example.com")
	ws := ann.Workspace("Acme")
	w.Join(ann, ws.ID, bob, kernel.RoleAdmin)
	w.Join(ann, ws.ID, cid, kernel.RoleMember)
	var list []workspaceview.Member
	cid.Call(http.MethodGet, path(ws, "/members"), nil).OK(&list)
	require.Len(t, list, 3)
	require.Equal(t, []string{"ann@example.com", "bob@example.com", "cid@example.com"}, []string{list[0].Email, list[1].Email, list[2].Email})
	page := cid.Call(http.MethodGet, path(ws, "/members?limit=2"), nil).OK(&list)
	require.Len(t, list, 2)
	page = cid.Call(http.MethodGet, path(ws, "/members?limit=2&cursor="+page.Meta.NextCursor), nil).OK(&list)
	require.Len(t, list, 1)
	require.Empty(t, page.Meta.NextCursor)
	cid.Call(http.MethodGet, path(ws, "/members?cursor=x'--"), nil).Fails(http.StatusBadRequest, "MALFORMED")

	setRole(ann, ws, ann.User.ID, kernel.RoleMember).Fails(http.StatusConflict, "LAST_OWNER")
	ann.Call(http.MethodDelete, path(ws, "/members/"+string(ann.User.ID)), nil).Fails(http.StatusConflict, "LAST_OWNER")
	setRole(bob, ws, bob.User.ID, kernel.RoleOwner).Fails(http.StatusForbidden, "FORBIDDEN")
	setRole(bob, ws, ann.User.ID, kernel.RoleViewer).Fails(http.StatusForbidden, "FORBIDDEN")
	setRole(cid, ws, cid.User.ID, kernel.RoleAdmin).Fails(http.StatusForbidden, "FORBIDDEN")
	setRole(bob, ws, cid.User.ID, "god").Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	cid.Call(http.MethodDelete, path(ws, "/members/"+string(bob.User.ID)), nil).Fails(http.StatusForbidden, "FORBIDDEN")
	cid.Call(http.MethodDelete, path(ws, "/members/"+string(cid.User.ID)), nil).OK(nil) // leaves
	setRole(ann, ws, bob.User.ID, kernel.RoleOwner).OK(nil)
	ann.Call(http.MethodDelete, path(ws, "/members/"+string(ann.User.ID)), nil).OK(nil)
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, eve := w.SignUp("ann@example.com"), w.SignUp("eve@example.com")
	ws := ann.Workspace("Acme")
	invite(ann, ws, "not an email", kernel.RoleMember).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	invite(ann, ws, "new@example.com", kernel.RoleMember).OK(nil)
	token := w.Mails.Token(t)
	require.Regexp(t, `^[0-9a-f]{64}$`, token)
	var seen workspacecmd.PublicInvitation
	w.Client().Call(http.MethodGet, "/invitations/"+token, nil).OK(&seen)
	require.Equal(t, workspacecmd.PublicInvitation{WorkspaceName: "Acme", Role: kernel.RoleMember, Email: "new@example.com", State: workspace.InvitationOpen}, seen)
	eve.Call(http.MethodPost, "/invitations/"+token+"/accept", nil).Fails(http.StatusForbidden, "INVITATION_FOR_ANOTHER")
	w.Client().Call(http.MethodPost, "/invitations/"+token+"/accept", nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")

	visitor := w.Client()
	body := workspaceapi.AcceptBody{Name: "New", Password: apitest.Password}
	var joined workspaceapi.Accepted
	visitor.Call(http.MethodPost, "/invitations/"+token+"/accept", workspaceapi.AcceptBody{Name: "New", Password: "short"}).Fails(http.StatusUnprocessableEntity, "VALIDATION_FAILED")
	visitor.Call(http.MethodPost, "/invitations/"+token+"/accept", body, "Idempotency-Key", "a").OK(&joined)
	require.Equal(t, ws.ID, joined.Workspace)
	require.Equal(t, "new@example.com", joined.SignedIn.User.Email)
	visitor.Token = joined.SignedIn.AccessToken
	visitor.Call(http.MethodGet, path(ws, ""), nil).OK(nil)
	visitor.Call(http.MethodPost, "/auth/refresh", nil).OK(nil)
	var again workspaceapi.Accepted
	replay := w.Client().Call(http.MethodPost, "/invitations/"+token+"/accept", body, "Idempotency-Key", "a").OK(&again)
	require.Equal(t, joined.SignedIn.User, again.SignedIn.User)
	require.Equal(t, "true", replay.Header.Get("Idempotent-Replayed"))
	w.Client().Call(http.MethodPost, "/invitations/"+token+"/accept", body).Fails(http.StatusConflict, "INVITATION_CLOSED")
	w.Client().Call(http.MethodPost, "/invitations/"+token+"/decline", nil).Fails(http.StatusConflict, "INVITATION_CLOSED")
	for _, bad := range []string{"x", strings.Repeat("0", 64), strings.Repeat("z", 64), strings.Repeat("0", 3000)} {
		w.Client().Call(http.MethodGet, "/invitations/"+bad, nil).Fails(http.StatusNotFound, "NOT_FOUND")
		w.Client().Call(http.MethodPost, "/invitations/"+bad+"/accept", body).Fails(http.StatusNotFound, "NOT_FOUND")
	}
}

func TestInvitationsAreTakenBackDeclinedAndRunOut(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, eve := w.SignUp("ann@example.com"), w.SignUp("eve@example.com")
	ws := ann.Workspace("Acme")
	var i workspacecmd.Invitation
	invite(ann, ws, "eve@example.com", kernel.RoleMember).OK(&i)
	revoked := w.Mails.Token(t)
	ann.Call(http.MethodDelete, path(ws, "/invitations/"+string(i.ID)), nil).OK(nil)
	eve.Call(http.MethodPost, "/invitations/"+revoked+"/accept", nil).Fails(http.StatusConflict, "INVITATION_CLOSED")
	invite(ann, ws, "eve@example.com", kernel.RoleMember).OK(nil)
	w.Client().Call(http.MethodPost, "/invitations/"+w.Mails.Token(t)+"/decline", nil).OK(nil)
	invite(ann, ws, "eve@example.com", kernel.RoleMember).OK(nil)
	old := w.Mails.Token(t)
	invite(ann, ws, "eve@example.com", kernel.RoleAdmin).OK(nil)
	eve.Call(http.MethodPost, "/invitations/"+old+"/accept", nil).Fails(http.StatusConflict, "INVITATION_CLOSED")
	var list []workspacecmd.Invitation
	ann.Call(http.MethodGet, path(ws, "/invitations"), nil).OK(&list)
	require.Equal(t, []workspace.InvitationState{"open", "revoked", "declined", "revoked"}, []workspace.InvitationState{list[0].State, list[1].State, list[2].State, list[3].State})
	eve.Call(http.MethodGet, path(ws, "/invitations"), nil).Fails(http.StatusNotFound, "NOT_FOUND")
	token := w.Mails.Token(t)
	w.Clock.Advance(workspace.InvitationLife)
	w.Client().Call(http.MethodPost, "/invitations/"+token+"/decline", nil).Fails(http.StatusConflict, "INVITATION_CLOSED")
	var seen workspacecmd.PublicInvitation
	w.Client().Call(http.MethodGet, "/invitations/"+token, nil).OK(&seen)
	require.Equal(t, workspace.InvitationExpired, seen.State)
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, bob := w.SignUp("ann@example.com"), w.SignUp("bob@example.com")
	ws := ann.Workspace("Acme")
	ann.Workspace("Hidden")
	w.Join(ann, ws.ID, bob, kernel.RoleAdmin)
	table := kernel.TableID(w.IDs.New(kernel.PrefixTable))
	ends := w.Clock.Now().Add(time.Hour)
	body := workspaceapi.CreateKeyBody{Name: "CI", Role: kernel.RoleAdmin, Tables: []kernel.TableID{table}, ExpiresAt: &ends}
	var key, again authcmd.APIKey
	bob.Call(http.MethodPost, path(ws, "/api-keys"), body, "Idempotency-Key", "k").OK(&key)
	bob.Call(http.MethodPost, path(ws, "/api-keys"), body, "Idempotency-Key", "k").OK(&again)
	require.Equal(t, key, again, "a repeat shows the same key")
	require.Equal(t, key.Key[len(key.Key)-4:], key.Last4)
	ci := w.Client()
	ci.Token = key.Key
	ci.Call(http.MethodGet, path(ws, ""), nil).OK(nil)
	var me authapi.Me
	ci.Call(http.MethodGet, "/auth/me", nil).OK(&me)
	require.Len(t, me.Workspaces, 1)
	var list []workspacecmd.Workspace
	ci.Call(http.MethodGet, "/workspaces", nil).OK(&list)
	require.Len(t, list, 1)
	require.Equal(t, kernel.RoleAdmin, list[0].Role)
	for _, r := range []struct{ method, path, body string }{
		{http.MethodPost, "/workspaces", `{"name":"x"}`},
		{http.MethodPost, path(ws, "/api-keys"), `{"name":"x","role":"viewer"}`},
		{http.MethodPost, "/auth/change-password", `{"current_password":"x","new_password":"another good password"}`},
		{http.MethodGet, "/auth/sessions", ``},
		{http.MethodDelete, path(ws, ""), `{"confirm_name":"Acme"}`},
		{http.MethodPut, path(ws, "/members/"+string(bob.User.ID)+"/role"), `{"role":"owner"}`},
	} {
		var send any
		if r.body != "" {
			send = r.body
		}
		ci.Call(r.method, r.path, send).Fails(http.StatusForbidden, "FORBIDDEN")
	}
	var keys []authcmd.APIKey
	ann.Call(http.MethodGet, path(ws, "/api-keys"), nil).OK(&keys)
	require.Len(t, keys, 1)
	require.Empty(t, keys[0].Key)
	require.Equal(t, w.Clock.Now(), *keys[0].LastUsedAt)
	require.Equal(t, []kernel.TableID{table}, keys[0].Tables)

	setRole(ann, ws, bob.User.ID, kernel.RoleViewer).OK(nil)
	ci.Call(http.MethodPut, path(ws, ""), `{"name":"x"}`).Fails(http.StatusForbidden, "FORBIDDEN")
	setRole(ann, ws, bob.User.ID, kernel.RoleAdmin).OK(nil)
	ann.Call(http.MethodDelete, path(ws, "/api-keys/"+string(key.ID)), nil).OK(nil)
	ci.Call(http.MethodGet, path(ws, ""), nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	ann.Call(http.MethodGet, path(ws, "/api-keys"), nil).OK(&keys)
	require.Empty(t, keys)
}

// The document tells programs, such as those that look for keys in what is published, what a key looks like.
func TestTheDocumentSaysWhatAKeyLooksLike(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	var key authcmd.APIKey
	ann.Call(http.MethodPost, path(ann.Workspace("Acme"), "/api-keys"), workspaceapi.CreateKeyBody{Name: "k", Role: kernel.RoleMember}).OK(&key)
	raw, err := w.API.Document()
	require.NoError(t, err)
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Pattern string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &doc))
	pattern := doc.Components.Schemas["AuthAPIKey"].Properties["key"].Pattern
	require.Contains(t, pattern, "mk_")
	require.Regexp(t, pattern, key.Key)
	require.NotRegexp(t, pattern, key.Key[:len(key.Key)-1])
}

func TestKeysEndWithTheirTimeAndTheirMaker(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann, bob := w.SignUp("ann@example.com"), w.SignUp("bob@example.com")
	ws := ann.Workspace("Acme")
	w.Join(ann, ws.ID, bob, kernel.RoleAdmin)
	ends := w.Clock.Now().Add(time.Minute)
	var key authcmd.APIKey
	bob.Call(http.MethodPost, path(ws, "/api-keys"), workspaceapi.CreateKeyBody{Name: "k", Role: kernel.RoleViewer, ExpiresAt: &ends}).OK(&key)
	brief := w.Client()
	brief.Token = key.Key
	brief.Call(http.MethodGet, path(ws, ""), nil).OK(nil)
	w.Clock.Advance(time.Minute)
	brief.Call(http.MethodGet, path(ws, ""), nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")

	bob.Call(http.MethodPost, path(ws, "/api-keys"), workspaceapi.CreateKeyBody{Name: "k", Role: kernel.RoleViewer}).OK(&key)
	lasting := w.Client()
	lasting.Token = key.Key
	lasting.Call(http.MethodGet, path(ws, ""), nil).OK(nil)
	ann.Call(http.MethodDelete, path(ws, "/members/"+string(bob.User.ID)), nil).OK(nil)
	lasting.Call(http.MethodGet, path(ws, ""), nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	w.Join(ann, ws.ID, bob, kernel.RoleAdmin)
	lasting.Call(http.MethodGet, path(ws, ""), nil).Fails(http.StatusUnauthorized, "UNAUTHORIZED")
	for n, bad := range []workspaceapi.CreateKeyBody{
		{Name: "", Role: kernel.RoleViewer},
		{Name: "k", Role: kernel.RoleOwner},
		{Name: "k", Role: "x"},
		{Name: "k", Role: kernel.RoleViewer, Tables: []kernel.TableID{"x"}},
		{Name: "k", Role: kernel.RoleViewer, Tables: []kernel.TableID{apitest.NoTable}},
		{Name: "k", Role: kernel.RoleViewer, ExpiresAt: &ends},
	} {
		a := bob.Call(http.MethodPost, path(ws, "/api-keys"), bad)
		require.Equal(t, http.StatusUnprocessableEntity, a.Status, fmt.Sprint(n, string(a.Raw)))
	}
}

func TestThePermissionTableIsTheAPIs(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	ann := w.SignUp("ann@example.com")
	ws := ann.Workspace("Acme")
	var table []workspaceapi.Permission
	ann.Call(http.MethodGet, "/permissions", nil).OK(&table)
	require.Len(t, table, len(workspace.Permissions()))
	// What each role gets is what the table says, for every endpoint of this module.
	for _, role := range []kernel.Role{kernel.RoleAdmin, kernel.RoleMember, kernel.RoleViewer, kernel.RoleBillingAdmin} {
		p := w.SignUp(string(role) + "@example.com")
		w.Join(ann, ws.ID, p, role)
		for _, op := range w.API.Ops() {
			if op.Action == "none" {
				continue
			}
			url := strings.NewReplacer("/api/v1", "", "{workspaceId}", string(ws.ID), "{userId}", "usr_x", "{keyId}", "key_x", "{invitationId}", "inv_x").Replace(op.Path)
			var body any
			if op.Method != http.MethodGet {
				body = `{"nonsense":1}`
			}
			got := p.Call(op.Method, url, body)
			if !workspace.Allowed(role, op.Action) {
				got.Fails(http.StatusForbidden, "FORBIDDEN")
			} else if op.ID != "remove-member" { // others are removed by those who manage members
				require.NotEqual(t, http.StatusForbidden, got.Status, "%s as %s: %s", op.ID, role, got.Raw)
			}
		}
	}
}

func TestTheLogKnowsNobodysAddress(t *testing.T) {
	t.Parallel()
	w := apitest.New(t)
	w.Client().Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: "canary-ann@example.com", Password: apitest.Password, Name: "Canary"}, "Idempotency-Key", "one").OK(nil)
	w.Client().Call(http.MethodPost, "/auth/register", authapi.RegisterBody{Email: "canary-ann@example.com", Password: apitest.Password, Name: "Canary"}, "Idempotency-Key", "one").OK(nil)
	ann := w.SignUp("ann@example.com")
	ws := ann.Workspace("Acme")
	var first, again workspacecmd.Invitation
	for _, into := range []*workspacecmd.Invitation{&first, &again} {
		body := workspaceapi.InviteBody{Email: "canary-new@example.com", Role: kernel.RoleMember}
		ann.Call(http.MethodPost, path(ws, "/invitations"), body, "Idempotency-Key", "two").OK(into)
	}
	require.Equal(t, "canary-new@example.com", first.Email)
	require.Equal(t, first, again, "a repeat gets the first answer, address and all")

	events, err := w.Log.ReadAll(t.Context(), 0, 1000)
	require.NoError(t, err)
	for _, e := range events {
		require.NotContains(t, strings.ToLower(string(e.Data)+string(e.Metadata)), "canary", e.Type)
	}
	seen := 0
	for _, key := range w.Log.Keys() {
		cmd, found, err := w.Log.Command(t.Context(), key)
		require.NoError(t, err)
		if found {
			require.NotContains(t, strings.ToLower(string(cmd.Result)), "canary", "what is stored for repeats")
			seen++
		}
	}
	require.GreaterOrEqual(t, seen, 2)
}
