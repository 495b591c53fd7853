package workspace_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // also on machines without zones

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

func at(d time.Duration) time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(d) }

func created() kernel.Event {
	return workspace.Created{Workspace: "ws_1", Name: "Acme", Slug: "acme", Owner: "usr_owner", Membership: "mem_1", At: at(0)}
}

func member(id kernel.UserID, role kernel.Role) kernel.Event {
	return workspace.MemberAdded{Workspace: "ws_1", UserID: id, Role: role, Membership: "mem_" + string(id), At: at(0)}
}

func given(t *testing.T, more ...kernel.Event) *domaintest.Story[*workspace.Workspace] {
	t.Helper()
	history := append([]kernel.Event{
		created(), member("usr_admin", kernel.RoleAdmin), member("usr_member", kernel.RoleMember), member("usr_viewer", kernel.RoleViewer),
	}, more...)
	return domaintest.Given(t, &workspace.Workspace{}, history...)
}

func TestTheLastOwnerStays(t *testing.T) {
	t.Parallel()
	demote := func(w *workspace.Workspace) error {
		return w.ChangeRole("usr_owner", kernel.RoleAdmin, kernel.RoleOwner)
	}
	leave := func(w *workspace.Workspace) error { return w.Remove("usr_owner", kernel.RoleOwner, true, at(1)) }
	given(t).When(demote).ThenRefused("LAST_OWNER")
	given(t).When(leave).ThenRefused("LAST_OWNER")
	given(t, member("usr_2", kernel.RoleOwner)).When(demote).
		Then(workspace.MemberRoleChanged{Workspace: "ws_1", UserID: "usr_owner", Role: kernel.RoleAdmin, Was: kernel.RoleOwner})
	given(t, member("usr_2", kernel.RoleOwner)).When(leave).
		Then(workspace.MemberRemoved{Workspace: "ws_1", UserID: "usr_owner", Left: true, At: at(1)})
}

func TestAWorkspaceAlwaysHasAnOwner(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &workspace.Workspace{}
		require.NoError(t, w.Apply(created()))
		users := []kernel.UserID{"usr_owner", "usr_a", "usr_b", "usr_c"}
		for _, u := range users[1:] {
			require.NoError(t, w.Apply(member(u, rapid.SampledFrom(workspace.Roles()).Draw(t, "role"))))
		}
		for range 30 {
			by, who := rapid.SampledFrom(users).Draw(t, "by"), rapid.SampledFrom(users).Draw(t, "who")
			m, _ := w.Member(by)
			was, wasMember := w.Member(who)
			role := rapid.SampledFrom(workspace.Roles()).Draw(t, "to")
			var err error
			if rapid.Bool().Draw(t, "remove") {
				err = w.Remove(who, m.Role, by == who, at(1))
			} else {
				err = w.ChangeRole(who, role, m.Role)
			}
			owners := 0
			for _, u := range users {
				if m, ok := w.Member(u); ok && m.Role == kernel.RoleOwner {
					owners++
				}
			}
			require.Positive(t, owners)
			if err == nil && wasMember && was.Role == kernel.RoleOwner && by != who {
				require.Equal(t, kernel.RoleOwner, m.Role, "only an owner unmakes an owner")
			}
		}
	})
}

func TestWhoMayChangeWhom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ask     func(*workspace.Workspace) error
		refused string
	}{
		"an admin makes nobody owner": {func(w *workspace.Workspace) error {
			return w.ChangeRole("usr_member", kernel.RoleOwner, kernel.RoleAdmin)
		}, "FORBIDDEN"},
		"nor himself": {func(w *workspace.Workspace) error {
			return w.ChangeRole("usr_admin", kernel.RoleOwner, kernel.RoleAdmin)
		}, "FORBIDDEN"},
		"an admin demotes no owner": {func(w *workspace.Workspace) error {
			return w.ChangeRole("usr_owner", kernel.RoleViewer, kernel.RoleAdmin)
		}, "FORBIDDEN"},
		"an admin removes no owner": {func(w *workspace.Workspace) error { return w.Remove("usr_owner", kernel.RoleAdmin, false, at(1)) }, "FORBIDDEN"},
		"a member removes nobody":   {func(w *workspace.Workspace) error { return w.Remove("usr_viewer", kernel.RoleMember, false, at(1)) }, "FORBIDDEN"},
		"a stranger is not found":   {func(w *workspace.Workspace) error { return w.ChangeRole("usr_x", kernel.RoleViewer, kernel.RoleOwner) }, "NOT_FOUND"},
		"there is no such role":     {func(w *workspace.Workspace) error { return w.ChangeRole("usr_member", "god", kernel.RoleOwner) }, "VALIDATION_FAILED"},
		"an admin invites no owner": {func(w *workspace.Workspace) error {
			return w.Invite("inv_1", address("a@b.co"), kernel.RoleOwner, kernel.RoleAdmin, "h", at(1))
		}, "FORBIDDEN"},
		"the name must be typed as it is":      {func(w *workspace.Workspace) error { return w.Delete("acme", at(1)) }, "VALIDATION_FAILED"},
		"a member does not restore":            {func(w *workspace.Workspace) error { return w.Restore("usr_member", at(1)) }, "FORBIDDEN"},
		"a stranger does not learn of it":      {func(w *workspace.Workspace) error { return w.Restore("usr_x", at(1)) }, "NOT_FOUND"},
		"an unknown invitation is not revoked": {func(w *workspace.Workspace) error { return w.RevokeInvitation("inv_x") }, "NOT_FOUND"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given(t).When(c.ask).ThenRefused(c.refused)
		})
	}
}

func TestTheTimeZoneIsUTCUntilOneIsChosen(t *testing.T) {
	t.Parallel()
	to := func(zone string) func(*workspace.Workspace) error {
		return func(w *workspace.Workspace) error { return w.ChangeTimeZone(zone) }
	}
	tokyo := workspace.TimeZoneChanged{Workspace: "ws_1", TimeZone: "Asia/Tokyo"}
	given(t).When(to("UTC")).ThenNothing()
	w := given(t).When(to("Asia/Tokyo")).Then(tokyo)
	require.Equal(t, "Asia/Tokyo", w.TimeZone())
	given(t, tokyo).When(to("Asia/Tokyo")).ThenNothing()
	given(t, tokyo).When(to("UTC")).Then(workspace.TimeZoneChanged{Workspace: "ws_1", TimeZone: "UTC"})

	snapshot, err := w.MarshalState()
	require.NoError(t, err)
	again := &workspace.Workspace{}
	require.NoError(t, again.UnmarshalState(snapshot))
	require.Equal(t, "Asia/Tokyo", again.TimeZone())
	old := &workspace.Workspace{}
	require.NoError(t, old.UnmarshalState([]byte(`{"id":"ws_1"}`)))
	require.Equal(t, "UTC", old.TimeZone(), "a snapshot from before there were zones")
}

func TestOnlyIANANamesAreTimeZones(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"} {
		zone, err := workspace.CheckTimeZone(name)
		require.NoError(t, err, name)
		require.Equal(t, name, zone.String())
	}
	for _, name := range []string{"", "Local", "Mars/Olympus", "+02:00", "../zoneinfo/UTC", "/etc/localtime"} {
		_, err := workspace.CheckTimeZone(name)
		require.ErrorContains(t, err, "name one such as Europe/Berlin", name)
	}
}

func TestDeletedForThirtyDays(t *testing.T) {
	t.Parallel()
	gone := workspace.Deleted{Workspace: "ws_1", At: at(1), PurgeAt: at(1).Add(workspace.RestoreLife)}
	w := given(t).When(func(w *workspace.Workspace) error { return w.Delete("Acme", at(1)) }).Then(gone)
	require.False(t, w.Live())
	restore := func(when time.Time) func(*workspace.Workspace) error {
		return func(w *workspace.Workspace) error { return w.Restore("usr_owner", when) }
	}
	w = given(t, gone).When(restore(gone.PurgeAt)).Then(workspace.Restored{Workspace: "ws_1"})
	require.True(t, w.Live())
	given(t, gone).When(restore(gone.PurgeAt.Add(1))).ThenRefused("GONE")
	given(t).When(restore(at(1))).ThenNothing()
}

func address(email string) workspace.Address {
	return workspace.Address{Email: email, Hash: "hash of " + email, Sealed: []byte("sealed")}
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	sealed := workspace.Invited{Workspace: "ws_1", Invitation: "inv_1", Sealed: []byte("sealed"), Address: "hash of a@b.co", Role: kernel.RoleMember, TokenHash: "h", At: at(0), ExpiresAt: at(workspace.InvitationLife)}
	old := sealed // as the first ones were
	old.Sealed, old.Address, old.Email = nil, "", "a@b.co"
	for _, invited := range []workspace.Invited{sealed, old} {
		invitationTest(t, invited)
	}
}

func invitationTest(t *testing.T, invited workspace.Invited) {
	t.Helper()
	accept := func(user kernel.UserID, email string, when time.Duration) func(*workspace.Workspace) error {
		return func(w *workspace.Workspace) error { return w.Accept("inv_1", user, address(email), "mem_9", at(when)) }
	}
	closed := func(s workspace.InvitationState) workspace.InvitationClosed {
		return workspace.InvitationClosed{Workspace: "ws_1", Invitation: "inv_1", State: s}
	}
	given(t, invited).When(accept("usr_9", "a@b.co", 1)).Then(closed(workspace.InvitationAccepted),
		workspace.MemberAdded{Workspace: "ws_1", UserID: "usr_9", Role: kernel.RoleMember, Membership: "mem_9", Invitation: "inv_1", At: at(1)})
	given(t, invited).When(accept("usr_viewer", "a@b.co", 1)).Then(closed(workspace.InvitationAccepted)) // keeps his role
	given(t, invited).When(accept("usr_9", "x@y.z", 1)).ThenRefused("INVITATION_FOR_ANOTHER")
	given(t, invited).When(accept("usr_9", "a@b.co", workspace.InvitationLife)).ThenRefused("INVITATION_CLOSED")
	given(t, invited, closed(workspace.InvitationAccepted)).When(accept("usr_9", "a@b.co", 1)).ThenRefused("INVITATION_CLOSED")
	given(t, invited, closed(workspace.InvitationRevoked)).When(accept("usr_9", "a@b.co", 1)).ThenRefused("INVITATION_CLOSED")
	given(t, invited).When(func(w *workspace.Workspace) error { return w.Decline("inv_1", at(1)) }).Then(closed(workspace.InvitationDeclined))
	given(t, invited).When(func(w *workspace.Workspace) error { return w.RevokeInvitation("inv_1") }).Then(closed(workspace.InvitationRevoked))

	again := workspace.Invited{Workspace: "ws_1", Invitation: "inv_2", Sealed: []byte("sealed"), Address: "hash of a@b.co", Role: kernel.RoleViewer, TokenHash: "h2", At: at(1), ExpiresAt: at(1 + workspace.InvitationLife)}
	given(t, invited).When(func(w *workspace.Workspace) error {
		return w.Invite("inv_2", address("a@b.co"), kernel.RoleViewer, kernel.RoleAdmin, "h2", at(1))
	}).Then(closed(workspace.InvitationRevoked), again)
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	for name, slug := range map[string]string{
		"Acme": "acme", "Größe & Co.": "grosse-co", "  --x--  ": "x", "日本": "", "a  b\tc": "a-b-c", strings.Repeat("ab ", 40): strings.Trim(strings.Repeat("ab-", 17)[:50], "-"),
	} {
		require.Equal(t, slug, workspace.SlugOf(name), name)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := workspace.SlugOf(rapid.String().Draw(t, "name"))
		require.Equal(t, s, workspace.SlugOf(s), "a slug is its own slug")
		require.LessOrEqual(t, len(s), 50)
	})
	for _, bad := range []string{"", "a", "A-b", "a--b", "-a", "a-", "a_b", strings.Repeat("a", 51), "../etc", "a\x00b"} {
		require.Error(t, workspace.CheckSlug(bad), "%q", bad)
	}
	taken := workspace.SlugReserved{Workspace: "ws_1"}
	domaintest.Given(t, &workspace.Slug{}, taken).When(func(s *workspace.Slug) error { return s.Reserve("acme", "ws_2") }).ThenRefused("SLUG_TAKEN")
	domaintest.Given(t, &workspace.Slug{}, taken, workspace.SlugReleased{Workspace: "ws_1"}).
		When(func(s *workspace.Slug) error { return s.Reserve("acme", "ws_2") }).Then(workspace.SlugReserved{Workspace: "ws_2"})
	domaintest.Given(t, &workspace.Slug{}, taken).When(func(s *workspace.Slug) error { return s.Release("ws_2") }).ThenNothing()
}

func TestThePermissionTable(t *testing.T) {
	t.Parallel()
	rules := workspace.Permissions()
	rapid.Check(t, func(t *rapid.T) {
		rule := rapid.SampledFrom(rules).Draw(t, "rule")
		role := rapid.SampledFrom(append(workspace.Roles(), "", "god")).Draw(t, "role")
		require.Equal(t, slices.Contains(rule.Roles, role), workspace.Allowed(role, rule.Action))
	})
	seen := map[workspace.Action]bool{}
	for _, r := range rules {
		require.False(t, seen[r.Action], "%s has two rules", r.Action)
		seen[r.Action] = true
		require.NotEmpty(t, r.Meaning)
		require.Contains(t, r.Roles, kernel.RoleOwner, "an owner may do everything")
		for _, role := range r.Roles {
			require.Contains(t, workspace.Roles(), role)
		}
	}
	require.False(t, workspace.Allowed(kernel.RoleOwner, "no.such.action"))
}

func TestASnapshotIsTheWholeState(t *testing.T) {
	t.Parallel()
	invited := workspace.Invited{Workspace: "ws_1", Invitation: "inv_1", Email: "a@b.co", Role: kernel.RoleMember, At: at(0), ExpiresAt: at(1)}
	w := given(t, invited).When(func(*workspace.Workspace) error { return nil }).ThenNothing()
	state, err := w.MarshalState()
	require.NoError(t, err)
	var again workspace.Workspace
	require.NoError(t, again.UnmarshalState(state))
	require.Equal(t, *w, again)
}
