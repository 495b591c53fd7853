package auditapi

import (
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
)

// discreet leaves out of a line the name of a key or a credential that the reader may not manage.
func discreet(role kernel.Role, a Activity) Activity {
	var says string
	switch a.Thing.Kind {
	case "api_key":
		if workspace.Allowed(role, workspace.ManageAPIKeys) {
			return a
		}
		if says = "made an API key"; a.Action != "api_key.created" {
			says = "revoked an API key"
		}
	case "credential":
		if workspace.Allowed(role, workspace.ManageCredentials) {
			return a
		}
		switch a.Action {
		case "credential.stored":
			says = "stored a credential"
		case "credential.deleted":
			says = "deleted a credential"
		default:
			says = "changed a credential"
		}
	default:
		return a
	}
	a.Thing.Name, a.Thing.ID = "", ""
	a.Says, a.Text = says, a.Actor.Name+" "+says
	return a
}
