// Package workspaceapi is the HTTP side of workspaces: members, invitations, API keys.
package workspaceapi

import (
	"context"
	"net/http"
	"time"

	"github.com/morket/morket/adapters/httpapi"
	"github.com/morket/morket/adapters/httpapi/authapi"
	"github.com/morket/morket/commands"
	"github.com/morket/morket/commands/authcmd"
	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/workspaceview"
)

const tag = "workspaces"

// Deps is what the endpoints need.
type Deps struct {
	Handlers *workspacecmd.Handlers
	Auth     *authcmd.Handlers // API keys, and accounts made by accepting an invitation
	Reads    Reads
	Signals  Signals
	Clock    kernel.Clock
	Cookies  authapi.Cookies
	Tables   httpapi.Tables
}

// Register adds the endpoints.
func Register(a *httpapi.API, d Deps) {
	s := service{d}
	registerWorkspaces(a, s)
	registerTeam(a, s)
	httpapi.Write(a, httpapi.Op{
		ID: "create-api-key", Method: http.MethodPost, Path: "W/api-keys", Tag: tag,
		Summary: "Make an API key; the answer shows it once", Action: workspace.ManageAPIKeys, Status: http.StatusCreated,
		OwnReplay: true, Scope: httpapi.PersonInWorkspace, Rate: httpapi.General,
	}, s.createKey)
	httpapi.Read(a, httpapi.Op{
		ID: "list-api-keys", Method: http.MethodGet, Path: "W/api-keys", Tag: tag,
		Summary: "The API keys that are not revoked, newest first", Action: workspace.ManageAPIKeys,
		Projection: workspaceview.Name, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.keys)
	httpapi.Write(a, httpapi.Op{
		ID: "revoke-api-key", Method: http.MethodDelete, Path: "W/api-keys/{keyId}", Tag: tag,
		Summary: "Revoke an API key at once", Action: workspace.ManageAPIKeys, Scope: httpapi.PersonInWorkspace,
		Rate: httpapi.General,
	}, s.revokeKey)
	httpapi.Read(a, httpapi.Op{
		ID: "get-permissions", Method: http.MethodGet, Path: "/permissions", Tag: tag,
		Summary: "The permission table: which role may do what", Scope: httpapi.SignedIn, Action: httpapi.NoAction,
		Rate: httpapi.General,
	}, s.permissions)
}

func registerWorkspaces(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID: "list-workspaces", Method: http.MethodGet, Path: "/workspaces", Tag: tag,
		Summary:     "One's own workspaces, oldest first",
		Description: "An owner also sees the deleted ones that he can restore.", Projection: workspaceview.Name,
		Scope: httpapi.SignedIn, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.list)
	httpapi.Write(a, httpapi.Op{
		ID: "create-workspace", Method: http.MethodPost, Path: "/workspaces", Tag: tag, Summary: "Make a workspace",
		Status: http.StatusCreated, Scope: httpapi.Person, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.create)
	httpapi.Read(a, httpapi.Op{
		ID: "get-workspace", Method: http.MethodGet, Path: "W", Tag: tag, Summary: "A workspace",
		Action: workspace.ReadWorkspace, Projection: workspaceview.Name, Scope: httpapi.FilteredByTable,
		Rate: httpapi.General,
	}, s.get)
	httpapi.Write(a, httpapi.Op{
		ID: "change-workspace", Method: http.MethodPut, Path: "W", Tag: tag,
		Summary: "Rename a workspace or change its slug or time zone", Action: workspace.UpdateWorkspace,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.change)
	httpapi.Write(a, httpapi.Op{
		ID: "delete-workspace", Method: http.MethodDelete, Path: "W", Tag: tag,
		Summary: "Delete a workspace; it can be restored for 30 days", Action: workspace.DeleteWorkspace,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.remove)
	// Nobody has a role in a deleted workspace, so this one checks by itself that the caller is an owner.
	httpapi.Write(a, httpapi.Op{
		ID: "restore-workspace", Method: http.MethodPost, Path: "/workspaces/{workspaceId}/restore", Tag: tag,
		Summary: "Restore a deleted workspace (owners)", Scope: httpapi.Person, Action: httpapi.NoAction,
		Rate: httpapi.General,
	}, s.restore)
}

func registerTeam(a *httpapi.API, s service) {
	httpapi.Read(a, httpapi.Op{
		ID: "list-members", Method: http.MethodGet, Path: "W/members", Tag: tag, Summary: "The members",
		Action: workspace.ReadMembers, Projection: workspaceview.Name, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.members)
	httpapi.Write(a, httpapi.Op{
		ID: "change-member-role", Method: http.MethodPut, Path: "W/members/{userId}/role", Tag: tag,
		Summary: "Give a member another role", Action: workspace.ManageMembers, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.changeRole)
	httpapi.Write(a, httpapi.Op{
		ID: "remove-member", Method: http.MethodDelete, Path: "W/members/{userId}", Tag: tag,
		Summary:     "Remove a member, or leave",
		Description: "Everybody may end his own membership; to remove others takes `members.manage`.",
		Action:      workspace.LeaveWorkspace, Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.removeMember)
	httpapi.Write(a, httpapi.Op{
		ID: "invite-member", Method: http.MethodPost, Path: "W/invitations", Tag: tag, Summary: "Invite somebody by mail",
		Action: workspace.ManageMembers, Status: http.StatusCreated, Rate: httpapi.Admin, OwnReplay: true,
		Scope: httpapi.WholeWorkspace,
	}, s.invite)
	httpapi.Read(a, httpapi.Op{
		ID: "list-invitations", Method: http.MethodGet, Path: "W/invitations", Tag: tag,
		Summary: "The invitations, newest first", Action: workspace.ManageMembers, Projection: workspaceview.Name,
		Scope: httpapi.WholeWorkspace, Rate: httpapi.General,
	}, s.invitations)
	httpapi.Write(a, httpapi.Op{
		ID: "revoke-invitation", Method: http.MethodDelete, Path: "W/invitations/{invitationId}", Tag: tag,
		Summary: "Take an invitation back", Action: workspace.ManageMembers, Scope: httpapi.WholeWorkspace,
		Rate: httpapi.General,
	}, s.revokeInvitation)
	httpapi.Read(a, httpapi.Op{
		ID: "get-invitation", Method: http.MethodGet, Path: "/invitations/{token}", Tag: tag,
		Summary: "What a mailed token invites to", Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.lookAt)
	httpapi.Write(a, httpapi.Op{
		ID: "accept-invitation", Method: http.MethodPost, Path: "/invitations/{token}/accept", Tag: tag, Summary: "Join",
		Description: "As the signed-in person, whose address must be the invited one; or with a name and a password, which makes the account " +
			"and signs in.",
		Rate: httpapi.Auth, OwnReplay: true, Scope: httpapi.OptionalPerson, Action: httpapi.NoAction,
	}, s.accept)
	httpapi.Write(a, httpapi.Op{
		ID: "decline-invitation", Method: http.MethodPost, Path: "/invitations/{token}/decline", Tag: tag,
		Summary: "Decline", Scope: httpapi.Public, Action: httpapi.NoAction, Rate: httpapi.General,
	}, s.decline)
}

type service struct{ Deps }

type inWorkspace struct{ httpapi.InWorkspace }

type nothing struct{}

// Permission is a line of the permission table.
type Permission struct {
	Action  workspace.Action `json:"action"`
	Meaning string           `json:"meaning"`
	Roles   []kernel.Role    `json:"roles"`
}

func (s service) permissions(_ context.Context, _ httpapi.Principal, _ *nothing) ([]Permission, httpapi.Meta, error) {
	var out []Permission
	for _, r := range workspace.Permissions() {
		out = append(out, Permission(r))
	}
	return out, httpapi.Meta{}, nil
}

// next cuts a page that was read with one more than limit, and returns the cursor of the page after it.
func next[T any](list []T, limit int, key func(T) string) ([]T, httpapi.Meta) {
	if list == nil {
		list = []T{}
	}
	if len(list) <= limit {
		return list, httpapi.Meta{}
	}
	list = list[:limit]
	return list, httpapi.Meta{NextCursor: key(list[limit-1])}
}

// cursor checks a cursor, which is the id of the last item of the page before.
func cursor(prefix, s string) error {
	if s != "" && kernel.ParseID(prefix, s) != nil {
		return kernel.E(kernel.KindMalformed, "MALFORMED", "the cursor is not one of this list")
	}
	return nil
}

type createKeyInput struct {
	httpapi.InWorkspace
	Body CreateKeyBody
}

// CreateKeyBody is the body of create-api-key.
type CreateKeyBody struct {
	Name      string           `json:"name"`
	Role      kernel.Role      `json:"role" doc:"admin, member or viewer; not above one's own."`
	Tables    []kernel.TableID `json:"tables,omitempty" doc:"The tables that the key is limited to; none: all."`
	ExpiresAt *time.Time       `json:"expires_at,omitempty"`
}

func (s service) createKey(ctx context.Context, meta kernel.Meta, in *createKeyInput) (commands.Result[authcmd.APIKey], error) {
	if in.Body.Tables != nil && len(in.Body.Tables) == 0 {
		return commands.Result[authcmd.APIKey]{}, kernel.Invalid("tables", "names no table; leave it out for a key of all tables")
	}
	if len(in.Body.Tables) > auth.MaxKeyTables {
		return commands.Result[authcmd.APIKey]{}, kernel.Invalid("tables", "a key may be limited to at most %d tables", auth.MaxKeyTables)
	}
	if err := httpapi.CheckTables(ctx, s.Tables, meta.Workspace, "tables", in.Body.Tables); err != nil {
		return commands.Result[authcmd.APIKey]{}, err
	}
	return s.Auth.CreateAPIKey(ctx, meta, authcmd.CreateAPIKey{
		Name: in.Body.Name, Role: in.Body.Role, Tables: in.Body.Tables, ExpiresAt: in.Body.ExpiresAt,
	})
}

type keysInput struct {
	httpapi.InWorkspace
	httpapi.Page
}

func (s service) keys(ctx context.Context, p httpapi.Principal, in *keysInput) ([]authcmd.APIKey, httpapi.Meta, error) {
	if err := cursor(kernel.PrefixAPIKey, in.Cursor); err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, err := s.Reads.APIKeys(ctx, p.Workspace, kernel.APIKeyID(in.Cursor), in.Limit+1)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	uses, err := s.Signals.Uses(ctx, p.Workspace)
	if err != nil {
		return nil, httpapi.Meta{}, err
	}
	list, meta := next(list, in.Limit, func(k workspaceview.APIKey) string { return string(k.ID) })
	out := make([]authcmd.APIKey, len(list))
	for i, k := range list {
		out[i] = authcmd.APIKey{
			ID: k.ID, Name: k.Name, Role: k.Role, Tables: k.Tables, Last4: k.Last4, CreatedAt: k.CreatedAt,
			ExpiresAt: k.ExpiresAt,
		}
		if at, ok := uses[k.ID]; ok {
			out[i].LastUsedAt = &at
		}
	}
	return out, meta, nil
}

type revokeKeyInput struct {
	httpapi.InWorkspace
	KeyID kernel.APIKeyID `path:"keyId" doc:"key_…"`
}

func (s service) revokeKey(ctx context.Context, meta kernel.Meta, in *revokeKeyInput) (commands.Result[authcmd.Done], error) {
	return s.Auth.RevokeAPIKey(ctx, meta, in.KeyID)
}
