package auth

import (
	"slices"
	"time"

	"github.com/morket/morket/domain/kernel"
)

// MaxKeyTables is how many tables an API key may be limited to.
const MaxKeyTables = 100

// APIKey is a key of a workspace, the stream apikey-<id>.
type APIKey struct {
	kernel.Root
	created APIKeyCreated
	revoked bool
}

// KeyRoles are the roles that a key may have. Nothing that only an owner may do can be done with a key.
func KeyRoles() []kernel.Role {
	return []kernel.Role{kernel.RoleAdmin, kernel.RoleMember, kernel.RoleViewer}
}

// Create begins the key.
func (k *APIKey) Create(e APIKeyCreated) error {
	if !slices.Contains(KeyRoles(), e.Role) {
		return kernel.Invalid("role", "must be admin, member or viewer")
	}
	if len(e.Tables) > MaxKeyTables {
		return kernel.Invalid("tables", "a key may be limited to at most %d tables", MaxKeyTables)
	}
	if e.ExpiresAt != nil && !e.ExpiresAt.After(e.At) {
		return kernel.Invalid("expires_at", "must be in the future")
	}
	return k.Record(k, e)
}

// Revoke ends the key; to revoke it again changes nothing.
func (k *APIKey) Revoke(workspace kernel.WorkspaceID, at time.Time) error {
	if k.created.KeyID == "" || k.created.Workspace != workspace {
		return kernel.NotFound("API key", string(k.created.KeyID))
	}
	if k.revoked {
		return nil
	}
	return k.Record(k, APIKeyRevoked{KeyID: k.created.KeyID, Workspace: workspace, At: at})
}

// Check says whether the key opens with a secret of this hash at the moment.
func (k *APIKey) Check(hash string, at time.Time) error {
	expired := k.created.ExpiresAt != nil && !at.Before(*k.created.ExpiresAt)
	if !sameHash(k.created.Hash, hash) || k.revoked || expired {
		return ErrUnauthorized()
	}
	return nil
}

// Created returns what the key was made with.
func (k *APIKey) Created() APIKeyCreated { return k.created }

// Apply folds an event.
func (k *APIKey) Apply(e kernel.Event) error {
	switch e := e.(type) {
	case APIKeyCreated:
		k.created = e
	case APIKeyRevoked:
		k.revoked = true
	default:
		return kernel.UnknownEvent("API key", e)
	}
	return nil
}

// EffectiveRole returns what a key of role key may do while its maker has role maker: never more than the maker himself.
// False means nothing at all.
func EffectiveRole(key, maker kernel.Role) (kernel.Role, bool) {
	rank := map[kernel.Role]int{kernel.RoleOwner: 4, kernel.RoleAdmin: 3, kernel.RoleMember: 2, kernel.RoleViewer: 1}
	k, m := rank[key], rank[maker]
	switch {
	case k == 0 || m == 0:
		return "", false
	case m < k:
		return maker, true
	default:
		return key, true
	}
}
