package kernel

// Role is what a member may do in a workspace; which role may do what is the table in domain/workspace.
type Role string

// The roles, from most to least. A billing admin sees and pays bills, nothing else.
const (
	RoleOwner        Role = "owner"
	RoleAdmin        Role = "admin"
	RoleMember       Role = "member"
	RoleViewer       Role = "viewer"
	RoleBillingAdmin Role = "billing_admin"
)
