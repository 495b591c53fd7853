// Package workspacecmd makes, changes, deletes and restores workspaces, and says who may work in them.
package workspacecmd
