package workspace_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/morket/morket/domain/domaintest"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

func TestAdmittingBySingleSignOn(t *testing.T) {
	t.Parallel()
	history := []kernel.Event{
		workspace.Created{Workspace: "ws_1", Name: "W", Slug: "w", Owner: "usr_o", Membership: "mem_o"},
		workspace.MemberAdded{Workspace: "ws_1", UserID: "usr_m", Role: kernel.RoleMember, Membership: "mem_m"},
	}
	full := append([]kernel.Event{}, history...)
	for n := range workspace.MaxMembers - 2 {
		full = append(full, workspace.MemberAdded{Workspace: "ws_1", UserID: kernel.UserID(fmt.Sprintf("usr_%d", n)), Role: kernel.RoleViewer})
	}
	for name, c := range map[string]struct {
		history []kernel.Event
		user    kernel.UserID
		role    kernel.Role
		fixed   bool
		records kernel.Event
		refused string
	}{
		"somebody new":                   {history, "usr_n", kernel.RoleViewer, false, workspace.MemberAdded{Workspace: "ws_1", UserID: "usr_n", Role: kernel.RoleViewer, Membership: "mem_1"}, ""},
		"a member stays":                 {history, "usr_m", kernel.RoleViewer, false, nil, ""},
		"groups change a member's role":  {history, "usr_m", kernel.RoleViewer, true, workspace.MemberRoleChanged{Workspace: "ws_1", UserID: "usr_m", Role: kernel.RoleViewer, Was: kernel.RoleMember}, ""},
		"groups change nothing":          {history, "usr_m", kernel.RoleMember, true, nil, ""},
		"groups don't unmake owners":     {history, "usr_o", kernel.RoleViewer, true, nil, ""},
		"no owner is made":               {history, "usr_n", kernel.RoleOwner, true, nil, "FORBIDDEN"},
		"a role that is none":            {history, "usr_n", "king", true, nil, "VALIDATION_FAILED"},
		"a full workspace admits nobody": {full, "usr_n", kernel.RoleViewer, false, nil, "LIMIT_REACHED"},
		"but its members":                {full, "usr_m", kernel.RoleViewer, false, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story := domaintest.Given(t, &workspace.Workspace{}, c.history...).
				When(func(w *workspace.Workspace) error { return w.Admit(c.user, c.role, c.fixed, "mem_1", time.Time{}) })
			switch {
			case c.refused != "":
				story.ThenRefused(c.refused)
			case c.records != nil:
				story.Then(c.records)
			default:
				story.ThenNothing()
			}
		})
	}
}
