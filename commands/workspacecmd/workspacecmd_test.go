package workspacecmd_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/morket/morket/commands/workspacecmd"
	"github.com/morket/morket/domain/kernel"
)

func TestAWorkspaceIsItsMakers(t *testing.T) {
	t.Parallel()
	w := given(t)
	require.Equal(t, kernel.RoleOwner, w.role(ann))
	require.Empty(t, w.role(bob))
	again, err := w.h.Create(t.Context(), meta(bob), workspacecmd.Create{Name: "Acme"})
	require.NoError(t, err)
	require.Regexp(t, `^acme-[0-9a-z]{6}$`, again.Value.Slug, "a name may be had twice, its address not")
	for name, c := range map[string]workspacecmd.Create{
		"no name": {}, "a slug that is taken": {Name: "Other", Slug: "acme"}, "a slug with capitals": {Name: "Other", Slug: "Acme"}, "a name of signs that end lines": {Name: "a\nb"},
	} {
		_, err := w.h.Create(t.Context(), meta(ann), c)
		require.Error(t, err, name)
	}
	_, err = w.h.Create(t.Context(), kernel.Meta{Actor: kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1"}}, workspacecmd.Create{Name: "Key's"})
	require.Equal(t, kernel.KindForbidden, kernel.KindOf(err), "a key has no workspace")
}

func TestTheSameRequestMakesOneWorkspace(t *testing.T) {
	t.Parallel()
	w := given(t)
	m := meta(ann)
	m.IdempotencyKey, m.Fingerprint = "k1", "f"
	first, err := w.h.Create(t.Context(), m, workspacecmd.Create{Name: "Once"})
	require.NoError(t, err)
	second, err := w.h.Create(t.Context(), m, workspacecmd.Create{Name: "Once"})
	require.NoError(t, err)
	require.True(t, second.Replayed)
	require.Equal(t, first.Value.ID, second.Value.ID)
}

func TestAnInvitationIsAcceptedByWhoItIsFor(t *testing.T) {
	t.Parallel()
	w := given(t)
	token := w.invited(ann, "Bob@Example.com", kernel.RoleMember)
	require.True(t, strings.HasPrefix(w.mails[0], "Bob@example.com\n") || strings.HasPrefix(w.mails[0], "bob@example.com\n"), w.mails[0])
	seen, err := w.h.LookAt(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, "Acme", seen.WorkspaceName)
	require.EqualValues(t, "open", seen.State)

	w.refused(kernel.KindForbidden, func() error {
		_, err := w.h.Accept(t.Context(), meta(eve), workspacecmd.Accept{Token: token, Email: "eve@example.com"})
		return err
	})
	for _, bad := range []string{"", "x", strings.Repeat("f", 64), token[:63] + "g", strings.ToUpper(token) + "0"} {
		w.refused(kernel.KindNotFound, func() error {
			_, err := w.h.Accept(t.Context(), meta(bob), workspacecmd.Accept{Token: bad, Email: "bob@example.com"})
			return err
		})
	}
	joined, err := w.h.Accept(t.Context(), meta(bob), workspacecmd.Accept{Token: token, Email: "bob@example.com"})
	require.NoError(t, err)
	require.Equal(t, workspacecmd.Joined{Workspace: w.ws, Name: "Acme", Role: kernel.RoleMember}, joined.Value)
	require.Equal(t, kernel.RoleMember, w.role(bob))
}

func TestALinkIsShownOnceToThePersonWhoInvites(t *testing.T) {
	t.Parallel()
	w := given(t)
	m := w.as(ann)
	m.IdempotencyKey, m.Fingerprint = "k", "f"
	made, err := w.h.Invite(t.Context(), m, workspacecmd.Invite{Email: "bob@example.com", Role: kernel.RoleViewer})
	require.NoError(t, err)
	require.Contains(t, w.mails[0], made.Value.Link, "it is that of the mail")
	token := link.FindStringSubmatch(made.Value.Link)[1]
	again, err := w.h.Invite(t.Context(), m, workspacecmd.Invite{Email: "bob@example.com", Role: kernel.RoleViewer})
	require.NoError(t, err)
	require.True(t, again.Replayed)
	require.Empty(t, again.Value.Link)
	events, err := w.log.ReadAll(t.Context(), 0, 100)
	require.NoError(t, err)
	all, err := json.Marshal(events)
	require.NoError(t, err)
	kept, _, err := w.log.Command(t.Context(), "k")
	require.NoError(t, err)
	require.NotContains(t, string(all)+string(kept.Result), token)

	robot := w.as(ann)
	robot.Actor = kernel.Actor{Kind: kernel.ActorAPIKey, ID: "key_1", OnBehalfOf: ann}
	made, err = w.h.Invite(t.Context(), robot, workspacecmd.Invite{Email: "eve@example.com", Role: kernel.RoleViewer, As: kernel.RoleAdmin})
	require.NoError(t, err)
	require.Empty(t, made.Value.Link, "programs get none")
}

func TestAnInvitationEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(w *world, id kernel.InvitationID, token string) error{
		"it is taken back": func(w *world, id kernel.InvitationID, _ string) error {
			_, err := w.h.RevokeInvitation(w.t.Context(), w.as(ann), id)
			return err
		},
		"it is declined": func(w *world, _ kernel.InvitationID, token string) error {
			_, err := w.h.Decline(w.t.Context(), meta(bob), token)
			return err
		},
		"it has run out": func(w *world, _ kernel.InvitationID, _ string) error {
			w.clock.Advance(7*24*time.Hour + time.Second)
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := given(t)
			made, err := w.h.Invite(t.Context(), w.as(ann), workspacecmd.Invite{Email: "bob@example.com", Role: kernel.RoleViewer})
			require.NoError(t, err)
			token := link.FindStringSubmatch(w.mails[0])[1]
			require.NoError(t, end(w, made.Value.ID, token))
			seen, err := w.h.LookAt(t.Context(), token)
			require.NoError(t, err)
			require.NotEqualValues(t, "open", seen.State)
			w.refused(kernel.KindConflict, func() error {
				_, err := w.h.Accept(t.Context(), meta(bob), workspacecmd.Accept{Token: token, Email: "bob@example.com"})
				return err
			})
			require.Empty(t, w.role(bob))
		})
	}
}

func TestNobodyGivesMoreThanTheyHave(t *testing.T) {
	t.Parallel()
	w := given(t)
	w.joined(bob, kernel.RoleAdmin)
	w.joined(eve, kernel.RoleMember)
	change := func(by, user kernel.UserID, role kernel.Role) func() error {
		return func() error {
			_, err := w.h.ChangeRole(t.Context(), w.as(by), workspacecmd.ChangeRole{User: user, Role: role})
			return err
		}
	}
	remove := func(by, user kernel.UserID) func() error {
		return func() error {
			_, err := w.h.RemoveMember(t.Context(), w.as(by), workspacecmd.RemoveMember{User: user})
			return err
		}
	}
	invite := func(by kernel.UserID, role kernel.Role) func() error {
		return func() error {
			_, err := w.h.Invite(t.Context(), w.as(by), workspacecmd.Invite{Email: "new@example.com", Role: role})
			return err
		}
	}
	for name, do := range map[string]func() error{
		"an admin makes an owner": change(bob, bob, kernel.RoleOwner), "an admin lowers an owner": change(bob, ann, kernel.RoleViewer), "an admin removes an owner": remove(bob, ann),
		"a member invites": invite(eve, kernel.RoleViewer), "an admin invites an owner": invite(bob, kernel.RoleOwner), "a member removes an admin": remove(eve, bob),
	} {
		t.Log(name)
		w.refused(kernel.KindForbidden, do)
	}
	require.NoError(t, change(bob, eve, kernel.RoleViewer)())
	require.Equal(t, kernel.RoleViewer, w.role(eve), "it counts at once")
	require.NoError(t, remove(eve, eve)(), "a person may always leave")
	require.Empty(t, w.role(eve))
	w.refused(kernel.KindNotFound, change(ann, eve, kernel.RoleMember))
}

func TestAWorkspaceKeepsAnOwner(t *testing.T) {
	t.Parallel()
	w := given(t)
	leave := func(user kernel.UserID) error {
		_, err := w.h.RemoveMember(t.Context(), w.as(user), workspacecmd.RemoveMember{User: user})
		return err
	}
	w.refused(kernel.KindConflict, func() error { return leave(ann) })
	w.refused(kernel.KindConflict, func() error {
		_, err := w.h.ChangeRole(t.Context(), w.as(ann), workspacecmd.ChangeRole{User: ann, Role: kernel.RoleAdmin})
		return err
	})
	w.joined(bob, kernel.RoleOwner)
	require.NoError(t, leave(ann))
	require.Equal(t, kernel.RoleOwner, w.role(bob))
}

func TestAnAddressMovesWithItsWorkspace(t *testing.T) {
	t.Parallel()
	w := given(t)
	_, err := w.h.Change(t.Context(), w.as(ann), workspacecmd.Change{Name: "Bolt", Slug: "bolt", TimeZone: "Europe/Berlin"})
	require.NoError(t, err)
	other, err := w.h.Create(t.Context(), meta(bob), workspacecmd.Create{Name: "Acme", Slug: "acme"})
	require.NoError(t, err, "what was let go is free")
	require.Equal(t, "acme", other.Value.Slug)
	w.refused(kernel.KindConflict, func() error {
		_, err := w.h.Change(t.Context(), w.as(ann), workspacecmd.Change{Slug: "acme"})
		return err
	})
	zone, err := w.h.TimeZone(t.Context(), w.ws)
	require.NoError(t, err)
	require.Equal(t, "Europe/Berlin", zone)
	w.refused(kernel.KindInvalid, func() error {
		_, err := w.h.Change(t.Context(), w.as(ann), workspacecmd.Change{TimeZone: "Europe/Atlantis"})
		return err
	})
}

func TestADeletedWorkspaceIsNobodysUntilItIsRestored(t *testing.T) {
	t.Parallel()
	w := given(t)
	token := w.invited(ann, "bob@example.com", kernel.RoleMember)
	w.refused(kernel.KindInvalid, func() error {
		_, err := w.h.Delete(t.Context(), w.as(ann), workspacecmd.Delete{ConfirmName: "acme"})
		return err
	})
	_, err := w.h.Delete(t.Context(), w.as(ann), workspacecmd.Delete{ConfirmName: "Acme"})
	require.NoError(t, err)
	require.Empty(t, w.role(ann))
	w.refused(kernel.KindNotFound, func() error {
		_, err := w.h.Accept(t.Context(), meta(bob), workspacecmd.Accept{Token: token, Email: "bob@example.com"})
		return err
	})
	_, err = w.h.Restore(t.Context(), w.as(bob))
	require.Error(t, err, "only an owner brings it back")
	_, err = w.h.Restore(t.Context(), w.as(ann))
	require.NoError(t, err)
	require.Equal(t, kernel.RoleOwner, w.role(ann))

	_, err = w.h.Delete(t.Context(), w.as(ann), workspacecmd.Delete{ConfirmName: "Acme"})
	require.NoError(t, err)
	w.clock.Advance(31 * 24 * time.Hour)
	w.refused(kernel.KindConflict, func() error {
		_, err := w.h.Restore(t.Context(), w.as(ann))
		return err
	})
}

func TestTheLogHoldsNoTokenAndNoAddress(t *testing.T) {
	t.Parallel()
	w := given(t)
	token := w.invited(ann, "bob@example.com", kernel.RoleMember)
	events, err := w.log.ReadAll(t.Context(), 0, 100)
	require.NoError(t, err)
	for _, e := range events {
		require.NotContains(t, string(e.Data), token)
		require.NotContains(t, string(e.Data), "bob@example.com")
	}
	cmd, _, err := w.log.Command(t.Context(), "")
	require.NoError(t, err)
	require.NotContains(t, string(cmd.Result), "bob@example.com")
}
