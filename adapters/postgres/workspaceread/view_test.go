package workspaceread_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/adapters/postgres/postgrestest"
	"github.com/morket/morket/adapters/postgres/workspaceread"
	"github.com/morket/morket/adapters/secrets/vault/vaulttest"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/eventstore"
	"github.com/morket/morket/projections/workspaceview"
)

func TestTheReadModelOfWorkspaces(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(auth.Events(), workspace.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, workspaceview.New(codec, workspaceread.Open), workspaceread.Model())
	ring := vaulttest.Ring(t, h.Clock)
	q, ctx, now := workspaceread.NewQueries(h.Pool, ring), t.Context(), h.Clock.Now()

	h.Append("user-usr_1", auth.UserRegistered{UserID: "usr_1", Email: "a@b.co", Name: "Ann", At: now})
	h.Append("workspace-ws_1", workspace.Created{Workspace: "ws_1", Name: "Acme", Slug: "acme", Owner: "usr_1", At: now})
	who, err := auth.Profile{Email: "canary@b.co", Name: "Canary"}.Seal(ctx, ring, "usr_2")
	require.NoError(t, err)
	h.Append("user-usr_2", auth.UserRegistered{UserID: "usr_2", Sealed: who.Sealed, At: now})
	h.Append("workspace-ws_2", workspace.Created{Workspace: "ws_2", Name: "Other", Slug: "other", Owner: "usr_2", At: now})
	h.Append("workspace-ws_1",
		workspace.MemberAdded{Workspace: "ws_1", UserID: "usr_2", Role: kernel.RoleMember, At: now},
		workspace.MemberRoleChanged{Workspace: "ws_1", UserID: "usr_2", Role: kernel.RoleAdmin},
		workspace.Invited{Workspace: "ws_1", Invitation: "inv_1", Email: "x@y.z", Role: kernel.RoleViewer, ExpiresAt: now.Add(time.Hour)},
		workspace.Renamed{Workspace: "ws_1", Name: "Acme Ltd"}, workspace.SlugChanged{Workspace: "ws_1", Slug: "acme-ltd"},
		workspace.TimeZoneChanged{Workspace: "ws_1", TimeZone: "Asia/Tokyo"})
	h.Append("apikey-key_1", auth.APIKeyCreated{KeyID: "key_1", Workspace: "ws_1", Name: "k", Role: kernel.RoleMember, Tables: []kernel.TableID{"tbl_1"}, Last4: "abcd", CreatedBy: "usr_2", ExpiresAt: &now, At: now})
	h.Append("apikey-key_2", auth.APIKeyCreated{KeyID: "key_2", Workspace: "ws_2", Name: "k", Role: kernel.RoleMember, Last4: "efgh", CreatedBy: "usr_2", At: now})

	got, found, err := q.Workspace(ctx, "ws_1")
	require.NoError(t, err)
	require.True(t, found)
	require.Equal(t, workspaceview.Workspace{ID: "ws_1", Name: "Acme Ltd", Slug: "acme-ltd", TimeZone: "Asia/Tokyo", CreatedAt: now}, got)
	members, err := q.Members(ctx, "ws_1", "", 10)
	require.NoError(t, err)
	require.Equal(t, []workspaceview.Member{
		{UserID: "usr_1", Name: "Ann", Email: "a@b.co", Role: kernel.RoleOwner, JoinedAt: now}, {UserID: "usr_2", Name: "Canary", Email: "canary@b.co", Role: kernel.RoleAdmin, JoinedAt: now},
	}, members)
	var leaks int
	require.NoError(t, h.Pool.QueryRow(ctx, `SELECT count(*) FROM rm_workspace.people p WHERE p::text ILIKE '%canary%'`).Scan(&leaks))
	require.Zero(t, leaks, "the read model holds what is sealed, and opens it when it is read")
	h.RequireRebuildable()
	require.NoError(t, ring.Destroy(ctx, auth.PersonKey("usr_2")))
	members, err = q.Members(ctx, "ws_1", "", 10)
	require.NoError(t, err)
	require.Equal(t, auth.DeletedUser, members[1].Name)
	require.Empty(t, members[1].Email)
	names, err := q.Names(ctx, []kernel.UserID{"usr_1", "usr_2", "usr_9"})
	require.NoError(t, err)
	require.Equal(t, map[kernel.UserID]string{"usr_1": "Ann", "usr_2": auth.DeletedUser}, names)
	keys, err := q.APIKeys(ctx, "ws_1", "", 10)
	require.NoError(t, err)
	require.Equal(t, []workspaceview.APIKey{{ID: "key_1", Name: "k", Role: kernel.RoleMember, Tables: []kernel.TableID{"tbl_1"}, Last4: "abcd", CreatedAt: now, ExpiresAt: &now}}, keys)
	of, err := q.Of(ctx, "usr_2", "", now, 10)
	require.NoError(t, err)
	require.Len(t, of, 2)

	h.Append("workspace-ws_1", workspace.MemberRemoved{Workspace: "ws_1", UserID: "usr_2", At: now},
		workspace.InvitationClosed{Workspace: "ws_1", Invitation: "inv_1", State: workspace.InvitationDeclined})
	keys, err = q.APIKeys(ctx, "ws_1", "", 10)
	require.NoError(t, err)
	require.Empty(t, keys, "a removed member's keys go with him")
	keys, err = q.APIKeys(ctx, "ws_2", "", 10)
	require.NoError(t, err)
	require.Len(t, keys, 1, "those of another workspace stay")
	invitations, err := q.Invitations(ctx, "ws_1", "", 10)
	require.NoError(t, err)
	require.Equal(t, workspace.InvitationDeclined, invitations[0].State)
	invitations, err = q.Invitations(ctx, "ws_2", "", 10)
	require.NoError(t, err)
	require.Empty(t, invitations)

	h.Append("apikey-key_2", auth.APIKeyRevoked{KeyID: "key_2", Workspace: "ws_2", At: now})
	h.Append("workspace-ws_2", workspace.Deleted{Workspace: "ws_2", At: now, PurgeAt: now.Add(time.Hour)})
	_, found, err = q.Workspace(ctx, "ws_2")
	require.NoError(t, err)
	require.False(t, found)
	for at, want := range map[time.Duration]int{0: 1, time.Hour: 0} {
		of, err = q.Of(ctx, "usr_2", "", now.Add(at), 10)
		require.NoError(t, err)
		require.Len(t, of, want, "an owner sees what he can restore")
	}
	h.Append("workspace-ws_2", workspace.Restored{Workspace: "ws_2"})
	_, found, err = q.Workspace(ctx, "ws_2")
	require.NoError(t, err)
	require.True(t, found)
	h.RequireRebuildable()
}

func TestAnInvitedAddressIsSealed(t *testing.T) {
	t.Parallel()
	codec, err := eventstore.NewCodec(auth.Events(), workspace.Events())
	require.NoError(t, err)
	h := postgrestest.NewModel(t, workspaceview.New(codec, workspaceread.Open), workspaceread.Model())
	ring := vaulttest.Ring(t, h.Clock)
	sealed, err := ring.Seal(t.Context(), workspace.InvitationKey("inv_2"), []byte("canary@y.z"))
	require.NoError(t, err)
	h.Append("workspace-ws_1", workspace.Invited{Workspace: "ws_1", Invitation: "inv_1", Email: "x@y.z", Role: kernel.RoleViewer}, // as the first ones were
		workspace.Invited{Workspace: "ws_1", Invitation: "inv_2", Sealed: sealed, Address: "hash", Role: kernel.RoleViewer})
	var leaks int
	require.NoError(t, h.Pool.QueryRow(t.Context(), `SELECT count(*) FROM rm_workspace.invitations i WHERE i::text ILIKE '%canary%'`).Scan(&leaks))
	require.Zero(t, leaks)
	q := workspaceread.NewQueries(h.Pool, ring)
	addresses := func() []string {
		list, err := q.Invitations(t.Context(), "ws_1", "", 10)
		require.NoError(t, err)
		return []string{list[0].Email, list[1].Email}
	}
	require.Equal(t, []string{"canary@y.z", "x@y.z"}, addresses())
	require.NoError(t, ring.Destroy(t.Context(), workspace.InvitationKey("inv_2")))
	require.Equal(t, []string{"", "x@y.z"}, addresses())
	h.RequireRebuildable()
}
