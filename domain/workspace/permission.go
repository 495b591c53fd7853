package workspace

import "github.com/morket/morket/domain/kernel"

// Action is something that a member may be allowed to do in a workspace.
type Action string

// The actions.
const (
	ReadWorkspace     Action = "workspace.read"
	UpdateWorkspace   Action = "workspace.update"
	DeleteWorkspace   Action = "workspace.delete"
	ReadMembers       Action = "members.read"
	ManageMembers     Action = "members.manage"
	ReadAudit         Action = "audit.read"
	LeaveWorkspace    Action = "members.leave"
	ManageAPIKeys     Action = "api_keys.manage"
	ReadTables        Action = "tables.read"
	EditRows          Action = "rows.edit"
	ManageTables      Action = "tables.manage"
	ImportData        Action = "data.import"
	ExportData        Action = "data.export"
	RunEnrichments    Action = "enrichments.run"
	ManageWorkflows   Action = "workflows.manage"
	ReadCredits       Action = "credits.read"
	ManageCaps        Action = "credits.caps"
	ManageBilling     Action = "billing.manage"
	ReadCredentials   Action = "credentials.read"
	ManageCredentials Action = "credentials.manage"
	ReadChanges       Action = "changes.read"
	ManageWebhooks    Action = "webhooks.manage"
	ReindexSearch     Action = "search.reindex"
	ReadSyncs         Action = "integrations.read"
	RunSyncs          Action = "integrations.run"
	ManageConnections Action = "integrations.manage"
	ErasePeople       Action = "people.erase"
)

// Rule is one line of the permission table.
type Rule struct {
	Action  Action
	Meaning string
	Roles   []kernel.Role
}

// Permissions is the permission table: the API, the documents and the tests all use this one.
func Permissions() []Rule {
	const owner, admin, member = kernel.RoleOwner, kernel.RoleAdmin, kernel.RoleMember
	const viewer, billing = kernel.RoleViewer, kernel.RoleBillingAdmin
	type roles = []kernel.Role
	return []Rule{
		{ReadWorkspace, "see the workspace's name and settings", roles{owner, admin, member, viewer, billing}},
		{UpdateWorkspace, "rename the workspace and change its settings", roles{owner, admin}},
		{DeleteWorkspace, "delete and restore the workspace", roles{owner}},
		{ReadMembers, "see who is a member", roles{owner, admin, member, viewer}},
		{ManageMembers, "invite, remove and re-role members", roles{owner, admin}},
		{ReadAudit, "read and export the audit log", roles{owner, admin}},
		{LeaveWorkspace, "leave the workspace", roles{owner, admin, member, viewer, billing}},
		{ManageAPIKeys, "make, list and revoke API keys", roles{owner, admin}},
		{ReadTables, "see tables, rows and history", roles{owner, admin, member, viewer}},
		{EditRows, "write, delete and restore rows", roles{owner, admin, member}},
		{ManageTables, "make, change and delete tables, columns and views", roles{owner, admin, member}},
		{ImportData, "import files", roles{owner, admin, member}},
		{ExportData, "export tables", roles{owner, admin, member, viewer}},
		{RunEnrichments, "run, pause and cancel enrichments", roles{owner, admin, member}},
		{ManageWorkflows, "make, change, publish, run and delete workflows", roles{owner, admin, member}},
		{ReadCredits, "see the credit balance, transactions and proof", roles{owner, admin, member, billing}},
		{ManageCaps, "set spend caps", roles{owner, admin, billing}},
		{ManageBilling, "buy credits, choose the plan, and see invoices", roles{owner, billing}},
		{ReadCredentials, "list credentials, masked", roles{owner, admin, member}},
		{ManageCredentials, "add, rotate, test and delete credentials", roles{owner, admin}},
		{ReadChanges, "follow the change feed, as far as one may see what the events are about", roles{owner, admin, member, viewer}},
		{ReindexSearch, "make the search's index anew", roles{owner, admin}},
		{ReadSyncs, "see connected CRMs, syncs and what they did", roles{owner, admin, member, viewer}},
		{RunSyncs, "make, change, run and reverse syncs with a CRM", roles{owner, admin, member}},
		{ManageConnections, "connect and disconnect CRMs", roles{owner, admin}},
		{ErasePeople, "erase what there is about a person, for good", roles{owner, admin}},
		{ManageWebhooks, "add, change, test, replay and delete webhooks, and see what was delivered", roles{owner, admin}},
	}
}

// Allowed reports whether a member with the role may do it.
func Allowed(role kernel.Role, action Action) bool {
	for _, rule := range Permissions() {
		if rule.Action != action {
			continue
		}
		for _, r := range rule.Roles {
			if r == role {
				return true
			}
		}
	}
	return false
}
