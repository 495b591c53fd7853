// Package workspace holds workspaces with their members, roles and invitations, the addresses (slugs) they
// hold, and the one table of what each role may do.
package workspace
