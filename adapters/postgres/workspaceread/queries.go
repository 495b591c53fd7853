package workspaceread

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/morket/morket/adapters/postgres"
	"github.com/morket/morket/domain/auth"
	"github.com/morket/morket/domain/kernel"
	"github.com/morket/morket/domain/workspace"
	"github.com/morket/morket/projections/workspaceview"
)

// Queries answers questions about workspaces.
type Queries struct {
	db   postgres.Reader
	keys auth.Opener
}

// NewQueries reads through a pool or within a scope and opens who people are with their keys.
func NewQueries(db postgres.Reader, keys auth.Opener) *Queries { return &Queries{db, keys} }

// Deleted workspaces are shown to members that may restore them, as long as they may.
const workspacesSQL = `
SELECT w.id, w.name, w.slug, w.time_zone, m.role, w.created_at, w.deleted_at
FROM rm_workspace.members m JOIN rm_workspace.workspaces w ON w.id = m.workspace_id
WHERE m.user_id = $1 AND w.id > $2 AND (w.deleted_at IS NULL OR (m.role = 'owner' AND w.purge_at > $3))
ORDER BY w.id LIMIT $4`

// Of lists the workspaces of a person in the order in which they were made, from the one behind after on.
func (q *Queries) Of(
	ctx context.Context, user kernel.UserID, after kernel.WorkspaceID, now time.Time, limit int,
) ([]workspaceview.Workspace, error) {
	rows, err := q.db.Query(ctx, workspacesSQL, user, after, now, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanWorkspace)
}

const workspaceSQL = `SELECT w.id, w.name, w.slug, w.time_zone, '', w.created_at, w.deleted_at FROM rm_workspace.workspaces w
	WHERE w.id = $1 AND w.deleted_at IS NULL`

// Workspace returns a workspace that is not deleted; false if there is none. It has no role in it.
func (q *Queries) Workspace(ctx context.Context, ws kernel.WorkspaceID) (workspaceview.Workspace, bool, error) {
	rows, err := q.db.Query(ctx, workspaceSQL, ws)
	if err != nil {
		return workspaceview.Workspace{}, false, err
	}
	w, err := pgx.CollectExactlyOneRow(rows, scanWorkspace)
	if errors.Is(err, pgx.ErrNoRows) {
		return workspaceview.Workspace{}, false, nil
	}
	return w, err == nil, err
}

func scanWorkspace(r pgx.CollectableRow) (workspaceview.Workspace, error) {
	var w workspaceview.Workspace
	err := r.Scan(&w.ID, &w.Name, &w.Slug, &w.TimeZone, &w.Role, &w.CreatedAt, &w.DeletedAt)
	w.CreatedAt, w.DeletedAt = w.CreatedAt.UTC(), kernel.UTC(w.DeletedAt)
	return w, err
}

const membersSQL = `
SELECT m.user_id, p.sealed, coalesce(p.name, ''), coalesce(p.email, ''), m.role, m.joined_at
FROM rm_workspace.members m LEFT JOIN rm_workspace.people p ON p.user_id = m.user_id
WHERE m.workspace_id = $1 AND m.user_id > $2 ORDER BY m.user_id LIMIT $3`

// Members lists the members of a workspace from the one behind after on.
func (q *Queries) Members(ctx context.Context, ws kernel.WorkspaceID, after kernel.UserID, limit int) ([]workspaceview.Member, error) {
	rows, err := q.db.Query(ctx, membersSQL, ws, after, limit)
	if err != nil {
		return nil, err
	}
	var who []auth.Personal
	members, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (workspaceview.Member, error) {
		var m workspaceview.Member
		var p auth.Personal
		err := r.Scan(&m.UserID, &p.Sealed, &p.Clear.Name, &p.Clear.Email, &m.Role, &m.JoinedAt)
		m.JoinedAt = m.JoinedAt.UTC()
		who = append(who, p)
		return m, err
	})
	if err != nil {
		return nil, err
	}
	for i := range members {
		p, err := who[i].Open(ctx, q.keys, members[i].UserID)
		if err != nil {
			return nil, err
		}
		members[i].Name, members[i].Email = p.Name, p.Email
	}
	return members, nil
}

const invitationsSQL = `
SELECT id, email, sealed, role, state, expires_at FROM rm_workspace.invitations
WHERE workspace_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`

// Invitations lists the invitations to a workspace, newest first, from the one behind before on.
func (q *Queries) Invitations(
	ctx context.Context, ws kernel.WorkspaceID, before kernel.InvitationID, limit int,
) ([]workspaceview.Invitation, error) {
	rows, err := q.db.Query(ctx, invitationsSQL, ws, before, limit)
	if err != nil {
		return nil, err
	}
	var sealed [][]byte
	list, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (workspaceview.Invitation, error) {
		var i workspaceview.Invitation
		var s []byte
		err := r.Scan(&i.ID, &i.Email, &s, &i.Role, &i.State, &i.ExpiresAt)
		i.ExpiresAt, sealed = i.ExpiresAt.UTC(), append(sealed, s)
		return i, err
	})
	if err != nil {
		return nil, err
	}
	for n := range list {
		i := &list[n]
		if i.Email, err = auth.OpenAddress(ctx, q.keys, workspace.InvitationKey(i.ID), sealed[n], i.Email); err != nil {
			return nil, err
		}
	}
	return list, nil
}

const keysSQL = `
SELECT id, name, role, tables, last4, created_at, expires_at FROM rm_workspace.api_keys
WHERE workspace_id = $1 AND revoked_at IS NULL AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3`

// APIKeys lists the keys of a workspace, newest first, from the one behind before on.
func (q *Queries) APIKeys(ctx context.Context, ws kernel.WorkspaceID, before kernel.APIKeyID, limit int) ([]workspaceview.APIKey, error) {
	rows, err := q.db.Query(ctx, keysSQL, ws, before, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(r pgx.CollectableRow) (workspaceview.APIKey, error) {
		var k workspaceview.APIKey
		err := r.Scan(&k.ID, &k.Name, &k.Role, &k.Tables, &k.Last4, &k.CreatedAt, &k.ExpiresAt)
		k.CreatedAt, k.ExpiresAt = k.CreatedAt.UTC(), kernel.UTC(k.ExpiresAt)
		return k, err
	})
}
