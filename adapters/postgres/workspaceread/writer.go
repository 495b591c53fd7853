// Package workspaceread keeps the read model of workspaces in Postgres and answers queries over it.
package workspaceread

import (
	"context"
	_ "embed" // the schema
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections"
	"github.com/morket/morket/projections/workspaceview"
)

var (
	//go:embed schema.sql
	schema string
	//go:embed expand.sql
	expand string
)

// Model is the shape of the read model.
func Model() postgres.Model {
	return postgres.Model{Name: workspaceview.Name, DDL: schema, Expand: expand, Policies: map[string]string{
		"workspaces": `id = current_setting('morket.workspace', true)
OR EXISTS (SELECT FROM members m WHERE m.workspace_id = workspaces.id AND m.user_id = current_setting('morket.user', true))`,
		"members": `workspace_id = current_setting('morket.workspace', true) OR user_id = current_setting('morket.user', true)`,
		"people": `EXISTS (SELECT FROM members m WHERE m.user_id = people.user_id
  AND m.workspace_id = current_setting('morket.workspace', true))`,
	}}
}

// Open is for workspaceview.New.
func Open(tx projections.Tx) (workspaceview.Writer, error) {
	t, err := postgres.From(tx)
	return writer{t}, err
}

type writer struct{ tx *postgres.Tx }

const (
	personSQL = `INSERT INTO people (user_id, sealed, name, email) VALUES ($1, $2, $3, $4) ON CONFLICT (user_id)
		DO UPDATE SET sealed = $2, name = $3, email = $4`
	createSQL   = `INSERT INTO workspaces (id, name, slug, time_zone, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING`
	renameSQL   = `UPDATE workspaces SET name = $2 WHERE id = $1`
	slugSQL     = `UPDATE workspaces SET slug = $2 WHERE id = $1`
	timeZoneSQL = `UPDATE workspaces SET time_zone = $2 WHERE id = $1`
	deleteSQL   = `UPDATE workspaces SET deleted_at = $2, purge_at = $3 WHERE id = $1`
	restoreSQL  = `UPDATE workspaces SET deleted_at = NULL, purge_at = NULL WHERE id = $1`
	memberSQL   = `INSERT INTO members (workspace_id, user_id, role, joined_at) VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id, user_id)
		DO UPDATE SET role = $3, joined_at = $4`
	roleSQL      = `UPDATE members SET role = $3 WHERE workspace_id = $1 AND user_id = $2`
	removeSQL    = `DELETE FROM members WHERE workspace_id = $1 AND user_id = $2`
	revokeAllSQL = `UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND created_by = $2 AND revoked_at IS NULL`
	inviteSQL    = `INSERT INTO invitations (id, workspace_id, email, sealed, role, state, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO NOTHING`
	invitationSQL = `UPDATE invitations SET state = $3 WHERE workspace_id = $1 AND id = $2`
	keySQL        = `INSERT INTO api_keys (id, workspace_id, name, role, tables, last4, created_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING`
	revokeMadeSQL = `UPDATE api_keys SET revoked_at = $2 WHERE created_by = $1 AND created_at <= $2 AND revoked_at IS NULL`
	revokeSQL     = `UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL`
)

// Write implements workspaceview.Writer.
func (w writer) Write(ctx context.Context, items []workspaceview.Item) error {
	var b pgx.Batch
	for _, i := range items {
		if !queueWorkspace(&b, i.Event) && !queueTeam(&b, i.Event) {
			return fmt.Errorf("workspaces: no use for %T", i.Event)
		}
	}
	return w.tx.SendBatch(ctx, &b).Close()
}

func queueWorkspace(b *pgx.Batch, event kernel.Event) bool {
	switch e := event.(type) {
	case workspace.Created:
		b.Queue(createSQL, e.Workspace, e.Name, e.Slug, workspace.DefaultTimeZone, e.At)
		b.Queue(memberSQL, e.Workspace, e.Owner, kernel.RoleOwner, e.At)
	case workspace.Renamed:
		b.Queue(renameSQL, e.Workspace, e.Name)
	case workspace.SlugChanged:
		b.Queue(slugSQL, e.Workspace, e.Slug)
	case workspace.TimeZoneChanged:
		b.Queue(timeZoneSQL, e.Workspace, e.TimeZone)
	case workspace.Deleted:
		b.Queue(deleteSQL, e.Workspace, e.At, e.PurgeAt)
	case workspace.Restored:
		b.Queue(restoreSQL, e.Workspace)
	default:
		return false
	}
	return true
}

func queueTeam(b *pgx.Batch, event kernel.Event) bool {
	switch e := event.(type) {
	case auth.UserRegistered:
		b.Queue(personSQL, e.UserID, e.Sealed, e.Name, e.Email)
	case workspace.MemberAdded:
		b.Queue(memberSQL, e.Workspace, e.UserID, e.Role, e.At)
	case workspace.MemberRoleChanged:
		b.Queue(roleSQL, e.Workspace, e.UserID, e.Role)
	case workspace.MemberRemoved:
		b.Queue(removeSQL, e.Workspace, e.UserID)
		b.Queue(revokeAllSQL, e.Workspace, e.UserID, e.At)
	case workspace.Invited:
		b.Queue(inviteSQL, e.Invitation, e.Workspace, e.Email, e.Sealed, e.Role, workspace.InvitationOpen, e.ExpiresAt)
	case workspace.InvitationClosed:
		b.Queue(invitationSQL, e.Workspace, e.Invitation, e.State)
	case auth.APIKeyCreated:
		tables := e.Tables
		if tables == nil {
			tables = []kernel.TableID{}
		}
		b.Queue(keySQL, e.KeyID, e.Workspace, e.Name, e.Role, tables, e.Last4, e.CreatedBy, e.At, e.ExpiresAt)
	case auth.APIKeyRevoked:
		b.Queue(revokeSQL, e.Workspace, e.KeyID, e.At)
	case auth.PasswordChanged:
		if e.RevokeKeys {
			b.Queue(revokeMadeSQL, e.UserID, e.At)
		}
	default:
		return false
	}
	return true
}
